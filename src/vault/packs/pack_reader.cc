#include "vault/packs/pack_reader.h"

#include "base/lru_cache.h"
#include "base/text.h"

#include <algorithm>

namespace custody {

namespace {

constexpr std::size_t kOpenPacks = 64;
constexpr std::size_t kCachedHeaders = 1024;
constexpr std::size_t kFirstRead = 4096;  // header and, of most content blocks, the summary

using SharedReader = std::shared_ptr<ObjectReader>;

struct HeaderPlace {
    ObjectId pack;
    std::uint32_t offset = 0;
    bool operator==(const HeaderPlace&) const = default;
};
struct HeaderPlaceHash {
    std::size_t operator()(const HeaderPlace& place) const { return IdHash{}(place.pack) ^ place.offset; }
};

Error is_missing(const ObjectId& pack) { return Error{Code::corrupt, say("{} is missing", pack_name(pack))}; }

Error at_place(const Error& error, const ObjectId& pack, std::uint64_t offset) {
    if (error.code == Code::not_found) return is_missing(pack);  // removed since it was opened
    return Error{error.code, say("{} at offset {}: {}", pack_name(pack), offset, error.message)};
}

Result<SharedReader> open_pack(ObjectStore& store, const ObjectId& pack) {
    auto opened = store.open(pack_name(pack));
    if (opened.ok()) return SharedReader(std::move(*opened));
    if (opened.error().code != Code::not_found) return opened.error();
    return is_missing(pack);
}

// Before anything is read or allocated: do the location's figures hang together and lie inside the pack?
bool is_possible(const Location& at, std::uint64_t pack_size) {
    return at.segment_offset >= kPackHeaderSize && std::uint64_t{at.segment_offset} + kSegmentHeaderSize <= at.block_offset &&
           at.block_size > kBlockHeaderSize &&
           at.block_size <= kBlockHeaderSize + std::uint64_t{kMaxBlockSummary} + kMaxBlockData &&
           std::uint64_t{at.block_offset} + at.block_size <= pack_size;
}

Status check_block(const Location& at, const SegmentHeader& segment, const BlockHeader& block) {
    const bool agrees = block.total_size() == at.block_size && block.kind == at.kind && block.segment == segment.segment &&
                        segment.kind == at.kind && std::uint64_t{at.offset} + at.length <= block.raw_size;
    if (agrees) return done();
    return Error{Code::corrupt, say("the block is not the one that the index promises")};
}

}  // namespace

struct BlockSource::State {
    State(ObjectStore& store_, const SegmentOpener& opener_) : store(store_), opener(opener_) {}

    ObjectStore& store;
    const SegmentOpener& opener;
    LruCache<ObjectId, SharedReader, IdHash> readers{kOpenPacks};
    LruCache<HeaderPlace, SegmentHeader, HeaderPlaceHash> headers{kCachedHeaders};

    Result<SharedReader> reader_of(const Location& at);
    Result<SegmentHeader> segment_of(const Location& at, ObjectReader& reader);
    // The stored block into the front of `buffer`, and its segment.
    Result<SegmentHeader> read_block(const Location& at, Bytes& buffer);
};

Result<SharedReader> BlockSource::State::reader_of(const Location& at) {
    auto known = readers.find(at.pack);
    if (!known) {
        TRY_ASSIGN(known, open_pack(store, at.pack));
        readers.insert(at.pack, *known);
    }
    if (is_possible(at, (*known)->size())) return *known;
    return at_place(Error{Code::corrupt, say("the pack ends before the block that the index promises")}, at.pack,
                    at.block_offset);
}

Result<SegmentHeader> BlockSource::State::segment_of(const Location& at, ObjectReader& reader) {
    const HeaderPlace place{at.pack, at.segment_offset};
    if (const auto known = headers.find(place)) return *known;
    std::array<Byte, kSegmentHeaderSize> bytes{};
    const auto read = [&]() -> Result<SegmentHeader> {
        TRY(reader.read(at.segment_offset, bytes));
        TRY_ASSIGN(SegmentHeader header, decode_segment_header(bytes));
        TRY(opener.check_owner(header));
        return header;
    };
    auto header = read();
    if (!header.ok()) return at_place(header.error(), at.pack, at.segment_offset);
    headers.insert(place, *header);
    return header;
}

Result<SegmentHeader> BlockSource::State::read_block(const Location& at, Bytes& buffer) {
    TRY_ASSIGN(const SharedReader reader, reader_of(at));
    TRY_ASSIGN(const SegmentHeader segment, segment_of(at, *reader));
    const MutableByteView bytes = room_in(buffer, at.block_size);
    const auto read = [&]() -> Status {
        TRY(reader->read(at.block_offset, bytes));
        TRY_ASSIGN(const BlockHeader block, decode_block_header(bytes.first(kBlockHeaderSize)));
        return check_block(at, segment, block);
    };
    const Status status = read();
    if (!status.ok()) return at_place(status.error(), at.pack, at.block_offset);
    return segment;
}

BlockSource::BlockSource(ObjectStore& store, const SegmentOpener& opener) : state_(std::make_unique<State>(store, opener)) {}
BlockSource::~BlockSource() = default;

Result<BlockSource::Stored> BlockSource::read_stored(const Location& at) const {
    Stored stored;
    TRY_ASSIGN(stored.segment, state_->read_block(at, stored.bytes));
    return stored;
}

Status BlockSource::read_data(const Location& at, BlockTools& tools, Bytes& raw) const {
    TRY_ASSIGN(const SegmentHeader segment, state_->read_block(at, tools.check));
    const Status opened = state_->opener.open_data(segment, ByteView(tools.check).first(at.block_size), tools, raw);
    if (!opened.ok()) return at_place(opened.error(), at.pack, at.block_offset);
    return done();
}

Result<SegmentHeader> BlockSource::read_segment(const Location& at) const {
    TRY_ASSIGN(const SharedReader reader, state_->reader_of(at));
    return state_->segment_of(at, *reader);
}

bool BlockSource::may_open(const Location& at) const {
    if (!state_->opener.opens_data()) return true;
    const auto segment = read_segment(at);
    return !segment.ok() || state_->opener.has_key_of(*segment);
}

Result<std::vector<BlockEntry>> BlockSource::read_summary(const Location& at) const {
    TRY_ASSIGN(const SharedReader reader, state_->reader_of(at));
    TRY_ASSIGN(const SegmentHeader segment, state_->segment_of(at, *reader));
    const auto read = [&]() -> Result<std::vector<BlockEntry>> {
        Bytes bytes(std::min<std::size_t>(at.block_size, kFirstRead));
        TRY(reader->read(at.block_offset, bytes));
        TRY_ASSIGN(const BlockHeader block, decode_block_header(ByteView(bytes).first(kBlockHeaderSize)));
        TRY(check_block(at, segment, block));
        const std::size_t had = bytes.size();
        bytes.resize(kBlockHeaderSize + block.summary_size);
        if (bytes.size() > had) TRY(reader->read(at.block_offset + had, MutableByteView(bytes).subspan(had)));
        return state_->opener.open_summary(segment, block, ByteView(bytes).subspan(kBlockHeaderSize));
    };
    auto entries = read();
    if (!entries.ok()) return at_place(entries.error(), at.pack, at.block_offset);
    return entries;
}

}  // namespace custody
