// Messages about the running service and the runs of plans.
#include "base/text_vi.h"

#include <array>

namespace custody {
namespace {

constexpr std::array<Translation, 0> kTexts = {};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_work_texts() { return kTexts; }

}  // namespace custody
