// Whether a place holds what the index says: its block opened with the label's secret and every content hashed again. Whoever may
// write to the vault may write index segments, and a medium may have gone bad unseen: before one of two copies is given up, the
// other is proven.
//
// Ownership: refers to the store; owns what else it needs. Threads: one. Memory: one block, and 16 bytes for each id in blocks
// that were looked at: each is read once.
#pragma once

#include "vault/block_check.h"
#include "vault/packs/index.h"
#include "vault/packs/pack_reader.h"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace custody {

class PlaceProver {
public:
    PlaceProver(ObjectStore& store, std::shared_ptr<const WriterKeys> keys, std::shared_ptr<const LabelSecrets> secrets)
        : keys_(std::move(keys)),
          secrets_(std::move(secrets)),
          opener_(*keys_, secrets_.get()),
          blocks_(store, opener_),
          checker_(*keys_, opener_) {}

    // False: it is damaged, another's, or sealed to a key whose secret is not here.
    [[nodiscard]] Result<bool> is_proven(const IndexEntry& entry);

private:
    struct Content {
        std::uint64_t id = 0;  // its first bytes: ids are keyed hashes
        std::uint32_t offset = 0, length = 0;
        bool operator==(const Content&) const = default;
    };
    using Block = std::vector<Content>;  // empty: not proven
    [[nodiscard]] Result<Block> look_at(const Location& at);

    std::shared_ptr<const WriterKeys> keys_;
    std::shared_ptr<const LabelSecrets> secrets_;
    SegmentOpener opener_;
    BlockSource blocks_;
    BlockChecker checker_;
    std::unordered_map<ObjectId, std::unordered_map<std::uint32_t, Block>, IdHash> known_;  // by pack and block
};

}  // namespace custody
