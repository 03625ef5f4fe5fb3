// Messages about the schedule: cron expressions, time zones, windows, what runs when and why it waits.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kScheduleTexts[] = {
    {"'{}' is no rule of a time zone; write a name such as Asia/Ho_Chi_Minh, or a rule such as <+07>-7",
     "'{}' không phải là quy tắc múi giờ; hãy ghi một tên như Asia/Ho_Chi_Minh, hoặc một quy tắc như <+07>-7"},
    {"after a change", "sau khi có thay đổi"},
    {"another holder has it", "đang có bên khác giữ"},
    {"asked for", "theo yêu cầu"},
    {"by the schedule", "theo lịch"},
    {"made up for a run that was missed", "chạy bù cho lần chạy đã lỡ"},
    {"plan '{}' is due since {} and none of its media is here: attach '{}'",
     "kế hoạch '{}' đến hạn từ {} mà không phương tiện nào của kế hoạch có mặt: hãy gắn '{}'"},
    {"plan '{}' is due since {} and waits for other runs to end",
     "kế hoạch '{}' đến hạn từ {} và đang chờ các lần chạy khác kết thúc"},
    {"plan '{}' is due since {} and waits until medium '{}' is free",
     "kế hoạch '{}' đến hạn từ {} và đang chờ phương tiện '{}' rảnh"},
    {"plan '{}' is due since {} and waits until {}, when its window opens",
     "kế hoạch '{}' đến hạn từ {} và đang chờ đến {}, khi hết giờ không được chạy"},
    {"plan '{}': not_between closes the whole week, so that it would never run; leave some hours open",
     "kế hoạch '{}': not_between chặn cả tuần nên kế hoạch không bao giờ chạy; hãy chừa lại một số giờ"},
    {"polled", "kiểm tra định kỳ"},
    {"schedule '{}' has {} fields and not five: minute, hour, day of month, month, day of week; every night at half past one is "
     "30 1 "
     "* * *",
     "lịch '{}' có {} trường, không phải năm: phút, giờ, ngày trong tháng, tháng, thứ trong tuần; mỗi đêm lúc một giờ rưỡi là 30 "
     "1 "
     "* * *"},
    {"schedule '{}' is not known; allowed are @hourly, @daily, @weekly, @monthly, @yearly, or five fields such as 30 1 * * *",
     "không có lịch '{}'; được dùng @hourly, @daily, @weekly, @monthly, @yearly, hoặc năm trường như 30 1 * * *"},
    {"schedule '{}' never comes: no month in field 4 has a day of field 3",
     "lịch '{}' không bao giờ đến: không tháng nào ở trường 4 có ngày ở trường 3"},
    {"schedule '{}': field 1 (minute) has '{}'; allowed are 0-59, lists 0,30, ranges 10-50, steps */10",
     "lịch '{}': trường 1 (phút) có '{}'; được dùng 0-59, danh sách 0,30, khoảng 10-50, bước */10"},
    {"schedule '{}': field 2 (hour) has '{}'; allowed are 0-23, lists 1,13, ranges 8-18, steps */2",
     "lịch '{}': trường 2 (giờ) có '{}'; được dùng 0-23, danh sách 1,13, khoảng 8-18, bước */2"},
    {"schedule '{}': field 3 (day of month) has '{}'; allowed are 1-31, lists 1,15, ranges 1-7, steps */2",
     "lịch '{}': trường 3 (ngày trong tháng) có '{}'; được dùng 1-31, danh sách 1,15, khoảng 1-7, bước */2"},
    {"schedule '{}': field 4 (month) has '{}'; allowed are 1-12, jan-dec, lists 1,7, ranges 3-6, steps */3",
     "lịch '{}': trường 4 (tháng) có '{}'; được dùng 1-12, jan-dec, danh sách 1,7, khoảng 3-6, bước */3"},
    {"schedule '{}': field 5 (day of week) has '{}'; allowed are 0-7 (0 and 7: Sunday), sun-sat, lists mon,thu, ranges mon-fri, "
     "steps "
     "*/2",
     "lịch '{}': trường 5 (thứ trong tuần) có '{}'; được dùng 0-7 (0 và 7: Chủ nhật), sun-sat, danh sách mon,thu, khoảng "
     "mon-fri, "
     "bước */2"},
    {"schedule '{}...' is too long: {} bytes at most", "lịch '{}...' quá dài: nhiều nhất {} byte"},
    {"the medium is not there", "phương tiện không có mặt"},
    {"the server does not answer", "máy chủ không trả lời"},
    {"the service ended within the run", "dịch vụ đã dừng giữa lần chạy"},
    {"there is no plan '{}'; `custody plan list` names them",
     "không có kế hoạch '{}'; `custody plan list` cho biết tên các kế hoạch"},
    {"there is no time zone '{}' below {}; write a name such as Asia/Ho_Chi_Minh",
     "không có múi giờ '{}' trong {}; hãy ghi một tên như Asia/Ho_Chi_Minh"},
    {"tried again", "thử lại"},
    {"waiting would not help", "chờ thêm cũng không có tác dụng"},
    {"{} counts leap seconds, which the system's clock does not; choose the zone of the same name outside of right/",
     "{} tính cả giây nhuận, còn đồng hồ hệ thống thì không; hãy chọn múi giờ cùng tên ngoài right/"},
    {"{} is no zone file, or a damaged one; install the package tzdata again",
     "{} không phải là tệp múi giờ, hoặc đã hỏng; hãy cài lại gói tzdata"},
    {"{}; not tried again before the next run of the schedule", "{}; không thử lại trước lần chạy kế tiếp theo lịch"},
    {"{}; tried again in {} ({} of {})", "{}; thử lại sau {} (lần {} trong {})"},
    {"{}; {} tries failed; not tried again before the next run of the schedule",
     "{}; {} lần thử đều thất bại; không thử lại trước lần chạy kế tiếp theo lịch"},
};
static_assert(is_sorted_table(kScheduleTexts));

}  // namespace

std::span<const Translation> vietnamese_schedule_texts() { return kScheduleTexts; }

}  // namespace custody
