// Messages about sources.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"can no longer be looked at", "không còn xem được nữa"},
    {"cannot back up {}: nothing is mounted there, though {} lists it; mount it first",
     "không sao lưu được {}: chưa có gì được gắn ở đó, dù {} có ghi; hãy gắn vào trước"},
    {"cannot back up {}: there is no such file or folder", "không sao lưu được {}: không có tệp hay thư mục này"},
    {"cannot read {}...: folders are nested too deep", "không đọc được {}...: các thư mục lồng nhau quá sâu"},
    {"cannot read {}: another folder took its place; back up again",
     "không đọc được {}: thư mục khác đã thay chỗ nó; hãy sao lưu lại"},
    {"cannot read {}: something else took its place; back up again",
     "không đọc được {}: thứ khác đã thay chỗ nó; hãy sao lưu lại"},
    {"has entries that came or went", "có các mục vừa thêm hoặc vừa mất"},
    {"has other attributes", "có thuộc tính khác"},
    {"has vanished", "đã biến mất"},
    {"has {} bytes, had {}", "có {} byte, trước có {}"},
    {"its folder has vanished", "thư mục chứa nó đã biến mất"},
    {"left out: {} belongs to Custody itself", "bỏ qua: {} thuộc về chính Custody"},
    {"left out: {} is made up by the kernel", "bỏ qua: {} do nhân hệ điều hành tạo ra"},
    {"not crossed: {} lies on another file system", "không đi qua: {} nằm trên hệ thống tệp khác"},
    {"nothing to back up: name at least one path", "không có gì để sao lưu: hãy nêu ít nhất một đường dẫn"},
    {"was replaced", "đã bị thay thế"},
    {"was written to", "đã bị ghi vào"},
    {"{} cannot name a stream: give one file name of at most 255 bytes",
     "{} không đặt tên cho luồng dữ liệu được: hãy cho một tên tệp dài nhất 255 byte"},
    {"{} is not an absolute path", "{} không phải là đường dẫn tuyệt đối"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_sources_texts() { return kTexts; }

}  // namespace custody
