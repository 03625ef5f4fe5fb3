// What a person sees of a restore into folders that are there, and of a backup of files that come and go.
#include "tests/cli/cli_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <thread>

namespace custody::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

mode_t mode_of(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
}

TEST(RestoreIntoFolders, OnesOwnKeepTheirModeUnlessOverwritingIsAskedFor) {
    const Office& office = shared_office();
    const std::string target = office.folder / "own", folder = target + "/hồ sơ";
    std::filesystem::create_directories(folder);
    ASSERT_EQ(::chmod(folder.c_str(), 0700), 0);
    ASSERT_EQ(::chmod(target.c_str(), 0710), 0);
    const auto restore = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments = {"restore", "latest:srv", "--target", target, "--strip-prefix", office.source};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return office.custody(arguments);
    };
    const std::string kept = "1 folder that was there keeps its own owner, mode and access lists: " + folder;
    const Outcome dry = restore({"--dry-run"});
    EXPECT_EQ(dry.exit, 0) << dry.err;
    EXPECT_THAT(dry.err, HasSubstr(kept));
    const Outcome never = restore({});
    EXPECT_EQ(never.exit, 0) << never.err;
    EXPECT_THAT(never.err, HasSubstr(kept));
    EXPECT_EQ(mode_of(folder), 0700u);
    EXPECT_EQ(read_file_text(folder + "/2026/Báo cáo quý.txt"), "quý một\n");
    const Outcome changed = restore({"--overwrite", "changed"});
    EXPECT_EQ(changed.exit, 0) << changed.err;
    EXPECT_THAT(changed.err, Not(HasSubstr("folder that was there")));
    EXPECT_EQ(mode_of(folder), mode_of(office.source + "/hồ sơ"));
    EXPECT_EQ(mode_of(target), 0710u);
}

TEST(RestoreIntoFolders, ATargetThatIsMadeGetsTheModeOfThePrefix) {
    const Office& office = shared_office();
    const std::string target = office.folder / "made";
    const Outcome restored = office.custody({"restore", "latest:srv", "--target", target, "--strip-prefix", office.source});
    EXPECT_EQ(restored.exit, 0) << restored.err;
    EXPECT_EQ(mode_of(target), mode_of(office.source));
    EXPECT_EQ(std::filesystem::last_write_time(target), std::filesystem::last_write_time(office.source));
}

// Files that come and go all the time, as where logs are rotated: whatever the backup meets, nothing of it is a failure.
TEST(BackupOfWhatComesAndGoes, IsNoFailure) {
    Office office("cli-vanish");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    std::atomic<bool> over{false};
    std::thread rotating([&] {
        for (unsigned turn = 0; !over; ++turn) {
            write_file(office.source + "/log." + std::to_string(turn), "x");
            if (turn >= 100) std::filesystem::remove(office.source + "/log." + std::to_string(turn - 100));
        }
    });
    for (int round = 0; round < 5; ++round) {
        const Outcome outcome = office.backup();
        EXPECT_EQ(outcome.exit, 0) << outcome.err;
        EXPECT_THAT(outcome.out, HasSubstr("0 failed"));
        EXPECT_THAT(outcome.err, Not(HasSubstr("left out:")));
    }
    over = true;
    rotating.join();
    const Json status = json_of(office.custody({"snapshots", "--json"}));
    EXPECT_EQ(status.size(), 5u);
}

}  // namespace
}  // namespace custody::test
