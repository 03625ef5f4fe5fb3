#include "vault/prune/place_prover.h"

#include "vault/object_check.h"

#include <algorithm>

namespace custody {

Result<PlaceProver::Block> PlaceProver::look_at(const Location& at) {
    const auto stored = blocks_.read_stored(at);
    if (!stored.ok() && !is_damage(stored.error())) return stored.error();
    if (!stored.ok() || stored->segment.kind != at.kind) return Block{};
    TRY_ASSIGN(const std::optional<std::string> problem, checker_.check(stored->segment, stored->bytes));
    if (problem || !checker_.opened_content()) return Block{};
    Block block;
    std::uint32_t offset = 0;
    for (const BlockEntry& entry : checker_.entries()) {
        block.push_back({load_le<std::uint64_t>(entry.id.bytes.data()), offset, entry.length});
        offset += entry.length;
    }
    return block;
}

Result<bool> PlaceProver::is_proven(const IndexEntry& entry) {
    const Location& at = entry.location;
    auto& of_pack = known_[at.pack];
    auto known = of_pack.find(at.block_offset);
    if (known == of_pack.end()) {
        TRY_ASSIGN(Block block, look_at(at));
        known = of_pack.emplace(at.block_offset, std::move(block)).first;
    }
    const Content wanted{load_le<std::uint64_t>(entry.id.data()), at.offset, at.length};
    return std::find(known->second.begin(), known->second.end(), wanted) != known->second.end();
}

}  // namespace custody
