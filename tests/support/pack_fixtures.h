// Keys, content and packs for tests of the pack floor and of what stands on it. Everything random comes from a fixed seed, so a
// failure repeats.
#pragma once

#include "tests/support/memory_store.h"
#include "vault/keys/label_keys.h"
#include "vault/packs/pack_writer.h"

#include <random>
#include <vector>

namespace custody::test {

struct LabelFixture {
    explicit LabelFixture(std::uint64_t seed = 1, Suite suite = Suite::standard);
    WriterKeys keys;
    LabelSecrets secrets;
    Secret signing_seed;
};

Secret seeded_secret(std::uint64_t seed);
Bytes noise_bytes(std::size_t size, std::uint64_t seed);
Bytes text(std::size_t size, std::uint64_t seed);  // compresses to about a third

// A block of these contents; ids are the label's.
RawBlock content_block(const WriterKeys& keys, const std::vector<Bytes>& contents);
// A block of tree entries, each with `refs` chunk and tree references.
RawBlock tree_block(const WriterKeys& keys, const std::vector<Bytes>& bodies, std::size_t refs);

// Ends the program when a fixture cannot be made. (No GoogleTest here: the fuzz targets and benchmarks use these, too.)
void must(const Status& status);
// Writes the blocks and returns what was reported.
std::vector<FinishedPack> write_packs(ObjectStore& store, const WriterKeys& keys, SegmentKind kind, std::vector<RawBlock> blocks);

}  // namespace custody::test
