// Root works on what is an ordinary user's: whatever it adds stays the user's.
#include "tests/cli/cli_fixture.h"

#include <gmock/gmock.h>

#include <sys/stat.h>
#include <unistd.h>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kUser = 47110;

// The first file or folder below that is not the user's; empty: all are.
std::string not_of_user(const std::string& folder) {
    const auto is_his = [](const std::string& path) {
        struct stat found {};
        return ::lstat(path.c_str(), &found) == 0 && found.st_uid == kUser && found.st_gid == kUser;
    };
    if (!is_his(folder)) return folder;
    for (const auto& item : fs::recursive_directory_iterator(folder)) {
        if (!is_his(item.path())) return item.path();
    }
    return {};
}

Outcome as_user(const Office& office, std::vector<std::string> arguments) {
    Program program = office.custody.command(std::move(arguments));
    program.as_user = kUser;
    program.environment["HOME"] = office.folder / "home";
    return run(program);
}

TEST(Owner, RootLeavesNothingInAUsersVaultAndKeyringThatLocksHimOut) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, which could lock a user out";
    const Office office("cli-owner");
    office.fill_source();
    for (const std::string& folder : {office.custody.vault(), office.custody.keyring(), office.folder / "home"}) {
        fs::create_directories(folder);
        ASSERT_EQ(::chown(folder.c_str(), kUser, kUser), 0);
    }
    ASSERT_EQ(as_user(office, {"init"}).exit, 0);
    ASSERT_EQ(as_user(office, {"backup", office.source, "--label", "business", "--name", "srv"}).exit, 0);

    ASSERT_EQ(office.custody({"label", "add", "project"}).exit, 0);
    const Outcome stored = office.custody({"backup", office.source, "--label", "project", "--name", "by-root"});
    ASSERT_EQ(stored.exit, 0) << stored.err;
    ASSERT_EQ(office.custody({"forget", "latest:srv"}).exit, 0);
    ASSERT_EQ(office.custody({"prune", "--grace", "0s"}).exit, 0);
    EXPECT_EQ(not_of_user(office.custody.vault()), "");
    EXPECT_EQ(not_of_user(office.custody.keyring()), "");

    const Outcome after = as_user(office, {"backup", office.source, "--label", "business", "--name", "srv"});
    EXPECT_EQ(after.exit, 0) << after.err;
    EXPECT_EQ(as_user(office, {"prune", "--grace", "0s"}).exit, 0);
    EXPECT_EQ(as_user(office, {"verify", "--level", "full"}).exit, 0);
    EXPECT_EQ(as_user(office, {"restore", "latest:by-root", "--target", office.folder / "home" + "/back"}).exit, 0);
}

TEST(Owner, RootsOwnVaultStaysRootsAndItsExportsAreNotGivenAway) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root, whose files they are";
    const Office office("cli-root-owner");
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const std::string home = office.folder / "home";
    fs::create_directories(home);
    ASSERT_EQ(::chown(home.c_str(), kUser, kUser), 0);
    const std::string keys = home + "/web.keys";
    ASSERT_EQ(office.custody({"key", "export", "--writer", "--host", "web", "--output", keys}).exit, 0);
    struct stat found {};
    ASSERT_EQ(::stat(keys.c_str(), &found), 0);
    EXPECT_EQ(found.st_uid, 0U) << "who owns the folder may not read the keys for that";
    for (const std::string& path : {office.custody.vault() + "/vault.json", office.custody.keyring() + "/keyring"}) {
        ASSERT_EQ(::stat(path.c_str(), &found), 0);
        EXPECT_EQ(found.st_uid, 0U) << path;
    }
}

}  // namespace
}  // namespace custody::test
