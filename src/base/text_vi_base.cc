#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kBaseTexts[] = {
    {"'{}' is not a duration; write it like 90s, 15m, 24h, 30d or 8w",
     "'{}' không phải là khoảng thời gian; hãy viết như 90s, 15m, 24h, 30d hoặc 8w"},
    {"'{}' is not a time; write it like 2026-11-03, 2026-11-03T02:00 or 2026-11-03T02:00:00+07:00",
     "'{}' không phải là thời điểm; hãy viết như 2026-11-03, 2026-11-03T02:00 hoặc 2026-11-03T02:00:00+07:00"},
    {"'{}' is too late: the latest time possible is {}", "'{}' quá muộn: thời điểm muộn nhất có thể là {}"},
    {"a write stored nothing; the medium may be failing", "lệnh ghi không lưu được gì; phương tiện lưu trữ có thể đang hỏng"},
    {"an empty path names nothing", "đường dẫn trống không chỉ đến gì"},
    {"behind the loop device {}", "đứng sau thiết bị loop {}"},
    {"cannot open {}: it is not a regular file", "không mở được {}: không phải là tệp thường"},
    {"cannot read /proc/self/mountinfo; is /proc mounted?", "không đọc được /proc/self/mountinfo; /proc đã được gắn chưa?"},
    {"cannot {} {}: {}", "không thể {} {}: {}"},
    {"held by another program or by the kernel", "đang do một chương trình khác hoặc nhân hệ điều hành giữ"},
    {"interrupted", "đã bị ngắt"},
    {"mounted read-only on {}", "được gắn chỉ để đọc tại {}"},
    {"mounted read-write on {}", "được gắn để đọc và ghi tại {}"},
    {"no mounted file system holds {}", "không hệ thống tệp nào được gắn chứa {}"},
    {"part of {}", "là một phần của {}"},
    {"several contradicting signatures", "nhiều dấu nhận dạng mâu thuẫn nhau"},
    {"swap, which 'swapoff {}' ends", "vùng hoán đổi, tắt bằng 'swapoff {}'"},
    {"the kernel knows no device behind {}", "nhân hệ điều hành không biết thiết bị nào đứng sau {}"},
    {"{} belongs to another user (number {}), and what root writes in it cannot be given to him: {}; run this as that user",
     "{} thuộc về người dùng khác (số {}), mà không chuyển được những gì root ghi vào đó cho người ấy: {}; hãy chạy lệnh này "
     "dưới tên người dùng đó"},
    {"{} ends at byte {}, {} bytes too early", "{} kết thúc ở byte {}, sớm {} byte"},
    {"{} h {:02} min", "{} giờ {:02} phút"},
    {"{} holds {} bytes, at most {} are expected", "{} có {} byte, chỉ chờ nhiều nhất {}"},
    {"{} is not a block device", "{} không phải là thiết bị khối"},
    {"{} is not a folder", "{} không phải là thư mục"},
    {"{} is reached through a symbolic link of another user (number {}) and is not his: root writes nothing there for him; name "
     "the folder itself",
     "{} được dẫn đến qua một liên kết tượng trưng của người dùng khác (số {}) mà không phải của người ấy: root không ghi gì ở "
     "đó thay cho người ấy; hãy nêu chính thư mục đó"},
    {"{} min {:02} s", "{} phút {:02} giây"},
    {"{} partitions", "{} phân vùng"},
    {"{}; end other programs and run the command again", "{}; hãy tắt bớt chương trình khác rồi chạy lại lệnh"},
    {"{}; raise the limit (`ulimit -n`) and run the command again", "{}; hãy nâng giới hạn (`ulimit -n`) rồi chạy lại lệnh"},
};
static_assert(is_sorted_table(kBaseTexts));

}  // namespace

std::span<const Translation> vietnamese_base_texts() { return kBaseTexts; }

}  // namespace custody
