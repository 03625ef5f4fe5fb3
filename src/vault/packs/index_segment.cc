#include "vault/packs/index_segment.h"

#include "base/text.h"

#include <algorithm>

namespace custody {

namespace {

Error named(const Error& error, const std::string& name) { return Error{error.code, say("{}: {}", name, error.message)}; }

// What frames a segment, checked as far as it goes without keys.
struct Frame {
    IndexHeaderBytes header_bytes{};
    IndexHeader header;
    IndexFooter footer;
};

Result<Frame> read_frame(ObjectReader& reader) {
    if (reader.size() < kIndexHeaderSize + kIndexFooterSize) return Error{Code::corrupt, say("index segment: it is cut short")};
    Frame frame;
    IndexFooterBytes footer_bytes{};
    TRY(reader.read(0, frame.header_bytes));
    TRY_ASSIGN(frame.header, decode_index_header(frame.header_bytes));
    TRY(reader.read(reader.size() - kIndexFooterSize, footer_bytes));
    TRY_ASSIGN(frame.footer, decode_index_footer(footer_bytes));
    const std::uint64_t between = reader.size() - kIndexHeaderSize - kIndexFooterSize;
    const IndexFooter& footer = frame.footer;
    if (footer.table_size > kMaxIndexTable || footer.table_size < kTableHeadSize + kTagSize || footer.table_size > between ||
        footer.pages_size != between - footer.table_size) {
        return Error{Code::corrupt, say("index segment: its sizes do not add up")};
    }
    return frame;
}

// The table, once its signature and its seal hold.
Result<IndexTable> read_table(ObjectReader& reader, const Frame& frame, const WriterKeys& keys) {
    const IndexFooter& footer = frame.footer;
    Bytes sealed(static_cast<std::size_t>(footer.table_size));
    TRY(reader.read(kIndexHeaderSize + footer.pages_size, sealed));
    Sha256 signed_part;
    signed_part.update(frame.header_bytes);
    signed_part.update(sealed);
    if (!verify_signature(footer.signer, index_signed_message(signed_part.finish()), footer.signature)) {
        return Error{Code::corrupt, say("index segment: its signature does not hold")};
    }
    Bytes plain(sealed.size() - kTagSize);
    const Secret key = hkdf(keys.summary_key.view(), frame.header.segment.view(), kIndexTableInfo);
    if (!Aead(keys.suite, key.view()).open(0, frame.header_bytes, sealed, plain)) {
        return Error{Code::corrupt, say("index segment: its table is not authentic")};
    }
    TRY_ASSIGN(IndexTable table, IndexTable::decode(std::move(plain)));
    if (footer.pages_size != pages_size(table.entries())) {
        return Error{Code::corrupt, say("index segment: its sizes do not add up")};
    }
    return table;
}

}  // namespace

IndexSegment::IndexSegment(std::unique_ptr<ObjectReader> reader, std::string name, const IndexHeader& header, Secret page_key)
    : reader_(std::move(reader)),
      name_(std::move(name)),
      header_bytes_(encode(header)),
      page_aead_(header.suite, page_key.view()) {}

Result<std::shared_ptr<IndexSegment>> IndexSegment::open(ObjectStore& store, const WriterKeys& keys, const ObjectInfo& object) {
    const auto id = ObjectId::from_hex(std::string_view(object.name).substr(object.name.rfind('/') + 1));
    if (!id) return Error{Code::corrupt, say("{} is not the name of an index segment", object.name)};
    TRY_ASSIGN(auto reader, store.open(object.name));
    const auto read = [&]() -> Result<std::shared_ptr<IndexSegment>> {
        TRY_ASSIGN(const Frame frame, read_frame(*reader));
        const IndexHeader& header = frame.header;
        if (header.family != keys.family || header.label != keys.label || header.suite != keys.suite) {
            return Error{Code::corrupt, say("index segment: it belongs to another family or label")};
        }
        TRY_ASSIGN(IndexTable table, read_table(*reader, frame, keys));
        const std::uint64_t size = reader->size();
        std::shared_ptr<IndexSegment> segment(new IndexSegment(
            std::move(reader), object.name, header, hkdf(keys.summary_key.view(), header.segment.view(), kIndexPageInfo)));
        segment->table_ = std::move(table);
        segment->info_ = {*id, frame.footer.signer, segment->table_.entries(), size};
        return segment;
    };
    auto segment = read();
    if (!segment.ok()) return named(segment.error(), object.name);
    return segment;
}

Error IndexSegment::fault(std::string_view why) const { return Error{Code::corrupt, say("{}: {}", name_, why)}; }

// `plain` is where entries go; its size says how many. A page that opens under the writer's own key is checked further, since
// another host's segment may be read as well.
Status IndexSegment::open_page(std::uint32_t page, ByteView sealed, MutableByteView plain) const {
    const Digest digest = sha256(sealed);
    const ByteView promised = table_.page_digest(page);
    bool opened = std::equal(promised.begin(), promised.end(), digest.bytes.begin());
    if (opened) {
        const std::lock_guard lock(aead_mutex_);
        opened = page_aead_.open(page, header_bytes_, sealed, plain);
    }
    if (!opened || !is_sound(page, plain)) return fault(say("page {} is damaged", page));
    return done();
}

bool IndexSegment::is_sound(std::uint32_t page, ByteView plain) const {
    if (std::memcmp(plain.data(), table_.first_id(page).data(), 32) != 0) return false;
    for (std::size_t at = 0; at < plain.size(); at += kIndexEntrySize) {
        const Byte* here = plain.data() + at;
        if (at > 0 && std::memcmp(here - kIndexEntrySize, here, 32) >= 0) return false;
        const PageEntry entry = decode_page_entry(here);
        if (entry.row >= table_.rows().size()) return false;
        const PackRow& row = table_.rows()[entry.row];
        if (entry.block_size <= kBlockHeaderSize || entry.block_offset < row.segment_offset + kSegmentHeaderSize) return false;
        if (std::uint64_t{entry.block_offset} + entry.block_size > row.pack_size) return false;
        if (std::uint64_t{entry.offset} + entry.length > kMaxBlockRaw) return false;
    }
    return true;
}

Result<IndexPage> IndexSegment::read_page(std::uint32_t page) const {
    auto plain = std::make_shared<Bytes>();
    TRY(read_pages(page, 1, *plain));
    return IndexPage(std::move(plain));
}

Status IndexSegment::read_pages(std::uint32_t first, std::uint32_t count, Bytes& plain) const {
    const std::uint64_t before = std::uint64_t{first} * kFullPageSize;
    const std::uint64_t size = std::min(std::uint64_t{count} * kFullPageSize, pages_size(table_.entries()) - before);
    Bytes sealed(static_cast<std::size_t>(size));
    const Status read = reader_->read(kIndexHeaderSize + before, sealed);
    if (!read.ok()) return named(read.error(), name_);
    plain.resize(sealed.size() - std::size_t{count} * kTagSize);
    std::size_t from = 0, to = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::size_t plain_size = entries_on_page(table_.entries(), first + i) * kIndexEntrySize;
        TRY(open_page(first + i, ByteView(sealed).subspan(from, plain_size + kTagSize),
                      MutableByteView(plain).subspan(to, plain_size)));
        from += plain_size + kTagSize;
        to += plain_size;
    }
    return done();
}

IndexEntry IndexSegment::entry_at(const Byte* page_entry) const {
    const PageEntry entry = decode_page_entry(page_entry);
    const PackRow& row = table_.rows()[entry.row];
    return IndexEntry{entry.id,
                      {row.pack, row.segment_offset, entry.block_offset, entry.block_size, entry.offset, entry.length, row.kind}};
}

std::optional<IndexEntry> IndexSegment::find_in(const Bytes& page, ByteView id32) const {
    std::size_t low = 0, high = page.size() / kIndexEntrySize;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        const Byte* here = page.data() + middle * kIndexEntrySize;
        const int order = std::memcmp(here, id32.data(), 32);
        if (order == 0) return entry_at(here);
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return std::nullopt;
}

}  // namespace custody
