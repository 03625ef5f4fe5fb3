// Messages about the first configuration, what nothing covers, and recovery.
#include "base/text_vi.h"

#include <array>

namespace custody {
namespace {

constexpr std::array<Translation, 0> kTexts = {};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_setup_texts() { return kTexts; }

}  // namespace custody
