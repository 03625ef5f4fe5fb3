// A frozen file system takes no write until it is thawed: by us, by time, or because we are no more.
#include "vault/sources/frozen_file_system.h"

#include "base/clock.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>

namespace custody::test {
namespace {

class Frozen : public testing::Test {
protected:
    void SetUp() override {
        std::string why_not;
        disk_ = LoopFileSystem::make("ext4", LoopFileSystem::least_size("ext4"), why_not);
        if (!disk_) GTEST_SKIP() << why_not;
    }
    // A process that writes there; it ends when it could.
    [[nodiscard]] pid_t start_writer() const {
        const std::string path = disk_->path() + "/written";
        const pid_t child = ::fork();
        if (child == 0) {
            const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
            ::_exit(fd >= 0 && ::write(fd, "x", 1) == 1 ? 0 : 1);
        }
        return child;
    }
    static bool has_ended(pid_t writer, bool wait) {
        int status = -1;
        const pid_t got = ::waitpid(writer, &status, wait ? 0 : WNOHANG);
        if (got == writer) {
            EXPECT_EQ(status, 0);
        }
        return got == writer;
    }

    std::unique_ptr<LoopFileSystem> disk_;
};

TEST_F(Frozen, WritersWaitUntilItIsThawed) {
    auto frozen = FrozenFileSystem::freeze({disk_->path(), {}});
    ASSERT_TRUE(is_ok(frozen));
    EXPECT_TRUE(fails_with(Code::busy, FrozenFileSystem::freeze({disk_->path(), {}})));
    const pid_t writer = start_writer();
    ::usleep(100'000);  // whether it is too short or not, the writer has not ended
    EXPECT_FALSE(has_ended(writer, false));
    EXPECT_TRUE(is_ok(frozen->thaw()));
    EXPECT_TRUE(has_ended(writer, true));
    EXPECT_TRUE(is_ok(FrozenFileSystem::freeze({disk_->path(), {}}))) << "and thawed when dropped";
    EXPECT_TRUE(has_ended(start_writer(), true));
}

TEST_F(Frozen, ItIsThawedWhenItsTimeIsUpAndThatIsSaid) {
    auto frozen = FrozenFileSystem::freeze({disk_->path(), {}, 50'000'000});
    ASSERT_TRUE(is_ok(frozen));
    EXPECT_TRUE(has_ended(start_writer(), true));
    EXPECT_TRUE(fails_with(Code::failed, frozen->thaw()));
}

TEST_F(Frozen, ItIsThawedWhenWhoFrozeItIsKilled) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto frozen = FrozenFileSystem::freeze({disk_->path(), {}, 600 * kSecond});
        if (::write(ready[1], frozen.ok() ? "y" : "n", 1) == 1) ::pause();
        ::_exit(1);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'y');
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(has_ended(start_writer(), true));
    for (const int fd : ready) ::close(fd);
}

TEST_F(Frozen, WhatTheRunItselfNeedsIsNeverFrozen) {
    EXPECT_TRUE(fails_with(Code::refused, FrozenFileSystem::freeze({"/", {}})));
    EXPECT_TRUE(fails_with(Code::refused, FrozenFileSystem::freeze({disk_->path(), {disk_->path()}})));
    const ScratchFolder folder("h8-frozen");
    EXPECT_TRUE(fails_with(Code::not_found, FrozenFileSystem::freeze({folder.path(), {}})));
    EXPECT_TRUE(has_ended(start_writer(), true));
}

}  // namespace
}  // namespace custody::test
