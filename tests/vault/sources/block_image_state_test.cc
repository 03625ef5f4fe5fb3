// Devices that are written to while their image is taken, which no time of theirs tells.
#include "tests/support/backup_fixture.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/meddling_source.h"
#include "tests/support/results.h"
#include "vault/sources/block_image.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace custody {
namespace {

using test::is_ok;
using test::noise;
using test::read_file_text;
using test::write_file;

constexpr std::uint64_t kMebi = 1024 * 1024;

class BlockImageStateTest : public ::testing::Test, public test::BackupFixture {
protected:
    ~BlockImageStateTest() override {
        if (!device_) return;
        (void)run("umount " + at("mount"));
        (void)set_counting(true);
    }
    [[nodiscard]] std::string at(const std::string& name) const { return scratch / name; }
    static bool run(const std::string& command) { return std::system(("{ " + command + "; } >/dev/null 2>&1").c_str()) == 0; }
    [[nodiscard]] std::string device() const { return device_->path(); }

    // An ext4 on a loop device. Else why there is none.
    std::string make_device() {
        options.label = "image";
        std::string why_not;
        device_ = test::LoopDevice::make(32 * kMebi, why_not);
        if (!device_) return why_not;
        if (!run("mkfs.ext4 -V")) return "no mkfs.ext4 (package e2fsprogs)";
        EXPECT_TRUE(run("mkfs.ext4 -F -E lazy_itable_init=0 " + device()));
        EXPECT_EQ(::mkdir(at("mount").c_str(), 0755), 0);
        if (!mount()) return "no right to mount, or no ext4 in this kernel";
        unmount();
        return {};
    }
    [[nodiscard]] bool mount(unsigned long flags = 0) const {
        return ::mount(device().c_str(), at("mount").c_str(), "ext4", flags, "") == 0;
    }
    void unmount() const { EXPECT_EQ(::umount(at("mount").c_str()), 0); }
    void write_a_file() const {
        ASSERT_TRUE(mount());
        write_file(at("mount/new"), noise(5 * kMebi, 90));
        unmount();
    }
    // Whether the kernel counts what is written. False: it does not let itself be told.
    [[nodiscard]] bool set_counting(bool on) const {
        std::ofstream file("/sys/block/" + device().substr(5) + "/queue/iostats");
        file << (on ? 1 : 0) << std::flush;
        return file.good();
    }
    std::unique_ptr<Source> open_source() {
        auto source = open_block_image({.path = device()}, image_notes);
        EXPECT_TRUE(is_ok(source));
        EXPECT_GT(image_notes.skipped_free, 16 * kMebi);
        return source.ok() ? std::move(*source) : nullptr;
    }
    BackupResult back_up(test::Meddling meddling) {
        test::MeddlingSource source(open_source(), std::move(meddling));
        return backup(source);
    }
    [[nodiscard]] bool is_marked(const BackupResult& result) {
        return read(result.snapshot).at(device()).entry.changed_while_read;
    }
    void expect_the_file(const BackupResult& result) {
        const auto tree = read(result.snapshot);
        const auto& stored = tree.at(device());
        EXPECT_FALSE(stored.entry.changed_while_read);
        write_file(at("restored"), stored.content);
        EXPECT_TRUE(run("e2fsck -fn " + at("restored")));
        ASSERT_TRUE(run("debugfs -R 'dump /new " + at("dumped") + "' " + at("restored")));
        EXPECT_TRUE(read_file_text(at("dumped")) == noise(5 * kMebi, 90));
    }

    std::unique_ptr<test::LoopDevice> device_;
    ImageNotes image_notes;
};

TEST_F(BlockImageStateTest, AFileWrittenWhileTheDeviceIsReadIsStored) {
    if (const std::string why_not = make_device(); !why_not.empty()) GTEST_SKIP() << why_not;
    bool written = false;
    const auto once = [&](const std::string& name) {
        if (device().ends_with("/" + name) && !std::exchange(written, true)) write_a_file();
    };
    expect_the_file(back_up({.after_open = once}));
    EXPECT_TRUE(written);
}

TEST_F(BlockImageStateTest, AFileWrittenBetweenTheLookAndTheReadingIsStored) {
    if (const std::string why_not = make_device(); !why_not.empty()) GTEST_SKIP() << why_not;
    const auto source = open_source();
    ASSERT_TRUE(source);
    write_a_file();
    expect_the_file(backup(*source));
}

TEST_F(BlockImageStateTest, WithoutCountsTheSuperblockTells) {
    if (const std::string why_not = make_device(); !why_not.empty()) GTEST_SKIP() << why_not;
    if (!set_counting(false)) GTEST_SKIP() << "this kernel counts all it writes";
    const auto source = open_source();
    ASSERT_TRUE(source);
    write_a_file();
    expect_the_file(backup(*source));
}

// As the disk and a partition of it are: what is written to one is not counted for the other.
TEST_F(BlockImageStateTest, AFileWrittenThroughAnotherDeviceOverTheSamePlaceIsStored) {
    if (const std::string why_not = make_device(); !why_not.empty()) GTEST_SKIP() << why_not;
    const auto source = open_source();
    ASSERT_TRUE(source);
    ASSERT_TRUE(run("mount -o loop " + device_->image() + " " + at("mount")));
    write_file(at("mount/new"), noise(5 * kMebi, 90));
    unmount();
    expect_the_file(backup(*source));
}

TEST_F(BlockImageStateTest, ADeviceThatIsNeverAtRestIsMarked) {
    if (const std::string why_not = make_device(); !why_not.empty()) GTEST_SKIP() << why_not;
    const BackupResult result = back_up({.after_open = [&](const std::string& name) {
        if (device().ends_with("/" + name)) write_a_file();
    }});
    EXPECT_TRUE(is_marked(result));
    ASSERT_FALSE(result.warnings.empty());
    EXPECT_NE(result.warnings.back().find(device()), std::string::npos) << result.warnings.back();
}

TEST_F(BlockImageStateTest, OneThatIsMountedMeanwhileIsMarkedThoughNothingReachedIt) {
    if (const std::string why_not = make_device(); !why_not.empty()) GTEST_SKIP() << why_not;
    const BackupResult result = back_up({.after_open = [&](const std::string& name) {
        if (!device().ends_with("/" + name) || run("mountpoint " + at("mount"))) return;
        EXPECT_TRUE(mount());
    }});
    EXPECT_TRUE(is_marked(result));
}

TEST_F(BlockImageStateTest, WhatIsOnlyInItsCacheCounts) {
    if (const std::string why_not = make_device(); !why_not.empty()) GTEST_SKIP() << why_not;
    const Fd writer(::open(device().c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_TRUE(writer.valid());
    const std::string bytes = noise(4096, 89);
    off_t at = 20 * kMebi;
    const auto write = [&] {
        EXPECT_EQ(::pwrite(writer.get(), bytes.data(), bytes.size(), at), static_cast<ssize_t>(bytes.size()));
        at += 4096;
    };
    write();  // before: no reason for an alarm
    EXPECT_FALSE(is_marked(back_up({})));
    EXPECT_TRUE(is_marked(back_up({.after_open = [&](const std::string&) { write(); }})));
}

TEST_F(BlockImageStateTest, WhatIsWrittenAfterTheReadingIsNamed) {
    if (const std::string why_not = make_device(); !why_not.empty()) GTEST_SKIP() << why_not;
    const BackupResult result = back_up({.before_second_look = [&] { write_a_file(); }});
    EXPECT_FALSE(is_marked(result));
    EXPECT_EQ(result.reconciled.mismatches, 1u);
}

TEST_F(BlockImageStateTest, ReadingAloneAndMountingReadOnlyAreNoChange) {
    if (const std::string why_not = make_device(); !why_not.empty()) GTEST_SKIP() << why_not;
    write_a_file();
    for (const bool mounted : {false, true}) {
        ASSERT_TRUE(!mounted || mount(MS_RDONLY));
        const BackupResult result = back_up({.after_open = [&](const std::string&) {
            if (!mounted) return;
            unmount();
            ASSERT_TRUE(mount(MS_RDONLY));
            EXPECT_EQ(read_file_text(at("mount/new")).size(), 5 * kMebi);
        }});
        expect_the_file(result);
        EXPECT_EQ(result.reconciled.mismatches, 0u);
        EXPECT_EQ(result.reconciled.files, 1u);
        EXPECT_LT(result.bytes.read, 16 * kMebi);
    }
}

}  // namespace
}  // namespace custody
