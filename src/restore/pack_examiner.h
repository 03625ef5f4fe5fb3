// Examining the blocks of one pack: opened, decompressed, each chunk and node hashed again, and compared with what the index
// says lies there.
//
// Threads: an examiner serves one thread (one pack); the verification it looks at is not changed meanwhile. Memory: one block.
// Errors: what ends the run only; damage is part of the result.
#pragma once

#include "restore/verification.h"
#include "vault/block_check.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace custody {

// An index entry that points into the pack.
struct ExpectedEntry {
    std::array<Byte, 32> id{};
    Location location;
    const LabelUnderCheck* label = nullptr;
    std::uint32_t segment = 0;  // index segment that says so, in the label's index
    bool met = false;
};
using ExpectedByPack = std::map<ObjectId, std::vector<ExpectedEntry>>;

struct ExaminedPack {
    ObjectId pack;
    std::uint64_t bytes_read = 0;
    std::optional<std::string> problem;
    std::optional<Error> unopened;            // denied: whether it is damaged is not known
    bool lost = false;                        // nothing of it can be relied on
    std::vector<std::uint32_t> sound_blocks;  // by offset, where there is a problem
    std::vector<std::uint32_t> bad_blocks;    // sampled blocks found bad
    std::vector<ExpectedEntry> wrong;         // index entries that point to other bytes
    std::uint64_t destroyed_blocks = 0, other_blocks = 0;
    std::set<std::pair<std::string, std::uint32_t>> missing_keys;  // label and epoch of blocks whose content was not opened
};

class PackExaminer {
public:
    explicit PackExaminer(const Verification& run) : run_(&run) {}
    // The whole file in order, and every block in it.
    [[nodiscard]] Result<ExaminedPack> examine_whole(const ObjectId& pack, std::vector<ExpectedEntry>&& expected);
    // The blocks of `expected` that `is_chosen` names, by offset.
    using IsChosen = std::function<bool(const ObjectId& pack, const Location& block)>;
    [[nodiscard]] Result<ExaminedPack> examine_some(const ObjectId& pack, const std::vector<ExpectedEntry>& expected,
                                                    const IsChosen& is_chosen);

private:
    // Why the block is bad, or nothing. `checker` is set where the label's keys are here.
    [[nodiscard]] Result<std::optional<std::string>> examine_block(const SegmentHeader& segment, ByteView block_bytes,
                                                                   const BlockChecker*& checker);
    void meet_expected(std::uint32_t segment_offset, std::uint32_t block_offset, const BlockHeader& block,
                       const std::vector<BlockEntry>& entries);
    void conclude(const PackScan& scan);

    const Verification* run_;
    std::map<LabelId, BlockChecker> checkers_;
    std::vector<ExpectedEntry> expected_;
    std::size_t next_expected_ = 0;
    std::vector<std::string> problems_;
    std::uint64_t bad_blocks_ = 0;
    ExaminedPack result_;
};

}  // namespace custody
