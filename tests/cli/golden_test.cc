// Vaults of format 1 as they were made in November 2026 (tests/golden/make_vault): whatever changes in the program, they are
// read.
#include "tests/cli/cli_fixture.h"

#include <unistd.h>

#include <fstream>

namespace custody::test {
namespace {

const std::string kGolden = CUSTODY_TESTS "/golden";
const std::string kSource = "/var/tmp/custody-golden";  // where the tree was that they hold

class GoldenVault : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        const Outcome unpacked =
            run({"/usr/bin/tar", {"-xJf", kGolden + "/format-1-" + GetParam() + ".tar.xz", "-C", folder_.path()}, {}, {}, {}});
        ASSERT_EQ(unpacked.exit, 0) << unpacked.err;
    }
    Outcome custody(std::vector<std::string> arguments) const {
        Program program = vault_.command(std::move(arguments));
        program.environment["CUSTODY_PASSPHRASE"] = "khóa cho kho mẫu";
        program.environment["CUSTODY_KIT_PASSPHRASE"] = "kit of the golden vault";
        return run(program);
    }
    Outcome restore_to(const std::string& target) const {
        return custody({"restore", "latest:tree", "--target", target, "--strip-prefix", kSource});
    }
    void expect_tree(const std::string& folder) const {
        const Outcome manifest = run({"/usr/bin/python3", {kGolden + "/manifest.py", folder}, {{"LC_ALL", "C"}}, {}, {}});
        ASSERT_EQ(manifest.exit, 0) << manifest.err;
        EXPECT_EQ(manifest.out, read_file(kGolden + "/tree.manifest"));
    }
    static std::string read_file(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    ScratchFolder folder_ = ScratchFolder::for_vaults("golden");
    Vault vault_{folder_.path()};
};

TEST_P(GoldenVault, IsVerifiedAndWrittenTo) {
    const Outcome verified = custody({"verify", "--level", "full"});
    ASSERT_EQ(verified.exit, 0) << verified.out << verified.err;
    const Json list = json_of(custody({"snapshots", "--json"}));
    ASSERT_EQ(list.size(), 2u);
    const Outcome stream = custody({"cat", "latest:dump.sql", "dump.sql"});
    EXPECT_EQ(stream.out, "create table t (i int);\n") << stream.err;
    const Outcome held = custody({"forget", "latest:dump.sql"});
    EXPECT_EQ(held.exit, 5) << held.err;

    const std::string target = folder_ / "target";
    ASSERT_EQ(restore_to(target).exit, 0);
    const Outcome again = custody({"backup", target, "--label", "business", "--name", "tree", "--json"});
    ASSERT_EQ(again.exit, 0) << again.err;
    EXPECT_EQ(json_of(again)["bytes"]["new"], 0) << "its chunks are found";
    EXPECT_EQ(custody({"forget", "--name", "tree", "--keep-last", "1"}).exit, 0);
    EXPECT_EQ(custody({"prune", "--grace", "0h"}).exit, 0);
    const Outcome full = custody({"verify", "--level", "full"});
    EXPECT_EQ(full.exit, 0) << full.out << full.err;
}

TEST_P(GoldenVault, GivesEveryItemBackAsItWas) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can give the items their owners, and with them setuid";
    const Outcome restored = restore_to(folder_ / "target");
    ASSERT_EQ(restored.exit, 0) << restored.err;
    expect_tree(folder_ / "target");
}

TEST_P(GoldenVault, OpensWithItsKit) {
    std::filesystem::rename(vault_.keyring(), folder_ / "lost");
    const Outcome imported = custody({"key", "import", folder_ / "kit"});
    ASSERT_EQ(imported.exit, 0) << imported.err;
    const Outcome stream = custody({"cat", "latest:dump.sql", "dump.sql"});
    EXPECT_EQ(stream.out, "create table t (i int);\n") << stream.err;
}

std::string suite_name(const testing::TestParamInfo<const char*>& made) {
    return std::string(made.param) == "suite-1" ? "standard" : "modern";
}

INSTANTIATE_TEST_SUITE_P(BothSuites, GoldenVault, testing::Values("suite-1", "suite-2"), suite_name);

}  // namespace
}  // namespace custody::test
