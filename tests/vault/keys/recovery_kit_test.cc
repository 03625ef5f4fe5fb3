#include "vault/keys/recovery_kit.h"

#include "tests/support/fake_clock.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/scratch_folder.h"
#include "vault/keys/kit_file.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace custody {
namespace {

using test::kCheapCost;
using test::secret_text;

template <class T>
Code code_of_kit(const Result<T>& result) {
    return result.ok() ? Code::failed : result.error().code;
}
bool kit_holds(ByteView haystack, ByteView needle) {
    return std::search(haystack.begin(), haystack.end(), needle.begin(), needle.end()) != haystack.end();
}

class RecoveryKitTest : public testing::Test {
protected:
    test::ScratchFolder scratch_{"kit"};
    test::FakeClock clock_;
    FileSystem& files_ = posix_file_system();
    Secret passphrase_ = secret_text("custodian");
    Secret kit_passphrase_ = secret_text("kit words");
    Keyring keyring_ =
        Keyring::create(files_, clock_, scratch_ / "keyring", Suite::standard, "server-1", passphrase_, kCheapCost).value();

    ExportedKit exported(const std::vector<PublicKey>& officers = {}) {
        return export_kit(keyring_, keyring_.unlock(passphrase_).value(), kit_passphrase_, officers, kCheapCost).value();
    }
    Result<Keyring> import(ByteView file, const KitOpener& with) {
        clock_.advance(kDay);
        return import_kit(files_, clock_, scratch_ / "recovered", file, with, secret_text("new"), kCheapCost, "server-9");
    }
};

TEST_F(RecoveryKitTest, BringsEverythingBackOnABareMachine) {
    const auto vault = random_id<VaultId>();
    const Secret officer = make_x25519_secret();
    ASSERT_TRUE(keyring_.remember_head(vault, {7, sha256(as_bytes("7"))}).ok());
    ASSERT_TRUE(keyring_.add_label("payroll").ok());
    ASSERT_TRUE(keyring_.rotate("log").ok());
    ASSERT_TRUE(keyring_.add_officer_slot(keyring_.unlock(passphrase_).value(), x25519_public(officer), "deputy").ok());
    ASSERT_TRUE(keyring_.export_writer({"log"}, "server-2").ok());
    const ExportedKit kit = exported();
    EXPECT_EQ(kit.contents.number, 2u);

    ASSERT_TRUE(import(kit.file, kit_passphrase_).ok());
    const Keyring recovered = Keyring::open(files_, clock_, scratch_ / "recovered").value();
    EXPECT_TRUE(recovered.is_custodian());
    EXPECT_EQ(recovered.family(), keyring_.family());
    EXPECT_NE(recovered.signer(), keyring_.signer());
    EXPECT_NE(recovered.host_id(), keyring_.host_id());
    EXPECT_EQ(recovered.trusted_signers().size(), keyring_.trusted_signers().size() + 1);
    EXPECT_EQ(recovered.remembered_head(vault).value()->n, 7u);
    EXPECT_EQ(recovered.keys_generation(), keyring_.keys_generation());
    EXPECT_EQ(recovered.slots().size(), 2u);
    EXPECT_EQ(recovered.slots()[1].note, "deputy");
    ASSERT_EQ(recovered.copies().size(), 2u);
    EXPECT_FALSE(recovered.copies()[0].proven);
    EXPECT_TRUE(recovered.copies()[1].proven);

    const UnlockedKeyring before = keyring_.unlock(passphrase_).value(), after = recovered.unlock(secret_text("new")).value();
    EXPECT_TRUE(recovered.unlock_as_officer(officer).ok());
    ASSERT_EQ(recovered.labels().size(), keyring_.labels().size());
    for (const LabelInfo& label : keyring_.labels()) {
        const auto ours = keyring_.writer_keys(label.id), theirs = recovered.writer_keys(label.name).value();
        EXPECT_EQ(ours->label, theirs->label);
        EXPECT_EQ(ours->epoch, theirs->epoch);
        EXPECT_EQ(ours->epoch_public, theirs->epoch_public);
        EXPECT_EQ(to_hex(ours->chunk_id_key.view()), to_hex(theirs->chunk_id_key.view()));
        EXPECT_EQ(to_hex(ours->gear_key.view()), to_hex(theirs->gear_key.view()));
        EXPECT_EQ(to_hex(ours->summary_key.view()), to_hex(theirs->summary_key.view()));
        const auto old_secrets = before.secrets(label.id).value(), new_secrets = after.secrets(label.id).value();
        ASSERT_EQ(old_secrets->by_epoch.size(), new_secrets->by_epoch.size());
        for (const auto& [epoch, secret] : old_secrets->by_epoch) {
            EXPECT_EQ(to_hex(secret.view()), to_hex(new_secrets->by_epoch.at(epoch).view()));
        }
    }
}

TEST_F(RecoveryKitTest, CheckingProvesTheCopy) {
    const ExportedKit kit = exported();
    EXPECT_FALSE(keyring_.copies().front().proven);
    clock_.advance(kHour);
    const auto contents = check_kit(keyring_, kit.file, kit_passphrase_);
    ASSERT_TRUE(contents.ok()) << contents.error().message;
    EXPECT_EQ(contents->labels.size(), 5u);
    EXPECT_EQ(contents->fingerprint, sha256(kit.file));
    const Keyring again = Keyring::open(files_, clock_, scratch_ / "keyring").value();
    ASSERT_TRUE(again.copies().front().proven);
    EXPECT_EQ(*again.copies().front().proven, clock_.now());
}

TEST_F(RecoveryKitTest, WrongPassphraseAndDamageAreToldApart) {
    ExportedKit kit = exported();
    EXPECT_EQ(code_of_kit(check_kit(keyring_, kit.file, secret_text("kit word"))), Code::wrong_key);
    EXPECT_EQ(code_of_kit(import(kit.file, secret_text("kit word"))), Code::wrong_key);
    EXPECT_FALSE(Keyring::exists(files_, scratch_ / "recovered").value());
    for (std::size_t at = 0; at < kit.file.size(); at += 7) {
        kit.file[at] ^= 0x10;
        EXPECT_EQ(code_of_kit(check_kit(keyring_, kit.file, kit_passphrase_)), Code::corrupt) << at;
        kit.file[at] ^= 0x10;
    }
    EXPECT_EQ(code_of_kit(check_kit(keyring_, ByteView(kit.file).first(kit.file.size() - 1), kit_passphrase_)), Code::corrupt);
    EXPECT_FALSE(keyring_.copies().front().proven);
}

TEST_F(RecoveryKitTest, ComposedAndDecomposedPassphrasesAreTheSame) {
    kit_passphrase_ = secret_text("Đồ Sơn");
    const ExportedKit kit = exported();
    EXPECT_TRUE(check_kit(keyring_, kit.file, secret_text("\xc4\x90o\xcc\x82\xcc\x80 So\xcc\x9bn")).ok());
}

TEST_F(RecoveryKitTest, OpensByAnOfficersKey) {
    const Secret officer = make_x25519_secret();
    const std::vector<PublicKey> officers = {x25519_public(make_x25519_secret()), x25519_public(officer)};
    const ExportedKit with_both = exported(officers);
    EXPECT_TRUE(check_kit(keyring_, with_both.file, KitOpener::officer(officer)).ok());
    EXPECT_TRUE(check_kit(keyring_, with_both.file, kit_passphrase_).ok());
    kit_passphrase_ = Secret();
    const ExportedKit officers_only = exported(officers);
    EXPECT_TRUE(import(officers_only.file, KitOpener::officer(officer)).ok());
    const Secret stranger = make_x25519_secret();
    const auto refused = check_kit(keyring_, officers_only.file, KitOpener::officer(stranger));
    ASSERT_EQ(code_of_kit(refused), Code::wrong_key);
    EXPECT_NE(refused.error().message.find(to_hex(x25519_public(officer)).substr(0, 16)), std::string::npos)
        << refused.error().message;
    // 32 bytes typed as a passphrase are no officer's secret.
    EXPECT_EQ(code_of_kit(check_kit(keyring_, officers_only.file, officer)), Code::wrong_key);
}

TEST_F(RecoveryKitTest, NeedsSomebodyWhoCanOpenIt) {
    const auto refused = export_kit(keyring_, keyring_.unlock(passphrase_).value(), Secret(), {}, kCheapCost);
    EXPECT_EQ(code_of_kit(refused), Code::usage);
    EXPECT_TRUE(keyring_.copies().empty());
}

TEST_F(RecoveryKitTest, IsStaleAfterANewLabelOrEpoch) {
    const ExportedKit first = exported();
    ASSERT_TRUE(check_kit(keyring_, first.file, kit_passphrase_).ok());
    ASSERT_TRUE(keyring_.rotate("image").ok());
    EXPECT_LT(keyring_.copies().front().keys_generation, keyring_.keys_generation());
    const auto stale = check_kit(keyring_, first.file, kit_passphrase_);
    ASSERT_EQ(code_of_kit(stale), Code::refused);
    EXPECT_NE(stale.error().message.find("image"), std::string::npos);
    const ExportedKit second = exported();
    EXPECT_TRUE(check_kit(keyring_, second.file, kit_passphrase_).ok());
    ASSERT_TRUE(keyring_.add_label("payroll").ok());
    EXPECT_EQ(code_of_kit(check_kit(keyring_, second.file, kit_passphrase_)), Code::refused);
}

TEST_F(RecoveryKitTest, KitsOfOtherFamiliesAndUnregisteredOnesAreRefused) {
    const ExportedKit kit = exported();
    Keyring other = Keyring::create(files_, clock_, scratch_ / "other", Suite::standard, "x", passphrase_, kCheapCost).value();
    EXPECT_EQ(code_of_kit(check_kit(other, kit.file, kit_passphrase_)), Code::refused);
    EXPECT_EQ(code_of_kit(rewrite_kit(other, kit.file, kit_passphrase_)), Code::refused);
    // A second kit, made after the first, is unknown to the keyring that came out of the first.
    const ExportedKit second = exported();
    Keyring recovered = import(kit.file, kit_passphrase_).value();
    EXPECT_TRUE(check_kit(recovered, kit.file, kit_passphrase_).ok());
    EXPECT_EQ(code_of_kit(check_kit(recovered, second.file, kit_passphrase_)), Code::refused);
}

TEST_F(RecoveryKitTest, HoldsNoKeyInClear) {
    const ExportedKit kit = exported();
    const UnlockedKeyring open = keyring_.unlock(passphrase_).value();
    for (const StoredLabel& label : keyring_.content().labels) {
        EXPECT_FALSE(kit_holds(kit.file, label.chunk_id_key.view()));
        EXPECT_FALSE(kit_holds(kit.file, label.summary_key.view()));
        EXPECT_FALSE(kit_holds(kit.file, open.secrets(label.id).value()->by_epoch.at(1).view()));
        EXPECT_FALSE(kit_holds(kit.file, as_bytes(label.name)));
    }
}

TEST_F(RecoveryKitTest, WorksInTheModernSuite) {
    keyring_ = Keyring::create(files_, clock_, scratch_ / "modern", Suite::modern, "s", passphrase_, kCheapCost).value();
    const ExportedKit kit = exported();
    EXPECT_TRUE(check_kit(keyring_, kit.file, kit_passphrase_).ok());
    EXPECT_EQ(import(kit.file, kit_passphrase_).value().suite(), Suite::modern);
}

TEST_F(RecoveryKitTest, RewrittenWithoutADestroyedLabelItHoldsNoKeyOfIt) {
    const ExportedKit kit = exported();
    const UnlockedKeyring open = keyring_.unlock(passphrase_).value();
    const auto log = keyring_.writer_keys("log").value();
    const auto log_secrets = open.secrets(log->label).value();
    ASSERT_TRUE(keyring_.destroy_label(open, "log").ok());
    EXPECT_EQ(code_of_kit(check_kit(keyring_, kit.file, kit_passphrase_)), Code::refused);

    const Bytes rewritten = rewrite_kit(keyring_, kit.file, kit_passphrase_).value();
    const ParsedKit parsed = parse_kit(rewritten).value();
    EXPECT_NE(parsed.header.salt, parse_kit(kit.file).value().header.salt);
    ASSERT_TRUE(check_kit(keyring_, rewritten, kit_passphrase_).ok());
    // What the new file kit_holds, opened: no byte of the label's keys, in clear or below the seal.
    const Keyring recovered = import(rewritten, kit_passphrase_).value();
    EXPECT_EQ(recovered.labels().size(), 4u);
    EXPECT_EQ(recovered.writer_keys(log->label), nullptr);
    EXPECT_TRUE(recovered.destroyed(log->label).has_value());
    for (const LabelInfo& label : recovered.labels()) EXPECT_NE(label.name, "log");
    const Bytes recovered_file = read_file(files_, scratch_ / "recovered" + "/keyring", kMaxKeyringSize).value();
    EXPECT_FALSE(kit_holds(recovered_file, as_bytes(to_hex(log->chunk_id_key.view()))));
    EXPECT_FALSE(kit_holds(recovered_file, as_bytes(to_hex(log_secrets->by_epoch.at(1).view()))));
}

TEST_F(RecoveryKitTest, MadePassphrasesDifferAndAreTypeable) {
    const Secret one = make_kit_passphrase(), two = make_kit_passphrase();
    EXPECT_EQ(one.size(), 19u);
    EXPECT_NE(as_text(one.view()), as_text(two.view()));
    EXPECT_EQ(as_text(one.view())[4], '-');
}

TEST(KitPayloadTest, ComesBackTheSameAndRefusesEveryTruncation) {
    KitPayload payload;
    payload.generation = 300;
    KitLabel label{random_id<LabelId>(), "log", Secret::random(32), Secret::random(32), Secret::random(32), {}};
    label.epochs.emplace(1, Secret::random(32));
    label.epochs.emplace(200, Secret::random(32));
    const LabelId gone = random_id<LabelId>();
    payload.signers.push_back({random_id<SignerId>(), "máy chủ", Time{-5}});
    payload.officers.push_back({x25519_public(label.epochs.at(1)), "deputy"});
    payload.destroyed.push_back({gone, "old", Time{9}});
    CopyInfo copy{3, "kit", "note", Time{1}, Time{2}, Time{3}, 300, {{label.id, false}, {gone, true}}};
    payload.copies.push_back(copy);
    payload.labels.push_back(std::move(label));
    const Bytes bytes = encode_kit_payload(payload);
    const KitPayload again = decode_kit_payload(bytes).value();
    EXPECT_EQ(encode_kit_payload(again), bytes);
    EXPECT_EQ(again.copies[0].labels, copy.labels);
    EXPECT_EQ(again.labels[0].epochs.rbegin()->first, 200u);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_EQ(code_of_kit(decode_kit_payload(ByteView(bytes).first(size))), Code::corrupt) << size;
    }
}

}  // namespace
}  // namespace custody
