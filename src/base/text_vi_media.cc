// Messages about the keeping of media, and the commands on them.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kMediaTexts[] = {
    {"--original goes with --own-identity alone: the vault that was copied",
     "--original chỉ đi cùng --own-identity: là kho đã bị sao chép"},
    {"Add to {} (without 'removable' where the disk stays in this machine, and then with a line in /etc/fstab):",
     "Hãy thêm vào {} (bỏ 'removable' nếu ổ ở lại trong máy này, khi đó thêm một dòng trong /etc/fstab):"},
    {"Also with the last copies that there are", "Kể cả khi giữ những bản sao cuối cùng"},
    {"Custodian", "Người giữ"},
    {"Disks and other media: where they are, and what they hold", "Ổ đĩa và phương tiện khác: đang ở đâu, giữ những gì"},
    {"Entered by", "Người nhập"},
    {"Enters a hand-over: where the medium is now, and in whose hands",
     "Ghi một lần bàn giao: phương tiện hiện ở đâu và do ai giữ"},
    {"Enters a medium that is mounted, or says what one is that was not recognised",
     "Đăng ký một phương tiện đang gắn, hoặc xác định một phương tiện không được nhận ra"},
    {"For the record: the number of the minutes, say", "Để ghi sổ: chẳng hạn số biên bản"},
    {"Is not enough for a device, and changes nothing", "Không đủ đối với thiết bị và không thay đổi gì"},
    {"It is a copy: make it a vault of its own", "Đây là bản sao: biến thành kho riêng"},
    {"It is the very medium, though it looks different", "Đây chính là phương tiện đó, tuy trông khác"},
    {"Its medium.json is damaged: write a new one", "medium.json bị hỏng: ghi mới"},
    {"Lists the media: which are here, what they hold and owe, who has them",
     "Liệt kê phương tiện: cái nào đang có mặt, giữ và còn nợ những gì, do ai giữ"},
    {"Makes file system and identity on a new disk; what lies on it is lost",
     "Tạo hệ thống tệp và định danh trên ổ mới; mọi thứ trên đó bị mất"},
    {"Media of the configuration are entered by themselves when they are first seen. Needs root. A prepared disk gets its vault. "
     "A vault that was copied with cp or dd is made one of its own by --own-identity, a job that reads everything back; where "
     "the copy is older than its original, --original names that one. --same-medium says that this is the very medium, in "
     "another enclosure or moved to another folder.",
     "Phương tiện có trong cấu hình được tự động đăng ký khi thấy lần đầu. Cần quyền root. Ổ đĩa đã chuẩn bị sẽ được tạo kho. "
     "Kho được sao bằng cp hoặc dd trở thành kho riêng nhờ --own-identity, là một tác vụ đọc lại toàn bộ; nếu bản sao cũ hơn bản "
     "gốc thì --original chỉ ra bản gốc. --same-medium khẳng định đây chính là phương tiện đó, lắp trong hộp khác hoặc chuyển "
     "sang thư mục khác."},
    {"Mounts a medium at its place and brings it up to date", "Gắn một phương tiện vào đúng chỗ và cập nhật cho nó"},
    {"Moves everything to another disk, which takes the old one's name", "Chuyển tất cả sang ổ khác, ổ đó nhận tên của ổ cũ"},
    {"Needs root. Both are configured and here. Snapshots keep their ids and order, holds and history go along; the new disk is "
     "read back, and only then the register changes. The old one stays registered, retired. What to change in the configuration "
     "is told at the end.",
     "Cần quyền root. Cả hai phải có trong cấu hình và có mặt. Các bản chụp giữ nguyên mã và thứ tự, lệnh giữ và lịch sử cũng đi "
     "theo; ổ mới được đọc lại, sau đó sổ đăng ký mới thay đổi. Ổ cũ vẫn nằm trong sổ, đã thôi dùng. Cuối cùng lệnh cho biết cần "
     "sửa gì trong cấu hình."},
    {"Needs root. Exit code 6 while a job uses it.", "Cần quyền root. Mã thoát 6 khi còn tác vụ sử dụng."},
    {"Needs root. Refused (exit code 5) while it holds the last copy of something; where it can be read no more, --accept-loss "
     "enters that in the record.",
     "Cần quyền root. Bị từ chối (mã thoát 5) khi còn giữ bản sao cuối cùng của dữ liệu nào đó; nếu không đọc được nữa, "
     "--accept-loss ghi điều đó vào sổ."},
    {"Needs root. Shows model, serial, size and what lies on the disk, and asks for the last characters of the serial; --confirm "
     "gives the whole serial where nobody is asked. Refused: a disk in use, the running system's disk, a medium that is "
     "registered and not retired. The disk stays mounted on DIR, with ext4; what to add to the configuration is printed.",
     "Cần quyền root. Cho xem kiểu máy, số sê-ri, dung lượng và nội dung trên ổ, rồi hỏi các ký tự cuối của số sê-ri; --confirm "
     "cho cả số sê-ri khi không có ai để hỏi. Từ chối: ổ đang được dùng, ổ của hệ thống đang chạy, phương tiện đã đăng ký mà "
     "chưa thôi dùng. Ổ được gắn tại DIR với ext4; những gì cần thêm vào cấu hình được in ra."},
    {"Needs root. The disk is found by its UUID, whichever device it is. A removable one is unmounted when it is up to date; "
     "with --keep it stays until 'custody media detach', for a restore from it. A disk that is plugged in while the service runs "
     "needs no command.",
     "Cần quyền root. Ổ đĩa được tìm theo UUID, bất kể là thiết bị nào. Phương tiện tháo rời được tháo gắn khi đã cập nhật xong; "
     "với --keep thì giữ nguyên cho đến khi 'custody media detach', để phục hồi từ nó. Ổ đĩa được cắm khi dịch vụ đang chạy thì "
     "không cần lệnh nào."},
    {"Note", "Ghi chú"},
    {"Now", "Hiện nay"},
    {"Shows one medium, with the record of its hand-overs", "Cho xem một phương tiện cùng sổ bàn giao của nó"},
    {"Stays mounted when it is up to date", "Vẫn giữ gắn khi đã cập nhật xong"},
    {"Takes a medium out of use: it gets nothing more and counts no more as a copy",
     "Cho một phương tiện thôi dùng: không nhận thêm và không còn được tính là bản sao"},
    {"Takes a retired medium back (root)", "Đưa phương tiện đã thôi dùng trở lại (root)"},
    {"The disk, /dev/sdb", "Ổ đĩa, /dev/sdb"},
    {"The medium", "Phương tiện"},
    {"The medium that is replaced", "Phương tiện bị thay"},
    {"The medium that takes its place", "Phương tiện thay thế"},
    {"The vault on it; default: as configured", "Kho trên đó; mặc định: như trong cấu hình"},
    {"The whole serial (the path of a device that has none), instead of typing its end",
     "Cả số sê-ri (đường dẫn nếu thiết bị không có), thay cho việc gõ phần cuối"},
    {"Unmounts a removable medium, and says whether it can be taken out",
     "Tháo gắn một phương tiện tháo rời và cho biết có thể rút đĩa hay chưa"},
    {"What is not given stays as it was. Who entered it, and when, stands in the record ('custody media show').",
     "Điều không nêu thì giữ nguyên. Ai nhập và khi nào được ghi trong sổ ('custody media show')."},
    {"What the medium is to be called", "Tên sẽ đặt cho phương tiện"},
    {"What the old one is called then; default: OLD and the day", "Tên của ổ cũ sau đó; mặc định: OLD và ngày"},
    {"Where it is kept", "Nơi cất giữ"},
    {"Where it is kept now", "Nơi cất giữ hiện nay"},
    {"Where it is mounted: an empty folder, made if absent", "Nơi gắn: một thư mục trống, được tạo nếu chưa có"},
    {"Who has it", "Người giữ"},
    {"Who has it now", "Người giữ hiện nay"},
    {"Why; stands in the hand-over record", "Lý do; được ghi trong sổ bàn giao"},
    {"With --own-identity: the vault that it was copied from", "Đi cùng --own-identity: kho gốc của bản sao"},
    {"a hand-over names the new place, the new custodian, or both",
     "việc bàn giao phải nêu nơi để mới, người giữ mới, hoặc cả hai"},
    {"a medium {} is registered already: give the copy a name of its own, or say --same-medium if this is that very medium",
     "đã có phương tiện {} trong sổ: hãy đặt tên riêng cho bản sao, hoặc dùng --same-medium nếu đây chính là phương tiện đó"},
    {"a medium {} is registered already: give this one a name of its own",
     "đã có phương tiện {} trong sổ: hãy đặt tên riêng cho ổ này"},
    {"copies {}; owes {}", "bản sao {}; còn nợ {}"},
    {"disk, removable, folder, remote", "disk (ổ cố định), removable (tháo rời), folder (thư mục), remote (ở xa)"},
    {"first used {}, last used {}, last verified {}", "dùng lần đầu {}, lần cuối {}, kiểm tra lần cuối {}"},
    {"free {} of {}", "còn trống {} trên {}"},
    {"give keep_as: the name under which the old medium stays registered",
     "hãy cho keep_as: tên mà phương tiện cũ còn giữ trong sổ đăng ký"},
    {"job {0}: {1}; 'custody job watch {0}' looks on", "tác vụ {0}: {1}; theo dõi bằng 'custody job watch {0}'"},
    {"kind: {}; serial: {}; file system: {}", "loại: {}; số sê-ri: {}; hệ thống tệp: {}"},
    {"making the file system on {} ...", "đang tạo hệ thống tệp trên {} ..."},
    {"medium {}: {}, {}", "phương tiện {}: {}, {}"},
    {"name it in 'media' of the plans that are to use it, then type:",
     "nêu tên nó trong 'media' của các kế hoạch sẽ dùng, rồi gõ:"},
    {"never seen", "chưa từng thấy"},
    {"no hand-over is recorded", "chưa ghi nhận lần bàn giao nào"},
    {"no medium is registered or configured", "chưa có phương tiện nào được đăng ký hoặc cấu hình"},
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
    {"place: {}; custodian: {}", "nơi để: {}; người giữ: {}"},
    {"preparing a disk needs root: run it with sudo", "chuẩn bị ổ đĩa cần quyền root: hãy chạy với sudo"},
    {"state is in_use or off_site; 'custody media retire' retires a medium",
     "state là in_use hoặc off_site; 'custody media retire' cho phương tiện thôi dùng"},
    {"systemd-mount said that {} is mounted, and it is not seen on {}: look at 'journalctl -xe'",
     "systemd-mount báo đã gắn {}, nhưng không thấy tại {}: hãy xem 'journalctl -xe'"},
    {"the configuration does not name it yet: add a [[medium]] with its vault, then 'systemctl reload custodyd'",
     "cấu hình chưa nêu phương tiện này: hãy thêm mục [[medium]] với kho của nó, rồi chạy 'systemctl reload custodyd'"},
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
    {"the medium {} is mounted, and is being brought up to date", "phương tiện {} đã được gắn và đang được cập nhật"},
    {"the medium {} is not here, and both are needed: attach it with 'custody media attach {}'",
     "phương tiện {} không có mặt, mà cần cả hai: hãy gắn bằng 'custody media attach {}'"},
    {"the medium {} is not removable in the configuration: when no job uses it, unmount it by hand with 'umount {}'",
     "phương tiện {} không được khai báo là tháo rời trong cấu hình: khi không tác vụ nào dùng, hãy tháo gắn bằng tay với "
     "'umount {}'"},
    {"the medium {} is now at: {}; in the hands of: {}", "phương tiện {} hiện để tại: {}; do người giữ: {}"},
    {"the medium {} is prepared and mounted on {}", "phương tiện {} đã được chuẩn bị và gắn tại {}"},
    {"the medium {} is registered", "đã đăng ký phương tiện {}"},
    {"the medium {} is registered: {}", "đã đăng ký phương tiện {}: {}"},
    {"the medium {} is retired: it gets nothing more", "phương tiện {} đã thôi dùng: không nhận thêm gì nữa"},
    {"the medium {} is retired: it keeps what it holds and counts no more as a copy",
     "phương tiện {} đã thôi dùng: vẫn giữ nội dung đang có, nhưng không còn được tính là bản sao"},
    {"the medium {} lies in {} and is not mounted there by itself: there is nothing to unmount",
     "phương tiện {} nằm trong {} chứ không được gắn riêng tại đó: không có gì để tháo gắn"},
    {"the medium {} was pulled out while it was mounted", "phương tiện {} đã bị rút ra khi còn đang gắn"},
    {"vault: {} ({})", "kho: {} ({})"},
    {"with the last copies of {} snapshots", "cùng với bản sao cuối cùng của {} bản chụp"},
    {"{} bears the identity of a medium {}, and the configuration calls it {}: if that is its new name, run 'custody media "
     "register {}'",
     "{} mang định danh của phương tiện {}, còn cấu hình gọi là {}: nếu đó là tên mới của nó, hãy chạy 'custody media register "
     "{}'"},
    {"{} copies are owed since {}", "nợ {} bản sao từ {}"},
    {"{} does not stand for {} yet: {}; the register is as it was, and the command can be run again",
     "{} chưa thay được cho {}: {}; sổ đăng ký giữ nguyên, có thể chạy lại lệnh"},
    {"{} holds the medium {}, and no service runs that could say whether it is still needed: start custodyd, retire the medium "
     "with 'custody media retire {}', then run this again",
     "{} chứa phương tiện {}, mà không có dịch vụ nào đang chạy để cho biết còn cần hay không: hãy khởi động custodyd, cho "
     "phương tiện thôi dùng bằng 'custody media retire {}', rồi chạy lại"},
    {"{} is in use and cannot be taken out yet ({}): 'fuser -vm {}' shows by what; end that, then try again",
     "{} đang được sử dụng, chưa rút ra được ({}): 'fuser -vm {}' cho biết bởi chương trình nào; hãy kết thúc chương trình đó "
     "rồi thử lại"},
    {"{} is mounted still after it was unmounted", "{} vẫn còn gắn sau khi đã tháo gắn"},
    {"{} is the medium {} of the register, which the configuration does not name",
     "{} là phương tiện {} trong sổ đăng ký, nhưng cấu hình không nêu tên"},
};
static_assert(is_sorted_table(kMediaTexts));

}  // namespace

std::span<const Translation> vietnamese_media_texts() { return kMediaTexts; }

}  // namespace custody
