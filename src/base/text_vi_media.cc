// Messages about the keeping of media, and the commands on them.
#include "base/text_vi.h"

#include <array>

namespace custody {
namespace {

constexpr std::array<Translation, 0> kTexts = {};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_media_texts() { return kTexts; }

}  // namespace custody
