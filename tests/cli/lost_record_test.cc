// The only vault there is loses the record of one snapshot: what a person types until verify is green and prune runs again.
#include "tests/cli/cli_fixture.h"

#include <gmock/gmock.h>

namespace custody::test {
namespace {

using ::testing::HasSubstr;

namespace fs = std::filesystem;

struct Loss : Office {
    explicit Loss(const std::string& purpose) : Office(purpose) {
        fill_source();
        EXPECT_EQ(custody({"init"}).exit, 0);
        for (std::string* id : {&first, &second}) {
            const Outcome stored = backup({"--json"});
            EXPECT_EQ(stored.exit, 0) << stored.err;
            *id = json_of(stored)["snapshot"];
            write_file(source + "/new", "new\n");
        }
    }
    std::string record(const std::string& id) const { return custody.vault() + "/snapshots/" + id; }
    std::string first, second;
};

TEST(LostRecord, IsEndedByItsIdAndAllIsGreenAgain) {
    const Loss office("cli-lost-record");
    fs::remove(office.record(office.first));
    for (const char* level : {"--level=structure", "--keyless"}) {
        const Outcome verified = office.custody({"verify", level});
        EXPECT_EQ(verified.exit, 4);
        EXPECT_THAT(verified.out, HasSubstr("custody forget " + office.first.substr(0, 8)));
        EXPECT_THAT(verified.out, HasSubstr("custody repair --from"));
    }
    const Outcome refused = office.custody({"prune"});
    EXPECT_EQ(refused.exit, 4);
    const std::string advice = "custody forget " + office.first.substr(0, 8);
    EXPECT_THAT(refused.err, HasSubstr(advice));
    const Outcome red = office.custody({"status", "--check"});
    EXPECT_EQ(red.exit, 1);
    EXPECT_THAT(red.out, HasSubstr(advice));

    const Outcome dry = office.custody({"forget", office.first.substr(0, 12), "--dry-run"});
    EXPECT_EQ(dry.exit, 0) << dry.err;
    EXPECT_THAT(dry.out, HasSubstr("its record was lost"));
    EXPECT_EQ(office.custody({"verify"}).exit, 4) << "a dry run ends nothing";
    const Outcome ended = office.custody({"forget", office.first.substr(0, 12), "--json"});
    ASSERT_EQ(ended.exit, 0) << ended.err;
    EXPECT_EQ(json_of(ended)["forgotten"][0]["snapshot"], office.first);
    EXPECT_EQ(json_of(ended)["forgotten"][0]["why"], "its record was lost");

    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
    EXPECT_EQ(office.custody({"prune", "--grace", "0s"}).exit, 0);
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
    const Outcome status = office.custody({"status", "--json"});
    const Json lost = json_of(status)["vault"]["lost_snapshots"];
    ASSERT_EQ(lost.size(), 1U);
    EXPECT_EQ(lost[0]["snapshot"], office.first);
    EXPECT_EQ(lost[0]["label"], "business");
    EXPECT_THAT(office.custody({"status"}).out, HasSubstr("snapshot " + office.first.substr(0, 8)));
    EXPECT_EQ(office.custody({"restore", office.second, "--target", office.folder / "back"}).exit, 0);
    EXPECT_EQ(office.custody({"forget", office.first}).exit, 7) << "it was forgotten";
}

// A run that stored nothing new left no index segment that would tell of its label: its entry does.
TEST(LostRecord, AnUnchangedBackupOfLogsStaysForItsLawfulTerm) {
    const Loss office("cli-lost-log");
    std::string id;
    for (int i = 0; i < 2; ++i) {
        const Outcome stored = office.custody({"backup", office.source, "--label", "log", "--name", "srv", "--json"});
        ASSERT_EQ(stored.exit, 0) << stored.err;
        id = json_of(stored)["snapshot"];
    }
    fs::remove(office.record(id));
    const Outcome refused = office.custody({"forget", id});
    EXPECT_EQ(refused.exit, 5) << refused.err;
    EXPECT_TRUE(one_clear_line(refused));
    EXPECT_THAT(refused.err, HasSubstr("B12"));
    // Other labels are freed all the same, and the damage is not passed over.
    ASSERT_EQ(office.custody({"forget", office.first}).exit, 0);
    const Outcome pruned = office.custody({"prune", "--grace", "0s"});
    EXPECT_EQ(pruned.exit, 4);
    EXPECT_THAT(pruned.err, HasSubstr("of label log"));
    EXPECT_FALSE(fs::exists(office.record(office.first)));
    EXPECT_EQ(office.custody({"restore", office.second, "--target", office.folder / "back"}).exit, 0);
}

TEST(LostRecord, OneThatIsHeldStays) {
    const Loss office("cli-held-record");
    ASSERT_EQ(office.custody({"hold", "add", office.first, "--reason", "case 17"}).exit, 0);
    write_file(office.record(office.first), "torn");
    const Outcome refused = office.custody({"forget", office.first});
    EXPECT_EQ(refused.exit, 5) << refused.err;
    EXPECT_TRUE(one_clear_line(refused));
    EXPECT_THAT(refused.err, HasSubstr("case 17"));
    const Outcome held = office.custody({"hold", "list", "--json"});
    ASSERT_EQ(json_of(held).size(), 1U) << held.err;
    EXPECT_EQ(json_of(held)[0]["snapshot"], office.first);
    EXPECT_TRUE(json_of(held)[0]["label"].is_null());
    ASSERT_EQ(office.custody({"hold", "release", office.first, "--reason", "case 17 is closed"}).exit, 0);
    EXPECT_EQ(office.custody({"forget", office.first}).exit, 0);
    EXPECT_EQ(office.custody({"verify"}).exit, 0);
}

TEST(LostRecord, ARecordThatHasGrownIsHealedOutOfItself) {
    const Loss office("cli-grown-record");
    const std::string before = read_file_text(office.record(office.first));
    fs::permissions(office.record(office.first), fs::perms::owner_all);
    write_file(office.record(office.first), before + std::string(700, 'x'));
    EXPECT_EQ(office.custody({"verify"}).exit, 4);
    const Outcome repaired = office.custody({"repair"});
    EXPECT_EQ(repaired.exit, 0) << repaired.out << repaired.err;
    EXPECT_TRUE(read_file_text(office.record(office.first)) == before);
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
    EXPECT_EQ(office.custody({"restore", office.first, "--target", office.folder / "back"}).exit, 0);
}

TEST(LostRecord, AnIdThatNamesNoneIsNotFound) {
    const Outcome unknown = shared_office().custody({"forget", "0123456789abcdef"});
    EXPECT_EQ(unknown.exit, 7);
    EXPECT_TRUE(one_clear_line(unknown));
}

TEST(LostRecord, StatusSaysWhyAndUntilWhenItMayNotBeForgotten) {
    const Loss office("cli-lost-protected");
    const Json stored = json_of(office.custody({"backup", office.source, "--label", "log", "--name", "journal", "--json"}));
    const std::string lawful = stored["snapshot"];
    ASSERT_EQ(office.custody({"hold", "add", office.first, "--reason", "court\ncase", "--until", "2099-01-01"}).exit, 0);
    EXPECT_THAT(office.custody({"hold", "list"}).out, HasSubstr("court case")) << "it is shown within a line";
    fs::remove(office.record(office.first));
    fs::remove(office.record(lawful));
    const std::string status = office.custody({"status", "--check"}).out;
    EXPECT_THAT(status,
                HasSubstr("'custody forget " + office.first.substr(0, 8) + "' is refused while it is held until 2099-01-01"));
    EXPECT_THAT(status, HasSubstr("'custody hold release " + office.first.substr(0, 8) + " --reason R' comes first"));
    EXPECT_THAT(status, HasSubstr("'custody forget " + lawful.substr(0, 8) +
                                  "' is refused as long as it is protected: within the "
                                  "lawful term (B12) until 2"));
    for (const std::string& id : {office.first, lawful}) EXPECT_EQ(office.custody({"forget", id}).exit, 5);
    // Whoever is asked says the same, and nobody names what would be refused as the way out.
    for (const std::vector<std::string>& asked : {std::vector<std::string>{"verify"}, {"repair"}, {"prune", "--grace", "0s"}}) {
        const Outcome outcome = office.custody(asked);
        EXPECT_EQ(outcome.exit, 4) << asked.front();
        const std::string said = outcome.out + outcome.err;
        EXPECT_THAT(said, HasSubstr("'custody hold release " + office.first.substr(0, 8) + " --reason R' comes first"));
        EXPECT_THAT(said, HasSubstr("'custody forget " + lawful.substr(0, 8) + "' is refused as long as it is protected"));
        EXPECT_THAT(said, testing::Not(HasSubstr("end it with")));
    }
}

}  // namespace
}  // namespace custody::test
