// Fault model: power is cut at every sync barrier of a backup, copy, forget, prune and key rotation, with unsynced writes,
// renames and removals kept, dropped, reordered or torn (tests/support/power_cut_file_system.h says how), from several seeds
// each.
//
// After each: every snapshot that was reported as done before the cut restores in full, verify finds no damage, the next backup
// succeeds and reuses what was stored.
#include "tests/crash/crash_world.h"
#include "tests/support/program.h"
#include "tests/support/sanitizers.h"

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace custody::test {
namespace {

class PowerCut : public ::testing::TestWithParam<Deed> {
protected:
    static World& world() {
        static const auto shared = std::make_unique<World>();
        return *shared;
    }
};

TEST_P(PowerCut, AtEveryBarrierLosesNothing) {
    const Deed deed = GetParam();
    const std::uint64_t seeds = long_run() ? 24 : static_cast<std::uint64_t>(trials(5));
    auto disk = world().fresh_disk();
    std::mutex one_at_a_time;
    std::uint64_t cuts = 0, barriers = 0;
    std::string first_wrong;
    disk->set_barrier_hook([&](const std::string& path) {
        const std::lock_guard lock(one_at_a_time);
        if (barriers++ % kPlacesPerTrial != 0) return;
        for (std::uint64_t seed = 0; seed < seeds && first_wrong.empty(); ++seed) {
            const auto image = disk->cut(seed + (seed > 2 ? test_seed() : 0));
            const std::string wrong = world().judge(*image, world().promises());
            if (!wrong.empty())
                first_wrong =
                    wrong + " (cut " + std::to_string(cuts) + ", seed " + std::to_string(seed) + ", at the sync of " + path + ")";
            ++cuts;
        }
    });
    std::vector<Promise> promises = world().promises();
    const Status status = world().perform(deed, *disk, promises);
    ASSERT_TRUE(status.ok()) << status.error().message;
    disk->set_barrier_hook(nullptr);
    EXPECT_EQ(first_wrong, "") << deed_name(deed);
    ASSERT_GT(cuts, 0u);
    // And after the report: what was promised by this very run too.
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto after = disk->cut(seed);
        ASSERT_EQ(world().judge(*after, promises), "") << deed_name(deed) << " reported as done, then cut, seed " << seed;
    }
}

INSTANTIATE_TEST_SUITE_P(Every, PowerCut, ::testing::Values(Deed::backup, Deed::copy, Deed::forget, Deed::prune, Deed::rotate),
                         [](const auto& tested) { return std::string(deed_name(tested.param)); });

}  // namespace
}  // namespace custody::test
