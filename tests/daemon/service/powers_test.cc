// Which drop-in a configuration needs, told before the first night.
#include "daemon/service/powers.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <linux/capability.h>

#include <fstream>

namespace custody {
namespace {

using test::is_ok;

constexpr std::uint64_t bit(unsigned one) { return std::uint64_t{1} << one; }
constexpr std::uint64_t kUnit = bit(CAP_DAC_READ_SEARCH) | bit(CAP_CHOWN) | bit(CAP_SETUID) | bit(CAP_SETGID) | bit(CAP_KILL);

TEST(Powers, TheUnitAloneDoesForFilesAndDatabases) {
    Config config;
    config.media.emplace_back();
    config.plans.emplace_back();
    config.plans.emplace_back().source = PostgresqlSource{};
    config.plans.emplace_back().source = MariadbSource{};
    EXPECT_TRUE(missing_powers(config, kUnit).empty());
    EXPECT_EQ(2U, missing_powers(config, 0).size());
}

TEST(Powers, LiveDatabasesAskForTheirUsers) {
    Config config;
    config.plans.emplace_back().source = PostgresqlSource{};
    const auto needs = missing_powers(config, bit(CAP_DAC_READ_SEARCH));
    ASSERT_EQ(1U, needs.size());
    EXPECT_NE(std::string::npos, needs[0].type.find("systemctl revert custodyd"));
}

TEST(Powers, SnapshotsOfBtrfsAskForTheDropInOfDisks) {
    const test::ScratchFolder folder("powers");
    std::ofstream(folder / "mountinfo") << "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
                                           "2 1 0:40 / /home rw - btrfs /dev/sdb1 rw,subvol=/\n"
                                           "3 2 8:3 / /home/scratch rw - xfs /dev/sdc1 rw\n";
    KernelView view;
    view.mount_info = folder / "mountinfo";
    Config config;
    const auto plan = [&](const std::string& name, std::vector<std::string> paths) -> FilesSource& {
        config.plans.emplace_back().name = name;
        config.plans.back().source = FilesSource{};
        auto& files = std::get<FilesSource>(config.plans.back().source);
        files.paths = std::move(paths);
        return files;
    };
    plan("etc", {"/etc", "/homely"});
    plan("people", {"/srv", "/home/an"});
    plan("scratch", {"/home/scratch/x"});
    plan("live", {"/home"}).snapshot = false;
    const auto on_btrfs = plans_on_btrfs(config, view);
    ASSERT_TRUE(is_ok(on_btrfs));
    EXPECT_EQ(std::vector<std::string>{"people"}, *on_btrfs);
    const auto needs = missing_powers(config, kUnit, *on_btrfs);
    ASSERT_EQ(1U, needs.size());
    EXPECT_NE(std::string::npos, needs[0].what.find("people"));
    EXPECT_NE(std::string::npos, needs[0].type.find("disks.conf"));
    EXPECT_TRUE(missing_powers(config, kUnit | bit(CAP_SYS_ADMIN), *on_btrfs).empty());
    EXPECT_TRUE(is_ok(plans_on_btrfs(config)));
}

TEST(Powers, WatchingFolderByFolderIsSaidAndNeedsNobody) {
    Config config;
    config.plans.emplace_back().name = "etc";
    EXPECT_TRUE(lesser_ways(config, kUnit).empty());
    config.plans.back().on_change = true;
    ASSERT_EQ(1U, lesser_ways(config, kUnit).size());
    EXPECT_NE(std::string::npos, lesser_ways(config, kUnit)[0].find("etc"));
    EXPECT_TRUE(lesser_ways(config, kUnit | bit(CAP_SYS_ADMIN)).empty());
    EXPECT_TRUE(missing_powers(config, kUnit).empty());
}

TEST(Powers, RemovableMediaAndImagesAskForTheDropInOfDisks) {
    Config config;
    config.media.emplace_back().removable = true;
    config.plans.emplace_back().source = ImageSource{};
    const auto needs = missing_powers(config, kUnit);
    ASSERT_EQ(1U, needs.size());
    EXPECT_NE(std::string::npos, needs[0].type.find("disks.conf"));
    EXPECT_TRUE(missing_powers(config, kUnit | bit(CAP_SYS_ADMIN)).empty());
}

TEST(Powers, DrillsAskForTheirs) {
    Config config;
    config.keys.role = KeyRole::custodian;
    const auto needs = missing_powers(config, kUnit | bit(CAP_MKNOD));
    ASSERT_EQ(1U, needs.size());
    EXPECT_NE(std::string::npos, needs[0].type.find("drills.conf"));
    EXPECT_TRUE(missing_powers(config, kUnit | bit(CAP_MKNOD) | bit(CAP_LINUX_IMMUTABLE)).empty());
}

TEST(Powers, TheKernelSaysWhatThisProcessMay) { EXPECT_TRUE(is_ok(effective_capabilities())); }

}  // namespace
}  // namespace custody
