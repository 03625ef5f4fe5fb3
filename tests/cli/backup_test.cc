// What a backup says and does where it cannot do all that was asked; and a restore that does not fit its snapshot.
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

Program as_nobody(Program program) {
    program.as_user = 65534;
    return program;
}

TEST(Backup, OfNothingThatCanBeReadMakesNoSnapshot) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody who may not read";
    Office office("cli-nothing");
    office.fill_source();
    std::filesystem::permissions(office.folder.path(), std::filesystem::perms::all);
    ASSERT_EQ(run(as_nobody(office.custody.command({"init"}))).exit, 0);
    const std::string closed = office.folder / "closed", secret = office.folder / "secret";
    std::filesystem::create_directories(closed + "/below");
    write_file(secret, "x");
    ASSERT_EQ(::chmod(closed.c_str(), 0700), 0);
    ASSERT_EQ(::chmod(secret.c_str(), 0600), 0);
    const Outcome none =
        run(as_nobody(office.custody.command({"backup", closed, closed + "/below", secret, "--label", "business"})));
    EXPECT_EQ(none.exit, 1) << none.err;
    EXPECT_TRUE(one_clear_line(none));
    for (const std::string& path : {closed + ":", closed + "/below:", secret + ":"}) EXPECT_THAT(none.err, HasSubstr(path));
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"})).size(), 0u);
    const Outcome some =
        run(as_nobody(office.custody.command({"backup", closed, secret, office.source, "--label", "business", "--json"})));
    EXPECT_EQ(some.exit, 3) << some.err;
    EXPECT_EQ(json_of(some)["files"]["failed"], 2);
    EXPECT_EQ(json_of(some)["files"]["new"], 5);
    EXPECT_THAT(some.err, HasSubstr(closed));
    EXPECT_THAT(some.err, HasSubstr(secret));
}

// A server is lost, and its keyring comes from the kit: the new host signs with a key of its own.
TEST(Backup, ANewHostUsesWhatTheOldOneStoredOnceTheSecretIsUnlocked) {
    Office office("cli-new-host");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    const std::string kit = office.folder / "kit";
    Program exporting = office.custody.command({"key", "export", "--recovery", "--output", kit});
    exporting.environment["CUSTODY_KIT_PASSPHRASE"] = "năm con chó vàng";
    const Outcome exported = run(exporting);
    ASSERT_EQ(exported.exit, 0) << exported.err;
    const auto on_new_host = [&](const std::string& keyring, std::vector<std::string> arguments) {
        Program program = office.custody.command(std::move(arguments));
        program.environment["CUSTODY_KEYRING"] = office.folder / keyring;
        program.environment["CUSTODY_CACHE"] = office.folder / (keyring + "-cache");
        program.environment["CUSTODY_KIT_PASSPHRASE"] = "năm con chó vàng";
        return program;
    };
    const std::vector<std::string> backup = {"backup", office.source, "--label", "business", "--name", "srv", "--json"};
    for (const char* keyring : {"locked", "unlocked", "wrong"}) {
        const Outcome imported = run(on_new_host(keyring, {"key", "import", kit}));
        ASSERT_EQ(imported.exit, 0) << imported.err;
    }
    const std::string warning = "index segments of ";
    const Outcome unlocked = run(on_new_host("unlocked", backup));
    ASSERT_EQ(unlocked.exit, 0) << unlocked.err;
    EXPECT_EQ(json_of(unlocked)["bytes"]["new"], 0) << unlocked.err;
    EXPECT_THAT(unlocked.err, Not(HasSubstr(warning)));
    // It is whole although it relies on what another signed.
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);

    Program without = on_new_host("locked", backup);
    without.environment["CUSTODY_PASSPHRASE"] = "";
    const Outcome locked = run(without);
    ASSERT_EQ(locked.exit, 0) << locked.err;
    EXPECT_GE(json_of(locked)["bytes"]["new"], 700'000);
    EXPECT_THAT(locked.err, HasSubstr(warning));
    EXPECT_THAT(locked.err, HasSubstr("with the label's secret unlocked"));
    write_file(office.source + "/later", "later");
    EXPECT_THAT(run(without).err, Not(HasSubstr(warning))) << "once: it has segments of its own from now on";

    Program with_another = on_new_host("wrong", backup);
    with_another.environment["CUSTODY_PASSPHRASE"] = "sai";
    const Outcome wrong = run(with_another);
    EXPECT_EQ(wrong.exit, 0) << "a backup needs no passphrase: " << wrong.err;
    EXPECT_THAT(wrong.err, HasSubstr(warning));
}

TEST(Restore, OfWhatTheSnapshotIsNotIsRefusedWithTheRightCommand) {
    Office office("cli-kinds");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    Program stream = office.custody.command({"backup", "--stdin", "dump.sql", "--label", "database"});
    stream.input = "select 1;\n";
    ASSERT_EQ(run(stream).exit, 0);
    const std::string disk = office.folder / "disk.img";
    write_file(disk, noise(300'000, 3));
    ASSERT_EQ(office.custody({"backup", "--image", disk, "--label", "image"}).exit, 0);

    const std::string image = office.folder / "back.img", target = office.folder / "back";
    write_file(image, "mine");
    const std::string link = office.folder / "link", dangling = office.folder / "dangling";
    std::filesystem::create_symlink("back.img", link);
    std::filesystem::create_symlink("nowhere", dangling);
    struct Case {
        std::vector<std::string> arguments;
        std::string told;
    };
    const std::vector<Case> cases = {
        {{"restore", "latest:srv", "--image", image, "--overwrite", "always"}, "--target DIR"},
        {{"restore", "latest:dump.sql", "--image", image, "--overwrite", "always"}, "--stdout > FILE"},
        {{"restore", "latest:srv", "--stdout"}, "PATH --stdout"},
        {{"restore", "latest:srv", office.source, "--stdout"}, "is a folder"},
        {{"restore", "latest:disk.img", "--target", target}, "--image DEVICE-OR-FILE"},
        {{"restore", "latest:disk.img", "--image", link}, "is a symbolic link"},
        {{"restore", "latest:disk.img", "--image", link, "--overwrite", "always"}, "is a symbolic link"},
        {{"restore", "latest:disk.img", "--image", dangling}, "is a symbolic link"},
    };
    for (const Case& one : cases) {
        const Outcome refused = office.custody(one.arguments);
        EXPECT_EQ(refused.exit, 2) << refused.err;
        EXPECT_TRUE(one_clear_line(refused));
        EXPECT_THAT(refused.err, HasSubstr(one.told));
        EXPECT_EQ(refused.out, "");
    }
    EXPECT_EQ(read_file_text(image), "mine");
    EXPECT_FALSE(std::filesystem::exists(target));
    // What fits is not in the way.
    EXPECT_EQ(office.custody({"restore", "latest:dump.sql", "--target", target}).exit, 0);
    EXPECT_EQ(office.custody({"restore", "latest:srv", office.source + "/readme", "--stdout"}).out, "read me\n");
    EXPECT_TRUE(office.custody({"restore", "latest:disk.img", "--stdout"}).out == read_file_text(disk));
}

}  // namespace
}  // namespace custody::test
