// Messages about sources.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {" {} used of {}", " đã dùng {} trong {}"},
    {"can no longer be looked at", "không còn xem được nữa"},
    {"cannot back up {}: nothing is mounted there, though {} lists it; mount it first",
     "không sao lưu được {}: chưa có gì được gắn ở đó, dù {} có ghi; hãy gắn vào trước"},
    {"cannot back up {}: there is no such device or file", "không sao lưu được {}: không có thiết bị hay tệp này"},
    {"cannot back up {}: there is no such file or folder", "không sao lưu được {}: không có tệp hay thư mục này"},
    {"cannot read {}...: folders are nested too deep", "không đọc được {}...: các thư mục lồng nhau quá sâu"},
    {"cannot read {}: another folder took its place; back up again",
     "không đọc được {}: thư mục khác đã thay chỗ nó; hãy sao lưu lại"},
    {"cannot read {}: it does not say how much it gives, and gives more than {}",
     "không đọc được {}: nó không cho biết sẽ cho bao nhiêu dữ liệu, và cho nhiều hơn {}"},
    {"cannot read {}: something else took its place; back up again",
     "không đọc được {}: thứ khác đã thay chỗ nó; hãy sao lưu lại"},
    {"free space of {} at byte {} is stored too: {}", "vùng trống của {} ở byte {} cũng được lưu: {}"},
    {"has entries that came or went", "có các mục vừa thêm hoặc vừa mất"},
    {"has other attributes", "có thuộc tính khác"},
    {"has vanished", "đã biến mất"},
    {"has vanished with its folder", "đã biến mất cùng thư mục chứa nó"},
    {"it is a journal of its own", "nó là một nhật ký hệ thống tệp riêng"},
    {"it is larger than the place it lies in", "nó lớn hơn chỗ chứa nó"},
    {"it is marked as damaged", "nó được đánh dấu là hỏng"},
    {"it is mounted read-write", "nó đang được gắn để đọc và ghi"},
    {"it was not unmounted cleanly", "nó chưa được tháo ra đúng cách"},
    {"its bitmaps call block {} free, which holds structures of its own",
     "bảng khối của nó coi khối {} là trống, trong khi khối đó chứa cấu trúc của chính nó"},
    {"its bitmaps call block {} free, which its inode {} uses",
     "bảng khối của nó coi khối {} là trống, trong khi inode {} của nó đang dùng khối đó"},
    {"its block bitmaps are damaged", "bảng khối của nó bị hỏng"},
    {"its block bitmaps cannot be checked", "không kiểm tra được bảng khối của nó"},
    {"its block groups have {} free blocks, its superblock says {}",
     "các nhóm khối của nó có {} khối trống, siêu khối lại ghi {}"},
    {"its group descriptors are damaged", "các mô tả nhóm của nó bị hỏng"},
    {"its inode tables cannot be read", "không đọc được các bảng inode của nó"},
    {"its inode {} is damaged", "inode {} của nó bị hỏng"},
    {"its inodes use more blocks than it has", "các inode của nó dùng nhiều khối hơn số khối nó có"},
    {"its journal was not replayed", "nhật ký của nó chưa được phát lại"},
    {"left out: {} belongs to Custody itself", "bỏ qua: {} thuộc về chính Custody"},
    {"left out: {} is made up by the kernel", "bỏ qua: {} do nhân hệ điều hành tạo ra"},
    {"no snapshot is made, for nothing that was named can be read: {}",
     "không tạo bản chụp, vì không đọc được gì trong những thứ đã nêu: {}"},
    {"no snapshot is made, for nothing that was named could be read: {}",
     "không lập bản chụp nào, vì không đọc được gì trong những gì đã nêu: {}"},
    {"no snapshot is made, for the stream was empty: look whether what feeds it failed",
     "không lập bản chụp nào, vì luồng dữ liệu rỗng: hãy xem chương trình cấp dữ liệu có bị lỗi không"},
    {"no snapshot is made, for {} holds not one byte: look whether it is the right one, and whether what makes it failed, or a "
     "medium is missing",
     "không lập bản chụp nào, vì {} không có byte nào: hãy xem có nêu đúng không, và chương trình tạo ra nó có bị lỗi, hay "
     "thiếu phương tiện lưu trữ không"},
    {"not crossed: {} lies on another file system", "không đi qua: {} nằm trên hệ thống tệp khác"},
    {"nothing to back up: name at least one path", "không có gì để sao lưu: hãy nêu ít nhất một đường dẫn"},
    {"the bitmap of its block group {} has {} free blocks, its descriptor says {}",
     "bảng khối của nhóm khối {} có {} khối trống, mô tả của nhóm lại ghi {}"},
    {"unknown content", "không rõ nội dung"},
    {"was replaced", "đã bị thay thế"},
    {"was written to", "đã bị ghi vào"},
    {"went from {} bytes to {}", "từ {} byte thành {} byte"},
    {"{} ('e2fsck -f -n' shows what is damaged)", "{} ('e2fsck -f -n' cho thấy cái gì bị hỏng)"},
    {"{} cannot name a stream: give one file name of at most 255 bytes",
     "{} không đặt tên cho luồng dữ liệu được: hãy cho một tên tệp dài nhất 255 byte"},
    {"{} is a vault and is backed up as it lies there; leave it out with --exclude {}",
     "{} là một kho và được sao lưu nguyên như đang nằm đó; muốn chừa ra thì dùng --exclude {}"},
    {"{} is in use ({}): its image would be torn; unmount it, mount it read-only, or give --allow-mounted",
     "{} đang được dùng ({}): ảnh sẽ không nhất quán; hãy tháo ra, gắn chỉ để đọc, hoặc cho phép bằng --allow-mounted"},
    {"{} is in use as swap: the image may hold a state that never was; what is in swap needs no backup, and 'swapoff' ends it",
     "{} đang được dùng làm vùng hoán đổi: ảnh có thể chứa một trạng thái chưa từng có; nội dung vùng hoán đổi không cần sao "
     "lưu, "
     "và 'swapoff' sẽ tắt nó"},
    {"{} is mounted read-write: the image may hold a state that never was",
     "{} đang được gắn để đọc và ghi: ảnh có thể chứa một trạng thái chưa từng có"},
    {"{} is neither a block device nor an image file", "{} không phải là thiết bị khối cũng không phải là tệp ảnh"},
    {"{} is not an absolute path", "{} không phải là đường dẫn tuyệt đối"},
    {"{} vanished before it could be read: it is not in this backup",
     "{} đã biến mất trước khi đọc được: nó không có trong bản sao lưu này"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_sources_texts() { return kTexts; }

}  // namespace custody
