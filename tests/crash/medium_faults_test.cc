// The faults of failing_operations_test and power_cut_test over real, loop-mounted file systems of each kind, a keyring and two
// vaults on it.
//
// Fault model: (a) operation N of a backup, copy, forget, prune and key rotation fails once, or from then on, above the file
// system; (b) power is cut before a sync and after the end: what the kernel and the driver had written to the device by then is
// all there is, on a medium that is then mounted anew.
//
// After each: every snapshot that was ever reported as done restores in full, verify finds no damage, the next backup succeeds
// and reuses what was stored. NTFS and exFAT keep no journal, and `init` says so: after a power cut their loss may be found,
// but nothing may be given back that was never stored.
#include "tests/crash/crash_world.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/folder_file_system.h"
#include "tests/support/medium.h"
#include "tests/support/program.h"

#include <algorithm>
#include <array>
#include <random>

namespace custody::test {
namespace {

constexpr std::uint64_t kSize = 192 << 20;
constexpr std::array kDeeds = {Deed::backup, Deed::copy, Deed::forget, Deed::prune, Deed::rotate};
constexpr std::array kFaults = {Fault::io, Fault::io_after, Fault::no_space, Fault::denied, Fault::short_transfer};

class MediumFaults : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        std::string why_not;
        base_ = LoopFileSystem::make(GetParam(), std::max(LoopFileSystem::least_size(GetParam()), kSize), why_not);
        if (!base_) GTEST_SKIP() << why_not;
        FolderFileSystem files(base_->path());
        const Status laid_out = world_.lay_out(files);
        ASSERT_TRUE(laid_out.ok()) << laid_out.error().message;
        ASSERT_TRUE(base_->unmount());
    }

    std::unique_ptr<LoopFileSystem> mount(const std::string& image) {
        std::string why_not;
        auto mounted = LoopFileSystem::mount_copy(GetParam(), image, why_not);
        if (!mounted) not_mounted_ = why_not;
        return mounted;
    }
    // The state that every trial begins with.
    std::unique_ptr<LoopFileSystem> fresh() {
        auto mounted = mount(base_->image());
        if (!mounted) ADD_FAILURE() << not_mounted_;
        return mounted;
    }

    std::uint64_t count_operations(Deed deed) {
        const auto disk = world_.fresh_disk();
        FaultFileSystem files(*disk);
        files.disarm();
        std::vector<Promise> promises;
        EXPECT_TRUE(world_.perform(deed, files, promises).ok());
        return files.operations();
    }

    void fail_at(std::uint64_t at, Deed deed, Fault fault, bool sticky) {
        const auto mounted = fresh();
        if (!mounted) return;
        FolderFileSystem folder(mounted->path());
        FaultFileSystem files(folder);
        files.arm(at, fault, sticky);
        std::vector<Promise> promises = world_.promises();
        const Status status = world_.perform(deed, files, promises);
        EXPECT_EQ("", world_.judge(folder, promises))
            << deed_name(deed) << ", " << fault_name(fault) << (sticky ? " sticky" : "") << " at operation " << at
            << (status.ok() ? "" : ": " + status.error().message);
    }

    struct Cut {
        std::string image, when;
        std::vector<Promise> promises;
    };

    // Images of the medium while the deed is done, one at about every `stride` syncs, and one when it has been reported as done.
    std::vector<Cut> cuts_during(Deed deed, std::uint64_t stride, const ScratchFolder& scratch) {
        std::vector<Cut> cuts;
        const auto mounted = fresh();
        if (!mounted) return cuts;
        std::uint64_t barriers = 0;
        std::uint64_t next = random_() % stride;
        std::vector<Promise> promises = world_.promises();
        const auto take = [&](const std::string& when) {
            Cut cut{scratch / (std::string(deed_name(deed)) + std::to_string(barriers)), when, promises};
            if (mounted->copy_image(cut.image)) cuts.push_back(std::move(cut));
        };
        FolderFileSystem files(mounted->path(), [&](const std::string& path) {
            if (barriers++ != next) return;
            next += 1 + random_() % (2 * stride - 1);
            take("before the sync of " + path);
        });
        const Status status = world_.perform(deed, files, promises);
        EXPECT_TRUE(status.ok()) << status.error().message;
        ++barriers;
        take("after the end");
        return cuts;
    }

    // Empty, or what is lost.
    std::string judge(const Cut& cut) {
        const auto mounted = mount(cut.image);
        if (!mounted) return not_mounted_;
        FolderFileSystem files(mounted->path());
        return world_.judge(files, cut.promises);
    }

    World world_;
    std::mt19937 random_{test_seed()};
    std::unique_ptr<LoopFileSystem> base_;
    std::string not_mounted_;
};

TEST_P(MediumFaults, OperationsThatFailLoseNothing) {
    for (const Deed deed : kDeeds) {
        const std::uint64_t operations = count_operations(deed);
        for (const Fault fault : kFaults) {
            for (const bool sticky : {false, true}) {
                // About one for each deed, or ten for each combination.
                if (!long_run() && random_() % 10 != 0) continue;
                for (int trial = 0; trial < (long_run() ? 10 : 1) && !HasFailure(); ++trial) {
                    fail_at(1 + random_() % operations, deed, fault, sticky);
                }
            }
        }
    }
}

TEST_P(MediumFaults, PowerCutsLoseNothing) {
    for (const Deed deed : kDeeds) {
        const ScratchFolder scratch("cuts");
        const std::vector<Cut> cuts = cuts_during(deed, long_run() ? 1 : 16, scratch);
        EXPECT_FALSE(cuts.empty());
        for (const Cut& cut : cuts) {
            const std::string wrong = judge(cut);
            const bool is_a_lie = wrong.find("restored file differs") != std::string::npos;
            if (is_a_lie || (!wrong.empty() && survives_power_cuts(GetParam()))) {
                ADD_FAILURE() << deed_name(deed) << " cut " << cut.when << ": " << wrong;
                return;
            }
            if (!wrong.empty())
                std::printf("%s: %s cut %s: %s\n", GetParam().c_str(), deed_name(deed), cut.when.c_str(), wrong.c_str());
        }
    }
}

INSTANTIATE_TEST_SUITE_P(, MediumFaults, testing::ValuesIn(file_system_kinds()), medium_name);

}  // namespace
}  // namespace custody::test
