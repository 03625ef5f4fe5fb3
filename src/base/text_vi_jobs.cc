// Messages about the work of jobs: copies, retention, verification, records.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kJobsTexts[] = {
    {"and {} more; 'custody verify --json' names all", "và {} mục nữa; 'custody verify --json' nêu tất cả"},
    {"damage affects snapshot {}", "hư hỏng ảnh hưởng đến bản chụp {}"},
    {"damage affects snapshot {}: {}", "hư hỏng ảnh hưởng đến bản chụp {}: {}"},
    {"job {}, {}: {}", "công việc {}, {}: {}"},
    {"no medium is here that the service's own records could be stored on: attach one",
     "không có phương tiện lưu trữ nào ở đây để lưu hồ sơ của chính dịch vụ: hãy kết nối một phương tiện"},
    {"not checked, for its key is not here: snapshot {}: {}", "chưa kiểm tra được vì không có khóa ở đây: bản chụp {}: {}"},
    {"nothing was copied from the medium {}: {}", "không sao chép được gì từ phương tiện lưu trữ {}: {}"},
    {"nothing was freed on the medium {} yet: {}", "chưa giải phóng được gì trên phương tiện lưu trữ {}: {}"},
    {"retention of plan {} on the medium {}: {}", "lưu giữ theo kế hoạch {} trên phương tiện lưu trữ {}: {}"},
    {"the clock says {}, and the medium {} has seen {}: no snapshot is ended before it is set",
     "đồng hồ báo {}, còn phương tiện lưu trữ {} đã ghi nhận {}: không bản chụp nào bị kết thúc trước khi đồng hồ được chỉnh "
     "lại"},
    {"the clock says {}, more than 40 days after the last entry on the medium {} ({}): no snapshot is ended before a person said "
     "that it is right, with 'custody forget --clock-is-right'",
     "đồng hồ báo {}, muộn hơn 40 ngày so với mục cuối cùng trên phương tiện lưu trữ {} ({}): không bản chụp nào bị kết thúc "
     "trước khi có người xác nhận đồng hồ đúng, bằng 'custody forget --clock-is-right'"},
    {"the configuration has no medium {}", "cấu hình không có phương tiện lưu trữ {}"},
    {"the medium {1} still lacks {0} snapshots, since {2}", "phương tiện lưu trữ {1} còn thiếu {0} bản chụp, từ {2}"},
    {"the medium {} is not here: {}", "phương tiện lưu trữ {} không có ở đây: {}"},
    {"the medium {} was erased: register the disk that is used now under a name of its own",
     "phương tiện lưu trữ {} đã bị xóa trắng: hãy đăng ký đĩa đang dùng hiện nay dưới một tên riêng"},
    {"{0} objects are damaged on the medium {1}; the first: {2}: {3}",
     "{0} đối tượng bị hỏng trên phương tiện lưu trữ {1}; đối tượng đầu tiên: {2}: {3}"},
    {"{0} objects on the medium {1} cannot be read by this user: whether they are damaged is not known",
     "người dùng này không đọc được {0} đối tượng trên phương tiện lưu trữ {1}: chưa biết chúng có bị hỏng không"},
    {"{0} packs on the medium {1} cannot be checked, for their keys are not here",
     "không kiểm tra được {0} gói trên phương tiện lưu trữ {1} vì không có khóa của chúng ở đây"},
    {"{0} snapshots are damaged on the medium {1}", "{0} bản chụp bị hỏng trên phương tiện lưu trữ {1}"},
    {"{} of {} is damaged, the catalogue takes nothing from it: {}; heal it with 'custody repair'",
     "{} của {} bị hỏng, danh mục không lấy gì từ đó: {}; hãy chữa bằng 'custody repair'"},
};
static_assert(is_sorted_table(kJobsTexts));

}  // namespace

std::span<const Translation> vietnamese_jobs_texts() { return kJobsTexts; }

}  // namespace custody
