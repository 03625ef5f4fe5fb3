// Keys lie apart from the data, and where nobody else reads them; a vault can be proven by who may not read them.
#include "tests/cli/cli_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace custody::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(KeyringCare, NoKitOrExportIsWrittenIntoAVault) {
    const Office office("key-apart");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string inside = office.custody.vault() + "/kit", ledger = office.custody.vault() + "/ledger/0000000000000002";
    const std::vector<std::vector<std::string>> refused = {
        {"key", "export", "--recovery", "--output", inside},
        {"key", "export", "--recovery", "--output", office.folder / "kit", "--page", inside},
        {"key", "export", "--writer", "--host", "web01", "--label", "business", "--output", inside},
        {"key", "export", "--public", "--output", ledger},
        {"key", "export", "--public", "--output", office.custody.keyring() + "/family.pub"}};
    for (const auto& arguments : refused) {
        const Outcome outcome = office.custody(arguments);
        EXPECT_EQ(outcome.exit, 5) << outcome.err;
        EXPECT_TRUE(one_clear_line(outcome));
        EXPECT_THAT(outcome.err, HasSubstr("name a place outside"));
    }
    EXPECT_FALSE(std::filesystem::exists(inside));
    EXPECT_FALSE(std::filesystem::exists(ledger));
    EXPECT_FALSE(std::filesystem::exists(office.folder / "kit"));
    EXPECT_EQ(office.backup().exit, 0);
}

TEST(KeyringCare, AKeyringThatOthersReadIsNamed) {
    const Office office("key-modes");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string file = office.custody.keyring() + "/keyring";
    EXPECT_THAT(office.backup().err, Not(HasSubstr("others may read")));
    ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
    EXPECT_THAT(office.backup().err, HasSubstr("others may read or change the keyring"));
    EXPECT_THAT(office.custody({"status"}).out, HasSubstr("chmod 600 " + file));
    ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
    ASSERT_EQ(::chmod(office.custody.keyring().c_str(), 0777), 0);
    EXPECT_THAT(office.backup().err, HasSubstr("others may read or change the keyring"));
    ASSERT_EQ(::chmod(office.custody.keyring().c_str(), 0700), 0);
    EXPECT_THAT(office.backup().err, Not(HasSubstr("others may read")));
}

TEST(KeyringCare, KeylessVerifyNeedsNotEvenToSeeTheKeyring) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to act for another user";
    const Office office("key-unseen");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    ASSERT_EQ(::chmod(office.folder.path().c_str(), 0755), 0);
    constexpr auto kReadable = std::filesystem::perms::others_read | std::filesystem::perms::others_exec;
    std::filesystem::permissions(office.custody.vault(), kReadable, std::filesystem::perm_options::add);
    for (const auto& item : std::filesystem::recursive_directory_iterator(office.custody.vault())) {
        std::filesystem::permissions(item.path(), kReadable, std::filesystem::perm_options::add);
    }
    ASSERT_EQ(::chmod(office.custody.keyring().c_str(), 0700), 0);
    Program keyless = office.custody.command({"verify", "--keyless"});
    keyless.as_user = 65534;
    const Outcome outcome = run(keyless);
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("warning: "));
}

}  // namespace
}  // namespace custody::test
