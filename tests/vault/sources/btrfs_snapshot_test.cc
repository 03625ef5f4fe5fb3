// On btrfs a backup sees one moment, under the original paths, and leaves no snapshot behind.
#include "vault/sources/btrfs_snapshot.h"

#include "base/block_device.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "vault/sources/file_tree.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/btrfs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <set>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

class BtrfsSnapshot : public testing::Test {
protected:
    void SetUp() override {
        std::string why_not;
        disk_ = LoopFileSystem::make("btrfs", LoopFileSystem::least_size("btrfs"), why_not);
        if (!disk_) GTEST_SKIP() << why_not;
        make_subvolume("data");
        write_file(at("data/a"), "old");
        make_subvolume("data/nested");
        write_file(at("data/nested/n"), "old");
        fs::create_directory(at("data/keyring"));
        write_file(at("data/keyring/head"), "1");
    }
    [[nodiscard]] std::string at(const std::string& name) const { return disk_->path() + "/" + name; }
    void make_subvolume(const std::string& name) const {
        const Fd parent(::open(fs::path(at(name)).parent_path().c_str(), O_RDONLY | O_DIRECTORY));
        btrfs_ioctl_vol_args arguments{};
        fs::path(name).filename().string().copy(arguments.name, sizeof arguments.name - 1);
        ASSERT_EQ(::ioctl(parent.get(), BTRFS_IOC_SUBVOL_CREATE, &arguments), 0) << std::strerror(errno);
    }
    // As the top of the file system shows it.
    [[nodiscard]] std::size_t snapshots() const {
        std::size_t count = 0;
        if (!fs::exists(at(".custody-snapshots"))) return 0;
        for (const auto& item : fs::directory_iterator(at(".custody-snapshots"))) count += item.is_directory() ? 1 : 0;
        return count;
    }
    Status run(const std::function<Status()>& work) {
        return run_in_snapshot_view({{at("data")}, {at("data/keyring")}, one_file_system_}, notes_, work);
    }

    std::unique_ptr<LoopFileSystem> disk_;
    BtrfsViewNotes notes_;
    bool one_file_system_ = false;
};

TEST_F(BtrfsSnapshot, TheWorkSeesOneMomentUnderTheOriginalPathsAndOwnFoldersLive) {
    const Fd common(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));  // of this thread
    const Status status = run([&] {
        EXPECT_EQ(snapshots(), 2u);
        // Outside it goes on: as any other process sees it.
        const pid_t child = ::fork();
        if (child == 0) {
            if (::setns(common.get(), CLONE_NEWNS) != 0) ::_exit(9);
            write_file(at("data/a"), "new");
            write_file(at("data/nested/n"), "new");
            ::_exit(0);
        }
        int ended = -1;
        EXPECT_EQ(::waitpid(child, &ended, 0), child);
        EXPECT_EQ(ended, 0);
        EXPECT_EQ(read_file_text(at("data/a")), "old");
        EXPECT_EQ(read_file_text(at("data/nested/n")), "old");
        EXPECT_TRUE(mount_of(at("data/a")).ok());
        write_file(at("data/keyring/head"), "2");  // live
        EXPECT_NE(::open(at("data/a").c_str(), O_RDONLY), -1);
        EXPECT_EQ(::open(at("data/a").c_str(), O_WRONLY), -1);
        FileTreeNotes tree_notes;
        FileTreeOptions tree;
        tree.paths = {at("data")};
        auto source = open_file_tree(tree, tree_notes);
        EXPECT_TRUE(is_ok(source));
        std::set<std::string> seen;
        for (SourceStep step; (*source)->next(step).ok() && step.what != SourceStep::What::end;) {
            for (const SourceItem& item : step.items) seen.insert(join_path(step.folder->path(), item.name));
        }
        EXPECT_TRUE(seen.contains(at("data/a")));
        EXPECT_TRUE(seen.contains(at("data/nested/n")));
        return done();
    });
    ASSERT_TRUE(is_ok(status));
    ASSERT_TRUE(notes_.from_snapshot) << (notes_.notes.empty() ? "" : notes_.notes.front());
    EXPECT_EQ(notes_.notes.size(), 1u);
    EXPECT_EQ(read_file_text(at("data/a")), "new");
    EXPECT_EQ(read_file_text(at("data/keyring/head")), "2");
    EXPECT_EQ(snapshots(), 0u);
    EXPECT_FALSE(fs::exists(at(".custody-snapshots")));
}

TEST_F(BtrfsSnapshot, TheErrorOfTheWorkIsItsOwnAndNothingIsLeft) {
    EXPECT_TRUE(fails_with(Code::io, run([] { return Status(Error{Code::io, "disk gone"}); })));
    EXPECT_EQ(snapshots(), 0u);
}

TEST_F(BtrfsSnapshot, WhatIsMountedBelowStaysLiveAndAFolderOfASubvolumeWillDo) {
    fs::create_directories(at("data/deep/mnt"));
    ASSERT_EQ(::mount("tmpfs", at("data/deep/mnt").c_str(), "tmpfs", 0, nullptr), 0);
    write_file(at("data/deep/mnt/t"), "on tmpfs");
    write_file(at("data/deep/d"), "deep");
    const Status status = run_in_snapshot_view({{at("data/deep")}, {}, false}, notes_, [&] {
        EXPECT_EQ(read_file_text(at("data/deep/mnt/t")), "on tmpfs");
        EXPECT_EQ(read_file_text(at("data/deep/d")), "deep");
        EXPECT_EQ(::open(at("data/deep/d").c_str(), O_WRONLY), -1);
        write_file(at("data/a"), "written");  // beside it
        return done();
    });
    EXPECT_EQ(::umount(at("data/deep/mnt").c_str()), 0);
    EXPECT_TRUE(is_ok(status));
    EXPECT_TRUE(notes_.from_snapshot);
    EXPECT_EQ(snapshots(), 0u);
}

// As on a disk without subvolumes of its own making: the snapshots lie in what they are taken of.
TEST_F(BtrfsSnapshot, TheTopOfTheFileSystemItselfIsSeenAtOneMomentToo) {
    write_file(at("b"), "old");
    const Status status = run_in_snapshot_view({{disk_->path()}, {}, false}, notes_, [&] {
        EXPECT_EQ(read_file_text(at("b")), "old");
        EXPECT_EQ(read_file_text(at("data/nested/n")), "old");
        EXPECT_EQ(::open(at("b").c_str(), O_WRONLY), -1);
        EXPECT_EQ(::open(at("data/a").c_str(), O_WRONLY), -1);
        return done();
    });
    EXPECT_TRUE(is_ok(status));
    EXPECT_TRUE(notes_.from_snapshot) << (notes_.notes.empty() ? "" : notes_.notes.front());
    EXPECT_EQ(snapshots(), 0u);
}

TEST_F(BtrfsSnapshot, WhatAKilledRunLeftIsRemovedAndWhatARunningOneHoldsIsNot) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        (void)run([&] {
            if (::write(ready[1], "r", 1) == 1) ::pause();
            return done();
        });
        ::_exit(1);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    std::vector<std::string> notes;
    EXPECT_EQ(snapshots(), 2u);
    EXPECT_EQ(remove_leftover_snapshots(notes), 0u);
    EXPECT_EQ(snapshots(), 2u);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(remove_leftover_snapshots(notes), 2u);
    EXPECT_EQ(snapshots(), 0u);
    EXPECT_TRUE(notes.empty()) << notes.front();
    for (const int fd : ready) ::close(fd);
}

TEST(BtrfsSnapshotElsewhere, OtherFileSystemsAreReadLiveWithoutAWord) {
    const ScratchFolder folder("h8-live");
    BtrfsViewNotes notes;
    bool worked = false;
    EXPECT_TRUE(is_ok(run_in_snapshot_view({{folder.path()}, {}, false}, notes, [&] {
        worked = true;
        return done();
    })));
    EXPECT_TRUE(worked);
    EXPECT_FALSE(notes.from_snapshot);
}

}  // namespace
}  // namespace custody::test
