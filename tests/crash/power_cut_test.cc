// Fault model: power is cut at every sync barrier of a backup, copy, forget, prune and key rotation, with unsynced writes,
// renames and removals kept, dropped, reordered or torn (tests/support/power_cut_file_system.h says how), from several seeds
// each.
//
// After each: every snapshot that was reported as done before the cut restores in full, verify finds no damage, the next backup
// succeeds and reuses what was stored.
#include "tests/crash/crash_world.h"
#include "tests/support/program.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
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
    const std::uint64_t seeds = long_run() ? 24 : 5;
    auto disk = world().fresh_disk();
    std::vector<std::pair<std::string, std::unique_ptr<PowerCutFileSystem>>> images;
    disk->set_barrier_hook([&](const std::string& path) {
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            images.emplace_back(path + ", seed " + std::to_string(seed), disk->cut(seed + (seed > 2 ? test_seed() : 0)));
        }
    });
    std::vector<Promise> promises = world().promises();
    const Status status = world().perform(deed, *disk, promises);
    ASSERT_TRUE(status.ok()) << status.error().message;
    disk->set_barrier_hook(nullptr);
    ASSERT_FALSE(images.empty());
    std::size_t number = 0;
    for (auto& [where, image] : images) {
        const std::string wrong = world().judge(*image, world().promises());
        ASSERT_EQ(wrong, "") << deed_name(deed) << ": cut " << number << " of " << images.size() << " at the sync of " << where;
        ++number;
        image.reset();
    }
    // And after the report: what was promised by this very run too.
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto after = disk->cut(seed);
        ASSERT_EQ(world().judge(*after, promises), "") << deed_name(deed) << " reported as done, then cut, seed " << seed;
    }
}

INSTANTIATE_TEST_SUITE_P(Every, PowerCut, ::testing::Values(Deed::backup, Deed::copy, Deed::forget, Deed::prune, Deed::rotate),
                         [](const auto& info) { return std::string(deed_name(info.param)); });

}  // namespace
}  // namespace custody::test
