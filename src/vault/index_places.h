// Index segments that lose no place. A segment has one place for an id; where an id lies under several keys, each of which other
// keyrings may hold alone, as many segments are written as that takes.
//
// Threads: one. Memory: the entries given. Durable after a barrier.
#pragma once

#include "base/result.h"
#include "vault/keys/label_keys.h"
#include "vault/packs/index.h"

#include <functional>
#include <vector>

namespace custody {

// What something was sealed to, as one keyring sees it.
struct SealedTo {
    KeyTag key;
    std::uint32_t epoch = 0;
    bool is_known = false;  // an epoch of that keyring's
    bool operator==(const SealedTo&) const = default;
};
[[nodiscard]] SealedTo sealed_to(const SegmentHeader& segment, const WriterKeys& keys);
// Whether every keyring that opens `other` opens `one` too: the same key, of this keyring's own epochs an older one, or the
// label's first epoch, which every keyring of the label has.
[[nodiscard]] bool opens_wherever(const SealedTo& one, const SealedTo& other);

// Of several places of an id under one key the first stays. `key_of` null: every segment counts as a key of its own.
using KeyOfPlace = std::function<KeyTag(const Location& at)>;
[[nodiscard]] Result<std::vector<WrittenSegment>> write_all_places(ObjectStore& store, const WriterKeys& keys,
                                                                   const Secret& signing_seed, std::vector<IndexEntry> entries,
                                                                   const std::vector<PackRow>& rows, const KeyOfPlace& key_of);

}  // namespace custody
