#include "daemon/media/recognise.h"
#include "daemon/media/attaching.h"
#include "daemon/media/device_watcher.h"
#include "daemon/media/host_mount.h"
#include "daemon/media/mounting.h"
#include "tests/support/medium_fixture.h"
#include "tests/support/recorded_machine.h"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <thread>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

class Recognising : public MediumFixture {
protected:
    // The disk with its vault, unmounted and attached again, as a person would bring it back.
    void bring_back() {
        const std::string image = disk_->image();
        ASSERT_TRUE(disk_->unmount());
        std::string output;
        ASSERT_TRUE(run_program({"losetup", "--find", "--show", image}, output)) << output;
        device_ = output.substr(0, output.find('\n'));
    }
    void TearDown() override {
        std::string output;
        if (device_.empty()) return;
        EXPECT_TRUE(run_program({"losetup", "--detach", device_}, output)) << output;
    }
    static KnownMedium known(const IdentityOnMedium& identity) {
        return {identity.name, identity.medium, identity.vault, identity.place.file_system_uuid};
    }
    std::string device_;
};

std::string digest_of(const std::string& path) {
    std::string digest;
    EXPECT_TRUE(run_program({"sha256sum", path}, digest)) << digest;
    return digest;
}

TEST_F(Recognising, AReturningDiskIsKnownByUuidAndIdentityAndNothingIsWritten) {
    const IdentityOnMedium identity = make_vault(at("vault"), "disk-a");
    bring_back();
    const std::string before = digest_of(disk_->image());
    const auto found = recognise_device(device_, {{"other", std::nullopt, std::nullopt, "1234"}, known(identity)});
    ASSERT_TRUE(is_ok(found));
    EXPECT_EQ(Recognition::registered, found->what);
    EXPECT_EQ(1u, found->medium);
    EXPECT_EQ("vault", found->folder);
    EXPECT_EQ("ext4", found->on.type);
    EXPECT_EQ(before, digest_of(disk_->image()));
    const auto stranger = recognise_device(device_, {{"other", std::nullopt, std::nullopt, "1234"}});
    ASSERT_TRUE(is_ok(stranger));
    EXPECT_EQ(Recognition::unknown, stranger->what);
    KnownMedium replaced = known(identity);
    replaced.id = random_id<MediumId>();
    EXPECT_EQ(Recognition::strange, recognise_device(device_, {replaced})->what);
    EXPECT_TRUE(fails_with(Code::not_found, recognise_device("/dev/no-such-device", {replaced})));
}

TEST_F(Recognising, ItIsMountedCarefullyAndTakenOutWhenNobodyHoldsIt) {
    const IdentityOnMedium identity = make_vault(at("vault"), "disk-a");
    bring_back();
    const std::string point = scratch_ / "media/disk-a";
    ASSERT_TRUE(is_ok(mount_device(device_, point)));
    std::string options;
    ASSERT_TRUE(run_program({"findmnt", "--noheadings", "--output", "OPTIONS", point}, options));
    for (const char* option : {"nosuid", "nodev", "noexec", "noatime"})
        EXPECT_NE(std::string::npos, options.find(option)) << options;
    EXPECT_EQ(Recognition::registered, recognise_device(device_, {known(identity)})->what) << "looked at where it is mounted";
    EXPECT_TRUE(fails_with(Code::exists, mount_device(device_, point)));
    const Fd held(::open((point + "/vault/vault.json").c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(held.valid());
    const auto refused = unmount_medium(point);
    ASSERT_TRUE(fails_with(Code::busy, refused));
    EXPECT_NE(std::string::npos, refused.error().message.find(std::to_string(::getpid()))) << refused.error().message;
    const_cast<Fd&>(held).reset();
    EXPECT_TRUE(is_ok(unmount_medium(point)));
    EXPECT_TRUE(fails_with(Code::not_found, unmount_medium(point)));
    EXPECT_TRUE(fs::is_empty(point));
    std::ofstream(point + "/left") << "x";
    EXPECT_TRUE(fails_with(Code::exists, mount_device(device_, point))) << "what lies there would be covered";
}

TEST_F(Recognising, AttachedByItsUuidWhicheverDeviceItIs) {
    const KnownMedium medium = known(make_vault(at("vault"), "disk-a"));
    bring_back();
    const std::string point = scratch_ / "place";
    const auto attached = attach_medium(medium, point);
    ASSERT_TRUE(is_ok(attached));
    EXPECT_EQ(device_, attached->device);
    EXPECT_FALSE(attached->was_mounted);
    EXPECT_TRUE(attach_medium(medium, point)->was_mounted);
    EXPECT_TRUE(fails_with(Code::exists, attach_medium(medium, scratch_ / "elsewhere")));
    EXPECT_TRUE(is_ok(unmount_medium(point)));
    KnownMedium other = medium;
    other.id = random_id<MediumId>();
    EXPECT_TRUE(fails_with(Code::refused, attach_medium(other, point)));
    other.file_system_uuid = "0000-0000";
    EXPECT_TRUE(fails_with(Code::not_found, attach_medium(other, point)));
    other.file_system_uuid.clear();
    EXPECT_TRUE(fails_with(Code::usage, attach_medium(other, point)));
}

TEST_F(Recognising, CopiesAreTold) {
    const IdentityOnMedium identity = make_vault(at("vault"), "disk-a");
    ASSERT_TRUE(run_quietly({"sync", "--file-system", at("vault")}));
    ASSERT_TRUE(disk_->copy_image(scratch_ / "image"));
    std::string why_not;
    const auto byte_copy = LoopFileSystem::mount_copy("ext4", scratch_ / "image", why_not);
    ASSERT_TRUE(byte_copy) << why_not;
    const auto several = recognise_device(byte_copy->device(), {known(identity)});
    ASSERT_TRUE(is_ok(several));
    EXPECT_EQ(Recognition::several, several->what);
    EXPECT_NE(std::string::npos, several->words.find(disk_->device()));
    ASSERT_TRUE(run_quietly({"mv", at("vault"), at("gone")}));
    ASSERT_TRUE(run_quietly({"cp", "-a", at("gone"), at("vault")}));
    ASSERT_TRUE(run_quietly({"rm", "-r", at("gone")}));
    bring_back();
    ASSERT_TRUE(const_cast<LoopFileSystem&>(*byte_copy).unmount());
    EXPECT_EQ(Recognition::copied, recognise_device(device_, {known(identity)})->what);
}

TEST_F(Recognising, WhatComesAndGoesIsNoticed) {
    StopFlag stop;
    DeviceWatcher watcher(kSecond / 4);
    DeviceWatcher polling(kSecond / 4, DeviceWatcher::Wake::by_polling);
    EXPECT_EQ(-1, polling.descriptor());
    std::string why_not;
    auto device = LoopDevice::make(std::uint64_t{16} << 20, why_not);
    ASSERT_TRUE(device) << why_not;
    const std::string name = device->path().substr(5);
    for (const bool arrived : {true, false}) {
        if (!arrived) device.reset();
        for (DeviceWatcher* each : {&watcher, &polling}) {
            bool seen = false;
            for (int tries = 0; !seen && tries < 20; ++tries) {  // other tests have devices of their own
                const auto changes = each->wait(kSecond, stop);
                ASSERT_TRUE(is_ok(changes));
                for (const auto& change : *changes) seen = seen || change == DeviceChange{name, arrived};
            }
            EXPECT_TRUE(seen) << arrived;
        }
    }
    stop.request();
    EXPECT_TRUE(fails_with(Code::interrupted, watcher.wait(kMinute, stop)));
}

TEST(HostMount, AViewThatFollowsTheMachinesIsKnown) {
    EXPECT_FALSE(
        follows_another("22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
                        "40 22 8:2 / /srv rw shared:9 master:4 - ext4 /dev/sda2 rw\n"));
    EXPECT_TRUE(
        follows_another("22 1 8:1 / / rw,relatime shared:210 master:1 - ext4 /dev/sda1 rw\n"
                        "40 22 8:2 / /srv rw - ext4 /dev/sda2 rw\n"));
    EXPECT_FALSE(follows_another("22 1 8:1 / / rw,relatime - ext4 master:1 rw\n"));
    EXPECT_FALSE(follows_another("x\n\n22 1\n"));
    EXPECT_FALSE(follows_another(""));
}

TEST(DeviceWatcher, OfARecordedMachine) {
    RecordedMachine machine;
    machine.disk("sda");
    DeviceWatcher watcher(kSecond, DeviceWatcher::Wake::by_polling, machine.view());
    EXPECT_TRUE(watcher.look().empty());
    machine.disk("sdb");
    machine.partition("sdb", "sdb1");
    EXPECT_EQ((std::vector<DeviceChange>{{"sdb", true}, {"sdb1", true}}), watcher.look());
    EXPECT_TRUE(watcher.look().empty());
    using namespace std::string_view_literals;
    EXPECT_TRUE(is_block_event("add@/devices/x\0ACTION=add\0SUBSYSTEM=block\0DEVNAME=sdb\0"sv));
    EXPECT_FALSE(is_block_event("add@/devices/x\0ACTION=add\0SUBSYSTEM=net\0"sv));
    EXPECT_FALSE(is_block_event("libudev\0SUBSYSTEM=block"sv));
    EXPECT_FALSE(is_block_event(""));
}

}  // namespace
}  // namespace custody::test
