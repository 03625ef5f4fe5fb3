// Messages about the running service and the runs of plans.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kWorkTexts[] = {
    {"'scan' is missing, or has no list 'findings'", "thiếu 'scan', hoặc trong đó không có danh sách 'findings'"},
    {"NOT YET {}: first run {}", "CHƯA ĐẾN HẠN {}: lần chạy đầu tiên {}"},
    {"NOT YET {}: its first backup goes on or waits", "CHƯA ĐẾN LƯỢT {}: lần sao lưu đầu tiên đang chạy hoặc đang chờ"},
    {"Where the configuration has a [scan] command, what was brought back passes it; what it finds is named, moved to the "
     "quarantine folder and told to the service: exit code 1.",
     "Nếu cấu hình có lệnh [scan] thì những gì được khôi phục đều qua lệnh này; những gì bị phát hiện được nêu tên, chuyển vào "
     "thư mục cách ly và báo cho dịch vụ: mã thoát 1."},
    {"a job of this kind runs already on {}; 'custody job list --state running' shows it",
     "đã có công việc loại này đang chạy trên {}; 'custody job list --state running' cho xem công việc đó"},
    {"another custodyd works with the state folder {}; stop it first, or give this one a state_folder and a socket of its own",
     "một custodyd khác đang dùng thư mục trạng thái {}; hãy dừng nó trước, hoặc cho dịch vụ này state_folder và socket riêng"},
    {"backup of plan '{}'", "sao lưu theo kế hoạch '{}'"},
    {"backup of plan '{}' on medium '{}': {}", "sao lưu theo kế hoạch '{}' lên phương tiện '{}': {}"},
    {"cancelled by {} before it began", "{} đã hủy trước khi bắt đầu"},
    {"ends of jobs cannot be entered in the catalogue: {}", "không ghi được kết quả các công việc vào danh mục: {}"},
    {"job {} has not ended", "công việc {} chưa kết thúc"},
    {"job {}, {}: begins on medium '{}' ({})", "công việc {}, {}: bắt đầu trên phương tiện '{}' ({})"},
    {"more than {} findings in one request", "quá {} phát hiện trong một yêu cầu"},
    {"no plan '{}' in the configuration", "trong cấu hình không có kế hoạch '{}'"},
    {"no such plan: {}; 'custody plan list' names them", "không có kế hoạch này: {}; 'custody plan list' liệt kê các kế hoạch"},
    {"no thread can be made for the job: the system's limit of tasks is reached",
     "không tạo được luồng cho công việc: đã đạt giới hạn số tác vụ của hệ thống"},
    {"no thread can be made for the upkeep: the system's limit of tasks is reached",
     "không tạo được luồng cho việc bảo trì: đã đạt giới hạn số tác vụ của hệ thống"},
    {"plan '{}': the configuration has no medium '{}'", "kế hoạch '{}': trong cấu hình không có phương tiện '{}'"},
    {"the backup stands; its time limit ended the run before all that was to follow was done",
     "bản sao lưu vẫn có giá trị; giới hạn thời gian đã kết thúc lần chạy trước khi các việc tiếp theo hoàn tất"},
    {"the clock was set by {}", "đồng hồ đã bị chỉnh lệch {}"},
    {"the end of job {} cannot be entered in the catalogue, and is as soon as it can: {}",
     "chưa ghi được kết quả của công việc {} vào danh mục, sẽ ghi ngay khi có thể: {}"},
    {"the end of job {} was entered in the catalogue after all", "đã ghi được kết quả của công việc {} vào danh mục"},
    {"the first backups are not over: the first digest waits for them",
     "các lần sao lưu đầu tiên chưa xong: bản tóm tắt đầu tiên chờ chúng"},
    {"the plan was taken out of the configuration before the run began",
     "kế hoạch đã bị bỏ khỏi cấu hình trước khi lần chạy bắt đầu"},
    {"the run took longer than its time limit and was ended; what it stored is used by the next one",
     "lần chạy vượt quá giới hạn thời gian và đã bị dừng; những gì đã lưu sẽ được lần chạy sau dùng lại"},
    {"the service ended before it began", "dịch vụ đã kết thúc trước khi công việc bắt đầu"},
    {"the service ends; ask again when it runs", "dịch vụ đang kết thúc; hãy hỏi lại khi dịch vụ chạy"},
    {"the service was cut off while jobs ran: {}; they are closed as interrupted and run again",
     "dịch vụ bị ngắt khi các công việc đang chạy: {}; chúng được ghi là bị gián đoạn và sẽ chạy lại"},
    {"the service was not told of what the scan found: {}", "chưa báo được cho dịch vụ những gì lệnh quét phát hiện: {}"},
    {"what was backed up lies in the vaults; the ends are entered as soon as that is possible",
     "những gì đã sao lưu nằm trong các kho; kết quả sẽ được ghi ngay khi có thể"},
    {"{} has changed: that is taken over when custodyd is started again",
     "{} đã đổi: thay đổi này có hiệu lực khi khởi động lại custodyd"},
    {"{} has other content than an earlier backup stored although nobody wrote to it: compare both; the next backup stores what "
     "is there now, older ones keep the other",
     "{} có nội dung khác với bản sao lưu trước mặc dù không ai ghi vào: hãy so sánh cả hai; lần sao lưu tới lưu nội dung hiện "
     "có, các bản cũ giữ nội dung kia"},
    {"{} items could not be read", "{} mục không đọc được"},
    {"{} reads otherwise a second time although nobody wrote to it: its disk or this machine's memory is not to be trusted; no "
     "snapshot was made",
     "{} đọc lần thứ hai ra nội dung khác mặc dù không ai ghi vào: không thể tin cậy ổ đĩa chứa tệp hoặc bộ nhớ của máy này; "
     "không tạo bản chụp"},
    {"{}: the scan found {} after {} restored it from snapshot {}; it lies now in {}",
     "{}: lệnh quét phát hiện {} sau khi {} khôi phục từ bản chụp {}; hiện nằm ở {}"},
};
static_assert(is_sorted_table(kWorkTexts));

}  // namespace

std::span<const Translation> vietnamese_work_texts() { return kWorkTexts; }

}  // namespace custody
