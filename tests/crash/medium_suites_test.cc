// What `init` says of a loop-mounted file system of each kind; and suites that are written for one folder, run once more, as a
// process of their own, with their vaults on it: the damage matrix, and prune beside writers that are killed.
//
// Fault model: theirs. The whole suites when scripts/crash asks for it; else a few of their tests.
#include "tests/support/medium.h"
#include "tests/support/program.h"

#include <filesystem>

namespace custody::test {
namespace {

class SuitesOnMedium : public testing::TestWithParam<std::string> {
protected:
    SuitesOnMedium() : medium_(GetParam(), 256 << 20) {}
    void SetUp() override {
        if (!medium_.ready()) GTEST_SKIP() << medium_.why_not();
    }
    void expect_passes(const std::string& tests) {
        Program suite;
        suite.path = std::filesystem::read_symlink("/proc/self/exe");
        suite.arguments = {"--gtest_filter=" + tests, "--gtest_brief=1"};
        suite.environment = {
            {"CUSTODY_TEST_VAULT_ROOT", medium_.path()}, {"GTEST_FILTER", ""}, {"GTEST_OUTPUT", ""}, {"GTEST_TOTAL_SHARDS", ""}};
        const Outcome outcome = run(suite);
        EXPECT_EQ(outcome.exit, 0) << outcome.out << outcome.err;
        EXPECT_EQ(outcome.out.find("did not match any test"), std::string::npos) << outcome.out;
        EXPECT_NE(outcome.out.find("PASSED"), std::string::npos) << outcome.out;
        EXPECT_EQ(outcome.out.find("0 tests."), std::string::npos) << "no such test any more: " << tests;
    }
    Medium medium_;
};

TEST_P(SuitesOnMedium, HoldThere) {
    expect_passes(long_run() ? "DamageMatrix.*:PruneBesideWritersTest.*"
                             : "DamageMatrix.NewVaultIsFilled*:DamageMatrix.VaultRolledBack*");
}

TEST_P(SuitesOnMedium, InitWarnsByNameOfWhatKeepsNoJournal) {
    const ScratchFolder scratch("init");
    const Vault vault(scratch.path(), medium_ / "vault");
    const Outcome made = vault({"init"});
    EXPECT_EQ(made.exit, 0) << made.err;
    const std::string name = GetParam() == "ntfs-3g" ? "NTFS" : "exFAT";
    const std::string warning = vault.vault() + " lies on " + name + " (fuseblk): it keeps no journal, so that a power cut can";
    EXPECT_EQ(made.err.find(warning) == std::string::npos, survives_power_cuts(GetParam())) << made.err;
    EXPECT_EQ(made.err.find("keeps no journal") == std::string::npos, survives_power_cuts(GetParam())) << made.err;
}

INSTANTIATE_TEST_SUITE_P(, SuitesOnMedium, testing::ValuesIn(file_system_kinds()), medium_name);

}  // namespace
}  // namespace custody::test
