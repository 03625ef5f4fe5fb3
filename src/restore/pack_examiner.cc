#include "restore/pack_examiner.h"

#include "base/text.h"
#include "vault/object_check.h"

#include <algorithm>
#include <tuple>

namespace custody {
namespace {

constexpr std::size_t kProblemsNamed = 3;

bool earlier(const ExpectedEntry& a, const ExpectedEntry& b) {
    return std::tie(a.location.block_offset, a.location.offset, a.id) <
           std::tie(b.location.block_offset, b.location.offset, b.id);
}

}  // namespace

Result<std::optional<std::string>> PackExaminer::examine_block(const SegmentHeader& segment, ByteView block_bytes,
                                                               const BlockChecker*& checker) {
    checker = nullptr;
    if (run_->is_destroyed(segment.label)) {
        ++result_.destroyed_blocks;
        return std::optional<std::string>{};
    }
    ++result_.other_blocks;
    const auto label = run_->labels.find(segment.label);
    // No keys here: the file's hash is all there is to check.
    if (label == run_->labels.end()) return std::optional<std::string>{};
    auto mine = checkers_.find(segment.label);
    if (mine == checkers_.end()) {
        mine = checkers_.emplace(segment.label, BlockChecker(*label->second.keys, *label->second.opener)).first;
    }
    checker = &mine->second;
    TRY_ASSIGN(std::optional<std::string> bad, mine->second.check(segment, block_bytes));
    if (!bad && label->second.secrets && !mine->second.opened_content()) {
        result_.missing_keys.emplace(label->second.keys->name, segment.epoch);
    }
    return bad;
}

void PackExaminer::meet_expected(std::uint32_t segment_offset, std::uint32_t block_offset, const BlockHeader& block,
                                 const std::vector<BlockEntry>& entries) {
    while (next_expected_ < expected_.size() && expected_[next_expected_].location.block_offset < block_offset) ++next_expected_;
    std::uint32_t offset = 0;
    std::size_t first = next_expected_;
    for (const BlockEntry& entry : entries) {
        // Several entries may share an offset: empty contents, or one id listed by several index segments.
        for (std::size_t at = first; at < expected_.size(); ++at) {
            ExpectedEntry& expected = expected_[at];
            const Location& where = expected.location;
            if (where.block_offset != block_offset || where.offset > offset) break;
            if (where.offset < offset) {
                first = at + 1;
                continue;
            }
            if (expected.id == entry.id.bytes && where.length == entry.length && where.segment_offset == segment_offset &&
                where.block_size == block.total_size() && where.kind == block.kind) {
                expected.met = true;
            }
        }
        offset += entry.length;
    }
}

void PackExaminer::conclude(const PackScan& scan) {
    const bool intact = id_of<ObjectId>(scan.digest) == result_.pack;
    std::vector<std::string> words;
    if (!intact) words.push_back(say("its bytes do not hash to its name"));
    if (bad_blocks_ > 0) words.push_back(say("{} of its {} blocks are damaged", bad_blocks_, scan.blocks));
    for (const auto& list : {problems_, scan.damage}) {
        for (const std::string& each : list) {
            if (words.size() < kProblemsNamed + 2) words.push_back(each);
        }
    }
    if (!words.empty()) {
        result_.problem.emplace();
        for (const std::string& each : words) *result_.problem += (result_.problem->empty() ? "" : "; ") + each;
    }
    for (ExpectedEntry& expected : expected_) {
        const std::uint32_t block = expected.location.block_offset;
        const bool sound = std::binary_search(result_.sound_blocks.begin(), result_.sound_blocks.end(), block);
        // In a damaged file an entry whose block was not met is explained by the damage.
        if (!expected.met && (sound || !result_.problem)) result_.wrong.push_back(std::move(expected));
    }
    if (!result_.problem) result_.sound_blocks.clear();
}

Result<ExaminedPack> PackExaminer::examine_whole(const ObjectId& pack, std::vector<ExpectedEntry>&& expected) {
    result_.pack = pack;
    expected_ = std::move(expected);
    std::sort(expected_.begin(), expected_.end(), earlier);
    const OnBlock on_block = [&](const SegmentHeader& segment, std::uint32_t segment_offset, std::uint32_t block_offset,
                                 const BlockHeader& block, ByteView block_bytes) -> Status {
        TRY(run_->stop.check());
        const BlockChecker* checker = nullptr;
        TRY_ASSIGN(const std::optional<std::string> bad, examine_block(segment, block_bytes, checker));
        if (bad) {
            ++bad_blocks_;
            if (problems_.size() < kProblemsNamed) problems_.push_back(say("block at {}: {}", block_offset, *bad));
            return done();
        }
        result_.sound_blocks.push_back(block_offset);
        if (checker) meet_expected(segment_offset, block_offset, block, checker->entries());
        return done();
    };
    run_->store().forget_cached(pack_name(pack));
    const auto scan = scan_pack(run_->store(), pack, &on_block);
    if (!scan.ok()) {
        if (!is_damage(scan.error())) return scan.error();
        result_.lost = true;
        result_.problem = scan.error().message;
        if (scan.error().code == Code::denied) result_.unopened = scan.error();
        return std::move(result_);
    }
    result_.bytes_read = scan->size;
    conclude(*scan);
    return std::move(result_);
}

Result<ExaminedPack> PackExaminer::examine_some(const ObjectId& pack, const std::vector<ExpectedEntry>& expected,
                                                const IsChosen& is_chosen) {
    result_.pack = pack;
    std::map<std::uint32_t, const ExpectedEntry*> blocks;
    for (const ExpectedEntry& entry : expected) blocks.emplace(entry.location.block_offset, &entry);
    for (const auto& [offset, entry] : blocks) {
        TRY(run_->stop.check());
        if (!is_chosen(pack, entry->location)) continue;
        const BlockSource source(run_->store(), *entry->label->opener);
        auto stored = source.read_stored(entry->location);
        std::optional<std::string> bad;
        if (!stored.ok()) {
            if (!is_damage(stored.error())) return stored.error();
            bad = stored.error().message;
            if (stored.error().code == Code::denied) result_.unopened = stored.error();
        } else {
            result_.bytes_read += stored->bytes.size();
            const BlockChecker* checker = nullptr;
            TRY_ASSIGN(bad, examine_block(stored->segment, stored->bytes, checker));
        }
        if (!bad) continue;
        result_.bad_blocks.push_back(offset);
        if (!result_.problem) result_.problem = say("block at {}: {}", offset, *bad);
    }
    return std::move(result_);
}

}  // namespace custody
