// Messages of restore, export and verify.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kRestoreTexts[] = {
    {"/{} is not exported: it is another name of /{}, which is not exported either",
     "/{} không được xuất: nó là tên khác của /{}, tệp cũng không được xuất"},
    {"/{} is not exported: {}", "/{} không được xuất: {}"},
    {"and {} more", "và {} mục nữa"},
    {"and {} more that could not be restored", "và {} mục nữa không phục hồi được"},
    {"being one inode with another file of the snapshot", "việc chung một inode với tệp khác của bản chụp"},
    {"belongs to another vault", "thuộc về một kho khác"},
    {"block at {}: {}", "khối ở {}: {}"},
    {"cannot be read", "không đọc được"},
    {"cannot finish the folder {}: it carries the immutable or append-only flag; restore as root with --overwrite changed or "
     "always, which lifts it",
     "không hoàn tất được thư mục {}: nó mang cờ bất biến hoặc chỉ ghi thêm; hãy phục hồi bằng quyền root với --overwrite "
     "changed "
     "hoặc always để gỡ cờ"},
    {"cannot make {} a further name of {}, which carries the immutable or append-only flag; restore as root with --overwrite "
     "changed or always, which lifts it",
     "không đặt được {} làm thêm một tên của {}, vốn mang cờ bất biến hoặc chỉ ghi thêm; hãy phục hồi bằng quyền root với "
     "--overwrite changed hoặc always để gỡ cờ"},
    {"cannot write the archive: {}", "không ghi được tệp lưu trữ: {}"},
    {"cannot {} {}: its folder carries the immutable or append-only flag; restore as root with --overwrite changed or always, "
     "which lifts it",
     "không {} được {}: thư mục chứa nó mang cờ bất biến hoặc chỉ ghi thêm; hãy phục hồi bằng quyền root với --overwrite changed "
     "hoặc always để gỡ cờ"},
    {"cannot {} {}: what is there carries the immutable or append-only flag; restore as root with --overwrite changed or "
     "always, which lifts it",
     "không {} được {}: thứ đang có ở đó mang cờ bất biến hoặc chỉ ghi thêm; hãy phục hồi bằng quyền root với --overwrite "
     "changed "
     "hoặc always để gỡ cờ"},
    {"contents of {} file were not compared: its mode keeps this user out, and a dry run changes no mode; the rest of it is "
     "identical ({})",
     "chưa so sánh nội dung của {} tệp: quyền của tệp không cho người dùng này đọc, mà chạy thử thì không đổi quyền; phần còn "
     "lại giống hệt ({})"},
    {"contents of {} files were not compared: their modes keep this user out, and a dry run changes no mode; the rest of them is "
     "identical (first {})",
     "chưa so sánh nội dung của {} tệp: quyền của chúng không cho người dùng này đọc, mà chạy thử thì không đổi quyền; phần còn "
     "lại giống hệt (mục đầu {})"},
    {"does not hold what it should; `custody repair` makes it again", "không chứa những gì phải có; `custody repair` tạo lại nó"},
    {"hard links", "liên kết cứng"},
    {"head not witnessed: no head of this vault's ledger is remembered here, so a cut or rolled back ledger would not be noticed",
     "phần cuối chưa có chứng kiến: ở đây không ghi nhớ phần cuối sổ cái của kho này, nên sổ bị cắt hoặc bị đưa lùi sẽ không "
     "được phát hiện"},
    {"is damaged", "bị hỏng"},
    {"it has {} bytes and the image needs {}", "nó có {} byte mà ảnh cần {}"},
    {"it is in use: {}", "thiết bị đang được dùng: {}"},
    {"its bytes are not those that ledger entry 1 promises", "các byte của nó không phải là những gì mục 1 của sổ cái bảo đảm"},
    {"its serial is {} and {} was confirmed", "số sê-ri của nó là {} mà đã xác nhận {}"},
    {"label {1}: its keys are not here, so its {0} snapshots were checked without keys only",
     "nhãn {1}: không có khóa ở đây, nên {0} bản chụp của nó chỉ được kiểm tra không dùng khóa"},
    {"lost or put back: of generation {}, and the ledger tells of a prune of generation {}",
     "bị mất hoặc bị thay bằng bản cũ: thuộc thế hệ {}, mà sổ cái ghi một lần dọn của thế hệ {}"},
    {"no damage in all else: level {}, {}, {} read; '--level structure' needs no such key",
     "phần còn lại không hư hại: mức {}, {}, đã đọc {}; '--level structure' không cần khóa ấy"},
    {"refers to {}, which no index segment leads to", "dùng đến {}, mà không đoạn chỉ mục nào dẫn tới"},
    {"reserve is missing; the next prune or repair makes it again", "thiếu phần dự trữ; lần dọn hoặc chữa tiếp theo sẽ tạo lại"},
    {"sample of {} % of the blocks and all trees, seed {}", "mẫu {} % số khối và toàn bộ cây, hạt giống {}"},
    {"says that {} lies in {} at {}, and it does not", "nói rằng {} nằm trong {} ở {}, nhưng không phải vậy"},
    {"snapshot {0} was made with a key that is here, and what is LOCKED of it lies in this vault only under keys that are not: "
     "an early version copied it so, or its own pack was lost. Where another vault has it and opens it whole, 'custody forget "
     "{0}' here, then 'custody copy {0}' from there brings it as it was made",
     "bản chụp {0} được tạo bằng khóa có ở đây, nhưng phần bị KHÓA của nó trong kho này chỉ nằm dưới các khóa không có ở đây: "
     "một phiên bản cũ đã sao chép như vậy, hoặc gói riêng của nó đã mất. Nếu một kho khác có bản chụp ấy và mở được trọn "
     "vẹn, hãy chạy 'custody forget {0}' ở đây, rồi 'custody copy {0}' từ kho kia để đưa nó về đúng như khi được tạo"},
    {"the archive", "tệp lưu trữ"},
    {"the folder {} was replaced by another while restoring: run it again",
     "thư mục {} bị thay bằng thư mục khác trong khi phục hồi: hãy chạy lại"},
    {"the immutable or append-only flag of {} was lifted for the restore and could not be put back ({}): set it again with "
     "chattr, on its other name where it was replaced",
     "cờ bất biến hoặc chỉ ghi thêm của {} đã được gỡ để phục hồi và không đặt lại được ({}): hãy đặt lại bằng chattr, trên tên "
     "khác của nó nếu nó đã bị thay thế"},
    {"the loop device {} is made of it; unmount what is on it and detach it with 'losetup -d {}', or name another file",
     "thiết bị loop {} được tạo từ nó; hãy gỡ gắn những gì trên đó và tháo bằng 'losetup -d {}', hoặc chọn tệp khác"},
    {"the mode of {} was changed for the restore and could not be put back ({}): set it again with chmod {}",
     "quyền truy cập của {} đã được đổi để phục hồi và không đặt lại được ({}): hãy đặt lại bằng chmod {}"},
    {"the name leads to another device now", "tên này giờ dẫn đến thiết bị khác"},
    {"the output", "đầu ra"},
    {"the prefix {} is not a folder", "tiền tố {} không phải là thư mục"},
    {"the reader of the output went away", "bên đọc đầu ra đã ngừng"},
    {"the running system or its swap lies on its disk", "hệ thống đang chạy hoặc vùng hoán đổi của nó nằm trên đĩa đó"},
    {"the secrets of {} are not in this keyring, and only they open content; use `--level structure` here, or verify where the "
     "custodian's keyring is",
     "bí mật của {} không có trong bộ khóa này, mà chỉ chúng mở được nội dung; ở đây hãy dùng `--level structure`, hoặc kiểm tra "
     "ở nơi có bộ khóa của bên giữ khóa"},
    {"the snapshot has no {}", "bản chụp không có {}"},
    {"the snapshot has no {}: `custody ls` shows what it has",
     "bản chụp không có {}: `custody ls` cho biết những gì có trong đó"},
    {"the snapshot holds more than one file: name the PATH, as `custody ls` shows it",
     "bản chụp có nhiều hơn một tệp: hãy nêu PATH, như `custody ls` hiển thị"},
    {"the snapshot holds no file", "bản chụp không có tệp nào"},
    {"the target is not made: {} appeared meanwhile; look at what it is and run it again",
     "không tạo đích: {} xuất hiện giữa chừng; hãy xem đó là gì rồi chạy lại"},
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
    {"zip keeps times to the second and holes as zeros: tar keeps them exactly",
     "zip giữ thời gian đến giây và ghi lỗ trống thành số không: tar giữ chúng chính xác"},
    {"{0} packs cannot be checked, for they were sealed to keys that are not here ({1}): {2}",
     "không kiểm tra được {0} gói, vì chúng được niêm phong bằng khóa không có ở đây ({1}): {2}"},
    {"{1} affects {0} more paths that are not listed", "{1} ảnh hưởng đến {0} đường dẫn nữa không liệt kê ở đây"},
    {"{} access control lists could not be set (first on {}: {})",
     "không đặt được {} danh sách kiểm soát truy cập (mục đầu {}: {})"},
    {"{} appeared while restoring and is left as it is", "{} xuất hiện trong khi phục hồi và được để nguyên"},
    {"{} at offset {}: a chunk does not match its id", "{} ở vị trí {}: một mảnh không khớp với mã của nó"},
    {"{} attributes that only some file systems know could not be set (first on {}: {})",
     "không đặt được {} thuộc tính mà chỉ một số hệ thống tệp mới có (mục đầu {}: {})"},
    {"{} became a separate copy of the file that it is a hard link to ({})",
     "{} thành bản sao riêng của tệp mà nó là liên kết cứng ({})"},
    {"{} came back without all of its {} ({}): once that is mended, run it again with --overwrite changed",
     "{} trở lại mà không có đủ {} ({}): khi đã khắc phục, hãy chạy lại với --overwrite changed"},
    {"{} cannot be compared: {}", "không so sánh được {}: {}"},
    {"{} cannot be had: {}", "không lấy được {}: {}"},
    {"{} does not lie below the prefix {}: name the paths to restore",
     "{} không nằm dưới tiền tố {}: hãy nêu các đường dẫn cần phục hồi"},
    {"{} ends after {} bytes: {}", "{} kết thúc sau {} byte: {}"},
    {"{} ends in none of .tar, .tar.zst, .zip: the ending says which archive to write",
     "{} không kết thúc bằng .tar, .tar.zst hay .zip: phần đuôi cho biết loại tệp lưu trữ cần ghi"},
    {"{} extended attributes have names that tar as it is written here carries with %-codes only, and most programs leave them "
     "so ({})",
     "{} thuộc tính mở rộng có tên mà tar được ghi ở đây chỉ lưu được bằng mã %, và hầu hết chương trình để nguyên như vậy ({})"},
    {"{} file or link makes way for a folder, as --overwrite asks: {}",
     "{} tệp hoặc liên kết nhường chỗ cho thư mục, theo --overwrite: {}"},
    {"{} file that was there keeps its own file flags: {} (--overwrite changed gives it those of the snapshot)",
     "{} tệp có sẵn giữ nguyên các cờ tệp của nó: {} (--overwrite changed sẽ đặt theo bản chụp)"},
    {"{} files lost their setuid or setgid bit because they have another owner now (first {}: {})",
     "{} tệp mất bit setuid hoặc setgid vì nay có chủ khác (mục đầu {}: {})"},
    {"{} files or links make way for folders, as --overwrite asks, first {}",
     "{} tệp hoặc liên kết nhường chỗ cho thư mục, theo --overwrite, đầu tiên là {}"},
    {"{} files that were there keep their own file flags, first {} (--overwrite changed gives them those of the snapshot)",
     "{} tệp có sẵn giữ nguyên các cờ tệp của chúng, đầu tiên là {} (--overwrite changed sẽ đặt theo bản chụp)"},
    {"{} folder that was there keeps its own owner, mode and access lists: {} (--overwrite changed gives it those of the "
     "snapshot)",
     "{} thư mục có sẵn giữ nguyên chủ sở hữu, quyền và danh sách quyền của nó: {} (--overwrite changed sẽ đặt theo "
     "bản chụp)"},
    {"{} folders that were there keep their own owner, mode and access lists, first {} (--overwrite changed gives them "
     "those of the snapshot)",
     "{} thư mục có sẵn giữ nguyên chủ sở hữu, quyền và danh sách quyền của chúng, đầu tiên là {} (--overwrite "
     "changed sẽ đặt theo bản chụp)"},
    {"{} hard links became separate copies (first {}: {})", "{} liên kết cứng thành bản sao riêng (mục đầu {}: {})"},
    {"{} hard links became separate copies: zip cannot carry links ({})",
     "{} liên kết cứng thành bản sao riêng: zip không chứa được liên kết ({})"},
    {"{} has '..' in it: name the path as `custody ls` shows it",
     "{} có '..' bên trong: hãy ghi đường dẫn như `custody ls` hiển thị"},
    {"{} has {} free and the restore needs {}: choose another target or fewer paths",
     "{} còn trống {} mà việc phục hồi cần {}: hãy chọn đích khác hoặc ít đường dẫn hơn"},
    {"{} is a device and was not confirmed as one", "{} là một thiết bị và chưa được xác nhận là thiết bị"},
    {"{} is a folder: name a file or a device", "{} là một thư mục: hãy nêu một tệp hoặc một thiết bị"},
    {"{} is a folder: restore it to a target", "{} là một thư mục: hãy phục hồi nó vào một đích"},
    {"{} is damaged, but holds only data whose keys were destroyed", "{} bị hỏng, nhưng chỉ chứa dữ liệu đã hủy khóa"},
    {"{} is larger than the image: its last {} were left as they are", "{} lớn hơn ảnh: {} cuối được để nguyên"},
    {"{} is left as it is: it differs in {} (--overwrite changed replaces it)",
     "{} được để nguyên: nó khác ở {} (--overwrite changed sẽ thay nó)"},
    {"{} is left as it is: it is another name of {}, which did not come back (--overwrite changed replaces it)",
     "{} được để nguyên: nó là tên khác của {}, vốn không trở lại (--overwrite changed sẽ thay nó)"},
    {"{} is left: a link or file in the place of a folder above the chosen paths is never replaced; move it away, or restore to "
     "where it leads with --target and --strip-prefix",
     "{} được để nguyên: liên kết hay tệp nằm ở chỗ của một thư mục phía trên các đường dẫn đã chọn không bao giờ bị thay; hãy "
     "chuyển nó đi, hoặc phục hồi vào nơi nó dẫn tới bằng --target và --strip-prefix"},
    {"{} is left: something that is not a folder is in its place (--overwrite changed replaces it)",
     "{} được để nguyên: ở chỗ đó là thứ không phải thư mục (--overwrite changed sẽ thay nó)"},
    {"{} is no regular file and has no content", "{} không phải là tệp thường và không có nội dung"},
    {"{} is not a regular file", "{} không phải là tệp thường"},
    {"{} is not restored: a folder that is not empty is in its place; move that away and run it again",
     "{} không được khôi phục: ở chỗ đó có một thư mục không rỗng; hãy dời nó đi rồi chạy lại"},
    {"{} is not restored: its folder could not be made", "{} không được phục hồi: không tạo được thư mục chứa nó"},
    {"{} is not restored: {}", "{} không được phục hồi: {}"},
    {"{} is not written to: {}", "{} không được ghi vào: {}"},
    {"{} is read-only: unlock it or choose another", "{} chỉ cho đọc: hãy mở khóa ghi hoặc chọn thiết bị khác"},
    {"{} is there already: name another file", "{} đã có: hãy nêu tệp khác"},
    {"{} is there already: name another file, or --overwrite always", "{} đã có: hãy nêu tệp khác, hoặc --overwrite always"},
    {"{} item has an access list that tar as it is written here carries cut down to what its mode grants, and whole "
     "only as an extended attribute ({})",
     "{} mục có danh sách quyền mà tar ghi ở đây chỉ chứa phần quyền truy cập của mục cho phép, còn cả danh sách thì "
     "chỉ nằm trong thuộc tính mở rộng ({})"},
    {"{} items did not get their file flags back (first {}: {})", "{} mục không lấy lại được cờ tệp (mục đầu {}: {})"},
    {"{} items did not get their mode back (first {}: {})", "{} mục không lấy lại được quyền truy cập (mục đầu {}: {})"},
    {"{} items did not get their owner back (first {}: {}); restore as root to keep owners",
     "{} mục không lấy lại được chủ sở hữu (mục đầu {}: {}); hãy khôi phục bằng root để giữ chủ sở hữu"},
    {"{} items did not get their time back (first {}: {})", "{} mục không lấy lại được thời gian (mục đầu {}: {})"},
    {"{} items have a time before 1901 or after 2038 and got the nearest that zip can carry ({})",
     "{} mục có thời gian trước năm 1901 hoặc sau năm 2038 và nhận thời gian gần nhất mà zip lưu được ({})"},
    {"{} items have a time in the last second before 1970 and got the nearest whole second: tar as it is written here cannot "
     "carry it ({})",
     "{} mục có thời gian trong giây cuối trước năm 1970 và nhận giây tròn gần nhất: tar được ghi ở đây không lưu được ({})"},
    {"{} items have a time that the file system there cannot hold exactly; they got the nearest that it can (first {})",
     "{} mục có thời gian mà hệ thống tệp ở đó không lưu được chính xác; chúng nhận thời gian gần nhất lưu được (đầu là {})"},
    {"{} items have access lists that tar as it is written here carries cut down to what their modes grant, and whole "
     "only as extended attributes ({})",
     "{} mục có danh sách quyền mà tar ghi ở đây chỉ chứa phần quyền truy cập của mục cho phép, còn cả danh sách thì "
     "chỉ nằm trong thuộc tính mở rộng ({})"},
    {"{} items have more extended attributes than the file system there can hold of one file; they came back without those that "
     "did not fit (first {})",
     "{} mục có nhiều thuộc tính mở rộng hơn mức hệ thống tệp ở đó giữ được cho một tệp; chúng trở lại mà không có những thuộc "
     "tính không đủ chỗ (đầu là {})"},
    {"{} items have paths of more than 4,095 bytes: the archive carries them, but GNU tar and unzip cannot unpack them; 'custody "
     "restore' can ({})",
     "{} mục có đường dẫn dài hơn 4.095 byte: tệp lưu trữ chứa được chúng, nhưng GNU tar và unzip không giải nén được; 'custody "
     "restore' thì được ({})"},
    {"{} items lost extended attributes, access lists or file flags: zip cannot carry them ({})",
     "{} mục mất thuộc tính mở rộng, danh sách quyền hoặc cờ tệp: zip không chứa được chúng ({})"},
    {"{} names are not UTF-8 and were stored as they are ({})", "{} tên không phải UTF-8 và được lưu nguyên như vậy ({})"},
    {"{} objects that no ledger entry names, of interrupted or running backups; prune removes them: {}",
     "{} đối tượng không mục nào của sổ cái nêu tên, của các lần sao lưu bị ngắt hoặc đang chạy; prune sẽ bỏ chúng: {}"},
    {"{} of its {} blocks are damaged", "{} trong {} khối của nó bị hỏng"},
    {"{} packs hold only data whose keys were destroyed; prune frees them",
     "{} gói chỉ chứa dữ liệu đã hủy khóa; prune sẽ giải phóng chúng"},
    {"{} says that label {} was destroyed, and its signer {} has no say in that: it was ignored",
     "{} nói rằng nhãn {} đã bị hủy, mà bên ký {} không có quyền nói điều đó: mục này đã bị bỏ qua"},
    {"{} security attributes could not be set (first on {}: {}); only root may",
     "không đặt được {} thuộc tính security (mục đầu {}: {}); chỉ root mới được phép"},
    {"{} snapshots are of labels whose keys were destroyed: not damage, and not to be had again",
     "{} bản chụp thuộc các nhãn đã hủy khóa: không phải hư hỏng, và không thể lấy lại"},
    {"{} sockets, FIFOs or device nodes were left out: this kind of archive cannot carry them ({})",
     "đã bỏ qua {} socket, FIFO hoặc tệp thiết bị: loại tệp nén này không chứa được chúng ({})"},
    {"{} trusted attributes could not be set (first on {}: {}); only root may",
     "không đặt được {} thuộc tính trusted (mục đầu {}: {}); chỉ root mới được phép"},
    {"{} user attributes could not be set (first on {}: {})", "không đặt được {} thuộc tính user (mục đầu {}: {})"},
    {"{} was changing while it was backed up: what comes back may be neither the old nor the new state",
     "{} đang thay đổi khi được sao lưu: bản phục hồi có thể không phải trạng thái cũ cũng không phải trạng thái mới"},
    {"{} was replaced by another while restoring: run it again", "{} bị thay bằng mục khác trong khi phục hồi: hãy chạy lại"},
    {"{}, epoch {}", "{}, kỳ khóa {}"},
    {"{}: bytes {} to {} are damaged and were left as zeros: {}", "{}: các byte từ {} đến {} bị hỏng và được để là số không: {}"},
    {"{}: the secrets are not here; packs were hashed whole, their content was not opened",
     "{}: không có bí mật ở đây; các gói được băm toàn bộ, nội dung không được mở"},
    {"{}; what is there stays until the new one is whole, so there has to be room for both: make room, or remove it, and run the "
     "command again",
     "{}; tệp đang có ở đó được giữ cho đến khi tệp mới trọn vẹn, nên phải đủ chỗ cho cả hai: hãy dọn chỗ, hoặc xóa nó, rồi chạy "
     "lại lệnh"},
};
static_assert(is_sorted_table(kRestoreTexts));

}  // namespace

std::span<const Translation> vietnamese_restore_texts() { return kRestoreTexts; }

}  // namespace custody
