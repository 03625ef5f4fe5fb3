// The ids of chunks and trees that live snapshots refer to, as 64-bit prefixes: 20 million of them take some 270 MB where the
// whole ids would take over a gigabyte. Ids are keyed hashes, so prefixes are uniform. Two ids of one prefix count as one: then
// garbage may be kept, and nothing that is live can ever be missed, for every live id's prefix is in the set.
#pragma once

#include "base/bytes.h"
#include "vault/prune/flat_set.h"

namespace custody {

class LiveIds {
public:
    void insert(ByteView id32) { live_.insert(load_le<std::uint64_t>(id32.data())); }
    [[nodiscard]] bool contains(ByteView id32) const { return live_.contains(load_le<std::uint64_t>(id32.data())); }
    // A live id was met where it can be read from.
    void found(ByteView id32) { found_.insert(load_le<std::uint64_t>(id32.data())); }
    [[nodiscard]] bool is_found(ByteView id32) const { return found_.contains(load_le<std::uint64_t>(id32.data())); }
    void forget_found() { found_.clear(); }
    [[nodiscard]] std::size_t not_found() const { return live_.size() - found_.size(); }

private:
    FlatSet64 live_, found_;
};

}  // namespace custody
