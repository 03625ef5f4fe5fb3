#include "base/text.h"
#include "vault/packs/index_format.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace custody {

namespace {

struct RowKey {
    ObjectId pack;
    std::uint32_t segment_offset = 0;
    bool operator==(const RowKey&) const = default;
};
struct RowKeyHash {
    std::size_t operator()(const RowKey& key) const { return IdHash{}(key.pack) ^ key.segment_offset; }
};

Secret page_key(const WriterKeys& keys, const SegmentId& segment, std::string_view info) {
    return hkdf(keys.summary_key.view(), segment.view(), info);
}

}  // namespace

struct IndexSegmentBuilder::State {
    State(const WriterKeys& keys_, const Secret& seed, std::vector<PackRow> rows_, std::uint64_t expected)
        : signing_seed(seed),
          header{keys_.suite, keys_.family, keys_.label, random_id<SegmentId>()},
          header_bytes(encode(header)),
          page_aead(keys_.suite, page_key(keys_, header.segment, kIndexPageInfo).view()),
          table_aead(keys_.suite, page_key(keys_, header.segment, kIndexTableInfo).view()),
          rows(std::move(rows_)),
          filter(BlockedFilter::blocks_for(expected) * BlockedFilter::kBlockSize) {
        std::sort(rows.begin(), rows.end());
        rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
        for (std::uint32_t i = 0; i < rows.size(); ++i) row_numbers.emplace(RowKey{rows[i].pack, rows[i].segment_offset}, i);
        page.reserve(kPageEntries * kIndexEntrySize);
        const std::uint64_t expected_pages = page_count(expected);
        firsts.reserve(expected_pages * 32);
        digests.reserve(expected_pages * 32);
    }

    const Secret& signing_seed;
    const IndexHeader header;
    const IndexHeaderBytes header_bytes;
    Aead page_aead, table_aead;
    std::vector<PackRow> rows;
    std::unordered_map<RowKey, std::uint32_t, RowKeyHash> row_numbers;

    ObjectWriter* writer = nullptr;
    Sha256 file_hash;
    std::uint64_t file_size = 0, entries = 0, pages = 0;
    std::optional<IdBytes> last;
    Bytes page, sealed, firsts, digests, filter;

    Status append(ByteView bytes);
    Status end_page();
    Bytes plain_table() const;
};

Status IndexSegmentBuilder::State::append(ByteView bytes) {
    TRY(writer->append(bytes));
    file_hash.update(bytes);
    file_size += bytes.size();
    return done();
}

Status IndexSegmentBuilder::State::end_page() {
    if (page.empty()) return done();
    custody::append(firsts, ByteView(page).first(32));
    sealed.resize(page.size() + kTagSize);
    page_aead.seal(pages, header_bytes, page, sealed);
    custody::append(digests, sha256(sealed).view());
    ++pages;
    page.clear();
    return append(sealed);
}

Bytes IndexSegmentBuilder::State::plain_table() const {
    Bytes out;
    out.reserve(kTableHeadSize + rows.size() * kPackRowSize + firsts.size() + digests.size() + filter.size());
    ByteWriter table(out);
    table.u64(entries);
    table.u32(static_cast<std::uint32_t>(pages));
    table.u32(static_cast<std::uint32_t>(rows.size()));
    table.u64(filter.size() / BlockedFilter::kBlockSize);
    for (const auto& row : rows) {
        table.raw(row.pack.view());
        table.u64(row.pack_size);
        table.u32(row.segment_offset);
        table.u8(static_cast<std::uint8_t>(row.kind));
        table.u8(0);
        table.u16(0);
    }
    table.raw(firsts);
    table.raw(digests);
    table.raw(filter);
    return out;
}

IndexSegmentBuilder::IndexSegmentBuilder(const WriterKeys& keys, const Secret& signing_seed, std::vector<PackRow> rows,
                                         std::uint64_t expected)
    : state_(std::make_unique<State>(keys, signing_seed, std::move(rows), expected)) {}
IndexSegmentBuilder::~IndexSegmentBuilder() = default;

Status IndexSegmentBuilder::begin(ObjectWriter& writer) {
    state_->writer = &writer;
    return state_->append(state_->header_bytes);
}

Status IndexSegmentBuilder::add(const IndexEntry& entry) {
    State& state = *state_;
    if (state.last && entry.id <= *state.last) {
        if (entry.id == *state.last) return done();
        return Error{Code::failed, say("index entries are not in order")};
    }
    const auto row = state.row_numbers.find(RowKey{entry.location.pack, entry.location.segment_offset});
    if (row == state.row_numbers.end()) return Error{Code::failed, say("an index entry lies in a pack that has no row")};
    if (state.entries == kMaxIndexEntries) return Error{Code::failed, say("an index segment is full")};
    const Location& at = entry.location;
    const std::size_t place = state.page.size();
    state.page.resize(place + kIndexEntrySize);
    encode_page_entry({entry.id, row->second, at.block_offset, at.block_size, at.offset, at.length}, state.page.data() + place);
    BlockedFilter::set(state.filter, entry.id.data());
    state.last = entry.id;
    ++state.entries;
    return state.page.size() == kPageEntries * kIndexEntrySize ? state.end_page() : done();
}

Result<IndexSegmentBuilder::Finished> IndexSegmentBuilder::finish() {
    State& state = *state_;
    TRY(state.end_page());
    IndexFooter footer;
    footer.pages_size = state.file_size - kIndexHeaderSize;
    {
        const Bytes plain = state.plain_table();
        if (plain.size() + kTagSize > kMaxIndexTable) return Error{Code::failed, say("an index segment is full")};
        state.sealed.resize(plain.size() + kTagSize);
        state.table_aead.seal(0, state.header_bytes, plain, state.sealed);
    }
    TRY(state.append(state.sealed));
    footer.table_size = state.sealed.size();
    Sha256 signed_part;
    signed_part.update(state.header_bytes);
    signed_part.update(state.sealed);
    footer.signer = signer_id(state.signing_seed);
    footer.signature = sign(state.signing_seed, index_signed_message(signed_part.finish()));
    TRY(state.append(encode(footer)));
    Finished finished;
    finished.id = id_of<ObjectId>(state.file_hash.finish());
    finished.size = state.file_size;
    finished.entries = state.entries;
    return finished;
}

std::vector<ObjectId> packs_of(const std::vector<PackRow>& rows) {
    std::set<ObjectId> packs;
    for (const PackRow& row : rows) packs.insert(row.pack);
    return {packs.begin(), packs.end()};
}

Result<IndexSegmentBuilder::Finished> write_index_segment(ObjectStore& store, const WriterKeys& keys, const Secret& signing_seed,
                                                          std::vector<IndexEntry> entries, std::vector<PackRow> rows) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const IndexEntry& a, const IndexEntry& b) { return std::memcmp(a.id.data(), b.id.data(), 32) < 0; });
    TRY_ASSIGN(const auto writer, store.begin());
    IndexSegmentBuilder builder(keys, signing_seed, std::move(rows), entries.size());
    TRY(builder.begin(*writer));
    for (const auto& entry : entries) TRY(builder.add(entry));
    TRY_ASSIGN(const auto finished, builder.finish());
    TRY(writer->finish(index_name(keys.label, finished.id)));
    return finished;
}

}  // namespace custody
