#include "base/block_device.h"

#include "base/mounts.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/results.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace custody::test {
namespace {

TEST(Mounts, LinesOfMountinfo) {
    const auto lines = mounts::parse_mount_lines(
        "36 35 8:1 / /mnt/my\\040disk ro,noatime master:1 - ext4 /dev/sda1 rw,errors=continue\n"
        "41 35 0:31 /sub /data rw shared:3 unbindable - btrfs /dev/sdb rw,subvol=/sub\n"
        "nonsense\n"
        "50 1 0:44 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w\n");
    ASSERT_EQ(3u, lines.size());
    EXPECT_EQ("/mnt/my disk", lines[0].mount.point);
    EXPECT_EQ("ext4", lines[0].mount.file_system);
    EXPECT_EQ("/dev/sda1", lines[0].mount.source);
    EXPECT_TRUE(lines[0].mount.read_only);
    EXPECT_EQ(36, lines[0].id);
    EXPECT_EQ("btrfs", lines[1].mount.file_system);
    EXPECT_FALSE(lines[1].mount.read_only);
    EXPECT_EQ("/u", mounts::option(lines[2].super_options, "upperdir"));
    EXPECT_EQ("", mounts::option(lines[2].super_options, "upper"));
}

TEST(Mounts, ThePathNeedNotExist) {
    const auto of_proc = mount_of("/proc/self/status");
    ASSERT_TRUE(is_ok(of_proc));
    EXPECT_EQ("/proc", of_proc->point);
    const auto of_root = mount_of("/no/such/folder");
    ASSERT_TRUE(is_ok(of_root));
    EXPECT_EQ("/", of_root->point);
    EXPECT_TRUE(physical_disks_under("/proc")->empty());
}

class LoopDevices : public testing::Test {
protected:
    void SetUp() override {
        std::string why_not;
        device_ = LoopDevice::make(64 << 20, why_not);
        if (!device_) GTEST_SKIP() << why_not;
    }
    void run(const std::vector<std::string>& arguments) {
        std::string output;
        if (!run_program(arguments, output)) FAIL() << output;
    }
    std::unique_ptr<LoopDevice> device_;
};

TEST_F(LoopDevices, AnEmptyUnusedOne) {
    const auto info = describe_device(device_->path());
    ASSERT_TRUE(is_ok(info));
    EXPECT_EQ(device_->path(), "/dev/" + info->kernel_name);
    EXPECT_EQ(std::uint64_t{64} << 20, info->bytes);
    EXPECT_EQ(device_->image(), info->serial);
    EXPECT_EQ(512u, info->logical_sector);
    EXPECT_FALSE(info->is_partition);
    EXPECT_FALSE(info->read_only);
    EXPECT_FALSE(info->holds_running_system);
    EXPECT_TRUE(info->uses.empty());
    EXPECT_EQ("", info->content);
    EXPECT_EQ(*physical_disks_under("/tmp"), *physical_disks_under(device_->path())) << "the disk below its backing file";
}

TEST_F(LoopDevices, WhatLiesOnItIsNamed) {
    run({"mkfs.ext4", "-q", "-F", "-L", "data", device_->path()});
    EXPECT_EQ("ext4 \"data\"", describe_device(device_->path())->content);
}

TEST_F(LoopDevices, PartitionsAreCounted) {
    std::string output;
    const std::string script = "printf 'label: gpt\\nsize=20MiB\\nsize=20MiB\\n' | sfdisk --quiet --no-reread " + device_->path();
    if (!run_program({"sh", "-c", script}, output)) GTEST_SKIP() << output;
    EXPECT_EQ("gpt, 2 partitions", describe_device(device_->path())->content);
}

TEST_F(LoopDevices, WhatADeviceMapperHoldsIsInUse) {
    std::string output;
    const std::string name = "custody-test-" + device_->path().substr(5);
    if (!run_program({"dmsetup", "create", name, "--table", "0 8192 linear " + device_->path() + " 0"}, output))
        GTEST_SKIP() << output;
    const auto below = describe_device(device_->path());
    const auto above = describe_device("/dev/mapper/" + name);
    const auto disks = physical_disks_under("/dev/mapper/" + name);
    run({"dmsetup", "remove", name});
    ASSERT_TRUE(is_ok(below));
    ASSERT_TRUE(is_ok(above));
    EXPECT_EQ((std::vector<std::string>{"part of " + above->kernel_name}), below->uses);
    EXPECT_EQ(*physical_disks_under("/tmp"), *disks);
}

// The same bytes through another loop device: who has that one mounted writes to this one.
TEST_F(LoopDevices, AnotherThatShowsTheSameBytesCounts) {
    std::string part;
    ASSERT_TRUE(run_program({"losetup", "-f", "--show", "-o", "1048576", "--sizelimit", "33554432", device_->image()}, part));
    part.erase(part.find_last_not_of('\n') + 1);
    const std::string point = device_->image() + ".mounted";
    std::filesystem::create_directory(point);
    run({"mkfs.ext4", "-q", "-F", part});
    EXPECT_TRUE(describe_device(device_->path())->uses.empty()) << "nobody uses that one either";
    run({"mount", part, point});
    const auto whole = describe_device(device_->path());
    const std::string inside = point + "/lost+found";
    for (const std::string& image : {part, device_->path(), device_->image()})
        EXPECT_TRUE(may_be_in_image(image, inside)) << image;
    std::string behind;
    const bool made = run_program({"losetup", "-f", "--show", "-o", "34603008", device_->image()}, behind);
    behind.erase(behind.find_last_not_of('\n') + 1);
    const auto rest = describe_device(behind);
    EXPECT_FALSE(may_be_in_image(behind, inside));
    EXPECT_FALSE(may_be_in_image(device_->path(), device_->image())) << "its file alone lies on that disk";
    run({"umount", point});
    if (made) run({"losetup", "-d", behind});
    run({"losetup", "-d", part});
    EXPECT_TRUE(whole->mounted_read_write);
    EXPECT_EQ((std::vector<std::string>{"mounted read-write on " + point}), whole->uses);
    EXPECT_TRUE(rest.ok() && rest->uses.empty()) << "it begins where the mounted one ends";
}

// A warning too many is read; a copy of the keys that nobody knows of is not.
TEST_F(LoopDevices, WithoutSysfsAnythingMayBeInTheImageOfADevice) {
    const std::string image = device_->path();
    ASSERT_FALSE(may_be_in_image(image, "/tmp"));
    const pid_t child = ::fork();
    if (child == 0) {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", "/sys", "tmpfs", 0, nullptr) != 0)
            ::_exit(2);
        ::_exit(may_be_in_image(image, "/tmp") ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(child, ::waitpid(child, &status, 0));
    if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "no mount name space of one's own here";
    EXPECT_EQ(0, status);
}

TEST_F(LoopDevices, ALoopOnALoopIsInUse) {
    std::string output;
    if (!run_program({"losetup", "--find", "--show", "--read-only", device_->path()}, output)) GTEST_SKIP() << output;
    const std::string above = output.substr(0, output.find('\n'));
    const auto below = describe_device(device_->path());
    const auto info = describe_device(above);
    const auto disks = physical_disks_under(above);
    run({"losetup", "--detach", above});
    ASSERT_TRUE(is_ok(below));
    ASSERT_TRUE(is_ok(info));
    EXPECT_EQ((std::vector<std::string>{"behind the loop device " + above.substr(5)}), below->uses);
    EXPECT_TRUE(info->read_only);
    EXPECT_EQ(*physical_disks_under("/tmp"), *disks);
}

TEST(BlockDevices, AMountedOneIsInUse) {
    for (const char* kind : {"ext4", "btrfs", "ntfs-3g"}) {
        std::string why_not;
        const auto mounted = LoopFileSystem::make(kind, LoopFileSystem::least_size(kind), why_not);
        if (!mounted) GTEST_SKIP() << why_not;
        const auto info = describe_device(mounted->device());
        ASSERT_TRUE(is_ok(info));
        EXPECT_TRUE(info->mounted_read_write) << kind;
        ASSERT_FALSE(info->uses.empty()) << kind;
        EXPECT_EQ("mounted read-write on " + mounted->path(), info->uses.front());
        EXPECT_EQ(mounted->path(), mount_of(mounted->path() + "/not/there")->point);
        EXPECT_EQ(*physical_disks_under("/tmp"), *physical_disks_under(mounted->path())) << kind;
    }
}

TEST(BlockDevices, WhatIsNoneIsRefused) {
    EXPECT_TRUE(fails_with(Code::usage, describe_device("/etc/passwd")));
    EXPECT_TRUE(fails_with(Code::usage, describe_device("/dev/null")));
    EXPECT_TRUE(fails_with(Code::not_found, describe_device("/dev/no-such-disk")));
}

}  // namespace
}  // namespace custody::test
