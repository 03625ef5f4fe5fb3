// What status says of second copies: a name's snapshots count as copied when another vault is known to hold them (duty B6).
#include "cli/second_copies.h"

#include "tests/cli/cli_fixture.h"

#include <gmock/gmock.h>

#include <fstream>

namespace custody::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Two vaults of one keyring whose kit is proven, so that status has nothing to say but of copies.
struct TwoVaults : Office {
    explicit TwoVaults(const std::string& purpose) : Office(purpose) {
        fill_source();
        EXPECT_EQ(custody({"init"}).exit, 0);
        EXPECT_EQ(custody({"init", "--vault", second}).exit, 0);
        const std::string kit = folder / "kit";
        EXPECT_EQ(key({"export", "--recovery", "--output", kit}).exit, 0);
        EXPECT_EQ(key({"import", kit, "--check"}).exit, 0);
    }
    Outcome key(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), "key");
        Program program = custody.command(std::move(arguments));
        program.environment["CUSTODY_KIT_PASSPHRASE"] = "năm con gà vàng ngoài sân";
        return run(program);
    }
    Outcome back_up_as(const std::string& name, const std::string& label = "business") const {
        return custody({"backup", source + "/hồ sơ", "--label", label, "--name", name});
    }
    Outcome status() const { return custody({"status", "--check"}); }
    Json group(std::size_t n) const { return json_of(custody({"status", "--json"}))["groups"][n]; }

    std::string second = folder / "second";
};

TEST(SecondCopies, AnotherVaultWithOtherSnapshotsIsNone) {
    const TwoVaults office("cli-copies-other");
    ASSERT_EQ(office.backup().exit, 0);
    ASSERT_EQ(office.custody({"backup", office.source, "--label", "business", "--name", "other", "--vault", office.second}).exit,
              0);
    for (const std::string& vault : {office.custody.vault(), office.second}) {
        const Outcome alone = office.custody({"status", "--check", "--vault", vault});
        EXPECT_EQ(alone.exit, 1);
        EXPECT_THAT(alone.out, AllOf(HasSubstr("no second copy is known of"), HasSubstr("custody copy --vault " + vault)));
    }
    ASSERT_EQ(office.custody({"copy", "--to", office.second}).exit, 0);
    EXPECT_EQ(office.status().exit, 0) << office.status().out;
    const Outcome half = office.custody({"status", "--check", "--vault", office.second});
    EXPECT_EQ(half.exit, 1) << "what was backed up there lies there alone";
}

TEST(SecondCopies, ANameThatWasNeverCopiedNeedsAPersonBesideOneThatWas) {
    const TwoVaults office("cli-copies-name");
    ASSERT_EQ(office.backup().exit, 0);
    ASSERT_EQ(office.custody({"copy", "--to", office.second}).exit, 0);
    ASSERT_EQ(office.status().exit, 0) << office.status().out;
    ASSERT_EQ(office.back_up_as("new").exit, 0);
    const Outcome alone = office.status();
    EXPECT_EQ(alone.exit, 1);
    EXPECT_THAT(alone.out, AllOf(HasSubstr("business/new lies in this vault alone"), Not(HasSubstr("business/srv lies"))));
    EXPECT_EQ(office.group(0)["copied"], 0);
    EXPECT_EQ(office.group(1)["copied"], 1);
    // What is forgotten in the other vault counts until the two have met again.
    ASSERT_EQ(office.custody({"copy", "--to", office.second}).exit, 0);
    EXPECT_EQ(office.status().exit, 0);
    const Json there = json_of(office.custody({"snapshots", "--vault", office.second, "--name", "new", "--json"}));
    const Outcome forgotten = office.custody({"forget", there[0]["id"].get<std::string>(), "--vault", office.second});
    ASSERT_EQ(forgotten.exit, 0) << forgotten.err;
    ASSERT_EQ(office.custody({"copy", "--to", office.second, "latest:srv"}).exit, 0);
    EXPECT_EQ(office.status().exit, 1);
}

TEST(SecondCopies, WhatWaitsForTheNextCopyIsANote) {
    const TwoVaults office("cli-copies-waiting");
    ASSERT_EQ(office.backup().exit, 0);
    ASSERT_EQ(office.custody({"copy", "--to", office.second}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const Outcome waiting = office.status();
    EXPECT_EQ(waiting.exit, 0) << waiting.out;
    EXPECT_THAT(waiting.out, HasSubstr("note: 1 snapshot of business/srv since "));
    EXPECT_EQ(office.group(0)["waiting_for_copy"], 1);
}

// What a damaged one said may have ended what others say; behind one that is missing nothing is known of what came before it.
TEST(SecondCopies, ADamagedWitnessIsNamedAndALostOneProvesNoCopy) {
    const TwoVaults office("cli-copies-witness");
    ASSERT_EQ(office.backup().exit, 0);
    ASSERT_EQ(office.custody({"copy", "--to", office.second}).exit, 0);
    const std::string id = json_of(office.custody({"status", "--vault", office.second, "--json"}))["vault"]["id"];
    const std::string last = office.custody.vault() + "/witness/" + id + "/0000000000000002";
    ASSERT_TRUE(std::filesystem::exists(last));
    ASSERT_EQ(office.backup().exit, 0);
    ASSERT_EQ(office.custody({"copy", "--to", office.second}).exit, 0);
    ASSERT_EQ(office.status().exit, 0) << office.status().out;
    std::fstream(last, std::ios::in | std::ios::out | std::ios::binary).seekp(40).put('\0');
    const Outcome damaged = office.status();
    EXPECT_EQ(damaged.exit, 1);
    EXPECT_THAT(damaged.out, AllOf(HasSubstr("0000000000000002 is damaged"), Not(HasSubstr("second copy"))));
    ASSERT_EQ(office.custody({"repair", "--from", office.second}).exit, 0) << "as it says";
    EXPECT_EQ(office.status().exit, 0);
    for (const char* n : {"2", "3"}) std::filesystem::remove(last.substr(0, last.size() - 1) + n);
    EXPECT_THAT(office.status().out, HasSubstr("no second copy is known of"));
    ASSERT_EQ(office.custody({"copy", "--to", office.second}).exit, 0);
    EXPECT_EQ(office.status().exit, 0) << "the next copy leaves it anew";
}

// The vaults themselves know, not the keyring.
TEST(SecondCopies, AKeyringOutOfAKitKnowsThem) {
    const TwoVaults office("cli-copies-kit");
    ASSERT_EQ(office.backup().exit, 0);
    ASSERT_EQ(office.custody({"copy", "--to", office.second}).exit, 0);
    std::filesystem::remove_all(office.custody.keyring());
    ASSERT_EQ(office.key({"import", office.folder / "kit"}).exit, 0);
    EXPECT_THAT(office.status().out, Not(HasSubstr("second copy")));

    const std::string id = json_of(office.custody({"status", "--vault", office.second, "--json"}))["vault"]["id"];
    write_file(office.custody.keyring() + "/heads/" + id, "damaged");
    EXPECT_THAT(office.status().out, HasSubstr("heads/" + id + " is damaged"));
}

TEST(SecondCopies, ACopyIsDueAfterAMonth) {
    const Time begun{1'790'000'000'000'000'000};
    const auto days_later = [&](std::int64_t days) { return Time{begun.ns + days * kDay}; };
    CopyCount count;
    count.count(false, begun);
    count.count(true, days_later(1));
    EXPECT_EQ(count.waiting, 0u) << "an older one is behind the newest that was copied";
    count.count(false, days_later(2));
    count.count(false, days_later(30));
    const std::vector<CountedGroup> groups = {{"business/srv", count}};
    const CopyLines soon = copy_lines({"/mnt/vault", true, true}, groups, days_later(32));
    EXPECT_THAT(soon.needs, IsEmpty());
    EXPECT_THAT(soon.notes, ElementsAre(HasSubstr("2 snapshots of business/srv since 2026-09-23")));
    const CopyLines due = copy_lines({"/mnt/vault", true, true}, groups, days_later(34));
    EXPECT_THAT(due.needs, ElementsAre(HasSubstr("business/srv was not copied to another vault since 2026-09-23")));
    const CopyLines writer = copy_lines({"/mnt/vault", false, true}, groups, days_later(34));
    EXPECT_THAT(writer.needs, IsEmpty());
    EXPECT_EQ(writer.notes.size(), 1u);
}

TEST(SecondCopies, ManyAreNotNamedOneByOne) {
    CopyCount copied, alone;
    copied.count(true, Time{1});
    alone.count(false, Time{1});
    std::vector<CountedGroup> groups = {{"business/a", copied}};
    for (int n = 0; n < 30; ++n) groups.push_back({"business/" + std::to_string(n), alone});
    const CopyLines lines = copy_lines({"/mnt/vault", true, true}, groups, Time{2});
    ASSERT_EQ(lines.needs.size(), 9u);
    EXPECT_THAT(lines.needs.back(), HasSubstr("and so do 22 more"));
}

}  // namespace
}  // namespace custody::test
