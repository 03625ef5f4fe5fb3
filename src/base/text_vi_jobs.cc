// Messages about the work of jobs: copies, retention, verification, records.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"job {}, {}: {}", "công việc {}, {}: {}"},
    {"the medium {} is not here: {}", "phương tiện lưu trữ {} không có ở đây: {}"},
    {"the medium {} was erased: register the disk that is used now under a name of its own",
     "phương tiện lưu trữ {} đã bị xóa trắng: hãy đăng ký đĩa đang dùng hiện nay dưới một tên riêng"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_jobs_texts() { return kTexts; }

}  // namespace custody
