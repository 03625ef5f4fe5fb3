// Messages about the schedule: cron expressions, time zones, windows, what runs when and why it waits.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"'{}' is no rule of a time zone; write a name such as Asia/Ho_Chi_Minh, or a rule such as <+07>-7",
     "'{}' không phải là quy tắc múi giờ; hãy ghi một tên như Asia/Ho_Chi_Minh, hoặc một quy tắc như <+07>-7"},
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
    {"there is no time zone '{}' below {}; write a name such as Asia/Ho_Chi_Minh",
     "không có múi giờ '{}' trong {}; hãy ghi một tên như Asia/Ho_Chi_Minh"},
    {"{} counts leap seconds, which the system's clock does not; choose the zone of the same name outside of right/",
     "{} tính cả giây nhuận, còn đồng hồ hệ thống thì không; hãy chọn múi giờ cùng tên ngoài right/"},
    {"{} is no zone file, or a damaged one; install the package tzdata again",
     "{} không phải là tệp múi giờ, hoặc đã hỏng; hãy cài lại gói tzdata"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_schedule_texts() { return kTexts; }

}  // namespace custody
