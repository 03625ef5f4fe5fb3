// Messages of media, and of the service.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"NOTIFY_SOCKET is neither a path nor an abstract name of a Unix socket: {}; start the service by systemd, or without that "
     "variable",
     "NOTIFY_SOCKET không phải là đường dẫn, cũng không phải là tên trừu tượng của một socket Unix: {}; hãy khởi động dịch vụ "
     "bằng systemd, hoặc bỏ biến đó"},
    {"another disk than the medium {} is mounted on {}: nothing is written to it; attach the right one (file system {}), or "
     "register this one under a name of its own with 'custody media register'",
     "ổ đĩa gắn tại {1} không phải là phương tiện {0}: không ghi gì vào đó; hãy gắn đúng ổ (hệ thống tệp {2}), hoặc đăng ký ổ "
     "này dưới tên riêng bằng 'custody media register'"},
    {"belongs to another vault; `custody media register` writes it again", "thuộc về kho khác; `custody media register` ghi lại"},
    {"block signals of", "chặn tín hiệu của"},
    {"cannot read what lies on {}; is the disk sound?", "không đọc được nội dung trên {}; ổ đĩa có còn tốt không?"},
    {"cannot read {}", "không đọc được {}"},
    {"ignore a signal of", "bỏ qua tín hiệu của"},
    {"it is no object", "nó không phải là một đối tượng"},
    {"its field '{}' is too long", "trường '{}' quá dài"},
    {"medium.json is damaged: {}; `custody media register` writes it again",
     "medium.json bị hỏng: {}; `custody media register` ghi lại"},
    {"medium.json needs Custody that reads format {}, this one reads {}: update Custody",
     "medium.json cần Custody đọc được định dạng {}, bản này đọc định dạng {}: hãy cập nhật Custody"},
    {"no file system that is known lies on {}", "không có hệ thống tệp nào nhận biết được trên {}"},
    {"on which disk the medium {} ({}, {}) lies cannot be told, so nothing shows that it is another than the source's (duty B1): "
     "use a disk of its own, or give 'exception' with document number and reason",
     "không xác định được phương tiện {} ({}, {}) nằm trên ổ đĩa nào, nên không có gì chứng tỏ đó là ổ khác với nguồn (nghĩa vụ "
     "B1): hãy dùng ổ đĩa riêng, hoặc ghi 'exception' với số văn bản và lý do"},
    {"open a socket for", "mở socket cho"},
    {"open the event loop of", "mở vòng lặp sự kiện của"},
    {"read signals of", "đọc tín hiệu của"},
    {"send to", "gửi đến"},
    {"set a timer of", "đặt bộ hẹn giờ của"},
    {"the file system of the medium {} has recorded errors: unmount it and check it with 'fsck -f {}' before it is used again",
     "hệ thống tệp của phương tiện {} đã ghi nhận lỗi: hãy tháo gắn và kiểm tra bằng 'fsck -f {}' trước khi dùng lại"},
    {"the media {} and {} lie on the same disk ({}) and count as one (duty B6)",
     "các phương tiện {} và {} nằm trên cùng một ổ đĩa ({}) nên chỉ tính là một (nghĩa vụ B6)"},
    {"the medium {} ({}) and the running system lie on the same disk ({}): when it fails, both are lost (duty B1); use another "
     "disk, or give 'exception' with document number and reason",
     "phương tiện {} ({}) và hệ thống đang chạy nằm trên cùng một ổ đĩa ({}): ổ hỏng thì mất cả hai (nghĩa vụ B1); hãy dùng ổ "
     "đĩa khác, hoặc ghi 'exception' với số văn bản và lý do"},
    {"the medium {} ({}) and the source {} lie on the same disk ({}): when it fails, both are lost (duty B1); use another disk, "
     "or give 'exception' with document number and reason",
     "phương tiện {} ({}) và nguồn {} nằm trên cùng một ổ đĩa ({}): ổ hỏng thì mất cả hai (nghĩa vụ B1); hãy dùng ổ đĩa khác, "
     "hoặc ghi 'exception' với số văn bản và lý do"},
    {"the medium {} ({}) is not registered: the wrong disk would not be noticed; run 'custody media register {}'",
     "phương tiện {} ({}) chưa được đăng ký: cắm nhầm ổ sẽ không phát hiện được; hãy chạy 'custody media register {}'"},
    {"the medium {} ({}) lies in memory: it is gone when the machine stops; name a disk as its vault",
     "phương tiện {} ({}) nằm trong bộ nhớ: mất hết khi máy dừng; hãy chỉ định kho trên một ổ đĩa"},
    {"the medium {} cannot be used: {}", "không dùng được phương tiện {}: {}"},
    {"the medium {} cannot be written: {}", "không ghi được vào phương tiện {}: {}"},
    {"the medium {} cannot be written: {} is mounted read-only, by its options or because the kernel met an error on it ('dmesg' "
     "tells); unmount it, check it with fsck, and attach it again",
     "không ghi được vào phương tiện {}: {} được gắn chỉ đọc, do tùy chọn hoặc do nhân hệ điều hành gặp lỗi trên đó (xem "
     "'dmesg'); hãy tháo gắn, kiểm tra bằng fsck rồi gắn lại"},
    {"the medium {} fails: {}; was it pulled out?", "phương tiện {} bị lỗi: {}; có phải đã bị rút ra không?"},
    {"the medium {} fails: {}; was it pulled out? check it before it is used again",
     "phương tiện {} bị lỗi: {}; có phải đã bị rút ra không? hãy kiểm tra trước khi dùng lại"},
    {"the medium {} is full: {} free on {}, {} wanted; end old snapshots with 'custody forget' and 'custody prune', or move to a "
     "bigger disk with 'custody media replace'",
     "phương tiện {} đã đầy: còn trống {} tại {}, cần {}; hãy kết thúc các bản chụp cũ bằng 'custody forget' và 'custody prune', "
     "hoặc chuyển sang ổ lớn hơn bằng 'custody media replace'"},
    {"the medium {} is not attached: {} is not on it (mounted there: {}); attach it, or mount it with 'custody media attach {}'; "
     "nothing is written in its place",
     "phương tiện {} chưa được gắn: {} không nằm trên đó (điểm gắn hiện tại: {}); hãy cắm vào, hoặc gắn bằng 'custody media "
     "attach {}'; không ghi gì thay vào chỗ đó"},
    {"the medium {} is prepared and holds no vault yet: run 'custody media register {}'",
     "phương tiện {} đã được chuẩn bị nhưng chưa có kho: hãy chạy 'custody media register {}'"},
    {"the vault {} bears no identity, and the medium {} has one: this is another vault; attach the right medium, or register "
     "this one with 'custody media register'",
     "kho {} không mang định danh, còn phương tiện {} thì có: đây là kho khác; hãy gắn đúng phương tiện, hoặc đăng ký kho này "
     "bằng 'custody media register'"},
    {"wait for events in", "chờ sự kiện trong"},
    {"watch a descriptor in", "theo dõi một bộ mô tả trong"},
    {"which file system {} lies on cannot be read, so a copy of the medium {} would not be noticed; run this as root",
     "không đọc được {} nằm trên hệ thống tệp nào, nên bản sao của phương tiện {} sẽ không bị phát hiện; hãy chạy với quyền "
     "root"},
    {"{} bears the identity of the medium {} and lies on another disk: if it was copied with dd, 'custody media register {} "
     "--own-identity' makes it a vault of its own; if the disk only sits in another enclosure, 'custody media register {} "
     "--same-medium' says so",
     "{} mang định danh của phương tiện {} nhưng nằm trên ổ đĩa khác: nếu được sao bằng dd, 'custody media register {} "
     "--own-identity' biến nó thành kho riêng; nếu chỉ là ổ cũ lắp trong hộp khác, hãy xác nhận bằng 'custody media register {} "
     "--same-medium'"},
    {"{} bears the marks of several file systems; 'wipefs' shows them",
     "{} mang dấu hiệu của nhiều hệ thống tệp; 'wipefs' liệt kê chúng"},
    {"{} holds the medium {}, not {}: nothing is written to it; attach the right one, or correct the path in the configuration",
     "{} là phương tiện {}, không phải {}: không ghi gì vào đó; hãy gắn đúng phương tiện, hoặc sửa đường dẫn trong cấu hình"},
    {"{} holds the vault {}, and that of the medium {} is {}: nothing is written to it; attach the right medium",
     "{} chứa kho {}, còn kho của phương tiện {} là {}: không ghi gì vào đó; hãy gắn đúng phương tiện"},
    {"{} is a copy of the medium {}, made with cp or the like: two vaults of one identity would contradict each other; 'custody "
     "media register {} --own-identity' makes it a vault of its own",
     "{} là bản sao của phương tiện {}, tạo bằng cp hoặc cách tương tự: hai kho cùng một định danh sẽ mâu thuẫn nhau; 'custody "
     "media register {} --own-identity' biến nó thành kho riêng"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_service_texts() { return kTexts; }

}  // namespace custody
