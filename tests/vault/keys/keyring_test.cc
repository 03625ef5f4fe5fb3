#include "vault/keys/keyring.h"

#include "tests/support/fake_clock.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/scratch_folder.h"
#include "vault/keys/key_making.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

namespace custody {
namespace {

using test::kCheapCost;
using test::secret_text;

Code code_of(const Status& status) { return status.ok() ? Code::failed : status.error().code; }
template <class T>
Code code_of(const Result<T>& result) {
    return result.ok() ? Code::failed : result.error().code;
}

bool holds(ByteView haystack, ByteView needle) {
    return std::search(haystack.begin(), haystack.end(), needle.begin(), needle.end()) != haystack.end();
}
bool holds_key(ByteView haystack, ByteView key) {
    return holds(haystack, key) || holds(haystack, as_bytes(to_hex(key))) || holds(haystack, as_bytes(to_base64(key)));
}

class KeyringTest : public testing::Test {
protected:
    test::ScratchFolder scratch_{"keyring"};
    test::FakeClock clock_;
    FileSystem& files_ = posix_file_system();
    std::string folder_ = scratch_ / "keyring";
    Secret passphrase_ = secret_text("mật khẩu");
    Keyring keyring_ = make();

    Keyring make(Suite suite = Suite::standard) {
        return Keyring::create(files_, clock_, folder_, suite, "server-1", passphrase_, kCheapCost).value();
    }
    Keyring reopen() { return Keyring::open(files_, clock_, folder_).value(); }
    Bytes file_bytes() { return read_file(files_, folder_ + "/keyring", kMaxKeyringSize).value(); }
    UnlockedKeyring unlocked() { return keyring_.unlock(passphrase_).value(); }
};

TEST_F(KeyringTest, IsMadeWithTheBuiltInLabelsAndComesBackTheSame) {
    const Keyring again = reopen();
    EXPECT_TRUE(again.is_custodian());
    EXPECT_EQ(again.family(), keyring_.family());
    EXPECT_EQ(again.host_id(), keyring_.host_id());
    EXPECT_EQ(again.signer(), keyring_.signer());
    EXPECT_EQ(again.host_name(), "server-1");
    ASSERT_EQ(again.labels().size(), std::size(kBuiltInLabels));
    for (const std::string_view name : kBuiltInLabels) {
        const auto before = keyring_.writer_keys(name).value(), after = again.writer_keys(name).value();
        EXPECT_EQ(before->label, after->label);
        EXPECT_EQ(to_hex(before->chunk_id_key.view()), to_hex(after->chunk_id_key.view()));
        EXPECT_EQ(before->epoch_public, after->epoch_public);
    }
    ASSERT_EQ(again.trusted_signers().size(), 1u);
    EXPECT_EQ(again.trusted_signers().front().id, keyring_.signer());
}

TEST_F(KeyringTest, FolderAndFileAreClosedToOthersAndHoldNothingElse) {
    struct stat info {};
    ASSERT_EQ(stat((folder_ + "/keyring").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0600u);
    ASSERT_EQ(stat(folder_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0700u);
    ASSERT_TRUE(keyring_.add_label("payroll").ok());
    std::vector<std::string> names;
    for (const auto& item : std::filesystem::directory_iterator(folder_)) names.push_back(item.path().filename());
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, (std::vector<std::string>{"heads", "keyring"}));
}

TEST_F(KeyringTest, NeverReplacesAnotherKeyring) {
    const Bytes before = file_bytes();
    EXPECT_EQ(code_of(Keyring::create(files_, clock_, folder_, Suite::standard, "x", passphrase_, kCheapCost)), Code::exists);
    EXPECT_EQ(before, file_bytes());
}

TEST_F(KeyringTest, SaysWhenThereIsNone) {
    EXPECT_EQ(code_of(Keyring::open(files_, clock_, scratch_ / "nothing")), Code::not_found);
    EXPECT_FALSE(Keyring::exists(files_, scratch_ / "nothing").value());
    EXPECT_TRUE(Keyring::exists(files_, folder_).value());
}

TEST_F(KeyringTest, ListsTheLabelsThereAreForOneNobodyDefined) {
    const auto missing = keyring_.writer_keys("invoices");
    ASSERT_EQ(code_of(missing), Code::usage);
    EXPECT_NE(missing.error().message.find("config, image, database, business, log"), std::string::npos);
}

TEST_F(KeyringTest, WrongPassphraseOpensNothing) {
    EXPECT_EQ(code_of(keyring_.unlock(secret_text("mat khau"))), Code::wrong_key);
    EXPECT_EQ(code_of(keyring_.unlock(Secret())), Code::wrong_key);
    const auto failed = keyring_.unlock(secret_text("hunter2"));
    EXPECT_EQ(failed.error().message.find("hunter2"), std::string::npos);
}

TEST_F(KeyringTest, RefusesAnEmptyPassphrase) {
    EXPECT_EQ(code_of(Keyring::create(files_, clock_, scratch_ / "other", Suite::standard, "x", Secret(), kCheapCost)),
              Code::usage);
    EXPECT_FALSE(Keyring::exists(files_, scratch_ / "other").value());
}

TEST_F(KeyringTest, ComposedAndDecomposedPassphrasesAreTheSame) {
    // "mật khẩu" with its marks apart (NFD).
    EXPECT_TRUE(keyring_.unlock(secret_text("ma\xcc\xa3\xcc\x82t kha\xcc\x82\xcc\x89u")).ok());
}

TEST_F(KeyringTest, UnlockedSecretsFitThePublicKeys) {
    const UnlockedKeyring open = unlocked();
    for (const LabelInfo& label : keyring_.labels()) {
        const auto secrets = open.secrets(label.id).value();
        ASSERT_EQ(secrets->by_epoch.size(), 1u);
        EXPECT_EQ(x25519_public(secrets->by_epoch.at(1)), keyring_.writer_keys(label.id)->epoch_public);
    }
    EXPECT_EQ(open.secrets(random_id<LabelId>()).value(), nullptr);
}

TEST_F(KeyringTest, FileHoldsNoLabelSecretInClear) {
    const UnlockedKeyring open = unlocked();
    const Bytes file = file_bytes();
    EXPECT_FALSE(holds_key(file, open.state().secret.view()));
    for (const LabelInfo& label : keyring_.labels()) {
        EXPECT_FALSE(holds_key(file, open.secrets(label.id).value()->by_epoch.at(1).view()));
    }
    // The search finds what is there.
    EXPECT_TRUE(holds_key(file, keyring_.writer_keys("config").value()->summary_key.view()));
}

TEST_F(KeyringTest, RotationNeedsNoPassphraseAndKeepsOldEpochsReadable) {
    const auto before = keyring_.writer_keys("database").value();
    const std::uint64_t generation = keyring_.keys_generation();
    ASSERT_TRUE(keyring_.rotate("database").ok());
    const Keyring again = reopen();
    const auto after = again.writer_keys("database").value();
    EXPECT_EQ(after->epoch, 2u);
    EXPECT_NE(after->epoch_public, before->epoch_public);
    EXPECT_EQ(to_hex(after->chunk_id_key.view()), to_hex(before->chunk_id_key.view()));
    EXPECT_GT(again.keys_generation(), generation);
    const auto secrets = again.unlock(passphrase_).value().secrets(after->label).value();
    EXPECT_EQ(x25519_public(secrets->by_epoch.at(1)), before->epoch_public);
    EXPECT_EQ(x25519_public(secrets->by_epoch.at(2)), after->epoch_public);
    EXPECT_EQ(code_of(keyring_.rotate("nothing")), Code::usage);
}

TEST_F(KeyringTest, LabelsAreAddedByPlainNamesOnly) {
    EXPECT_TRUE(keyring_.add_label("payroll-2026").ok());
    EXPECT_TRUE(reopen().writer_keys("payroll-2026").ok());
    EXPECT_EQ(code_of(keyring_.add_label("payroll-2026")), Code::exists);
    for (const char* bad : {"", "Payroll", "a b", "-x", "../x", "lương"}) {
        EXPECT_EQ(code_of(keyring_.add_label(bad)), Code::usage) << bad;
    }
    EXPECT_EQ(code_of(keyring_.add_label(std::string(65, 'a'))), Code::usage);
}

TEST_F(KeyringTest, SlotsOpenEachByItsOwnPassphraseOrOfficer) {
    const Secret officer = make_x25519_secret();
    const auto second = keyring_.add_passphrase_slot(unlocked(), secret_text("two"), kCheapCost, "deputy");
    const auto third = keyring_.add_officer_slot(unlocked(), x25519_public(officer), "");
    ASSERT_TRUE(second.ok() && third.ok());
    const Keyring again = reopen();
    EXPECT_TRUE(again.unlock(passphrase_).ok());
    EXPECT_TRUE(again.unlock(secret_text("two")).ok());
    EXPECT_TRUE(again.unlock_as_officer(officer).ok());
    EXPECT_EQ(code_of(again.unlock_as_officer(make_x25519_secret())), Code::wrong_key);
    ASSERT_EQ(again.slots().size(), 3u);
    EXPECT_EQ(again.slots()[1].note, "deputy");
    EXPECT_EQ(again.slots()[2].note, to_hex(x25519_public(officer)));
}

TEST_F(KeyringTest, RemovedSlotOpensNoMoreAndTheLastOneStays) {
    const std::uint32_t second = keyring_.add_passphrase_slot(unlocked(), secret_text("two"), kCheapCost, "").value();
    EXPECT_EQ(code_of(keyring_.remove_slot(unlocked(), 99)), Code::not_found);
    ASSERT_TRUE(keyring_.remove_slot(unlocked(), second).ok());
    EXPECT_EQ(code_of(reopen().unlock(secret_text("two"))), Code::wrong_key);
    EXPECT_EQ(code_of(keyring_.remove_slot(unlocked(), 1)), Code::refused);
    EXPECT_TRUE(reopen().unlock(passphrase_).ok());
    // Numbers are never given again: a kit or note that names slot 2 stays unambiguous.
    EXPECT_EQ(keyring_.add_passphrase_slot(unlocked(), secret_text("x"), kCheapCost, "").value(), second + 1);
}

TEST_F(KeyringTest, PassphraseIsChanged) {
    ASSERT_TRUE(keyring_.change_passphrase(unlocked(), std::nullopt, secret_text("new"), kCheapCost).ok());
    EXPECT_EQ(code_of(reopen().unlock(passphrase_)), Code::wrong_key);
    EXPECT_TRUE(reopen().unlock(secret_text("new")).ok());
    EXPECT_EQ(reopen().slots().size(), 1u);
}

TEST_F(KeyringTest, AnOfficerReplacesAForgottenPassphrase) {
    const Secret officer = make_x25519_secret();
    ASSERT_TRUE(keyring_.add_officer_slot(unlocked(), x25519_public(officer), "Lan").ok());
    ASSERT_TRUE(keyring_.add_passphrase_slot(unlocked(), secret_text("two"), kCheapCost, "deputy").ok());
    const auto opened = keyring_.unlock_as_officer(officer);
    ASSERT_TRUE(opened.ok());
    const auto unclear = keyring_.change_passphrase(*opened, std::nullopt, secret_text("new"), kCheapCost);
    ASSERT_EQ(code_of(unclear), Code::usage);
    EXPECT_NE(unclear.error().message.find("slot 3 (passphrase: deputy)"), std::string::npos) << unclear.error().message;
    EXPECT_EQ(code_of(keyring_.change_passphrase(*opened, 2, secret_text("new"), kCheapCost)), Code::not_found) << "an officer's";
    ASSERT_TRUE(keyring_.change_passphrase(*opened, 1, secret_text("new"), kCheapCost).ok());
    EXPECT_EQ(code_of(reopen().unlock(passphrase_)), Code::wrong_key);
    EXPECT_TRUE(reopen().unlock(secret_text("new")).ok());
    EXPECT_TRUE(reopen().unlock(secret_text("two")).ok()) << "made anew with the pair, without its passphrase";
    EXPECT_TRUE(reopen().unlock_as_officer(officer).ok());
}

TEST_F(KeyringTest, WhoWasShutOutOpensNothingThatIsWrittenLater) {
    const Secret officer = make_x25519_secret();
    const std::uint32_t deputy = keyring_.add_passphrase_slot(unlocked(), secret_text("two"), kCheapCost, "").value();
    ASSERT_TRUE(keyring_.add_officer_slot(unlocked(), x25519_public(officer), "Lan").ok());
    const auto log = keyring_.writer_keys("log").value();
    const auto changes = {
        std::function<Status()>([&] { return keyring_.remove_slot(unlocked(), deputy); }),
        std::function<Status()>([&] { return keyring_.destroy_label(unlocked(), "image"); }),
        std::function<Status()>([&] { return keyring_.change_passphrase(unlocked(), std::nullopt, passphrase_, kCheapCost); })};
    for (const auto& shut_out : changes) {
        const UnlockedKeyring before = unlocked();  // what the one who goes may have kept
        ASSERT_TRUE(shut_out().ok());
        ASSERT_TRUE(keyring_.rotate("log").ok());
        const KeyringContent now = decode_keyring(file_bytes()).value();
        EXPECT_NE(x25519_public(before.state().secret), now.public_key);
        for (const StoredLabel& label : now.labels) {
            for (const StoredEpoch& epoch : label.epochs) {
                EXPECT_EQ(code_of(open_epoch(now.suite, now.family, label.id, epoch, before.state().secret)), Code::wrong_key);
            }
        }
        // It still reads what it had; it can change nothing.
        EXPECT_TRUE(before.secrets(log->label).value() != nullptr);
        EXPECT_EQ(code_of(keyring_.add_passphrase_slot(before, secret_text("back"), kCheapCost, "")), Code::wrong_key);
        // Everybody else opens it as before, and every epoch.
        for (const auto& open : {reopen().unlock(passphrase_), reopen().unlock_as_officer(officer)}) {
            ASSERT_TRUE(open.ok());
            EXPECT_EQ(open->secrets(log->label).value()->by_epoch.size(), now.labels.back().epochs.size());
        }
    }
}

TEST_F(KeyringTest, ASlotWhoseHolderWasSwappedInTheFileIsNoticed) {
    const Secret officer = make_x25519_secret();
    ASSERT_TRUE(keyring_.add_officer_slot(unlocked(), x25519_public(officer), "Lan").ok());
    KeyringContent content = decode_keyring(file_bytes()).value();
    content.slots[1].info.holder = x25519_public(make_x25519_secret());
    ASSERT_TRUE(replace_file(files_, folder_ + "/keyring", encode_keyring(content).value().view(), 0600).ok());
    EXPECT_EQ(code_of(reopen().unlock(passphrase_)), Code::corrupt);
}

TEST_F(KeyringTest, TheLastPassphraseGoesOnlyByAnOfficersHand) {
    const Secret officer = make_x25519_secret();
    ASSERT_TRUE(keyring_.add_officer_slot(unlocked(), x25519_public(officer), "Lan").ok());
    EXPECT_EQ(code_of(keyring_.add_officer_slot(unlocked(), x25519_public(officer), "Lan")), Code::exists);
    EXPECT_EQ(code_of(keyring_.remove_slot(unlocked(), 1)), Code::refused);
    ASSERT_TRUE(keyring_.remove_slot(keyring_.unlock_as_officer(officer).value(), 1).ok());
    const auto refused = reopen().unlock(passphrase_);
    ASSERT_EQ(code_of(refused), Code::wrong_key);
    EXPECT_NE(refused.error().message.find("slot 2 (officer Lan, " + to_hex(x25519_public(officer)).substr(0, 16) + ")"),
              std::string::npos)
        << refused.error().message;
    EXPECT_EQ(code_of(keyring_.remove_slot(keyring_.unlock_as_officer(officer).value(), 2)), Code::refused);
}

TEST_F(KeyringTest, AnotherKeyringsUnlockingIsOfNoUseHere) {
    Keyring other = Keyring::create(files_, clock_, scratch_ / "other", Suite::standard, "x", passphrase_, kCheapCost).value();
    const UnlockedKeyring foreign = other.unlock(passphrase_).value();
    EXPECT_EQ(code_of(keyring_.add_passphrase_slot(foreign, secret_text("p"), kCheapCost, "")), Code::wrong_key);
    EXPECT_EQ(code_of(keyring_.remove_slot(foreign, 1)), Code::wrong_key);
    EXPECT_EQ(code_of(keyring_.destroy_label(foreign, "log")), Code::wrong_key);
}

TEST_F(KeyringTest, WorksInTheModernSuite) {
    folder_ = scratch_ / "modern";
    Keyring modern = make(Suite::modern);
    const Secret officer = make_x25519_secret();
    ASSERT_TRUE(modern.add_officer_slot(modern.unlock(passphrase_).value(), x25519_public(officer), "o").ok());
    ASSERT_TRUE(modern.rotate("log").ok());
    const auto keys = reopen().writer_keys("log").value();
    EXPECT_EQ(keys->suite, Suite::modern);
    const auto secrets = reopen().unlock_as_officer(officer).value().secrets(keys->label).value();
    EXPECT_EQ(x25519_public(secrets->by_epoch.at(2)), keys->epoch_public);
}

TEST_F(KeyringTest, EveryFlippedBitAndTruncationIsNoticed) {
    const Bytes whole = file_bytes();
    const auto write = [&](ByteView bytes) {
        std::ofstream out(folder_ + "/keyring", std::ios::binary | std::ios::trunc);
        out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    };
    for (std::size_t at = 0; at < whole.size(); at += 13) {
        Bytes changed = whole;
        changed[at] ^= static_cast<Byte>(1u << (at % 8));
        write(changed);
        const auto opened = Keyring::open(files_, clock_, folder_);
        ASSERT_EQ(code_of(opened), Code::corrupt) << at;
        EXPECT_NE(opened.error().message.find("recovery kit"), std::string::npos);
    }
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
        write(ByteView(whole).first(size));
        EXPECT_EQ(code_of(Keyring::open(files_, clock_, folder_)), Code::corrupt) << size;
    }
    write(whole);
    EXPECT_TRUE(Keyring::open(files_, clock_, folder_).ok());
}

TEST_F(KeyringTest, NamesTheFormatThatANewerFileNeeds) {
    const auto body = decode_checksummed(file_bytes(), "custody keyring 1", kMaxKeyringSize);
    ASSERT_TRUE(body.ok());
    Json newer = *body;
    newer["format"] = 7;
    const auto decoded = decode_keyring(encode_checksummed(newer, "custody keyring 1").value());
    ASSERT_EQ(code_of(decoded), Code::usage);
    EXPECT_NE(decoded.error().message.find("format 7"), std::string::npos);
}

TEST_F(KeyringTest, TwoProcessesNeverOverwriteEachOther) {
    Keyring other = reopen();
    ASSERT_TRUE(other.add_label("first").ok());
    EXPECT_EQ(code_of(keyring_.add_label("second")), Code::busy);
    EXPECT_FALSE(keyring_.writer_keys("second").ok());  // what failed did not happen here either
    EXPECT_TRUE(reopen().writer_keys("first").ok());
    Keyring fresh = reopen();
    EXPECT_TRUE(fresh.add_label("second").ok());
}

TEST_F(KeyringTest, ChangesTidyUpWhatACrashLeft) {
    const std::string leftover = folder_ + "/keyring.tmp-0123456789abcdef";
    std::ofstream(leftover) << "keys";
    ASSERT_TRUE(keyring_.add_label("x").ok());
    EXPECT_FALSE(std::filesystem::exists(leftover));
}

TEST_F(KeyringTest, LongAndOddNotesAreKeptShortAndReadable) {
    ASSERT_TRUE(keyring_.add_passphrase_slot(unlocked(), secret_text("p"), kCheapCost, std::string(5000, '\xff')).ok());
    ASSERT_TRUE(keyring_.register_copy("keyring", "an image\nof \xff" + std::string(9000, 'x')).ok());
    const Keyring again = reopen();
    EXPECT_EQ(again.copies().size(), 1u);
    EXPECT_EQ(again.copies().front().note.find('\n'), std::string::npos);
}

TEST_F(KeyringTest, RemembersHeadsAndNeverGoesBack) {
    const auto vault = random_id<VaultId>();
    EXPECT_FALSE(keyring_.remembered_head(vault).value().has_value());
    const RememberedHead five{5, sha256(as_bytes("5"))}, four{4, sha256(as_bytes("4"))};
    ASSERT_TRUE(keyring_.remember_head(vault, five).ok());
    ASSERT_TRUE(keyring_.remember_head(vault, four).ok());
    const Keyring again = reopen();
    EXPECT_EQ(again.known_vaults(), std::vector<VaultId>{vault});
    ASSERT_TRUE(again.remembered_head(vault).value().has_value());
    EXPECT_EQ(again.remembered_head(vault).value()->n, 5u);
    EXPECT_EQ(again.remembered_head(vault).value()->hash, five.hash);
}

TEST_F(KeyringTest, ADamagedOrSwappedHeadIsNoticed) {
    const auto vault = random_id<VaultId>(), other = random_id<VaultId>();
    ASSERT_TRUE(keyring_.remember_head(vault, {5, sha256(as_bytes("5"))}).ok());
    std::filesystem::copy_file(folder_ + "/heads/" + vault.hex(), folder_ + "/heads/" + other.hex());
    EXPECT_EQ(code_of(keyring_.remembered_head(other)), Code::corrupt);
    std::ofstream(folder_ + "/heads/" + vault.hex(), std::ios::app) << " ";
    EXPECT_EQ(code_of(keyring_.remembered_head(vault)), Code::corrupt);
}

}  // namespace
}  // namespace custody
