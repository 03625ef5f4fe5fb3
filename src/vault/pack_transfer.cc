#include "vault/pack_transfer.h"

#include "base/text.h"
#include "vault/index_places.h"
#include "vault/object_check.h"

#include <algorithm>
#include <iterator>

namespace custody {
namespace {

constexpr std::size_t kTransferPiece = 1024 * 1024;

std::vector<IndexEntry> entries_of(const std::vector<BlockEntry>& block, const Location& where) {
    std::vector<IndexEntry> entries;
    Location at = where;
    at.offset = 0;
    for (const BlockEntry& entry : block) {
        at.length = entry.length;
        entries.push_back({entry.id.bytes, at});
        at.offset += entry.length;
    }
    return entries;
}

void add_row(std::vector<PackRow>& rows, const PackRow& row) {
    if (rows.empty() || rows.back() != row) rows.push_back(row);
}

Error missing_pack(const ObjectStore& store, const ObjectId& pack) {
    return {Code::corrupt, say("{} is missing in {}", pack_name(pack), store.location())};
}

}  // namespace

const SegmentOpener* SummaryOpener::of(const LabelId& label) {
    auto found = labels_.find(label);
    if (found == labels_.end()) {
        Opened opened;
        opened.keys = keyring_->writer_keys(label);
        if (opened.keys) opened.opener = std::make_unique<SegmentOpener>(*opened.keys, nullptr);
        found = labels_.emplace(label, std::move(opened)).first;
    }
    return found->second.opener.get();
}

Result<std::uint64_t> copy_pack(ObjectStore& from, ObjectStore& to, const ObjectId& pack, bool replaces, const StopFlag& stop) {
    const std::string name = pack_name(pack);
    auto reader = from.open(name);
    if (!reader.ok() && reader.error().code == Code::not_found) return missing_pack(from, pack);
    if (!reader.ok()) return std::move(reader).error();
    const std::uint64_t size = (*reader)->size();
    if (size > kMaxPack) return Error{Code::corrupt, say("{} in {} is larger than any pack", name, from.location())};
    TRY_ASSIGN(const std::unique_ptr<ObjectWriter> writer, to.begin());
    Sha256 hash;
    Bytes piece(std::min<std::uint64_t>(size, kTransferPiece));
    for (std::uint64_t at = 0; at < size;) {
        TRY(stop.check());
        const MutableByteView into(piece.data(), std::min<std::uint64_t>(size - at, piece.size()));
        const Status read = (*reader)->read(at, into);
        if (!read.ok() && is_damage(read.error())) return Error{Code::corrupt, read.error().message};
        TRY(read);
        hash.update(into);
        TRY(writer->append(into));
        at += into.size();
    }
    if (id_of<ObjectId>(hash.finish()) != pack) {
        return Error{Code::corrupt, say("{} in {} is damaged: its bytes do not hash to its name", name, from.location())};
    }
    TRY(replaces ? writer->finish_over(name) : writer->finish(name));
    return size;
}

Result<PackContents> list_pack(ObjectStore& store, const ObjectId& pack, SummaryOpener& opener, const StopFlag& stop) {
    PackContents contents;
    contents.id = pack;
    const OnBlock on_block = [&](const SegmentHeader& segment, std::uint32_t segment_offset, std::uint32_t block_offset,
                                 const BlockHeader& block, ByteView block_bytes) -> Status {
        TRY(stop.check());
        const SegmentOpener* label = opener.of(segment.label);
        if (!label) return done();
        const auto entries = label->open_summary(segment, block_bytes);
        if (!entries.ok() && !is_damage(entries.error())) return entries.error();
        if (!entries.ok()) {
            contents.intact = false;
            return done();
        }
        Location at;
        at.pack = pack;
        at.segment_offset = segment_offset;
        at.block_offset = block_offset;
        at.block_size = static_cast<std::uint32_t>(block.total_size());
        at.kind = block.kind;
        LabelPart& part = contents.labels[segment.label];
        add_row(part.rows, PackRow{pack, 0, segment_offset, block.kind});
        for (IndexEntry& entry : entries_of(*entries, at)) part.entries.push_back(entry);
        return done();
    };
    TRY_ASSIGN(const PackScan scan, scan_pack(store, pack, &on_block));
    contents.size = scan.size;
    contents.intact = contents.intact && scan.damage.empty() && id_of<ObjectId>(scan.digest) == pack;
    for (auto& [label, part] : contents.labels) {
        for (PackRow& row : part.rows) row.pack_size = scan.size;
    }
    return contents;
}

void IndexBatch::add(const PackContents& contents) {
    for (const auto& [label, part] : contents.labels) {
        LabelPart& mine = labels_[label];
        mine.rows.insert(mine.rows.end(), part.rows.begin(), part.rows.end());
        mine.entries.insert(mine.entries.end(), part.entries.begin(), part.entries.end());
        size_ += part.entries.size();
    }
}

void IndexBatch::add(const LabelId& label, const PackRow& row, const std::vector<IndexEntry>& entries) {
    LabelPart& mine = labels_[label];
    add_row(mine.rows, row);
    mine.entries.insert(mine.entries.end(), entries.begin(), entries.end());
    size_ += entries.size();
}

Result<std::vector<WrittenSegment>> IndexBatch::write(ObjectStore& store, const Keyring& keyring) {
    std::vector<WrittenSegment> written;
    for (auto& [label, part] : labels_) {
        if (part.entries.empty()) continue;
        const auto keys = keyring.writer_keys(label);
        if (!keys) return Error{Code::wrong_key, say("the writer keys of label {} are not here any more", label.hex())};
        std::sort(part.rows.begin(), part.rows.end());
        part.rows.erase(std::unique(part.rows.begin(), part.rows.end()), part.rows.end());
        TRY_ASSIGN(std::vector<WrittenSegment> segments,
                   write_all_places(store, *keys, keyring.signing_seed(), std::move(part.entries), part.rows, nullptr));
        std::move(segments.begin(), segments.end(), std::back_inserter(written));
    }
    labels_.clear();
    size_ = 0;
    TRY(store.barrier());
    return written;
}

Status BlockMover::add(const SegmentHeader& segment, ByteView block_bytes) {
    const SegmentOpener* label = opener_->of(segment.label);
    if (!label) return Error{Code::wrong_key, say("the writer keys of label {} are not here", segment.label.hex())};
    TRY_ASSIGN(const std::vector<BlockEntry> block, label->open_summary(segment, block_bytes));
    // Whether a pack may go is asked label by label, where keys may be missing: so none holds several.
    const bool is_full = open_ && open_->size() + block_bytes.size() > kPackTarget;
    if (is_full || !parts_.contains(segment.label)) TRY(close_pack());
    if (!open_) open_ = std::make_unique<PackAssembler>(*to_);
    TRY_ASSIGN(const PackAssembler::Placed placed, open_->add(segment, block_bytes));
    Location at;
    at.segment_offset = placed.segment_offset;
    at.block_offset = placed.block_offset;
    at.block_size = static_cast<std::uint32_t>(block_bytes.size());
    at.kind = segment.kind;
    LabelPart& part = parts_[segment.label];
    add_row(part.rows, PackRow{ObjectId{}, 0, placed.segment_offset, segment.kind});
    for (IndexEntry& entry : entries_of(block, at)) part.entries.push_back(entry);
    moved_bytes_ += block_bytes.size();
    return done();
}

Status BlockMover::close_pack() {
    if (!open_) return done();
    TRY_ASSIGN(const ObjectInfo info, open_->finish(replaces_));
    PackContents contents;
    contents.id = open_->id();
    contents.size = info.size;
    contents.labels = std::move(parts_);
    for (auto& [label, part] : contents.labels) {
        for (PackRow& row : part.rows) {
            row.pack = contents.id;
            row.pack_size = info.size;
        }
        for (IndexEntry& entry : part.entries) entry.location.pack = contents.id;
    }
    finished_.push_back(std::move(contents));
    open_.reset();
    parts_.clear();
    return done();
}

Result<std::vector<PackContents>> BlockMover::finish() {
    TRY(close_pack());
    return std::exchange(finished_, {});
}

}  // namespace custody
