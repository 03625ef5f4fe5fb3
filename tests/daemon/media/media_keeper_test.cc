// Media that come and go under a running service, on real loop devices with ext4.
#include "daemon/media/media_keeper.h"
#include "base/mounts.h"
#include "catalog/media.h"
#include "catalog/snapshots.h"
#include "daemon/media/mounting.h"
#include "daemon/media/register_actions.h"
#include "tests/support/medium_fixture.h"
#include "tests/support/recording_alerts.h"
#include "tests/support/wait_for.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <mutex>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

constexpr MediaTiming kFast{50'000'000, 50'000'000, 1'000'000, 1'000'000, 2 * kSecond, 0};

// A disk as a person carries it: an image with ext4, plugged in and out as a loop device.
class CarriedDisk {
public:
    explicit CarriedDisk(std::string image) : image_(std::move(image)) {}
    ~CarriedDisk() { unplug(); }
    CarriedDisk(const CarriedDisk&) = delete;
    CarriedDisk& operator=(const CarriedDisk&) = delete;

    bool format() const { return run_quietly({"mkfs.ext4", "-q", "-F", image_, "40M"}); }
    bool plug() {
        std::string output;
        if (!run_program({"losetup", "--find", "--show", image_}, output)) return false;
        device_ = output.substr(0, output.find('\n'));
        return true;
    }
    void unplug() {
        std::string output;
        if (!device_.empty()) static_cast<void>(run_program({"losetup", "--detach", device_}, output));
        device_.clear();
    }
    // Nothing of it can be read or written any more, and the kernel says that it has another size.
    bool pull() const {
        const Fd fd(::open(device_.c_str(), O_RDWR | O_CLOEXEC));
        loop_info64 info = {};
        if (!fd.valid() || ::ioctl(fd.get(), LOOP_GET_STATUS64, &info) != 0) return false;
        info.lo_sizelimit = 1024 * 1024;
        return ::ioctl(fd.get(), LOOP_SET_STATUS64, &info) == 0;
    }
    [[nodiscard]] const std::string& device() const { return device_; }
    [[nodiscard]] const std::string& image() const { return image_; }

private:
    std::string image_, device_;
};

class MediaKeeping : public MediumFixture {
protected:
    void SetUp() override {
        MediumFixture::SetUp();
        if (IsSkipped()) return;
        auto opened = catalog::Catalog::open(scratch_ / "state", clock_);
        ASSERT_TRUE(is_ok(opened));
        catalog_ = std::move(*opened);
        config_.keys.keyring = scratch_ / "keyring";
    }
    void TearDown() override {
        keeper_.reset();
        for (const MediumConfig& medium : config_.media) {
            if (medium.mount_point != disk_->path()) static_cast<void>(::umount2(medium.mount_point.c_str(), MNT_DETACH));
        }
    }

    MediumConfig& fixed(const std::string& name) {
        MediumConfig& medium = config_.media.emplace_back();
        medium.name = name;
        medium.vault = at("vault");
        medium.mount_point = disk_->path();
        return medium;
    }
    MediumConfig& carried(const std::string& name) {
        MediumConfig& medium = config_.media.emplace_back();
        medium.name = name;
        medium.mount_point = scratch_ / ("mnt-" + name);
        medium.vault = medium.mount_point + "/vault";
        medium.removable = true;
        return medium;
    }
    // A disk with a vault and an identity of that name, entered in the register; not plugged in.
    std::unique_ptr<CarriedDisk> registered_disk(const std::string& name) {
        auto disk = std::make_unique<CarriedDisk>(scratch_ / ("image-" + name));
        const std::string point = scratch_ / "preparing";
        if (!disk->format() || !disk->plug()) return nullptr;
        EXPECT_TRUE(is_ok(mount_device(disk->device(), point)));
        const IdentityOnMedium identity = make_vault(point + "/vault", name);
        EXPECT_TRUE(is_ok(unmount_medium(point)));
        disk->unplug();
        EXPECT_TRUE(is_ok(enter_medium(*catalog_, {identity, "removable", "Archive", "An", ""})));
        return disk;
    }
    void make_keeper() {
        keeper_ = std::make_unique<MediaKeeper>(files_, clock_, *catalog_, alerts_, log_, kFast);
        keeper_->configure(std::make_shared<const Config>(config_));
    }
    void start() {
        make_keeper();
        MediaKeeper::Events events;
        events.changed = [this](std::set<std::string> present) {
            const std::lock_guard lock(mutex_);
            told_.push_back(std::move(present));
        };
        events.returned = [this](std::string medium) {
            const std::lock_guard lock(mutex_);
            returned_.push_back(std::move(medium));
        };
        ASSERT_TRUE(is_ok(keeper_->start(std::move(events))));
        ASSERT_TRUE(wait_until([this] { return changes() > 0; }));
    }
    std::size_t changes() {
        const std::lock_guard lock(mutex_);
        return told_.size();
    }
    std::size_t returns(const std::string& medium) {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::count(returned_.begin(), returned_.end(), medium));
    }
    MediumSight sight(const std::string& name) {
        for (const MediumSight& each : keeper_->sights()) {
            if (each.name == name) return each;
        }
        ADD_FAILURE() << "no sight of " << name;
        return {};
    }
    bool is_mounted(const std::string& point) {
        const auto mounts = list_mounts();
        return mounts.ok() &&
               std::any_of(mounts->begin(), mounts->end(), [&](const MountInfo& mount) { return mount.point == point; });
    }
    catalog::RegisteredMedium in_register(const std::string& name) {
        auto found = catalog::Media(*catalog_).find(name);
        EXPECT_TRUE(is_ok(found));
        return found.ok() ? *found : catalog::RegisteredMedium{};
    }
    void owe(const std::string& medium) {
        catalog::SnapshotRecord record;
        record.id = random_id<ObjectId>();
        record.label = "config";
        record.plan = "etc";
        record.host = "host-a";
        record.kind = "files";
        record.made_at = clock_.now();
        catalog::Snapshots snapshots(*catalog_);
        EXPECT_TRUE(is_ok(snapshots.add(record)));
        EXPECT_TRUE(is_ok(snapshots.owe(record.id, in_register(medium).key)));
        owed_.push_back(record.id);
    }
    void pay(const std::string& medium) {
        for (const ObjectId& id : owed_)
            EXPECT_TRUE(is_ok(catalog::Snapshots(*catalog_).present(id, in_register(medium).key, std::nullopt)));
        owed_.clear();
    }

    Config config_;
    RecordingAlerts alerts_;
    ServiceLog log_ = ServiceLog::to_standard_error();
    std::unique_ptr<catalog::Catalog> catalog_;
    std::unique_ptr<MediaKeeper> keeper_;
    std::vector<ObjectId> owed_;
    std::mutex mutex_;
    std::vector<std::set<std::string>> told_;
    std::vector<std::string> returned_;
};

TEST_F(MediaKeeping, AConfiguredVaultGetsItsIdentityAndWhatPeopleEnterLaterStays) {
    ASSERT_TRUE(is_ok(Repository::create(files_, clock_, at("vault"), *keyring_)));
    MediumConfig& medium = fixed("disk-a");
    medium.place = "Server room";
    medium.custodian = "Binh";
    medium.rotation = "A";
    make_keeper();
    EXPECT_FALSE(sight("disk-a").present);
    ASSERT_TRUE(is_ok(keeper_->look()));
    const MediumSight seen = sight("disk-a");
    EXPECT_TRUE(seen.present) << seen.why_not;
    EXPECT_EQ(std::set<std::string>{"disk-a"}, keeper_->present());
    EXPECT_TRUE(seen.free_bytes && seen.size_bytes && *seen.free_bytes <= *seen.size_bytes);
    EXPECT_TRUE(seen.looked_at);
    const auto entry = in_register("disk-a").entry;
    EXPECT_TRUE(entry.facts.identity);
    EXPECT_EQ("disk", entry.facts.kind);
    EXPECT_EQ("Server room", entry.place);
    EXPECT_EQ("Binh", entry.custodian);
    EXPECT_EQ("A", entry.rotation_set);
    ASSERT_TRUE(is_ok(move_medium(*catalog_, "disk-a", {catalog::MediumState::in_use, "Archive", "Chi", "root", ""})));
    keeper_->configure(std::make_shared<const Config>(config_));
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_EQ("Archive", in_register("disk-a").entry.place);
    EXPECT_EQ("Chi", in_register("disk-a").entry.custodian);
    EXPECT_EQ(0u, alerts_.standing_count());
}

TEST_F(MediaKeeping, ADiskThatReturnsIsMountedBroughtIntoStepUnmountedAndCanBeTakenOut) {
    carried("disk-b");
    const auto disk = registered_disk("disk-b");
    ASSERT_TRUE(disk);
    const std::string point = config_.media[0].mount_point;
    start();
    EXPECT_FALSE(sight("disk-b").present);
    EXPECT_EQ(catalog::MediumState::off_site, in_register("disk-b").entry.state);
    ASSERT_TRUE(disk->plug());
    ASSERT_TRUE(wait_until([&] { return returns("disk-b") == 1; }));
    EXPECT_TRUE(is_mounted(point));
    EXPECT_TRUE(sight("disk-b").mounted_by_service);
    EXPECT_EQ(catalog::MediumState::in_use, in_register("disk-b").entry.state);
    {
        const MediumHold hold = keeper_->hold("disk-b");
        EXPECT_EQ(1u, sight("disk-b").holds);
        const auto refused = keeper_->detach("disk-b");
        ASSERT_TRUE(fails_with(Code::busy, refused));
        EXPECT_NE(std::string::npos, refused.error().message.find("custody job"));
        keeper_->in_step("disk-b", 3);
        keeper_->in_step("disk-b", 0);
        EXPECT_TRUE(is_mounted(point)) << "a job holds it";
    }
    ASSERT_TRUE(wait_until([&] { return !is_mounted(point); }));
    ASSERT_TRUE(wait_until([&] { return sight("disk-b").may_be_removed; }));
    EXPECT_FALSE(sight("disk-b").present);
    EXPECT_NE(std::string::npos, sight("disk-b").why_not.find("can be taken out"));
    ASSERT_TRUE(wait_until([&] { return alerts_.raised(AlertKind::can_be_taken_out).size() == 1; }));
    EXPECT_EQ("disk-b", alerts_.raised(AlertKind::can_be_taken_out)[0].medium);
    EXPECT_EQ("Archive", alerts_.raised(AlertKind::can_be_taken_out)[0].place);
    disk->unplug();
    ASSERT_TRUE(wait_until([&] { return !sight("disk-b").may_be_removed; }));
    ASSERT_TRUE(wait_until([&] { return in_register("disk-b").entry.state == catalog::MediumState::off_site; }));
    const auto moves = catalog::Media(*catalog_).moves(in_register("disk-b").key);
    ASSERT_TRUE(is_ok(moves));
    ASSERT_FALSE(moves->empty());
    EXPECT_EQ("service", moves->back().after.entered_by);
    EXPECT_EQ("Archive", moves->back().after.place);
    EXPECT_EQ(1u, returns("disk-b")) << "told once";
}

TEST_F(MediaKeeping, OneThatStaysPluggedInIsMountedAgainWhenItOwes) {
    carried("disk-b");
    const auto disk = registered_disk("disk-b");
    ASSERT_TRUE(disk && disk->plug());
    start();
    EXPECT_FALSE(is_mounted(config_.media[0].mount_point)) << "it owes nothing, and was there when the service began";
    keeper_.reset();
    owe("disk-b");
    told_.clear();
    start();
    ASSERT_TRUE(wait_until([&] { return returns("disk-b") == 1; }));
    pay("disk-b");
    keeper_->in_step("disk-b", 0);
    ASSERT_TRUE(wait_until([&] { return !is_mounted(config_.media[0].mount_point); }));
    owe("disk-b");
    ASSERT_TRUE(wait_until([&] { return returns("disk-b") == 2; }));
    // Detached by a person it stays away, whatever it owes.
    EXPECT_TRUE(is_ok(keeper_->detach("disk-b")));
    keeper_->look_soon();
    EXPECT_TRUE(is_ok(keeper_->look()));
    EXPECT_FALSE(sight("disk-b").may_be_removed) << "it owes";
    EXPECT_FALSE(is_mounted(config_.media[0].mount_point));
}

TEST_F(MediaKeeping, WhatAPersonMountedIsNotUnmountedAndWhatTheServiceMountedIsRemembered) {
    carried("disk-b");
    const auto disk = registered_disk("disk-b");
    ASSERT_TRUE(disk && disk->plug());
    const std::string point = config_.media[0].mount_point;
    ASSERT_TRUE(is_ok(mount_device(disk->device(), point)));
    make_keeper();
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_TRUE(sight("disk-b").present);
    EXPECT_FALSE(sight("disk-b").mounted_by_service);
    keeper_->in_step("disk-b", 0);
    EXPECT_TRUE(is_mounted(point));
    const auto said = keeper_->detach("disk-b");
    ASSERT_TRUE(is_ok(said)) << "a person asks";
    EXPECT_NE(std::string::npos, said->find("can be taken out"));
    EXPECT_FALSE(is_mounted(point));
    ASSERT_TRUE(is_ok(keeper_->attach("disk-b")));
    EXPECT_TRUE(sight("disk-b").mounted_by_service);
    make_keeper();  // the service starts anew
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_TRUE(sight("disk-b").mounted_by_service);
    keeper_->in_step("disk-b", 0);
    EXPECT_FALSE(is_mounted(point));
    ASSERT_TRUE(is_ok(keeper_->attach("disk-b", true)));
    keeper_->in_step("disk-b", 0);
    EXPECT_TRUE(is_mounted(point)) << "a person wants it to stay";
}

TEST_F(MediaKeeping, OneThatAPlanHasNothingBesideStays) {
    carried("disk-b");
    PlanConfig& plan = config_.plans.emplace_back();
    plan.name = "etc";
    plan.media = {"disk-b"};
    const auto disk = registered_disk("disk-b");
    ASSERT_TRUE(disk && disk->plug());
    start();
    ASSERT_TRUE(wait_until([&] { return sight("disk-b").present; }));
    keeper_->in_step("disk-b", 0);
    EXPECT_TRUE(is_mounted(config_.media[0].mount_point));
}

TEST_F(MediaKeeping, AnotherDiskUnderTheRightNameIsAbsentAndToldUntilTheRightOneIsBack) {
    const IdentityOnMedium right = make_vault(at("vault"), "disk-a");
    const IdentityOnMedium wrong = make_vault(at("other"), "disk-c");
    ASSERT_TRUE(is_ok(enter_medium(*catalog_, {right, "disk", "Server room", "An", ""})));
    fixed("disk-a");
    make_keeper();
    ASSERT_TRUE(is_ok(keeper_->look()));
    ASSERT_TRUE(sight("disk-a").present);
    fs::rename(at("vault"), at("aside"));
    fs::rename(at("other"), at("vault"));
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_FALSE(sight("disk-a").present);
    EXPECT_NE(std::string::npos, sight("disk-a").why_not.find("disk-c"));
    EXPECT_TRUE(alerts_.standing(AlertKind::medium_wrong, "disk-a"));
    EXPECT_FALSE(alerts_.standing(AlertKind::medium_absent, "disk-a"));
    fs::rename(at("vault"), at("other"));
    fs::rename(at("aside"), at("vault"));
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_TRUE(sight("disk-a").present) << sight("disk-a").why_not;
    EXPECT_FALSE(alerts_.standing(AlertKind::medium_wrong, "disk-a"));
    static_cast<void>(wrong);
}

TEST_F(MediaKeeping, WhatWasToldBeforeARestartIsEndedByTheRightDiskAndNothingElseIs) {
    const IdentityOnMedium right = make_vault(at("vault"), "disk-a");
    ASSERT_TRUE(is_ok(enter_medium(*catalog_, {right, "disk", "Server room", "An", ""})));
    static_cast<void>(make_vault(at("other"), "disk-c"));
    fixed("disk-a");
    fs::rename(at("vault"), at("aside"));
    fs::rename(at("other"), at("vault"));
    make_keeper();
    ASSERT_TRUE(is_ok(keeper_->look()));
    ASSERT_TRUE(alerts_.standing(AlertKind::medium_wrong, "disk-a"));
    make_keeper();  // the service is started again, and the wrong one is there still
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_TRUE(alerts_.standing(AlertKind::medium_wrong, "disk-a"));
    fs::rename(at("vault"), at("other"));
    fs::rename(at("aside"), at("vault"));
    make_keeper();
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_TRUE(sight("disk-a").present) << sight("disk-a").why_not;
    EXPECT_FALSE(alerts_.standing(AlertKind::medium_wrong, "disk-a"));
    // A run has found since that it shares a disk with its source: that is not for the keeper to end.
    AlertEvent shared;
    shared.kind = AlertKind::medium_wrong;
    shared.medium = "disk-a";
    alerts_.raise(shared);
    make_keeper();
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_TRUE(alerts_.standing(AlertKind::medium_wrong, "disk-a"));
}

TEST_F(MediaKeeping, AnIdentityOfAnotherNameIsNotTakenForTheConfiguredOne) {
    make_vault(at("vault"), "disk-c");
    fixed("disk-a");
    make_keeper();
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_FALSE(sight("disk-a").present);
    EXPECT_NE(std::string::npos, sight("disk-a").why_not.find("custody media register disk-a"));
    EXPECT_TRUE(alerts_.standing(AlertKind::medium_wrong, "disk-a"));
    EXPECT_TRUE(fails_with(Code::not_found, catalog::Media(*catalog_).find("disk-a")));
}

TEST_F(MediaKeeping, OfADiskAndItsByteCopyNeitherIsMountedUntilOneIsGone) {
    carried("disk-b");
    const auto disk = registered_disk("disk-b");
    ASSERT_TRUE(disk);
    CarriedDisk copy(scratch_ / "image-copy");
    ASSERT_TRUE(run_quietly({"cp", "--sparse=auto", disk->image(), copy.image()}));
    start();
    ASSERT_TRUE(copy.plug() && disk->plug());
    // Whichever came first may have been mounted already: the other one is told of all the same, and left alone.
    ASSERT_TRUE(wait_until([&] { return alerts_.standing(AlertKind::medium_wrong, "disk-b").has_value(); }));
    const std::string words = alerts_.standing(AlertKind::medium_wrong, "disk-b")->detail;
    EXPECT_NE(std::string::npos, words.find(disk->device())) << words;
    EXPECT_NE(std::string::npos, words.find(copy.device())) << words;
    if (!is_mounted(config_.media[0].mount_point)) {
        EXPECT_TRUE(fails_with(Code::refused, keeper_->attach("disk-b")));
        copy.unplug();
    } else {
        static_cast<void>(::umount2(config_.media[0].mount_point.c_str(), 0));
        copy.unplug();
        disk->unplug();
        ASSERT_TRUE(disk->plug());
    }
    ASSERT_TRUE(wait_until([&] { return sight("disk-b").present; }));
    ASSERT_TRUE(wait_until([&] { return !alerts_.standing(AlertKind::medium_wrong, "disk-b"); }));
}

TEST_F(MediaKeeping, PulledOutWhileAJobHoldsItAndBackAgain) {
    carried("disk-b");
    const auto disk = registered_disk("disk-b");
    ASSERT_TRUE(disk);
    const std::string point = config_.media[0].mount_point;
    start();
    ASSERT_TRUE(disk->plug());
    ASSERT_TRUE(wait_until([&] { return returns("disk-b") == 1; }));
    {
        const MediumHold hold = keeper_->hold("disk-b");
        ASSERT_TRUE(disk->pull());
        ASSERT_TRUE(wait_until([&] { return alerts_.standing(AlertKind::medium_failed, "disk-b").has_value(); }));
        EXPECT_FALSE(sight("disk-b").present);
        EXPECT_TRUE(is_mounted(point)) << "the job has it";
    }
    ASSERT_TRUE(wait_until([&] { return !is_mounted(point); }));
    EXPECT_TRUE(alerts_.raised(AlertKind::can_be_taken_out).empty());
    disk->unplug();
    // The kernel lets go of the device a moment after the last user did.
    ASSERT_TRUE(wait_until([&] {
        std::string output;
        return run_program({"losetup", "--associated", disk->image()}, output) && output.empty();
    }));
    ASSERT_TRUE(disk->plug());
    ASSERT_TRUE(wait_until([&] { return returns("disk-b") == 2; }));
    ASSERT_TRUE(wait_until([&] { return !alerts_.standing(AlertKind::medium_failed, "disk-b"); }));
}

TEST_F(MediaKeeping, OneThatHangsHidesNoOther) {
    const Fd device(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
    const bool is_absent = errno == ENOENT || errno == ENODEV || errno == ENXIO || errno == EPERM || errno == EACCES;
    if (!device.valid() && is_absent) GTEST_SKIP() << "no /dev/fuse: " << std::strerror(errno);
    ASSERT_TRUE(device.valid()) << std::strerror(errno);
    ASSERT_TRUE(is_ok(Repository::create(files_, clock_, at("vault"), *keyring_)));
    MediumConfig share;
    share.name = "share";
    share.mount_point = scratch_ / "share";
    share.vault = share.mount_point + "/vault";
    config_.media.push_back(share);
    fixed("disk-a");
    fs::create_directory(share.mount_point);
    // A file system whose server never answers.
    const std::string options = "rootmode=40000,user_id=0,group_id=0,fd=" + std::to_string(device.get());
    ASSERT_EQ(0, ::mount("hangs", share.mount_point.c_str(), "fuse", 0, options.c_str()));
    MediaTiming timing = kFast;
    timing.answer_within_ns = 300'000'000;
    keeper_ = std::make_unique<MediaKeeper>(files_, clock_, *catalog_, alerts_, log_, timing);
    keeper_->configure(std::make_shared<const Config>(config_));
    EXPECT_TRUE(is_ok(keeper_->look()));
    EXPECT_TRUE(sight("disk-a").present);
    EXPECT_FALSE(sight("share").present);
    EXPECT_FALSE(sight("share").looked_at);
    EXPECT_NE(std::string::npos, sight("share").why_not.find("does not answer")) << sight("share").why_not;
    EXPECT_TRUE(alerts_.standing(AlertKind::medium_failed, "share"));
    const auto before = sight("disk-a").looked_at;
    clock_.advance(kMinute);
    EXPECT_TRUE(is_ok(keeper_->look()));
    EXPECT_GT(sight("disk-a").looked_at, before);
    ASSERT_EQ(0, ::umount2(share.mount_point.c_str(), MNT_DETACH | MNT_FORCE));
}

TEST_F(MediaKeeping, WhoIsAwayIsToldAsItsKindAsks) {
    config_.service.rotate_every_ns = 7 * kDay;
    for (const char* name : {"disk-b", "disk-c"}) {
        MediumConfig& medium = carried(name);
        medium.rotation = name;
        ASSERT_TRUE(registered_disk(name));
    }
    MediumConfig& fixed_one = fixed("disk-a");
    fixed_one.vault = at("not-there");
    make_keeper();
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_TRUE(alerts_.standing(AlertKind::medium_absent, "disk-a"));
    EXPECT_FALSE(alerts_.standing(AlertKind::medium_absent, "disk-b"));
    owe("disk-b");
    owe("disk-c");
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_FALSE(alerts_.standing(AlertKind::copy_owed, "disk-b"));
    EXPECT_EQ(catalog::MediumState::owed, in_register("disk-b").entry.state);
    clock_.advance(15 * kDay);
    ASSERT_TRUE(is_ok(keeper_->look()));
    const bool b_is_told = alerts_.standing(AlertKind::copy_owed, "disk-b").has_value();
    const bool c_is_told = alerts_.standing(AlertKind::copy_owed, "disk-c").has_value();
    EXPECT_NE(b_is_told, c_is_told) << "only the set whose week it is";
    clock_.advance(7 * kDay);
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_NE(b_is_told, alerts_.standing(AlertKind::copy_owed, "disk-b").has_value());
    ASSERT_TRUE(is_ok(retire_medium(*catalog_, "disk-b", "root", "broken")));
    ASSERT_TRUE(is_ok(retire_medium(*catalog_, "disk-c", "root", "broken")));
    ASSERT_TRUE(is_ok(keeper_->look()));
    EXPECT_FALSE(alerts_.standing(AlertKind::copy_owed, "disk-b"));
    EXPECT_FALSE(alerts_.standing(AlertKind::copy_owed, "disk-c"));
    EXPECT_TRUE(fails_with(Code::refused, keeper_->attach("disk-b")));
    EXPECT_TRUE(fails_with(Code::not_found, keeper_->attach("disk-x")));
}

}  // namespace
}  // namespace custody::test
