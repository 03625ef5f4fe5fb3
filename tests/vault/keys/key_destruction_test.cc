#include "vault/keys/key_destruction.h"

#include "tests/support/fake_clock.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/memory_store.h"
#include "tests/support/refusing_file_system.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"
#include "vault/history/witness.h"
#include "vault/keys/keyring_file.h"
#include "vault/keys/outstanding_copies.h"
#include "vault/packs/format.h"

#include <gtest/gtest.h>

#include <fstream>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;
using test::kCheapCost;
using test::secret_text;

class KeyDestructionTest : public testing::Test {
protected:
    test::ScratchFolder scratch_{"destruction"};
    test::FakeClock clock_;
    FileSystem& files_ = posix_file_system();
    Secret passphrase_ = secret_text("custodian");
    Secret kit_passphrase_ = secret_text("kit");
    Keyring keyring_ =
        Keyring::create(files_, clock_, scratch_ / "keyring", Suite::standard, "server-1", passphrase_, kCheapCost).value();
    Repository first_ = vault();
    Repository second_ = vault();

    Repository vault() { return Repository::create_in(std::make_unique<test::MemoryStore>(), clock_, keyring_).value(); }
    UnlockedKeyring unlocked() { return keyring_.unlock(passphrase_).value(); }
    Keyring reopened() { return Keyring::open(files_, clock_, scratch_ / "keyring").value(); }

    ObjectId add_snapshot(Repository& repository, std::string_view label) {
        SnapshotSummary summary;
        summary.time = clock_.now();
        summary.label = label;
        summary.name = "n";
        summary.host = "server-1";
        summary.kind = "files";
        const auto keys = keyring_.writer_keys(label).value();
        const EncodedSnapshot encoded = encode_snapshot(summary, *keys, keyring_.host_id(), keyring_.signing_seed()).value();
        EXPECT_TRUE(is_ok(repository.store().put(snapshot_name(encoded.id), encoded.bytes)));
        LedgerEntry entry;
        entry.operation = Operation::add;
        entry.snapshots = {encoded.id};
        entry.added = {{snapshot_name(encoded.id), encoded.bytes.size()}};
        EXPECT_TRUE(is_ok(repository.publish(entry, [](const LedgerState&, LedgerEntry&) { return done(); })));
        return encoded.id;
    }
    void hold(Repository& repository, const ObjectId& snapshot, Operation operation, const Json& details) {
        LedgerEntry entry;
        entry.operation = operation;
        entry.snapshots = {snapshot};
        entry.details = details;
        EXPECT_TRUE(is_ok(repository.publish(entry, [](const LedgerState&, LedgerEntry&) { return done(); })));
    }
    // As anybody can write it who reaches the vault's folder; the repository reads it.
    void claim_destroyed(Repository& repository, const LabelId& label, const Secret& seed, bool begun = false,
                         const DestructionWord& word = {}) {
        auto ledger = Ledger::load(repository.store(), repository.header().vault, std::nullopt);
        ASSERT_TRUE(is_ok(ledger));
        LedgerEntry entry;
        entry.operation = Operation::destroy_label;
        entry.time = clock_.now();
        entry.details = {{"label", label.hex()}};
        if (begun) entry.details["begun"] = true;
        if (word.copies) set_destruction_word(entry, *word.copies, word.keyrings);
        ASSERT_TRUE(is_ok(ledger->publish(std::move(entry), seed, nullptr)));
        ASSERT_TRUE(is_ok(repository.reload()));
    }
    Keyring from_kit(const std::string& name) {
        const ExportedKit kit = export_kit(keyring_, unlocked(), kit_passphrase_, {}, kCheapCost).value();
        return import_kit(files_, clock_, scratch_ / name, kit.file, kit_passphrase_, passphrase_, kCheapCost, "server-2")
            .value();
    }
    std::string mark(const LabelId& label) { return scratch_ / "keyring" + "/condemned/" + label.hex(); }
    void expect_untouched(const ObjectId& snapshot, const LabelId& label) {
        EXPECT_TRUE(first_.state().destroyed_labels.empty());
        EXPECT_TRUE(is_ok(first_.read_snapshot(snapshot)));
        EXPECT_TRUE(keyring_.condemned().value().empty());
        EXPECT_FALSE(files_.info(mark(label)).ok());
        EXPECT_TRUE(destroyed_but_held(first_).empty());
    }
    Result<DestructionResult> destroy(std::string_view label) {
        const std::array<Repository*, 2> vaults = {&first_, &second_};
        return destroy_label(keyring_, unlocked(), label, vaults);
    }
    std::string written(const std::string& name, ByteView bytes) {
        const std::string path = scratch_ / name;
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return path;
    }
    Bytes content(const std::string& path) { return read_file(files_, path, kMaxKeyringSize).value(); }
};

TEST_F(KeyDestructionTest, TheKeysGoAndEveryVaultIsTold) {
    add_snapshot(first_, "business");
    add_snapshot(second_, "config");
    const auto label = keyring_.writer_keys("business").value();
    const auto secret = unlocked().secrets(label->label).value();
    const auto result = destroy("business");
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->label.state, "passed with exceptions");  // no copy was ever made
    ASSERT_EQ(result->exceptions.size(), 1u);
    EXPECT_NE(result->exceptions[0].find(scratch_ / "keyring"), std::string::npos);
    EXPECT_EQ(result->told.size(), 2u);
    EXPECT_TRUE(result->unreached.empty());
    for (Repository* repository : {&first_, &second_}) {
        EXPECT_TRUE(repository->state().destroyed_labels.contains(label->label));
        EXPECT_EQ(repository->state().n, 4u) << "that it began, and that the keys are gone";
    }
    const Keyring after = reopened();
    EXPECT_EQ(after.writer_keys(label->label), nullptr);
    EXPECT_EQ(after.unlock(passphrase_).value().secrets(label->label).value(), nullptr);
    EXPECT_EQ(after.labels().size(), 4u);
    const std::string text(as_text(content(scratch_ / "keyring" + "/keyring")));
    for (const Secret* key : {&label->chunk_id_key, &label->gear_key, &label->summary_key, &secret->by_epoch.at(1)}) {
        EXPECT_EQ(text.find(to_hex(key->view())), std::string::npos);
    }
    EXPECT_EQ(text.find(to_hex(label->epoch_public)), std::string::npos);  // nor the sealed secret beside it
}

TEST_F(KeyDestructionTest, AKeyringSeenInAWitnessOnlyOwesTheLabelUntilItSaysOtherwise) {
    const LabelId label = keyring_.writer_keys("business").value()->label;
    const Secret other = Secret::random(kKeySize);
    // Of a vault that is not at hand: only this copy of its ledger's entry is.
    LedgerEntry far;
    far.n = 1;
    far.operation = Operation::init;
    far.time = clock_.now();
    const VaultId away = random_id<VaultId>();
    const Bytes entry = encode(far, away, other).value();
    ASSERT_TRUE(is_ok(write_witness(first_.store(), away, 1, entry)));
    const auto result = destroy("business");
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->label.state, "pending");
    ASSERT_EQ(result->label.outstanding_copies.size(), 1u);
    EXPECT_NE(outstanding_line(keyring_, result->label, result->label.outstanding_copies[0], {}).find(signer_id(other).hex()),
              std::string::npos);
    ASSERT_TRUE(is_ok(keyring_.settle_keyrings({{label, {signer_id(Secret::random(kKeySize))}}})));
    EXPECT_EQ(reopened().destroyed(label)->state, "pending") << "another's word";
    ASSERT_TRUE(is_ok(keyring_.settle_keyrings({{label, {signer_id(other)}}})));
    EXPECT_EQ(reopened().destroyed(label)->state, "passed with exceptions");
}

TEST_F(KeyDestructionTest, AWriterWhoseExportIsRegisteredIsCountedOnce) {
    const auto exported = keyring_.export_writer({}, "web01");
    ASSERT_TRUE(is_ok(exported));
    const auto result = destroy("business");
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->label.outstanding_copies, std::vector<std::uint32_t>{1}) << "the export, not its signer as well";
}

TEST_F(KeyDestructionTest, AHeldSnapshotForbidsItUntilTheHoldEnds) {
    const ObjectId snapshot = add_snapshot(second_, "database");
    hold(second_, snapshot, Operation::hold, {{"reason", "court case 12"}});
    const auto refused = destroy("database");
    ASSERT_TRUE(fails_with(Code::refused, refused));
    EXPECT_NE(refused.error().message.find("court case 12"), std::string::npos);
    EXPECT_NE(refused.error().message.find(snapshot.hex().substr(0, 12)), std::string::npos);
    EXPECT_TRUE(first_.state().destroyed_labels.empty());
    EXPECT_TRUE(keyring_.writer_keys("database").ok());
    hold(second_, snapshot, Operation::release, Json::object());
    EXPECT_TRUE(is_ok(destroy("database")));
}

TEST_F(KeyDestructionTest, AHoldOfAnotherLabelForbidsNothing) {
    hold(first_, add_snapshot(first_, "config"), Operation::hold, {{"reason", "audit"}});
    add_snapshot(first_, "database");
    EXPECT_TRUE(is_ok(destroy("database")));
}

TEST_F(KeyDestructionTest, LogsAreKeptForTheirLawfulTerm) {
    add_snapshot(first_, "log");
    const auto refused = destroy("log");
    ASSERT_TRUE(fails_with(Code::refused, refused));
    EXPECT_NE(refused.error().message.find("B12"), std::string::npos);
    // Half a year of backups passes, none of them of logs.
    for (int month = 0; month < 7; ++month) {
        clock_.advance(30 * kDay);
        add_snapshot(first_, "config");
        add_snapshot(second_, "config");
    }
    EXPECT_TRUE(is_ok(destroy("log")));
}

TEST_F(KeyDestructionTest, AClockThatCannotBeBelievedForbidsIt) {
    add_snapshot(first_, "log");
    clock_.advance(400 * kDay);
    EXPECT_TRUE(fails_with(Code::refused, destroy("log")));
    clock_.advance(-500 * kDay);
    EXPECT_TRUE(fails_with(Code::refused, destroy("config")));
}

TEST_F(KeyDestructionTest, ADamagedSnapshotForbidsIt) {
    const ObjectId id = add_snapshot(first_, "config");
    Bytes bytes = first_.store().get(snapshot_name(id), kMaxSnapshotSize).value();
    bytes[bytes.size() / 2] ^= 1;
    ASSERT_TRUE(is_ok(first_.store().remove(snapshot_name(id))));
    ASSERT_TRUE(is_ok(first_.store().put(snapshot_name(id), bytes)));
    EXPECT_TRUE(fails_with(Code::refused, destroy("database")));
}

TEST_F(KeyDestructionTest, IsRepeatedAfterACrashBetweenVaultsAndKeyring) {
    const LabelId label = keyring_.writer_keys("image").value()->label;
    LedgerEntry entry;
    entry.operation = Operation::destroy_label;
    entry.details = {{"label", label.hex()}};
    ASSERT_TRUE(is_ok(first_.publish(entry, [](const LedgerState&, LedgerEntry&) { return done(); })));
    ASSERT_TRUE(is_ok(destroy("image")));
    EXPECT_EQ(first_.state().n, 3u) << "not begun again; the early entry did not say which copies are outstanding";
    EXPECT_TRUE(second_.state().destroyed_labels.contains(label));
    EXPECT_TRUE(fails_with(Code::usage, destroy("image")));  // there is no such label any more
}

TEST_F(KeyDestructionTest, TheWordOfWhoHasNoSayChangesNothingButAWarning) {
    const ObjectId snapshot = add_snapshot(first_, "database");
    hold(first_, snapshot, Operation::hold, {{"reason", "court case 12"}});
    const LabelId label = keyring_.writer_keys("database").value()->label;
    const Secret stranger = Secret::random(kKeySize);
    claim_destroyed(first_, label, stranger);
    expect_untouched(snapshot, label);
    const auto warnings = first_.take_warnings();
    ASSERT_EQ(warnings.size(), 1u);
    for (const std::string& part : {std::string("entry 4 "), std::string("database"), signer_id(stranger).hex()}) {
        EXPECT_NE(warnings[0].find(part), std::string::npos) << warnings[0];
    }
    const auto refused = destroy("database");
    ASSERT_TRUE(fails_with(Code::refused, refused));
    EXPECT_NE(refused.error().message.find("court case 12"), std::string::npos);

    // A writer that this keyring exported is trusted with what it stores, and with no more.
    const Secret exported = keyring_.export_writer({}, "web01").value();
    const Keyring writer = Keyring::import_writer(files_, clock_, scratch_ / "writer", exported.view()).value();
    claim_destroyed(first_, label, writer.signing_seed());
    expect_untouched(snapshot, label);
}

TEST_F(KeyDestructionTest, WhoIsAWriterIsKnownToAllThatLearnOfHim) {
    const Keyring writer =
        Keyring::import_writer(files_, clock_, scratch_ / "w1", keyring_.export_writer({}, "web01").value().view()).value();
    const Keyring beside =
        Keyring::import_writer(files_, clock_, scratch_ / "w2", keyring_.export_writer({}, "web02").value().view()).value();
    Keyring kit_made = from_kit("restored");
    const Keyring later =
        Keyring::import_writer(files_, clock_, scratch_ / "w3", keyring_.export_writer({}, "web03").value().view()).value();
    ASSERT_TRUE(is_ok(kit_made.import_public(keyring_.export_public().value())));
    Keyring again = Keyring::open(files_, clock_, kit_made.folder()).value();
    EXPECT_TRUE(beside.custodians().contains(keyring_.signer()));
    EXPECT_FALSE(beside.custodians().contains(writer.signer()));
    EXPECT_TRUE(again.custodians().contains(keyring_.signer()));
    for (const Keyring* one : {&writer, &beside, &later}) {
        EXPECT_FALSE(again.custodians().contains(one->signer()));
        EXPECT_FALSE(reopened().custodians().contains(one->signer()));
    }
}

TEST_F(KeyDestructionTest, AWriterFollowsItsCustodianAndNoOtherWriter) {
    Keyring one =
        Keyring::import_writer(files_, clock_, scratch_ / "w1", keyring_.export_writer({}, "web01").value().view()).value();
    Keyring other =
        Keyring::import_writer(files_, clock_, scratch_ / "w2", keyring_.export_writer({}, "web02").value().view()).value();
    ASSERT_TRUE(is_ok(destroy("image")));
    ASSERT_TRUE(is_ok(one.import_public(keyring_.export_public().value())));
    ASSERT_FALSE(one.writer_keys("image").ok());
    ASSERT_TRUE(is_ok(other.import_public(one.export_public().value())));
    EXPECT_TRUE(other.writer_keys("image").ok());
    ASSERT_TRUE(is_ok(other.import_public(keyring_.export_public().value())));
    EXPECT_FALSE(other.writer_keys("image").ok());
}

TEST_F(KeyDestructionTest, AHoldIsAskedForAlsoWhereACustodianSaysThatTheLabelIsDestroyed) {
    Keyring other = from_kit("other");
    ASSERT_TRUE(is_ok(keyring_.import_public(other.export_public().value())));
    const ObjectId snapshot = add_snapshot(first_, "database");
    hold(first_, snapshot, Operation::hold, {{"reason", "court case 12"}});
    const LabelId label = keyring_.writer_keys("database").value()->label;
    claim_destroyed(first_, label, other.signing_seed());
    ASSERT_TRUE(first_.state().destroyed_labels.contains(label));
    const auto refused = destroy("database");
    ASSERT_TRUE(fails_with(Code::refused, refused));
    EXPECT_NE(refused.error().message.find("court case 12"), std::string::npos) << refused.error().message;
    EXPECT_TRUE(reopened().writer_keys("database").ok());
}

TEST_F(KeyDestructionTest, AMarkIsBoundToItsEntryAndGoesWithIt) {
    Keyring other = from_kit("other");
    ASSERT_TRUE(is_ok(keyring_.import_public(other.export_public().value())));
    const LabelId label = keyring_.writer_keys("database").value()->label;
    claim_destroyed(second_, label, other.signing_seed());
    ASSERT_EQ(keyring_.condemned().value().size(), 1u);
    const Keyring::Condemned kept = keyring_.condemned().value().front();
    EXPECT_EQ(kept.vault, second_.header().vault);
    EXPECT_EQ(kept.signer, other.signer());
    EXPECT_EQ(second_.ledger().digest_of(kept.n), kept.entry);
    ASSERT_TRUE(is_ok(first_.reload()));
    EXPECT_EQ(keyring_.condemned().value().size(), 1u) << "another vault says nothing of it";
    ASSERT_TRUE(is_ok(keyring_.absolve(kept)));

    // Of an entry that this vault does not have (any more).
    Keyring::Condemned gone = kept;
    gone.vault = first_.header().vault;
    ASSERT_TRUE(is_ok(keyring_.condemn(gone)));
    ASSERT_EQ(keyring_.condemned().value().size(), 1u);
    ASSERT_TRUE(is_ok(first_.reload()));
    EXPECT_TRUE(keyring_.condemned().value().empty());
    EXPECT_TRUE(keyring_.writer_keys("database").ok()) << "no mark destroys a key";

    // What carries no evidence, or a stranger's, is no mark.
    gone.signer = signer_id(Secret::random(kKeySize));
    ASSERT_TRUE(is_ok(keyring_.condemn(gone)));
    EXPECT_TRUE(keyring_.condemned().value().empty());
    std::ofstream(mark(label), std::ios::trunc).flush();
    EXPECT_TRUE(keyring_.condemned().value().empty());
    ASSERT_TRUE(is_ok(second_.reload()));
    EXPECT_EQ(keyring_.condemned().value().size(), 1u) << "and is written anew where the evidence is";
}

TEST_F(KeyDestructionTest, AKeyringThatOnlyBeganStillOwesTheLabel) {
    Keyring other = from_kit("other");
    const LabelId label = keyring_.writer_keys("image").value()->label;
    claim_destroyed(first_, label, other.signing_seed(), true);  // and then its machine went down
    ASSERT_TRUE(is_ok(destroy("image")));
    EXPECT_EQ(keyring_.destroyed(label)->outstanding_copies.size(), 2u) << "the kit, and the keyring that was made from it";
    Repository* const here[] = {&first_};
    const auto left_after = [&](bool begun, const DestructionWord& word) {
        claim_destroyed(first_, label, other.signing_seed(), begun, word);
        EXPECT_TRUE(is_ok(keyring_.settle_keyrings(passed_keyrings(keyring_, here))));
        return keyring_.destroyed(label)->outstanding_copies.size();
    };
    EXPECT_EQ(left_after(true, {}), 2u);
    EXPECT_EQ(left_after(false, {}), 2u) << "its keys are gone; of copies that it made it says nothing";
    EXPECT_EQ(left_after(false, {{}, 1, {}}), 2u);
    EXPECT_EQ(left_after(false, {{}, 0, {SignerId{}}}), 2u) << "it waits for another itself";
    EXPECT_EQ(left_after(false, {{}, 0, {keyring_.signer()}}), 1u) << "who waited for this one alone waits no more";
}

TEST_F(KeyDestructionTest, OneThatWasBegunIsFinishedByRunningItAgain) {
    const LabelId label = keyring_.writer_keys("image").value()->label;
    claim_destroyed(first_, label, keyring_.signing_seed(), true);
    EXPECT_FALSE(first_.state().label_destroyers.contains(label));
    EXPECT_EQ(own_word(keyring_, {}, label).copies, std::nullopt) << "until it destroyed its keys it vouches for no copy";
    ASSERT_TRUE(is_ok(destroy("image")));
    EXPECT_EQ(first_.state().n, 3u) << "it is not begun twice";
    for (Repository* repository : {&first_, &second_})
        EXPECT_TRUE(repository->state().label_destroyers.at(label).contains(keyring_.signer()));
}

TEST_F(KeyDestructionTest, AVaultThatNobodyLookedAtForbidsIt) {
    hold(second_, add_snapshot(second_, "database"), Operation::hold, {{"reason", "court case 12"}});
    const std::array<Repository*, 1> attached = {&first_};
    const auto refused = destroy_label(keyring_, unlocked(), "database", attached);
    ASSERT_TRUE(fails_with(Code::refused, refused));
    EXPECT_NE(refused.error().message.find(second_.header().vault.hex()), std::string::npos);
    EXPECT_EQ(refused.error().message.find(first_.header().vault.hex()), std::string::npos);
    EXPECT_TRUE(fails_with(Code::refused, destroy_label(keyring_, unlocked(), "database", {})));
    EXPECT_TRUE(first_.state().destroyed_labels.empty());
    EXPECT_TRUE(reopened().writer_keys("database").ok());
}

TEST_F(KeyDestructionTest, NothingIsEnteredAnywhereWhileOneVaultCannotBeWritten) {
    test::MemoryStore medium;
    Repository third = Repository::create_in(std::make_unique<test::MemoryStore>(medium), clock_, keyring_).value();
    const std::array<Repository*, 3> all = {&first_, &second_, &third};
    medium.fail_after_appends(0);
    const auto refused = destroy_label(keyring_, unlocked(), "image", all);
    ASSERT_TRUE(fails_with(Code::no_space, refused));
    EXPECT_NE(refused.error().message.find("nothing was entered in any vault"), std::string::npos) << refused.error().message;
    for (const Repository* repository : all) EXPECT_TRUE(repository->state().destruction_claims.empty());
    EXPECT_TRUE(reopened().writer_keys("image").ok());
    medium.fail_after_appends(-1);
    EXPECT_TRUE(is_ok(destroy_label(keyring_, unlocked(), "image", all)));
}

TEST_F(KeyDestructionTest, WhatWasEnteredWhenAVaultFailsInBetweenIsSaid) {
    bool full = false;  // of room for anything but what the proof writes
    test::RefusingFileSystem medium([&](auto deed, const std::string&, std::uint64_t end) -> std::optional<Code> {
        const bool refused = full && deed == test::RefusingFileSystem::Deed::write && end < 16 * 1024;
        return refused ? std::optional(Code::no_space) : std::nullopt;
    });
    Repository third = Repository::create(medium, clock_, scratch_ / "third", keyring_).value();
    const std::array<Repository*, 3> all = {&first_, &second_, &third};
    full = true;
    const auto failed = destroy_label(keyring_, unlocked(), "image", all);
    ASSERT_TRUE(fails_with(Code::no_space, failed));
    for (const Repository* repository : all) {
        EXPECT_NE(failed.error().message.find(repository->header().vault.hex()), std::string::npos) << failed.error().message;
    }
    EXPECT_NE(failed.error().message.find("its keys are still here"), std::string::npos);
    EXPECT_NE(failed.error().message.find("'custody key destroy --label image' again"), std::string::npos);
    EXPECT_TRUE(reopened().writer_keys("image").ok());
    full = false;
    EXPECT_TRUE(is_ok(destroy_label(keyring_, unlocked(), "image", all)));
    EXPECT_FALSE(reopened().writer_keys("image").ok());
}

TEST_F(KeyDestructionTest, AVaultDeclaredLostIsNamedInTheLedgersAndToldWhenItTurnsUp) {
    const LabelId label = keyring_.writer_keys("image").value()->label;
    const std::array<Repository*, 1> attached = {&first_};
    const std::array<VaultId, 1> lost = {second_.header().vault};
    const auto result = destroy_label(keyring_, unlocked(), "image", attached, lost);
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->unreached, std::vector<VaultId>{second_.header().vault});
    const auto bytes = first_.store().get(ledger_name(first_.state().n - 1), kMaxLedgerEntrySize);
    ASSERT_TRUE(is_ok(bytes));
    EXPECT_NE(as_text(*bytes).find(second_.header().vault.hex()), std::string_view::npos);
    const std::array<Repository*, 2> both = {&first_, &second_};
    EXPECT_EQ(announce_destructions(second_, both).value(), 1u);
    EXPECT_TRUE(second_.state().destroyed_labels.contains(label));
    EXPECT_EQ(announce_destructions(second_, both).value(), 0u);
}

TEST_F(KeyDestructionTest, IsPendingUntilEveryCopyWasRewrittenOrDeclaredDestroyed) {
    const ExportedKit kit = export_kit(keyring_, unlocked(), kit_passphrase_, {}, kCheapCost).value();
    const ExportedKit lost = export_kit(keyring_, unlocked(), kit_passphrase_, {}, kCheapCost).value();
    const Secret writer = keyring_.export_writer({}, "server-2").value();
    const Secret config_only = keyring_.export_writer({"config"}, "server-3").value();
    const std::string kit_path = written("kit", kit.file), writer_path = written("writer", writer.view());
    const auto label = keyring_.writer_keys("database").value();

    const auto result = destroy("database");
    ASSERT_TRUE(is_ok(result));
    EXPECT_EQ(result->label.state, "pending");
    EXPECT_EQ(result->label.outstanding_copies, (std::vector<std::uint32_t>{1, 2, 3}));  // not 4, which never held it
    const auto outstanding = [&] { return reopened().destroyed(label->label)->outstanding_copies; };

    EXPECT_TRUE(fails_with(Code::wrong_key, present_kit(files_, keyring_, kit_path, secret_text("wrong"))));
    EXPECT_EQ(content(kit_path), kit.file);
    ASSERT_TRUE(is_ok(present_kit(files_, keyring_, kit_path, kit_passphrase_)));
    EXPECT_EQ(outstanding(), (std::vector<std::uint32_t>{2, 3}));
    ASSERT_TRUE(is_ok(present_writer_export(files_, keyring_, writer_path)));
    EXPECT_EQ(std::string(as_text(content(writer_path))).find(to_hex(label->chunk_id_key.view())), std::string::npos);
    EXPECT_EQ(outstanding(), (std::vector<std::uint32_t>{2}));
    ASSERT_TRUE(is_ok(keyring_.settle_copy(2, false, "burnt, minutes 14/2026")));
    EXPECT_TRUE(outstanding().empty());
    EXPECT_EQ(reopened().destroyed(label->label)->state, "passed with exceptions");

    // The rewritten files still do what they are for; the kit that was burnt proves nothing any more.
    EXPECT_TRUE(is_ok(check_kit(keyring_, content(kit_path), kit_passphrase_)));
    EXPECT_EQ(Keyring::import_writer(files_, clock_, scratch_ / "w", content(writer_path)).value().labels().size(), 4u);
    EXPECT_TRUE(reopened().copies()[1].destroyed.has_value());
    EXPECT_EQ(reopened().copies()[1].note, "burnt, minutes 14/2026");
    EXPECT_TRUE(fails_with(Code::not_found, keyring_.settle_copy(77, true, "")));
}

TEST_F(KeyDestructionTest, APrintedPageOwesTheLabelWhateverBecomesOfItsKit) {
    const ExportedKit kit = export_kit(keyring_, unlocked(), kit_passphrase_, {}, kCheapCost, true).value();
    ASSERT_TRUE(kit.page);
    EXPECT_EQ(kit_of(keyring_.copies().back()), kit.contents.number);
    const auto label = keyring_.writer_keys("database").value();
    const auto outstanding = [&](const Keyring& keyring) { return keyring.destroyed(label->label)->outstanding_copies; };
    // Also a keyring that comes out of the kit knows of its page.
    const Keyring recovered =
        import_kit(files_, clock_, scratch_ / "k2", kit.file, kit_passphrase_, passphrase_, kCheapCost, "server-2").value();
    ASSERT_EQ(recovered.copies().size(), 2u);
    EXPECT_EQ(kit_of(recovered.copies().back()), kit.contents.number);

    ASSERT_TRUE(is_ok(destroy("database")));
    std::string lines;
    for (const std::string& line : kit_to_lines(kit.file)) lines += line + "\n";
    const std::string typed = written("typed", as_bytes(lines));
    EXPECT_TRUE(fails_with(Code::refused, present_kit(files_, keyring_, typed, kit_passphrase_)));
    EXPECT_EQ(std::string(as_text(content(typed))), lines);
    ASSERT_TRUE(is_ok(present_kit(files_, keyring_, written("kit", kit.file), kit_passphrase_)));
    EXPECT_EQ(outstanding(keyring_), std::vector<std::uint32_t>{*kit.page});
    EXPECT_TRUE(is_ok(check_kit(keyring_, content(scratch_ / "kit"), kit_passphrase_, KitForm::text)));
    EXPECT_FALSE(keyring_.copies().back().proven) << "the page cannot have shown the rewritten kit";
    ASSERT_TRUE(is_ok(keyring_.settle_copy(*kit.page, false, "burnt")));
    EXPECT_TRUE(outstanding(reopened()).empty());
    EXPECT_EQ(kit_of(reopened().copies().back()), kit.contents.number) << "its note still says whose page it was";
}

TEST_F(KeyDestructionTest, SettlingACopyBeforehandSettlesNothing) {
    const ExportedKit kit = export_kit(keyring_, unlocked(), kit_passphrase_, {}, kCheapCost).value();
    ASSERT_TRUE(is_ok(present_kit(files_, keyring_, written("kit", kit.file), kit_passphrase_)));  // nothing is destroyed yet
    EXPECT_EQ(destroy("image")->label.state, "pending");
}

TEST_F(KeyDestructionTest, AnotherFamilysVaultIsNoneOfOurs) {
    Keyring other = Keyring::create(files_, clock_, scratch_ / "other", Suite::standard, "x", passphrase_, kCheapCost).value();
    Repository foreign = Repository::create_in(std::make_unique<test::MemoryStore>(), clock_, other).value();
    const std::array<Repository*, 1> vaults = {&foreign};
    EXPECT_TRUE(fails_with(Code::refused, destroy_label(keyring_, unlocked(), "image", vaults)));
    const std::vector<VaultId> away = keyring_.known_vaults();
    EXPECT_TRUE(fails_with(Code::wrong_key, destroy_label(keyring_, other.unlock(passphrase_).value(), "image", {}, away)));
    EXPECT_TRUE(keyring_.writer_keys("image").ok());
}

}  // namespace
}  // namespace custody
