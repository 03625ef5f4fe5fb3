// Snapshots: immutable, signed, unnumbered, equal on every medium; the id is SHA-256 of the file.
//
// snapshots/<64 hex>: clear signed record (purpose "custody snapshot 1") with fields "format", "suite", "family", "label" (id),
// "host" (id), "epoch" and "key" (its tag); "summary": base64 of JSON sealed under HKDF(summary key, salt = "nonce" field 16
// random bytes, "custody snapshot summary 1"), nonce 0, AAD = family | label | host | salt. What is in clear tells only random
// ids.
#pragma once

#include "base/clock.h"
#include "base/crypto.h"
#include "base/ids.h"
#include "base/result.h"
#include "vault/keys/label_keys.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

// Whether a snapshot of this kind is a tree of files below "/", not one image or stream.
[[nodiscard]] inline bool is_tree_of_files(std::string_view kind) { return kind != "image" && kind != "stream"; }

// What `custody snapshots` prints, and where the tree starts.
struct SnapshotSummary {
    Time time;  // when the run began
    std::string label, name, host;
    std::string kind;                // "files", "image", "stream", "postgresql", "mariadb", "sqlite", "command"
    std::vector<std::string> paths;  // raw bytes; JSON carries those that are not UTF-8 as {"base64": ...}
    std::uint64_t files = 0, bytes = 0;
    TreeId root;
    bool clock_suspect = false;  // written while the clock was behind the floor
    std::uint64_t failed = 0, changed_while_read = 0;
};
struct SnapshotClear {
    FamilyId family;
    LabelId label;
    HostId host;
    Suite suite = Suite::standard;
    SignerId signer;
    // The label's newest key that its writer held. Whoever holds that one holds every key that what it refers to was sealed to
    // when it was made.
    std::uint32_t epoch = 0;
    KeyTag key;
};
struct Snapshot {
    ObjectId id;
    SnapshotClear clear;
    SnapshotSummary summary;
};

struct EncodedSnapshot {
    ObjectId id;
    Bytes bytes;
};
[[nodiscard]] Result<EncodedSnapshot> encode_snapshot(const SnapshotSummary& summary, const WriterKeys& keys, const HostId& host,
                                                      const Secret& signing_seed);
inline constexpr std::uint64_t kMaxSnapshotSize = 4 * 1024 * 1024;
// Without keys: form and signature. `id` is the name it lay under: corrupt when SHA-256 differs.
[[nodiscard]] Result<SnapshotClear> decode_snapshot_clear(const ObjectId& id, ByteView bytes);
// wrong_key when `keys` are of another label.
[[nodiscard]] Result<Snapshot> decode_snapshot(const ObjectId& id, ByteView bytes, const WriterKeys& keys);

}  // namespace custody
