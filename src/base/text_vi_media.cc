// Messages about the keeping of media, and the commands on them.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"--original goes with --own-identity alone: the vault that was copied",
     "--original chỉ đi cùng --own-identity: là kho đã bị sao chép"},
    {"a hand-over names the new place, the new custodian, or both",
     "việc bàn giao phải nêu nơi để mới, người giữ mới, hoặc cả hai"},
    {"a medium {} is registered already: give the copy a name of its own, or say --same-medium if this is that very medium",
     "đã có phương tiện {} trong sổ: hãy đặt tên riêng cho bản sao, hoặc dùng --same-medium nếu đây chính là phương tiện đó"},
    {"give keep_as: the name under which the old medium stays registered",
     "hãy cho keep_as: tên mà phương tiện cũ còn giữ trong sổ đăng ký"},
    {"no medium {} stands in the configuration", "trong cấu hình không có phương tiện {}"},
    {"no medium {} stands in the configuration: add a [[medium]] with its vault, then 'systemctl reload custodyd'",
     "trong cấu hình không có phương tiện {}: hãy thêm mục [[medium]] với kho của nó, rồi chạy 'systemctl reload custodyd'"},
    {"no thread can be made to watch the media: the system's limit of tasks is reached",
     "không tạo được luồng theo dõi phương tiện: đã đạt giới hạn số tác vụ của hệ thống"},
    {"not looked at yet", "chưa kiểm tra"},
    {"now change the configuration: give [[medium]] {} the vault {} (and mount and uuid, where they are set), take out "
     "[[medium]] {}, then 'systemctl reload custodyd'; the old disk is registered as {}, retired",
     "bây giờ hãy sửa cấu hình: đặt vault của [[medium]] {} thành {} (cả mount và uuid nếu có), bỏ [[medium]] {}, rồi chạy "
     "'systemctl reload custodyd'; ổ cũ được giữ trong sổ với tên {}, đã thôi dùng"},
    {"of --same-medium, --own-identity and --new-identity only one can be meant",
     "trong --same-medium, --own-identity và --new-identity chỉ được chọn một"},
    {"only root takes back a medium that was retired", "chỉ root được đưa lại vào sử dụng phương tiện đã thôi dùng"},
    {"state is in_use or off_site; 'custody media retire' retires a medium",
     "state là in_use hoặc off_site; 'custody media retire' cho phương tiện thôi dùng"},
    {"systemd-mount said that {} is mounted, and it is not seen on {}: look at 'journalctl -xe'",
     "systemd-mount báo đã gắn {}, nhưng không thấy tại {}: hãy xem 'journalctl -xe'"},
    {"the configuration names no medium {}: give vault, the absolute path of the vault on it",
     "cấu hình không có phương tiện {}: hãy cho vault, là đường dẫn tuyệt đối của kho trên đó"},
    {"the copied vault was left at {}: remove it when nothing of it is needed any more",
     "kho sao chép được để lại tại {}: hãy xóa khi không còn cần gì trong đó"},
    {"the medium {1} holds the last copies of {0} snapshots: bring another one into step first, or move all to a new disk with "
     "'custody media replace'",
     "phương tiện {1} giữ bản sao cuối cùng của {0} bản chụp: hãy đồng bộ một phương tiện khác trước, hoặc chuyển tất cả sang ổ "
     "mới bằng 'custody media replace'"},
    {"the medium {} does not answer since {}: its disk or the server of its share hangs; look at 'dmesg', and mount it anew when "
     "it is mended",
     "phương tiện {} không phản hồi từ {}: ổ đĩa hoặc máy chủ chia sẻ bị treo; hãy xem 'dmesg', và gắn lại khi đã khắc phục"},
    {"the medium {} is back: {}", "phương tiện {} đã trở lại: {}"},
    {"the medium {} is being written to by a job: wait for it ('custody job list' shows it), or end it with 'custody job "
     "cancel'; do not take the disk out",
     "phương tiện {} đang được một tác vụ ghi: hãy chờ tác vụ xong ('custody job list' cho thấy), hoặc kết thúc bằng 'custody "
     "job cancel'; không được rút đĩa"},
    {"the medium {} is here", "phương tiện {} đã có mặt"},
    {"the medium {} is not here, and both are needed: attach it with 'custody media attach {}'",
     "phương tiện {} không có mặt, mà cần cả hai: hãy gắn bằng 'custody media attach {}'"},
    {"the medium {} is not removable in the configuration: when no job uses it, unmount it by hand with 'umount {}'",
     "phương tiện {} không được khai báo là tháo rời trong cấu hình: khi không tác vụ nào dùng, hãy tháo gắn bằng tay với "
     "'umount {}'"},
    {"the medium {} is registered: {}", "đã đăng ký phương tiện {}: {}"},
    {"the medium {} is retired: it gets nothing more", "phương tiện {} đã thôi dùng: không nhận thêm gì nữa"},
    {"the medium {} lies in {} and is not mounted there by itself: there is nothing to unmount",
     "phương tiện {} nằm trong {} chứ không được gắn riêng tại đó: không có gì để tháo gắn"},
    {"the medium {} was pulled out while it was mounted", "phương tiện {} đã bị rút ra khi còn đang gắn"},
    {"with the last copies of {} snapshots", "cùng với bản sao cuối cùng của {} bản chụp"},
    {"{} bears the identity of a medium {}, and the configuration calls it {}: if that is its new name, run 'custody media "
     "register {}'",
     "{} mang định danh của phương tiện {}, còn cấu hình gọi là {}: nếu đó là tên mới của nó, hãy chạy 'custody media register "
     "{}'"},
    {"{} copies are owed since {}", "nợ {} bản sao từ {}"},
    {"{} does not stand for {} yet: {}; the register is as it was, and the command can be run again",
     "{} chưa thay được cho {}: {}; sổ đăng ký giữ nguyên, có thể chạy lại lệnh"},
    {"{} is in use and cannot be taken out yet ({}): 'fuser -vm {}' shows by what; end that, then try again",
     "{} đang được sử dụng, chưa rút ra được ({}): 'fuser -vm {}' cho biết bởi chương trình nào; hãy kết thúc chương trình đó "
     "rồi thử lại"},
    {"{} is mounted still after it was unmounted", "{} vẫn còn gắn sau khi đã tháo gắn"},
    {"{} is the medium {} of the register, which the configuration does not name",
     "{} là phương tiện {} trong sổ đăng ký, nhưng cấu hình không nêu tên"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_media_texts() { return kTexts; }

}  // namespace custody
