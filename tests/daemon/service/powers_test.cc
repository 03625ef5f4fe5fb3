// Which drop-in a configuration needs, told before the first night.
#include "daemon/service/powers.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>

#include <linux/capability.h>

namespace custody {
namespace {

using test::is_ok;

constexpr std::uint64_t bit(unsigned one) { return std::uint64_t{1} << one; }
constexpr std::uint64_t kUnit = bit(CAP_DAC_READ_SEARCH) | bit(CAP_CHOWN);

TEST(Powers, TheUnitAloneDoesForFilesAndDatabases) {
    Config config;
    config.media.emplace_back();
    config.plans.emplace_back();
    EXPECT_TRUE(missing_powers(config, kUnit).empty());
    EXPECT_EQ(1U, missing_powers(config, 0).size());
}

TEST(Powers, RemovableMediaAndImagesAskForTheDropInOfDisks) {
    Config config;
    config.media.emplace_back().removable = true;
    config.plans.emplace_back().source = ImageSource{};
    const auto needs = missing_powers(config, kUnit);
    ASSERT_EQ(1U, needs.size());
    EXPECT_NE(std::string::npos, needs[0].type.find("disks.conf"));
    EXPECT_TRUE(missing_powers(config, kUnit | bit(CAP_SYS_ADMIN)).empty());
}

TEST(Powers, DrillsAskForTheirs) {
    Config config;
    config.keys.role = KeyRole::custodian;
    const auto needs = missing_powers(config, kUnit | bit(CAP_MKNOD));
    ASSERT_EQ(1U, needs.size());
    EXPECT_NE(std::string::npos, needs[0].type.find("drills.conf"));
    EXPECT_TRUE(missing_powers(config, kUnit | bit(CAP_MKNOD) | bit(CAP_LINUX_IMMUTABLE)).empty());
}

TEST(Powers, TheKernelSaysWhatThisProcessMay) { EXPECT_TRUE(is_ok(effective_capabilities())); }

}  // namespace
}  // namespace custody
