#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"'{}' is not a duration; write it like 90s, 15m, 24h, 30d or 8w",
     "'{}' không phải là khoảng thời gian; hãy viết như 90s, 15m, 24h, 30d hoặc 8w"},
    {"'{}' is not a time; write it like 2026-11-03, 2026-11-03T02:00 or 2026-11-03T02:00:00+07:00",
     "'{}' không phải là thời điểm; hãy viết như 2026-11-03, 2026-11-03T02:00 hoặc 2026-11-03T02:00:00+07:00"},
    {"cannot {} {}: {}", "không thể {} {}: {}"},
    {"interrupted; what was stored so far is kept and will be reused",
     "đã bị ngắt; những gì đã lưu được giữ lại và sẽ được dùng lại"},
    {"{} h {:02} min", "{} giờ {:02} phút"},
    {"{} min {:02} s", "{} phút {:02} giây"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_base_texts() { return kTexts; }

}  // namespace custody
