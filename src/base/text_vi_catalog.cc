// Messages of the databases that the program keeps or copies (base/sqlite), and of the catalogue.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"a page contradicts its checksum", "một trang không khớp với mã kiểm tra của nó"},
    {"another program holds it; try again when that has ended",
     "một chương trình khác đang giữ; hãy thử lại khi chương trình đó đã xong"},
    {"cannot open the database {}: its write-ahead log cannot be used here (mode {})",
     "không thể mở cơ sở dữ liệu {}: ở đây không dùng được nhật ký ghi trước của nó (chế độ {})"},
    {"cannot {} the database {}: {}", "không thể {} cơ sở dữ liệu {}: {}"},
    {"copying the database {}: {}", "sao chép cơ sở dữ liệu {}: {}"},
    {"it cannot be written", "không ghi được vào đó"},
    {"it was asked to stop", "có yêu cầu dừng"},
    {"its last writer was cut off, and what it left can only be put right where the file may be written",
     "lần ghi cuối bị cắt ngang, và phần dở dang chỉ khắc phục được ở nơi ghi được vào tệp"},
    {"row {} of table {} refers to a row of {} that is not there",
     "dòng {} của bảng {} tham chiếu đến một dòng không có trong bảng {}"},
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
    {"use", "sử dụng"},
    {"{} is no absolute path", "{} không phải là đường dẫn tuyệt đối"},
    {"{} is no name in a database", "{} không phải là tên trong cơ sở dữ liệu"},
    {"{} is too large a number for the database {}", "{} là số quá lớn đối với cơ sở dữ liệu {}"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_catalog_texts() { return kTexts; }

}  // namespace custody
