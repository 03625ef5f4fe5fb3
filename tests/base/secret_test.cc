#include "base/secret.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>

namespace custody {
namespace {

TEST(SecretTest, IsZeroedWhenMadeAndCopiedOnlyByClone) {
    Secret secret(40);
    EXPECT_EQ(secret.size(), 40u);
    EXPECT_TRUE(std::all_of(secret.view().begin(), secret.view().end(), [](Byte b) { return b == 0; }));
    secret.mutable_view()[0] = 9;
    const Secret copy = secret.clone();
    secret.mutable_view()[0] = 1;
    EXPECT_EQ(copy.view()[0], 9);
}

TEST(SecretTest, MovedFromIsEmpty) {
    Secret secret = Secret::random(32);
    const Secret moved = std::move(secret);
    EXPECT_EQ(moved.size(), 32u);
    EXPECT_TRUE(secret.empty());  // NOLINT: what a moved-from Secret promises
    EXPECT_TRUE(secret.view().empty());
}

TEST(SecretTest, EmptyIsFine) {
    EXPECT_TRUE(Secret().empty());
    EXPECT_TRUE(Secret(0).clone().empty());
    EXPECT_TRUE(Secret::random(0).view().empty());
}

TEST(SecretTest, ComparesInConstantTimeByContentAndLength) {
    const Secret a = Secret::copy_of(as_bytes("abc"));
    EXPECT_TRUE(equal_in_constant_time(a.view(), as_bytes("abc")));
    EXPECT_FALSE(equal_in_constant_time(a.view(), as_bytes("abd")));
    EXPECT_FALSE(equal_in_constant_time(a.view(), as_bytes("ab")));
    EXPECT_TRUE(equal_in_constant_time({}, {}));
}

TEST(SecretTest, WipeZeroes) {
    Bytes bytes(10, 7);
    wipe(bytes);
    EXPECT_EQ(bytes, Bytes(10));
}

TEST(HardenProcessTest, SwitchesCoreDumpsOff) {
    EXPECT_EXIT(
        {
            const bool hardened = harden_process().ok();
            rlimit limit{};
            getrlimit(RLIMIT_CORE, &limit);
            std::exit(hardened && limit.rlim_max == 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace custody
