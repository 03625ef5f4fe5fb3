// Messages of the databases that the program keeps or copies (base/sqlite), and of the catalogue.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kCatalogTexts[] = {
    {"For a catalogue that is lost or damaged: no backup needs it. Refused while the service runs. Every medium of the "
     "configuration that is here is read: snapshots, which medium holds them and which vault a medium has are back then. Places "
     "and custodians of media, their hand-over record and findings come from the newest records that the service stored in the "
     "vaults (label log, name custody-records); these need the keyring's passphrase (asked for, or CUSTODY_PASSPHRASE_FILE), and "
     "without it the vaults alone tell. Jobs and their results are not known any more. What came from where is said. The old "
     "file is kept beside the new one.",
     "Dùng khi danh mục bị mất hoặc hỏng: không bản sao lưu nào cần đến nó. Bị từ chối khi dịch vụ đang chạy. Mọi phương tiện "
     "lưu trữ của cấu hình có ở đây được đọc: sau đó biết lại các bản chụp, phương tiện nào chứa chúng và phương tiện nào mang "
     "kho nào. Nơi cất giữ và người giữ phương tiện, sổ bàn giao và các phát hiện lấy từ hồ sơ mới nhất mà dịch vụ đã lưu trong "
     "các kho (nhãn log, tên custody-records); muốn đọc cần cụm mật khẩu của bộ khóa (được hỏi, hoặc CUSTODY_PASSPHRASE_FILE), "
     "nếu không có thì chỉ biết những gì các kho cho biết. Các việc và kết quả của chúng không còn biết nữa. Lệnh cho biết cái "
     "gì lấy từ đâu. Tệp cũ được giữ bên cạnh tệp mới."},
    {"Only what the vaults say; no passphrase is asked for", "Chỉ những gì các kho cho biết; không hỏi cụm mật khẩu"},
    {"a change of the catalogue was asked for within a look at it", "có yêu cầu thay đổi sổ danh mục trong khi đang xem sổ"},
    {"a page contradicts its checksum", "một trang không khớp với mã kiểm tra của nó"},
    {"a part of a change of the catalogue failed, and all of it was undone",
     "một phần của thay đổi trong sổ danh mục không thành công, và toàn bộ thay đổi đã được hoàn lại"},
    {"a second open finding {} of {}", "phát hiện {} thứ hai đang mở về {}"},
    {"another program holds it; try again when that has ended",
     "một chương trình khác đang giữ; hãy thử lại khi chương trình đó đã xong"},
    {"another service has the catalogue in {}; one folder serves one service: end the other, or give this one a folder of its "
     "own",
     "một dịch vụ khác đang dùng sổ danh mục trong {}; mỗi thư mục chỉ phục vụ một dịch vụ: hãy dừng dịch vụ kia, hoặc cho dịch "
     "vụ này một thư mục riêng"},
    {"back from the service's records of {}: places and custodians of media {}, lines of their hand-over record {}, findings {}",
     "lấy lại được từ hồ sơ của dịch vụ ngày {}: nơi cất giữ và người giữ của {} phương tiện lưu trữ, {} dòng sổ bàn giao, {} "
     "phát hiện"},
    {"cannot copy the catalogue to {}: there is something already",
     "không thể sao chép sổ danh mục đến {}: ở đó đã có sẵn thứ khác"},
    {"cannot open the database {}: its write-ahead log cannot be used here (mode {})",
     "không thể mở cơ sở dữ liệu {}: ở đây không dùng được nhật ký ghi trước của nó (chế độ {})"},
    {"cannot {} the database {}: {}", "không thể {} cơ sở dữ liệu {}: {}"},
    {"copying the database {}: {}", "sao chép cơ sở dữ liệu {}: {}"},
    {"it cannot be written", "không ghi được vào đó"},
    {"it was asked to stop", "có yêu cầu dừng"},
    {"its last writer was cut off, and what it left can only be put right where the file may be written",
     "lần ghi cuối bị cắt ngang, và phần dở dang chỉ khắc phục được ở nơi ghi được vào tệp"},
    {"job {} cannot end as {}", "công việc {} không thể kết thúc với trạng thái {}"},
    {"job {} has ended already ({})", "công việc {} đã kết thúc ({})"},
    {"job {} was not interrupted ({})", "công việc {} không bị gián đoạn ({})"},
    {"look at places and custodians with 'custody media list'; then 'systemctl start custodyd'",
     "hãy xem lại nơi cất giữ và người giữ bằng 'custody media list'; rồi 'systemctl start custodyd'"},
    {"media known from these records alone: {}; what they hold shows when they are here, and until then they count as owing",
     "phương tiện lưu trữ chỉ biết qua hồ sơ này: {}; chúng chứa gì thì khi có lại ở đây mới rõ, đến lúc đó được tính là còn nợ"},
    {"medium {} cannot be registered so: its name, identity or vault is that of another one ({})",
     "không thể đăng ký phương tiện lưu trữ {} như vậy: tên, mã nhận dạng hoặc kho của nó là của một phương tiện khác ({})"},
    {"no medium {} is registered; see `custody media list`", "chưa đăng ký phương tiện lưu trữ {}; hãy xem `custody media list`"},
    {"not known any more: jobs and their results, hand-overs and acknowledgements since {}, when the digest was sent last",
     "không còn biết: các việc và kết quả, các lần bàn giao và xác nhận sau {}, bản tổng hợp gửi lần cuối khi nào"},
    {"row {} of table {} refers to a row of {} that is not there",
     "dòng {} của bảng {} tham chiếu đến một dòng không có trong bảng {}"},
    {"the catalogue {} contradicts itself: {}", "sổ danh mục {} tự mâu thuẫn: {}"},
    {"the catalogue {} has format {}, written by Custody {}; this is Custody {}, which knows formats up to {}: install Custody "
     "{} or newer",
     "sổ danh mục {} có định dạng {}, do Custody {} ghi; đây là Custody {}, chỉ biết các định dạng đến {}: hãy cài đặt Custody "
     "{} hoặc mới hơn"},
    {"the catalogue {} is damaged ({}) and was set aside as {}; the backups do not need it: run `custody catalog rebuild`, which "
     "brings back from the vaults what they know",
     "sổ danh mục {} bị hỏng ({}) và đã được để riêng thành {}; các bản sao lưu không phụ thuộc vào nó: hãy chạy `custody "
     "catalog rebuild` để lấy lại từ các kho những gì kho biết"},
    {"the catalogue {} is gone, or was set aside as damaged; the backups do not need it: run `custody catalog rebuild`, which "
     "brings back from the vaults what they know, or put a copy of it in its place",
     "sổ danh mục {} không còn, hoặc đã được để riêng vì bị hỏng; các bản sao lưu không phụ thuộc vào nó: hãy chạy `custody "
     "catalog rebuild` để lấy lại từ các kho những gì kho biết, hoặc đặt một bản sao của sổ vào đúng chỗ"},
    {"the catalogue {} was not written as it should be: {}", "sổ danh mục {} không được ghi đúng như phải có: {}"},
    {"the database {} holds an unexpected value in column {} of '{}'",
     "cơ sở dữ liệu {} có giá trị không mong đợi ở cột {} của '{}'"},
    {"the database {} takes no more changes: the medium lost what was written before; mend or replace it and start the program "
     "again",
     "cơ sở dữ liệu {} không nhận thay đổi nữa: phương tiện lưu trữ đã làm mất những gì được ghi trước đó; hãy sửa hoặc thay "
     "phương tiện rồi khởi động lại chương trình"},
    {"the file is damaged", "tệp đã bị hỏng"},
    {"the file is no SQLite database, or its beginning is damaged",
     "tệp không phải là cơ sở dữ liệu SQLite, hoặc phần đầu của tệp đã bị hỏng"},
    {"the file was moved or removed while it was open", "tệp đã bị di chuyển hoặc xóa trong khi đang mở"},
    {"the history of jobs must be kept for {} days at least (duty L1), and rows no shorter than details",
     "lịch sử công việc phải được lưu ít nhất {} ngày (nghĩa vụ L1), và các dòng không ngắn hạn hơn chi tiết"},
    {"the medium {0} has snapshots of {1} that are younger than the day on which this machine took over from it: {1} lives, and "
     "no rule here ends its snapshots; where it does not, end them with 'custody forget --host {1}'",
     "phương tiện lưu trữ {0} có các bản chụp của {1} mới hơn ngày máy này tiếp quản từ nó: {1} vẫn đang chạy, nên không quy tắc "
     "nào ở đây kết thúc bản chụp của nó; nếu không phải vậy, hãy kết thúc chúng bằng 'custody forget --host {1}'"},
    {"the medium {} of the records: its name, identity or vault is another medium's now",
     "phương tiện lưu trữ {} trong hồ sơ: tên, mã nhận dạng hoặc kho của nó nay thuộc phương tiện khác"},
    {"the value of {} cannot be kept in the catalogue: too long, or no text",
     "không thể lưu giá trị của {} trong sổ danh mục: quá dài, hoặc không phải văn bản"},
    {"there is a catalogue already: {}", "đã có sổ danh mục: {}"},
    {"there is no job {}; see `custody job list`", "không có công việc {}; hãy xem `custody job list`"},
    {"there is no open finding {}; see `custody status`", "không có phát hiện {} đang mở; hãy xem `custody status`"},
    {"two media are called {}; give each a name of its own",
     "có hai phương tiện lưu trữ cùng tên {}; hãy đặt cho mỗi phương tiện một tên riêng"},
    {"use", "sử dụng"},
    {"{} and {} hold the same vault: one is a copy of the other made by hand; name only one",
     "{} và {} chứa cùng một kho: cái này là bản sao thủ công của cái kia; hãy chỉ nêu một cái"},
    {"{} is no absolute path", "{} không phải là đường dẫn tuyệt đối"},
    {"{} is no catalogue of Custody", "{} không phải là sổ danh mục của Custody"},
    {"{} is no name in a database", "{} không phải là tên trong cơ sở dữ liệu"},
    {"{} is too large a number for the database {}", "{} là số quá lớn đối với cơ sở dữ liệu {}"},
    {"{}: field '{}' is not as it should be", "{}: trường '{}' không đúng như phải có"},
    {"{}: field '{}' is too long", "{}: trường '{}' quá dài"},
    {"{}: it is no object", "{}: không phải là một đối tượng"},
    {"{}: its format is '{}', and this program reads '{}'", "{}: định dạng là '{}', còn chương trình này đọc '{}'"},
};
static_assert(is_sorted_table(kCatalogTexts));

}  // namespace

std::span<const Translation> vietnamese_catalog_texts() { return kCatalogTexts; }

}  // namespace custody
