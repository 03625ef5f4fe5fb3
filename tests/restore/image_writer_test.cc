// Images and streams back to files, devices and descriptors.
#include "base/block_device.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/tree_compare.h"
#include "vault/sources/block_image.h"
#include "vault/sources/stream.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <thread>

namespace custody::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::string output_of(const std::string& command) {
    std::string out;
    FILE* const stream = ::popen(command.c_str(), "r");
    if (stream == nullptr) return out;
    char buffer[4096];
    for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, stream)) > 0;) out.append(buffer, got);
    ::pclose(stream);
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
}

// A loop device over a file, detached at the end.
class TargetDevice {
public:
    explicit TargetDevice(const std::string& file) : path_(output_of("losetup --find --show '" + file + "' 2>/dev/null")) {}
    ~TargetDevice() { detach(); }
    TargetDevice(const TargetDevice&) = delete;
    TargetDevice& operator=(const TargetDevice&) = delete;
    void detach() {
        if (!path_.empty()) (void)output_of("losetup -d " + path_);
        path_.clear();
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

class ImageRestore : public ::testing::Test, protected RestoreFixture {
protected:
    // 12 MiB and a bit: data, a hole, zeros that are data, repeats, a hole at the end.
    Snapshot image_snapshot() {
        const std::string mib = noise(1 << 20, 5);
        write_file(image_, "");
        const int fd = ::open(image_.c_str(), O_WRONLY);
        EXPECT_EQ(::ftruncate(fd, kSize), 0);
        for (const off_t at : {0, 3, 4, 9}) EXPECT_EQ(::pwrite(fd, mib.data(), mib.size(), at << 20), ssize_t(mib.size()));
        EXPECT_EQ(::pwrite(fd, "end of data", 11, (10 << 20) + 77), 11);
        ::close(fd);
        ImageNotes notes;
        auto opened = open_block_image({.path = image_}, notes);
        EXPECT_TRUE(is_ok(opened));
        return back_up_from(**opened, "image", "disk");
    }
    static ImageTarget to_file(const std::string& path, bool overwrite = false) { return {path, false, "", overwrite}; }
    static ImageTarget to_device(const std::string& path, const std::string& serial) { return {path, true, serial, false}; }
    Result<RestoreResult> restore_to(const Snapshot& snapshot, const ImageTarget& to) {
        SilentProgress progress;
        return restore_image(*repository, snapshot, *unlocked, to, progress, stop);
    }

    static constexpr off_t kSize = (12 << 20) + 1024;
    std::string image_ = scratch / "image";
    std::string out_ = scratch / "out";
};

TEST_F(ImageRestore, ToANewFileSparseAndExact) {
    const Snapshot snapshot = image_snapshot();
    const auto result = restore_to(snapshot, to_file(out_));
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->bytes, std::uint64_t{kSize});
    EXPECT_EQ(read_file_text(out_), read_file_text(image_));
    struct stat status = {};
    ASSERT_EQ(::stat(out_.c_str(), &status), 0);
    EXPECT_LT(status.st_blocks * 512, 7 << 20) << "holes are holes";
}

// A device has no holes to tell of: what nothing was ever written to reads as zeros, and would fill a disk.
TEST_F(ImageRestore, WhatWasStoredAsZerosComesBackAsHoles) {
    std::string content = noise(1 << 20, 6) + std::string(20 << 20, '\0') + noise(5000, 7) + std::string(70'001, '\0');
    content += noise(3, 8) + std::string(1 << 20, '\0') + "end";
    write_file(image_, content);
    ImageNotes notes;
    auto opened = open_block_image({.path = image_}, notes);
    ASSERT_TRUE(is_ok(opened));
    const Snapshot snapshot = back_up_from(**opened, "image", "disk");
    ASSERT_TRUE(is_ok(restore_to(snapshot, to_file(out_))));
    EXPECT_TRUE(read_file_text(out_) == content);
    struct stat status = {};
    ASSERT_EQ(::stat(out_.c_str(), &status), 0);
    EXPECT_LT(status.st_blocks * 512, 2 << 20) << "long runs of zeros are holes";
}

TEST_F(ImageRestore, AnExistingFileIsKeptUnlessToldOtherwise) {
    const Snapshot snapshot = image_snapshot();
    write_file(out_, "precious");
    EXPECT_TRUE(fails_with(Code::exists, restore_to(snapshot, to_file(out_))));
    EXPECT_EQ(read_file_text(out_), "precious");
    EXPECT_TRUE(is_ok(restore_to(snapshot, to_file(out_, true))));
    EXPECT_EQ(read_file_text(out_), read_file_text(image_));
    EXPECT_TRUE(fails_with(Code::usage, restore_to(snapshot, to_file(scratch.path()))));
}

// Replaced under its name, the file would be gone for whoever uses the device that is made of it.
TEST_F(ImageRestore, AFileBehindALoopDeviceIsRefusedUnderAnyOfItsNames) {
    const Snapshot snapshot = image_snapshot();
    const std::string used = scratch / "used", further = scratch / "further";
    write_file(used, "");
    ASSERT_EQ(::truncate(used.c_str(), 16 << 20), 0);
    TargetDevice loop(used);
    if (::geteuid() != 0 || ::access("/dev/loop-control", W_OK) != 0) GTEST_SKIP() << "loop devices need root and their driver";
    ASSERT_FALSE(loop.path().empty());
    ASSERT_EQ(::link(used.c_str(), further.c_str()), 0);
    const std::string before = read_file_text(used);
    for (const std::string& name : {used, further}) {
        const auto result = restore_to(snapshot, to_file(name, true));
        EXPECT_TRUE(fails_with(Code::refused, result));
        if (result.ok()) break;
        EXPECT_THAT(result.error().message, HasSubstr(loop.path().substr(5)));
        EXPECT_TRUE(read_file_text(name) == before);
    }
    ASSERT_EQ(::rename(further.c_str(), out_.c_str()), 0);
    EXPECT_TRUE(fails_with(Code::refused, restore_to(snapshot, to_file(out_, true))));
    loop.detach();
    EXPECT_TRUE(is_ok(restore_to(snapshot, to_file(out_, true))));
    EXPECT_TRUE(read_file_text(out_) == read_file_text(image_));
}

TEST_F(ImageRestore, ADamagedImageGetsNoName) {
    const Snapshot snapshot = image_snapshot();
    const std::string pack = packs().back();
    std::string bytes = read_file_text(pack);
    bytes[bytes.size() / 2] ^= 1;
    std::filesystem::permissions(pack, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
    write_file(pack, bytes);
    reopen();
    EXPECT_TRUE(fails_with(Code::corrupt, restore_to(snapshot, to_file(out_))));
    EXPECT_NE(::access(out_.c_str(), F_OK), 0);
    for (const auto& item : std::filesystem::directory_iterator(scratch.path())) {
        EXPECT_THAT(item.path().filename().string(), ::testing::Not(HasSubstr(".custody-restore-")));
    }
}

class DeviceRestore : public ImageRestore {
protected:
    // A device full of other bytes.
    std::string make_backing(off_t size) {
        const std::string path = scratch / "backing";
        write_file(path, std::string(static_cast<std::size_t>(size), '\xaa'));
        return path;
    }
    std::string serial_of(const TargetDevice& device) {
        const auto described = describe_device(device.path());
        EXPECT_TRUE(is_ok(described));
        return described.ok() ? described->serial : "";
    }
};

TEST_F(DeviceRestore, HolesReadAsZerosAndTheRestOfTheDeviceIsLeft) {
    const Snapshot snapshot = image_snapshot();
    const std::string backing = make_backing(16 << 20);
    TargetDevice device(backing);
    if (device.path().empty()) GTEST_SKIP() << "no loop devices here";
    const auto result = restore_to(snapshot, to_device(device.path(), serial_of(device)));
    ASSERT_TRUE(is_ok(result));
    EXPECT_THAT(result->warnings, Contains(HasSubstr("larger than the image")));
    device.detach();
    const std::string written = read_file_text(backing);
    EXPECT_TRUE(written.substr(0, kSize) == read_file_text(image_));
    EXPECT_TRUE(written.substr(kSize) == std::string((16 << 20) - kSize, '\xaa'));
}

TEST_F(DeviceRestore, TooSmallOtherSerialInUseReadOnlyAreRefused) {
    const Snapshot snapshot = image_snapshot();
    {
        const std::string backing = make_backing(8 << 20);
        const TargetDevice device(backing);
        if (device.path().empty()) GTEST_SKIP() << "no loop devices here";
        const std::string serial = serial_of(device);
        EXPECT_TRUE(fails_with(Code::refused, restore_to(snapshot, to_device(device.path(), serial))));
    }
    const std::string backing = make_backing(16 << 20);
    const TargetDevice device(backing);
    const std::string serial = serial_of(device);
    EXPECT_TRUE(fails_with(Code::refused, restore_to(snapshot, to_device(device.path(), "other"))));
    ASSERT_EQ(output_of("blockdev --setro " + device.path() + " && echo ok"), "ok");
    EXPECT_TRUE(fails_with(Code::read_only, restore_to(snapshot, to_device(device.path(), serial))));
    (void)output_of("blockdev --setrw " + device.path());
    if (output_of("mkfs.ext4 -q " + device.path() + " && echo ok") == "ok") {
        ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
        ASSERT_EQ(::mount(device.path().c_str(), target.c_str(), "ext4", 0, nullptr), 0);
        EXPECT_TRUE(fails_with(Code::refused, restore_to(snapshot, to_device(device.path(), serial))));
        EXPECT_EQ(::umount(target.c_str()), 0);
    }
    const int held = ::open(device.path().c_str(), O_RDONLY | O_EXCL | O_CLOEXEC);
    EXPECT_TRUE(fails_with(Code::busy, restore_to(snapshot, to_device(device.path(), serial))));
    ::close(held);
}

class ContentRestore : public ImageRestore {};

TEST_F(ContentRestore, AStreamComesBackByteForByte) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const std::string content = noise(5'000'001, 11);
    std::thread feeder([&] {
        for (std::size_t at = 0; at < content.size();) {
            const ssize_t wrote = ::write(ends[1], content.data() + at, content.size() - at);
            ASSERT_GT(wrote, 0);
            at += static_cast<std::size_t>(wrote);
        }
        ::close(ends[1]);
    });
    auto stream = open_stream(ends[0], "dump.sql", clock);
    ASSERT_TRUE(is_ok(stream));
    const Snapshot snapshot = back_up_from(**stream, "database", "dump");
    feeder.join();
    ::close(ends[0]);
    write_file(out_, "");
    const int out = ::open(out_.c_str(), O_WRONLY);
    SilentProgress progress;
    const auto result = write_content(*repository, snapshot, *unlocked, "", out, progress, stop);
    ::close(out);
    ASSERT_TRUE(is_ok(result));
    EXPECT_TRUE(read_file_text(out_) == content);
}

TEST_F(ContentRestore, HolesAreWrittenAsZerosAndPathsAreFound) {
    write_file(source + "/sparse", "begin");
    ASSERT_EQ(::truncate((source + "/sparse").c_str(), 3'000'000), 0);
    write_file(source + "/other", "other");
    const Snapshot snapshot = back_up();
    SilentProgress progress;
    write_file(out_, "");
    const int out = ::open(out_.c_str(), O_WRONLY);
    EXPECT_TRUE(is_ok(write_content(*repository, snapshot, *unlocked, source + "/sparse", out, progress, stop)));
    ::close(out);
    EXPECT_TRUE(read_file_text(out_) == read_file_text(source + "/sparse"));
    EXPECT_TRUE(fails_with(Code::usage, write_content(*repository, snapshot, *unlocked, "", 1, progress, stop)));
    EXPECT_TRUE(fails_with(Code::usage, write_content(*repository, snapshot, *unlocked, source, 1, progress, stop)));
    EXPECT_TRUE(fails_with(Code::not_found, write_content(*repository, snapshot, *unlocked, "/no/such", 1, progress, stop)));
}

TEST_F(ContentRestore, AReaderThatGoesAwayIsAnErrorNotADeath) {
    write_file(source + "/large", noise(4'000'000, 2));
    const Snapshot snapshot = back_up();
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    SilentProgress progress;
    EXPECT_TRUE(fails_with(Code::interrupted,
                           write_content(*repository, snapshot, *unlocked, source + "/large", ends[1], progress, stop)));
    ::close(ends[1]);
}

}  // namespace
}  // namespace custody::test
