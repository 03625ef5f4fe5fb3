// A reader written in another language from docs/FORMAT.md alone opens what Custody wrote: the page is true and complete.
#include "tests/cli/cli_fixture.h"

#include <unistd.h>

#include <string>
#include <vector>

namespace custody::test {
namespace {

const char* const kReader = CUSTODY_TESTS "/golden/read_vault.py";
const char* const kPassphrase = "một cụm từ dài để thử";

Outcome read_vault(std::vector<std::string> arguments, const std::string& passphrase) {
    arguments.insert(arguments.begin(), kReader);
    return run({"/usr/bin/python3", std::move(arguments), {{"CUSTODY_PASSPHRASE", passphrase}}, {}, {}});
}

bool reader_runs() { return read_vault({"--help"}, "").exit == 0; }

constexpr const char* kMissing = "the reader's Python packages are not installed (scripts/setup --tests does it)";

class IndependentReader : public testing::TestWithParam<const char*> {
protected:
    Program command(std::vector<std::string> arguments) const {
        Program program = office_.custody.command(std::move(arguments));
        program.environment["CUSTODY_PASSPHRASE"] = kPassphrase;
        return program;
    }
    void must(std::vector<std::string> arguments) const {
        const Outcome outcome = run(command(arguments));
        ASSERT_EQ(outcome.exit, 0) << arguments.front() << ": " << outcome.out << outcome.err;
    }
    std::string newest() const {
        const Json list = json_of(run(command({"snapshots", "--json"})));
        return list.back()["id"].get<std::string>();
    }
    Office office_{"reader"};
};

TEST_P(IndependentReader, FindsInTheVaultWhatTheSourceHolds) {
    if (!reader_runs()) GTEST_SKIP() << kMissing;
    (void)make_exotic_tree(office_.source, {.immutable_flags = true, .deep_paths = false});
    must({"init", "--suite", GetParam()});
    must({"backup", office_.source, "--label", "business"});
    const std::string in_place = newest();
    const Outcome read =
        read_vault({office_.custody.vault(), office_.custody.keyring(), "--compare", in_place, "/"}, kPassphrase);
    EXPECT_EQ(read.exit, 0) << read.out << read.err;
    EXPECT_NE(read.err.find(in_place), std::string::npos) << read.err;
    EXPECT_EQ(read.out, "");

    write_file(office_.source + "/plain/text", "another text\n");
    const Outcome differs =
        read_vault({office_.custody.vault(), office_.custody.keyring(), "--compare", in_place, "/"}, kPassphrase);
    EXPECT_EQ(differs.exit, 1);
    EXPECT_NE(differs.out.find("plain/text"), std::string::npos) << differs.out;
}

TEST_P(IndependentReader, FollowsPruneRotationAndTheKit) {
    if (!reader_runs()) GTEST_SKIP() << kMissing;
    office_.fill_source();
    must({"init", "--suite", GetParam()});
    must({"backup", office_.source, "--label", "business"});
    must({"key", "rotate", "--label", "business"});
    for (int i = 0; i < 3; ++i) {
        write_file(office_.source + "/noise", noise(900'000, 7 + unsigned(i)));
        must({"backup", office_.source, "--label", "business"});
    }
    must({"forget", "--keep-last", "1"});
    must({"prune", "--grace", "0h"});
    must({"prune", "--grace", "0h"});
    const std::string kit = office_.folder / "kit";
    Program exported = command({"key", "export", "--recovery", "--output", kit});
    exported.environment["CUSTODY_KIT_PASSPHRASE"] = "another phrase for the kit";
    const Outcome made = run(exported);
    ASSERT_EQ(made.exit, 0) << made.err;
    const Outcome read =
        read_vault({office_.custody.vault(), "none", "--kit", kit, "--compare", newest(), "/"}, "another phrase for the kit");
    EXPECT_EQ(read.exit, 0) << read.out << read.err;
    EXPECT_NE(read.err.find(newest()), std::string::npos) << read.err;
}

INSTANTIATE_TEST_SUITE_P(BothSuites, IndependentReader, testing::Values("standard", "modern"),
                         [](const auto& suite) { return std::string(suite.param); });

}  // namespace
}  // namespace custody::test
