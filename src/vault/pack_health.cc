#include "vault/pack_health.h"

#include "vault/object_check.h"

#include <algorithm>

namespace custody {

void PackHealth::add_sound(const ObjectId& pack) {
    present_.insert(pack);
    damaged_.erase(pack);
}

void PackHealth::add_lost(const ObjectId& pack) { damaged_[pack] = Damage{}; }

void PackHealth::add_damaged(const ObjectId& pack, std::vector<std::uint32_t> sound_blocks) {
    damaged_[pack] = Damage{true, {sound_blocks.begin(), sound_blocks.end()}};
}

void PackHealth::add_bad_block(const ObjectId& pack, std::uint32_t block_offset) {
    const auto [at, fresh] = damaged_.try_emplace(pack, Damage{false, {}});
    if (at->second.listed_are_sound) {
        at->second.blocks.erase(block_offset);
    } else {
        at->second.blocks.insert(block_offset);
    }
}

bool PackHealth::is_sound(const ObjectId& pack, std::uint32_t block_offset) const {
    if (!present_.contains(pack)) return false;
    const auto found = damaged_.find(pack);
    return found == damaged_.end() || found->second.blocks.contains(block_offset) == found->second.listed_are_sound;
}

Result<std::optional<Location>> LocationFinder::lookup(ByteView id32, const Index::Usable& usable) const {
    auto found = index_->lookup(id32, &usable);
    // A damaged page answers for none of its ids; the damage itself is reported where index segments are checked.
    if (!found.ok() && is_damage(found.error())) return std::optional<Location>{};
    return found;
}

Result<std::optional<Location>> LocationFinder::find_in(const ObjectId& pack, ByteView id32) const {
    return lookup(id32, [&pack](const Location& offered) { return offered.pack == pack; });
}

Result<std::vector<ObjectId>> LocationFinder::packs_named(ByteView id32) const {
    std::vector<ObjectId> named;
    TRY(lookup(id32, [&named](const Location& offered) {
        named.push_back(offered.pack);
        return false;
    }));
    std::sort(named.begin(), named.end());
    named.erase(std::unique(named.begin(), named.end()), named.end());
    return named;
}

Result<std::optional<Location>> LocationFinder::find(ByteView id32, SegmentKind kind) const {
    const auto is_wrong = [&](const ObjectId& pack) {
        if (!wrong_ || wrong_->empty()) return false;
        std::array<Byte, 32> id{};
        std::copy(id32.begin(), id32.end(), id.begin());
        return wrong_->contains({id, pack});
    };
    TRY_ASSIGN(const std::optional<Location> sound,
               lookup(id32, [&](const Location& at) { return health_->is_sound(at.pack) && !is_wrong(at.pack); }));
    if (sound && sound->kind == kind) return sound;
    if (!health_->any_damaged()) return std::optional<Location>{};
    TRY_ASSIGN(const std::vector<ObjectId> named, packs_named(id32));
    for (const ObjectId& pack : named) {
        if (is_wrong(pack)) continue;
        TRY_ASSIGN(const std::optional<Location> at, find_in(pack, id32));
        if (at && at->kind == kind && health_->is_sound(pack, at->block_offset)) return at;
    }
    return std::optional<Location>{};
}

}  // namespace custody
