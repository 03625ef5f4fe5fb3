// custody key unlock and lock: later commands of the same user open that one label without a passphrase, for that time.
#include "tests/cli/cli_fixture.h"
#include "tests/support/kernel_features.h"

namespace custody::test {
namespace {

Outcome without_passphrase(const Office& office, std::vector<std::string> arguments) {
    Program program = office.custody.command(std::move(arguments));
    program.environment["CUSTODY_PASSPHRASE"] = "";
    program.environment.emplace("CUSTODY_PASSPHRASE_FILE", "");
    return run(program);
}

TEST(Unlock, CommandsOpenOneLabelWithoutAPassphraseUntilItIsTakenBack) {
    Office office("cli-unlock");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    ASSERT_EQ(office.custody({"backup", office.source, "--label", "config", "--name", "other"}).exit, 0);
    ASSERT_EQ(without_passphrase(office, {"ls", "latest:srv"}).exit, 8);
    const Outcome unlocked = office.custody({"key", "unlock", "--label", "business", "--for", "10m", "--json"});
    if (const std::string why = test::why_no_kernel_keys(); !why.empty()) GTEST_SKIP() << why;
    ASSERT_EQ(unlocked.exit, 0) << unlocked.err;
    EXPECT_EQ(json_of(unlocked)["label"], "business");

    EXPECT_EQ(without_passphrase(office, {"ls", "latest:srv"}).exit, 0);
    const std::string target = office.folder / "back";
    EXPECT_EQ(without_passphrase(office, {"restore", "latest:srv", "--target", target}).exit, 0);
    EXPECT_EQ(read_file_text(target + office.source + "/readme"), "read me\n");
    EXPECT_EQ(without_passphrase(office, {"find", "readme", "--label", "business"}).exit, 0);
    const Outcome verified = without_passphrase(office, {"verify", "latest:srv", "--level", "full"});
    EXPECT_EQ(verified.exit, 0) << verified.err;
    EXPECT_EQ(without_passphrase(office, {"ls", "latest:other"}).exit, 8) << "another label";
    EXPECT_EQ(without_passphrase(office, {"verify", "--level", "full"}).exit, 8) << "all labels";
    EXPECT_EQ(without_passphrase(office, {"key", "slot", "add"}).exit, 8) << "not the keyring";

    bool is_shown = false;
    const Json labels = json_of(without_passphrase(office, {"key", "list", "--json"}))["labels"];
    for (const Json& label : labels) {
        EXPECT_EQ(label["unlocked_until"].is_null(), label["name"] != "business");
        is_shown = is_shown || !label["unlocked_until"].is_null();
    }
    EXPECT_TRUE(is_shown);
    EXPECT_NE(without_passphrase(office, {"key", "list"}).out.find("unlocked until"), std::string::npos);

    const Outcome locked = office.custody({"key", "unlock", "--label", "business", "--for", "0", "--json"});
    ASSERT_EQ(locked.exit, 0) << locked.err;
    EXPECT_EQ(json_of(locked)["locked"], Json::array({"business"}));
    EXPECT_EQ(without_passphrase(office, {"ls", "latest:srv"}).exit, 8);
    const Outcome again = office.custody({"key", "lock", "--json"});
    ASSERT_EQ(again.exit, 0) << again.err;
    EXPECT_EQ(json_of(again)["locked"], Json::array());
}

TEST(Unlock, WhatCannotBeUnlockedIsSaidBeforeAnythingIsAsked) {
    Office office("cli-unlock-bad");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"key", "unlock", "--label", "business", "--for", "40d"},
          {"key", "unlock", "--label", "business", "--for", "soon"},
          {"key", "unlock", "--label", "business"},
          {"key", "unlock", "--label", "nonesuch", "--for", "1h"},
          {"key", "lock", "--label", "nonesuch"}}) {
        const Outcome outcome = without_passphrase(office, arguments);
        EXPECT_EQ(outcome.exit, 2) << outcome.err;
        EXPECT_TRUE(one_clear_line(outcome));
    }
}

}  // namespace
}  // namespace custody::test
