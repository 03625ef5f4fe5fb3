#include "vault/history/snapshot.h"

#include "base/records/canonical_json.h"

#include <gtest/gtest.h>

namespace custody {
namespace {

WriterKeys make_keys(Suite suite = Suite::standard) {
    WriterKeys keys;
    keys.family = random_id<FamilyId>();
    keys.label = random_id<LabelId>();
    keys.name = "config";
    keys.suite = suite;
    keys.summary_key = Secret::random(kKeySize);
    keys.epoch = 7;
    keys.epoch_public = x25519_public(make_x25519_secret());
    return keys;
}

SnapshotSummary make_summary() {
    SnapshotSummary summary;
    summary.time = Time{1762131600123456789};
    summary.label = "config";
    summary.name = "t\xC3\xAAn";
    summary.host = "m\xE1y not UTF-8";
    summary.kind = "files";
    summary.paths = {"/etc", std::string("/srv/\xff\n", 7)};
    summary.files = 12;
    summary.bytes = 1ULL << 50;
    summary.root = random_id<TreeId>();
    summary.clock_suspect = true;
    summary.failed = 3;
    summary.changed_while_read = 4;
    return summary;
}

class SnapshotTest : public testing::Test {
protected:
    EncodedSnapshot encode(const WriterKeys& keys) {
        auto encoded = encode_snapshot(summary_, keys, host_, seed_);
        EXPECT_TRUE(encoded.ok()) << encoded.error().message;
        return encoded.ok() ? *encoded : EncodedSnapshot{};
    }
    SnapshotSummary summary_ = make_summary();
    HostId host_ = random_id<HostId>();
    Secret seed_ = Secret::random(kKeySize);
};

TEST_F(SnapshotTest, ComesBackInBothSuites) {
    for (const Suite suite : {Suite::standard, Suite::modern}) {
        const WriterKeys keys = make_keys(suite);
        const EncodedSnapshot encoded = encode(keys);
        const auto back = decode_snapshot(encoded.id, encoded.bytes, keys);
        ASSERT_TRUE(back.ok()) << back.error().message;
        EXPECT_EQ(back->clear.family, keys.family);
        EXPECT_EQ(back->clear.label, keys.label);
        EXPECT_EQ(back->clear.host, host_);
        EXPECT_EQ(back->clear.suite, suite);
        EXPECT_EQ(back->clear.signer, signer_id(seed_));
        EXPECT_EQ(back->clear.epoch, 7u);
        EXPECT_TRUE(keys.knows(back->clear.key));
        EXPECT_FALSE(make_keys(suite).knows(back->clear.key)) << "another key of the same number";
        EXPECT_EQ(back->summary.time, summary_.time);
        EXPECT_EQ(back->summary.label, summary_.label);
        EXPECT_EQ(back->summary.name, summary_.name);
        EXPECT_EQ(back->summary.host, summary_.host);
        EXPECT_EQ(back->summary.kind, summary_.kind);
        EXPECT_EQ(back->summary.paths, summary_.paths);
        EXPECT_EQ(back->summary.files, summary_.files);
        EXPECT_EQ(back->summary.bytes, summary_.bytes);
        EXPECT_EQ(back->summary.root, summary_.root);
        EXPECT_EQ(back->summary.clock_suspect, summary_.clock_suspect);
        EXPECT_EQ(back->summary.failed, summary_.failed);
        EXPECT_EQ(back->summary.changed_while_read, summary_.changed_while_read);
    }
}

TEST_F(SnapshotTest, NothingOfTheSummaryLiesInClear) {
    const EncodedSnapshot encoded = encode(make_keys());
    const std::string text(as_text(encoded.bytes));
    for (const std::string& secret : std::vector<std::string>{"config", "/etc", "files\"", "2025-11", summary_.root.hex()}) {
        EXPECT_EQ(text.find(secret), std::string::npos) << secret;
    }
}

TEST_F(SnapshotTest, TwoSnapshotsOfTheSameStateDiffer) {
    const WriterKeys keys = make_keys();
    EXPECT_NE(encode(keys).id, encode(keys).id);
}

TEST_F(SnapshotTest, AnotherLabelsKeysAreTheWrongKey) {
    const WriterKeys keys = make_keys();
    const EncodedSnapshot encoded = encode(keys);
    const auto back = decode_snapshot(encoded.id, encoded.bytes, make_keys());
    ASSERT_FALSE(back.ok());
    EXPECT_EQ(back.error().code, Code::wrong_key);
    const auto clear = decode_snapshot_clear(encoded.id, encoded.bytes);
    ASSERT_TRUE(clear.ok());
    EXPECT_EQ(clear->label, keys.label);
}

TEST_F(SnapshotTest, EveryFlippedByteIsNoticedWithoutKeys) {
    const EncodedSnapshot encoded = encode(make_keys());
    for (std::size_t i = 0; i < encoded.bytes.size(); i += 7) {
        Bytes damaged = encoded.bytes;
        damaged[i] ^= 1;
        const auto clear = decode_snapshot_clear(encoded.id, damaged);
        ASSERT_FALSE(clear.ok());
        EXPECT_EQ(clear.error().code, Code::corrupt);
        // Renamed to fit its new content, the signature tells.
        const auto renamed = decode_snapshot_clear(id_of<ObjectId>(sha256(damaged)), damaged);
        ASSERT_FALSE(renamed.ok()) << i;
    }
}

// Somebody who can sign but lacks the summary key moves a sealed summary under other clear fields.
TEST_F(SnapshotTest, SummaryIsBoundToItsHostAndLabel) {
    const WriterKeys keys = make_keys();
    const EncodedSnapshot encoded = encode(keys);
    auto record = open_record(encoded.bytes, "custody snapshot 1", kMaxSnapshotSize);
    ASSERT_TRUE(record.ok());
    record->body["host"] = random_id<HostId>().hex();
    const auto forged = sign_record(record->body, "custody snapshot 1", seed_);
    ASSERT_TRUE(forged.ok());
    const ObjectId id = id_of<ObjectId>(sha256(*forged));
    EXPECT_TRUE(decode_snapshot_clear(id, *forged).ok());
    const auto back = decode_snapshot(id, *forged, keys);
    ASSERT_FALSE(back.ok());
    EXPECT_EQ(back.error().code, Code::corrupt);
}

TEST_F(SnapshotTest, NewerFormatIsSaidSo) {
    const EncodedSnapshot encoded = encode(make_keys());
    auto record = open_record(encoded.bytes, "custody snapshot 1", kMaxSnapshotSize);
    ASSERT_TRUE(record.ok());
    record->body["format"] = 2;
    const auto newer = sign_record(record->body, "custody snapshot 1", seed_);
    ASSERT_TRUE(newer.ok());
    const auto clear = decode_snapshot_clear(id_of<ObjectId>(sha256(*newer)), *newer);
    ASSERT_FALSE(clear.ok());
    EXPECT_EQ(clear.error().code, Code::usage);
}

}  // namespace
}  // namespace custody
