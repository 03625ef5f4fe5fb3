// What a person types when an object is not what its name says, when a hint is damaged, and when a vault went back: the words
// that are printed are followed, and lead out.
#include "tests/cli/cli_fixture.h"

namespace custody::test {
namespace {

namespace fs = std::filesystem;

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct Repaired : Office {
    explicit Repaired(const std::string& purpose) : Office(purpose), second(folder / "second") {
        fill_source();
        EXPECT_EQ(custody({"init"}).exit, 0);
        EXPECT_EQ(backup().exit, 0);
    }
    void copy_to_second() const {
        if (!fs::exists(second)) {
            EXPECT_EQ(custody({"init", "--vault", second}).exit, 0);
        }
        const Outcome copied = custody({"copy", "--to", second});
        EXPECT_EQ(copied.exit, 0) << copied.err;
    }
    [[nodiscard]] std::vector<fs::path> files_in(const std::string& path) const {
        std::vector<fs::path> found;
        for (const auto& item : fs::recursive_directory_iterator(path)) {
            if (item.is_regular_file()) found.push_back(item.path());
        }
        std::sort(found.begin(), found.end());
        return found;
    }
    void expect_sound() const {
        const Outcome verify = custody({"verify", "--level", "full"});
        EXPECT_EQ(verify.exit, 0) << verify.out << verify.err;
    }
    std::string second;
};

TEST(Repair, SwappedPacksAreExchangedBack) {
    const Repaired office("cli-repair-swapped");
    const auto packs = office.files_in(office.custody.vault() + "/packs");
    ASSERT_GE(packs.size(), 2U);
    fs::rename(packs[0], office.folder / "swapped");
    fs::rename(packs[1], packs[0]);
    fs::rename(office.folder / "swapped", packs[1]);
    EXPECT_EQ(office.custody({"verify", "--keyless"}).exit, 4);
    const Outcome repair = office.custody({"repair"});
    EXPECT_EQ(repair.exit, 0) << repair.out << repair.err;
    EXPECT_TRUE(says(repair.out, "2 objects healed")) << repair.out;
    office.expect_sound();
}

TEST(Repair, AFolderInPlaceOfAPackIsSetAsideAndThePackComesFromTheOtherVault) {
    const Repaired office("cli-repair-folder");
    office.copy_to_second();
    const fs::path pack = office.files_in(office.custody.vault() + "/packs").front();
    fs::remove(pack);
    fs::create_directory(pack);
    write_file(pack / "somebodys", "file");
    const Outcome verify = office.custody({"verify"});
    EXPECT_EQ(verify.exit, 4);
    EXPECT_TRUE(says(verify.out, pack.filename())) << verify.out;
    const Outcome repair = office.custody({"repair", "--from", office.second});
    EXPECT_EQ(repair.exit, 0) << repair.out << repair.err;
    EXPECT_TRUE(says(repair.out, "set aside packs/")) << repair.out;
    const auto aside = office.files_in(office.custody.vault() + "/aside");
    ASSERT_EQ(aside.size(), 1U);
    EXPECT_EQ(read_file_text(aside[0]), "file");
    EXPECT_TRUE(says(repair.out, aside[0].parent_path().filename())) << repair.out;
    office.expect_sound();
}

TEST(Repair, ADamagedRememberedHeadIsSetAsideAsTheMessageSays) {
    const Repaired office("cli-repair-head");
    const auto heads = office.files_in(office.custody.keyring() + "/heads");
    ASSERT_EQ(heads.size(), 1U);
    write_file(heads[0], "not a head");
    const Outcome listed = office.custody({"snapshots"});
    EXPECT_EQ(listed.exit, 4);
    EXPECT_TRUE(says(listed.err, heads[0]) && says(listed.err, "custody repair")) << listed.err;
    const Outcome repair = office.custody({"repair", "--json"});
    EXPECT_EQ(repair.exit, 0) << repair.out << repair.err;
    const Json document = json_of(repair);
    ASSERT_EQ(document["set_aside"].size(), 1U);
    EXPECT_EQ(read_file_text(document["set_aside"][0]["to"].get<std::string>()), "not a head");
    EXPECT_EQ(office.custody({"snapshots"}).exit, 0);
    EXPECT_EQ(office.backup().exit, 0);
}

TEST(Repair, ADamagedWitnessOfAVaultThatIsNotAtHandIsSetAsideAndCopyWritesItAgain) {
    const Repaired office("cli-repair-witness");
    office.copy_to_second();
    fs::path witness;
    const std::string own = read_file_text(office.files_in(office.custody.vault() + "/ledger").front());
    for (const auto& folder : fs::directory_iterator(office.custody.vault() + "/witness")) {
        const fs::path first = office.files_in(folder.path()).front();
        if (read_file_text(first) != own) witness = first;
    }
    ASSERT_FALSE(witness.empty());
    const std::string whole = read_file_text(witness);
    std::string damaged = whole;
    damaged[50] ^= 1;
    write_file(witness, damaged);
    const Outcome repair = office.custody({"repair"});
    EXPECT_EQ(repair.exit, 0) << repair.out << repair.err;
    EXPECT_TRUE(says(repair.out, witness.filename()) && says(repair.out, "custody copy")) << repair.out;
    office.copy_to_second();
    EXPECT_EQ(read_file_text(witness), whole);
    office.expect_sound();
}

TEST(Repair, AFolderAmongTheTemporaryFilesIsNamedPruneStepsOverItAndRepairSetsItAside) {
    const Repaired office("cli-repair-places");
    const fs::path vault = office.custody.vault();
    fs::create_directory(vault / "tmp/d");
    const Outcome verify = office.custody({"verify"});
    EXPECT_EQ(verify.exit, 4);
    EXPECT_TRUE(says(verify.out, "DAMAGED tmp/d: ")) << verify.out;
    const Outcome prune = office.custody({"prune"});
    EXPECT_EQ(prune.exit, 0) << prune.err;
    EXPECT_TRUE(says(prune.err, "tmp/d")) << prune.err;
    fs::remove(vault / "gc/lock");
    fs::create_directory(vault / "gc/lock");
    EXPECT_NE(office.custody({"prune"}).exit, 0);
    EXPECT_TRUE(says(office.custody({"verify", "--keyless"}).out, "DAMAGED gc/lock: "));
    EXPECT_EQ(office.custody({"repair"}).exit, 0);
    EXPECT_TRUE(fs::is_directory(vault / "aside/tmp-d"));
    EXPECT_EQ(office.custody({"prune"}).exit, 0);
    office.expect_sound();

    fs::remove_all(vault / "tmp");
    write_file(vault / "tmp", "file");
    EXPECT_TRUE(says(office.custody({"verify"}).out, "DAMAGED tmp: "));
    EXPECT_EQ(office.custody({"repair"}).exit, 0);
    EXPECT_EQ(office.backup().exit, 0);
    office.expect_sound();
}

// Each is damaged a little, and has what the other lacks.
TEST(Repair, ADamagedVaultHealsAnotherAsFarAsItIsWhole) {
    const Repaired office("cli-repair-both");
    office.copy_to_second();
    const fs::path vault = office.custody.vault(), second = office.second;
    const auto pack = fs::relative(office.files_in(vault / "packs").front(), vault);
    fs::remove(vault / pack);
    for (const char* entry : {"ledger/0000000000000001", "ledger/0000000000000002"}) write_file(vault / entry, "junk");
    write_file(second / "vault.json", "junk");
    write_file(second / "ledger/0000000000000002", "junk");
    const Outcome repair = office.custody({"repair", "--from", second});
    EXPECT_EQ(repair.exit, 0) << repair.out << repair.err;
    EXPECT_TRUE(says(repair.err, "custody repair --vault " + office.second)) << repair.err;
    EXPECT_TRUE(fs::exists(vault / pack));
    office.expect_sound();
    const Outcome back = office.custody({"repair", "--vault", second, "--from", vault});
    EXPECT_EQ(back.exit, 0) << back.out << back.err;
    EXPECT_EQ(office.custody({"verify", "--vault", second, "--level", "full"}).exit, 0);
}

// The vault went back, and another host wrote to it: what repair says is what copy accepts.
TEST(Repair, OfAVaultThatWentBackAndOnTheWordsLeadToACopy) {
    const Repaired office("cli-repair-went-back");
    const std::string vault = office.custody.vault(), heads = office.custody.keyring() + "/heads";
    fs::copy(vault, office.folder / "old", fs::copy_options::recursive);
    EXPECT_EQ(office.backup().exit, 0);
    fs::copy(heads, office.folder / "heads", fs::copy_options::recursive);
    fs::rename(vault, office.folder / "newer");
    fs::rename(office.folder / "old", vault);
    fs::remove_all(heads);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(office.backup().exit, 0);
    fs::remove_all(heads);
    fs::rename(office.folder / "heads", heads);
    const Outcome repair = office.custody({"repair"});
    EXPECT_EQ(repair.exit, 4) << repair.out;
    const std::string flag = "--accept-rollback ";
    ASSERT_TRUE(says(repair.err, flag)) << repair.err;
    EXPECT_FALSE(says(repair.err, "custody copy")) << "it would be refused";
    const std::string number = repair.err.substr(repair.err.find(flag) + flag.size(), 1);
    const Outcome accepted = office.custody({"verify", "--accept-rollback", number});
    EXPECT_EQ(accepted.exit, 0) << accepted.out << accepted.err;
    EXPECT_EQ(office.custody({"repair"}).exit, 0);
    office.copy_to_second();
}

}  // namespace
}  // namespace custody::test
