// A disk flips a bit in the only vault there is: what a person types, and what he is told, until everything is whole again.
#include "tests/cli/cli_fixture.h"

#include <fstream>

namespace custody::test {
namespace {

namespace fs = std::filesystem;

std::string largest_pack(const std::string& vault) {
    std::string largest;
    for (const auto& item : fs::recursive_directory_iterator(vault + "/packs")) {
        if (!item.is_regular_file()) continue;
        if (largest.empty() || item.file_size() > fs::file_size(largest)) largest = item.path();
    }
    return largest;
}

void flip_middle(const std::string& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(fs::file_size(path) / 2);
    char byte = 0;
    file.seekg(middle).get(byte);
    file.seekp(middle).put(static_cast<char>(byte ^ 1));
    ASSERT_TRUE(file.good());
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct DamagedOffice : Office {
    explicit DamagedOffice(const std::string& purpose) : Office(purpose) {
        fill_source();
        EXPECT_EQ(custody({"init"}).exit, 0);
        EXPECT_EQ(backup().exit, 0);
        const std::string path = largest_pack(custody.vault());
        pack = path.substr(custody.vault().size() + 1);
        flip_middle(path);
    }
    // The source as each snapshot gives it back; their number.
    std::size_t expect_restored() const {
        const Json snapshots = json_of(custody({"snapshots", "--json"}));
        for (const Json& snapshot : snapshots) {
            const std::string target = folder / ("restored-" + snapshot["id"].get<std::string>().substr(0, 12));
            const Outcome restored = custody({"restore", snapshot["id"].get<std::string>(), "--target", target});
            EXPECT_EQ(restored.exit, 0) << restored.err;
            for (const char* name : {"/readme", "/noise", "/hồ sơ/danh sách.csv", "/hồ sơ/2026/Báo cáo quý.txt"}) {
                EXPECT_TRUE(read_file_text(target + source + name) == read_file_text(source + name)) << name;
            }
        }
        return snapshots.size();
    }
    std::string pack;
};

TEST(DamagedPack, WhatIsTypedAndSaidUntilEverythingIsWholeAgain) {
    const DamagedOffice office("cli-damaged-pack");
    const Outcome found = office.custody({"verify", "--level", "full"});
    EXPECT_EQ(found.exit, 4);
    EXPECT_TRUE(says(found.out, office.pack)) << found.out;
    EXPECT_TRUE(says(found.out, "back up the same sources again")) << found.out;

    const Outcome proven = office.custody({"repair"});
    EXPECT_EQ(proven.exit, 4);
    EXPECT_TRUE(says(proven.out, "NOT HEALED " + office.pack)) << proven.out;
    EXPECT_TRUE(says(proven.out, "back up the same sources again")) << proven.out;

    const Outcome status = office.custody({"status", "--check"});
    EXPECT_EQ(status.exit, 1);
    EXPECT_TRUE(says(status.out, office.pack + " is damaged")) << status.out;
    EXPECT_EQ(json_of(office.custody({"status", "--json"}))["vault"]["damaged_packs"], Json::array({office.pack}));

    const Outcome stored = office.backup({"--json"});
    EXPECT_EQ(stored.exit, 0) << stored.err;
    EXPECT_GE(json_of(stored)["bytes"]["new"].get<std::uint64_t>(), 700'000U);
    EXPECT_TRUE(says(stored.err, "found damaged")) << stored.err;
    const Outcome next = office.backup({"--json"});
    EXPECT_EQ(json_of(next)["bytes"]["new"], 0);
    EXPECT_FALSE(says(next.err, "found damaged")) << "said once: " << next.err;

    const Outcome healed = office.custody({"repair"});
    EXPECT_EQ(healed.exit, 0) << healed.out;
    EXPECT_TRUE(says(healed.out, "removed " + office.pack)) << healed.out;
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
    EXPECT_TRUE(json_of(office.custody({"status", "--json"}))["vault"]["damaged_packs"].empty());
    EXPECT_EQ(office.expect_restored(), 3U);
}

TEST(DamagedPack, PruneTakesItAwayTooOnceTheContentWasStoredAnew) {
    const DamagedOffice office("cli-damaged-prune");
    EXPECT_EQ(office.custody({"repair"}).exit, 4);
    const Outcome kept = office.custody({"prune", "--grace", "0s"});
    EXPECT_EQ(kept.exit, 0) << kept.err;
    EXPECT_TRUE(says(kept.err, office.pack + " is damaged and stays")) << kept.err;
    EXPECT_TRUE(fs::exists(office.custody.vault() + "/" + office.pack));
    EXPECT_EQ(office.backup().exit, 0);
    EXPECT_EQ(office.custody({"prune", "--grace", "0s"}).exit, 0);
    EXPECT_FALSE(fs::exists(office.custody.vault() + "/" + office.pack));
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
    EXPECT_EQ(office.expect_restored(), 2U);
}

// Found and not yet repaired: a prune does not make it worse, and what a keyless look finds is the same.
TEST(DamagedPack, VerifyWithoutKeysFindsItAndRepairWithAnotherVaultNeedsNoBackup) {
    const DamagedOffice office("cli-damaged-from");
    const std::string other = office.folder / "other";
    EXPECT_EQ(office.custody({"verify", "--keyless"}).exit, 4);
    // From what the damaged vault still has, nothing can be copied that needs the pack.
    EXPECT_EQ(office.custody({"init", "--vault", other}).exit, 0);
    EXPECT_EQ(office.custody({"backup", office.source, "--label", "business", "--name", "srv", "--vault", other}).exit, 0);
    EXPECT_EQ(office.custody({"repair"}).exit, 4);
    const Outcome healed = office.custody({"repair", "--from", other});
    EXPECT_EQ(healed.exit, 0) << healed.out << healed.err;
    EXPECT_EQ(office.custody({"verify", "--level", "full"}).exit, 0);
    EXPECT_TRUE(json_of(office.custody({"status", "--json"}))["vault"]["damaged_packs"].empty());
    EXPECT_EQ(office.expect_restored(), 1U);
}

}  // namespace
}  // namespace custody::test
