// What is known about the packs of a vault while it is verified or repaired, and finding ids in what is sound.
//
// Memory: 32 bytes and change a pack; block offsets only for damaged packs. Threads: filled by one thread, then read by many.
#pragma once

#include "base/result.h"
#include "vault/packs/index.h"

#include <map>
#include <optional>
#include <set>
#include <unordered_set>
#include <vector>

namespace custody {

class PackHealth {
public:
    void add_present(const ObjectId& pack) { present_.insert(pack); }
    void forget_present() { present_.clear(); }
    // Healed: there again, and all of it sound.
    void add_sound(const ObjectId& pack);
    // Nothing in it can be relied on.
    void add_lost(const ObjectId& pack);
    // Only these blocks (offsets) of it are sound.
    void add_damaged(const ObjectId& pack, std::vector<std::uint32_t> sound_blocks);
    // All of it is sound but these blocks.
    void add_bad_block(const ObjectId& pack, std::uint32_t block_offset);

    [[nodiscard]] bool is_present(const ObjectId& pack) const { return present_.contains(pack); }
    [[nodiscard]] bool is_sound(const ObjectId& pack) const { return present_.contains(pack) && !damaged_.contains(pack); }
    [[nodiscard]] bool is_sound(const ObjectId& pack, std::uint32_t block_offset) const;
    [[nodiscard]] bool any_damaged() const { return !damaged_.empty(); }

private:
    struct Damage {
        bool listed_are_sound = true;
        std::set<std::uint32_t> blocks;
    };
    std::unordered_set<ObjectId, IdHash> present_;
    std::map<ObjectId, Damage> damaged_;
};

// An index entry that was seen to point to other bytes.
using WrongEntries = std::set<std::pair<std::array<Byte, 32>, ObjectId>>;

// Places of one label's ids. Threads: one.
class LocationFinder {
public:
    LocationFinder(Index& index, const PackHealth& health, const WrongEntries* wrong = nullptr)
        : index_(&index), health_(&health), wrong_(wrong) {}
    // The first sound place; none also when the index itself is damaged there.
    [[nodiscard]] Result<std::optional<Location>> find(ByteView id32, SegmentKind kind) const;
    // Every pack that the index names for it, sound or not.
    [[nodiscard]] Result<std::vector<ObjectId>> packs_named(ByteView id32) const;
    // What the index says for it in that very pack.
    [[nodiscard]] Result<std::optional<Location>> find_in(const ObjectId& pack, ByteView id32) const;

private:
    [[nodiscard]] Result<std::optional<Location>> lookup(ByteView id32, const Index::Usable& usable) const;
    Index* index_;
    const PackHealth* health_;
    const WrongEntries* wrong_;
};

}  // namespace custody
