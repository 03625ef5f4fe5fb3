// An index segment as a hostile host that holds the label's writer keys could publish it: the input is the plain table and one
// plain page, which this target seals and signs properly. In the other mode the input is the object itself.
//   byte 0: 0 object | 1 sealed here; then u16 size of the table, table, page
#include "tests/fuzz/seeds.h"
#include "tests/support/pack_fixtures.h"
#include "vault/packs/index_format.h"

#include <algorithm>

namespace {

using namespace custody;

const test::LabelFixture& label() {
    static const test::LabelFixture fixture;
    return fixture;
}

// Where the page's digest stands in a plain table that tells the truth of its rows; 0 when it does not fit.
std::size_t digest_place(ByteView table) {
    if (table.size() < kTableHeadSize) return 0;
    const std::uint64_t place = kTableHeadSize + std::uint64_t{load_le<std::uint32_t>(table.data() + 12)} * kPackRowSize +
                                std::uint64_t{load_le<std::uint32_t>(table.data() + 8)} * 32;
    return place + 32 <= table.size() ? static_cast<std::size_t>(place) : 0;
}

Bytes seal_segment(Bytes table, ByteView page) {
    const WriterKeys& keys = label().keys;
    const IndexHeader header{keys.suite, keys.family, keys.label, SegmentId::from(test::noise_bytes(16, 1))};
    const auto header_bytes = encode(header);
    const auto key = [&](std::string_view info) { return hkdf(keys.summary_key.view(), header.segment.view(), info); };
    Bytes sealed_page(page.size() + kTagSize);
    Aead(keys.suite, key(kIndexPageInfo).view()).seal(0, header_bytes, page, sealed_page);
    if (const std::size_t place = digest_place(table); place != 0) {
        const Digest digest = sha256(sealed_page);
        std::copy(digest.bytes.begin(), digest.bytes.end(), table.begin() + static_cast<std::ptrdiff_t>(place));
    }
    Bytes sealed_table(table.size() + kTagSize);
    Aead(keys.suite, key(kIndexTableInfo).view()).seal(0, header_bytes, table, sealed_table);
    Sha256 hash;
    hash.update(header_bytes);
    hash.update(sealed_table);
    IndexFooter footer{sealed_page.size(), sealed_table.size(), signer_id(label().signing_seed), {}};
    footer.signature = sign(label().signing_seed, index_signed_message(hash.finish()));
    Bytes out(header_bytes.begin(), header_bytes.end());
    append(out, sealed_page);
    append(out, sealed_table);
    append(out, encode(footer));
    return out;
}

Bytes sealed_input(ByteView input) {
    if (input.size() < 2) return {};
    const std::size_t size = std::min<std::size_t>(load_le<std::uint16_t>(input.data()), input.size() - 2);
    const ByteView table = input.subspan(2, size);
    return seal_segment(Bytes(table.begin(), table.end()), input.subspan(2 + size));
}

std::vector<IndexEntry> seed_entries() {
    std::vector<IndexEntry> entries(3);
    for (std::uint64_t i = 0; i < entries.size(); ++i) {
        const Bytes id = test::noise_bytes(32, i);
        std::copy(id.begin(), id.end(), entries[i].id.begin());
        entries[i].location = {
            ObjectId::from(test::noise_bytes(32, 50)), 24, static_cast<std::uint32_t>(184 + 100 * i), 100, 0, 9, {}};
        entries[i].location.kind = SegmentKind::content;
    }
    return entries;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (!fuzz::wants_seeds()) return 0;
    const WriterKeys& keys = label().keys;
    test::MemoryStore store;
    const auto written = write_index_segment(store, keys, label().signing_seed, seed_entries(),
                                             {{ObjectId::from(test::noise_bytes(32, 50)), 10'000, 24, SegmentKind::content}});
    if (!written.ok()) std::abort();
    const Bytes object = store.objects()[index_name(keys.label, written->id)];
    Bytes seed = {0};
    append(seed, object);
    fuzz::write_seed("object", seed);

    const auto header = decode_index_header(ByteView(object).first(kIndexHeaderSize));
    const auto footer = decode_index_footer(ByteView(object).last(kIndexFooterSize));
    if (!header.ok() || !footer.ok()) std::abort();
    const auto open = [&](std::uint64_t at, std::uint64_t size, std::string_view info) {
        const Secret key = hkdf(keys.summary_key.view(), header->segment.view(), info);
        Bytes plain(size - kTagSize);
        if (!Aead(keys.suite, key.view()).open(0, encode(*header), ByteView(object).subspan(at, size), plain)) std::abort();
        return plain;
    };
    const Bytes page = open(kIndexHeaderSize, footer->pages_size, kIndexPageInfo);
    const Bytes table = open(kIndexHeaderSize + footer->pages_size, footer->table_size, kIndexTableInfo);
    seed = {1, 0, 0};
    store_le(seed.data() + 1, static_cast<std::uint16_t>(table.size()));
    append(seed, table);
    append(seed, page);
    fuzz::write_seed("sealed", seed);
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView input(data + 1, size - 1);
    const Bytes object = data[0] == 0 ? Bytes(input.begin(), input.end()) : sealed_input(input);
    test::MemoryStore store;
    store.objects()[index_name(label().keys.label, id_of<ObjectId>(sha256(object)))] = object;
    const auto index = Index::open(store, label().keys, {}, 1 << 16);
    if (!index.ok()) return 0;
    std::optional<IdBytes> last;
    const Status walked = (*index)->for_each([&](const IndexEntry& entry, std::size_t) -> Status {
        if (last && !(*last < entry.id)) std::abort();
        last = entry.id;
        if (std::uint64_t{entry.location.block_offset} + entry.location.block_size > kMaxPack) std::abort();
        return done();
    });
    if (walked.ok() && last && !(*index)->lookup(*last, nullptr).ok()) std::abort();
    for (const auto& entry : seed_entries()) {
        const auto found = (*index)->lookup(entry.id, nullptr);
        if (!found.ok() && found.error().code != Code::corrupt) std::abort();
    }
    return 0;
}
