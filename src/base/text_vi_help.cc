// Texts of --help.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kHelpTexts[] = {
    {"'custody COMMAND --help' tells more about one command. An option counts before its environment variable, that before the "
     "settings; an environment variable that is empty counts as not set.",
     "'custody LỆNH --help' cho biết thêm về từng lệnh. Tùy chọn được xét trước biến môi trường, biến môi trường trước tệp cấu "
     "hình; biến môi trường để trống coi như không đặt."},
    {"'custody prune' frees their space", "'custody prune' sẽ giải phóng dung lượng của chúng"},
    {"'custody prune' frees what the label stored", "'custody prune' sẽ giải phóng những gì nhãn này đã lưu"},
    {"'wipe' is not part of this version: nothing is erased", "'wipe' chưa có trong phiên bản này: không có gì bị xóa"},
    {"'{}' has '..' in it: name the path from the root", "'{}' có '..' bên trong: hãy ghi đường dẫn từ gốc"},
    {"'{}' is not understood here; see '{}'", "không hiểu '{}' ở đây; xem '{}'"},
    {"(changed while it was read)", "(đã thay đổi trong khi đọc)"},
    {"(not in this version)", "(chưa có trong phiên bản này)"},
    {"+ only in B, - only in A, M in both but not the same (content, owner, mode, time, attributes, hard links). A folder's time "
     "alone does not count: it changes with whatever lies in it.",
     "+ chỉ có trong B, - chỉ có trong A, M có ở cả hai nhưng khác nhau (nội dung, chủ sở hữu, quyền, thời gian, thuộc tính, "
     "liên kết cứng). Riêng thời gian của thư mục không tính: nó thay đổi theo những gì nằm trong đó."},
    {"--allow-mounted and --keep-free-blocks go with --image only", "--allow-mounted và --keep-free-blocks chỉ dùng với --image"},
    {"--confirm goes with --image only", "--confirm chỉ dùng với --image"},
    {"--confirm {} is not the whole serial of {}: nothing was written",
     "--confirm {} không phải là toàn bộ số sê-ri của {}: chưa ghi gì"},
    {"--declared-destroyed needs --reason: how, when, by whom",
     "--declared-destroyed cần --reason: tiêu hủy cách nào, khi nào, do ai"},
    {"--dry-run goes with --target only", "--dry-run chỉ dùng với --target"},
    {"--exclude, --exclude-from and --one-file-system go with PATH only",
     "--exclude, --exclude-from và --one-file-system chỉ dùng với PATH"},
    {"--host and --label go with --writer only", "--host và --label chỉ dùng với --writer"},
    {"--image restores the whole image: leave out PATH", "--image phục hồi toàn bộ ảnh: hãy bỏ PATH"},
    {"--keyless is a level of its own: leave out --level and --sample", "--keyless là một mức riêng: hãy bỏ --level và --sample"},
    {"--overwrite goes with --target and --image only", "--overwrite chỉ dùng với --target và --image"},
    {"--page and --officer go with --recovery only", "--page và --officer chỉ dùng với --recovery"},
    {"--reason is empty: say why, it is recorded in the ledger", "--reason để trống: hãy nêu lý do, lý do được ghi vào sổ cái"},
    {"--recovery: with it and one vault everything comes back; it has a passphrase of its own "
     "(CUSTODY_KIT_PASSPHRASE_FILE). --writer: a host with it backs up, forgets and prunes; it sees the list of snapshots "
     "(label, name, host, paths that were named, sizes), and can read no name in them and no byte. A page is a copy of keys of "
     "its own in 'custody key list': it cannot be rewritten when a label is destroyed, only be destroyed itself. An export that "
     "fails leaves neither file nor copy.",
     "--recovery: có nó và một kho thì mọi thứ được phục hồi; nó có cụm mật khẩu riêng "
     "(CUSTODY_KIT_PASSPHRASE_FILE). --writer: máy có nó thì sao lưu, kết thúc bản chụp và dọn kho được; "
     "nó thấy danh sách bản chụp (nhãn, tên, máy, các đường dẫn đã nêu, kích thước), nhưng không "
     "đọc được tên và byte nào bên trong. Trang in là một bản sao khóa riêng trong 'custody key list': khi một "
     "nhãn bị hủy thì không viết lại được trang, chỉ có thể hủy chính nó. Lần xuất bị lỗi không để lại tệp hay bản sao nào."},
    {"--sample goes with --level sample", "--sample đi cùng --level sample"},
    {"--sample {}: give a percentage above 0, 100 at most", "--sample {}: hãy cho tỷ lệ phần trăm lớn hơn 0, không quá 100"},
    {"--stdout takes at most one PATH", "--stdout nhận nhiều nhất một PATH"},
    {"--stdout writes the content to standard output: leave out --json", "--stdout ghi nội dung ra đầu ra chuẩn: hãy bỏ --json"},
    {"--strip-prefix goes with --target only", "--strip-prefix chỉ dùng với --target"},
    {"--target, --image and --stdout exclude each other", "--target, --image và --stdout loại trừ nhau"},
    {"--until {} is in the past: the hold would not hold", "--until {} đã qua: lệnh giữ sẽ không có hiệu lực"},
    {"--writer needs --host: the name of the host that will write", "--writer cần --host: tên của máy sẽ ghi"},
    {"/srv/data comes back as DIR/srv/data. A file that is there and differs is left and named (exit code 1) unless --overwrite "
     "says otherwise; one that is identical counts as done, so an interrupted restore is simply run again: folders that it "
     "made are finished. A file never replaces a folder that is not empty. Overwriting as root lifts immutable and append-only "
     "flags first; never lifts none.",
     "/srv/data trở lại thành DIR/srv/data. Tệp đã có mà khác thì được giữ nguyên và nêu tên (mã thoát 1), trừ khi --overwrite "
     "yêu cầu khác; tệp giống hệt được tính là xong, nên lần phục hồi bị ngắt chỉ cần chạy lại: các thư mục nó đã tạo sẽ được "
     "hoàn tất. Tệp không bao giờ thay thế thư mục không rỗng. Khi ghi đè bằng quyền root, các cờ bất biến và chỉ ghi thêm được "
     "gỡ trước; never không gỡ cờ nào."},
    {"A GLOB with '/' is matched against whole paths: * stays within a folder, ** crosses folders. Each version of a file is "
     "shown once, with the newest snapshot that holds it. Snapshots that no key here opens are passed over and named at the end "
     "(exit code 8), as are damaged ones (4).",
     "GLOB có '/' được so với cả đường dẫn: * không ra khỏi thư mục, ** đi qua các thư mục. Mỗi phiên bản của tệp hiện một lần, "
     "cùng bản chụp mới nhất chứa nó. Bản chụp mà không khóa nào ở đây mở được thì bị bỏ qua và được nêu tên ở cuối (mã thoát "
     "8), bản chụp hỏng cũng vậy (4)."},
    {"A folder or file in it; default: the root", "Một thư mục hoặc tệp trong đó; mặc định: gốc"},
    {"A folder that was there keeps its owner, mode, access lists and flags with --overwrite never, and how many did is "
     "said; with changed and always it gets those of the snapshot. DIR itself and the folders above a chosen PATH keep theirs "
     "always, and a link or file in the place of such a folder is never replaced. Those that are made get the snapshot's; a DIR "
     "that is made gets those of P.",
     "Thư mục đã có giữ nguyên chủ sở hữu, quyền, danh sách quyền và cờ khi dùng --overwrite never, và số thư mục như "
     "vậy được báo; với changed và always thì nó nhận theo bản chụp. Bản thân DIR và các thư mục phía trên PATH đã chọn luôn giữ "
     "của mình, và liên kết hay tệp nằm ở chỗ của một thư mục như vậy không bao giờ bị thay. Thư mục được tạo mới nhận theo bản "
     "chụp; DIR được tạo mới nhận theo P."},
    {"A further vault of the family whose ledger is to say so", "Một kho khác cùng họ mà sổ cái cần ghi nhận"},
    {"A recovery kit, a writer's keys or public keys", "Bộ phục hồi, khóa của máy ghi hoặc khóa công khai"},
    {"A recovery kit: all keys", "Bộ phục hồi: tất cả các khóa"},
    {"Accepts that the vault went back and ends at entry N; what came after it is lost here",
     "Chấp nhận rằng kho đã lùi lại và kết thúc ở mục N; những gì sau đó đã mất ở đây"},
    {"Adds a label, and makes its keys: nothing else is needed ('key add' does the same)",
     "Thêm một nhãn và tạo khóa cho nó: không cần gì thêm ('key add' cũng làm như vậy)"},
    {"Adds a passphrase, or an officer's public key", "Thêm một cụm mật khẩu, hoặc khóa công khai của cán bộ"},
    {"Age", "Tuổi"},
    {"Also a page to print: QR code and lines to type", "Kèm một trang để in: mã QR và các dòng để gõ lại"},
    {"Also rewrites blocks of which less than three quarters is in use, under the keys they have, and frees what lies twice "
     "under "
     "one key (asks for the passphrase)",
     "Viết lại cả những khối dùng chưa tới ba phần tư, dưới chính khóa của chúng, và giải phóng những gì nằm hai lần dưới một "
     "khóa (hỏi cụm mật khẩu)"},
    {"Another vault of the family that holds good copies", "Một kho khác cùng họ còn giữ bản tốt"},
    {"Answers questions with yes; never enough to overwrite a device",
     "Trả lời các câu hỏi là có; không bao giờ đủ để ghi đè một thiết bị"},
    {"Asks for the passphrase and for the label typed back. Refused (exit code 5) while a snapshot of the label is held or "
     "within its lawful term, and while a vault that this keyring remembers was not looked at. Stays pending until every kit and "
     "export that holds the keys was presented or declared destroyed, and until every other keyring of the family that the "
     "vaults know of ran this too and says that its own copies are settled: run it there again when they are. Exit code 3, each "
     "is named. Nothing is entered anywhere before every vault named was asked and found writable.",
     "Hỏi cụm mật khẩu và yêu cầu gõ lại tên nhãn. Bị từ chối (mã thoát 5) khi còn bản chụp của nhãn đang được giữ hoặc còn "
     "trong thời hạn luật định, và khi chưa xem tới một kho mà bộ khóa này còn nhớ. Ở trạng thái chờ cho đến khi mọi bộ phục hồi "
     "và bản xuất có chứa khóa được đưa ra hoặc được khai là đã tiêu hủy, và mọi bộ khóa khác cùng họ mà các kho biết tới cũng "
     "đã chạy lệnh này và cho biết các bản sao của nó đã xong: khi đã xong, hãy chạy lại ở đó. Mã thoát 3, nêu tên từng bản. "
     "Chưa ghi gì vào đâu trước khi mọi kho được nêu đã được hỏi và ghi được."},
    {"Backs up a disk, a partition or a disk-image file, block by block. Free blocks of ext2, ext3 and ext4 are not stored: what "
     "lies in them and no file system knows of is lost, unless --keep-free-blocks is given",
     "Sao lưu một đĩa, một phân vùng hoặc một tệp ảnh đĩa, theo từng khối. Các khối trống của ext2, ext3 và ext4 không được lưu: "
     "những gì nằm trong đó mà không hệ thống tệp nào biết tới sẽ mất, trừ khi dùng --keep-free-blocks"},
    {"Backs up a live SQLite database while it is written to: a consistent copy, checked and counted before it is stored",
     "Sao lưu cơ sở dữ liệu SQLite đang hoạt động trong lúc nó được ghi: một bản sao nhất quán, được kiểm tra và đếm trước khi "
     "lưu"},
    {"Backs up standard input as one file of this name; an empty stream makes no snapshot, one that broke off does: 'set -o "
     "pipefail' in the shell shows that the program before it failed",
     "Sao lưu đầu vào chuẩn thành một tệp mang tên này; luồng rỗng không tạo bản chụp, luồng bị đứt giữa chừng thì có: 'set -o "
     "pipefail' trong shell cho biết chương trình đứng trước đã thất bại"},
    {"Before the backup counts, reads from the source again what changed meanwhile, and of the rest a random sample of PERCENT, "
     "1 GiB at most; 0, the default, looks at sizes and times alone",
     "Trước khi lần sao lưu được tính, đọc lại từ nguồn những gì đã thay đổi trong lúc đó, và một mẫu ngẫu nhiên PERCENT phần "
     "trăm của phần còn lại, tối đa 1 GiB; 0, mặc định, chỉ xem kích thước và mốc thời gian"},
    {"Brings another vault of the family into step", "Đồng bộ một kho khác cùng họ"},
    {"Brings files, an image or a stream back, exactly as they were",
     "Phục hồi tệp, ảnh hoặc luồng dữ liệu, nguyên trạng như trước"},
    {"Changes the keyring's passphrase", "Đổi cụm mật khẩu của bộ khóa"},
    {"Ciphers: standard (AES-256-GCM, SHA-256) or modern (XChaCha20, BLAKE2b); default: standard",
     "Bộ mật mã: standard (AES-256-GCM, SHA-256) hoặc modern (XChaCha20, BLAKE2b); mặc định: standard"},
    {"Commands:", "Các lệnh:"},
    {"Common options:", "Tùy chọn chung:"},
    {"Content readable", "Đọc được nội dung"},
    {"Copies of keys", "Bản sao của khóa"},
    {"Custody: encrypted, deduplicated backups that can be proven, and restored exactly",
     "Custody: sao lưu có mã hóa, khử trùng lặp, chứng minh được và phục hồi nguyên trạng"},
    {"Destroyed labels", "Các nhãn đã hủy khóa"},
    {"Destroys the keys of a label: nothing of it can be read any more",
     "Hủy các khóa của một nhãn: không còn đọc được gì của nhãn đó"},
    {"Does not cross into other mounted file systems; a PATH that lies on one is backed up all the same",
     "Không đi sang các hệ thống tệp khác được gắn vào; PATH nằm trên đó vẫn được sao lưu"},
    {"Ends a hold", "Kết thúc việc giữ"},
    {"Ends snapshots, by name or by rule", "Kết thúc các bản chụp, theo tên hoặc theo quy tắc"},
    {"Ends with exit code 1 when a person is needed", "Kết thúc với mã thoát 1 khi cần có người xử lý"},
    {"Epoch", "Kỳ khóa"},
    {"Everything of label {} becomes unreadable for good, in every vault and copy. Type the label's name: ",
     "Mọi thứ của nhãn {} sẽ vĩnh viễn không đọc được, trong mọi kho và mọi bản sao. Hãy gõ tên nhãn: "},
    {"Everything on it will be gone. Type the last {} characters of the serial ({}): ",
     "Mọi thứ trên đó sẽ mất. Hãy gõ {} ký tự cuối của số sê-ri ({}): "},
    {"Examples:", "Ví dụ:"},
    {"F holds the lines of a printed kit, typed in (found out by itself, too)",
     "F chứa các dòng của bộ phục hồi đã in, được gõ lại (cũng tự nhận ra)"},
    {"Files", "Số tệp"},
    {"Files and folders to back up", "Các tệp và thư mục cần sao lưu"},
    {"Finds files in all snapshots by name or path", "Tìm tệp trong mọi bản chụp theo tên hoặc đường dẫn"},
    {"Frees what no snapshot refers to, beside running backups",
     "Giải phóng những gì không bản chụp nào dùng đến, song song với các lần sao lưu đang chạy"},
    {"Further passphrases and officers' keys that open the keyring", "Thêm cụm mật khẩu và khóa của cán bộ mở được bộ khóa"},
    {"GLOB: * and ? stand for letters of a name, ** for folders too, [a-z] for one of these letters; \\ takes the next "
     "letter as it is. With a '/' in it GLOB is matched against the whole path from '/' on, otherwise against the name "
     "alone, wherever it is met. A folder that matches is left out with all that is in it; a PATH that was named never is. "
     "A '/' at the end of GLOB changes nothing, and no GLOB brings back what another leaves out. FILE has one GLOB a line: "
     "empty lines and lines that begin with # are skipped, blanks count. A GLOB that matches nothing is named.",
     "GLOB: * và ? thay cho chữ trong một tên, ** thay cho cả thư mục, [a-z] là một trong các chữ đó; \\ "
     "lấy nguyên chữ đứng sau. Có '/' thì GLOB được so với cả đường dẫn kể từ '/', không thì "
     "chỉ so với tên, dù gặp ở đâu. Thư mục khớp thì bị bỏ qua cùng mọi thứ bên trong; PATH "
     "đã nêu thì không bao giờ. Dấu '/' ở cuối GLOB không đổi gì, và không GLOB nào lấy lại "
     "được cái mà GLOB khác đã bỏ. FILE có mỗi dòng một GLOB: bỏ qua dòng trống và dòng bắt "
     "đầu bằng #, khoảng trắng vẫn được tính. GLOB không khớp với gì thì được nêu tên."},
    {"Goes into folders", "Đi vào các thư mục con"},
    {"Goes on although the clock is far ahead of the last entry, or behind one; the ledger then counts from this clock",
     "Vẫn tiếp tục dù đồng hồ đi trước mục cuối của sổ cái quá xa, hoặc đi sau một mục; từ đó sổ cái tính theo đồng hồ này"},
    {"Heals damaged objects and verifies again", "Chữa các đối tượng hỏng rồi kiểm tra lại"},
    {"Holds snapshots", "Giữ các bản chụp"},
    {"Host", "Máy"},
    {"How much a sample reads; default: 5", "Mẫu đọc bao nhiêu phần trăm; mặc định: 5"},
    {"How, when and by whom it was destroyed", "Đã tiêu hủy cách nào, khi nào và do ai"},
    {"ID", "Mã"},
    {"Its number, as 'custody key list' shows it", "Số của nó, như 'custody key list' hiển thị"},
    {"Keeps all that are younger than this", "Giữ tất cả những bản chụp mới hơn khoảng này"},
    {"Keeps the newest N", "Giữ N bản mới nhất"},
    {"Keeps the newest of each of N days", "Giữ bản mới nhất của mỗi ngày trong N ngày"},
    {"Keeps the newest of each of N months", "Giữ bản mới nhất của mỗi tháng trong N tháng"},
    {"Keeps the newest of each of N weeks", "Giữ bản mới nhất của mỗi tuần trong N tuần"},
    {"Keeps the newest of each of N years", "Giữ bản mới nhất của mỗi năm trong N năm"},
    {"Keys: passphrases, recovery kits, exports, rotation, destruction",
     "Khóa: cụm mật khẩu, bộ phục hồi, xuất khóa, thay khóa, hủy khóa"},
    {"Kits and writers' keys are rewritten in place without the destroyed label; a writer's keys settle what its signer owes, "
     "whichever keyring of the family exported them. A printed page cannot be rewritten: destroy the paper, declare it, and "
     "print a new one with 'custody key export --recovery --page'.",
     "Bộ phục hồi và khóa của máy ghi được viết lại tại chỗ, không còn nhãn đã hủy; khóa của máy ghi giải quyết phần mà bên ký "
     "của "
     "nó còn nợ, dù bộ khóa nào cùng họ đã xuất chúng. Trang in không viết lại được: hãy hủy tờ giấy, khai việc hủy, rồi in "
     "trang mới bằng 'custody key export --recovery --page'."},
    {"Label", "Nhãn"},
    {"Labelled groups of data, each with keys of its own", "Các nhóm dữ liệu được gán nhãn, mỗi nhãn có khóa riêng"},
    {"Labels", "Các nhãn"},
    {"Language of all messages", "Ngôn ngữ của mọi thông báo"},
    {"Last", "Lần cuối"},
    {"Leaves out what matches a line of FILE; may be repeated",
     "Bỏ qua những gì khớp với một dòng của FILE; dùng được nhiều lần"},
    {"Leaves out what matches: with '/' the whole path, else the name; may be repeated; see below",
     "Bỏ qua những gì khớp: có '/' thì so cả đường dẫn, không thì so tên; dùng được nhiều lần; "
     "xem bên dưới"},
    {"Leaves what is younger than this and belongs to no snapshot; default: 24h",
     "Để lại những gì mới hơn khoảng này mà không thuộc bản chụp nào; mặc định: 24h"},
    {"Legal holds: snapshots that nobody may end", "Giữ theo pháp luật: các bản chụp không ai được kết thúc"},
    {"Lists snapshots, oldest first", "Liệt kê các bản chụp, cũ nhất trước"},
    {"Lists the labels", "Liệt kê các nhãn"},
    {"Lists what is held", "Liệt kê những gì đang được giữ"},
    {"Lists what is in a snapshot", "Liệt kê nội dung của một bản chụp"},
    {"Looks and counts, stores nothing", "Chỉ xem và đếm, không lưu gì"},
    {"Lower-case letters, digits and '-'", "Chữ thường, chữ số và '-'"},
    {"Makes an empty vault, and a keyring where there is none", "Tạo một kho trống, và bộ khóa nếu chưa có"},
    {"Meaning", "Ý nghĩa"},
    {"Name", "Tên"},
    {"Needs no passphrase, except with --compact. Works on a full medium.",
     "Không cần cụm mật khẩu, trừ khi dùng --compact. Chạy được cả khi phương tiện lưu trữ đã đầy."},
    {"Needs no passphrase. A person is needed when the vault does not open, is damaged (its ledger and the snapshots' records "
     "are read, all else is only seen to be there with its size: 'custody verify' reads more), went back behind the "
     "ledger entry that "
     "this keyring remembers, is mounted read-only, or holds nothing yet; when what has a label and name lies in this vault "
     "alone, or was not copied "
     "for over a month (duty B6; what other vaults hold is known from 'custody copy'); when no "
     "recovery kit is proven, or it is older than the keys; when others may read or change the keyring; when a copy of the keys, "
     "or this "
     "keyring itself, still opens a "
     "destroyed label; when snapshots were made with keys that this keyring lacks; when something was last backed up over a "
     "month ago (duty B3), or items of it could not be read, or "
     "changed while they were read; when the clock is behind the ledger. Notes do not count. Where the service "
     "runs and no vault is named, its answer is shown instead, on one screen: plans, media, next runs, what no plan covers (duty "
     "B10).",
     "Không cần mật khẩu. Cần có người xử lý khi kho không mở được, bị hỏng (sổ cái và bản ghi của các bản chụp được đọc; với "
     "những gì còn lại chỉ xem có đủ và đúng kích thước không: 'custody verify' đọc kỹ hơn), lùi về trước mục sổ cái mà bộ khóa "
     "này còn nhớ, "
     "được gắn chỉ để đọc, hoặc chưa chứa gì; khi dữ liệu của một nhãn và tên chỉ nằm trong kho này, hoặc hơn một tháng chưa "
     "được sao chép (nghĩa vụ B6; kho khác giữ gì thì biết qua 'custody copy'); khi chưa có bộ khôi phục nào được kiểm "
     "chứng, hoặc nó cũ hơn các khóa; khi người khác đọc hoặc sửa được bộ khóa; khi một bản sao khóa, hoặc chính bộ khóa này, "
     "vẫn mở được nhãn đã hủy; khi có bản chụp "
     "được tạo bằng khóa mà bộ khóa này thiếu; khi có dữ liệu sao "
     "lưu lần cuối quá một tháng (nghĩa vụ B3), hoặc có mục của nó không đọc được, hoặc đã thay đổi trong khi đọc; khi đồng hồ "
     "chậm hơn sổ cái. Ghi chú không tính. Nơi dịch vụ đang chạy và không nêu kho nào, câu trả lời của dịch vụ "
     "được hiện thay, gọn trong một màn hình: kế hoạch, phương tiện, lần chạy tới, những gì chưa kế hoạch nào bao gồm (nghĩa vụ "
     "B10)."},
    {"Needs no passphrase. A rule counts for each label, name, host and kind apart, never empties a group, and skips what is "
     "held or within its lawful term: six months of the label log (duty B12). A snapshot whose record is lost or damaged is "
     "ended by its id (where its label is not known, once the longest term is over); the ledger and 'custody status' keep that "
     "it was lost. Space is freed by 'custody prune'.",
     "Không cần cụm mật khẩu. Quy tắc tính riêng cho từng nhãn, tên, máy và loại, không bao giờ làm trống một nhóm, và bỏ qua "
     "những gì đang được giữ hoặc còn trong thời hạn luật định: sáu tháng với nhãn log (nghĩa vụ B12). Bản chụp bị mất hoặc hỏng "
     "bản ghi thì kết thúc bằng mã của nó (nếu không rõ nhãn, khi thời hạn dài nhất đã qua); sổ cái và 'custody status' vẫn lưu "
     "việc nó bị mất. 'custody prune' giải phóng dung lượng."},
    {"Needs no passphrase. Never removes anything; what was forgotten there is not brought back unless named. Exit code 3: done, "
     "but snapshots of labels whose writer keys are not here, or were destroyed, were left out; each is named. Exit "
     "code 4: some are damaged here and were not copied, or the other vault has them and not whole; each is named.",
     "Không cần mật khẩu. Không bao giờ xóa gì; bản chụp đã bỏ ở bên kia không được đưa trở lại trừ khi nêu tên. Mã thoát 3: đã "
     "xong, nhưng đã chừa lại các bản chụp thuộc nhãn mà khóa ghi không có ở đây hoặc đã bị hủy; từng bản được nêu tên. Mã thoát "
     "4: có "
     "bản chụp bị hỏng ở đây nên không được sao chép, hoặc kho kia có nhưng không nguyên vẹn; từng bản được nêu tên."},
    {"Needs no passphrase. One that is given (CUSTODY_PASSPHRASE_FILE) lets it use what other hosts stored under the label, "
     "as after 'key import' on a new host. The keyring, the vault and the cache are never backed up; naming them as PATH "
     "is exit code 5, and beside others 3. A PATH that is a "
     "symbolic link is stored as the link; with '/' at its end it means the folder that the link leads to. Exit code 3: "
     "done, but some items could not be read; each is named. What vanished before it was read is named, and no failure: exit "
     "code 0. A file that changed while it was read is stored, marked and named: exit code 0, and 'status' asks for a person "
     "until a later backup finds none.",
     "Không cần cụm mật khẩu. Nếu có đưa (CUSTODY_PASSPHRASE_FILE) thì lần sao lưu dùng được cả "
     "những gì máy khác đã lưu dưới nhãn này, như sau khi 'key import' trên máy mới. Bộ khóa, kho và "
     "bộ nhớ đệm không bao giờ được sao lưu; nêu chúng làm PATH thì mã thoát là 5, và cùng với mục khác là 3. PATH là liên kết "
     "tượng trưng thì lưu chính liên "
     "kết; có '/' ở cuối thì là thư mục mà liên kết dẫn tới. Mã thoát 3: đã xong, nhưng một số "
     "mục không đọc được; mỗi mục đều được nêu tên. Mục biến mất trước khi được đọc thì được nêu tên và không tính là lỗi: mã "
     "thoát 0. Tệp thay đổi trong khi đọc vẫn "
     "được lưu, đánh dấu và nêu tên: mã thoát 0, và 'status' báo cần có người cho đến khi một "
     "lần sao lưu sau không còn gặp."},
    {"Needs no passphrase. What was stored before stays readable, and stays under the old keys.",
     "Không cần cụm mật khẩu. Những gì đã lưu trước đây vẫn đọc được, và vẫn dùng khóa cũ."},
    {"New keys for what a label stores from now on", "Khóa mới cho những gì nhãn lưu từ nay"},
    {"New passphrase for the keyring {}: ", "Cụm mật khẩu mới cho bộ khóa {}: "},
    {"New passphrase for this recovery kit (empty: one is made and shown once): ",
     "Cụm mật khẩu mới cho bộ phục hồi này (để trống: tự tạo và chỉ hiện một lần): "},
    {"On a bare machine: a kit, its passphrase (CUSTODY_KIT_PASSPHRASE_FILE) and one vault bring everything back. Public keys "
     "are added to those that are trusted. A keyring that is damaged is set aside beside the new one, as keyring.damaged.",
     "Trên máy trống: bộ phục hồi, cụm mật khẩu của nó (CUSTODY_KIT_PASSPHRASE_FILE) và một kho đưa mọi thứ trở lại. Khóa công "
     "khai được thêm vào danh sách tin cậy. Bộ khóa bị hỏng được để riêng bên cạnh bộ mới, tên là keyring.damaged."},
    {"One JSON document on standard output", "Một tài liệu JSON trên đầu ra chuẩn"},
    {"Only in snapshots of this host", "Chỉ trong các bản chụp của máy này"},
    {"Only in snapshots of this label", "Chỉ trong các bản chụp của nhãn này"},
    {"Only in snapshots of this name", "Chỉ trong các bản chụp mang tên này"},
    {"Only in this snapshot", "Chỉ trong bản chụp này"},
    {"Only reads a kit and compares it with the keyring: proves it",
     "Chỉ đọc bộ phục hồi và so với bộ khóa: chứng minh nó dùng được"},
    {"Only these; default: all", "Chỉ những mục này; mặc định: tất cả"},
    {"Only these; default: everything", "Chỉ những mục này; mặc định: mọi thứ"},
    {"Only this label's writer keys; may be repeated; default: all",
     "Chỉ khóa máy ghi của nhãn này; dùng được nhiều lần; mặc định: tất cả"},
    {"Only those of this label", "Chỉ những bản chụp của nhãn này"},
    {"Only those of this name", "Chỉ những bản chụp mang tên này"},
    {"Only those that this host made", "Chỉ những bản chụp do máy này tạo"},
    {"Operands:", "Tham số:"},
    {"Options:", "Tùy chọn:"},
    {"Passphrase of the keyring {}: ", "Cụm mật khẩu của bộ khóa {}: "},
    {"Passphrase of the recovery kit {}: ", "Cụm mật khẩu của bộ phục hồi {}: "},
    {"Passphrase of the recovery kit: ", "Cụm mật khẩu của bộ phục hồi: "},
    {"Paths", "Đường dẫn"},
    {"Present passphrase of the keyring {}: ", "Cụm mật khẩu hiện tại của bộ khóa {}: "},
    {"Prints a script that completes commands in the shell", "In đoạn mã giúp trình vỏ tự điền lệnh"},
    {"Progress on standard error", "Tiến độ trên đầu ra lỗi chuẩn"},
    {"Proves a recovery kit, or makes a keyring out of a kit or a writer's keys",
     "Chứng minh bộ phục hồi, hoặc tạo bộ khóa từ bộ phục hồi hay từ khóa của máy ghi"},
    {"Proves that what was stored is there and whole", "Chứng minh những gì đã lưu còn đó và còn toàn vẹn"},
    {"Reads every new block from the medium again before the backup counts",
     "Đọc lại mọi khối mới từ phương tiện lưu trữ trước khi lần sao lưu được tính"},
    {"Reads everything that it writes from the medium again before the snapshots count there",
     "Đọc lại từ phương tiện lưu trữ mọi thứ đã ghi trước khi các bản chụp được tính ở đó"},
    {"Reason", "Lý do"},
    {"Recovery kits and writers' keys", "Các bộ phục hồi và khóa của máy ghi"},
    {"Removes one; never the last", "Bỏ một cách mở; không bao giờ bỏ cách cuối cùng"},
    {"Replays the ledger and hashes every object, without keys", "Duyệt lại sổ cái và băm mọi đối tượng, không cần khóa"},
    {"SNAPSHOT is an id, 6 or more of its first digits, latest, latest:NAME, or NAME@2026-11-03[T02:00[:00[+07:00]]]: the "
     "newest of that day, or up to the end of that minute or second. Where several labels have snapshots of NAME, the "
     "newest of all is taken and the other labels are named.",
     "SNAPSHOT là mã, từ 6 chữ số đầu trở lên, latest, latest:TÊN, hoặc "
     "TÊN@2026-11-03[T02:00[:00[+07:00]]]: bản mới nhất của ngày đó, hoặc đến hết phút hay giây đó. "
     "Khi nhiều nhãn có bản chụp mang TÊN đó thì lấy bản mới nhất trong tất cả, và nêu tên các "
     "nhãn kia."},
    {"Says about how much would be freed, frees nothing", "Cho biết sẽ giải phóng khoảng bao nhiêu, không giải phóng gì"},
    {"Says what would be ended, ends nothing", "Cho biết sẽ kết thúc những gì, không kết thúc gì"},
    {"Says what would be restored, writes nothing", "Cho biết sẽ phục hồi những gì, không ghi gì"},
    {"Settings (CUSTODY_CONFIG; otherwise /etc/custody/custody.toml if there is one)",
     "Thiết lập (CUSTODY_CONFIG; nếu không thì /etc/custody/custody.toml nếu có)"},
    {"Settles copies of keys after a destruction", "Giải quyết các bản sao của khóa sau khi hủy"},
    {"Shows a file in every snapshot that holds it, not only in the newest",
     "Hiện tệp trong mọi bản chụp chứa nó, không chỉ trong bản mới nhất"},
    {"Shows labels, slots, copies of keys and signers", "Hiện các nhãn, cách mở, bản sao của khóa và bên ký"},
    {"Shows mode, owner, size and time", "Hiện quyền, chủ sở hữu, kích thước và thời gian"},
    {"Shows the version and ends", "Hiện phiên bản rồi kết thúc"},
    {"Shows this help and ends", "Hiện trợ giúp này rồi kết thúc"},
    {"Shows what differs between two snapshots of one label", "Cho biết hai bản chụp của một nhãn khác nhau ở đâu"},
    {"Shows what is protected, what opens it, and what needs a person",
     "Cho biết những gì được bảo vệ, cái gì mở được chúng, và việc gì cần người xử lý"},
    {"Signers and public keys, to verify with", "Bên ký và khóa công khai, dùng để kiểm tra"},
    {"Signers that are trusted beside the keyring's", "Các bên ký được tin cậy ngoài danh sách của bộ khóa"},
    {"Since", "Từ"},
    {"Size", "Kích thước"},
    {"Slots (what opens the keyring)", "Các cách mở bộ khóa"},
    {"Snapshot", "Bản chụp"},
    {"Snapshots", "Số bản chụp"},
    {"Takes P away from the front of every path", "Bỏ P ở đầu mọi đường dẫn"},
    {"Takes letters with and without marks as equal (ho so finds hồ sơ)",
     "Coi chữ có dấu và không dấu là như nhau (ho so tìm được hồ sơ)"},
    {"Takes upper and lower case as equal", "Coi chữ hoa và chữ thường là như nhau"},
    {"The archive is not encrypted. What its format cannot carry is said.",
     "Tệp lưu trữ không được mã hóa. Những gì định dạng không chứa được đều được nêu ra."},
    {"The archive; its ending says which kind", "Tệp lưu trữ; phần đuôi cho biết loại"},
    {"The earlier snapshot", "Bản chụp trước"},
    {"The file", "Tệp"},
    {"The file; must not exist", "Tệp; phải chưa tồn tại"},
    {"The folder to restore into", "Thư mục để phục hồi vào"},
    {"The host that gets the writer keys", "Máy nhận khóa của máy ghi"},
    {"The keyring's folder (CUSTODY_KEYRING)", "Thư mục của bộ khóa (CUSTODY_KEYRING)"},
    {"The kit's passphrase, shown this once; write it down and keep it apart from the kit:\n    ",
     "Cụm mật khẩu của bộ phục hồi, chỉ hiện lần này; hãy ghi lại và cất riêng với bộ phục hồi:\n    "},
    {"The label", "Nhãn"},
    {"The label typed back, where there is no terminal to ask on", "Gõ lại tên nhãn, khi không có thiết bị đầu cuối để hỏi"},
    {"The labelled group: config, image, database, business, log, or one of yours",
     "Nhóm được gán nhãn: config, image, database, business, log, hoặc nhãn của riêng bạn"},
    {"The later snapshot", "Bản chụp sau"},
    {"The number of a copy that exists no more", "Số của bản sao không còn nữa"},
    {"The passphrase is asked for, or taken from the file that CUSTODY_PASSPHRASE_FILE names. A second vault made with the same "
     "keyring belongs to the same family: 'custody copy' keeps it in step.",
     "Cụm mật khẩu được hỏi, hoặc lấy từ tệp mà CUSTODY_PASSPHRASE_FILE nêu tên. Kho thứ hai tạo bằng cùng bộ khóa thuộc cùng "
     "một họ: 'custody copy' giữ cho chúng đồng bộ."},
    {"The rule looks at snapshots of this host only", "Quy tắc chỉ xét các bản chụp của máy này"},
    {"The rule looks at snapshots of this label only", "Quy tắc chỉ xét các bản chụp của nhãn này"},
    {"The rule looks at snapshots of this name only", "Quy tắc chỉ xét các bản chụp mang tên này"},
    {"The same again: ", "Gõ lại lần nữa: "},
    {"The same as 'label add': a new label with its keys; 'key rotate' gives new keys to a label that exists",
     "Như 'label add': một nhãn mới cùng khóa của nó; 'key rotate' cấp khóa mới cho nhãn đã có"},
    {"The shell: bash", "Trình vỏ: bash"},
    {"The snapshot", "Bản chụp"},
    {"The snapshots", "Các bản chụp"},
    {"The vault to copy to, made with the same keyring", "Kho để sao chép đến, tạo bằng cùng bộ khóa"},
    {"The vault: a folder or file:// URL (CUSTODY_VAULT)", "Kho: một thư mục hoặc URL file:// (CUSTODY_VAULT)"},
    {"These snapshots", "Các bản chụp này"},
    {"Time", "Thời gian"},
    {"Trusted signers", "Các bên ký được tin cậy"},
    {"Until", "Đến"},
    {"Usage: {}", "Cách dùng: {}"},
    {"What a host needs to back up, and nothing that opens content",
     "Những gì một máy cần để sao lưu, và không có gì mở được nội dung"},
    {"What this backup is called; default: the last part of the first path",
     "Tên của lần sao lưu này; mặc định: phần cuối của đường dẫn đầu tiên"},
    {"What this user may not set, or the file system there has no place for (owners, attributes, flags, hard links), is said and "
     "is no failure. What anything else kept from coming back (no space, too many links) is named: exit code 1.",
     "Những gì người dùng này không được phép đặt, hoặc hệ thống tệp ở đó không chứa được (chủ sở hữu, thuộc tính, cờ, liên kết "
     "cứng), được nói ra và không phải là lỗi. Những gì không trở lại vì lý do khác (hết chỗ, quá nhiều liên kết) được nêu tên: "
     "mã thoát 1."},
    {"What to do with files and folders that are there; default: never", "Làm gì với các tệp và thư mục đã có; mặc định: never"},
    {"What to look for, in quotes", "Mẫu cần tìm, đặt trong dấu nháy"},
    {"When the hold ends by itself; default: when it is released", "Khi nào việc giữ tự kết thúc; mặc định: khi được thôi giữ"},
    {"Whose it is", "Của ai"},
    {"Why; recorded in the ledger, which is not encrypted", "Lý do; được ghi vào sổ cái, sổ cái không mã hóa"},
    {"With --image: stores the free blocks of ext2, ext3 and ext4 too",
     "Với --image: lưu cả các khối trống của ext2, ext3 và ext4"},
    {"With --image: takes a device or image file that is mounted for writing",
     "Với --image: nhận cả thiết bị hoặc tệp ảnh đang được gắn để ghi"},
    {"With --image: the whole serial number of the device, instead of the question",
     "Với --image: toàn bộ số sê-ri của thiết bị, thay cho câu hỏi"},
    {"With a writer's keyring only what it holds itself is released; the rest needs a custodian's.",
     "Với bộ khóa của máy ghi, chỉ thôi giữ được những gì chính nó giữ; phần còn lại cần bộ khóa của người giữ khóa."},
    {"Without --from, heals what this vault itself can give back. Needs no passphrase and asks for none; one that is given "
     "(CUSTODY_PASSPHRASE_FILE, --officer-key) heals more: sound blocks of damaged packs that no other copy has.",
     "Không có --from thì chữa bằng những gì chính kho này còn có. Không cần và không hỏi cụm mật "
     "khẩu; nếu có đưa (CUSTODY_PASSPHRASE_FILE, --officer-key) thì chữa được nhiều hơn: các khối còn "
     "lành trong gói hỏng mà không bản sao nào khác có."},
    {"Writes a file of a snapshot to standard output", "Ghi một tệp của bản chụp ra đầu ra chuẩn"},
    {"Writes a recovery kit, a writer's keys, or public keys to a file",
     "Ghi bộ phục hồi, khóa của máy ghi hoặc khóa công khai ra tệp"},
    {"Writes a snapshot as an archive that any tool opens", "Ghi một bản chụp thành tệp lưu trữ mà công cụ nào cũng mở được"},
    {"Writes a stream, or one file, to standard output", "Ghi một luồng dữ liệu, hoặc một tệp, ra đầu ra chuẩn"},
    {"Writes an image back to a device or a file", "Ghi ảnh trở lại một thiết bị hoặc một tệp"},
    {"structure (default), sample or full", "structure (mặc định), sample hoặc full"},
    {"structure: everything a snapshot refers to is there (no passphrase). sample, full: blocks are opened and every byte hashed "
     "again. keyless: needs no key at all. Damage ends with exit code 4, and so does a vault that went back behind the ledger "
     "entry that this keyring remembers. When the newer one is lost for good, --accept-rollback takes the number of the entry at "
     "which it now ends: that is entered in its ledger and remembered from then on.",
     "structure: mọi thứ mà bản chụp trỏ đến đều có (không cần mật khẩu). sample, full: mở các khối và băm lại từng byte. "
     "keyless: không cần khóa nào. Có hư hỏng thì mã thoát là 4; kho lùi về trước mục sổ cái mà bộ khóa này còn nhớ cũng vậy. "
     "Khi bản mới hơn đã mất hẳn, --accept-rollback nhận số của mục mà sổ cái nay kết thúc: điều đó được ghi vào sổ cái và được "
     "nhớ từ đó."},
};
static_assert(is_sorted_table(kHelpTexts));

}  // namespace

std::span<const Translation> vietnamese_help_texts() { return kHelpTexts; }

}  // namespace custody
