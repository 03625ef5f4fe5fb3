// Messages about ledger, snapshots, trees and retention.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"a checkpoint needs a newer Custody", "điểm tổng hợp cần Custody mới hơn"},
    {"a hold without reason, or with a bad time", "lệnh giữ không có lý do, hoặc thời gian sai"},
    {"a ledger entry of {} bytes is too large", "một mục sổ cái {} byte là quá lớn"},
    {"adds snapshot {} without its object", "thêm bản chụp {} mà không có đối tượng của nó"},
    {"adds {} with another size than before", "thêm {} với kích thước khác trước"},
    {"cannot enter {} in the ledger: it {}", "không ghi được {} vào sổ cái: nó {}"},
    {"carries the number {}", "mang số {}"},
    {"dated after now", "có ngày sau hiện tại"},
    {"destroys a label without naming it", "hủy một nhãn mà không nêu tên"},
    {"does not follow on the entry before it", "không nối tiếp mục trước nó"},
    {"entries {} to {} are missing", "thiếu các mục từ {} đến {}"},
    {"forgets snapshot {}, which is held", "kết thúc bản chụp {}, bản đang được giữ"},
    {"held", "đang giữ"},
    {"it belongs to another vault", "nó thuộc về một kho khác"},
    {"it is missing", "nó bị thiếu"},
    {"it is missing, and later entries are there", "nó bị thiếu, mà các mục sau vẫn còn"},
    {"last", "mới nhất"},
    {"last of its group", "bản cuối của nhóm"},
    {"ledger entry {} is damaged or forged: {}; run `custody verify --keyless`",
     "mục {} của sổ cái bị hỏng hoặc bị giả mạo: {}; hãy chạy `custody verify --keyless`"},
    {"ledger entry: {}", "mục sổ cái: {}"},
    {"names snapshot {}, which is not there", "nêu bản chụp {}, bản không có ở đó"},
    {"no rule", "không có quy tắc"},
    {"only entry 1 begins a vault", "chỉ mục 1 mới mở đầu một kho"},
    {"operation {} names snapshots", "thao tác {} nêu các bản chụp"},
    {"removes {} twice", "bỏ {} hai lần"},
    {"removes {}, which was never added", "bỏ {}, thứ chưa từng được thêm"},
    {"snapshot {} is not of label {}", "bản chụp {} không thuộc nhãn {}"},
    {"snapshot: {}", "bản chụp: {}"},
    {"the ledger is missing", "thiếu sổ cái"},
    {"the ledger of {} is missing", "thiếu sổ cái của {}"},
    {"the ledger of {} is written by others all the time; try again", "sổ cái của {} liên tục được nơi khác ghi; hãy thử lại"},
    {"the ledger was rolled back or cut: entry {} was seen before, and this copy ends at {} or says something else there; "
     "compare with another medium",
     "sổ cái bị đưa lùi hoặc bị cắt: đã từng thấy mục {}, mà bản này kết thúc ở {} hoặc ở đó ghi khác; hãy so với phương tiện "
     "lưu trữ khác"},
    {"the list of paths is too long for one snapshot; back up a folder above them",
     "danh sách đường dẫn quá dài cho một bản chụp; hãy sao lưu một thư mục ở trên chúng"},
    {"there is no such number", "không có số này"},
    {"this ledger needs Custody that reads format {}", "sổ cái này cần Custody đọc được định dạng {}"},
    {"this snapshot needs Custody that reads format {}", "bản chụp này cần Custody đọc được định dạng {}"},
    {"this tree needs Custody that reads format {}", "cây này cần Custody đọc được định dạng {}"},
    {"tree node: {}", "nút cây: {}"},
    {"within the time to keep", "trong khoảng phải giữ"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_history_texts() { return kTexts; }

}  // namespace custody
