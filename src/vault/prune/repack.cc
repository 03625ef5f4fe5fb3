#include "vault/prune/repack.h"

#include "base/counts.h"
#include "base/text.h"
#include "vault/index_places.h"
#include "vault/prune/prune_plan.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kEntriesAtOnce = 500'000;  // a segment is built in memory: some 50 MB

// The label's keys, sealing to the key of that epoch instead of the newest.
WriterKeys keys_of_epoch(const WriterKeys& keys, std::uint32_t epoch, const PublicKey& epoch_public) {
    WriterKeys of_epoch;
    of_epoch.family = keys.family;
    of_epoch.label = keys.label;
    of_epoch.name = keys.name;
    of_epoch.suite = keys.suite;
    of_epoch.chunk_id_key = keys.chunk_id_key.clone();
    of_epoch.gear_key = keys.gear_key.clone();
    of_epoch.summary_key = keys.summary_key.clone();
    of_epoch.epoch = epoch;
    of_epoch.epoch_public = epoch_public;
    return of_epoch;
}

}  // namespace

// What comes out of blocks sealed to one key is sealed to that very key again: whoever opened it before does so afterwards.
struct Reforming {
    RawBlock raw;
    std::unique_ptr<PackWriter> packs;
};

// One new pack in the making, and what goes into it.
struct Repacker::Assembly {
    explicit Assembly(ObjectStore& store, SegmentKind kind_in) : kind(kind_in), packs(store) {}
    SegmentKind kind;
    PackAssembler packs;
    std::vector<IndexEntry> entries;  // the pack's id is not known yet
    std::vector<PackRow> rows;
    std::map<std::uint32_t, KeyTag> keys;  // of the segments, by their offset
    std::vector<ObjectId> sources;
    std::map<KeyTag, Reforming> reformed;
    std::uint64_t bytes = 0;
};

Repacker::Repacker(ObjectStore& store, const LabelSurvey& survey, const Secret& signing_seed, const LabelSecrets* secrets,
                   WorkerPool& pool)
    : store_(store), survey_(survey), signing_seed_(signing_seed), pool_(pool) {
    if (secrets == nullptr) return;
    opener_ = std::make_unique<SegmentOpener>(survey.keys(), secrets);
    for (const auto& [epoch, secret] : secrets->by_epoch) {
        WriterKeys keys = keys_of_epoch(survey.keys(), epoch, x25519_public(secret));
        const KeyTag tag = key_tag(keys.epoch_public);
        sealing_keys_.emplace(tag, std::move(keys));
    }
}
Repacker::~Repacker() = default;

Result<RepackResult> Repacker::run(const std::vector<ObjectId>& sources, const std::function<Status()>& check) {
    for (const SegmentKind kind : {SegmentKind::tree, SegmentKind::content}) {
        std::vector<ObjectId> of_kind;
        for (const ObjectId& id : sources) {
            if (const PackUse* use = survey_.find(id); use != nullptr && use->kind == kind) of_kind.push_back(id);
        }
        const Status ran = run_kind(kind, of_kind, check);
        if (ran.ok()) continue;
        if (ran.error().code != Code::no_space) return ran.error();
        result_.warnings.push_back(say("no room to repack further: {}; free some and run prune again", ran.error().message));
        break;
    }
    if (locked_ > 0) {
        result_.warnings.push_back(say_count(
            locked_,
            "{0} pack of label {1} was not compacted and stays as it is, for it was sealed to a key that is not here: {2}",
            "{0} packs of label {1} were not compacted and stay as they are, for they were sealed to keys that are not here: {2}",
            survey_.keys().name, why_keys_lack(true)));
    }
    const Status published = publish_index();
    if (published.ok()) return std::move(result_);
    if (published.error().code != Code::no_space) return published.error();
    // Without an index the new packs are of no use: the sources stay, and what was written is left to the next prune. It is
    // not unlinked here, for it was never marked: a copy may have brought the very same pack.
    RepackResult nothing;
    nothing.warnings = {say("no room to repack: {}; free some and run `custody prune --grace 0s`", published.error().message)};
    return nothing;
}

Status Repacker::run_kind(SegmentKind kind, const std::vector<ObjectId>& sources, const std::function<Status()>& check) {
    auto assembly = std::make_unique<Assembly>(store_, kind);
    for (const ObjectId& source : sources) {
        TRY(check());
        bool may_reform = false;
        const OnBlock look_at_key = [&](const SegmentHeader& segment, std::uint32_t, std::uint32_t, const BlockHeader&,
                                        ByteView) -> Status {
            may_reform = may_reform || (opener_ && opener_->has_key_of(segment));
            return done();
        };
        TRY_ASSIGN(const PackScan scan, scan_pack(store_, source, &look_at_key));
        if (id_of<ObjectId>(scan.digest) != source) {
            result_.warnings.push_back(say("pack {} is damaged and stays as it is; run `custody verify`", source.hex()));
            continue;
        }
        if (!may_reform && !has_dead_blocks(*survey_.find(source))) {  // moved verbatim it would be what it was
            ++locked_;
            continue;
        }
        TRY(move(source, *assembly));
        if (assembly->packs.size() < kPackTarget) continue;
        TRY(finish(*assembly));
        assembly = std::make_unique<Assembly>(store_, kind);
    }
    return finish(*assembly);
}

Status Repacker::move(const ObjectId& source, Assembly& assembly) {
    const OnBlock on_block = [&](const SegmentHeader& segment, std::uint32_t, std::uint32_t block_offset,
                                 const BlockHeader& block, ByteView bytes) -> Status {
        if (!survey_.is_live_block(source, block_offset)) return done();
        if (opener_) {
            TRY_ASSIGN(const bool reformed, reform(segment, block, bytes, assembly));
            if (reformed) return done();
        }
        return move_block(segment, bytes, assembly);
    };
    TRY_ASSIGN(const PackScan scan, scan_pack(store_, source, &on_block));
    // It was whole a moment ago: the machine or the medium is failing, and nothing of this may be kept.
    if (id_of<ObjectId>(scan.digest) != source) {
        return Error{Code::corrupt, say("pack {} read differently the second time; check memory and disk", source.hex())};
    }
    assembly.sources.push_back(source);
    return done();
}

Status Repacker::move_block(const SegmentHeader& segment, ByteView bytes, Assembly& assembly) {
    TRY_ASSIGN(const std::vector<BlockEntry> contents, survey_.opener().open_summary(segment, bytes));
    TRY_ASSIGN(const PackAssembler::Placed placed, assembly.packs.add(segment, bytes));
    std::uint32_t offset = 0;
    for (const BlockEntry& content : contents) {
        IndexEntry entry;
        std::copy(content.id.bytes.begin(), content.id.bytes.end(), entry.id.begin());
        entry.location = {ObjectId{}, placed.segment_offset, placed.block_offset, static_cast<std::uint32_t>(bytes.size()),
                          offset,     content.length,        segment.kind};
        offset += content.length;
        assembly.entries.push_back(entry);
    }
    assembly.keys[placed.segment_offset] = segment.key;
    assembly.rows.push_back({ObjectId{}, 0, placed.segment_offset, segment.kind});
    assembly.bytes += bytes.size();
    return done();
}

// A block of which too little is live gives what is live to a new block under the same key. False: it is moved whole.
Result<bool> Repacker::reform(const SegmentHeader& segment, const BlockHeader& block, ByteView bytes, Assembly& assembly) {
    const auto keys = sealing_keys_.find(segment.key);
    if (keys == sealing_keys_.end()) return false;
    TRY_ASSIGN(std::vector<BlockEntry> contents, opener_->open_summary(segment, bytes));
    std::uint64_t live = 0;
    for (const BlockEntry& content : contents) live += survey_.is_live(content.id.view()) ? content.length : 0;
    if (live * 100 >= std::uint64_t{block.raw_size} * kLivePercent) return false;
    Bytes raw;
    TRY(opener_->open_data(segment, bytes, thread_tools(), raw));
    Reforming& same_key = assembly.reformed[segment.key];
    KeyedHash hash(survey_.keys().suite, survey_.keys().chunk_id_key);
    std::size_t offset = 0;
    for (BlockEntry& content : contents) {
        const ByteView data = ByteView(raw).subspan(offset, content.length);
        offset += content.length;
        if (!survey_.is_live(content.id.view())) continue;
        const bool is_tree = segment.kind == SegmentKind::tree;
        const auto id = is_tree ? node_id(content.refs, data, hash).bytes : hash.hash(kChunkDomain, data);
        if (id != content.id.bytes) return Error{Code::corrupt, say("{} does not match its id", content.id.hex())};
        append(same_key.raw.raw, data);
        same_key.raw.entries.push_back(std::move(content));
    }
    same_key.raw.kind = segment.kind;
    if (!same_key.packs) {
        same_key.packs = std::make_unique<PackWriter>(store_, keys->second, pool_, segment.kind,
                                                      [this, key = segment.key](FinishedPack&& pack) {
                                                          for (const PackRow& row : pack.rows)
                                                              keys_[{pack.id, row.segment_offset}] = key;
                                                          return note_pack(std::move(pack));
                                                      });
    }
    if (same_key.raw.raw.size() < kBlockTarget) return true;
    same_key.raw.raw_checksum = checksum128(same_key.raw.raw);
    TRY(same_key.packs->add(std::exchange(same_key.raw, RawBlock{})));
    return true;
}

Status Repacker::finish(Assembly& assembly) {
    for (auto& [key, same_key] : assembly.reformed) {
        if (!same_key.raw.entries.empty()) {
            same_key.raw.raw_checksum = checksum128(same_key.raw.raw);
            TRY(same_key.packs->add(std::exchange(same_key.raw, RawBlock{})));
        }
        TRY(same_key.packs->flush());
    }
    if (assembly.packs.size() > 0) {
        TRY_ASSIGN(const ObjectInfo made, assembly.packs.finish());
        FinishedPack pack{assembly.packs.id(), made.size, std::move(assembly.rows), std::move(assembly.entries)};
        for (PackRow& row : pack.rows) row = {pack.id, made.size, row.segment_offset, row.kind};
        for (IndexEntry& entry : pack.entries) entry.location.pack = pack.id;
        for (const auto& [offset, key] : assembly.keys) keys_[{pack.id, offset}] = key;
        TRY(note_pack(std::move(pack)));
    }
    result_.emptied.insert(result_.emptied.end(), assembly.sources.begin(), assembly.sources.end());
    return done();
}

Status Repacker::note_pack(FinishedPack&& pack) {
    result_.packs.push_back({pack_name(pack.id), pack.size});
    result_.bytes_copied += pack.size;
    rows_.insert(rows_.end(), pack.rows.begin(), pack.rows.end());
    entries_.insert(entries_.end(), pack.entries.begin(), pack.entries.end());
    return entries_.size() >= kEntriesAtOnce ? publish_index() : done();
}

Status Repacker::publish_index() {
    if (entries_.empty()) return done();
    TRY(store_.barrier());
    std::sort(rows_.begin(), rows_.end());
    rows_.erase(std::unique(rows_.begin(), rows_.end()), rows_.end());
    const KeyOfPlace key_of = [this](const Location& at) { return keys_.at({at.pack, at.segment_offset}); };
    TRY_ASSIGN(
        const std::vector<WrittenSegment> segments,
        write_all_places(store_, survey_.keys(), signing_seed_, std::exchange(entries_, {}), std::exchange(rows_, {}), key_of));
    for (const WrittenSegment& segment : segments) result_.index.push_back(segment.object);
    return done();
}

}  // namespace custody
