// Messages about the keeping of media, and the commands on them.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"no medium {} stands in the configuration: add a [[medium]] with its vault, then 'systemctl reload custodyd'",
     "trong cấu hình không có phương tiện {}: hãy thêm mục [[medium]] với kho của nó, rồi chạy 'systemctl reload custodyd'"},
    {"no thread can be made to watch the media: the system's limit of tasks is reached",
     "không tạo được luồng theo dõi phương tiện: đã đạt giới hạn số tác vụ của hệ thống"},
    {"not looked at yet", "chưa kiểm tra"},
    {"the medium {} does not answer since {}: its disk or the server of its share hangs; look at 'dmesg', and mount it anew when "
     "it is mended",
     "phương tiện {} không phản hồi từ {}: ổ đĩa hoặc máy chủ chia sẻ bị treo; hãy xem 'dmesg', và gắn lại khi đã khắc phục"},
    {"the medium {} is back: {}", "phương tiện {} đã trở lại: {}"},
    {"the medium {} is being written to by a job: wait for it ('custody job list' shows it), or end it with 'custody job "
     "cancel'; do not take the disk out",
     "phương tiện {} đang được một tác vụ ghi: hãy chờ tác vụ xong ('custody job list' cho thấy), hoặc kết thúc bằng 'custody "
     "job cancel'; không được rút đĩa"},
    {"the medium {} is here", "phương tiện {} đã có mặt"},
    {"the medium {} is not removable in the configuration: when no job uses it, unmount it by hand with 'umount {}'",
     "phương tiện {} không được khai báo là tháo rời trong cấu hình: khi không tác vụ nào dùng, hãy tháo gắn bằng tay với "
     "'umount {}'"},
    {"the medium {} is registered: {}", "đã đăng ký phương tiện {}: {}"},
    {"the medium {} is retired: it gets nothing more", "phương tiện {} đã thôi dùng: không nhận thêm gì nữa"},
    {"the medium {} lies in {} and is not mounted there by itself: there is nothing to unmount",
     "phương tiện {} nằm trong {} chứ không được gắn riêng tại đó: không có gì để tháo gắn"},
    {"the medium {} was pulled out while it was mounted", "phương tiện {} đã bị rút ra khi còn đang gắn"},
    {"{} bears the identity of a medium {}, and the configuration calls it {}: if that is its new name, run 'custody media "
     "register {}'",
     "{} mang định danh của phương tiện {}, còn cấu hình gọi là {}: nếu đó là tên mới của nó, hãy chạy 'custody media register "
     "{}'"},
    {"{} copies are owed since {}", "nợ {} bản sao từ {}"},
    {"{} is the medium {} of the register, which the configuration does not name",
     "{} là phương tiện {} trong sổ đăng ký, nhưng cấu hình không nêu tên"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_media_texts() { return kTexts; }

}  // namespace custody
