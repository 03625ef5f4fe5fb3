// Two vaults of a family, and parts of one in the other's place: which vault the folder is, is not the ledger's alone to say.
#include "tests/support/pack_fixtures.h"
#include "tests/support/results.h"
#include "tests/support/small_vault.h"
#include "vault/history/witness.h"
#include "vault/packs/format.h"
#include "vault/replicator.h"
#include "vault/vault_identity.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace custody::test {
namespace {

namespace fs = std::filesystem;
using Objects = std::map<std::string, Bytes>;

class RepairIdentity : public testing::Test {
protected:
    // "a" is copied to "b"; then a hold is laid in "a", of which "b" knows nothing.
    void SetUp() override {
        vault_.populate();
        hold();
        Repository a = vault_.open("a");
        id_a_ = a.header().vault;
        head_a_ = a.ledger().head();
        const Repository b = vault_.open("b");
        id_b_ = b.header().vault;
        a_ = vault_.objects("a");
        b_ = vault_.objects("b");
    }

    void hold() {
        Repository a = vault_.open("a");
        held_ = a.state().snapshots.begin()->first;
        LedgerEntry entry;
        entry.operation = Operation::hold;
        entry.snapshots = {held_};
        entry.details = {{"reason", "case 17"}};
        ASSERT_TRUE(is_ok(a.publish(entry, nullptr)));
    }

    void take_from_b(const std::string& folder) {
        fs::remove_all(fs::path(vault_.path("a")) / folder);
        fs::copy(fs::path(vault_.path("b")) / folder, fs::path(vault_.path("a")) / folder, fs::copy_options::recursive);
    }
    void drop(const std::string& folder) { fs::remove_all(fs::path(vault_.path("a")) / folder); }

    Result<RepairResult> repair_a(bool from_b) {
        std::optional<VaultId> elsewhere;
        if (from_b) elsewhere = id_b_;
        TRY_ASSIGN(Repository damaged, Repository::open(vault_.files(), vault_.clock(), vault_.path("a"), &vault_.keyring(),
                                                        OpenOptions{true, elsewhere}));
        if (!from_b) return repair(damaged, nullptr, silent_, stop_);
        Repository other = vault_.open("b");
        return repair(damaged, &other, silent_, stop_);
    }

    // Vault "a", with its hold; "b" is as it was, and the two still know each other.
    void expect_a() {
        Repository a = vault_.open("a");
        EXPECT_EQ(a.header().vault, id_a_);
        EXPECT_EQ(a.ledger().digest_of(head_a_.n), head_a_.hash);
        EXPECT_TRUE(is_held(a.state().snapshots.at(held_), vault_.clock().now()));
        EXPECT_EQ(vault_.objects("b"), b_);
        Repository b = vault_.open("b");
        EXPECT_TRUE(is_ok(copy_snapshots(a, b, {}, silent_, stop_)));
    }
    // But for the sessions' folder, which a run may have made.
    void expect_untouched(const Objects& before) {
        Objects now = vault_.objects("a");
        std::erase_if(now, [](const auto& each) { return each.first.starts_with("sessions/"); });
        EXPECT_EQ(now, before);
    }
    void expect_set_aside(const RepairResult& result, const std::string& object) {
        const auto found = std::find_if(result.set_aside.begin(), result.set_aside.end(),
                                        [&](const RepairResult::SetAside& one) { return one.object == object; });
        ASSERT_NE(found, result.set_aside.end());
        EXPECT_TRUE(fs::exists(fs::path(vault_.path("a")) / found->to));
    }

    SmallVault vault_;
    SilentProgress silent_;
    StopFlag stop_;
    ObjectId held_;
    VaultId id_a_, id_b_;
    RememberedHead head_a_;
    Objects a_, b_;
};

TEST_F(RepairIdentity, AnotherVaultsLedgerIsSetAsideAndTheOwnIsMadeFromItsWitnesses) {
    for (const bool from_b : {false, true}) {
        vault_.put_back("a", a_);
        take_from_b("ledger");
        const auto result = repair_a(from_b);
        ASSERT_TRUE(is_ok(result));
        EXPECT_TRUE(result->lost.empty());
        expect_set_aside(*result, "ledger");
        EXPECT_EQ(vault_.objects("a").at("vault.json"), a_.at("vault.json"));
        EXPECT_EQ(vault_.objects("a").at("aside/ledger/0000000000000001"), b_.at("ledger/0000000000000001"));
        expect_a();
        drop("aside");
        vault_.put_back("b", b_);
        vault_.forget_heads();
    }
}

TEST_F(RepairIdentity, SoItIsWithoutAMemory) {
    take_from_b("ledger");
    vault_.forget_heads();
    ASSERT_TRUE(is_ok(repair_a(false)));
    expect_a();
}

TEST_F(RepairIdentity, UntilThenTheVaultIsReadByItsWitnesses) {
    take_from_b("ledger");
    EXPECT_TRUE(fails_with(Code::corrupt, vault_.try_open("a")));
    Repository a = vault_.open("a", true);
    EXPECT_EQ(a.header().vault, id_a_);
    EXPECT_FALSE(a.ledger_damage().empty());
    EXPECT_TRUE(is_held(a.state().snapshots.at(held_), vault_.clock().now()));
    EXPECT_TRUE(is_ok(a.read_snapshot(held_)));
}

TEST_F(RepairIdentity, SomeEntriesOfAnotherVaultAreSetAsideToo) {
    vault_.write_object("a", ledger_name(1), b_.at(ledger_name(1)));
    vault_.write_object("a", ledger_name(2), b_.at(ledger_name(2)));
    const auto result = repair_a(false);
    ASSERT_TRUE(is_ok(result));
    expect_set_aside(*result, ledger_name(1));
    expect_set_aside(*result, ledger_name(2));
    expect_a();
}

// The newest entries are lost; that the vault was cut must not be hidden by what stands in their place going.
TEST_F(RepairIdentity, AForeignEntryThatAloneTellsOfALostOneStays) {
    const std::string last = ledger_name(head_a_.n);
    vault_.write_object("a", last, b_.at(ledger_name(1)));
    vault_.remove_object("a", witness_name(id_a_, head_a_.n));
    EXPECT_TRUE(fails_with(Code::corrupt, repair_a(false)));
    EXPECT_TRUE(vault_.objects("a").contains(last));
    // Where nobody remembers, it goes no further than aside, and that it cannot be told is said.
    vault_.forget_heads();
    const auto result = repair_a(false);
    ASSERT_TRUE(is_ok(result));
    expect_set_aside(*result, last);
    EXPECT_NE(result->set_aside.front().why.find("cannot be told"), std::string::npos);
}

TEST_F(RepairIdentity, ADamagedEntryAmongAnotherVaultsMakesItNotThisOnes) {
    take_from_b("ledger");
    vault_.write_object("a", ledger_name(2), text(100, 1));
    take_from_b("witness");
    const Objects before = vault_.objects("a");
    EXPECT_TRUE(fails_with(Code::corrupt, repair_a(false)));
    expect_untouched(before);
    vault_.put_back("a", a_);
    take_from_b("ledger");
    vault_.write_object("a", ledger_name(2), text(100, 1));
    ASSERT_TRUE(is_ok(repair_a(false)));
    expect_a();
}

TEST_F(RepairIdentity, WhatTheWitnessesDoNotReachIsNotGivenUp) {
    take_from_b("ledger");
    take_from_b("witness");  // "b" knows "a" as it was before the hold
    const Objects before = vault_.objects("a");
    for (const bool from_b : {false, true}) {
        EXPECT_TRUE(fails_with(Code::corrupt, repair_a(from_b)));
        expect_untouched(before);
    }
}

TEST_F(RepairIdentity, WitnessesInTheOtherVaultAreEnough) {
    Repository a = vault_.open("a");
    Repository b = vault_.open("b");
    ASSERT_TRUE(is_ok(copy_snapshots(a, b, {}, silent_, stop_)));  // leaves them there
    a_ = vault_.objects("a");
    b_ = vault_.objects("b");
    take_from_b("ledger");
    drop("witness/" + id_a_.hex());
    const Objects before = vault_.objects("a");
    EXPECT_TRUE(fails_with(Code::corrupt, repair_a(false)));
    expect_untouched(before);
    ASSERT_TRUE(is_ok(repair_a(true)));
    expect_a();
}

TEST_F(RepairIdentity, WithoutWitnessesOfItsOwnItIsStillNotTheOther) {
    take_from_b("ledger");
    drop("witness/" + id_a_.hex());
    for (const bool remembers : {true, false}) {
        if (!remembers) vault_.forget_heads();
        const Objects before = vault_.objects("a");
        EXPECT_TRUE(fails_with(Code::corrupt, repair_a(false)));
        expect_untouched(before);
    }
}

TEST_F(RepairIdentity, LedgerAndWitnessesOfAVaultItNeverMetLeaveTheHeaderInTheRight) {
    vault_.make_vault("c");
    vault_.back_up("c", "config", "etc", {{"etc/hosts", text(700, 1)}});
    for (const char* folder : {"ledger", "witness"}) {
        drop(folder);
        fs::copy(fs::path(vault_.path("c")) / folder, fs::path(vault_.path("a")) / folder, fs::copy_options::recursive);
    }
    const Objects before = vault_.objects("a");
    EXPECT_TRUE(fails_with(Code::corrupt, repair_a(false)));
    expect_untouched(before);
}

TEST_F(RepairIdentity, AHeaderAloneThatWasSwappedIsPutRight) {
    for (const bool remembers : {true, false}) {
        vault_.put_back("a", a_);
        vault_.write_object("a", "vault.json", b_.at("vault.json"));
        if (!remembers) vault_.forget_heads();
        ASSERT_TRUE(is_ok(repair_a(false)));
        EXPECT_EQ(vault_.objects("a").at("vault.json"), a_.at("vault.json"));
        EXPECT_EQ(vault_.open("a").header().vault, id_a_);
    }
    expect_a();
}

TEST_F(RepairIdentity, AHeaderThatIsGoneWithAnotherVaultsLedgerIsMadeFromTheWitness) {
    take_from_b("ledger");
    vault_.remove_object("a", "vault.json");
    ASSERT_TRUE(is_ok(repair_a(false)));
    EXPECT_EQ(vault_.objects("a").at("vault.json"), a_.at("vault.json"));
    expect_a();
}

TEST_F(RepairIdentity, HeaderAndLedgerTogetherAreAClone) {
    take_from_b("ledger");
    vault_.write_object("a", "vault.json", b_.at("vault.json"));
    EXPECT_EQ(vault_.open("a", true).header().vault, id_b_);
}

// Nothing is stored in either, and each knows the other's whole ledger: here nobody can tell, and nobody guesses.
TEST_F(RepairIdentity, WhereNothingTellsTheOtherVaultDoes) {
    for (const char* name : {"c", "d"}) vault_.make_vault(name);
    Repository c = vault_.open("c");
    Repository d = vault_.open("d");
    ASSERT_TRUE(is_ok(copy_snapshots(c, d, {}, silent_, stop_)));
    fs::remove_all(fs::path(vault_.path("c")) / "ledger");
    fs::copy(fs::path(vault_.path("d")) / "ledger", fs::path(vault_.path("c")) / "ledger", fs::copy_options::recursive);
    const auto contested = vault_.try_open("c", true);
    ASSERT_TRUE(fails_with(Code::corrupt, contested));
    EXPECT_NE(contested.error().message.find("--from"), std::string::npos);
    auto open = [&](const VaultId& elsewhere) {
        return Repository::open(vault_.files(), vault_.clock(), vault_.path("c"), &vault_.keyring(),
                                OpenOptions{true, elsewhere});
    };
    EXPECT_EQ(open(d.header().vault)->header().vault, c.header().vault);
    EXPECT_EQ(open(c.header().vault)->header().vault, d.header().vault);
    auto damaged = open(d.header().vault);
    ASSERT_TRUE(is_ok(repair(*damaged, &d, silent_, stop_)));
    EXPECT_EQ(vault_.open("c").header().vault, c.header().vault);
}

}  // namespace
}  // namespace custody::test
