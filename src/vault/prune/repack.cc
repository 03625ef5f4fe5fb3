#include "vault/prune/repack.h"

#include "base/text.h"
#include "vault/prune/prune_plan.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kEntriesAtOnce = 500'000;  // a segment is built in memory: some 50 MB

}  // namespace

// One new pack in the making, and what goes into it.
struct Repacker::Assembly {
    explicit Assembly(ObjectStore& store, SegmentKind kind_in) : kind(kind_in), packs(store) {}
    SegmentKind kind;
    PackAssembler packs;
    std::vector<IndexEntry> entries;  // the pack's id is not known yet
    std::vector<PackRow> rows;
    std::vector<ObjectId> sources;
    std::unique_ptr<PackWriter> reformed;
    RawBlock raw;
    std::uint64_t bytes = 0;
};

Repacker::Repacker(ObjectStore& store, const LabelSurvey& survey, const Secret& signing_seed, const LabelSecrets* secrets,
                   WorkerPool& pool)
    : store_(store), survey_(survey), signing_seed_(signing_seed), pool_(pool) {
    if (secrets != nullptr) opener_ = std::make_unique<SegmentOpener>(survey.keys(), secrets);
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
        TRY_ASSIGN(const PackScan scan, scan_pack(store_, source, nullptr));
        if (id_of<ObjectId>(scan.digest) != source) {
            result_.warnings.push_back(say("pack {} is damaged and stays as it is; run `custody verify`", source.hex()));
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
    assembly.rows.push_back({ObjectId{}, 0, placed.segment_offset, segment.kind});
    assembly.bytes += bytes.size();
    return done();
}

// A block of which too little is live gives what is live to a new block. False: it is moved whole.
Result<bool> Repacker::reform(const SegmentHeader& segment, const BlockHeader& block, ByteView bytes, Assembly& assembly) {
    if (!opener_->has_key_of(segment)) return false;
    TRY_ASSIGN(std::vector<BlockEntry> contents, opener_->open_summary(segment, bytes));
    std::uint64_t live = 0;
    for (const BlockEntry& content : contents) live += survey_.is_live(content.id.view()) ? content.length : 0;
    if (live * 100 >= std::uint64_t{block.raw_size} * kLivePercent) return false;
    Bytes raw;
    TRY(opener_->open_data(segment, bytes, thread_tools(), raw));
    KeyedHash hash(survey_.keys().suite, survey_.keys().chunk_id_key);
    std::size_t offset = 0;
    for (BlockEntry& content : contents) {
        const ByteView data = ByteView(raw).subspan(offset, content.length);
        offset += content.length;
        if (!survey_.is_live(content.id.view())) continue;
        const bool is_tree = segment.kind == SegmentKind::tree;
        const auto id = is_tree ? node_id(content.refs, data, hash).bytes : hash.hash(kChunkDomain, data);
        if (id != content.id.bytes) return Error{Code::corrupt, say("{} does not match its id", content.id.hex())};
        append(assembly.raw.raw, data);
        assembly.raw.entries.push_back(std::move(content));
    }
    assembly.raw.kind = segment.kind;
    if (!assembly.reformed) {
        assembly.reformed = std::make_unique<PackWriter>(store_, survey_.keys(), pool_, segment.kind,
                                                         [this](FinishedPack&& pack) { return note_pack(std::move(pack)); });
    }
    if (assembly.raw.raw.size() < kBlockTarget) return true;
    assembly.raw.raw_checksum = checksum128(assembly.raw.raw);
    TRY(assembly.reformed->add(std::exchange(assembly.raw, RawBlock{})));
    return true;
}

Status Repacker::finish(Assembly& assembly) {
    if (assembly.reformed) {
        if (!assembly.raw.entries.empty()) {
            assembly.raw.raw_checksum = checksum128(assembly.raw.raw);
            TRY(assembly.reformed->add(std::exchange(assembly.raw, RawBlock{})));
        }
        TRY(assembly.reformed->flush());
    }
    if (assembly.packs.size() > 0) {
        TRY_ASSIGN(const ObjectInfo made, assembly.packs.finish());
        FinishedPack pack{assembly.packs.id(), made.size, std::move(assembly.rows), std::move(assembly.entries)};
        for (PackRow& row : pack.rows) row = {pack.id, made.size, row.segment_offset, row.kind};
        for (IndexEntry& entry : pack.entries) entry.location.pack = pack.id;
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
    TRY_ASSIGN(const auto segment,
               write_index_segment(store_, survey_.keys(), signing_seed_, std::exchange(entries_, {}), std::exchange(rows_, {})));
    result_.index.push_back({index_name(survey_.keys().label, segment.id), segment.size});
    return done();
}

}  // namespace custody
