// Messages about alerts: settings, events, mail, syslog, command, digest, heartbeat.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"'{}' is no absolute path", "'{}' không phải là đường dẫn tuyệt đối"},
    {"'{}' is no address of a server: it is {}://HOST[:PORT] or {}://HOST[:PORT]",
     "'{}' không phải là địa chỉ máy chủ: cần có dạng {}://MÁY[:CỔNG] hoặc {}://MÁY[:CỔNG]"},
    {"'{}' is no mail address", "'{}' không phải là địa chỉ thư điện tử"},
    {"'{}' is no name of a systemd credential", "'{}' không phải là tên thông tin xác thực (credential) của systemd"},
    {"'{}': syslog over UDP loses messages and cannot be encrypted; use tls:// or tcp://",
     "'{}': syslog qua UDP làm mất thông báo và không mã hóa được; hãy dùng tls:// hoặc tcp://"},
    {"E6: the password for {} would go to another machine without encryption, which no exception allows; use smtps:// or "
     "starttls = true",
     "E6: mật khẩu cho {} sẽ đi sang máy khác mà không được mã hóa, điều không ngoại lệ nào cho phép; hãy dùng smtps:// hoặc "
     "starttls = true"},
    {"E6: {} would send alerts to another machine without encryption; use tls://, or set exception = \"document number and "
     "reason\"",
     "E6: {} sẽ gửi cảnh báo sang máy khác mà không mã hóa; hãy dùng tls://, hoặc đặt exception = \"số văn bản và lý do\""},
    {"a heartbeat is written once a minute at most", "tín hiệu hoạt động được ghi nhiều nhất mỗi phút một lần"},
    {"a peer is late after a minute at least", "máy được theo dõi chỉ bị coi là trễ sau ít nhất một phút"},
    {"a peer needs its public signing key, 64 hex digits",
     "máy được theo dõi cần có khóa ký công khai gồm 64 chữ số thập lục phân"},
    {"a peer needs the name of its host", "máy được theo dõi cần có tên máy"},
    {"alerts by mail need somebody to go to", "cảnh báo qua thư điện tử cần có người nhận"},
    {"certificate_file and key_file go together", "certificate_file và key_file phải đi cùng nhau"},
    {"give password_file or password_credential, not both", "hãy cho password_file hoặc password_credential, không cho cả hai"},
    {"reminders come once an hour at most", "nhắc lại nhiều nhất mỗi giờ một lần"},
    {"the alert command begins with the absolute path of a program",
     "lệnh cảnh báo phải bắt đầu bằng đường dẫn tuyệt đối của một chương trình"},
    {"the digest needs a time of day, as 07:00", "bản tin tổng hợp cần một giờ trong ngày, ví dụ 07:00"},
    {"user and password_file (or password_credential) go together",
     "user và password_file (hoặc password_credential) phải đi cùng nhau"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_alerts_texts() { return kTexts; }

}  // namespace custody
