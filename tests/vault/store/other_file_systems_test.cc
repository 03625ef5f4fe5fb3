// The store on real file systems of other kinds, loop-mounted: each passes the whole conformance suite, and the medium check
// knows it by name.
#include "base/block_device.h"
#include "tests/support/loop_file_system.h"
#include "tests/vault/store/local_store_under_test.h"
#include "vault/store/medium_check.h"

namespace custody::test {
namespace {

class OtherFileSystem : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        std::string why_not;
        mounted_ =
            LoopFileSystem::make(GetParam(), std::max(LoopFileSystem::least_size(GetParam()), std::uint64_t{192} << 20), why_not);
        if (!mounted_) GTEST_SKIP() << why_not;
    }
    std::unique_ptr<LoopFileSystem> mounted_;
};

TEST_P(OtherFileSystem, PassesTheConformanceSuite) {
    for (const auto& check : kConformanceChecks) {
        SCOPED_TRACE(check.name);
        LocalStoreUnderTest store(posix_file_system(), mounted_->path() + "/" + check.name);
        check.run(store);
    }
}

TEST_P(OtherFileSystem, IsKnownByName) {
    const auto report = check_medium(posix_file_system(), mounted_->path(), {});
    ASSERT_TRUE(is_ok(report));
    const std::string kind = GetParam();
    const std::string expected = kind == "ntfs-3g" ? "NTFS" : kind == "exfat-fuse" ? "exFAT" : kind;
    EXPECT_TRUE(report->file_system.starts_with(expected)) << report->file_system;
    const bool warned = std::any_of(report->warnings.begin(), report->warnings.end(), [&](const std::string& warning) {
        return warning.find(report->file_system + ": it keeps no journal") != std::string::npos;
    });
    EXPECT_EQ(expected != kind, warned);
    EXPECT_TRUE(posix_file_system().list(mounted_->path())->size() <= 1) << "the check left something behind";
}

std::string file_system_name(const testing::TestParamInfo<const char*>& test) {
    std::string name = test.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}
INSTANTIATE_TEST_SUITE_P(, OtherFileSystem, testing::Values("ext4", "btrfs", "xfs", "ntfs-3g", "exfat-fuse"), &file_system_name);

TEST(FullMedium, LosesNothingAndTheReserveGivesRoom) {
    std::string why_not;
    const auto mounted = LoopFileSystem::make("ext4", 16 << 20, why_not);
    if (!mounted) GTEST_SKIP() << why_not;
    LocalStoreUnderTest under_test(posix_file_system(), mounted->path());
    ObjectStore& store = under_test.store();
    std::vector<Bytes> stored;
    for (;;) {
        const Bytes content = pattern(300'000, static_cast<std::uint32_t>(stored.size()));
        const Status status = store.put("packs/00/" + std::to_string(stored.size()), content);
        if (!status.ok()) {
            EXPECT_TRUE(fails_with(Code::no_space, status));
            break;
        }
        stored.push_back(content);
        ASSERT_LT(stored.size(), 100u);
    }
    EXPECT_GT(stored.size(), 10u);
    EXPECT_EQ(stored.size(), names_of(store, "packs").size());
    for (std::size_t i = 0; i < stored.size(); ++i) expect_content(store, "packs/00/" + std::to_string(i), stored[i]);
    EXPECT_TRUE(store.list_temporary()->empty()) << "the temporary file of the failed put takes room";
    ASSERT_TRUE(is_ok(store.remove("reserve")));
    EXPECT_TRUE(is_ok(store.replace("gc/marks", encode(Marks{}))));
    EXPECT_TRUE(is_ok(store.put("packs/00/room", pattern(300'000, 7))));
}

TEST(MediumKinds, ByName) {
    EXPECT_EQ(MediumKind::good, kind_of_medium("ext4", ""));
    EXPECT_EQ(MediumKind::no_journal, kind_of_medium("fuseblk", "ntfs \"data\""));
    EXPECT_EQ(MediumKind::no_journal, kind_of_medium("fuseblk", "exfat"));
    EXPECT_EQ(MediumKind::no_journal, kind_of_medium("vfat", ""));
    EXPECT_EQ(MediumKind::memory, kind_of_medium("tmpfs", ""));
    EXPECT_EQ(MediumKind::network, kind_of_medium("nfs4", ""));
    EXPECT_EQ(MediumKind::network, kind_of_medium("fuse.sshfs", ""));
    EXPECT_EQ(MediumKind::object, kind_of_medium("fuse.s3fs", ""));
    EXPECT_EQ(MediumKind::unknown, kind_of_medium("fuseblk", ""));
}

TEST(MediumCheck, AVaultBesideTheSystemIsWarnedOf) {
    const auto system = physical_disks_under("/");
    if (!system.ok() || system->empty()) GTEST_SKIP() << "no disk is known below / here";
    const auto report = check_medium(posix_file_system(), "/nonexistent/vault", {"/etc"});
    ASSERT_TRUE(is_ok(report));
    ASSERT_FALSE(report->warnings.empty());
    const auto same_disk = std::count_if(report->warnings.begin(), report->warnings.end(), [](const std::string& warning) {
        return warning.find("same disk") != std::string::npos;
    });
    EXPECT_EQ(1, same_disk) << "/etc lies on the system's disk: one warning is enough";
}

}  // namespace
}  // namespace custody::test
