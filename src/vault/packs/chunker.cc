// The hash is h = 2h + gear[byte], so bit k of h depends on the last k + 1 bytes. The masks take the bits just below the top
// one: a cut depends on the 63 bytes before it and on nothing else. Two bytes are taken a step (Xia et al., "The Design of
// Fast Content-Defined Chunking", TPDS 2020): h2 = 4h + (2 gear[a] + gear[b]) needs one dependent operation for both.
// Normalised, level 2: before the average size two more bits must be zero, after it two fewer.
#include "vault/packs/chunker.h"

#include "base/crypto.h"
#include "vault/packs/format.h"

#include <algorithm>
#include <string>

namespace custody {

namespace {

constexpr unsigned kAverageBits = 20;  // log2(kAverageChunk)
constexpr unsigned kNormalisation = 2;
constexpr std::size_t kWindow = 64;
static_assert(kAverageChunk == 1u << kAverageBits);
static_assert(kMinChunk >= kWindow);

constexpr std::uint64_t mask_of(unsigned bits) { return ((std::uint64_t{1} << bits) - 1) << (63 - bits); }
constexpr std::uint64_t kStrictMask = mask_of(kAverageBits + kNormalisation);
constexpr std::uint64_t kLooseMask = mask_of(kAverageBits - kNormalisation);

using Gear = std::array<std::uint64_t, 256>;

struct Search {
    std::uint64_t hash = 0;
    std::size_t at = 0;  // bytes hashed so far
    bool found = false;
};

// Two bytes of `word`, the lower first. True when the masked hash is zero behind one of them; `state` then says where.
inline bool step(const Gear& gear, std::uint64_t word, std::size_t at, std::uint64_t mask, std::uint64_t& hash, Search& state) {
    const std::uint64_t first = gear[word & 0xff];
    const std::uint64_t both = 2 * first + gear[(word >> 8) & 0xff];
    const std::uint64_t middle = 2 * hash + first;
    hash = 4 * hash + both;
    if ((middle & mask) == 0) [[unlikely]] {
        state = {middle, at + 1, true};
        return true;
    }
    if ((hash & mask) == 0) [[unlikely]] {
        state = {hash, at + 2, true};
        return true;
    }
    return false;
}

// Advances to just behind the first byte before `end` at which the masked hash is zero, or to `end`.
void search(const Gear& gear, const Byte* data, std::size_t end, std::uint64_t mask, Search& state) {
    std::uint64_t hash = state.hash;
    std::size_t at = state.at;
    for (; at + 8 <= end; at += 8) {
        const auto word = load_le<std::uint64_t>(data + at);
        if (step(gear, word, at, mask, hash, state)) return;
        if (step(gear, word >> 16, at + 2, mask, hash, state)) return;
        if (step(gear, word >> 32, at + 4, mask, hash, state)) return;
        if (step(gear, word >> 48, at + 6, mask, hash, state)) return;
    }
    for (; at < end; ++at) {
        hash = 2 * hash + gear[data[at]];
        if ((hash & mask) == 0) {
            state = {hash, at + 1, true};
            return;
        }
    }
    state = {hash, at, false};
}

}  // namespace

GearTable::GearTable(const Secret& gear_key) {
    constexpr std::size_t kValuesEach = kKeySize / sizeof(std::uint64_t);
    for (std::size_t i = 0; i < values_.size(); i += kValuesEach) {
        std::string info = "custody gear table 1";
        info.push_back(static_cast<char>(i / kValuesEach));
        const Secret part = hkdf(gear_key.view(), {}, info);
        for (std::size_t j = 0; j < kValuesEach; ++j) {
            values_[i + j] = load_le<std::uint64_t>(part.view().data() + j * sizeof(std::uint64_t));
        }
    }
}

std::size_t next_cut(const GearTable& table, ByteView data) {
    if (data.size() <= kMinChunk) return data.size();
    const std::size_t end = std::min<std::size_t>(data.size(), kMaxChunk);
    const Gear& gear = table.values();
    Search state;
    // The window before the first possible cut is hashed without looking, so that a cut depends on its window alone.
    state.at = kMinChunk - kWindow;
    for (; state.at < kMinChunk; ++state.at) state.hash = 2 * state.hash + gear[data[state.at]];
    search(gear, data.data(), std::min<std::size_t>(end, kAverageChunk), kStrictMask, state);
    if (!state.found) search(gear, data.data(), end, kLooseMask, state);
    return state.at;
}

}  // namespace custody
