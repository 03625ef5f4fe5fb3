// The decoders of a block, of a segment header and of a summary over bare bytes: what is accepted has one encoding.
#include "tests/fuzz/seeds.h"
#include "tests/support/pack_fixtures.h"

namespace {

using namespace custody;

bool same(ByteView a, ByteView b) { return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin()); }

void check_headers(Bytes bytes) {
    if (bytes.size() < 16) return;
    store_le(bytes.data() + bytes.size() - 8, checksum64(ByteView(bytes).first(bytes.size() - 8)));
    if (const auto block = decode_block_header(bytes); block.ok() && !same(encode(*block), bytes)) std::abort();
    if (const auto segment = decode_segment_header(bytes); segment.ok() && !same(encode(*segment), bytes)) std::abort();
    if (decode_pack_header(bytes).ok() && !same(encode_pack_header(), bytes)) std::abort();
}

void check_summary(ByteView bytes, SegmentKind kind) {
    if (bytes.size() < 4) return;
    const auto raw_size = load_le<std::uint32_t>(bytes.data());
    const auto entries = decode_summary(bytes.subspan(4), kind, raw_size);
    if (!entries.ok()) return;
    if (entries->empty() || entries->size() > kMaxBlockEntries) std::abort();
    if (!same(encode_summary(*entries, kind), bytes.subspan(4))) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (!fuzz::wants_seeds()) return 0;
    const test::LabelFixture label;
    const auto block = test::tree_block(label.keys, {test::text(20, 1), test::text(30, 2)}, 2);
    const auto seed = [](const std::string& name, Byte mode, ByteView bytes) {
        Bytes out = {mode};
        append(out, bytes);
        fuzz::write_seed(name, out);
    };
    BlockHeader header;
    header.raw_size = 50;
    header.summary_size = 200;
    header.data_size = 66;
    seed("block", 0, encode(header));
    seed("segment", 0, encode(SegmentHeader{}));
    seed("pack", 0, encode_pack_header());
    for (const SegmentKind kind : {SegmentKind::content, SegmentKind::tree}) {
        Bytes summary(4);
        store_le<std::uint32_t>(summary.data(), 50);
        append(summary, encode_summary(block.entries, kind));
        seed(kind == SegmentKind::tree ? "tree" : "content", static_cast<Byte>(kind), summary);
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView rest(data + 1, size - 1);
    if (data[0] == 0) {
        check_headers(Bytes(rest.begin(), rest.end()));
    } else {
        check_summary(rest, data[0] == 2 ? SegmentKind::tree : SegmentKind::content);
    }
    return 0;
}
