#include "vault/sources/file_tree.h"

#include "tests/support/exotic_tree.h"
#include "tests/support/try_mount.h"
#include "tests/vault/sources/file_tree_fixture.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <thread>

namespace custody {
namespace {

TEST_F(FileTreeTest, WalksDepthFirstByRawNameFilesOfAFolderFirst) {
    folder("b");
    folder("a");
    file("a/2");
    file("a/\xff");
    file("a/10");
    file("c");
    file("b/x");
    const auto walked = walk(options);
    std::vector<std::string> below;
    for (const std::string& path : walked->order)
        if (path.starts_with(top.path() + "/")) below.push_back(path.substr(top.path().size()));
    EXPECT_EQ(below, (std::vector<std::string>{"/a", "/b", "/c", "/a/10", "/a/2", "/a/\xff", "/a/", "/b/x", "/b/", "/"}));
}

TEST_F(FileTreeTest, ParentsOfANamedPathCountWithTheirAttributesOnly) {
    folder("a");
    folder("a/named");
    file("a/other");
    ASSERT_EQ(::chmod((top / "a").c_str(), 0750), 0);
    options.paths = {top / "a/named"};
    const auto walked = walk(options);
    EXPECT_TRUE(walked->items.at(top / "a").attributes_only);
    EXPECT_EQ(walked->items.at(top / "a").mode, 0750u);
    EXPECT_FALSE(walked->items.at(top / "a/named").attributes_only);
    EXPECT_FALSE(walked->items.contains(top / "a/other"));
    auto opened = walked->open(top / "a");
    ASSERT_TRUE(opened.ok());
    EXPECT_TRUE(opened->entry.attributes_only);
}

TEST_F(FileTreeTest, PathsInsideOneAnotherAreCoveredOnce) {
    folder("a");
    folder("a/b");
    file("a/b/f");
    options.paths = {top / "a/b/f", top / "a", top / "a/b"};
    const auto walked = walk(options);
    EXPECT_EQ(std::count(walked->order.begin(), walked->order.end(), top / "a/b/f"), 1);
    EXPECT_FALSE(walked->items.at(top / "a/b").attributes_only);
}

TEST_F(FileTreeTest, ANamedLinkIsTheLinkAndALinkAmongParentsIsFollowed) {
    folder("real");
    file("real/f");
    ASSERT_EQ(::symlink("real", (top / "link").c_str()), 0);
    options.paths = {top / "link"};
    auto walked = walk(options);
    EXPECT_EQ(walked->items.at(top / "link").type, EntryType::symlink);
    auto opened = walked->open(top / "link");
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->entry.target, "real");
    options.paths = {top / "link/f"};
    walked = walk(options);
    EXPECT_EQ(walked->items.at(top / "link").type, EntryType::folder);
    ASSERT_TRUE(walked->open(top / "link/f").ok());
}

TEST_F(FileTreeTest, ExcludesByNameByPathAndByInode) {
    folder("keep");
    folder("keys");
    file("keep/a.tmp");
    file("keep/a");
    file("keys/secret");
    folder("cache");
    file("cache/big");
    struct stat keys {};
    ASSERT_EQ(::stat((top / "keys").c_str(), &keys), 0);
    options.excludes = {"*.tmp", top.path() + "/cache"};
    options.excluded_inodes = {{keys.st_dev, keys.st_ino}};
    const auto walked = walk(options);
    EXPECT_TRUE(walked->items.contains(top / "keep/a"));
    EXPECT_FALSE(walked->items.contains(top / "keep/a.tmp"));
    EXPECT_FALSE(walked->items.contains(top / "cache"));
    EXPECT_FALSE(walked->items.contains(top / "keys"));
    EXPECT_EQ(walked->notes.excluded, 3u);
    ASSERT_EQ(walked->notes.warnings.size(), 1u);
    EXPECT_NE(walked->notes.warnings[0].find("/keys"), std::string::npos);
}

TEST_F(FileTreeTest, ReadsPathsBeyondFourThousandBytes) {
    std::string name(200, 'd');
    int at = ::open(top.path().c_str(), O_RDONLY | O_DIRECTORY);
    for (int level = 0; level < 400; ++level) {  // more levels than descriptors are kept
        const std::string part = level < 30 ? name : "d";
        ASSERT_EQ(::mkdirat(at, part.c_str(), 0755), 0);
        const int below = ::openat(at, part.c_str(), O_RDONLY | O_DIRECTORY);
        ::close(at);
        at = below;
    }
    const int fd = ::openat(at, "f", O_CREAT | O_WRONLY, 0644);
    ASSERT_EQ(::write(fd, "deep", 4), 4);
    ::close(fd);
    ::close(at);
    const auto walked = walk(options);
    const auto deepest = std::max_element(walked->items.begin(), walked->items.end(),
                                          [](const auto& a, const auto& b) { return a.first.size() < b.first.size(); });
    ASSERT_GT(deepest->first.size(), 6000u);
    EXPECT_TRUE(walked->unreadable.empty());
    auto opened = walked->open(deepest->first);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    EXPECT_EQ(content_of(*opened->content), "deep");
    const SeenItem seen{"f", EntryType::file, deepest->second.stamp};
    const std::string folder = deepest->first.substr(0, deepest->first.rfind('/'));
    EXPECT_EQ(walked->source->look_again(folder, {&seen, 1}), std::vector<std::string>{""});
}

TEST_F(FileTreeTest, AHugeFolderComesInPiecesWithStableBounds) {
    for (int i = 0; i < 10'000; ++i) ASSERT_EQ(::mknod((top / ("f" + std::to_string(i))).c_str(), S_IFREG | 0644, 0), 0);
    const auto pieces = [&] {
        std::vector<std::string> firsts;
        FileTreeNotes notes;
        auto source = open_file_tree(options, notes);
        for (SourceStep step; source.ok();) {
            EXPECT_TRUE((*source)->next(step).ok());
            if (step.what == SourceStep::What::end) break;
            if (step.what == SourceStep::What::piece && step.folder->path() == top.path()) firsts.push_back(step.items[0].name);
        }
        return firsts;
    };
    const auto before = pieces();
    EXPECT_GT(before.size(), 2u);
    file("a-new-name-at-the-front");
    const auto after = pieces();
    ASSERT_EQ(after.size(), before.size());
    EXPECT_TRUE(std::equal(before.begin() + 1, before.end(), after.begin() + 1));
}

TEST_F(FileTreeTest, ReadsAttributesOfFilesLinksAndFolders) {
    file("f", "content");
    ASSERT_EQ(::symlink("f", (top / "l").c_str()), 0);
    ASSERT_EQ(::mkfifo((top / "p").c_str(), 0604), 0);
    if (::setxattr((top / "f").c_str(), "user.long", std::string(3000, 'v').data(), 3000, 0) != 0)
        GTEST_SKIP() << "no user xattrs";
    ASSERT_EQ(::setxattr((top / "f").c_str(), "user.a", "", 0, 0), 0);
    const auto walked = walk(options);
    auto opened = walked->open(top / "f");
    ASSERT_TRUE(opened.ok());
    const auto& attributes = opened->entry.attributes.xattrs;
    ASSERT_EQ(attributes.size(), 2u);
    EXPECT_EQ(attributes[0].name, "user.a");
    EXPECT_EQ(attributes[1].value.size(), 3000u);
    opened = walked->open(top / "l");
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(opened->entry.target, "f");
    EXPECT_TRUE(opened->entry.attributes.xattrs.empty());
    EXPECT_EQ(walked->items.at(top / "p").type, EntryType::fifo);
    ASSERT_TRUE(walked->open(top / "p").ok());
}

TEST_F(FileTreeTest, ReadsOnlyDataAndNamesTheHoles) {
    const int fd = ::open((top / "sparse").c_str(), O_CREAT | O_WRONLY, 0644);
    constexpr off_t kFar = 1 << 20;
    ASSERT_EQ(::pwrite(fd, "data", 4, kFar), 4);
    ASSERT_EQ(::ftruncate(fd, 3 * kFar), 0);
    ::close(fd);
    const auto walked = walk(options);
    auto opened = walked->open(top / "sparse");
    ASSERT_TRUE(opened.ok());
    FileContent& content = *opened->content;
    if (content.holes().empty()) GTEST_SKIP() << "the file system knows no holes";
    EXPECT_EQ(content.holes().front().offset, 0u);
    EXPECT_EQ(content.holes().back().offset + content.holes().back().length, 3u << 20);
    std::uint64_t in_holes = 0;
    for (const Hole& hole : content.holes()) in_holes += hole.length;
    const std::string data = content_of(content);
    EXPECT_EQ(data.size() + in_holes, content.size());
    EXPECT_TRUE(data.starts_with("data"));
}

TEST_F(FileTreeTest, NoticesWhatHappensToAFileWhileItIsRead) {
    for (const char* name : {"quiet", "grows", "shrinks", "replaced", "moved"}) file(name, "some content");
    file("other", "another");
    const auto walked = walk(options);
    std::map<std::string, OpenedItem> open;
    for (const char* name : {"quiet", "grows", "shrinks", "replaced", "moved"}) open[name] = std::move(*walked->open(top / name));
    test::write_file(top / "grows", "some content and more");
    ASSERT_EQ(::truncate((top / "shrinks").c_str(), 3), 0);
    ASSERT_EQ(::rename((top / "other").c_str(), (top / "replaced").c_str()), 0);
    ASSERT_EQ(::rename((top / "moved").c_str(), (top / "elsewhere").c_str()), 0);
    EXPECT_EQ(content_of(*open["shrinks"].content), "som");
    EXPECT_EQ(content_of(*open["replaced"].content), "some content");
    EXPECT_FALSE(*open["quiet"].content->changed_since_open());
    for (const char* name : {"grows", "shrinks", "replaced", "moved"})
        EXPECT_TRUE(*open[name].content->changed_since_open()) << name;
}

TEST_F(FileTreeTest, WhatTookTheItemsPlaceIsNotReadInItsName) {
    file("f");
    folder("d");
    const auto walked = walk(options);
    ASSERT_EQ(::unlink((top / "f").c_str()), 0);
    ASSERT_EQ(::symlink("/etc/passwd", (top / "f").c_str()), 0);
    EXPECT_FALSE(walked->open(top / "f").ok());
    ASSERT_EQ(::unlink((top / "f").c_str()), 0);
    ASSERT_EQ(::mkfifo((top / "f").c_str(), 0644), 0);
    EXPECT_FALSE(walked->open(top / "f").ok());  // and does not wait for a writer
    ASSERT_EQ(::rmdir((top / "d").c_str()), 0);
    file("d");
    EXPECT_FALSE(walked->open(top / "d").ok());
}

TEST_F(FileTreeTest, TheSecondLookTellsWhatDiffers) {
    for (const char* name : {"same", "written", "gone", "replaced"}) file(name, "12345");
    const auto walked = walk(options);
    std::vector<SeenItem> seen;
    for (const char* name : {"gone", "replaced", "same", "written"})
        seen.push_back({name, EntryType::file, walked->items.at(top / name).stamp});
    ASSERT_EQ(::unlink((top / "gone").c_str()), 0);
    test::write_file(top / "written", "1234567");
    test::write_file(top / "new", "12345");
    ASSERT_EQ(::rename((top / "new").c_str(), (top / "replaced").c_str()), 0);
    const auto answers = walked->source->look_again(top.path(), seen);
    EXPECT_EQ(answers, (std::vector<std::string>{"has vanished", "was replaced", "", "went from 5 bytes to 7"}));
}

TEST_F(FileTreeTest, StaysOnTheFileSystemWhenAsked) {
    folder("mount");
    if (const std::string why_not = test::try_mount("tmpfs", top / "mount", "size=64k"); !why_not.empty())
        GTEST_SKIP() << why_not;
    file("mount/inside");
    auto walked = walk(options);
    EXPECT_TRUE(walked->items.contains(top / "mount/inside"));
    options.one_file_system = true;
    walked = walk(options);
    EXPECT_TRUE(walked->items.contains(top / "mount"));
    EXPECT_FALSE(walked->items.contains(top / "mount/inside"));
    EXPECT_EQ(walked->notes.warnings.size(), 1u);
    walked.reset();
    ASSERT_EQ(::umount((top / "mount").c_str()), 0);
}

TEST_F(FileTreeTest, WhatWasNamedIsTakenOnWhateverFileSystem) {
    folder("srv");
    folder("mount");
    if (const std::string why_not = test::try_mount("tmpfs", top / "mount", "size=64k"); !why_not.empty())
        GTEST_SKIP() << why_not;
    folder("mount/deep");
    folder("mount/deep/er");
    file("mount/inside");
    file("mount/deep/er/f");
    file("mount/deep/beside");
    options.one_file_system = true;
    for (const bool is_swapped : {false, true}) {
        options.paths = {top.path(), top / "mount"};
        if (is_swapped) std::swap(options.paths[0], options.paths[1]);
        auto walked = walk(options);
        EXPECT_TRUE(walked->items.contains(top / "mount/inside"));
        EXPECT_TRUE(walked->items.contains(top / "mount/deep/er/f"));
        EXPECT_TRUE(walked->items.contains(top / "srv"));
        EXPECT_TRUE(walked->notes.warnings.empty());
        // Below a mount point that is not crossed there is nothing but it.
        options.paths = {top.path(), top / "mount/deep/er"};
        if (is_swapped) std::swap(options.paths[0], options.paths[1]);
        walked = walk(options);
        EXPECT_TRUE(walked->items.contains(top / "mount/deep/er/f"));
        EXPECT_FALSE(walked->items.contains(top / "mount/inside"));
        EXPECT_FALSE(walked->items.contains(top / "mount/deep/beside"));
        EXPECT_TRUE(walked->items.contains(top / "srv"));
        EXPECT_EQ(walked->notes.warnings.size(), 1u);
    }
    ASSERT_EQ(::umount((top / "mount").c_str()), 0);
}

TEST_F(FileTreeTest, WhatWasNamedIsTakenBehindWhateverExclude) {
    for (const char* name : {"ex", "ex/a", "ex/a/a", "ex/b", "ex/b/c", "ex/b/c/b", "ex/b/n"}) folder(name);
    for (const char* name : {"ex/y.txt", "ex/a/x.txt", "ex/a/z", "ex/a/a/f", "ex/b/c/f", "ex/b/c/b/f", "ex/b/n/f"}) file(name);
    struct Case {
        std::string named;
        std::vector<std::string> excludes;
        std::vector<std::string> below;  // of ex, depth first
    };
    const std::vector<Case> cases = {
        {"ex/a", {"a"}, {"a", "b", "y.txt", "a/x.txt", "a/z", "b/c", "b/n", "b/c/b", "b/c/f", "b/c/b/f", "b/n/f"}},
        {"ex/a", {top / "ex/a", "b"}, {"a", "y.txt", "a/a", "a/x.txt", "a/z", "a/a/f"}},
        {"ex/a/x.txt", {"*.txt", "b"}, {"a", "a/a", "a/x.txt", "a/z", "a/a/f"}},
        {"ex/b/c", {"b", "a"}, {"b", "y.txt", "b/c", "b/c/f"}},  // of an excluded folder nothing but what was named
    };
    for (const Case& one : cases) {
        options.excludes = one.excludes;
        for (const bool is_swapped : {false, true}) {
            options.paths = {top / "ex", top / one.named};
            if (is_swapped) std::swap(options.paths[0], options.paths[1]);
            std::vector<std::string> below;
            const auto walked = walk(options);
            for (const std::string& path : walked->order)
                if (path.starts_with(top / "ex/") && !path.ends_with('/')) below.push_back(path.substr((top / "ex/").size()));
            EXPECT_EQ(below, one.below) << one.named;
        }
    }
    const auto walked = walk(options);
    EXPECT_TRUE(walked->items.at(top / "ex/b").attributes_only) << "the second look leaves it alone";
    EXPECT_FALSE(walked->items.at(top / "ex/b/c").attributes_only);
}

TEST_F(FileTreeTest, WhatWasNamedAndCannotBeTakenIsAFailureAlsoBelowAnotherPath) {
    folder("real");
    folder("keys");
    file("real/f");
    ASSERT_EQ(::symlink("real", (top / "link").c_str()), 0);
    struct stat keys {};
    ASSERT_EQ(::stat((top / "keys").c_str(), &keys), 0);
    options.excluded_inodes = {{keys.st_dev, keys.st_ino}};
    options.paths = {top.path(), top / "keys", top / "link/f"};
    const auto walked = walk(options);
    ASSERT_TRUE(walked->items.at(top / "keys").error.has_value());
    EXPECT_EQ(walked->items.at(top / "keys").error->code, Code::refused);
    EXPECT_TRUE(walked->items.at(top / "link").error.has_value()) << "the link hides what was named behind it";
    EXPECT_FALSE(walked->items.at(top / "real").error.has_value());
}

TEST_F(FileTreeTest, LeavesOutWhatTheKernelMakesUp) {
    folder("proc");
    if (::mount("proc", (top / "proc").c_str(), "proc", 0, "") != 0) GTEST_SKIP() << "mounting needs root";
    auto walked = walk(options);
    EXPECT_FALSE(walked->items.contains(top / "proc/self"));
    EXPECT_EQ(walked->notes.warnings.size(), 1u);
    options.paths.push_back(top / "proc/sys/kernel/ostype");
    walked = walk(options);
    EXPECT_TRUE(walked->items.contains(top / "proc/sys/kernel/ostype"));
    EXPECT_FALSE(walked->items.contains(top / "proc/sys/kernel/osrelease"));
    EXPECT_FALSE(walked->items.contains(top / "proc/self"));
    walked.reset();  // its open folders
    ASSERT_EQ(::umount((top / "proc").c_str()), 0);
}

TEST_F(FileTreeTest, CountsAheadWhatTheWalkWillMeet) {
    file("a", std::string(1000, 'a'));
    folder("b");
    file("b/c", std::string(2000, 'c'));
    ASSERT_EQ(::link((top / "a").c_str(), (top / "b/d").c_str()), 0);
    file("b/left.tmp", std::string(5000, 't'));
    options.excludes = {"*.tmp"};
    FileTreeNotes notes;
    EXPECT_EQ(open_file_tree(options, notes).value()->expected_bytes(), 0u) << "nobody watches";
    options.count_ahead = true;
    const auto source = open_file_tree(options, notes).value();
    std::uint64_t expected = 0;
    while ((expected = source->expected_bytes()) == 0) std::this_thread::yield();
    EXPECT_EQ(expected, 3000u);
}

TEST_F(FileTreeTest, RefusesNothingMissingAndUnmounted) {
    FileTreeNotes notes;
    options.paths = {};
    EXPECT_EQ(open_file_tree(options, notes).error().code, Code::usage);
    options.paths = {top / "missing"};
    EXPECT_EQ(open_file_tree(options, notes).error().code, Code::not_found);
    folder("usb");
    file("fstab", "/dev/none " + top / "usb" + " ext4 noauto 0 0\n");
    options.paths = {top / "usb"};
    options.mount_table = top / "fstab";
    const auto refused = open_file_tree(options, notes);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::not_found);
    EXPECT_NE(refused.error().message.find("mount it first"), std::string::npos);
    EXPECT_NE(refused.error().message.find(top / "usb"), std::string::npos);
    EXPECT_EQ(refused.error().message.find('\n'), std::string::npos);
    // As fstab may spell it: a space, a slash at the end; and not what only begins alike.
    folder("my disk");
    file("fstab", "LABEL=a " + top / "my\\040disk/" + " ext4 noauto 0 0\n/dev/none " + top / "usb2" + " ext4 noauto 0 0\n");
    EXPECT_TRUE(open_file_tree(options, notes).ok());
    options.paths = {top / "my disk"};
    EXPECT_EQ(open_file_tree(options, notes).error().code, Code::not_found);
    file("fstab", "/dev/none " + top / "usb" + " ext4 noauto 0 0\n");
    options.paths = {top / "usb"};
    file("usb/content");  // not empty: used without the mount
    EXPECT_TRUE(open_file_tree(options, notes).ok());
}

TEST_F(FileTreeTest, MeetsEverythingOfAnExoticTree) {
    test::make_exotic_tree(top / "all");
    const auto walked = walk(options);
    EXPECT_TRUE(walked->unreadable.empty());
    std::size_t types = 0;
    for (auto& [path, item] : walked->items) {
        ASSERT_FALSE(item.error) << item.error->message;
        const auto opened = walked->open(path);
        EXPECT_TRUE(opened.ok()) << opened.error().message;
        types |= std::size_t{1} << static_cast<unsigned>(item.type);
    }
    EXPECT_TRUE(types & (1u << static_cast<unsigned>(EntryType::socket)));
    EXPECT_TRUE(types & (1u << static_cast<unsigned>(EntryType::symlink)));
}

}  // namespace
}  // namespace custody
