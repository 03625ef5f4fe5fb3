// Fault model: every file-system operation N of a backup, copy, forget, prune and key rotation is made to fail once, and then to
// stay failed (EIO, lost answers, ENOSPC, EACCES, EINTR, short transfers), for N = 1 until the run passes clean (SQLite's way).
//
// After each: every snapshot that was ever reported as done restores in full, verify finds no damage, the next backup succeeds
// and reuses what was stored, and no lock needs a human.
#include "tests/crash/crash_world.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/program.h"
#include "tests/support/sanitizers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

namespace custody::test {
namespace {

class FailingOperations : public ::testing::TestWithParam<std::tuple<Deed, Fault, bool>> {
protected:
    static World& world() {
        static const auto shared = std::make_unique<World>();
        return *shared;
    }
    static std::uint64_t count_operations(Deed deed) {
        auto disk = world().fresh_disk();
        FaultFileSystem files(*disk);
        files.disarm();
        std::vector<Promise> promises;
        EXPECT_TRUE(world().perform(deed, files, promises).ok());
        return files.operations();
    }
};

TEST_P(FailingOperations, LoseNothing) {
    const auto [deed, fault, sticky] = GetParam();
    std::mt19937 random(test_seed());
    // Every operation in the long run; else every one of the first, then some dozen that the seed chooses.
    const std::uint64_t stride = long_run() ? 1 : std::max<std::uint64_t>(1, kPlacesPerTrial * count_operations(deed) / 6);
    std::uint64_t passed = 0;
    for (std::uint64_t at = 1;; at += at < 4 && !kSanitized ? 1 : 1 + random() % stride) {
        auto disk = world().fresh_disk();
        FaultFileSystem files(*disk);
        files.arm(at, fault, sticky);
        std::vector<Promise> promises = world().promises();
        const Status status = world().perform(deed, files, promises);
        const bool is_past_the_end = files.operations() < at;
        files.disarm();
        if (is_past_the_end) {
            EXPECT_TRUE(status.ok()) << status.error().message;
            break;
        }
        if (status.ok()) ++passed;
        // The failed run is over; its locks are gone with it.
        const auto after = disk->kill();
        const std::string wrong = world().judge(*after, promises);
        ASSERT_EQ(wrong, "") << deed_name(deed) << ", " << fault_name(fault) << (sticky ? " sticky" : "") << " at operation "
                             << at << (status.ok() ? "" : ": " + status.error().message);
    }
    if (fault == Fault::interrupted || fault == Fault::short_transfer) {
        EXPECT_GT(passed, 0u) << "these are no failures: the run goes on";
    }
}

std::string parameter_name(const ::testing::TestParamInfo<std::tuple<Deed, Fault, bool>>& info) {
    std::string name = std::string(deed_name(std::get<0>(info.param))) + "_" + fault_name(std::get<1>(info.param)) +
                       (std::get<2>(info.param) ? "_sticky" : "_once");
    for (char& c : name) {
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    }
    return name;
}

INSTANTIATE_TEST_SUITE_P(Every, FailingOperations,
                         ::testing::Combine(::testing::Values(Deed::backup, Deed::copy, Deed::forget, Deed::prune, Deed::rotate),
                                            ::testing::Values(Fault::io, Fault::io_after, Fault::no_space, Fault::interrupted,
                                                              Fault::short_transfer),
                                            ::testing::Bool()),
                         parameter_name);

}  // namespace
}  // namespace custody::test
