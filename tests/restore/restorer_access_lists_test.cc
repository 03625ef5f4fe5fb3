// Access lists between XFS, which shows root each of them under a second name, and file systems that do not.
#include "tests/support/exotic_tree.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/restore_fixture.h"
#include "tests/support/results.h"
#include "vault/sources/local_attributes.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

namespace custody::test {
namespace {

using ::testing::IsEmpty;

constexpr const char* kAccess = "system.posix_acl_access";
constexpr const char* kDefault = "system.posix_acl_default";
constexpr const char* kSecondName = "trusted.SGI_ACL_FILE";
// user::rw-,user:1033:r--,group::---,mask::r--,other::--- as the kernel keeps it.
constexpr std::array<unsigned char, 44> kList = {2, 0, 0,   0,   1,   0,   6,  0, 255, 255, 255, 255, 2,   0,  4,
                                                 0, 9, 4,   0,   0,   4,   0,  0, 0,   255, 255, 255, 255, 16, 0,
                                                 4, 0, 255, 255, 255, 255, 32, 0, 0,   0,   255, 255, 255, 255};

bool give_list(const std::string& path, const char* kind = kAccess) {
    return ::setxattr(path.c_str(), kind, kList.data(), kList.size(), 0) == 0;
}
bool has(const std::string& path, const char* name) { return ::lgetxattr(path.c_str(), name, nullptr, 0) >= 0; }

std::vector<ExtendedAttribute> captured(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY));
    auto found = read_xattrs(fd.get(), path);
    EXPECT_TRUE(is_ok(found));
    return found.ok() ? *found : std::vector<ExtendedAttribute>();
}

// What a backup was that did not know the second name yet.
class OlderSource final : public Source {
public:
    OlderSource(Result<std::unique_ptr<Source>> inner, Bytes list) : inner_(std::move(inner.value())), list_(std::move(list)) {}
    std::string kind() const override { return inner_->kind(); }
    std::vector<std::string> paths() const override { return inner_->paths(); }
    Status next(SourceStep& step) override { return inner_->next(step); }
    Result<OpenedItem> open(const SourceFolder& folder, const SourceItem& item) override {
        auto opened = inner_->open(folder, item);
        if (opened.ok()) opened->entry.attributes.xattrs.push_back({kSecondName, list_});
        return opened;
    }
    std::vector<std::string> look_again(const std::string& folder, std::span<const SeenItem> items) override {
        return inner_->look_again(folder, items);
    }

private:
    std::unique_ptr<Source> inner_;
    Bytes list_;
};

class AclOnlooker final : public Progress {
public:
    explicit AclOnlooker(std::function<void()> look) : look_(std::move(look)) {}
    void update(const ProgressState&) override { look_(); }
    void warn(std::string_view) override {}

private:
    std::function<void()> look_;
};

class RestoreAccessLists : public ::testing::Test, protected RestoreFixture {
protected:
    void SetUp() override {
        std::string why_not;
        ext4_ = LoopFileSystem::make("ext4", LoopFileSystem::least_size("ext4"), why_not);
        if (ext4_) xfs_ = LoopFileSystem::make("xfs", LoopFileSystem::least_size("xfs"), why_not);
        if (!xfs_) GTEST_SKIP() << why_not;
    }
    void make_source(const std::string& path) {
        source = path;
        ASSERT_EQ(::mkdir(source.c_str(), 0755), 0);
        ASSERT_EQ(::mkdir((source + "/folder").c_str(), 0755), 0);
        for (const char* name : {"/file", "/folder/file"}) write_file(source + name, "content");
    }
    RestoreResult restore_to(const std::string& folder, const Snapshot& snapshot) {
        options.target = folder;
        options.strip_prefix = source;
        return restore(snapshot);
    }

    std::unique_ptr<LoopFileSystem> ext4_, xfs_;
};

TEST_F(RestoreAccessLists, OneThatWasTakenAwayElsewhereStaysAway) {
    ASSERT_NO_FATAL_FAILURE(make_source(xfs_->path() + "/source"));
    ASSERT_TRUE(give_list(source + "/file"));
    const std::string moved = ext4_->path() + "/moved", back = xfs_->path() + "/back";
    (void)restore_to(moved, back_up());
    ASSERT_TRUE(has(moved + "/file", kAccess));
    EXPECT_FALSE(has(moved + "/file", kSecondName));
    ASSERT_EQ(::removexattr((moved + "/file").c_str(), kAccess), 0);
    ASSERT_EQ(::chmod((moved + "/file").c_str(), 0640), 0);
    source = moved;
    (void)restore_to(back, back_up());
    EXPECT_FALSE(has(back + "/file", kAccess));
}

TEST_F(RestoreAccessLists, TheSecondNameInAnOlderSnapshotMeansNothing) {
    const std::string model = xfs_->path() + "/model";
    write_file(model, "");
    ASSERT_TRUE(give_list(model));
    Bytes stale(1024);
    const ssize_t size = ::getxattr(model.c_str(), kSecondName, stale.data(), stale.size());
    ASSERT_GT(size, 0) << "or this proves nothing";
    stale.resize(static_cast<std::size_t>(size));
    ASSERT_NO_FATAL_FAILURE(make_source(ext4_->path() + "/source"));
    FileTreeOptions tree;
    tree.paths = {source};
    FileTreeNotes notes;
    OlderSource older(open_file_tree(tree, notes), stale);
    const Snapshot snapshot = back_up_from(older, "business", "older");
    for (const LoopFileSystem* disk : {xfs_.get(), ext4_.get()}) {
        const std::string there = disk->path() + "/restored";
        EXPECT_THAT(restore_to(there, snapshot).warnings, IsEmpty());
        for (const char* name : {"/file", "/folder", "/folder/file"}) {
            EXPECT_FALSE(has(there + name, kAccess)) << there << name;
            EXPECT_FALSE(has(there + name, kSecondName)) << there << name;
        }
        const RestoreResult again = restore_to(there, snapshot);
        EXPECT_EQ(again.failed, 0u);
        EXPECT_EQ(again.skipped, 2u);
    }
}

// It may have come there with another program.
TEST_F(RestoreAccessLists, TheSecondNameInPlaceIsNoDifferenceAndStays) {
    ASSERT_NO_FATAL_FAILURE(make_source(ext4_->path() + "/source"));
    const Snapshot snapshot = back_up();
    const std::string there = ext4_->path() + "/restored";
    (void)restore_to(there, snapshot);
    for (const char* name : {"/file", "/folder"}) ASSERT_EQ(::setxattr((there + name).c_str(), kSecondName, "x", 1, 0), 0);
    for (const Overwrite how : {Overwrite::never, Overwrite::changed}) {
        options.overwrite = how;
        const RestoreResult again = restore_to(there, snapshot);
        EXPECT_EQ(again.failed, 0u);
        EXPECT_EQ(again.skipped, 2u);
        EXPECT_THAT(again.warnings, IsEmpty());
        for (const char* name : {"/file", "/folder"}) EXPECT_TRUE(has(there + name, kSecondName));
    }
}

TEST_F(RestoreAccessLists, ATreeWithThemIsTheSameOnBoth) {
    ASSERT_NO_FATAL_FAILURE(make_source(ext4_->path() + "/source"));
    for (const char* name : {"/file", "/folder"}) ASSERT_TRUE(give_list(source + name));
    ASSERT_TRUE(give_list(source + "/folder", kDefault));
    const Snapshot snapshot = back_up();
    const std::string there = xfs_->path() + "/restored";
    bool is_again = false;
    for (const Overwrite how : {Overwrite::never, Overwrite::never, Overwrite::changed}) {
        options.overwrite = how;
        const RestoreResult result = restore_to(there, snapshot);
        EXPECT_EQ(result.failed, 0u);
        EXPECT_EQ(result.skipped, is_again ? 2u : 0u);
        EXPECT_THAT(result.warnings, IsEmpty());
        is_again = true;
    }
    for (const char* name : {"/file", "/folder", "/folder/file"}) {
        EXPECT_EQ(captured(there + name), captured(source + name)) << name;
    }
    EXPECT_EQ(captured(there + "/folder").size(), 2u);
}

TEST_F(RestoreAccessLists, AnInterruptedRestoreOfThemOntoXfsIsRunAgain) {
    constexpr std::size_t kFiles = 2000;  // the first batch is written while the walk goes on
    source = ext4_->path() + "/source";
    ASSERT_EQ(::mkdir(source.c_str(), 0755), 0);
    for (std::size_t i = 0; i < kFiles; ++i) {
        const std::string path = source + "/" + std::to_string(1000 + i);
        write_file(path, "content");
        ASSERT_TRUE(give_list(path));
    }
    const Snapshot snapshot = back_up();
    options.strip_prefix = source.substr(0, source.rfind('/'));
    options.target = xfs_->path() + "/restored";
    const std::string there = options.target + "/source";
    int looks = 0;
    AclOnlooker onlooker([&] {
        if (++looks <= 5) return;  // every 256 steps; the batch holds 1024 files
        for (int i = 0; i < 1000 && !std::filesystem::exists(there + "/1000"); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        stop.request();
    });
    EXPECT_TRUE(fails_with(Code::interrupted, restore_files(*repository, snapshot, *unlocked, options, onlooker, stop)));
    ASSERT_TRUE(std::filesystem::exists(there + "/1000")) << "or this proves nothing";
    StopFlag goes_on;
    SilentProgress progress;
    const auto again = restore_files(*repository, snapshot, *unlocked, options, progress, goes_on);
    ASSERT_TRUE(is_ok(again));
    EXPECT_EQ(again->failed, 0u);
    EXPECT_GT(again->skipped, 0u);
    EXPECT_THAT(again->warnings, IsEmpty());
    for (std::size_t i = 0; i < kFiles; ++i) {
        const std::string name = "/" + std::to_string(1000 + i);
        ASSERT_EQ(captured(there + name), captured(source + name)) << name;
    }
}

}  // namespace
}  // namespace custody::test
