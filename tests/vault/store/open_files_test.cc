// Readers beyond the number of files that a process may have open, and what it means when not one more is to be had.
#include "vault/store/open_files.h"

#include "base/open_file_limit.h"
#include "tests/support/pack_fixtures.h"
#include "tests/support/sanitizers.h"
#include "tests/support/scratch_folder.h"
#include "tests/vault/store/local_store_under_test.h"
#include "vault/object_check.h"
#include "vault/packs/index.h"
#include "vault/packs/index_format.h"
#include "vault/store/local_store.h"
#include "vault/unreadable.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>

namespace custody::test {
namespace {

// The soft limit of this process, until the end of the scope.
class FileLimit {
public:
    explicit FileLimit(rlim_t files) {
        EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
        const rlimit now{files, before_.rlim_max};
        EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &now), 0);
    }
    ~FileLimit() { EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before_), 0); }
    FileLimit(const FileLimit&) = delete;
    FileLimit& operator=(const FileLimit&) = delete;

private:
    rlimit before_{};
};

// Every descriptor that the limit leaves.
std::vector<Fd> take_all_descriptors() {
    std::vector<Fd> taken;
    for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) taken.emplace_back(fd);
    EXPECT_EQ(errno, EMFILE);
    return taken;
}

std::size_t open_descriptors() {
    const auto listed = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(listed), end(listed))) - 1;
}

PackRow row() { return {ObjectId::from(noise_bytes(32, 1)), 40'000'000, kPackHeaderSize, SegmentKind::content}; }

IndexEntry entry(std::uint64_t n) {
    IndexEntry made;
    const Bytes id = noise_bytes(32, n + 100);
    std::copy(id.begin(), id.end(), made.id.begin());
    made.location = {row().pack, static_cast<std::uint32_t>(kPackHeaderSize), 184, 900, 0, 17, SegmentKind::content};
    return made;
}

class OpenFilesTest : public testing::Test {
protected:
    OpenFilesTest() : scratch_("open-files"), under_test_(posix_file_system(), scratch_ / "vault") {}

    // Segments of one entry each, as many backups of one label leave them. Written past the store: nothing here needs their
    // durability.
    void make_segments(std::uint64_t count) {
        MemoryStore memory;
        for (std::uint64_t n = 0; n < count; ++n) {
            ASSERT_TRUE(is_ok(write_index_segment(memory, label_.keys, label_.signing_seed, {entry(n)}, {row()})));
        }
        std::filesystem::create_directories(scratch_ / "vault/index/" + label_.keys.label.hex());
        for (const auto& [name, bytes] : memory.objects()) {
            std::ofstream file(scratch_ / "vault/" + name, std::ios::binary);
            file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
            names_.push_back(name);
        }
    }
    // A store whose bound is made for the limit of this moment.
    void open_store() { store_ = make_local_store(posix_file_system(), scratch_ / "vault"); }
    std::unique_ptr<Index> open_index(std::size_t cache_bytes = 0) {
        auto index = Index::open(*store_, label_.keys, {}, cache_bytes);
        EXPECT_TRUE(is_ok(index));
        return index.ok() ? std::move(*index) : nullptr;
    }
    static std::uint64_t found(const Index& index, std::uint64_t count) {
        std::uint64_t known = 0;
        for (std::uint64_t n = 0; n < count; ++n) {
            const auto at = index.lookup(entry(n).id, nullptr);
            EXPECT_TRUE(is_ok(at)) << n;
            if (at.ok() && *at) ++known;
        }
        return known;
    }

    ScratchFolder scratch_;
    LocalStoreUnderTest under_test_;
    LabelFixture label_;
    std::vector<std::string> names_;
    std::unique_ptr<ObjectStore> store_;
};

TEST_F(OpenFilesTest, MoreSegmentsThanAProcessMayHaveOpen) {
    constexpr std::uint64_t kSegments = 1100;
    make_segments(kSegments);
    const FileLimit limit(256);
    const std::size_t before = open_descriptors();
    open_store();
    const auto index = open_index();
    ASSERT_NE(index, nullptr);
    EXPECT_TRUE(index->damaged().empty());
    ASSERT_EQ(index->segments().size(), kSegments);
    EXPECT_LE(open_descriptors(), before + 64) << "a quarter of the limit";
    EXPECT_EQ(found(*index, kSegments), kSegments);
    const auto second = open_index();  // as verify and a repair that has another label's open
    ASSERT_NE(second, nullptr);
    std::uint64_t visited = 0;
    const auto count = [&](const IndexEntry&, std::size_t) {
        ++visited;
        return done();
    };
    EXPECT_TRUE(is_ok(index->for_each(count)));
    EXPECT_TRUE(is_ok(second->for_each_in_order(count)));
    EXPECT_EQ(visited, 2 * kSegments);
    EXPECT_LE(open_descriptors(), before + 64);
}

TEST_F(OpenFilesTest, ASegmentThatAPruneMergedAfterItsFileWasClosedIsLookedUpInTheMergedOne) {
    constexpr std::uint64_t kSegments = 100;
    make_segments(kSegments);
    const FileLimit limit(64);
    open_store();
    const auto index = open_index();
    ASSERT_NE(index, nullptr);
    std::vector<IndexEntry> all;
    for (std::uint64_t n = 0; n < kSegments; ++n) all.push_back(entry(n));
    ASSERT_TRUE(is_ok(write_index_segment(under_test_.store(), label_.keys, label_.signing_seed, all, {row()})));
    for (const std::string& name : names_) ASSERT_TRUE(is_ok(under_test_.store().remove(name)));
    EXPECT_EQ(found(*index, kSegments), kSegments);
    EXPECT_EQ(index->segments().size(), 1u);
}

TEST_F(OpenFilesTest, NoMoreFilesToBeHadIsNoDamage) {
    if (kSanitizerNeedsDescriptors) GTEST_SKIP() << "this sanitizer cannot do without descriptors";
    make_segments(20);
    const FileLimit limit(64);
    open_store();
    const auto index = open_index();
    ASSERT_NE(index, nullptr);
    const auto object = store_->info(names_.front());
    ASSERT_TRUE(is_ok(object));
    std::vector<Fd> taken = take_all_descriptors();
    const auto opened = store_->open(names_.front());
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Code::failed);
    EXPECT_FALSE(is_damage(opened.error()));
    EXPECT_FALSE(is_unreadable(opened.error()));
    EXPECT_NE(opened.error().message.find("ulimit -n"), std::string::npos) << opened.error().message;
    EXPECT_EQ(with_way_out("it", opened.error().code).message, "it") << "no second vault helps against that";
    EXPECT_TRUE(fails_with(Code::failed, store_->list("index")));
    EXPECT_TRUE(fails_with(Code::failed, check_whole(*store_, *object)));
    EXPECT_TRUE(fails_with(Code::failed, Index::open(*store_, label_.keys, {})));
    std::uint64_t failed = 0;
    for (std::uint64_t n = 0; n < 20; ++n) {
        const auto at = index->lookup(entry(n).id, nullptr);
        if (at.ok()) continue;
        EXPECT_EQ(at.error().code, Code::failed) << at.error().message;
        ++failed;
    }
    EXPECT_GT(failed, 0u);
    taken.clear();
    EXPECT_EQ(found(*index, 20), 20u);
    EXPECT_TRUE(index->damaged().empty());
}

TEST(OpenFileLimit, IsRaisedAsFarAsTheSystemAllows) {
    const FileLimit limit(64);
    rlimit now{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &now), 0);
    raise_open_file_limit();
    EXPECT_EQ(open_file_limit(), now.rlim_max);
}

TEST(OpenFileLimit, IsSharedByTheCaches) {
    const FileLimit limit(64);
    EXPECT_EQ(share_of_open_files(128), 16u);
    EXPECT_EQ(share_of_open_files(10), 10u);
}

}  // namespace
}  // namespace custody::test
