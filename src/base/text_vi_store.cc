// Messages about stores, packs and indexes.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kStoreTexts[] = {
    {"'{}' in {} is no folder, and the vault needs one there: nothing can be written; run `custody repair`",
     "'{}' trong {} không phải là thư mục, mà kho cần một thư mục ở đó: không ghi được gì; hãy chạy `custody repair`"},
    {"'{}' is not a name of an object in a vault", "'{}' không phải là tên đối tượng trong kho"},
    {"'{}' is not a session", "'{}' không phải là phiên"},
    {"; it stays, for whether a snapshot needs it cannot be told: a snapshot's record or tree is damaged, or the keys of its "
     "label are not here",
     "; nó được giữ lại, vì không thể biết có bản chụp nào cần nó hay không: bản ghi hoặc cây của một bản chụp bị hỏng, hoặc "
     "khóa của nhãn không có ở đây"},
    {"a block header is cut short", "phần đầu của một khối bị cắt cụt"},
    {"a block is cut short", "một khối bị cắt cụt"},
    {"a block of another kind was given to a pack", "một khối khác loại được đưa vào gói"},
    {"a compressed block does not decompress: {}", "một khối nén không giải nén được: {}"},
    {"a compressed block has the wrong size", "một khối nén có kích thước sai"},
    {"a compressed block is not one whole frame of its size", "một khối nén không phải là một khung trọn vẹn đúng kích thước"},
    {"a pack would grow beyond {} bytes", "một gói sẽ vượt quá {} byte"},
    {"a prune, or a copy waiting for one, is at work in {}; try again when it has ended",
     "một lần dọn, hoặc một lần sao chép đang đợi dọn, đang làm việc trong {}; hãy thử lại khi nó xong"},
    {"a segment header is cut short", "phần đầu của một đoạn bị cắt cụt"},
    {"a stored block has the wrong size", "một khối đã lưu có kích thước sai"},
    {"an id of {} bytes was looked up", "đã tra một mã dài {} byte"},
    {"an index entry lies in a pack that has no row", "một mục chỉ mục nằm trong gói không có hàng nào"},
    {"an index segment is full", "một đoạn chỉ mục đã đầy"},
    {"at offset {}: {}", "ở vị trí {}: {}"},
    {"bad count of entries", "số lượng mục sai"},
    {"bad count of packs", "số lượng gói sai"},
    {"bad count of pages", "số lượng trang sai"},
    {"bad field in the header", "trường sai trong phần đầu"},
    {"bad row of a pack", "hàng sai của một gói"},
    {"bad size of the filter", "kích thước bộ lọc sai"},
    {"belongs to another segment", "thuộc về một đoạn khác"},
    {"block {} does not belong to segment {}", "khối {} không thuộc đoạn {}"},
    {"block {} is cut short", "khối {} bị cắt cụt"},
    {"block {} of segment {}", "khối {} của đoạn {}"},
    {"block {} stands without its segment's header", "khối {} đứng mà không có phần đầu của đoạn chứa nó"},
    {"cannot compress a block: out of memory", "không nén được một khối: hết bộ nhớ"},
    {"cannot compress a block: zstd reports {}", "không nén được một khối: zstd báo {}"},
    {"cannot decompress a block: out of memory", "không giải nén được một khối: hết bộ nhớ"},
    {"cannot finish a pack without blocks", "không hoàn tất được gói không có khối nào"},
    {"cannot keep a temporary file in {}: another program removes or locks it",
     "không giữ được tệp tạm trong {}: chương trình khác xóa hoặc khóa nó"},
    {"cannot seal a block of {} bytes in {} entries", "không niêm phong được khối {} byte với {} mục"},
    {"cannot seal a block: its summary does not fit", "không niêm phong được khối: phần tóm tắt không vừa"},
    {"cannot seal a segment key", "không niêm phong được khóa của đoạn"},
    {"content changed in memory while it was stored; suspect this machine's memory",
     "nội dung thay đổi trong bộ nhớ khi đang lưu; nghi ngờ bộ nhớ của máy này"},
    {"has a summary that is not authentic", "có phần tóm tắt không xác thực được"},
    {"index entries are not in order", "các mục chỉ mục không theo thứ tự"},
    {"index segment: it belongs to another family or label", "đoạn chỉ mục: nó thuộc họ hoặc nhãn khác"},
    {"index segment: it is cut short", "đoạn chỉ mục: nó bị cắt cụt"},
    {"index segment: its signature does not hold", "đoạn chỉ mục: chữ ký không đúng"},
    {"index segment: its sizes do not add up", "đoạn chỉ mục: các kích thước không khớp nhau"},
    {"index segment: its table is not authentic", "đoạn chỉ mục: bảng của nó không xác thực được"},
    {"index segment: {}", "đoạn chỉ mục: {}"},
    {"is cut short", "bị cắt cụt"},
    {"is missing, and the ledger no longer names it, though its snapshot is live",
     "bị thiếu, và sổ cái không còn ghi tên nó, dù bản chụp của nó vẫn còn hiệu lực"},
    {"is no folder, and the vault needs one there", "không phải là thư mục, mà kho cần một thư mục ở đó"},
    {"is not authentic", "không xác thực được"},
    {"is of another kind than its segment", "khác loại với đoạn chứa nó"},
    {"it does not end as it should", "nó không kết thúc đúng"},
    {"it is cut short", "nó bị cắt cụt"},
    {"it is not what its name says", "nó không phải là thứ mà tên của nó nói"},
    {"it names an unknown suite of ciphers, {}", "nó nêu bộ mật mã không rõ, {}"},
    {"its format is 0", "định dạng của nó là 0"},
    {"its time of creation is no time", "thời điểm tạo của nó không phải là thời gian"},
    {"locks do not hold on the file system of {}, so that a prune could remove what a backup needs; choose another medium",
     "khóa tệp không có hiệu lực trên hệ thống tệp của {}, nên việc dọn có thể xóa thứ mà một lần sao lưu cần; hãy chọn phương "
     "tiện lưu trữ khác"},
    {"needs {}, which the ledger does not name", "cần {}, mà sổ cái không ghi tên"},
    {"no vault is named; use --vault or CUSTODY_VAULT", "chưa nêu kho; hãy dùng --vault hoặc CUSTODY_VAULT"},
    {"page {} is damaged", "trang {} bị hỏng"},
    {"pages are out of order", "các trang không theo thứ tự"},
    {"reading content of label {} needs its secret; only writer keys are here",
     "đọc nội dung của nhãn {} cần bí mật của nó; ở đây chỉ có khóa của máy ghi"},
    {"removed {}: it was damaged or missing, and nothing needs it any more",
     "đã gỡ bỏ {}: nó bị hỏng hoặc bị thiếu, và không còn gì cần đến nó"},
    {"rows are out of order", "các hàng không theo thứ tự"},
    {"segment {} belongs to another family or label", "đoạn {} thuộc họ hoặc nhãn khác"},
    {"the block is not the one that the index promises", "khối này không phải là khối mà chỉ mục bảo đảm"},
    {"the index changed while it was read; run the command again", "chỉ mục thay đổi trong khi đọc; hãy chạy lại lệnh"},
    {"the ledger no longer names it, and its snapshot is live",
     "sổ cái không còn ghi tên nó, trong khi bản chụp của nó vẫn còn hiệu lực"},
    {"the pack ends before the block that the index promises", "gói kết thúc trước khối mà chỉ mục bảo đảm"},
    {"the pack is cut short", "gói bị cắt cụt"},
    {"the pack is larger than {} bytes", "gói lớn hơn {} byte"},
    {"the running system", "hệ thống đang chạy"},
    {"the sealed key of segment {} does not open", "khóa niêm phong của đoạn {} không mở được"},
    {"the vault {} and {} lie on the same disk ({}): when it fails, both are lost; keep a copy on another disk with 'custody "
     "copy'",
     "kho {} và {} nằm trên cùng một ổ đĩa ({}): khi nó hỏng thì mất cả hai; hãy giữ một bản trên ổ khác bằng 'custody copy'"},
    {"the vault {} has lost its vault.json; heal it with 'custody repair --vault {}', which finds its text in the ledger",
     "kho {} đã mất vault.json; hãy chữa bằng 'custody repair --vault {}', lệnh này tìm lại nội dung của nó trong sổ cái"},
    {"there is no vault at {}; is the medium attached and mounted? 'custody init' makes a new vault",
     "không có kho ở {}; phương tiện lưu trữ đã được cắm và gắn chưa? 'custody init' tạo kho mới"},
    {"this medium has no second copies of entries {} to {} of the ledger of the vault {}: `custody copy`, or `custody repair "
     "--from`, with that vault writes them again",
     "phương tiện này không có bản thứ hai của các mục từ {} đến {} trong sổ cái của kho {}: `custody copy`, hoặc `custody "
     "repair --from`, với kho đó sẽ ghi lại"},
    {"this medium has no second copy of entry {} of the ledger of the vault {}: `custody copy`, or `custody repair --from`, with "
     "that vault writes it again",
     "phương tiện này không có bản thứ hai của mục {} trong sổ cái của kho {}: `custody copy`, hoặc `custody repair --from`, với "
     "kho đó sẽ ghi lại"},
    {"this vault needs Custody that reads format {}, this one reads {}: update Custody",
     "kho này cần Custody đọc được định dạng {}, bản này đọc {}: hãy cập nhật Custody"},
    {"vault.json is damaged: {}; heal it with 'custody repair', which finds its text in the ledger",
     "vault.json bị hỏng: {}; hãy chữa bằng 'custody repair', lệnh này tìm lại nội dung của nó trong sổ cái"},
    {"vaults behind {}:// cannot be used yet ({}); mount the remote folder and name its path, or back up to a disk and bring a "
     "second one into step with 'custody copy --to'",
     "chưa dùng được kho qua {}:// ({}); hãy gắn thư mục từ xa và nêu đường dẫn của nó, hoặc sao lưu vào một đĩa và đồng bộ đĩa "
     "thứ hai bằng 'custody copy --to'"},
    {"wrong checksum of the footer", "tổng kiểm tra phần cuối sai"},
    {"wrong checksum of the header", "tổng kiểm tra phần đầu sai"},
    {"wrong magic number", "số nhận dạng sai"},
    {"{} already holds a vault; name another folder", "{} đã chứa một kho; hãy nêu thư mục khác"},
    {"{} at offset {}: {}", "{} ở vị trí {}: {}"},
    {"{} belongs to a running program", "{} thuộc về một chương trình đang chạy"},
    {"{} file that is no part of a vault; no command removes it, and where it lies in a folder that stands in an object's place, "
     "`custody repair` sets that aside: {}",
     "{} tệp không thuộc về kho nào; không lệnh nào xóa nó, và nếu nó nằm trong thư mục chiếm chỗ của một đối tượng thì `custody "
     "repair` để thư mục đó sang một bên: {}"},
    {"{} files that are no part of a vault; no command removes them, and where they lie in a folder that stands in an object's "
     "place, `custody repair` sets that aside: {}",
     "{} tệp không thuộc về kho nào; không lệnh nào xóa chúng, và nếu chúng nằm trong thư mục chiếm chỗ của một đối tượng thì "
     "`custody repair` để thư mục đó sang một bên: {}"},
    {"{} has a bad {}", "{} có {} sai"},
    {"{} has a wrong checksum", "{} có tổng kiểm tra sai"},
    {"{} has a wrong magic number", "{} có số nhận dạng sai"},
    {"{} has format version 0", "{} có phiên bản định dạng 0"},
    {"{} holds too many of one name; clear it away", "{} chứa quá nhiều mục cùng tên; hãy dọn bớt"},
    {"{} is a file, not a vault; name a folder", "{} là một tệp, không phải là kho; hãy nêu một thư mục"},
    {"{} is a folder but not a vault (it has no vault.json): name the vault's own folder, and look whether its medium is mounted",
     "{} là thư mục nhưng không phải là kho (không có vault.json): hãy nêu đúng thư mục của kho, và xem phương tiện của nó đã "
     "được "
     "gắn chưa"},
    {"{} is cut short", "{} bị cắt cụt"},
    {"{} is damaged: {}; run 'custody repair', or 'custody prune', which writes it anew",
     "{} bị hỏng: {}; hãy chạy 'custody repair', hoặc 'custody prune' để ghi lại nó"},
    {"{} is missing", "thiếu {}"},
    {"{} is not a file", "{} không phải là tệp"},
    {"{} is not empty; a vault needs an empty folder of its own", "{} không trống; kho cần một thư mục trống của riêng nó"},
    {"{} is not the name of an index segment", "{} không phải là tên của đoạn chỉ mục"},
    {"{} lies on {} from {}: use the vault from this machine only, and make sure that the server writes what it confirms",
     "{} nằm trên {} từ {}: chỉ dùng kho này từ máy này, và bảo đảm máy chủ thực sự ghi những gì nó xác nhận"},
    {"{} lies on {}, in memory: it is gone when the machine stops", "{} nằm trên {}, trong bộ nhớ: máy tắt là mất"},
    {"{} lies on {}, on which vaults were never tested; ext4, xfs or btrfs is safer",
     "{} nằm trên {}, loại chưa từng được kiểm thử với kho; ext4, xfs hoặc btrfs an toàn hơn"},
    {"{} lies on {}, which does not replace files in one step, so that a crash could lose the vault; use a disk, and 'custody "
     "copy' to a second one",
     "{} nằm trên {}, loại không thay tệp trong một bước, nên sự cố có thể làm mất kho; hãy dùng một đĩa, và 'custody copy' sang "
     "đĩa thứ hai"},
    {"{} lies on {}: it keeps no journal, so that a power cut can damage the file system itself, and no owners and modes that "
     "protect the vault's files; ext4, xfs or btrfs is safer",
     "{} nằm trên {}: không có nhật ký hệ thống tệp, nên mất điện có thể làm hỏng chính hệ thống tệp, và không có chủ sở hữu "
     "cùng quyền để bảo vệ các tệp của kho; ext4, xfs hoặc btrfs an toàn hơn"},
    {"{} names no absolute path; write file:///folder", "{} không nêu đường dẫn tuyệt đối; hãy viết file:///thư-mục"},
    {"{} needs Custody that reads format {}", "{} cần Custody đọc được định dạng {}"},
    {"{} was missing, damaged or older than the last prune, and is written anew",
     "{} bị thiếu, hỏng hoặc cũ hơn lần `custody prune` gần nhất, nay đã được ghi lại"},
    {"{} {}", "{} {}"},
    {"{}: it cannot even be opened, and nothing was taken for damaged; check the medium and its file system, or take that one "
     "file away by hand, then run repair again",
     "{}: không mở được tệp này, và không gì bị coi là hỏng; hãy kiểm tra phương tiện và hệ thống tệp của nó, hoặc tự tay dời "
     "riêng tệp đó đi, rồi chạy lại repair"},
    {"{}: vault.json is that of the vault {}, the ledger that of the vault {}, and nothing here tells which of the two this is: "
     "put back what was replaced, or run `custody repair --from` with the other of the two",
     "{}: vault.json là của kho {}, sổ cái là của kho {}, mà ở đây không có gì cho biết đây là kho nào: hãy đưa lại phần đã bị "
     "thay, hoặc chạy `custody repair --from` với kho kia"},
    {"{}: whether it is damaged cannot be told, and nothing was taken for damaged; give {} back to the user who owns the vault, "
     "or run repair as a user who may read it",
     "{}: không thể biết nó có hỏng hay không, và không gì bị coi là hỏng; hãy trả {} lại cho người dùng sở hữu kho, hoặc chạy "
     "repair bằng người dùng được phép đọc nó"},
    {"{}; this medium has no second copy of entry {} of the vault {} until `custody copy`, or `custody repair --from`, brings "
     "the two together again",
     "{}; phương tiện này không có bản thứ hai của mục {} của kho {} cho đến khi `custody copy`, hoặc `custody repair --from`, "
     "đưa hai kho lại với nhau"},
};
static_assert(is_sorted_table(kStoreTexts));

}  // namespace

std::span<const Translation> vietnamese_store_texts() { return kStoreTexts; }

}  // namespace custody
