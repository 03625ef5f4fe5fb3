// Messages about the sources of plans, opened around a run.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kPlansTexts[] = {
    {"cannot back up {}: it belongs to Custody itself, as keyring, vault, cache or state; take it out of the plan (the service "
     "keeps copies of its own state)",
     "không sao lưu được {}: thuộc về chính Custody, là bộ khóa, kho, bộ nhớ đệm hoặc trạng thái; hãy bỏ ra khỏi kế hoạch (dịch "
     "vụ tự giữ các bản sao trạng thái của mình)"},
    {"cannot back up {}: {}", "không sao lưu được {}: {}"},
    {"it is a live database, which the plan {} backs up", "đây là cơ sở dữ liệu đang hoạt động, do kế hoạch {} sao lưu"},
    {"no image is made of {}: it is mounted read-write at {}, and the plan says freeze = false; unmount it before, or back it up "
     "as files",
     "không tạo ảnh của {}: đang gắn đọc-ghi tại {}, và kế hoạch đặt freeze = false; hãy tháo gắn trước, hoặc sao lưu dưới dạng "
     "tệp"},
    {"no image is made of {}: something else is mounted over {}, where a file system of it is mounted; unmount one of them",
     "không tạo ảnh của {}: có hệ thống tệp khác gắn chồng lên {}, là nơi đang gắn một hệ thống tệp của nó; hãy tháo gắn một "
     "trong hai"},
    {"nothing is left to back up: what this plan names is live databases of other plans; remove the plan, or name something else",
     "không còn gì để sao lưu: những gì kế hoạch này nêu đều là cơ sở dữ liệu đang hoạt động của các kế hoạch khác; hãy bỏ kế "
     "hoạch này hoặc nêu đối tượng khác"},
    {"plan {}: {}", "kế hoạch {}: {}"},
    {"the job runs with the usual input/output priority: {}", "công việc chạy với mức ưu tiên vào/ra thông thường: {}"},
    {"the job runs without nice = {}: {}", "công việc chạy không có nice = {}: {}"},
    {"the next run stores the output again though it be the same: {}", "lần chạy sau sẽ lưu lại kết quả dù không thay đổi: {}"},
    {"what was remembered of the source is not believed, and this run is its first: {}",
     "không tin được những gì đã ghi nhớ về nguồn, lần chạy này được coi là lần đầu: {}"},
    {"where the source lies is not remembered, so that the next run cannot tell when it is absent: {}",
     "không ghi nhớ được nơi đặt nguồn, nên lần chạy sau không nhận ra được khi nguồn vắng mặt: {}"},
    {"{} was thawed by somebody else while its image was read: the image may hold a state that never was",
     "{} đã bị ai đó bỏ đóng băng trong khi đang đọc ảnh: ảnh có thể chứa một trạng thái chưa từng tồn tại"},
};
static_assert(is_sorted_table(kPlansTexts));

}  // namespace

std::span<const Translation> vietnamese_plans_texts() { return kPlansTexts; }

}  // namespace custody
