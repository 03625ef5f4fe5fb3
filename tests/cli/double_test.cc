// Content that two hosts stored under one key, for neither relies on what the other lists: one place is enough, if it is proven.
#include "tests/cli/cli_fixture.h"

#include <algorithm>
#include <functional>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

class Doubles : public testing::Test {
protected:
    void SetUp() override {
        for (unsigned i = 0; i < 3; ++i) write_file(source() + "/" + std::to_string(i), noise(150'000, 40 + i));
        must(custodian_, {"init"});
        const std::string keys = scratch_ / "web01.keys";
        must(custodian_, {"key", "export", "--writer", "--host", "web01", "--label", "business", "--output", keys});
        must(writer_, {"key", "import", keys});
        back_up(custodian_, "custodian");
        back_up(writer_, "writer");
        ASSERT_EQ(large_packs().size(), 2u) << "or neither stored what the other has";
    }
    [[nodiscard]] std::string source() const {
        fs::create_directories(scratch_ / "source");
        return scratch_ / "source";
    }
    static Outcome must(const Vault& host, std::vector<std::string> arguments) {
        const std::string command = arguments.front();
        Outcome outcome = host(std::move(arguments));
        EXPECT_EQ(outcome.exit, 0) << command << ": " << outcome.out << outcome.err;
        return outcome;
    }
    void back_up(const Vault& host, const std::string& name) const {
        must(host, {"backup", source(), "--label", "business", "--name", name});
    }
    [[nodiscard]] Json prune(bool compact) const {
        std::vector<std::string> arguments = {"prune", "--grace", "0s", "--json"};
        if (compact) arguments.emplace_back("--compact");
        return json_of(must(custodian_, arguments));
    }
    [[nodiscard]] std::vector<fs::path> large_packs() const {
        std::vector<fs::path> packs;
        for (const auto& item : fs::recursive_directory_iterator(custodian_.vault() + "/packs")) {
            if (item.is_regular_file() && item.file_size() > 400'000) packs.push_back(item.path());
        }
        std::sort(packs.begin(), packs.end());
        return packs;
    }
    void expect_back() {
        for (const char* name : {"custodian", "writer"}) {
            const std::string target = scratch_ / ("target" + std::to_string(++targets_));
            must(custodian_, {"restore", std::string("latest:") + name, "--target", target, "--strip-prefix", source()});
            for (const auto& item : fs::directory_iterator(source())) {
                const std::string file = item.path().filename().string();
                EXPECT_EQ(read_file_text(target + "/" + file), read_file_text(item.path())) << name << ", " << file;
            }
        }
    }

    ScratchFolder scratch_{"cli-doubles"};
    const Vault custodian_{scratch_ / "custodian", scratch_ / "vault"}, writer_{scratch_ / "writer", scratch_ / "vault"};
    int targets_ = 0;
};

TEST_F(Doubles, OnePlaceIsEnoughToCompact) {
    EXPECT_EQ(prune(false)["packs_removed"], 0) << "without the passphrase nothing can be proven";
    const Json pruned = prune(true);
    EXPECT_GE(pruned["packs_removed"], 1);
    EXPECT_GT(pruned["bytes_freed"], 400'000);
    EXPECT_EQ(large_packs().size(), 1u);
    expect_back();
    must(custodian_, {"verify", "--level", "full"});
    const Json again = prune(true);
    EXPECT_EQ(again["packs_removed"], 0);
    EXPECT_EQ(again["packs_repacked"], 0);

    write_file(source() + "/0", noise(150'000, 50));
    back_up(writer_, "writer");
    back_up(custodian_, "custodian");
    expect_back();
    must(custodian_, {"forget", "--name", "custodian", "--keep-last", "1"});
    must(custodian_, {"forget", "--name", "writer", "--keep-last", "1"});
    for (int i = 0; i < 2; ++i) (void)prune(true);
    expect_back();
    must(custodian_, {"verify", "--level", "full"});
}

// Whichever of the two would have been kept.
TEST_F(Doubles, APlaceThatIsDamagedCutOrMissingIsNoneToRelyOn) {
    const std::string vault = custodian_.vault(), whole = scratch_ / "whole";
    fs::copy(vault, whole, fs::copy_options::recursive);
    const std::vector<fs::path> packs = large_packs();
    const std::vector<std::function<void(const fs::path&)>> harms = {
        [](const fs::path& pack) { fs::remove(pack); },
        [](const fs::path& pack) { fs::resize_file(pack, 300'000); },
        [](const fs::path& pack) {  // nobody knows of it yet
            std::string bytes = read_file_text(pack);
            bytes[200'000] = static_cast<char>(bytes[200'000] ^ 1);
            write_file(pack, bytes);
        },
    };
    for (const fs::path& pack : packs) {
        for (std::size_t harm = 0; harm < harms.size(); ++harm) {
            SCOPED_TRACE(pack.string() + ", harm " + std::to_string(harm));
            fs::remove_all(vault);
            fs::copy(whole, vault, fs::copy_options::recursive);
            for (const char* host : {"/custodian", "/writer"}) fs::remove_all(scratch_.path() + host + "/keyring/heads");
            fs::permissions(pack, fs::perms::owner_all);
            harms[harm](pack);
            (void)prune(true);
            expect_back();
        }
    }
}

}  // namespace
}  // namespace custody::test
