// Copying: where the blocks are, at the target and at the source, and bringing them.
#include "base/text.h"
#include "vault/copier.h"
#include "vault/object_check.h"

#include <utility>

namespace custody {
namespace {

constexpr std::uint64_t kBatchBytes = 256ull * 1024 * 1024;

}  // namespace

bool Copier::fails(const ObjectId& pack, const std::string& why) {
    failed_.emplace(pack, why);
    why_broken_ = why;
    return false;
}

// Whether who holds the key that the snapshot at hand names opens what lies there. Of a key that is not here only its own number
// tells what came before it.
bool Copier::opens_with_its_key(const CopiedLabel& label, const BlockSource& blocks, const Location& at) {
    const auto segment = blocks.read_segment(at);
    if (!segment.ok()) return false;  // nor can be told: at the source another place may be sure to
    if (segment->key == label.key) return true;
    if (!label.keys->knows(segment->key)) return false;
    return label.keys->knows(label.key) ? segment->epoch <= label.epoch : segment->epoch < label.epoch;
}

// In a pack that this run may use: there, not known to be damaged, and not about to be pruned.
Result<std::optional<Location>> Copier::target_place(CopiedLabel& label, ByteView id, SegmentKind kind) {
    const Index::Usable usable = [&](const Location& at) {
        return at_target_.contains(at.pack) && !is_damaged_there(at.pack) && !session_.is_marked(at.pack) &&
               !failed_.contains(at.pack) && opens_with_its_key(label, *label.to_blocks, at);
    };
    auto found = label.to->lookup(id, &usable);
    if (!found.ok() && !is_damage(found.error())) return found;
    if (!found.ok() || !*found || (*found)->kind != kind) return std::optional<Location>{};
    objects_.add_pack((*found)->pack, to_.state());
    return found;
}

// A block of tree nodes whose references can be read there. They are kept for read_references(), which comes next.
Result<bool> Copier::has_references(const BlockSource& blocks, const Location& at) {
    const CopiedBlock place{at.pack, at.block_offset};
    if (readable_.contains(place)) return true;
    auto entries = blocks.read_summary(at);
    if (!entries.ok() && !is_damage(entries.error())) return entries.error();
    if (!entries.ok()) {
        why_broken_ = entries.error().message;
        return false;
    }
    readable_.emplace(place, &blocks);
    just_read_ = {place, std::move(*entries)};
    return true;
}

Result<std::vector<BlockEntry>> Copier::read_references(const Location& at) {
    const CopiedBlock place{at.pack, at.block_offset};
    if (just_read_.first == place && !just_read_.second.empty()) return std::exchange(just_read_.second, {});
    return readable_.at(place)->read_summary(at);
}

// What a pack holds that is missing or damaged may lie in others too: each is tried, brought where the target lacks the id, and
// of a tree node the references are read, at the source or from the pack that was brought.
Result<std::optional<Location>> Copier::source_place(CopiedLabel& label, ByteView id, SegmentKind kind, bool is_at_target) {
    std::set<CopiedBlock> tried;
    const Index::Usable usable = [&](const Location& at) {
        return !failed_.contains(at.pack) && !tried.contains({at.pack, at.block_offset});
    };
    const Index::Usable best = [&](const Location& at) {
        return usable(at) && opens_with_its_key(label, *label.from_blocks, at);
    };
    while (true) {
        auto at = label.from->lookup(id, &best);
        if (at.ok() && !*at) at = label.from->lookup(id, &usable);
        if (!at.ok() && !is_damage(at.error())) return at.error();
        if (!at.ok() || !*at || (*at)->kind != kind) return std::optional<Location>{};
        tried.insert({(*at)->pack, (*at)->block_offset});
        if (!is_at_target) {
            TRY_ASSIGN(const bool brought, bring(**at, label));
            if (!brought) continue;
        }
        if (kind == SegmentKind::content) return *at;
        TRY_ASSIGN(bool is_read, has_references(*label.from_blocks, **at));
        if (!is_read && whole_.contains((*at)->pack)) {
            TRY_ASSIGN(is_read, has_references(*label.to_blocks, **at));
        }
        if (is_read) return *at;
    }
}

// A place of it, once the target has the id or will have it with this batch.
Result<std::optional<Location>> Copier::find(CopiedLabel& label, ByteView id, SegmentKind kind) {
    const std::string why_before = why_broken_;
    TRY_ASSIGN(std::optional<Location> place, target_place(label, id, kind));
    if (!place || kind == SegmentKind::tree) {
        const std::optional<Location> there = place;
        TRY_ASSIGN(place, source_place(label, id, kind, there.has_value()));
        if (!place && there) {  // the source has lost its own
            TRY_ASSIGN(const bool is_read, has_references(*label.to_blocks, *there));
            if (is_read) place = there;
        }
    }
    if (place) {
        why_broken_ = why_before;
    } else if (why_broken_.empty()) {
        why_broken_ = say("{} is not to be found at the source", to_hex(id));
    }
    return place;
}

Result<bool> Copier::bring(const Location& at, CopiedLabel& label) {
    if (whole_.contains(at.pack)) {
        objects_.add_pack(at.pack, to_.state());
        return true;
    }
    return session_.is_marked(at.pack) ? bring_block(at, label) : bring_pack(at.pack);
}

// The pack was read whole and hashed to be listed. Not intact may also mean that a block is not what its keys say: then it was no
// better at the source, and the medium is not to blame.
Status Copier::judge_read_back(const ObjectInfo& pack, const Result<PackContents>& contents) {
    if (contents.ok() && contents->intact) {
        note_read_back(pack.size);
        return done();
    }
    if (!contents.ok() && !is_damage(contents.error())) return contents.error();
    return read_back(pack);
}

Result<bool> Copier::bring_pack(const ObjectId& pack) {
    std::uint64_t copied = 0;
    if (!at_target_.contains(pack)) {
        const auto size = copy_pack(from_.store(), to_.store(), pack, false, stop_);
        if (!size.ok() && is_damage(size.error())) return fails(pack, size.error().message);
        if (!size.ok()) return size.error();
        copied = *size;
    }
    // Read back from the target: what is indexed is what lies there.
    if (options_.read_back) to_.store().forget_cached(pack_name(pack));
    auto contents = list_pack(to_.store(), pack, opener_, stop_);
    const bool is_bad = contents.ok() ? !contents->intact : is_damage(contents.error());
    if (is_bad && copied == 0 && !to_.state().objects.contains(pack_name(pack))) {  // repair knows nothing of what no entry names
        const auto size = copy_pack(from_.store(), to_.store(), pack, true, stop_);
        if (!size.ok() && is_damage(size.error())) return fails(pack, size.error().message);
        if (!size.ok()) return size.error();
        copied = *size;
        if (options_.read_back) to_.store().forget_cached(pack_name(pack));
        contents = list_pack(to_.store(), pack, opener_, stop_);
    }
    if (options_.read_back && copied > 0) TRY(judge_read_back({pack_name(pack), copied}, contents));
    if (!contents.ok() && !is_damage(contents.error())) return contents.error();
    if (!contents.ok() || !contents->intact || is_damaged_there(pack)) {
        return fails(pack, say("{} is damaged at {}; run `custody repair` there", pack_name(pack), to_.store().location()));
    }
    batch_.add(*contents);
    whole_.insert(pack);
    objects_.add_pack(pack, to_.state());
    if (copied > 0) {
        ++result.packs_copied;
        result.bytes_copied += copied;
        state_.bytes_done += copied;
        progress_.update(state_);
    }
    batch_bytes_ += copied;
    if (batch_bytes_ >= kBatchBytes || batch_.size() >= kCopyBatchEntries) TRY(write_index());
    return true;
}

Result<bool> Copier::source_pack_is_intact(const ObjectId& pack) {
    if (intact_sources_.contains(pack)) return true;
    const auto scan = scan_pack(from_.store(), pack, nullptr);
    if (!scan.ok() && !is_damage(scan.error())) return scan.error();
    if (!scan.ok()) return fails(pack, scan.error().message);
    if (id_of<ObjectId>(scan->digest) != pack) {
        return fails(pack,
                     say("{} in {} is damaged: its bytes do not hash to its name", pack_name(pack), from_.store().location()));
    }
    intact_sources_.insert(pack);
    return true;
}

Result<bool> Copier::bring_block(const Location& at, CopiedLabel& label) {
    const CopiedBlock place{at.pack, at.block_offset};
    if (moved_.contains(place)) return true;
    TRY_ASSIGN(const bool intact, source_pack_is_intact(at.pack));
    if (!intact) return false;
    moved_.insert(place);
    to_move_.emplace(place, std::make_pair(at, &label));
    return true;
}

// Backwards, so that a pack of several blocks never comes out under its old, marked name again.
Status Copier::move_marked_blocks() {
    for (auto next = to_move_.rbegin(); next != to_move_.rend(); ++next) {
        TRY(stop_.check());
        const auto& [at, label] = next->second;
        TRY_ASSIGN(const BlockSource::Stored stored, label->from_blocks->read_stored(at));
        TRY(mover_.add(stored.segment, stored.bytes));
    }
    to_move_.clear();
    const std::uint64_t moved_before = mover_.moved_bytes();
    TRY_ASSIGN(const std::vector<PackContents> packs, mover_.finish());
    for (const PackContents& pack : packs) {
        if (session_.is_marked(pack.id)) {
            return Error{Code::busy,
                         say("{} at {} waits for prune, and the copy needs it; run `custody prune` there, then copy again",
                             pack_name(pack.id), to_.store().location())};
        }
        TRY(read_back({pack_name(pack.id), pack.size}));
        batch_.add(pack);
        objects_.add_pack(pack.id, to_.state());
        ++result.packs_copied;
        result.bytes_copied += pack.size;
    }
    state_.bytes_done += mover_.moved_bytes() - moved_before;
    return done();
}

}  // namespace custody
