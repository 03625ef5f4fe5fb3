#include "tests/support/pack_fixtures.h"

#include <cstdio>
#include <cstdlib>

namespace custody::test {

Secret seeded_secret(std::uint64_t seed) { return Secret::copy_of(noise_bytes(kKeySize, seed)); }

Bytes noise_bytes(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Bytes out(size);
    for (auto& byte : out) byte = static_cast<Byte>(random());
    return out;
}

Bytes text(std::size_t size, std::uint64_t seed) {
    constexpr std::array<std::string_view, 8> kWords = {"static ", "return ", "struct ", "if (",
                                                        "size_t ", "for ",    ");\n",    "};\n\n"};
    std::mt19937_64 random(seed);
    Bytes out;
    out.reserve(size + 16);
    while (out.size() < size) {
        append(out, as_bytes(kWords[random() % kWords.size()]));
        if (random() % 4 == 0) append(out, as_bytes(std::to_string(random() % 100000)));
    }
    out.resize(size);
    return out;
}

LabelFixture::LabelFixture(std::uint64_t seed, Suite suite) : signing_seed(seeded_secret(seed + 1000)) {
    keys.family = FamilyId::from(noise_bytes(16, 7));
    keys.label = LabelId::from(noise_bytes(16, seed + 2000));
    keys.name = "config";
    keys.suite = suite;
    keys.chunk_id_key = seeded_secret(seed + 3000);
    keys.gear_key = seeded_secret(seed + 4000);
    keys.summary_key = seeded_secret(seed + 5000);
    keys.epoch = 3;
    Secret secret = seeded_secret(seed + 6000);
    keys.epoch_public = x25519_public(secret);
    secrets.label = keys.label;
    secrets.by_epoch.emplace(keys.epoch, std::move(secret));
}

namespace {

RawBlock block_of(const WriterKeys& keys, const std::vector<Bytes>& contents, SegmentKind kind) {
    KeyedHash hash(keys.suite, keys.chunk_id_key);
    RawBlock block;
    block.kind = kind;
    for (const auto& content : contents) {
        BlockEntry& entry = block.entries.emplace_back();
        entry.id.bytes = hash.hash(kind == SegmentKind::tree ? kTreeDomain : kChunkDomain, content);
        entry.length = static_cast<std::uint32_t>(content.size());
        append(block.raw, content);
    }
    block.raw_checksum = checksum128(block.raw);
    return block;
}

}  // namespace

void must(const Status& status) {
    if (status.ok()) return;
    std::fprintf(stderr, "fixture: %s\n", status.error().message.c_str());
    std::abort();
}

RawBlock content_block(const WriterKeys& keys, const std::vector<Bytes>& contents) {
    return block_of(keys, contents, SegmentKind::content);
}

RawBlock tree_block(const WriterKeys& keys, const std::vector<Bytes>& bodies, std::size_t refs) {
    RawBlock block = block_of(keys, bodies, SegmentKind::tree);
    std::uint64_t seed = 1;
    for (auto& entry : block.entries) {
        for (std::size_t i = 0; i < refs; ++i) {
            entry.refs.trees.push_back(TreeId::from(noise_bytes(32, ++seed)));
            entry.refs.chunks.push_back(ChunkId::from(noise_bytes(32, ++seed)));
        }
    }
    return block;
}

std::vector<FinishedPack> write_packs(ObjectStore& store, const WriterKeys& keys, SegmentKind kind,
                                      std::vector<RawBlock> blocks) {
    std::vector<FinishedPack> packs;
    WorkerPool pool(2);
    PackWriter writer(store, keys, pool, kind, [&](FinishedPack&& pack) {
        packs.push_back(std::move(pack));
        return done();
    });
    for (auto& block : blocks) must(writer.add(std::move(block)));
    must(writer.flush());
    return packs;
}

}  // namespace custody::test
