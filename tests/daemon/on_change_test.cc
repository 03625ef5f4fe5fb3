// Changes set off the plan that they concern, once they settled; reading, excludes and Custody's own folders do not.
#include "daemon/on_change.h"

#include "base/clock.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/kernel_features.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

TEST(OnChangeSettler, ToldOnceItIsQuietButNotLaterThanTheLongestWait) {
    ChangeSettler settler(10, 25);
    settler.changed("a", 100);
    settler.changed("b", 101);
    EXPECT_EQ(settler.next_due_ns(), 110);
    settler.changed("a", 109);
    EXPECT_TRUE(settler.take_due(110).empty());
    EXPECT_EQ(settler.take_due(111), std::vector<std::string>{"b"});
    settler.changed("a", 118);
    settler.changed("a", 124);
    EXPECT_EQ(settler.next_due_ns(), 125) << "the longest wait";
    EXPECT_EQ(settler.take_due(125), std::vector<std::string>{"a"});
    EXPECT_FALSE(settler.next_due_ns().has_value());
    EXPECT_TRUE(settler.take_due(1000).empty());
}

// Collects what is told.
class Told {
public:
    void operator()(const std::string& plan) {
        const std::lock_guard lock(mutex_);
        plans_.push_back(plan);
        wake_.notify_all();
    }
    // Waits until `plan` was told, for a minute at most; all that was told until then, emptied.
    std::vector<std::string> until(const std::string& plan) {
        std::unique_lock lock(mutex_);
        const auto is_told = [&] { return std::find(plans_.begin(), plans_.end(), plan) != plans_.end(); };
        EXPECT_TRUE(wake_.wait_for(lock, std::chrono::seconds(60), is_told)) << plan << " was never told";
        return std::exchange(plans_, {});
    }

private:
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<std::string> plans_;
};

class OnChange : public testing::TestWithParam<bool> {
protected:
    void SetUp() override {
        std::string why_not;
        disk_ = LoopFileSystem::make("ext4", LoopFileSystem::least_size("ext4"), why_not);
        if (!disk_) GTEST_SKIP() << why_not;
        if (GetParam()) {
            const std::string no_fanotify = test::why_no_fanotify();
            if (!no_fanotify.empty()) GTEST_SKIP() << no_fanotify;
            const auto fanotify = open_fanotify();
            ASSERT_TRUE(is_ok(fanotify));
            ASSERT_TRUE(is_ok((*fanotify)->watch(disk_->path())));
        }
        fs::create_directories(at("etc/app"));
        fs::create_directories(at("etc/keyring"));
        fs::create_directories(at("marker"));
        write_file(at("etc/app/conf"), "1");
        write_file(at("etc/keyring/head"), "1");
        write_file(at("marker/m"), "1");
    }
    [[nodiscard]] std::string at(const std::string& name) const { return disk_->path() + "/" + name; }
    void start() {
        OnChangeOptions options;
        options.quiet_ns = 20 * 1'000'000;
        options.max_wait_ns = kSecond;
        options.allow_fanotify = GetParam();
        options.own_folders = {at("etc/keyring")};
        auto started = ChangeWatch::start({{"etc", {at("etc")}, {"*.swp", at("etc/cache")}}, {"marker", {at("marker/m")}, {}}},
                                          options, [this](const std::string& plan) { told_(plan); });
        ASSERT_TRUE(is_ok(started));
        watch_ = std::move(*started);
        EXPECT_TRUE(watch_->notes().empty()) << watch_->notes().front();
    }
    // Everything that was told before a change that comes after all that was done so far.
    std::vector<std::string> told_so_far() {
        write_file(at("marker/m"), std::to_string(++marks_));
        return told_.until("marker");
    }

    Told told_;
    std::unique_ptr<LoopFileSystem> disk_;
    std::unique_ptr<ChangeWatch> watch_;
    int marks_ = 1;
};

TEST_P(OnChange, EveryKindOfChangeIsTold) {
    start();
    const std::vector<std::function<void()>> changes = {
        [&] { write_file(at("etc/app/conf"), "2"); },
        [&] { write_file(at("etc/new"), "x"); },
        [&] { fs::rename(at("etc/new"), at("etc/app/new")); },
        [&] { fs::permissions(at("etc/app/new"), fs::perms::owner_read); },
        [&] { fs::remove(at("etc/app/new")); },
        [&] { fs::create_directories(at("etc/deep/er")); },
        [&] { write_file(at("etc/deep/er/file"), "in a new folder"); },
        [&] { fs::rename(at("etc/deep"), at("etc/moved")); },
        [&] { write_file(at("etc/moved/er/file"), "in a folder of another name"); },
        [&] { fs::rename(at("etc/moved"), at("outside")); },
    };
    for (std::size_t i = 0; i < changes.size(); ++i) {
        changes[i]();
        EXPECT_FALSE(told_.until("etc").empty()) << i;
    }
}

TEST_P(OnChange, ReadingExcludesOwnFoldersAndNeighboursAreNotTold) {
    fs::create_directories(at("etc/cache/deep"));
    fs::create_directories(at("neighbour"));
    start();
    EXPECT_EQ(read_file_text(at("etc/app/conf")), "1");
    for (const auto& item : fs::recursive_directory_iterator(at("etc"))) (void)item;
    write_file(at("etc/app/.conf.swp"), "x");
    write_file(at("etc/cache/deep/x"), "x");
    write_file(at("etc/keyring/head"), "2");
    write_file(at("neighbour/x"), "x");
    EXPECT_EQ(told_so_far(), std::vector<std::string>{"marker"});
}

INSTANTIATE_TEST_SUITE_P(BothWays, OnChange, testing::Bool(),
                         [](const auto& way) { return way.param ? std::string("fanotify") : std::string("inotify"); });

TEST(OnChangeBounds, WhatIsNotWatchedIsSaid) {
    const ScratchFolder folder("h8-change");
    for (int i = 0; i < 10; ++i) fs::create_directories(folder / ("d" + std::to_string(i)));
    OnChangeOptions options;
    options.allow_fanotify = false;
    options.max_folders = 4;
    const auto watch =
        ChangeWatch::start({{"p", {folder.path()}, {}}, {"q", {folder / "missing"}, {}}}, options, [](const auto&) {});
    ASSERT_TRUE(is_ok(watch));
    const auto notes = (*watch)->notes();
    EXPECT_EQ(notes.size(), 2u);
}

TEST(OnChangeJudge, NamedPathsCountWhateverIsExcludedAbove) {
    const ChangeJudge judge({{"p", {"/nonesuch/a", "/nonesuch/a/cache/kept"}, {"cache"}}}, {"/nonesuch/a/own"});
    EXPECT_EQ(judge.plans_of({"/nonesuch/a", "x"}).size(), 1u);
    EXPECT_EQ(judge.plans_of({"/nonesuch/a/cache", "x"}).size(), 0u);
    EXPECT_EQ(judge.plans_of({"/nonesuch/a/cache/kept", "x"}).size(), 1u);
    EXPECT_EQ(judge.plans_of({"/nonesuch/a", ""}).size(), 1u);
    EXPECT_EQ(judge.plans_of({"/nonesuch/a/own", ""}).size(), 0u);
    EXPECT_EQ(judge.plans_of({"/nonesuch/ab", "x"}).size(), 0u);
    EXPECT_FALSE(judge.may_concern("/nonesuch/a/cache"));
}

}  // namespace
}  // namespace custody::test
