// Help of the commands that ask the service.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kControlHelpTexts[] = {
    {"'{}' is not part of this version; 'custody --help' lists the commands that there are",
     "'{}' chưa có trong phiên bản này; 'custody --help' liệt kê các lệnh hiện có"},
    {"Asks a job to end", "Yêu cầu một việc dừng lại"},
    {"Backs up a plan now, or all of them", "Sao lưu ngay một kế hoạch, hoặc tất cả"},
    {"Ends with exit code 1 when a channel did not take it. That a server took it does not mean that somebody reads it: look "
     "into the mailbox.",
     "Kết thúc với mã 1 khi có kênh không nhận. Máy chủ đã nhận không có nghĩa là có người đọc: hãy xem hộp thư."},
    {"Every plan at once, important ones first (duty B11)", "Mọi kế hoạch cùng lúc, kế hoạch quan trọng trước (nghĩa vụ B11)"},
    {"How many; default: 20, at most 1000", "Bao nhiêu; mặc định: 20, nhiều nhất 1000"},
    {"How many; default: 50, at most 1000", "Bao nhiêu; mặc định: 50, nhiều nhất 1000"},
    {"It ends at the next point where that is clean. No snapshot is made; what it stored so far stays, and the next run reuses "
     "it.",
     "Việc dừng ở điểm gần nhất mà mọi thứ còn trọn vẹn. Không bản chụp nào được tạo; những gì đã lưu được giữ lại, và lần chạy "
     "sau dùng lại."},
    {"Lists jobs, the newest first", "Liệt kê các việc, mới nhất trước"},
    {"Lists the alerts that stand: what is the matter, what is safe, what to type",
     "Liệt kê các cảnh báo đang hiệu lực: có chuyện gì, cái gì vẫn an toàn, cần gõ gì"},
    {"Lists the plans, how each stands and when it runs next",
     "Liệt kê các kế hoạch, tình trạng và lần chạy tới của từng kế hoạch"},
    {"Looks on until a job has ended", "Theo dõi đến khi một việc kết thúc"},
    {"Looks on until it has ended", "Theo dõi đến khi kết thúc"},
    {"Makes a new catalogue from what the vaults say", "Dựng danh mục mới từ những gì các kho cho biết"},
    {"Only older ones than this: the next page", "Chỉ những việc cũ hơn việc này: trang tiếp theo"},
    {"Only those of this plan", "Chỉ của kế hoạch này"},
    {"Only those that are: queued, running, waiting_for_key, done, done_with_failures, failed, interrupted, cancelled",
     "Chỉ những việc ở trạng thái: queued, running, waiting_for_key, done, done_with_failures, failed, interrupted, cancelled"},
    {"Runs of the service, past and present", "Các lần chạy của dịch vụ, trước đây và hiện nay"},
    {"Sends a test message to every channel, and says which took it",
     "Gửi thông báo thử đến mọi kênh, và cho biết kênh nào đã nhận"},
    {"Shows one job: phases, numbers, warnings, why it failed",
     "Hiện một việc: các giai đoạn, số liệu, lời nhắc, vì sao thất bại"},
    {"Shows one plan with its last jobs", "Hiện một kế hoạch cùng các việc gần nhất"},
    {"Shows what runs next, the soonest first", "Hiện những gì sắp chạy, sớm nhất trước"},
    {"The exit code is the job's, also of one that has ended already: 0 done, 3 when some items could not be read, 4 when damage "
     "was found, 130 when it was cancelled or interrupted. Interrupting this command ends the looking on, not the job.",
     "Mã kết thúc là của việc, kể cả việc đã kết thúc: 0 là xong, 3 khi có mục không đọc được, 4 khi phát hiện hư hỏng, 130 khi "
     "bị hủy hoặc bị ngắt. Ngắt lệnh này chỉ dừng theo dõi, không dừng việc."},
    {"The job's number", "Số của việc"},
    {"The plan", "Kế hoạch"},
    {"The service does it; this command may end meanwhile. With --follow it looks on, and its exit code is the job's: 3 when "
     "some items could not be read, 4 when damage was found, 130 when it was cancelled. Interrupting it ends the looking on, not "
     "the job: 'custody job cancel ID' does that. A plan that runs already runs once more after it.",
     "Dịch vụ thực hiện; lệnh này có thể kết thúc trước. Với --follow lệnh theo dõi đến hết, và mã kết thúc là của việc: 3 khi "
     "có mục không đọc được, 4 khi phát hiện hư hỏng, 130 khi bị hủy. Ngắt lệnh chỉ dừng theo dõi, không dừng việc: dùng "
     "'custody job cancel ID' để dừng việc. Kế hoạch đang chạy sẽ chạy thêm một lần sau đó."},
    {"The source was moved or emptied on purpose: what it is now is right",
     "Nguồn được chuyển đi hoặc làm trống có chủ ý: hiện trạng là đúng"},
    {"Times of the schedule, windows heeded. What a change or a person will ask for is not known before.",
     "Thời điểm theo lịch, có tính các khoảng không chạy. Những gì do thay đổi hoặc do người yêu cầu thì không biết trước."},
    {"What the service backs up, and when", "Dịch vụ sao lưu những gì, khi nào"},
    {"What the service knows of jobs, media and copies", "Những gì dịch vụ biết về các việc, phương tiện và bản sao"},
    {"What the service tells people", "Những gì dịch vụ báo cho mọi người"},
    {"Why; stands in the job's record", "Vì sao; được ghi vào hồ sơ của việc"},
};
static_assert(is_sorted_table(kControlHelpTexts));

}  // namespace

std::span<const Translation> vietnamese_control_help_texts() { return kControlHelpTexts; }

}  // namespace custody
