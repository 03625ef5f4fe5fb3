// Nothing is written outside the target: not by links planted in the way, not by links swapped in while we run; and nothing
// damaged is written out as good data.
#include "restore/comparer.h"
#include "restore/snapshot_access.h"
#include "restore/target_folders.h"
#include "restore/tree_writer.h"
#include "tests/support/exotic_tree.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "tests/support/tree_compare.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

namespace custody::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RestoreHostile : public ::testing::Test, protected RestoreFixture {
protected:
    RestoreHostile() : outside_(scratch / "outside") { EXPECT_EQ(::mkdir(outside_.c_str(), 0755), 0); }

    void expect_nothing_outside() {
        for (const auto& item : std::filesystem::directory_iterator(outside_))
            ADD_FAILURE() << "written outside: " << item.path();
    }
    // Makes the folders of the source's path in the target, so that something can be planted there.
    void make_way() { std::filesystem::create_directories(restored()); }

    std::string outside_;
};

TEST_F(RestoreHostile, ALinkInPlaceOfAFolderIsNotFollowed) {
    ASSERT_EQ(::mkdir((source + "/folder").c_str(), 0755), 0);
    write_file(source + "/folder/file", "x");
    const Snapshot snapshot = back_up();
    make_way();
    ASSERT_EQ(::symlink(outside_.c_str(), restored("folder").c_str()), 0);
    const RestoreResult never = restore(snapshot);
    EXPECT_EQ(never.failed, 2u);
    expect_nothing_outside();
    options.overwrite = Overwrite::changed;
    const RestoreResult changed = restore(snapshot);
    EXPECT_EQ(changed.failed, 0u);
    EXPECT_EQ(read_file_text(restored("folder/file")), "x");
    expect_nothing_outside();
}

TEST_F(RestoreHostile, ALinkInPlaceOfAFileIsReplacedNotWrittenThrough) {
    write_file(source + "/file", "new");
    const Snapshot snapshot = back_up();
    make_way();
    write_file(outside_ + "/victim", "precious");
    ASSERT_EQ(::symlink((outside_ + "/victim").c_str(), restored("file").c_str()), 0);
    EXPECT_EQ(restore(snapshot).failed, 1u);
    options.overwrite = Overwrite::always;
    EXPECT_EQ(restore(snapshot).failed, 0u);
    EXPECT_EQ(read_file_text(outside_ + "/victim"), "precious");
    EXPECT_EQ(read_file_text(restored("file")), "new");
}

// Somebody who may write in the target swaps folders for links to elsewhere as fast as he can.
TEST_F(RestoreHostile, FoldersSwappedForLinksWhileRunningLeadNowhere) {
    for (int folder = 0; folder < 40; ++folder) {
        const std::string name = source + "/" + std::to_string(folder);
        ASSERT_EQ(::mkdir(name.c_str(), 0755), 0);
        for (int file = 0; file < 20; ++file) write_file(name + "/" + std::to_string(file), "content");
    }
    const Snapshot snapshot = back_up();
    make_way();
    std::atomic<bool> over{false};
    std::thread attacker([&] {
        const std::string link = restored("link");
        while (!over) {
            for (int folder = 0; folder < 40; ++folder) {
                const std::string name = restored(std::to_string(folder));
                (void)::symlink(outside_.c_str(), link.c_str());
                (void)::renameat2(AT_FDCWD, link.c_str(), AT_FDCWD, name.c_str(), RENAME_EXCHANGE);
                (void)::renameat2(AT_FDCWD, link.c_str(), AT_FDCWD, name.c_str(), RENAME_EXCHANGE);
            }
        }
    });
    for (int round = 0; round < 10; ++round) {
        options.overwrite = round % 2 == 0 ? Overwrite::never : Overwrite::always;
        (void)try_restore(snapshot);  // may fail; must not stray
        expect_nothing_outside();
    }
    over = true;
    attacker.join();
    expect_nothing_outside();
}

TEST_F(RestoreHostile, ATemporaryFileSwappedForALinkToAnotherIsNoticed) {
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    const auto folders = TargetFolders::open(target);
    ASSERT_TRUE(is_ok(folders));
    Shortfalls shortfalls;
    TreeWriter writer(**folders, Overwrite::never, powers_on((*folders)->root_descriptor()), shortfalls);
    Entry entry;
    entry.name = "file";
    entry.content.size = 10;
    entry.attributes.mode = 0644;
    const Placement place{kTargetFolder, &entry, false, false};
    auto file = writer.begin_file(place, true);
    ASSERT_TRUE(is_ok(file));
    file->descriptor = nullptr;
    write_file(outside_ + "/victim", "precious");
    const std::string temporary = target + "/" + file->temporary_name;
    ASSERT_EQ(::unlink(temporary.c_str()), 0);
    ASSERT_EQ(::link((outside_ + "/victim").c_str(), temporary.c_str()), 0);
    EXPECT_TRUE(fails_with(Code::io, writer.reopen(*file, "file")));
    ASSERT_EQ(::unlink(temporary.c_str()), 0);
    ASSERT_EQ(::symlink((outside_ + "/victim").c_str(), temporary.c_str()), 0);
    EXPECT_FALSE(writer.reopen(*file, "file").ok());
    EXPECT_EQ(read_file_text(outside_ + "/victim"), "precious");
}

// Enough to close every folder that was opened before.
void open_many_others(TargetFolders& folders) {
    for (std::size_t i = 0; i < kOpenFolders + 10; ++i) {
        const std::string name = "other " + std::to_string(i);
        ASSERT_EQ(::mkdir((folders.target() + "/" + name).c_str(), 0755), 0);
        ASSERT_TRUE(is_ok(folders.open(folders.add(kTargetFolder, name, FolderState::existing))));
    }
}

TEST_F(RestoreHostile, AFolderReplacedByAnotherWhileClosedIsNoticed) {
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    const auto folders = TargetFolders::open(target);
    ASSERT_TRUE(is_ok(folders));
    ASSERT_EQ(::mkdir((target + "/first").c_str(), 0755), 0);
    const FolderId first = (*folders)->add(kTargetFolder, "first", FolderState::existing);
    ASSERT_TRUE(is_ok((*folders)->open(first)));
    open_many_others(**folders);
    ASSERT_EQ(::rename((target + "/first").c_str(), (outside_ + "/moved").c_str()), 0);
    ASSERT_EQ(::mkdir((target + "/first").c_str(), 0755), 0);
    EXPECT_TRUE(fails_with(Code::io, (*folders)->open(first)));
}

std::uint64_t number_of(const std::string& path) {
    struct stat status = {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_ino;
}

// As when the kernel is short of memory: a folder that nobody has open has another number there when it is met again.
bool gets_another_number(const std::string& path) {
    const std::uint64_t before = number_of(path);
    for (int attempt = 0; attempt < 20 && number_of(path) == before; ++attempt) {
        const Fd caches(::open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC));
        if (!caches.valid() || ::write(caches.get(), "2", 1) != 1) return false;
    }
    return number_of(path) != before;
}

TEST_F(RestoreHostile, AFolderWithAnotherNumberIsTheSameWhereNumbersDoNotLast) {
    std::string why_not;
    const auto exfat = LoopFileSystem::make("exfat-fuse", LoopFileSystem::least_size("exfat-fuse"), why_not);
    if (!exfat) GTEST_SKIP() << why_not;
    const auto folders = TargetFolders::open(exfat->path());
    ASSERT_TRUE(is_ok(folders));
    const std::string path = exfat->path() + "/first";
    ASSERT_EQ(::mkdir(path.c_str(), 0755), 0);
    const FolderId first = (*folders)->add(kTargetFolder, "first", FolderState::existing);
    ASSERT_TRUE(is_ok((*folders)->open(first)));
    open_many_others(**folders);
    if (!gets_another_number(path)) GTEST_SKIP() << "this kernel cannot be made to forget it (drop_caches)";
    EXPECT_TRUE(is_ok((*folders)->open(first)));
}

// Nothing else may have it open any more.
struct MountedUntilDropped {
    std::string path;
    ~MountedUntilDropped() { EXPECT_EQ(::umount(path.c_str()), 0) << path; }
};

TEST_F(RestoreHostile, AnothersFolderIsNotTakenForItThroughADriverInUserSpace) {
    std::string why_not;
    const auto device = LoopDevice::make(LoopFileSystem::least_size("ntfs-3g"), why_not);
    if (!device) GTEST_SKIP() << why_not;
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    const bool is_mounted = run_program({"mkntfs", "-q", "-F", "-Q", device->path()}, why_not) &&
                            run_program({"ntfs-3g", "-o", "permissions", device->path(), target}, why_not);
    if (!is_mounted) GTEST_SKIP() << why_not;
    const MountedUntilDropped mounted{target};
    const auto folders = TargetFolders::open(target);
    ASSERT_TRUE(is_ok(folders));
    const std::string path = target + "/first", anothers = target + "/another's";
    for (const std::string& one : {path, anothers}) ASSERT_EQ(::mkdir(one.c_str(), 0755), 0);
    ASSERT_EQ(::chown(anothers.c_str(), 65534, 65534), 0);
    const FolderId first = (*folders)->add(kTargetFolder, "first", FolderState::existing);
    ASSERT_TRUE(is_ok((*folders)->open(first)));
    open_many_others(**folders);
    ASSERT_EQ(::rename(path.c_str(), (target + "/moved").c_str()), 0);
    ASSERT_EQ(::rename(anothers.c_str(), path.c_str()), 0);
    EXPECT_TRUE(fails_with(Code::io, (*folders)->open(first)));
}

TEST_F(RestoreHostile, AFileWithAnotherNumberIsComparedWhereNumbersDoNotLast) {
    std::string why_not;
    const auto exfat = LoopFileSystem::make("exfat-fuse", LoopFileSystem::least_size("exfat-fuse"), why_not);
    if (!exfat) GTEST_SKIP() << why_not;
    const auto access = SnapshotAccess::open(*repository, back_up(), *unlocked);
    ASSERT_TRUE(is_ok(access));
    const auto folders = TargetFolders::open(exfat->path());
    ASSERT_TRUE(is_ok(folders));
    const std::string path = exfat->path() + "/file";
    write_file(path, "");
    InPlace in_place{true, {}};
    ASSERT_EQ(::lstat(path.c_str(), &in_place.status), 0);
    Entry entry;
    entry.name = "file";
    entry.attributes.modified = to_file_time(in_place.status.st_mtim);
    if (!gets_another_number(path)) GTEST_SKIP() << "this kernel cannot be made to forget it (drop_caches)";
    const Comparer comparer(**folders, (*access)->trees(), (*access)->keys(), powers_on((*folders)->root_descriptor()));
    const auto verdict = comparer.compare(kTargetFolder, entry, in_place);
    ASSERT_TRUE(is_ok(verdict));
    EXPECT_EQ(verdict->difference, nullptr);
    in_place.status.st_uid += 1;
    const auto of_another = comparer.compare(kTargetFolder, entry, in_place);
    ASSERT_TRUE(is_ok(of_another));
    EXPECT_STREQ(of_another->difference, "type");
}

TEST_F(RestoreHostile, ANameThatAppearsMeanwhileIsNotReplaced) {
    ASSERT_EQ(::mkdir(target.c_str(), 0755), 0);
    const auto folders = TargetFolders::open(target);
    ASSERT_TRUE(is_ok(folders));
    Shortfalls shortfalls;
    TreeWriter writer(**folders, Overwrite::never, powers_on((*folders)->root_descriptor()), shortfalls);
    write_file(target + "/file", "somebody else's");
    Entry entry;
    entry.name = "file";
    entry.attributes.mode = 0644;
    EXPECT_TRUE(fails_with(Code::exists, writer.write_file({kTargetFolder, &entry, false, false}, {})));
    EXPECT_EQ(read_file_text(target + "/file"), "somebody else's");
}

// Flips one byte in the middle of every pack of content, one pack a time.
TEST_F(RestoreHostile, DamageIsNamedNeverWrittenOutAndTheRestComesBack) {
    for (int file = 0; file < 8; ++file) write_file(source + "/small " + std::to_string(file), noise(200'000, unsigned(file)));
    write_file(source + "/long", noise(6'000'000, 99));
    const Snapshot snapshot = back_up();
    const std::string pack = packs().back();  // the content
    const auto size = std::filesystem::file_size(pack);
    const std::string whole = read_file_text(pack);
    for (const double where : {0.1, 0.5, 0.9}) {
        std::string damaged = whole;
        damaged[static_cast<std::size_t>(static_cast<double>(size) * where)] ^= 0x10;
        std::filesystem::permissions(pack, std::filesystem::perms::owner_write, std::filesystem::perm_options::add);
        write_file(pack, damaged);
        reopen();
        ASSERT_TRUE(remove_tree(target));
        const RestoreResult result = restore(snapshot);
        EXPECT_TRUE(result.damaged);
        EXPECT_GE(result.failed, 1u);
        EXPECT_EQ(result.files + result.failed, 9u);
        EXPECT_THAT(result.warnings, Contains(HasSubstr("is not restored")));
        for (const std::string& difference : compare_trees(source, restored())) {
            EXPECT_THAT(difference, HasSubstr("is missing on the right"));
        }
    }
    write_file(pack, whole);
    reopen();
    EXPECT_EQ(restore(snapshot).failed, 0u);
    EXPECT_THAT(compare_trees(source, restored()), IsEmpty());
}

TEST_F(RestoreHostile, AMissingPackIsDamageNotAnEnd) {
    write_file(source + "/file", noise(300'000, 1));
    write_file(source + "/empty", "");
    const Snapshot snapshot = back_up();
    ASSERT_TRUE(std::filesystem::remove(packs().back()));
    reopen();
    const RestoreResult result = restore(snapshot);
    EXPECT_TRUE(result.damaged);
    EXPECT_EQ(result.failed, 1u);
    EXPECT_EQ(result.files, 1u);
    EXPECT_NE(::access(restored("file").c_str(), F_OK), 0);
}

}  // namespace
}  // namespace custody::test
