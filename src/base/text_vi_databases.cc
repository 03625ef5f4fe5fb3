// Messages about programs that are run, and about live databases.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"cannot look up the user {}: {}", "không tra được người dùng {}: {}"},
    {"cannot start {} as another user: {}", "không khởi chạy được {} dưới tên người dùng khác: {}"},
    {"cannot start {} in the folder {}: {}", "không khởi chạy được {} trong thư mục {}: {}"},
    {"cannot start {}: an argument holds a zero byte", "không khởi chạy được {}: một tham số có byte không"},
    {"cannot start {}: more than {} of input", "không khởi chạy được {}: đầu vào dài hơn {}"},
    {"cannot start {}: there is no such program in {}", "không khởi chạy được {}: không có chương trình này trong {}"},
    {"cannot start {}: {}", "không khởi chạy được {}: {}"},
    {"cannot take on the rights of user {}: {}", "không nhận được quyền của người dùng {}: {}"},
    {"exit code {}", "mã thoát {}"},
    {"its time was up", "đã hết thời gian cho phép"},
    {"no program is named", "chưa nêu chương trình nào"},
    {"signal {}", "tín hiệu {}"},
    {"the user {} is in too many groups", "người dùng {} thuộc quá nhiều nhóm"},
    {"there is no user {} on this machine", "máy này không có người dùng {}"},
    {"{} cannot name a file of a backup", "{} không dùng làm tên tệp trong bản sao lưu được"},
    {"{} failed: {}", "{} thất bại: {}"},
    {"{} printed nothing: nothing is stored of it", "{} không in ra gì: không có gì được lưu"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_databases_texts() { return kTexts; }

}  // namespace custody
