// Messages about the API of plans and jobs, and the commands that ask it.
#include "base/text_vi.h"

#include <array>

namespace custody {
namespace {

constexpr std::array<Translation, 0> kTexts = {};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_control_texts() { return kTexts; }

}  // namespace custody
