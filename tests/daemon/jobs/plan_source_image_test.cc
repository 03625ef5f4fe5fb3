// Images of plans: a mounted file system is held still while it is read, and a torn image is never published.
#include "daemon/jobs/held_image.h"
#include "tests/daemon/jobs/plan_source_fixture.h"
#include "tests/support/loop_file_system.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

namespace custody::test {
namespace {

class PlanSourceImage : public PlanSourceTest {
protected:
    void SetUp() override {
        PlanSourceTest::SetUp();
        std::string why_not;
        disk = LoopFileSystem::make("ext4", LoopFileSystem::least_size("ext4"), why_not);
        if (!disk) GTEST_SKIP() << why_not;
        set(disk->device());
    }
    void set(const std::string& path, bool freeze = true) {
        ImageSource source;
        source.path = path;
        source.freeze = freeze;
        plan.source = source;
    }
    [[nodiscard]] bool is_frozen() const {
        const auto second = FrozenFileSystem::freeze({disk->path(), {}});
        return !second.ok() && second.error().code == Code::busy;
    }
    // fsck finds nothing to say, and nothing has to be replayed.
    void expect_clean(const std::string& image) {
        write_file(scratch / "image", image);
        std::string said;
        EXPECT_TRUE(run_program({"e2fsck", "-f", "-n", scratch / "image"}, said)) << said;
        EXPECT_EQ(said.find("recover"), std::string::npos) << said;
    }

    std::unique_ptr<LoopFileSystem> disk;
};

TEST_F(PlanSourceImage, AMountedFileSystemIsHeldStillWhileItIsRead) {
    // What the device's cache remembers from the last reading is not what lies there now.
    const std::string before = read_file_text(disk->device());
    const std::string marker = noise(200'000, 7);
    write_file(disk->path() + "/f", marker);
    plan.limits.bandwidth_bytes = 1000;  // whoever waits for the thaw does not wait for that
    const auto tree = stored([&](OpenedPlanSource&) { EXPECT_TRUE(is_frozen()); });
    EXPECT_FALSE(is_frozen());
    const std::string& image = tree.at(disk->device()).content;
    EXPECT_EQ(image.size(), before.size());
    EXPECT_NE(image.find(marker.substr(0, 4096)), std::string::npos);
    expect_clean(image);
    EXPECT_TRUE(notes.warnings.empty()) << notes.warnings.front();
    EXPECT_EQ(last.reconciled.mismatches, 0u);
    EXPECT_LT(last.bytes.read, image.size()) << "free blocks are skipped";
}

TEST_F(PlanSourceImage, SoIsOneThatIsMountedOutOfAnImageFile) {
    set(disk->image());
    write_file(disk->path() + "/f", noise(100'000, 8));
    const auto tree = stored([&](OpenedPlanSource&) { EXPECT_TRUE(is_frozen()); });
    EXPECT_FALSE(is_frozen());
    ASSERT_TRUE(tree.contains(disk->image()));
    expect_clean(tree.at(disk->image()).content);
}

TEST_F(PlanSourceImage, OneThatWasThawedWithinIsTornAndNotPublished) {
    EXPECT_TRUE(fails_with(Code::failed, run([&](OpenedPlanSource&) {
                               const Fd opened(::open(disk->path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
                               EXPECT_EQ(::ioctl(opened.get(), FITHAW, 0), 0);
                           })));
    EXPECT_TRUE(published_nothing());
    EXPECT_FALSE(remembers());
    HoldOptions hold;
    hold.image = disk->device();
    hold.may_freeze = true;
    hold.longest_ns = 1'000'000;
    auto held = HeldImage::hold(hold);
    ASSERT_TRUE(is_ok(held));
    write_file(disk->path() + "/g", "waits until the time is up");
    EXPECT_TRUE(fails_with(Code::failed, held->thaw()));
}

TEST_F(PlanSourceImage, AFailingRunThawsToo) {
    EXPECT_TRUE(fails_with(Code::interrupted, run([&](OpenedPlanSource&) { job->request_stop(StopReason::cancelled); })));
    EXPECT_FALSE(is_frozen());
}

TEST_F(PlanSourceImage, WhatMayNotBeFrozenIsRefused) {
    set(disk->device(), false);
    const auto mounted = run();
    ASSERT_TRUE(fails_with(Code::refused, mounted));
    EXPECT_NE(mounted.error().message.find(disk->path()), std::string::npos);
    set(disk->device());
    own.push_back(disk->path());  // as where the vault lies on it
    EXPECT_TRUE(fails_with(Code::refused, run()));
    EXPECT_FALSE(is_frozen());
    EXPECT_FALSE(notes.source_absent);
    own.pop_back();
    ASSERT_TRUE(disk->unmount());
    set(disk->image(), false);  // the device is gone with the mount
    EXPECT_TRUE(is_ok(run()));
    set(scratch / "gone");
    EXPECT_TRUE(fails_with(Code::not_found, run()));
    EXPECT_TRUE(notes.source_absent);
}

TEST_F(PlanSourceImage, OneThatMayHoldTheKeyringIsRegisteredAsACopyOfIt) {
    (void)stored();
    EXPECT_TRUE(keyring->copies().empty());
    config.keys.keyring = disk->path();
    (void)stored();
    (void)stored();
    ASSERT_EQ(keyring->copies().size(), 1u);
    EXPECT_NE(keyring->copies().front().note.find(disk->device()), std::string::npos);
    EXPECT_TRUE(says(notes.warnings, "keyring"));
}

}  // namespace
}  // namespace custody::test
