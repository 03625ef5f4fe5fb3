#include "tests/support/fake_clock.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/scratch_folder.h"
#include "vault/keys/keyring.h"
#include "vault/keys/keyring_file.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace custody {
namespace {

using test::kCheapCost;
using test::secret_text;

template <class T>
Code code_of_export(const Result<T>& result) {
    return result.ok() ? Code::failed : result.error().code;
}
bool holds_key(ByteView haystack, ByteView key) {
    const std::string hex = to_hex(key), base64 = to_base64(key);
    const std::string_view text = as_text(haystack);
    return text.find(as_text(key)) != text.npos || text.find(hex) != text.npos || text.find(base64) != text.npos;
}

class KeyExportsTest : public testing::Test {
protected:
    test::ScratchFolder scratch_{"exports"};
    test::FakeClock clock_;
    FileSystem& files_ = posix_file_system();
    Secret passphrase_ = secret_text("custodian");
    Keyring custodian_ =
        Keyring::create(files_, clock_, scratch_ / "custodian", Suite::standard, "server-1", passphrase_, kCheapCost).value();

    Keyring import(ByteView exported, const std::string& name = "writer") {
        return Keyring::import_writer(files_, clock_, scratch_ / name, exported).value();
    }
    Bytes keyring_file(const std::string& name) {
        return read_file(files_, scratch_ / name + "/keyring", kMaxKeyringSize).value();
    }
};

TEST_F(KeyExportsTest, AWriterExportMakesAKeyringThatWritesTheSameLabels) {
    const Secret exported = custodian_.export_writer({"config", "log"}, "server-2").value();
    const Keyring writer = import(exported.view());
    EXPECT_FALSE(writer.is_custodian());
    EXPECT_EQ(writer.family(), custodian_.family());
    EXPECT_EQ(writer.host_name(), "server-2");
    EXPECT_NE(writer.host_id(), custodian_.host_id());
    EXPECT_NE(writer.signer(), custodian_.signer());
    ASSERT_EQ(writer.labels().size(), 2u);
    EXPECT_FALSE(writer.labels().front().has_secret);
    const auto ours = custodian_.writer_keys("config").value(), theirs = writer.writer_keys("config").value();
    EXPECT_EQ(to_hex(ours->chunk_id_key.view()), to_hex(theirs->chunk_id_key.view()));
    EXPECT_EQ(to_hex(ours->summary_key.view()), to_hex(theirs->summary_key.view()));
    EXPECT_EQ(ours->epoch_public, theirs->epoch_public);
    EXPECT_EQ(code_of_export(writer.writer_keys("database")), Code::usage);
}

TEST_F(KeyExportsTest, AWriterExportOpensNothing) {
    ASSERT_TRUE(custodian_.rotate("config").ok());
    const Secret exported = custodian_.export_writer({}, "server-2").value();
    Keyring writer = import(exported.view());
    const UnlockedKeyring open = custodian_.unlock(passphrase_).value();
    for (const Bytes& file : {Bytes(exported.view().begin(), exported.view().end()), keyring_file("writer")}) {
        EXPECT_FALSE(holds_key(file, open.state().secret.view()));
        EXPECT_FALSE(holds_key(file, custodian_.signing_seed().view()));
        for (const StoredLabel& label : custodian_.content().labels) {
            for (const StoredEpoch& epoch : label.epochs) {
                EXPECT_FALSE(holds_key(file, open.secrets(label.id).value()->by_epoch.at(epoch.number).view()));
                EXPECT_FALSE(holds_key(file, epoch.sealed_secret));  // not even sealed
            }
        }
        EXPECT_TRUE(holds_key(file, writer.signing_seed().view()));  // the search finds what is there
    }
    const auto unlocked = writer.unlock(passphrase_);
    ASSERT_EQ(code_of_export(unlocked), Code::wrong_key);
    EXPECT_NE(unlocked.error().message.find("custodian"), std::string::npos);
    EXPECT_EQ(code_of_export(writer.unlock_as_officer(make_x25519_secret())), Code::wrong_key);
    EXPECT_EQ(writer.rotate("config").error().code, Code::refused);
    EXPECT_EQ(writer.add_label("x").error().code, Code::refused);
    EXPECT_EQ(code_of_export(writer.export_writer({}, "server-3")), Code::refused);
}

TEST_F(KeyExportsTest, BothTrustEachOthersSignatures) {
    const Keyring writer = import(custodian_.export_writer({}, "server-2").value().view());
    const auto trusts = [](const Keyring& keyring, const SignerId& signer) {
        const auto signers = keyring.trusted_signers();
        return std::any_of(signers.begin(), signers.end(), [&](const SignerInfo& info) { return info.id == signer; });
    };
    const Keyring reopened = Keyring::open(files_, clock_, scratch_ / "custodian").value();
    EXPECT_TRUE(trusts(reopened, writer.signer()));
    EXPECT_TRUE(trusts(writer, custodian_.signer()));
    EXPECT_TRUE(trusts(writer, writer.signer()));
}

TEST_F(KeyExportsTest, EachExportIsARegisteredCopyWithASignerOfItsOwn) {
    const Keyring one = import(custodian_.export_writer({"config"}, "a").value().view(), "one");
    const Keyring two = import(custodian_.export_writer({}, "b").value().view(), "two");
    EXPECT_NE(one.signer(), two.signer());
    EXPECT_NE(one.host_id(), two.host_id());
    const auto copies = custodian_.copies();
    ASSERT_EQ(copies.size(), 2u);
    EXPECT_EQ(copies[0].kind, "writer");
    EXPECT_EQ(copies[0].note, "a");
    EXPECT_EQ(copies[0].labels.size(), 1u);
    EXPECT_EQ(copies[1].number, copies[0].number + 1);
    EXPECT_EQ(copies[1].labels.size(), 5u);
}

TEST_F(KeyExportsTest, AnExportThatCameToNothingIsWithdrawnWithItsSigner) {
    const auto before = custodian_.trusted_signers().size();
    std::uint32_t kept = 0, withdrawn = 0;
    const Secret export_kept = custodian_.export_writer({}, "a", &kept).value();
    ASSERT_TRUE(custodian_.export_writer({}, "a", &withdrawn).ok());
    ASSERT_NE(kept, withdrawn);
    ASSERT_TRUE(custodian_.withdraw_copies({withdrawn}).ok());
    Keyring again = Keyring::open(files_, clock_, scratch_ / "custodian").value();
    ASSERT_EQ(again.copies().size(), 1u);
    EXPECT_EQ(again.copies().front().number, kept);
    EXPECT_EQ(again.trusted_signers().size(), before + 1);
    EXPECT_EQ(again.trusted_signers().back().id, import(export_kept.view()).signer());
    std::uint32_t next = 0;
    ASSERT_TRUE(again.export_writer({}, "b", &next).ok());
    EXPECT_GT(next, withdrawn) << "somebody may have noted that number";
}

TEST_F(KeyExportsTest, UnknownLabelsAndDamagedFilesAreRefused) {
    EXPECT_EQ(code_of_export(custodian_.export_writer({"config", "invoices"}, "x")), Code::usage);
    EXPECT_TRUE(custodian_.copies().empty());
    Secret exported = custodian_.export_writer({}, "x").value();
    exported.mutable_view()[exported.size() / 2] ^= 1;
    EXPECT_EQ(code_of_export(Keyring::import_writer(files_, clock_, scratch_ / "w", exported.view())), Code::corrupt);
    EXPECT_EQ(code_of_export(Keyring::import_writer(files_, clock_, scratch_ / "w", as_bytes("hello"))), Code::corrupt);
    EXPECT_EQ(code_of_export(Keyring::import_writer(files_, clock_, scratch_ / "w", custodian_.export_public().value())),
              Code::corrupt);
    EXPECT_FALSE(Keyring::exists(files_, scratch_ / "w").value());
}

TEST_F(KeyExportsTest, NeverReplacesAKeyring) {
    const Secret exported = custodian_.export_writer({}, "x").value();
    EXPECT_EQ(code_of_export(Keyring::import_writer(files_, clock_, scratch_ / "custodian", exported.view())), Code::exists);
}

TEST_F(KeyExportsTest, PublicKeysHoldNoSecretOfAWriterOrCustodian) {
    const Bytes exported = custodian_.export_public().value();
    const UnlockedKeyring open = custodian_.unlock(passphrase_).value();
    EXPECT_FALSE(holds_key(exported, custodian_.signing_seed().view()));
    for (const StoredLabel& label : custodian_.content().labels) {
        EXPECT_FALSE(holds_key(exported, label.chunk_id_key.view()));
        EXPECT_FALSE(holds_key(exported, label.gear_key.view()));
        EXPECT_FALSE(holds_key(exported, label.summary_key.view()));
        EXPECT_FALSE(holds_key(exported, open.secrets(label.id).value()->by_epoch.at(1).view()));
    }
}

TEST_F(KeyExportsTest, AWriterFollowsRotationAndDestructionByPublicKeys) {
    Keyring writer = import(custodian_.export_writer({}, "server-2").value().view());
    const Secret log_key = writer.writer_keys("log").value()->chunk_id_key.clone();
    const auto writer_before = writer.writer_keys("config").value();
    ASSERT_TRUE(custodian_.rotate("config").ok());
    ASSERT_TRUE(custodian_.destroy_label(custodian_.unlock(passphrase_).value(), "log").ok());
    ASSERT_TRUE(writer.import_public(custodian_.export_public().value()).ok());
    const Keyring again = Keyring::open(files_, clock_, scratch_ / "writer").value();
    EXPECT_EQ(again.writer_keys("config").value()->epoch, 2u);
    const auto ours = again.writer_keys("config").value();
    EXPECT_EQ(ours->epoch_public, custodian_.writer_keys("config").value()->epoch_public);
    EXPECT_TRUE(ours->knows(key_tag(writer_before->epoch_public))) << "what it stored before is not stored again";
    EXPECT_FALSE(writer_before->knows(key_tag(ours->epoch_public)));
    EXPECT_EQ(code_of_export(again.writer_keys("log")), Code::usage);
    EXPECT_EQ(again.destroyed_labels().size(), 1u);
    EXPECT_FALSE(holds_key(keyring_file("writer"), log_key.view()));
}

TEST_F(KeyExportsTest, AStrangersPublicKeysRedirectNothing) {
    Keyring writer = import(custodian_.export_writer({}, "server-2").value().view());
    // The same record, signed by somebody whom the writer does not trust, with an epoch of his own.
    auto body = open_record(custodian_.export_public().value(), "custody public keys 1", 1 << 20).value().body;
    body["labels"][0]["epochs"] = {{{"number", 9}, {"public", to_hex(x25519_public(make_x25519_secret()))}}};
    const Bytes forged = sign_record(body, "custody public keys 1", Secret::random(kKeySize)).value();
    ASSERT_TRUE(writer.import_public(forged).ok());
    EXPECT_EQ(writer.writer_keys("config").value()->epoch, 1u);

    Keyring other = Keyring::create(files_, clock_, scratch_ / "other", Suite::standard, "x", passphrase_, kCheapCost).value();
    EXPECT_EQ(writer.import_public(other.export_public().value()).error().code, Code::refused);
}

}  // namespace
}  // namespace custody
