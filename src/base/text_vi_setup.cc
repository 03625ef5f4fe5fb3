// Messages about the first configuration, what nothing covers, and recovery.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"'kit_page' goes with 'kit' only", "'kit_page' chỉ dùng cùng với 'kit'"},
    {"'{}' must be a section, [{}]", "'{}' phải là một phần, [{}]"},
    {"12/QD-UBND: one server room until May 2027", "12/QĐ-UBND: chỉ có một phòng máy chủ đến tháng 5/2027"},
    {"Answers for 'custody setup --answers FILE'. Sections as in custody.toml are taken over as they are; [setup] says what else "
     "is to be done.\nPassphrases never stand here: name the files.",
     "Các câu trả lời cho 'custody setup --answers TỆP'. Những phần như trong custody.toml được lấy nguyên vào cấu hình; [setup] "
     "nói còn phải làm gì nữa.\nKhông ghi cụm mật khẩu ở đây: hãy nêu tên tệp chứa chúng."},
    {"B12: how long the files of plan {} are kept cannot be read: {}",
     "B12: không đọc được các tệp của kế hoạch {} được lưu bao lâu: {}"},
    {"B12: not understood, and not counted: {}", "B12: không hiểu, và không tính đến: {}"},
    {"Disks, partitions or files that are kept as images, a plan each, label image.",
     "Các ổ đĩa, phân vùng hoặc tệp được lưu thành ảnh, mỗi cái một kế hoạch, nhãn image."},
    {"Folders of data, a plan each, label business.", "Các thư mục dữ liệu, mỗi thư mục một kế hoạch, nhãn business."},
    {"MariaDB or MySQL: a defaults file with user and password, mode 0600.",
     "MariaDB hoặc MySQL: tệp defaults có người dùng và mật khẩu, quyền 0600."},
    {"Media: two at least for important data, in two places (B6), not on the disk of the data (B1).\nDisks here that nothing "
     "uses; 'custody media prepare DEVICE' makes one a medium:",
     "Phương tiện lưu trữ: ít nhất hai cho dữ liệu quan trọng, ở hai địa điểm (B6), không cùng ổ đĩa với dữ liệu (B1).\nCác ổ "
     "đĩa ở đây chưa dùng vào việc gì; 'custody media prepare DEVICE' biến một ổ thành phương tiện lưu trữ:"},
    {"PostgreSQL: connection strings without a password (service=NAME, which the service file explains).",
     "PostgreSQL: chuỗi kết nối không có mật khẩu (service=TÊN, do tệp dịch vụ giải nghĩa)."},
    {"Ready plans for /etc and /var/log.", "Các kế hoạch có sẵn cho /etc và /var/log."},
    {"SQLite databases.", "Các cơ sở dữ liệu SQLite."},
    {"The keyring's passphrase: the first line of this file, or of the one that CUSTODY_PASSPHRASE_FILE names.",
     "Cụm mật khẩu của bộ khóa: dòng đầu của tệp này, hoặc của tệp mà CUSTODY_PASSPHRASE_FILE chỉ đến."},
    {"The recovery kit, its page to print, and the file with its own passphrase; none of them on the vault's disk.",
     "Bộ phục hồi, trang để in của nó, và tệp chứa cụm mật khẩu riêng của nó; không để thứ nào trên ổ đĩa của kho."},
    {"The regulations that bind this office: DS, HP (a draft), BS, BK, HD.",
     "Các quy chế áp dụng cho cơ quan này: DS, HP (dự thảo), BS, BK, HD."},
    {"When plans for folders and databases run: minute hour day month weekday, local time.",
     "Khi nào các kế hoạch cho thư mục và cơ sở dữ liệu chạy: phút giờ ngày tháng thứ, theo giờ địa phương."},
    {"Who hears at once when something fails (L3).", "Ai được báo ngay khi có sự cố (L3)."},
    {"nothing", "không có gì"},
    {"server room", "phòng máy chủ"},
    {"the MariaDB databases of {}", "các cơ sở dữ liệu MariaDB của {}"},
    {"the PostgreSQL databases of {}", "các cơ sở dữ liệu PostgreSQL của {}"},
    {"the SQLite database {}", "cơ sở dữ liệu SQLite {}"},
    {"the answers' [{}] has a time without quotes; a configuration has none",
     "phần [{}] của các câu trả lời có một thời điểm không nằm trong dấu ngoặc kép; cấu hình không dùng loại giá trị này"},
    {"the files below {}", "các tệp trong {}"},
    {"the files below {} but for {}", "các tệp trong {}, trừ {}"},
    {"unknown key '{}'", "không có khóa cấu hình '{}'"},
    {"unknown key '{}': is '{}' meant?", "không có khóa cấu hình '{}': có phải ý là '{}'?"},
    {"{} ({}, {} used)", "{} ({}, đã dùng {})"},
    {"{} ({}, {} used) but for {}", "{} ({}, đã dùng {}), trừ {}"},
    {"{} is in the file already, without '{}': add {} = {} there by hand",
     "{} đã có trong tệp nhưng chưa có '{}': hãy tự thêm {} = {} vào đó"},
    {"{} stays as it is in the file ({}); the answer ({}) was not taken",
     "{} giữ nguyên như trong tệp ({}); câu trả lời ({}) không được dùng"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_setup_texts() { return kTexts; }

}  // namespace custody
