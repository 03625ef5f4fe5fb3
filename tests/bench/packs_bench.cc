// The steps between a read buffer and a pack, each on one thread, and all of them through the pack writer.
#include "tests/support/pack_fixtures.h"
#include "vault/packs/chunker.h"
#include "vault/packs/pack_reader.h"

#include <benchmark/benchmark.h>

#include <array>

namespace {

using namespace custody;

void count_bytes(benchmark::State& state, std::size_t each) {
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(each));
}

// Argument of most: 0 text, 1 noise.
Bytes content(const benchmark::State& state, std::size_t size) {
    return state.range(0) == 0 ? test::text(size, 1) : test::noise_bytes(size, 1);
}

void BM_Chunker(benchmark::State& state) {
    const GearTable table(test::seeded_secret(1));
    const Bytes data = content(state, 16 << 20);
    for (auto _ : state) {
        ByteView rest = data;
        while (!rest.empty()) rest = rest.subspan(next_cut(table, rest));
        benchmark::DoNotOptimize(rest);
    }
    count_bytes(state, data.size());
}
BENCHMARK(BM_Chunker)->Arg(0)->Arg(1);

void BM_Compress(benchmark::State& state) {
    Compressor compressor(static_cast<int>(state.range(1)));
    const Bytes raw = content(state, kBlockTarget);
    Bytes room;
    std::size_t stored = 0;
    for (auto _ : state) {
        const auto smaller = compressor.compress(raw, room);
        stored = smaller.ok() && !smaller->empty() ? smaller->size() : raw.size();
    }
    count_bytes(state, raw.size());
    state.counters["stored"] = static_cast<double>(stored) / static_cast<double>(raw.size());
}
BENCHMARK(BM_Compress)->Args({0, 1})->Args({0, 3})->Args({1, 3});

void BM_Decompress(benchmark::State& state) {
    const Bytes raw = test::text(kBlockTarget, 1);
    Bytes room, out(raw.size());
    Compressor compressor;
    const auto stored = compressor.compress(raw, room);
    if (!stored.ok()) return state.SkipWithError("compress");
    Decompressor decompressor;
    for (auto _ : state) benchmark::DoNotOptimize(decompressor.decompress(Compression::zstd, *stored, out).ok());
    count_bytes(state, raw.size());
}
BENCHMARK(BM_Decompress);

void BM_Checksum128(benchmark::State& state) {
    const Bytes raw = test::noise_bytes(kBlockTarget, 1);
    for (auto _ : state) benchmark::DoNotOptimize(checksum128(raw));
    count_bytes(state, raw.size());
}
BENCHMARK(BM_Checksum128);

void BM_Sha256(benchmark::State& state) {
    const Bytes raw = test::noise_bytes(kBlockTarget, 1);
    for (auto _ : state) benchmark::DoNotOptimize(sha256(raw));
    count_bytes(state, raw.size());
}
BENCHMARK(BM_Sha256);

void BM_SealBlock(benchmark::State& state) {
    const test::LabelFixture label;
    auto seal = SegmentSeal::create(label.keys, SegmentKind::content);
    const RawBlock block = test::content_block(label.keys, {content(state, kBlockTarget)});
    std::uint32_t number = 0;
    for (auto _ : state) benchmark::DoNotOptimize(seal->seal_block(block, number++, thread_tools()).ok());
    count_bytes(state, block.raw.size());
}
BENCHMARK(BM_SealBlock)->Arg(0)->Arg(1);

void BM_OpenBlock(benchmark::State& state) {
    const test::LabelFixture label;
    auto seal = SegmentSeal::create(label.keys, SegmentKind::content);
    const RawBlock block = test::content_block(label.keys, {content(state, kBlockTarget)});
    const auto sealed = seal->seal_block(block, 0, thread_tools());
    const SegmentOpener opener(label.keys, &label.secrets);
    Bytes raw;
    for (auto _ : state) {
        benchmark::DoNotOptimize(opener.open_data(seal->header(), sealed->bytes, thread_tools(), raw).ok());
    }
    count_bytes(state, block.raw.size());
}
BENCHMARK(BM_OpenBlock)->Arg(0)->Arg(1);

// Two workers and the I/O thread; the store forgets what it is given, so this is what the processors can do.
void BM_PackWriter(benchmark::State& state) {
    const test::LabelFixture label;
    const RawBlock block = test::content_block(label.keys, {content(state, kBlockTarget)});
    constexpr std::size_t kBlocks = 256;
    WorkerPool pool(2);
    for (auto _ : state) {
        test::MemoryStore store;
        store.discard_appends();
        PackWriter writer(store, label.keys, pool, SegmentKind::content, [](FinishedPack&&) { return done(); });
        for (std::size_t i = 0; i < kBlocks; ++i) {
            RawBlock copy = block;
            test::must(writer.add(std::move(copy)));
        }
        test::must(writer.flush());
    }
    count_bytes(state, kBlocks * block.raw.size());
}
BENCHMARK(BM_PackWriter)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_CreateSegment(benchmark::State& state) {
    const test::LabelFixture label;
    for (auto _ : state) benchmark::DoNotOptimize(SegmentSeal::create(label.keys, SegmentKind::content).ok());
}
BENCHMARK(BM_CreateSegment);

}  // namespace

BENCHMARK_MAIN();
