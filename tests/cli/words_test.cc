// What is said where a message could mislead: which snapshot was chosen, what is damaged, what would heal it.
#include "tests/cli/cli_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace custody::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t times_in(const std::string& text, const std::string& part) {
    std::size_t times = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++times;
    return times;
}

TEST(Words, ANameThatSeveralLabelsHaveIsSaidAndCanBeNarrowed) {
    Office office("cli-same-name");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    EXPECT_EQ(times_in(office.custody({"ls", "latest:srv"}).err, "\n"), 1u) << "one label: nothing more to say";
    ASSERT_EQ(office.custody({"backup", office.source, "--label", "config", "--name", "srv"}).exit, 0);
    const Json all = json_of(office.custody({"snapshots", "--json"}));
    const std::string business = all[0]["id"].get<std::string>().substr(0, 8),
                      config = all[1]["id"].get<std::string>().substr(0, 8);
    for (const char* reference : {"latest:srv", "srv@2199-01-01T00:00", "srv@2199-01-01T00:00:00"}) {
        const Outcome outcome = office.custody({"ls", reference});
        EXPECT_EQ(outcome.exit, 0) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr(std::string(reference) + " is snapshot " + config + ": config/srv"));
        EXPECT_THAT(outcome.err, HasSubstr("under other labels too (business)"));
    }
    EXPECT_THAT(office.custody({"ls", business}).err, Not(HasSubstr("other labels")));

    for (const char* reference : {"latest:srv", "latest"}) {
        const Outcome narrowed = office.custody({"find", "readme", "--snapshot", reference, "--label", "business", "--json"});
        EXPECT_EQ(narrowed.exit, 0) << narrowed.err;
        ASSERT_EQ(json_of(narrowed).size(), 1u);
        EXPECT_EQ(json_of(narrowed)[0]["label"], "business");
        EXPECT_THAT(narrowed.err, HasSubstr("is snapshot " + business));
    }
    EXPECT_EQ(office.custody({"find", "x", "--snapshot", "latest:srv", "--label", "log"}).exit, 7);
    EXPECT_EQ(office.custody({"find", "x", "--snapshot", config, "--label", "business"}).exit, 2);
}

TEST(Words, ADamagedHeaderIsNamedOnceInALine) {
    Office office("cli-header");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const std::string header = office.custody.vault() + "/vault.json";
    std::string text = read_file_text(header);
    text[30] = text[30] == 'Z' ? 'Y' : 'Z';
    std::filesystem::permissions(header, std::filesystem::perms::owner_all);
    write_file(header, text);
    for (const char* command : {"status", "verify", "snapshots"}) {
        const Outcome outcome = office.custody({command});
        EXPECT_THAT(outcome.out + outcome.err, HasSubstr("vault.json is damaged"));
        EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("vault.json is damaged: vault.json")));
        EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("vault.json: vault.json"))) << command;
    }
}

TEST(Words, RepairSaysHowToGiveThePassphraseThatHealsMore) {
    Office office("cli-heal-more");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    for (const auto& item : std::filesystem::recursive_directory_iterator(office.custody.vault() + "/packs")) {
        if (!item.is_regular_file()) continue;
        std::string bytes = read_file_text(item.path());
        bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
        std::filesystem::permissions(item.path(), std::filesystem::perms::owner_all);
        write_file(item.path(), bytes);
    }
    Program without = office.custody.command({"repair"});
    without.environment["CUSTODY_PASSPHRASE"] = "";
    const Outcome told = run(without);
    EXPECT_EQ(told.exit, 4) << told.err;
    EXPECT_THAT(told.err, HasSubstr("CUSTODY_PASSPHRASE_FILE"));
    Program wrong = without;
    wrong.environment["CUSTODY_PASSPHRASE"] = "wrong";
    const Outcome warned = run(wrong);
    EXPECT_EQ(warned.exit, 4) << "what needs none is healed all the same: " << warned.err;
    EXPECT_THAT(warned.err, HasSubstr("warning: wrong passphrase"));
    const Outcome with = office.custody({"repair"});
    EXPECT_EQ(with.exit, 4) << with.err;
    EXPECT_THAT(with.err, Not(HasSubstr("CUSTODY_PASSPHRASE_FILE")));
}

}  // namespace
}  // namespace custody::test
