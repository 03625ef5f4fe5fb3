#include "base/nearest.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace custody {
namespace {

constexpr std::size_t kNear = 2;
constexpr std::size_t kLongest = 128;  // what is longer is no slip of the hand

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
    std::string_view best;
    if (word.size() > kLongest) return best;
    std::size_t least = std::min(kNear, word.size() / 2) + 1;
    for (const std::string_view name : known) {
        if (name.size() > kLongest) continue;
        const std::size_t away = distance(word, name);
        if (away >= least) continue;
        least = away;
        best = name;
    }
    return best;
}

}  // namespace custody
