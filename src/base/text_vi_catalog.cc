// Messages of the databases that the program keeps or copies (base/sqlite), and of the catalogue.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kCatalogTexts[] = {
    {"a change of the catalogue was asked for within a look at it", "có yêu cầu thay đổi sổ danh mục trong khi đang xem sổ"},
    {"a page contradicts its checksum", "một trang không khớp với mã kiểm tra của nó"},
    {"a part of a change of the catalogue failed, and all of it was undone",
     "một phần của thay đổi trong sổ danh mục không thành công, và toàn bộ thay đổi đã được hoàn lại"},
    {"another program holds it; try again when that has ended",
     "một chương trình khác đang giữ; hãy thử lại khi chương trình đó đã xong"},
    {"another service has the catalogue in {}; one folder serves one service: end the other, or give this one a folder of its "
     "own",
     "một dịch vụ khác đang dùng sổ danh mục trong {}; mỗi thư mục chỉ phục vụ một dịch vụ: hãy dừng dịch vụ kia, hoặc cho dịch "
     "vụ này một thư mục riêng"},
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
    {"medium {} cannot be registered so: its name, identity or vault is that of another one ({})",
     "không thể đăng ký phương tiện lưu trữ {} như vậy: tên, mã nhận dạng hoặc kho của nó là của một phương tiện khác ({})"},
    {"no medium {} is registered; see `custody media list`", "chưa đăng ký phương tiện lưu trữ {}; hãy xem `custody media list`"},
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
};
static_assert(is_sorted_table(kCatalogTexts));

}  // namespace

std::span<const Translation> vietnamese_catalog_texts() { return kCatalogTexts; }

}  // namespace custody
