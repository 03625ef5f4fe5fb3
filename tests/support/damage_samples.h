// Which damages of many a test tries.
#pragma once

#include "tests/support/program.h"
#include "tests/support/sanitizers.h"

#include <algorithm>
#include <cstddef>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace custody::test {

// Under a sanitizer one of them, another with each `turn`.
template <class T>
std::vector<T> sampled(std::vector<T> all, std::size_t turn) {
    if (!kSanitized) return all;
    std::swap(all.front(), all[turn % all.size()]);
    all.resize(1);
    return all;
}

// Positions all over an object: dense at its beginning and end, where the headers and footers are. One of four of those that
// scripts/crash tries; `random` shifts which.
inline std::vector<std::size_t> sampled_positions(std::size_t size, std::mt19937_64& random) {
    const std::size_t step = long_run() ? 1 : std::max<std::size_t>(kPlacesPerTrial, 4);
    std::set<std::size_t> positions;
    for (std::size_t at = random() % (10 * step); at < std::min<std::size_t>(size, 320); at += 10 * step) positions.insert(at);
    for (std::size_t back = 1 + random() % (8 * step); back <= std::min<std::size_t>(size, 120); back += 8 * step)
        positions.insert(size - back);
    for (std::size_t i = 0; i < 16 / step; ++i) positions.insert(random() % size);
    return {positions.begin(), positions.end()};
}

}  // namespace custody::test
