// A vault that went back to an older copy of itself: every command says the same, and a person can accept it knowingly.
#include "tests/cli/cli_fixture.h"

namespace custody::test {
namespace {

namespace fs = std::filesystem;

// A vault with one backup, put away; then two more; then the old copy is put in place of the new one.
struct RolledBack : Office {
    explicit RolledBack(const std::string& purpose) : Office(purpose) {
        fill_source();
        EXPECT_EQ(custody({"init"}).exit, 0);
        EXPECT_EQ(backup().exit, 0);
        old_entries = entries();
        fs::copy(custody.vault(), folder / "old", fs::copy_options::recursive);
        for (int i = 0; i < 2; ++i) EXPECT_EQ(backup().exit, 0);
        new_entries = entries();
        fs::rename(custody.vault(), folder / "newer");
        fs::rename(folder / "old", custody.vault());
    }
    [[nodiscard]] std::uint64_t entries() const {
        return json_of(custody({"status", "--json"}))["vault"]["ledger_entries"].get<std::uint64_t>();
    }
    std::uint64_t old_entries = 0, new_entries = 0;
};

std::string line_of(const std::string& text, const std::string& part) {
    const std::size_t at = text.find(part);
    if (at == std::string::npos) return "";
    return text.substr(at, text.find('\n', at) - at);
}

TEST(Rollback, StatusVerifyAndBackupSayTheSame) {
    const RolledBack office("cli-rollback-said");
    const Outcome backup = office.backup();
    EXPECT_EQ(backup.exit, 4);
    EXPECT_TRUE(one_clear_line(backup));
    const std::string said = line_of(backup.err, "the vault ");
    EXPECT_NE(said.find("remembers entry " + std::to_string(office.new_entries)), std::string::npos) << said;
    EXPECT_NE(said.find("ends at entry " + std::to_string(office.old_entries)), std::string::npos) << said;
    EXPECT_NE(said.find("2 entries are missing"), std::string::npos) << said;
    EXPECT_NE(said.find("--accept-rollback " + std::to_string(office.old_entries)), std::string::npos) << said;

    const Outcome status = office.custody({"status", "--check"});
    EXPECT_EQ(status.exit, 1);
    EXPECT_NE(status.out.find("ROLLED BACK"), std::string::npos) << status.out;
    EXPECT_NE(status.out.find(said), std::string::npos) << status.out;
    EXPECT_EQ(status.out.find("the one this keyring remembers\n"), std::string::npos) << "that would contradict it";
    const Json document = json_of(office.custody({"status", "--json"}));
    EXPECT_EQ(document["vault"]["head"], "rolled back");
    EXPECT_EQ(document["vault"]["remembered_entries"], office.new_entries);

    const Outcome verify = office.custody({"verify"});
    EXPECT_EQ(verify.exit, 4);
    EXPECT_NE(verify.out.find(said), std::string::npos) << verify.out;

    const Outcome snapshots = office.custody({"snapshots", "--json"});
    EXPECT_EQ(snapshots.exit, 4) << "two are not in the list";
    EXPECT_EQ(json_of(snapshots).size(), 1u);
    EXPECT_NE(snapshots.err.find(said), std::string::npos) << snapshots.err;
    const Outcome ls = office.custody({"ls", "latest"});
    EXPECT_EQ(ls.exit, 0) << "what is there can be read";
    EXPECT_NE(ls.err.find(said), std::string::npos) << ls.err;
}

TEST(Rollback, SnapshotsOfADamagedVaultAreListedAndTheDamageEndsIt) {
    Office office("cli-damaged-listed");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    EXPECT_EQ(office.custody({"snapshots"}).exit, 0);
    write_file(office.custody.vault() + "/vault.json", "{}");
    const Outcome outcome = office.custody({"snapshots", "--json"});
    EXPECT_EQ(outcome.exit, 4);
    EXPECT_EQ(json_of(outcome).size(), 1u);
    EXPECT_NE(outcome.err.find("vault.json"), std::string::npos) << outcome.err;
}

TEST(Rollback, IsAcceptedByTheNumberOfTheHeadAndEnteredInTheLedger) {
    const RolledBack office("cli-rollback-accepted");
    const Outcome other = office.custody({"verify", "--accept-rollback", std::to_string(office.new_entries)});
    EXPECT_EQ(other.exit, 2) << other.err;
    EXPECT_NE(other.err.find("--accept-rollback " + std::to_string(office.old_entries)), std::string::npos) << other.err;
    EXPECT_EQ(office.backup().exit, 4) << "a wrong number accepts nothing";
    EXPECT_EQ(office.custody({"verify", "--accept-rollback", "all"}).exit, 2);

    const Outcome accepted = office.custody({"verify", "--accept-rollback", std::to_string(office.old_entries)});
    EXPECT_EQ(accepted.exit, 0) << accepted.out << accepted.err;
    EXPECT_NE(accepted.err.find("accepted: "), std::string::npos) << accepted.err;
    EXPECT_EQ(office.entries(), office.old_entries + 1);
    const Json status = json_of(office.custody({"status", "--json"}));
    EXPECT_EQ(status["vault"]["head"], "reached");
    EXPECT_EQ(office.backup().exit, 0);
    const Outcome full = office.custody({"verify", "--level", "full"});
    EXPECT_EQ(full.exit, 0) << full.out;

    char name[17];
    std::snprintf(name, sizeof name, "%016llu", static_cast<unsigned long long>(office.old_entries + 1));
    const Json entry = Json::parse(read_file_text(office.custody.vault() + "/ledger/" + name));
    EXPECT_EQ(entry["body"]["details"]["accepted_rollback"]["n"], office.new_entries) << entry.dump();
}

// Their witnesses are there: what can be healed is nobody's loss to accept.
TEST(Rollback, LostLedgerEntriesAreHealedFromTheirWitnessesNotGivenUp) {
    for (const bool all : {false, true}) {
        Office office(all ? "cli-ledger-emptied" : "cli-ledger-cut");
        office.fill_source();
        ASSERT_EQ(office.custody({"init"}).exit, 0);
        for (int i = 0; i < 3; ++i) ASSERT_EQ(office.backup().exit, 0);
        std::vector<fs::path> entries;
        for (const auto& entry : fs::directory_iterator(office.custody.vault() + "/ledger")) entries.push_back(entry.path());
        std::sort(entries.begin(), entries.end());
        for (std::size_t i = all ? 0 : entries.size() - 2; i < entries.size(); ++i) fs::remove(entries[i]);

        const Outcome verify = office.custody({"verify"});
        EXPECT_EQ(verify.exit, 4);
        EXPECT_EQ((verify.out + verify.err).find("--accept-rollback"), std::string::npos) << verify.out << verify.err;
        EXPECT_NE((verify.out + verify.err).find("its witness is there"), std::string::npos) << verify.out << verify.err;
        const Outcome repair = office.custody({"repair"});
        EXPECT_EQ(repair.exit, 0) << repair.out << repair.err;
        const Outcome again = office.custody({"verify", "--level", "structure"});
        EXPECT_EQ(again.exit, 0) << again.out << again.err;
        EXPECT_EQ(json_of(office.custody({"snapshots", "--json"})).size(), 3u);
    }
}

TEST(Rollback, NothingIsAcceptedWhereNothingWentBack) {
    const Office& office = shared_office();
    const Outcome outcome = office.custody({"verify", "--accept-rollback", "3"});
    EXPECT_EQ(outcome.exit, 2);
    EXPECT_TRUE(one_clear_line(outcome));
    EXPECT_NE(outcome.err.find("nothing to accept"), std::string::npos) << outcome.err;
}

TEST(Rollback, TheNewerVaultCanStillBeBroughtBack) {
    const RolledBack office("cli-rollback-undone");
    EXPECT_EQ(office.backup().exit, 4);
    fs::rename(office.custody.vault(), office.folder / "old");
    fs::rename(office.folder / "newer", office.custody.vault());
    EXPECT_EQ(office.backup().exit, 0);
    EXPECT_EQ(json_of(office.custody({"snapshots", "--json"})).size(), 4u);
}

}  // namespace
}  // namespace custody::test
