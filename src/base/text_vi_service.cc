// Messages of media, and of the service.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kServiceTexts[] = {
    {"'{}' has a '%' that is not followed by two hex digits", "'{}' có dấu '%' mà sau đó không phải là hai chữ số thập lục phân"},
    {"'{}' is not UTF-8 text of one line", "'{}' không phải là văn bản UTF-8 trên một dòng"},
    {"'{}' must be {}; see docs/API.md", "'{}' phải là {}; xem docs/API.md"},
    {"NOTIFY_SOCKET is neither a path nor an abstract name of a Unix socket: {}; start the service by systemd, or without that "
     "variable",
     "NOTIFY_SOCKET không phải là đường dẫn, cũng không phải là tên trừu tượng của một socket Unix: {}; hãy khởi động dịch vụ "
     "bằng systemd, hoặc bỏ biến đó"},
    {"a hand-over names the place, the custodian and who enters it",
     "việc bàn giao phải nêu nơi để, người giữ và người ghi vào sổ"},
    {"a medium is not replaced by itself", "không thể thay một phương tiện bằng chính nó"},
    {"a medium needs a name, and its vault a folder below its mount point {}",
     "phương tiện cần có tên, và kho cần một thư mục bên dưới điểm gắn {}"},
    {"a request must say the length of its body (Content-Length)", "yêu cầu phải nêu độ dài nội dung của nó (Content-Length)"},
    {"a text", "một chuỗi văn bản"},
    {"a whole number of at most {}", "một số nguyên không âm, lớn nhất là {}"},
    {"another custodyd listens on {}; stop it first, or give this one a socket of its own",
     "một custodyd khác đang lắng nghe trên {}; hãy dừng nó trước, hoặc cho tiến trình này một socket riêng"},
    {"another disk than the medium {} is mounted on {}: nothing is written to it; attach the right one (file system {}), or "
     "register this one under a name of its own with 'custody media register'",
     "ổ đĩa gắn tại {1} không phải là phương tiện {0}: không ghi gì vào đó; hãy gắn đúng ổ (hệ thống tệp {2}), hoặc đăng ký ổ "
     "này dưới tên riêng bằng 'custody media register'"},
    {"another program listens on {}; give the metrics another port in [metrics]",
     "một chương trình khác đang lắng nghe trên {}; hãy đặt cổng khác cho các chỉ số trong [metrics]"},
    {"ask for the groups of", "hỏi các nhóm của"},
    {"ask for the user of", "hỏi người dùng của"},
    {"backups go on and can be restored with the keyring of this machine",
     "việc sao lưu vẫn chạy và khôi phục được bằng bộ khóa của máy này"},
    {"backups go on: they need no secret", "việc sao lưu vẫn chạy: không cần khóa bí mật"},
    {"backups that lie on fewer media than they should: {}",
     "các bản sao lưu nằm trên ít phương tiện lưu trữ hơn mức phải có: {}"},
    {"backups that were made before are on these media", "các bản sao lưu trước đó nằm trên những phương tiện này"},
    {"belongs to another vault; `custody media register` writes it again", "thuộc về kho khác; `custody media register` ghi lại"},
    {"block signals of", "chặn tín hiệu của"},
    {"cannot mount {}: {}; check it with fsck", "không gắn được {}: {}; hãy kiểm tra bằng fsck"},
    {"cannot read what lies on {}; is the disk sound?", "không đọc được nội dung trên {}; ổ đĩa có còn tốt không?"},
    {"cannot read {}", "không đọc được {}"},
    {"cannot serve metrics on {}:{}: libmicrohttpd does not start; look whether memory and threads are left, and start custodyd "
     "again",
     "không cung cấp được các chỉ số trên {}:{}: libmicrohttpd không khởi động; hãy xem còn bộ nhớ và luồng hay không, rồi khởi "
     "động lại custodyd"},
    {"cannot serve {}: libmicrohttpd does not start; look whether memory and threads are left, and start custodyd again",
     "không phục vụ được {}: libmicrohttpd không khởi động; hãy xem còn bộ nhớ và luồng hay không, rồi khởi động lại custodyd"},
    {"changes of the plans {} are watched folder by folder, for custodyd may not watch whole file systems (fanotify); where "
     "there are very many folders: {}",
     "thay đổi của các kế hoạch {} được theo dõi theo từng thư mục, vì custodyd không được phép theo dõi cả hệ thống tệp "
     "(fanotify); nếu có rất nhiều thư mục: {}"},
    {"connect to", "kết nối đến"},
    {"custodyd does not know '{}'; see 'custodyd --help'", "custodyd không biết '{}'; xem 'custodyd --help'"},
    {"custodyd may not read the files of all users", "custodyd không được phép đọc tệp của mọi người dùng"},
    {"each of these snapshots is on at least one other medium", "mỗi bản chụp này đều có trên ít nhất một phương tiện khác"},
    {"ending", "đang dừng"},
    {"ending: what runs is asked to end", "đang dừng: đã yêu cầu những việc đang chạy kết thúc"},
    {"erased", "đã xóa"},
    {"every backup; a drill names such files as not restored",
     "mọi bản sao lưu; buổi diễn tập nêu tên những tệp như vậy là chưa khôi phục được"},
    {"ignore a signal of", "bỏ qua tín hiệu của"},
    {"in use", "đang dùng"},
    {"it is no object", "nó không phải là một đối tượng"},
    {"it is the medium {} of the register: retire that first with 'custody media retire {}'",
     "đó là phương tiện {} trong sổ đăng ký: hãy cho thôi dùng trước bằng 'custody media retire {}'"},
    {"it is too small: it holds {}, a medium needs {}", "dung lượng quá nhỏ: chứa được {}, một phương tiện cần {}"},
    {"its field '{}' is too long", "trường '{}' quá dài"},
    {"kept elsewhere", "cất ở nơi khác"},
    {"listen on", "lắng nghe trên"},
    {"look for the group", "tìm nhóm"},
    {"malware in {}: {} in {}, and {} of {} could not be moved away: {}; remove it by hand now",
     "có mã độc trong {}: {} trong {}, và {} trên {} không chuyển đi được: {}; hãy xóa bằng tay ngay"},
    {"malware in {}: {} in {}, {} in all; moved to {}, where nothing runs it; find out how it came there",
     "có mã độc trong {}: {} trong {}, tổng cộng {}; đã chuyển vào {}, nơi không gì chạy được nó; hãy tìm hiểu vì sao nó có ở "
     "đó"},
    {"medium {} has owed copies for {} (snapshots: {})", "phương tiện lưu trữ {} đã nợ bản sao trong {} (số bản chụp: {})"},
    {"medium.json is damaged: {}; `custody media register NAME --new-identity` writes it again",
     "medium.json bị hỏng: {}; `custody media register TÊN --new-identity` ghi lại"},
    {"medium.json needs Custody that reads format {}, this one reads {}: update Custody",
     "medium.json cần Custody đọc được định dạng {}, bản này đọc định dạng {}: hãy cập nhật Custody"},
    {"metrics are served on a loopback address only (127.0.0.1 or ::1), not on {} (E6); let a collector on this machine fetch "
     "them, or use the text file",
     "các chỉ số chỉ được cung cấp trên địa chỉ loopback (127.0.0.1 hoặc ::1), không phải trên {} (E6); hãy để bộ thu thập trên "
     "chính máy này lấy, hoặc dùng tệp văn bản"},
    {"mkfs.ext4 is missing: install the package e2fsprogs, then run the command again",
     "thiếu mkfs.ext4: hãy cài gói e2fsprogs rồi chạy lại lệnh"},
    {"mounting {} needs root (CAP_SYS_ADMIN)", "gắn {} cần quyền root (CAP_SYS_ADMIN)"},
    {"no file system that is known lies on {}", "không có hệ thống tệp nào nhận biết được trên {}"},
    {"no file system was made on {}: {}; the disk may be bad, and what it held is gone",
     "chưa tạo được hệ thống tệp trên {}: {}; ổ đĩa có thể bị hỏng, và nội dung cũ đã mất"},
    {"no plan covers: {}", "không có kế hoạch nào bao phủ: {}"},
    {"no plan is configured: nothing is backed up", "chưa cấu hình kế hoạch nào: không có gì được sao lưu"},
    {"nobody listens on {}", "không có ai lắng nghe trên {}"},
    {"nothing is mounted on {}", "không có gì được gắn tại {}"},
    {"on which disk the medium {} ({}, {}) lies cannot be told, so nothing shows that it is another than the source's (duty B1): "
     "use a disk of its own, or give 'exception' with document number and reason",
     "không xác định được phương tiện {} ({}, {}) nằm trên ổ đĩa nào, nên không có gì chứng tỏ đó là ổ khác với nguồn (nghĩa vụ "
     "B1): hãy dùng ổ đĩa riêng, hoặc ghi 'exception' với số văn bản và lý do"},
    {"only root and members of the group '{}' may ask the service; user {} is none: add the user with 'usermod -aG {} USER' and "
     "log in again",
     "chỉ root và thành viên nhóm '{}' được phép hỏi dịch vụ; người dùng {} không thuộc số đó: hãy thêm người dùng bằng 'usermod "
     "-aG {} USER' rồi đăng nhập lại"},
    {"only root may do this; run the command as root", "chỉ root được phép làm việc này; hãy chạy lệnh với quyền root"},
    {"open a socket for", "mở socket cho"},
    {"open a stream to", "mở luồng dữ liệu đến"},
    {"open the event loop of", "mở vòng lặp sự kiện của"},
    {"owing copies", "còn nợ bản sao"},
    {"plan {} was never backed up", "kế hoạch {} chưa từng được sao lưu"},
    {"plans are due, and none of their media is here: {}",
     "các kế hoạch đã đến hạn nhưng không có phương tiện lưu trữ nào của chúng ở đây: {}"},
    {"plans of files and databases to media that are mounted",
     "các kế hoạch sao lưu tệp và cơ sở dữ liệu lên phương tiện đã gắn kết"},
    {"plans of files, and databases that let custodyd's own user in",
     "các kế hoạch tệp, và các cơ sở dữ liệu cho phép chính người dùng của custodyd truy cập"},
    {"plans whose source is not on btrfs", "các kế hoạch có nguồn không nằm trên btrfs"},
    {"read back from {}: {} {}; do not trust this medium", "đọc lại từ {}: {} {}; đừng tin phương tiện này"},
    {"read signals of", "đọc tín hiệu của"},
    {"receive from", "nhận từ"},
    {"retired", "đã thôi dùng"},
    {"send to", "gửi đến"},
    {"serving on {}; plans: {}", "đang phục vụ trên {}; số kế hoạch: {}"},
    {"serving with the configuration of before: the new one has faults",
     "đang phục vụ với cấu hình trước đó: cấu hình mới có lỗi"},
    {"set a timer of", "đặt bộ hẹn giờ của"},
    {"set the owner of", "đặt chủ sở hữu của"},
    {"snapshot {} was forgotten meanwhile; run the command again", "bản chụp {} đã bị kết thúc trong lúc đó; hãy chạy lại lệnh"},
    {"something", "thứ gì đó"},
    {"something mounted below it, a loop device or swap", "có hệ thống khác gắn bên dưới, thiết bị loop hoặc vùng hoán đổi"},
    {"the UUID of the medium {} is not known: mount it by hand and run 'custody media register {}'",
     "chưa biết UUID của phương tiện {}: hãy gắn bằng tay rồi chạy 'custody media register {}'"},
    {"the answer of the service is larger than {} bytes", "câu trả lời của dịch vụ lớn hơn {} byte"},
    {"the answer of the service is no JSON", "câu trả lời của dịch vụ không phải là JSON"},
    {"the backup of {} is untouched and can be restored", "bản sao lưu lúc {} vẫn nguyên vẹn và khôi phục được"},
    {"the body of the request is larger than {} bytes", "nội dung yêu cầu lớn hơn {} byte"},
    {"the body of the request is no JSON object; see docs/API.md",
     "nội dung yêu cầu không phải là một đối tượng JSON; xem docs/API.md"},
    {"the client", "máy khách"},
    {"the configuration has live databases, and custodyd may not act as the user of one, nor end its programs",
     "cấu hình có cơ sở dữ liệu đang chạy, mà custodyd không được phép làm việc với tư cách người dùng của cơ sở dữ liệu, cũng "
     "không được kết thúc chương trình của nó"},
    {"the configuration has removable media or image plans, and custodyd may neither mount nor freeze",
     "cấu hình có phương tiện tháo rời hoặc kế hoạch sao lưu ảnh đĩa, mà custodyd không được phép gắn kết hay đóng băng hệ thống "
     "tệp"},
    {"the configuration has {} faults, named above; mend them, look with 'custodyd --check-config', and start custodyd again",
     "cấu hình có {} lỗi, đã nêu ở trên; hãy sửa, kiểm tra bằng 'custodyd --check-config', rồi khởi động lại custodyd"},
    {"the configuration in use stays: the new one has {} faults, named above",
     "cấu hình đang dùng được giữ nguyên: cấu hình mới có {} lỗi, đã nêu ở trên"},
    {"the configuration that was to be read again has faults", "cấu hình cần đọc lại có lỗi"},
    {"the configuration was read again", "đã đọc lại cấu hình"},
    {"the file system of the medium {} has recorded errors: unmount it and check it with 'fsck -f {}' before it is used again",
     "hệ thống tệp của phương tiện {} đã ghi nhận lỗi: hãy tháo gắn và kiểm tra bằng 'fsck -f {}' trước khi dùng lại"},
    {"the last backup of plan {} failed", "lần sao lưu gần nhất của kế hoạch {} thất bại"},
    {"the media {} and {} lie on the same disk ({}) and count as one (duty B6)",
     "các phương tiện {} và {} nằm trên cùng một ổ đĩa ({}) nên chỉ tính là một (nghĩa vụ B6)"},
    {"the medium {1} still lacks {0} copies: do not take it out yet", "phương tiện {1} còn thiếu {0} bản sao: chưa được rút đĩa"},
    {"the medium {1} still lacks {0} copy: do not take it out yet", "phương tiện {1} còn thiếu {0} bản sao: chưa được rút đĩa"},
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
    {"the medium {} is being written to: do not take it out", "phương tiện {} đang được ghi: không được rút đĩa"},
    {"the medium {} is erased and stays so in the register; prepare the disk and register it as a new one",
     "phương tiện {} đã xóa và giữ nguyên như vậy trong sổ; hãy chuẩn bị ổ đĩa và đăng ký như phương tiện mới"},
    {"the medium {} is full: {} free on {}, {} wanted; end old snapshots with 'custody forget' and 'custody prune', or move to a "
     "bigger disk with 'custody media replace'",
     "phương tiện {} đã đầy: còn trống {} tại {}, cần {}; hãy kết thúc các bản chụp cũ bằng 'custody forget' và 'custody prune', "
     "hoặc chuyển sang ổ lớn hơn bằng 'custody media replace'"},
    {"the medium {} is mounted on {} and not at its place {}: unmount it there first",
     "phương tiện {} đang gắn tại {} chứ không phải đúng chỗ {}: hãy tháo gắn ở đó trước"},
    {"the medium {} is not attached: {} is not on it (mounted there: {}); attach it, or mount it with 'custody media attach {}'; "
     "nothing is written in its place",
     "phương tiện {} chưa được gắn: {} không nằm trên đó (điểm gắn hiện tại: {}); hãy cắm vào, hoặc gắn bằng 'custody media "
     "attach {}'; không ghi gì thay vào chỗ đó"},
    {"the medium {} is not plugged in: no disk here has the file system {}",
     "phương tiện {} chưa được cắm: không ổ đĩa nào ở đây có hệ thống tệp {}"},
    {"the medium {} is prepared and holds no vault yet: run 'custody media register {}'",
     "phương tiện {} đã được chuẩn bị nhưng chưa có kho: hãy chạy 'custody media register {}'"},
    {"the medium {} is up to date and still mounted: 'custody media detach {}', then it can be taken out",
     "phương tiện {} đã cập nhật nhưng còn đang gắn: chạy 'custody media detach {}', sau đó có thể rút đĩa"},
    {"the medium {} is up to date: the disk can be taken out", "phương tiện {} đã cập nhật: có thể rút đĩa"},
    {"the medium {} is {} and cannot become {}: retire it first, when what it holds is on another one",
     "phương tiện {} {} nên không thể chuyển thành {}: hãy cho thôi dùng trước, khi nội dung của nó đã có trên phương tiện khác"},
    {"the medium {} stays where it is", "phương tiện {} để cố định tại chỗ"},
    {"the newest backup of plan {} is {} old, more than its schedule allows",
     "bản sao lưu mới nhất của kế hoạch {} đã được {}, lâu hơn lịch chạy cho phép"},
    {"the path of the socket is too long ({} bytes, at most {}): {}; name a shorter one",
     "đường dẫn của socket quá dài ({} byte, nhiều nhất {}): {}; hãy đặt đường dẫn ngắn hơn"},
    {"the plans {} are read from snapshots of btrfs, and custodyd may not make and remove them",
     "các kế hoạch {} được đọc từ bản chụp btrfs, mà custodyd không được phép tạo và xóa chúng"},
    {"the port of the metrics", "cổng của các chỉ số"},
    {"the recovery kit is older than the newest keys", "bộ phục hồi cũ hơn các khóa mới nhất"},
    {"the recovery kit was never read back", "bộ phục hồi chưa từng được đọc lại"},
    {"the service answered with HTTP status {} and no message of its own",
     "dịch vụ trả lời với mã trạng thái HTTP {} mà không có thông báo nào"},
    {"the service begins or ends; ask again when it runs",
     "dịch vụ đang khởi động hoặc đang dừng; hãy hỏi lại khi dịch vụ đã chạy"},
    {"the service did not answer in time; look with 'systemctl status custodyd' what it does",
     "dịch vụ không trả lời kịp thời hạn; hãy xem bằng 'systemctl status custodyd' nó đang làm gì"},
    {"the service does not run (nobody listens on {}); start it with 'systemctl start custodyd', and look with 'systemctl status "
     "custodyd' why it ended",
     "dịch vụ không chạy (không có ai lắng nghe trên {}); hãy khởi động bằng 'systemctl start custodyd', và xem bằng 'systemctl "
     "status custodyd' vì sao nó đã dừng"},
    {"the service ended the connection before its answer was complete; look with 'systemctl status custodyd' whether it runs, "
     "and run the command again",
     "dịch vụ đã ngắt kết nối trước khi trả lời xong; hãy xem bằng 'systemctl status custodyd' nó còn chạy hay không, rồi chạy "
     "lại lệnh"},
    {"the service ended within the run", "dịch vụ đã dừng giữa lần chạy"},
    {"the service goes on with the one it had", "dịch vụ tiếp tục với cấu hình đang có"},
    {"the service has nothing at {}; see docs/API.md, and whether command and service are of one version",
     "dịch vụ không có gì tại {}; xem docs/API.md, và xem lệnh với dịch vụ có cùng phiên bản hay không"},
    {"the service is ending; start it again and ask again", "dịch vụ đang dừng; hãy khởi động lại rồi hỏi lại"},
    {"the service sent a line of more than {} bytes", "dịch vụ đã gửi một dòng dài hơn {} byte"},
    {"the service sent a line that is no JSON", "dịch vụ đã gửi một dòng không phải là JSON"},
    {"the textfile of the metrics must be an absolute path that ends in .prom, for node_exporter reads no other: {}",
     "tệp văn bản của các chỉ số phải là đường dẫn tuyệt đối có đuôi .prom, vì node_exporter không đọc tệp khác: {}"},
    {"the vault {} bears no identity, and the medium {} has one: this is another vault; attach the right medium, or register "
     "this one with 'custody media register'",
     "kho {} không mang định danh, còn phương tiện {} thì có: đây là kho khác; hãy gắn đúng phương tiện, hoặc đăng ký kho này "
     "bằng 'custody media register'"},
    {"the work did not end within {}; the process ends all the same, and the next start closes what was open",
     "công việc chưa kết thúc trong {}; tiến trình vẫn dừng, và lần khởi động sau sẽ khép lại những gì còn dở"},
    {"there is no group '{}': only root may ask the service; make it with 'groupadd --system {}' and start custodyd again",
     "không có nhóm '{}': chỉ root được hỏi dịch vụ; hãy tạo nhóm bằng 'groupadd --system {}' rồi khởi động lại custodyd"},
    {"there is no recovery kit: if the keyring is lost, so is every backup",
     "chưa có bộ phục hồi: nếu mất bộ khóa thì mất mọi bản sao lưu"},
    {"they are kept, and sent as soon as they pass", "các cảnh báo được giữ lại và gửi ngay khi gửi được"},
    {"this custodyd runs no jobs: no plan is backed up by it",
     "custodyd này không chạy công việc nào: không kế hoạch nào được nó sao lưu"},
    {"this is the medium {} of the register: use that name, or retire it and prepare the disk anew",
     "đây là phương tiện {} trong sổ đăng ký: hãy dùng tên đó, hoặc cho thôi dùng rồi chuẩn bị lại ổ đĩa"},
    {"this kernel does not know the file system on {} ({})", "nhân hệ điều hành này không biết hệ thống tệp trên {} ({})"},
    {"this server runs restore drills, and custodyd may not restore device nodes and immutable flags",
     "máy chủ này diễn tập khôi phục, mà custodyd không được phép khôi phục tệp thiết bị và cờ bất biến"},
    {"this user may not ask the service on {}: run the command as root, or let root add the user to the group with 'usermod -aG "
     "custody USER' and log in again",
     "người dùng này không được phép hỏi dịch vụ trên {}: hãy chạy lệnh với quyền root, hoặc để root thêm người dùng vào nhóm "
     "bằng 'usermod -aG custody USER' rồi đăng nhập lại"},
    {"too many connections of this user to the service at once; end some of them and run the command again",
     "người dùng này có quá nhiều kết nối đến dịch vụ cùng một lúc; hãy kết thúc bớt rồi chạy lại lệnh"},
    {"true or false", "true hoặc false"},
    {"usage: custodyd [--config FILE] [--check-config [--other-machine]] [--lang vi|en] [--version] [--help]\n\n"
     "The service of Custody, in the foreground: systemd starts it (custodyd.service).\n"
     "  --config FILE    configuration; default: CUSTODY_CONFIG, else /etc/custody/custody.toml\n"
     "  --check-config   names every fault of the configuration with its line, and ends (2 where there is one)\n"
     "  --other-machine  with --check-config: how this machine keeps its logs is not looked at (B12)\n"
     "  --lang vi|en     language of messages; default: the configuration's, else the locale's\n"
     "Signals: HUP reads the configuration again, USR1 writes the status to the log, TERM and INT end it.",
     "cách dùng: custodyd [--config TỆP] [--check-config [--other-machine]] [--lang vi|en] [--version] [--help]\n\n"
     "Dịch vụ của Custody, chạy ở tiền cảnh: systemd khởi động nó (custodyd.service).\n"
     "  --config TỆP     cấu hình; mặc định: CUSTODY_CONFIG, nếu không có thì /etc/custody/custody.toml\n"
     "  --check-config   nêu từng lỗi của cấu hình kèm số dòng rồi kết thúc (mã 2 nếu có lỗi)\n"
     "  --other-machine  cùng với --check-config: không xem máy này lưu nhật ký thế nào (B12)\n"
     "  --lang vi|en     ngôn ngữ của thông báo; mặc định: theo cấu hình, nếu không có thì theo hệ thống\n"
     "Tín hiệu: HUP đọc lại cấu hình, USR1 ghi trạng thái vào nhật ký, TERM và INT kết thúc dịch vụ."},
    {"wait for", "chờ"},
    {"wait for events in", "chờ sự kiện trong"},
    {"watch a descriptor in", "theo dõi một bộ mô tả trong"},
    {"what answers on the socket does not speak as custodyd does ({}); look which program listens there, and whether command and "
     "service are of one version",
     "bên trả lời trên socket không nói đúng giao thức của custodyd ({}); hãy xem chương trình nào đang lắng nghe ở đó, và lệnh "
     "với dịch vụ có cùng phiên bản hay không"},
    {"what its own user may read", "những gì người dùng của chính nó đọc được"},
    {"what was backed up can be restored from the media that hold it",
     "những gì đã sao lưu khôi phục được từ các phương tiện đang giữ chúng"},
    {"what was written last to {} may not have reached the disk: {}; check it before it is taken out",
     "những gì ghi sau cùng vào {} có thể chưa đến được ổ đĩa: {}; hãy kiểm tra trước khi rút ra"},
    {"which file system {} lies on cannot be read, so a copy of the medium {} would not be noticed; run this as root",
     "không đọc được {} nằm trên hệ thống tệp nào, nên bản sao của phương tiện {} sẽ không bị phát hiện; hãy chạy với quyền "
     "root"},
    {"work is waiting for a key", "có việc đang chờ khóa"},
    {"work is waiting for the secret of label {}", "có việc đang chờ khóa bí mật của nhãn {}"},
    {"{} and {} more", "{} và {} mục nữa"},
    {"{} bear the file system of the medium {}: one is a copy made with dd, and nothing here tells which; take out all but the "
     "right one, and give the copy a UUID of its own (for ext4 'tune2fs -U random')",
     "{} cùng mang hệ thống tệp của phương tiện {}: có một bản sao tạo bằng dd, và không có gì cho biết bản nào; hãy chỉ giữ lại "
     "ổ đúng, và đặt UUID riêng cho bản sao (với ext4: 'tune2fs -U random')"},
    {"{} bears the identity of the medium {} and is another disk: copied with dd, or the disk sits in another enclosure; mount "
     "it and run 'custody media register' with --own-identity or --same-medium",
     "{} mang định danh của phương tiện {} nhưng là ổ đĩa khác: được sao bằng dd, hoặc ổ cũ lắp trong hộp khác; hãy gắn vào rồi "
     "chạy 'custody media register' với --own-identity hoặc --same-medium"},
    {"{} bears the identity of the medium {} and is not where that was written: if it is a copy, run 'custody media register {} "
     "--own-identity'; if it is the very medium, in another enclosure or moved, '--same-medium' says so",
     "{} mang định danh của phương tiện {} nhưng không nằm ở nơi định danh được ghi: nếu là bản sao, hãy chạy 'custody media "
     "register {} --own-identity'; nếu chính là phương tiện đó, lắp trong hộp khác hoặc đã chuyển chỗ, hãy xác nhận bằng "
     "'--same-medium'"},
    {"{} bears the identity of the medium {} and lies on another disk: if it was copied with dd, 'custody media register {} "
     "--own-identity' makes it a vault of its own; if the disk only sits in another enclosure, 'custody media register {} "
     "--same-medium' says so",
     "{} mang định danh của phương tiện {} nhưng nằm trên ổ đĩa khác: nếu được sao bằng dd, 'custody media register {} "
     "--own-identity' biến nó thành kho riêng; nếu chỉ là ổ cũ lắp trong hộp khác, hãy xác nhận bằng 'custody media register {} "
     "--same-medium'"},
    {"{} bears the marks of several file systems; 'wipefs' shows them",
     "{} mang dấu hiệu của nhiều hệ thống tệp; 'wipefs' liệt kê chúng"},
    {"{} could not be made a vault of its own: {}; it is left as it is",
     "chưa biến được {} thành kho riêng: {}; nó được để nguyên"},
    {"{} does not say what this process may do", "{} không cho biết tiến trình này được phép làm gì"},
    {"{} does not serve {}; see docs/API.md", "{} không phục vụ {}; xem docs/API.md"},
    {"{} has snapshots that are not whole: run 'custody repair' there",
     "{} có bản chụp không nguyên vẹn: hãy chạy 'custody repair' ở đó"},
    {"{} has the file system of the medium {} and does not hold it: nothing is written to it; was the disk emptied, or its vault "
     "moved?",
     "{} có hệ thống tệp của phương tiện {} nhưng không chứa phương tiện đó: không ghi gì vào; ổ đĩa đã bị xóa trống, hay kho đã "
     "bị chuyển đi?"},
    {"{} holds a copy of the medium {}: nothing is written to it; mount it and run 'custody media register' with --own-identity "
     "to make it a vault of its own",
     "{} chứa bản sao của phương tiện {}: không ghi gì vào đó; hãy gắn vào rồi chạy 'custody media register' với --own-identity "
     "để biến nó thành kho riêng"},
    {"{} holds the medium {}, not {}: nothing is written to it; attach the right one, or correct the path in the configuration",
     "{} là phương tiện {}, không phải {}: không ghi gì vào đó; hãy gắn đúng phương tiện, hoặc sửa đường dẫn trong cấu hình"},
    {"{} holds the vault {}, and that of the medium {} is {}: nothing is written to it; attach the right medium",
     "{} chứa kho {}, còn kho của phương tiện {} là {}: không ghi gì vào đó; hãy gắn đúng phương tiện"},
    {"{} holds {}, which is not mounted here: mount it by hand, or prepare the disk with 'custody media prepare'",
     "{} chứa {}, loại này không được gắn ở đây: hãy gắn bằng tay, hoặc chuẩn bị ổ đĩa bằng 'custody media prepare'"},
    {"{} is a copy of the medium {}, made with cp or the like: two vaults of one identity would contradict each other; 'custody "
     "media register {} --own-identity' makes it a vault of its own",
     "{} là bản sao của phương tiện {}, tạo bằng cp hoặc cách tương tự: hai kho cùng một định danh sẽ mâu thuẫn nhau; 'custody "
     "media register {} --own-identity' biến nó thành kho riêng"},
    {"{} is another device than the one that was shown: nothing was written; begin anew",
     "{} không còn là thiết bị đã hiển thị: chưa ghi gì; hãy làm lại từ đầu"},
    {"{} is encrypted ({}): open it with 'cryptsetup open', and attach what that makes",
     "{} được mã hóa ({}): hãy mở bằng 'cryptsetup open' rồi gắn thiết bị mà lệnh đó tạo ra"},
    {"{} is in use and cannot be taken out yet: {}; end that, then try again",
     "{} đang được sử dụng nên chưa rút ra được: {}; hãy kết thúc việc đó rồi thử lại"},
    {"{} is in use by something else, so it cannot be mounted", "{} đang được nơi khác sử dụng nên không gắn được"},
    {"{} is mounted on {} already; unmount it first, or name another folder",
     "{} đã được gắn tại {}; hãy tháo gắn trước, hoặc chỉ thư mục khác"},
    {"{} is no socket: it was not made by custodyd and is left alone; move it away, or name another socket",
     "{} không phải là socket: nó không do custodyd tạo nên được giữ nguyên; hãy chuyển nó đi nơi khác, hoặc đặt tên socket "
     "khác"},
    {"{} is not empty: a medium mounted there would cover what it holds; empty it, or name another folder",
     "{} không trống: phương tiện gắn vào đó sẽ che mất nội dung; hãy làm trống, hoặc chỉ thư mục khác"},
    {"{} is not prepared: {}", "không chuẩn bị {}: {}"},
    {"{} is not the vault that {} was copied from", "{} không phải là kho mà {} được sao từ đó"},
    {"{} is there already, of an earlier copy: look whether it is still needed, and remove it",
     "{} đã có sẵn, từ một bản sao trước: hãy xem còn cần không rồi xóa đi"},
    {"{} needs a value; see 'custodyd --help'", "{} cần có giá trị; xem 'custodyd --help'"},
    {"{} snapshot could not be brought to {}; the warnings name it",
     "{} bản chụp không chuyển được sang {}; các cảnh báo nêu tên"},
    {"{} snapshots could not be brought to {}; the warnings name them",
     "{} bản chụp không chuyển được sang {}; các cảnh báo nêu tên"},
    {"{} was not scanned for malware: {}; do not use it before it was",
     "{} chưa được quét mã độc: {}; không dùng trước khi quét xong"},
};
static_assert(is_sorted_table(kServiceTexts));

}  // namespace

std::span<const Translation> vietnamese_service_texts() { return kServiceTexts; }

}  // namespace custody
