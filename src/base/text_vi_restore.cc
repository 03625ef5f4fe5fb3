// Messages of restore, export and verify.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"and {} more", "và {} mục nữa"},
    {"and {} more that could not be restored", "và {} mục nữa không phục hồi được"},
    {"belongs to another vault", "thuộc về một kho khác"},
    {"block at {}: {}", "khối ở {}: {}"},
    {"cannot be read", "không đọc được"},
    {"does not hold what it should; `custody repair` makes it again", "không chứa những gì phải có; `custody repair` tạo lại nó"},
    {"head not witnessed: no head of this vault's ledger is remembered here, so a cut or rolled back ledger would not be noticed",
     "phần cuối chưa có chứng kiến: ở đây không ghi nhớ phần cuối sổ cái của kho này, nên sổ bị cắt hoặc bị đưa lùi sẽ không "
     "được phát hiện"},
    {"is damaged", "bị hỏng"},
    {"its bytes are not those that ledger entry 1 promises", "các byte của nó không phải là những gì mục 1 của sổ cái bảo đảm"},
    {"label {}: its keys are not here, so its {} snapshots were checked without keys only",
     "nhãn {}: không có khóa ở đây, nên {} bản chụp của nó chỉ được kiểm tra không dùng khóa"},
    {"refers to {}, which no index segment leads to", "dùng đến {}, mà không đoạn chỉ mục nào dẫn tới"},
    {"reserve is missing; the next prune or repair makes it again", "thiếu phần dự trữ; lần dọn hoặc chữa tiếp theo sẽ tạo lại"},
    {"sample of {} % of the blocks and all trees, seed {}", "mẫu {} % số khối và toàn bộ cây, hạt giống {}"},
    {"says that {} lies in {} at {}, and it does not", "nói rằng {} nằm trong {} ở {}, nhưng không phải vậy"},
    {"the folder {} was replaced by another while restoring: run it again",
     "thư mục {} bị thay bằng thư mục khác trong khi phục hồi: hãy chạy lại"},
    {"the prefix {} is not a folder", "tiền tố {} không phải là thư mục"},
    {"the secrets of {} are not in this keyring, and only they open content; use `--level structure` here, or verify where the "
     "custodian's keyring is",
     "bí mật của {} không có trong bộ khóa này, mà chỉ chúng mở được nội dung; ở đây hãy dùng `--level structure`, hoặc kiểm tra "
     "ở nơi có bộ khóa của bên giữ khóa"},
    {"the snapshot has no {}", "bản chụp không có {}"},
    {"the snapshot has no {}: `custody ls` shows what it has",
     "bản chụp không có {}: `custody ls` cho biết những gì có trong đó"},
    {"the target {} is not a folder: name a folder, which is made when it is absent",
     "đích {} không phải là thư mục: hãy nêu một thư mục, chưa có thì sẽ được tạo"},
    {"this keyring has no secret of the label {}: use the custodian's keyring or a recovery kit",
     "bộ khóa này không có bí mật của nhãn {}: hãy dùng bộ khóa của bên giữ khóa hoặc bộ phục hồi"},
    {"this level needs a keyring with the writer keys; `custody verify --keyless` works without any",
     "mức này cần bộ khóa có khóa của máy ghi; `custody verify --keyless` thì không cần"},
    {"this level opens content, which needs the keyring's passphrase; `--level structure` works without it",
     "mức này mở nội dung, cần cụm mật khẩu của bộ khóa; `--level structure` thì không cần"},
    {"unknown signer {} (first in {}): nothing here vouches for it; give `--signers FILE` of a public export",
     "bên ký không rõ {} (lần đầu ở {}): ở đây không có gì bảo đảm; hãy cho `--signers FILE` của một bản xuất công khai"},
    {"{} affects {} more paths that are not listed", "{} ảnh hưởng đến {} đường dẫn nữa không liệt kê ở đây"},
    {"{} appeared while restoring and is left as it is", "{} xuất hiện trong khi phục hồi và được để nguyên"},
    {"{} at offset {}: a chunk does not match its id", "{} ở vị trí {}: một mảnh không khớp với mã của nó"},
    {"{} belongs to another family of vaults than this keyring; name its own with --keyring",
     "{} thuộc họ kho khác với bộ khóa này; hãy nêu bộ khóa của nó bằng --keyring"},
    {"{} cannot be compared: {}", "không so sánh được {}: {}"},
    {"{} does not lie below the prefix {}: name the paths to restore",
     "{} không nằm dưới tiền tố {}: hãy nêu các đường dẫn cần phục hồi"},
    {"{} has '..' in it: name the path as `custody ls` shows it",
     "{} có '..' bên trong: hãy ghi đường dẫn như `custody ls` hiển thị"},
    {"{} has {} free and the restore needs {}: choose another target or fewer paths",
     "{} còn trống {} mà việc phục hồi cần {}: hãy chọn đích khác hoặc ít đường dẫn hơn"},
    {"{} is damaged, but holds only data whose keys were destroyed", "{} bị hỏng, nhưng chỉ chứa dữ liệu đã hủy khóa"},
    {"{} is left as it is: it differs in {} (--overwrite changed replaces it)",
     "{} được để nguyên: nó khác ở {} (--overwrite changed sẽ thay nó)"},
    {"{} is left: something that is not a folder is in its place (--overwrite changed replaces it)",
     "{} được để nguyên: ở chỗ đó là thứ không phải thư mục (--overwrite changed sẽ thay nó)"},
    {"{} is not restored: its folder could not be made", "{} không được phục hồi: không tạo được thư mục chứa nó"},
    {"{} is not restored: {}; `custody repair --from` a second vault can bring it back",
     "{} không được phục hồi: {}; `custody repair --from` một kho thứ hai có thể đưa nó trở lại"},
    {"{} objects that no ledger entry names, of interrupted or running backups; prune removes them: {}",
     "{} đối tượng không mục nào của sổ cái nêu tên, của các lần sao lưu bị ngắt hoặc đang chạy; prune sẽ bỏ chúng: {}"},
    {"{} of its {} blocks are damaged", "{} trong {} khối của nó bị hỏng"},
    {"{} packs hold only data whose keys were destroyed; prune frees them",
     "{} gói chỉ chứa dữ liệu đã hủy khóa; prune sẽ giải phóng chúng"},
    {"{} snapshots are of labels whose keys were destroyed: not damage, and not to be had again",
     "{} bản chụp thuộc các nhãn đã hủy khóa: không phải hư hỏng, và không thể lấy lại"},
    {"{} was replaced by another while restoring: run it again", "{} bị thay bằng mục khác trong khi phục hồi: hãy chạy lại"},
    {"{}: the secrets are not here; packs were hashed whole, their content was not opened",
     "{}: không có bí mật ở đây; các gói được băm toàn bộ, nội dung không được mở"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_restore_texts() { return kTexts; }

}  // namespace custody
