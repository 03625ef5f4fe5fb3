// Messages about the first configuration, what nothing covers, and recovery.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kSetupTexts[] = {
    {" [Y/n]: ", " [C/k]: "},
    {" [y/N]: ", " [c/K]: "},
    {"'kit_page' goes with 'kit' only", "'kit_page' chỉ dùng cùng với 'kit'"},
    {"'{}' must be a section, [{}]", "'{}' phải là một phần, [{}]"},
    {"12/QD-UBND: one server room until May 2027", "12/QĐ-UBND: chỉ có một phòng máy chủ đến tháng 5/2027"},
    {"A medium is called {} already.", "Đã có phương tiện lưu trữ tên {}."},
    {"A recovery kit, or a text file with its typed lines or scanned codes",
     "Bộ phục hồi, hoặc tệp văn bản có các dòng đã gõ hay các mã đã quét của nó"},
    {"A whole path is needed, beginning with '/'.", "Cần đường dẫn đầy đủ, bắt đầu bằng '/'."},
    {"Also a page to print?", "Tạo cả trang để in?"},
    {"Answer y or n; an empty answer takes the capital one.", "Hãy trả lời c hoặc k; để trống là nhận chữ viết hoa."},
    {"Answers for 'custody setup --answers FILE'. Sections as in custody.toml are taken over as they are; [setup] says what else "
     "is to be done.\nPassphrases never stand here: name the files.",
     "Các câu trả lời cho 'custody setup --answers TỆP'. Những phần như trong custody.toml được lấy nguyên vào cấu hình; [setup] "
     "nói còn phải làm gì nữa.\nKhông ghi cụm mật khẩu ở đây: hãy nêu tên tệp chứa chúng."},
    {"Answers in a file instead of questions; - for standard input",
     "Các câu trả lời trong một tệp thay cho việc hỏi; - là đầu vào chuẩn"},
    {"Asks one question after the other on the terminal, or takes a TOML file: sections as in custody.toml, and [setup] "
     "(docs/SERVICE.md, First configuration). What is in the configuration already stays and is extended; the lines that are new "
     "are shown first, and the old file stays beside the new one. Then come keyring, vaults, the recovery kit and a first backup "
     "of /etc, of which one file is restored and compared. It can be run again. A medium on the disk of the data or the system "
     "is refused (duty B1) unless it has an exception. Passphrases: asked for, or from files that the answers, "
     "CUSTODY_PASSPHRASE_FILE and CUSTODY_KIT_PASSPHRASE_FILE name.",
     "Hỏi lần lượt từng câu trên thiết bị đầu cuối, hoặc nhận một tệp TOML: các phần như trong custody.toml, và [setup] "
     "(docs/SERVICE.md, First configuration). Những gì đã có trong cấu hình được giữ và bổ sung; các dòng mới được cho xem "
     "trước, và tệp cũ được giữ bên cạnh tệp mới. Sau đó là bộ khóa, các kho, bộ phục hồi và bản sao lưu đầu tiên của /etc, "
     "trong đó một tệp được khôi phục và đối chiếu. Có thể chạy lại. Phương tiện lưu trữ cùng ổ đĩa với dữ liệu hoặc với hệ "
     "thống bị từ chối (nghĩa vụ B1), trừ khi có ngoại lệ. Cụm mật khẩu: được hỏi, hoặc lấy từ các tệp mà câu trả lời, "
     "CUSTODY_PASSPHRASE_FILE và CUSTODY_KIT_PASSPHRASE_FILE nêu tên."},
    {"B12: how long the files of plan {} are kept cannot be read: {}",
     "B12: không đọc được các tệp của kế hoạch {} được lưu bao lâu: {}"},
    {"B12: not understood, and not counted: {}", "B12: không hiểu, và không tính đến: {}"},
    {"Back up the SQLite database {}?", "Sao lưu cơ sở dữ liệu SQLite {}?"},
    {"Back up the files below {}?", "Sao lưu các tệp trong {}?"},
    {"Back:", "Đã trở lại:"},
    {"Custody, first configuration. An empty answer takes what stands in brackets; Ctrl-C ends, and nothing is changed.",
     "Custody, cấu hình lần đầu. Để trống là nhận giá trị trong ngoặc vuông; Ctrl-C để dừng, không có gì thay đổi."},
    {"Disks or partitions to keep as images, with blanks between",
     "Các ổ đĩa hoặc phân vùng cần lưu thành ảnh, cách nhau bằng dấu cách"},
    {"Disks that nothing uses; 'custody media prepare DEVICE' makes one a medium:",
     "Các ổ đĩa chưa dùng vào việc gì; 'custody media prepare DEVICE' biến một ổ thành phương tiện lưu trữ:"},
    {"Disks, partitions or files that are kept as images, a plan each, label image.",
     "Các ổ đĩa, phân vùng hoặc tệp được lưu thành ảnh, mỗi cái một kế hoạch, nhãn image."},
    {"Document number and reason of an exception, as \"12/QD-UBND: one server room\" (empty: another folder)",
     "Số văn bản và lý do của ngoại lệ, như \"12/QĐ-UBND: chỉ có một phòng máy chủ\" (để trống: chọn thư mục khác)"},
    {"File for the recovery kit, on another disk than the vaults, as /media/usb/custody-kit (empty: later)",
     "Tệp cho bộ phục hồi, trên ổ đĩa khác với các kho, như /media/usb/custody-kit (để trống: làm sau)"},
    {"First configuration: finds what there is, asks, writes the settings, and proves a first backup",
     "Cấu hình lần đầu: tìm những gì đang có, hỏi, ghi cấu hình, và kiểm chứng bản sao lưu đầu tiên"},
    {"Folder of the vault on medium {}, as /mnt/disk-a/vault (empty: no more media)",
     "Thư mục của kho trên phương tiện lưu trữ thứ {}, như /mnt/disk-a/vault (để trống: không thêm nữa)"},
    {"Folders of data, a plan each, label business.", "Các thư mục dữ liệu, mỗi thư mục một kế hoạch, nhãn business."},
    {"Further folders of data, with blanks between", "Các thư mục dữ liệu khác, cách nhau bằng dấu cách"},
    {"Is it taken away at times?", "Có khi nào nó được tháo mang đi không?"},
    {"Its name", "Tên của nó"},
    {"Its place, as documents name it", "Địa danh, như ghi trên văn bản"},
    {"Its superior body", "Cơ quan cấp trên"},
    {"Mail server for alerts, as smtps://mail.example:465 (empty: none)",
     "Máy chủ thư để gửi cảnh báo, như smtps://mail.example:465 (để trống: không có)"},
    {"MariaDB at {}: file with user and password, as /etc/custody/mariadb.cnf (empty: not now)",
     "MariaDB tại {}: tệp có người dùng và mật khẩu, như /etc/custody/mariadb.cnf (để trống: chưa làm)"},
    {"MariaDB or MySQL: a defaults file with user and password, mode 0600.",
     "MariaDB hoặc MySQL: tệp defaults có người dùng và mật khẩu, quyền 0600."},
    {"Media: two at least for important data, in two places (B6), not on the disk of the data (B1).\nDisks here that nothing "
     "uses; 'custody media prepare DEVICE' makes one a medium:",
     "Phương tiện lưu trữ: ít nhất hai cho dữ liệu quan trọng, ở hai địa điểm (B6), không cùng ổ đĩa với dữ liệu (B1).\nCác ổ "
     "đĩa ở đây chưa dùng vào việc gì; 'custody media prepare DEVICE' biến một ổ thành phương tiện lưu trữ:"},
    {"Media: two at least for important data, in two places (B6), on other disks than the data and the system (B1).",
     "Phương tiện lưu trữ: ít nhất hai cho dữ liệu quan trọng, ở hai địa điểm (B6), trên ổ đĩa khác với dữ liệu và hệ thống "
     "(B1)."},
    {"Name of the organisation", "Tên cơ quan"},
    {"Needs the kit's passphrase (CUSTODY_KIT_PASSPHRASE_FILE), or an officer's key, and a new one for the keyring "
     "(CUSTODY_PASSPHRASE_FILE). The configuration and the catalogue are those that the service backed up last (label log, name "
     "custody-records). What is in their place is renamed, never overwritten; a keyring of the same family that opens stays, so "
     "that the command can be run again. Where the records are missing or damaged the catalogue is built from the vault, and "
     "what only the old one knew is named: exit code 3. It ends with what to type next.",
     "Cần cụm mật khẩu của bộ phục hồi (CUSTODY_KIT_PASSPHRASE_FILE) hoặc khóa của cán bộ, và một cụm mới cho bộ khóa "
     "(CUSTODY_PASSPHRASE_FILE). Cấu hình và danh mục là những gì dịch vụ sao lưu lần cuối (nhãn log, tên custody-records). "
     "Những gì đang ở chỗ của chúng được đổi tên, không bao giờ bị ghi đè; bộ khóa cùng họ mở được thì giữ nguyên, nên có thể "
     "chạy lại lệnh này. Nếu hồ sơ thiếu hoặc hỏng thì danh mục được dựng từ kho, và những gì chỉ danh mục cũ biết được nêu ra: "
     "mã thoát 3. Cuối cùng lệnh cho biết phải gõ gì tiếp."},
    {"Next:", "Việc tiếp theo:"},
    {"Not back:", "Chưa trở lại:"},
    {"On a bare machine: brings back keyring, settings and catalogue from one medium and one kit",
     "Trên máy trắng: đưa trở lại bộ khóa, cấu hình và danh mục từ một phương tiện lưu trữ và một bộ phục hồi"},
    {"Only says what would be done", "Chỉ cho biết sẽ làm gì"},
    {"Only shows what would be written", "Chỉ cho xem những gì sẽ được ghi"},
    {"PostgreSQL at {}: connection string without a password, as service=portal (empty: not now)",
     "PostgreSQL tại {}: chuỗi kết nối không có mật khẩu, như service=portal (để trống: chưa làm)"},
    {"PostgreSQL: connection strings without a password (service=NAME, which the service file explains).",
     "PostgreSQL: chuỗi kết nối không có mật khẩu (service=TÊN, do tệp dịch vụ giải nghĩa)."},
    {"Prints an answers file with what was found, to fill in", "In ra tệp câu trả lời có những gì tìm thấy, để điền vào"},
    {"Ready plans for /etc and /var/log.", "Các kế hoạch có sẵn cho /etc và /var/log."},
    {"Regulations that are known:", "Các quy chế đã biết:"},
    {"SQLite databases.", "Các cơ sở dữ liệu SQLite."},
    {"Sender of alerts", "Địa chỉ gửi cảnh báo"},
    {"The keyring's passphrase: the first line of this file, or of the one that CUSTODY_PASSPHRASE_FILE names.",
     "Cụm mật khẩu của bộ khóa: dòng đầu của tệp này, hoặc của tệp mà CUSTODY_PASSPHRASE_FILE chỉ đến."},
    {"The recovery kit, its page to print, and the file with its own passphrase; none of them on the vault's disk.",
     "Bộ phục hồi, trang để in của nó, và tệp chứa cụm mật khẩu riêng của nó; không để thứ nào trên ổ đĩa của kho."},
    {"The regulations that bind this office: DS, HP (a draft), BS, BK, HD.",
     "Các quy chế áp dụng cho cơ quan này: DS, HP (dự thảo), BS, BK, HD."},
    {"The service's state folder; default: as the configuration that comes back says, else /var/lib/custody",
     "Thư mục trạng thái của dịch vụ; mặc định: theo cấu hình được đưa trở lại, nếu không thì /var/lib/custody"},
    {"There is no regulation {}.", "Không có quy chế {}."},
    {"When plans for folders and databases run: minute hour day month weekday, local time.",
     "Khi nào các kế hoạch cho thư mục và cơ sở dữ liệu chạy: phút giờ ngày tháng thứ, theo giờ địa phương."},
    {"Where it is kept", "Nơi cất giữ"},
    {"Which of them bind this office? Their ids, with blanks between",
     "Những quy chế nào áp dụng cho cơ quan này? Ghi mã, cách nhau bằng dấu cách"},
    {"Who gets them, with blanks between", "Những địa chỉ nhận, cách nhau bằng dấu cách"},
    {"Who hears at once when something fails (L3).", "Ai được báo ngay khi có sự cố (L3)."},
    {"Who keeps it", "Người giữ"},
    {"Whose records, where several services wrote to the vault", "Hồ sơ của máy nào, khi có nhiều dịch vụ ghi vào kho"},
    {"Write this configuration, and make what it names?", "Ghi cấu hình này và tạo những gì nó nêu?"},
    {"a catalogue was in {}: it is now {}", "trong {} đã có một danh mục: nay nó mang tên {}"},
    {"a keyring would be made in {} out of recovery kit {} of {}", "một bộ khóa sẽ được tạo trong {} từ bộ phục hồi {} ngày {}"},
    {"a kit is made of an opened keyring: name a file with its passphrase as passphrase_file in [setup], or in "
     "CUSTODY_PASSPHRASE_FILE",
     "bộ phục hồi được làm từ bộ khóa đã mở: hãy nêu tệp chứa cụm mật khẩu của bộ khóa ở passphrase_file trong [setup], hoặc ở "
     "CUSTODY_PASSPHRASE_FILE"},
    {"another configuration was in {}: it is now {}", "tại {} đã có một cấu hình khác: nay nó mang tên {}"},
    {"attach the medium {}: its vault belongs in {}", "gắn phương tiện lưu trữ {}: kho của nó phải nằm ở {}"},
    {"cannot read the answers: {}", "không đọc được các câu trả lời: {}"},
    {"catalogue: in {}, as it was on {}", "danh mục: trong {}, như vào lúc {}"},
    {"catalogue: in {}, built anew from the vault: {} snapshots on {} media",
     "danh mục: trong {}, dựng lại từ kho: {} bản chụp trên {} phương tiện lưu trữ"},
    {"change the group of", "đổi nhóm của"},
    {"configuration written: {}", "đã ghi cấu hình: {}"},
    {"configuration: {}, with {} plans and {} media", "cấu hình: {}, có {} kế hoạch và {} phương tiện lưu trữ"},
    {"dry run: nothing was changed", "chạy thử: không có gì thay đổi"},
    {"first backup made: snapshot {}", "đã sao lưu lần đầu: bản chụp {}"},
    {"it is damaged", "nó bị hỏng"},
    {"it was not written as it should be: {}", "nó không được ghi đúng như phải có: {}"},
    {"jobs and their results, places and custodians of media, findings that people acknowledged: only the catalogue knew them",
     "các lần chạy và kết quả, nơi cất giữ và người giữ phương tiện lưu trữ, những phát hiện đã được người xác nhận: chỉ danh "
     "mục cũ biết"},
    {"jobs and their results: only the catalogue knew them", "các lần chạy và kết quả: chỉ danh mục cũ biết"},
    {"keep", "giữ lại"},
    {"keyring: {}, out of recovery kit {} of {}; this machine signs with a key of its own, {}",
     "bộ khóa: {}, lấy từ bộ phục hồi {} ngày {}; máy này ký bằng khóa riêng của nó, {}"},
    {"keyring: {}, which was there already", "bộ khóa: {}, đã có sẵn từ trước"},
    {"kit {} does not know the key with which this machine signs from now on: make a new kit, as said below, or a recovery after "
     "this one passes over what it signed",
     "bộ phục hồi {} không biết khóa mà máy này dùng để ký từ nay: hãy làm bộ phục hồi mới như ghi bên dưới, nếu không thì lần "
     "phục hồi sau sẽ bỏ qua những gì máy này đã ký"},
    {"not asked for its snapshots: {}", "chưa hỏi được các bản chụp của: {}"},
    {"not taken from the records: {}", "không lấy từ hồ sơ: {}"},
    {"note: the lines above would be added to {}, and were not",
     "lưu ý: những dòng trên lẽ ra được thêm vào {}, nhưng chưa được thêm"},
    {"note: these lines are added to {}; all else in it stays",
     "lưu ý: những dòng này được thêm vào {}; mọi thứ khác giữ nguyên"},
    {"note: these lines make {}", "lưu ý: những dòng này tạo thành {}"},
    {"note: {} needs no change", "lưu ý: {} không cần thay đổi"},
    {"nothing", "không có gì"},
    {"nothing of the first backup was restored for proof: type 'custody restore {} --target DIR', and look at what comes back",
     "chưa khôi phục gì từ bản sao lưu đầu tiên để kiểm chứng: hãy gõ 'custody restore {} --target DIR' và xem những gì trở lại"},
    {"plans: this machine ({}) goes on with those of {}; their retention goes on over the snapshots of both",
     "kế hoạch: máy này ({}) tiếp tục các kế hoạch của {}; quy tắc lưu giữ áp dụng chung cho bản chụp của cả hai"},
    {"print {}, and delete the file", "in {} rồi xóa tệp đó"},
    {"records of {}, newer than these: nobody whom the kit knows signed them; was this machine recovered before, and no new kit "
     "made?",
     "hồ sơ ngày {}, mới hơn các hồ sơ này: không do bên nào mà bộ phục hồi biết ký; có phải máy này đã từng được phục hồi mà "
     "chưa làm bộ phục hồi mới?"},
    {"register of media and findings: as on {} (media that are not here: {}, findings: {})",
     "sổ đăng ký phương tiện lưu trữ và các phát hiện: như vào lúc {} (phương tiện không có ở đây: {}, phát hiện: {})"},
    {"server room", "phòng máy chủ"},
    {"standard input", "đầu vào chuẩn"},
    {"systemd drop-in put in place: {}/{}", "đã đặt phần bổ sung của systemd: {}/{}"},
    {"systemd's drop-in {} is needed and cannot be read: {}", "cần phần bổ sung {} của systemd nhưng không đọc được: {}"},
    {"the MariaDB databases of {}", "các cơ sở dữ liệu MariaDB của {}"},
    {"the PostgreSQL databases of {}", "các cơ sở dữ liệu PostgreSQL của {}"},
    {"the SQLite database {}", "cơ sở dữ liệu SQLite {}"},
    {"the answers' [{}] has a time without quotes; a configuration has none",
     "phần [{}] của các câu trả lời có một thời điểm không nằm trong dấu ngoặc kép; cấu hình không dùng loại giá trị này"},
    {"the catalogue of the records of {}: {}", "danh mục trong hồ sơ ngày {}: {}"},
    {"the configuration has the keyring {}, and --keyring or CUSTODY_KEYRING names {}: leave one out",
     "cấu hình có bộ khóa {}, còn --keyring hoặc CUSTODY_KEYRING nêu {}: hãy bỏ một trong hai"},
    {"the configuration names the keyring {}, and it was made in {}: move it, or change [keys] keyring",
     "cấu hình nêu bộ khóa {}, còn bộ khóa được tạo ở {}: hãy chuyển nó đi, hoặc sửa [keys] keyring"},
    {"the configuration names the state folder {}, and the catalogue was put into {}",
     "cấu hình nêu thư mục trạng thái {}, còn danh mục được đặt vào {}"},
    {"the configuration would be put into {}", "cấu hình sẽ được đặt vào {}"},
    {"the configuration: the records hold none", "cấu hình: trong hồ sơ không có"},
    {"the files below {}", "các tệp trong {}"},
    {"the files below {} but for {}", "các tệp trong {}, trừ {}"},
    {"the keyring needs a passphrase: name a file with it as passphrase_file in [setup], or in CUSTODY_PASSPHRASE_FILE",
     "bộ khóa cần cụm mật khẩu: hãy nêu tệp chứa nó ở passphrase_file trong [setup], hoặc ở CUSTODY_PASSPHRASE_FILE"},
    {"the keyring {} is there and would stay", "bộ khóa {} đã có và sẽ được giữ nguyên"},
    {"the kit needs a passphrase of its own: name a file with it as kit_passphrase_file in [setup], or in "
     "CUSTODY_KIT_PASSPHRASE_FILE",
     "bộ phục hồi cần cụm mật khẩu riêng: hãy nêu tệp chứa nó ở kit_passphrase_file trong [setup], hoặc ở "
     "CUSTODY_KIT_PASSPHRASE_FILE"},
    {"the kit {} is of family {}, and the vault {} of family {}: another kit opens it",
     "bộ phục hồi {} thuộc họ {}, còn kho {} thuộc họ {}: phải dùng bộ phục hồi khác để mở"},
    {"the medium {} is not here: attach it, and run 'custody setup' again",
     "phương tiện lưu trữ {} không có ở đây: hãy gắn nó vào rồi chạy lại 'custody setup'"},
    {"the medium {} is not there: no folder {}; mount it, and run 'custody setup' again",
     "không có phương tiện lưu trữ {}: không có thư mục {}; hãy gắn kết nó rồi chạy lại 'custody setup'"},
    {"the medium {} lies in {} now, and the configuration expects it in {}: mount it there",
     "phương tiện lưu trữ {} hiện ở {}, còn cấu hình chờ nó ở {}: hãy gắn kết nó vào đó"},
    {"the old one is now {}", "cấu hình cũ nay mang tên {}"},
    {"the records of {} cannot be read: {}", "không đọc được hồ sơ ngày {}: {}"},
    {"the records of {} would come back", "hồ sơ ngày {} sẽ được đưa trở lại"},
    {"the records {} of {} on {} are signed by nobody whom the keyring trusts, and were passed over; look at them with 'custody "
     "restore {} --target DIR' before anything of them is used",
     "hồ sơ {} của {} ngày {} không do bên nào mà bộ khóa tin cậy ký nên bị bỏ qua; hãy xem chúng bằng 'custody restore {} "
     "--target DIR' trước khi dùng bất cứ thứ gì trong đó"},
    {"the register of media in the records of {}: {}", "sổ đăng ký phương tiện lưu trữ trong hồ sơ ngày {}: {}"},
    {"the service's own records: none that can be read lie in {}", "hồ sơ của chính dịch vụ: trong {} không có bộ nào đọc được"},
    {"the vault holds no records of {}; there are those of {}", "kho không có hồ sơ của {}; hiện có của {}"},
    {"the vault holds the records of several services: name one with --host; there are {}",
     "kho có hồ sơ của nhiều dịch vụ: hãy chọn một bằng --host; hiện có {}"},
    {"the vault {} holds no records of a service: a catalogue would be built from its snapshots",
     "kho {} không có hồ sơ của dịch vụ: danh mục sẽ được dựng từ các bản chụp trong kho"},
    {"the vault's header was signed by nobody that the kit knows: is it the right vault?",
     "phần đầu của kho do một bên mà bộ phục hồi không biết ký: có đúng kho không?"},
    {"there are too many files named {}: remove what is not needed", "có quá nhiều tệp tên {}: hãy xóa những tệp không cần"},
    {"there is another keyring in {}: name another folder with --keyring",
     "trong {} đã có một bộ khóa khác: hãy chỉ thư mục khác bằng --keyring"},
    {"there is no terminal to ask on: 'custody setup --print-answers > FILE' writes a file to fill in, 'custody setup --answers "
     "FILE' takes it",
     "không có thiết bị đầu cuối để hỏi: 'custody setup --print-answers > TỆP' viết ra tệp để điền, 'custody setup --answers "
     "TỆP' nhận tệp đó"},
    {"unknown key '{}'", "không có khóa cấu hình '{}'"},
    {"unknown key '{}': is '{}' meant?", "không có khóa cấu hình '{}': có phải ý là '{}'?"},
    {"vault made on medium {}: {}", "đã tạo kho trên phương tiện lưu trữ {}: {}"},
    {"vault on medium {} is there: {}", "kho trên phương tiện lưu trữ {} đã có: {}"},
    {"what is not yet on the medium {} is written to it before it is unmounted ...",
     "những gì chưa nằm trên phương tiện lưu trữ {} được ghi xuống trước khi tháo gắn kết ..."},
    {"what was made by then stays, and nothing is half written; run it again",
     "những gì đã tạo đến lúc đó được giữ, không có gì ghi dở; hãy chạy lại"},
    {"what was never in the vault: the systemd credential of a custodian's server, passwords in files that [alert] and database "
     "plans name, unless a plan backed them up",
     "những gì chưa từng nằm trong kho: thông tin xác thực systemd của máy chủ giữ khóa, mật khẩu trong các tệp mà [alert] và "
     "các kế hoạch cơ sở dữ liệu nêu tên, trừ khi có kế hoạch đã sao lưu chúng"},
    {"where the file system was begun, what the disk held is gone; run it again",
     "nếu đã bắt đầu tạo hệ thống tệp thì những gì trên ổ đĩa không còn nữa; hãy chạy lại"},
    {"whether it is a medium of the register cannot be told ({}); where nothing on it is needed, clear it first with 'wipefs -a "
     "{}'",
     "không xác định được nó có phải là phương tiện lưu trữ đã đăng ký hay không ({}); nếu trên đó không có gì cần giữ, hãy xóa "
     "dấu trước bằng 'wipefs -a {}'"},
    {"which records the vault {} holds shows when the kit is opened",
     "kho {} có những hồ sơ nào thì khi mở bộ phục hồi mới biết"},
    {"which vault? name the medium's with --vault, as --vault /mnt/disk-a/vault",
     "kho nào? hãy chỉ kho trên phương tiện lưu trữ bằng --vault, như --vault /mnt/disk-a/vault"},
    {"{} (last {})", "{} (lần cuối {})"},
    {"{} ({}, {} used)", "{} ({}, đã dùng {})"},
    {"{} ({}, {} used) but for {}", "{} ({}, đã dùng {}), trừ {}"},
    {"{} came back from it as it is", "{} được khôi phục từ đó nguyên trạng"},
    {"{} came back other than it is, and nobody changed it since: test the disks and the memory of this machine, then type "
     "'custody verify --level full'",
     "{} được khôi phục nhưng khác với bản đang có, mà từ đó không ai thay đổi nó: hãy kiểm tra các ổ đĩa và bộ nhớ của máy này, "
     "rồi gõ 'custody verify --level full'"},
    {"{} cannot be looked into ({}), and no service runs that could say whether it is a medium: start custodyd and run this "
     "again, or, where nothing on it is needed, clear it with 'wipefs -a {}'",
     "không xem được {} ({}), và không có dịch vụ nào đang chạy để cho biết nó có phải là phương tiện lưu trữ không: hãy khởi "
     "động custodyd rồi chạy lại, hoặc, nếu trên đó không có gì cần giữ, xóa dấu bằng 'wipefs -a {}'"},
    {"{} did not come back whole from the first backup: {}", "{} không được khôi phục trọn vẹn từ bản sao lưu đầu tiên: {}"},
    {"{} is in the file already, without '{}': add {} = {} there by hand",
     "{} đã có trong tệp nhưng chưa có '{}': hãy tự thêm {} = {} vào đó"},
    {"{} is no recovery kit", "{} không phải là bộ phục hồi"},
    {"{} is the vault of the medium {} already.", "{} đã là kho của phương tiện lưu trữ {}."},
    {"{} is there: where the records differ it would be renamed, and theirs put in its place",
     "{} đã có: nếu hồ sơ khác với nó, nó sẽ được đổi tên và bản của hồ sơ thay vào"},
    {"{} stays as it is in the file ({}); the answer ({}) was not taken",
     "{} giữ nguyên như trong tệp ({}); câu trả lời ({}) không được dùng"},
    {"{}; where a decision on paper allows it, write under [[medium]] {}: exception = \"{}\"",
     "{}; nếu có văn bản quyết định cho phép, hãy ghi dưới [[medium]] {}: exception = \"{}\""},
};
static_assert(is_sorted_table(kSetupTexts));

}  // namespace

std::span<const Translation> vietnamese_setup_texts() { return kSetupTexts; }

}  // namespace custody
