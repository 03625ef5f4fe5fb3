// scan_pack over hostile bytes, each block that is found opened with the label's keys, and BlockSource at hostile locations.
// The first byte of an input says whether the checksums of headers are put right first: without that, no mutation would get
// behind them. No keys of the attacker: nothing that was changed may open.
#include "tests/fuzz/seeds.h"
#include "tests/support/pack_fixtures.h"
#include "vault/packs/pack_reader.h"

#include <algorithm>

namespace {

using namespace custody;

const test::LabelFixture& label() {
    static const test::LabelFixture fixture;
    return fixture;
}

void mend(MutableByteView bytes, const std::array<Byte, 8>& magic, std::size_t size) {
    for (auto at = bytes.begin();; ++at) {
        at = std::search(at, bytes.end(), magic.begin(), magic.end());
        if (bytes.end() - at < static_cast<std::ptrdiff_t>(size)) return;
        store_le(&*at + size - 8, checksum64(ByteView(&*at, size - 8)));
    }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (!fuzz::wants_seeds()) return 0;
    for (const SegmentKind kind : {SegmentKind::content, SegmentKind::tree}) {
        test::MemoryStore store;
        std::vector<RawBlock> blocks;
        const std::vector<Bytes> contents = {test::text(300, 1), test::noise_bytes(40, 2)};
        for (int i = 0; i < 3; ++i) {
            blocks.push_back(kind == SegmentKind::tree ? test::tree_block(label().keys, contents, 2)
                                                       : test::content_block(label().keys, contents));
        }
        const auto packs = test::write_packs(store, label().keys, kind, std::move(blocks));
        for (const Byte mode : {Byte{0}, Byte{1}}) {
            Bytes seed = {mode};
            append(seed, store.objects()[pack_name(packs[0].id)]);
            fuzz::write_seed(std::to_string(mode) + (kind == SegmentKind::tree ? "-tree" : "-content"), seed);
        }
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Bytes pack(data + 1, data + size);
    if (data[0] != 0) {
        mend(pack, kPackMagic, kPackHeaderSize);
        mend(pack, kSegmentMagic, kSegmentHeaderSize);
        mend(pack, kBlockMagic, kBlockHeaderSize);
    }
    const ObjectId id = id_of<ObjectId>(sha256(pack));
    test::MemoryStore store;
    store.objects()[pack_name(id)] = pack;
    const SegmentOpener opener(label().keys, &label().secrets);
    const BlockSource source(store, opener);
    std::uint64_t seen = 0;
    const OnBlock look = [&](const SegmentHeader& segment, std::uint32_t segment_offset, std::uint32_t block_offset,
                             const BlockHeader& block, ByteView bytes) -> Status {
        if (bytes.size() != block.total_size() || block_offset + bytes.size() > pack.size()) std::abort();
        Bytes raw;
        const auto entries = opener.open_summary(segment, bytes);
        const Status opened = opener.open_data(segment, bytes, thread_tools(), raw);
        if (opened.ok() && raw.size() != block.raw_size) std::abort();
        ++seen;
        if (segment_offset < kPackHeaderSize) return done();  // found after damage, where no index points
        Location at{id, segment_offset, block_offset, static_cast<std::uint32_t>(bytes.size()), 0, block.raw_size, block.kind};
        if (source.read_data(at, thread_tools(), raw).ok() != opened.ok()) std::abort();
        if (source.read_summary(at).ok() != entries.ok()) std::abort();
        return done();
    };
    const auto scan = scan_pack(store, id, &look);
    if (scan.ok() && (scan->blocks != seen || scan->size != pack.size() || scan->digest.view().size() != 32)) std::abort();
    return 0;
}
