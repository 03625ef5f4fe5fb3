// Messages about keys and recovery kits.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kKeysTexts[] = {
    {" (and {} more)", " (và {} mục nữa)"},
    {"'custody key destroy --label {}' enters that in the vaults, for other keyrings that wait for it",
     "'custody key destroy --label {}' ghi điều đó vào các kho, cho những bộ khóa khác đang chờ"},
    {"'{}' cannot name a credential: give the name of a file", "'{}' không thể là tên thông tin xác thực: hãy nêu tên một tệp"},
    {"'{}' cannot name a label: use lower-case letters, digits and '-', at most 64",
     "'{}' không đặt tên cho nhãn được: hãy dùng chữ thường, chữ số và '-', nhiều nhất 64"},
    {"--vault-lost {}: this keyring remembers no vault of that id", "--vault-lost {}: bộ khóa này không nhớ kho nào có mã ấy"},
    {"A vault that exists no more, by its id; the ledgers keep that it was declared lost",
     "Một kho không còn tồn tại, ghi bằng mã của nó; các sổ cái lưu lại việc khai mất này"},
    {"For work at night that needs a label's secret: drills, verification of the whole content, history. The secret of this one "
     "label lies in the kernel's memory for that time, never on a disk; only processes of this user read it, and it is gone when "
     "the time is over or the machine starts again. Meanwhile ls, cat, find, diff, restore, export and verify need no passphrase "
     "for what this label holds. After 'key rotate' it has to be unlocked anew. 'key list' shows until when.",
     "Dùng cho việc ban đêm cần bí mật của nhãn: diễn tập, kiểm tra toàn bộ nội dung, lịch sử. Trong thời gian đó bí mật của "
     "riêng nhãn này nằm trong bộ nhớ của nhân hệ điều hành, không bao giờ nằm trên đĩa; chỉ tiến trình của người dùng này đọc "
     "được, và nó mất đi khi hết giờ hoặc khi máy khởi động lại. Trong lúc ấy ls, cat, find, diff, restore, export và verify "
     "không cần cụm mật khẩu đối với những gì nhãn này chứa. Sau 'key rotate' phải mở khóa lại. 'key list' cho biết đến khi "
     "nào."},
    {"How long: 90s, 15m, 4h, 2d, at most 31d; 0 takes it back", "Bao lâu: 90s, 15m, 4h, 2d, nhiều nhất 31d; 0 là thu lại"},
    {"Lets the service open a label for some hours", "Cho phép dịch vụ mở một nhãn trong vài giờ"},
    {"Only this label; default: every one", "Chỉ nhãn này; mặc định: mọi nhãn"},
    {"Takes back what 'key unlock' gave", "Thu lại những gì 'key unlock' đã cho"},
    {"a keyring that was made from a recovery kit ({}) and never wrote to a vault looked at here: nobody can tell of it; "
     "'custody status' with it says what to do as soon as it sees one of these vaults",
     "một bộ khóa được tạo từ bộ phục hồi ({}) mà chưa từng ghi vào kho nào được xem ở đây: không ai biết được nó; 'custody "
     "status' với bộ khóa đó sẽ nói phải làm gì ngay khi nó thấy một trong các kho này"},
    {"a label is unlocked for one second at least and {} days at most",
     "một nhãn được mở khóa ít nhất một giây và nhiều nhất {} ngày"},
    {"a recovery kit needs a passphrase or an officer's key", "bộ phục hồi cần cụm mật khẩu hoặc khóa của cán bộ"},
    {"another process is changing the keyring {}; try again", "một tiến trình khác đang thay đổi bộ khóa {}; hãy thử lại"},
    {"cannot draw the page of the recovery kit: {}", "không vẽ được trang của bộ phục hồi: {}"},
    {"cannot make a QR code of the recovery kit", "không tạo được mã QR của bộ phục hồi"},
    {"code {} of {} of the recovery kit is missing", "thiếu mã {} trong {} mã của bộ phục hồi"},
    {"copy {} of the keys still opens the destroyed label {}: present it with 'custody key settle FILE', or declare it with "
     "'custody key settle --declared-destroyed {} --reason R'",
     "bản sao khóa {} vẫn mở được nhãn đã hủy {}: hãy đưa ra bằng 'custody key settle FILE', hoặc khai bằng 'custody key settle "
     "--declared-destroyed {} --reason R'"},
    {"copy {} of the keys, the printed page of recovery kit {}, still opens the destroyed label {}: a page cannot be rewritten; "
     "destroy the paper and its PDF, declare it with 'custody key settle --declared-destroyed {} --reason R', and print a new "
     "one "
     "with the next 'custody key export --recovery --page'",
     "bản sao khóa {}, trang in của bộ phục hồi {}, vẫn mở được nhãn đã hủy {}: trang in không viết lại được; hãy hủy tờ giấy và "
     "tệp "
     "PDF của nó, khai bằng 'custody key settle --declared-destroyed {} --reason R', rồi in trang mới bằng lần 'custody key "
     "export "
     "--recovery --page' tới"},
    {"copy {}, another keyring ({}), destroyed its own keys of label {}, and {}: settle what 'custody key list' names with it, "
     "then run 'custody key destroy --label {}' with it again; {}",
     "bản sao {}, một bộ khóa khác ({}), đã hủy khóa riêng của nhãn {}, và {}: với bộ khóa ấy hãy giải quyết những gì 'custody "
     "key list' nêu, rồi chạy lại 'custody key destroy --label {}'; {}"},
    {"copy {}, another keyring ({}), may still open the destroyed label {}: run 'custody key destroy --label {}' with it; where "
     "it is a writer's, which opens nothing, 'custody key settle' its keys file, or 'custody key import' what 'custody key "
     "export --public' writes there; {}",
     "bản sao {}, một bộ khóa khác ({}), có thể vẫn mở được nhãn đã hủy {}: hãy chạy 'custody key destroy --label {}' với nó; "
     "nếu nó là của máy ghi, vốn không mở được gì, hãy 'custody key settle' tệp khóa của máy ấy, hoặc 'custody key import' tệp "
     "mà 'custody key export --public' ghi ra ở đó; {}"},
    {"it does not say whether copies of them are left", "không cho biết còn bản sao nào của chúng hay không"},
    {"it is too large", "nó quá lớn"},
    {"it says that it waits for keyring {}", "cho biết đang chờ bộ khóa {}"},
    {"it says: {} copies outstanding", "cho biết: còn {} bản sao chưa xong"},
    {"it says: {} copy outstanding", "cho biết: còn {} bản sao chưa xong"},
    {"its checksum does not match", "tổng kiểm tra không khớp"},
    {"its content has no valid form", "nội dung không có dạng hợp lệ"},
    {"its parts do not add up", "các phần không khớp nhau"},
    {"label '{}' cannot be destroyed: a snapshot of it may be held or within its lawful term in a vault that was not looked at: "
     "{}; name its folder with --also, or, where it exists no more, its id with --vault-lost",
     "không hủy được nhãn '{}': có thể một bản chụp của nó đang được giữ hoặc còn trong thời hạn luật định ở kho chưa được xem "
     "tới: {}; hãy chỉ ra thư mục của kho bằng --also, hoặc, nếu kho không còn tồn tại, mã của kho bằng --vault-lost"},
    {"label '{}' cannot be destroyed: {}{}", "không hủy được nhãn '{}': {}{}"},
    {"label {} has {} epochs of keys, more than the kernel keeps under one name: give the service a systemd credential instead",
     "nhãn {} có {} đời khóa, nhiều hơn mức nhân hệ điều hành giữ được dưới một tên: hãy cấp thông tin xác thực của systemd "
     "(credential) cho dịch vụ"},
    {"label {} is locked again", "nhãn {} đã được khóa lại"},
    {"label {} is unlocked until {}: the service and commands of this user open it without a passphrase; 'custody key lock "
     "--label {}' takes that back",
     "nhãn {} được mở khóa đến {}: dịch vụ và các lệnh của người dùng này mở được nó mà không cần cụm mật khẩu; 'custody key "
     "lock --label {}' thu lại việc đó"},
    {"label {} was destroyed in this vault on {}; make another label",
     "nhãn {} đã bị hủy trong kho này ngày {}; hãy tạo nhãn khác"},
    {"line {} of the recovery kit does not check: type it again as it is printed",
     "dòng {} của bộ phục hồi không khớp kiểm tra: hãy gõ lại đúng như bản in"},
    {"line {} of the recovery kit is missing: after line {} comes line {}",
     "thiếu dòng {} của bộ phục hồi: sau dòng {} là dòng {}"},
    {"lines of the recovery kit are missing after line {}", "thiếu các dòng của bộ phục hồi sau dòng {}"},
    {"no copy of keys has the number {}", "không bản sao khóa nào mang số {}"},
    {"no installed font has all Vietnamese letters; install fonts-dejavu-core and try again",
     "không phông chữ nào đã cài có đủ chữ tiếng Việt; hãy cài fonts-dejavu-core rồi thử lại"},
    {"nothing of label '{}' was destroyed, and nothing was entered in any vault: {}; mend that, then run this again",
     "chưa hủy gì của nhãn '{}', và chưa ghi gì vào kho nào: {}; hãy khắc phục rồi chạy lại lệnh này"},
    {"nothing was unlocked", "không có nhãn nào đang mở khóa"},
    {"recovery kit {} is not registered in this keyring; export a new one",
     "bộ phục hồi {} không được đăng ký trong bộ khóa này; hãy xuất bộ mới"},
    {"recovery kit {} is of another keyring's family", "bộ phục hồi {} thuộc họ của bộ khóa khác"},
    {"recovery kit {} was declared destroyed on {}, and here it is, and opens destroyed labels, which are pending again: rewrite "
     "it with 'custody key settle KIT'",
     "bộ phục hồi {} đã được khai là đã hủy ngày {}, mà vẫn còn ở đây và mở được các nhãn đã hủy, việc hủy chúng lại còn dở: hãy "
     "ghi lại nó bằng 'custody key settle KIT'"},
    {"recovery kit {} was declared destroyed on {}, and here it is: it opens {} labels, and nothing relies on it any more; "
     "destroy {}, or keep it and export a new one, which counts",
     "bộ phục hồi {} đã được khai là đã hủy ngày {}, mà vẫn còn ở đây: nó mở được {} nhãn, và không gì còn dựa vào nó; hãy hủy "
     "{}, hoặc giữ nó và xuất một bộ mới có giá trị"},
    {"recovery kit {} was rewritten, but is not registered in this keyring",
     "bộ phục hồi {} đã được viết lại, nhưng không được đăng ký trong bộ khóa này"},
    {"slot {} is the last one: without it nobody could open the keyring; add another first",
     "cách mở {} là cách cuối cùng: không có nó thì không ai mở được bộ khóa; hãy thêm cách khác trước"},
    {"slot {} of the keyring {} holds another keyring's secret", "cách mở {} của bộ khóa {} chứa bí mật của bộ khóa khác"},
    {"snapshot {} in vault {}", "bản chụp {} trong kho {}"},
    {"snapshot {} is damaged, and nobody can tell its label: {}", "bản chụp {} bị hỏng, không ai biết nhãn của nó: {}"},
    {"snapshot {} of it is damaged: {}", "bản chụp {} của nó bị hỏng: {}"},
    {"snapshot {} was added or held meanwhile; try again", "bản chụp {} vừa được thêm hoặc được giữ; hãy thử lại"},
    {"the clock says {}, but vault {} last saw {}: set the clock before a label is destroyed; if it is right, enter that with "
     "'custody forget --keep-last 1000000 --clock-is-right'",
     "đồng hồ chỉ {}, nhưng kho {} đã thấy {}: hãy chỉnh đồng hồ trước khi hủy nhãn; nếu đã đúng, hãy ghi nhận bằng 'custody "
     "forget --keep-last 1000000 --clock-is-right'"},
    {"the credential {} is longer than {}", "thông tin xác thực {} dài hơn {}"},
    {"the credential {} is not taken: it must be a file that nobody but its owner may read (mode 0400), of root or of this user",
     "không nhận thông tin xác thực {}: nó phải là tệp chỉ chủ sở hữu đọc được (quyền 0400), của root hoặc của người dùng này"},
    {"the destruction of label '{}' has begun and is not done: it is entered in the ledger of vault {}, its keys are still here, "
     "and {}: {}; mend that, then run 'custody key destroy --label {}' again with the same vaults",
     "việc hủy nhãn '{}' đã bắt đầu và chưa xong: nó đã được ghi vào sổ cái của kho {}, các khóa vẫn còn ở đây, và {}: {}; hãy "
     "khắc "
     "phục rồi chạy lại 'custody key destroy --label {}' với cùng các kho ấy"},
    {"the kernel keeps keys of 1 to {} bytes, for one second at least",
     "nhân hệ điều hành giữ khóa dài từ 1 đến {} byte, ít nhất trong một giây"},
    {"the kernel keeps no keys for this user here: {}; give the service a systemd credential instead",
     "nhân hệ điều hành ở đây không giữ khóa cho người dùng này: {}; hãy cấp thông tin xác thực của systemd (credential) cho "
     "dịch vụ"},
    {"the key does not open this recovery kit", "khóa này không mở được bộ phục hồi"},
    {"the keyring has no slot {}", "bộ khóa không có cách mở {}"},
    {"the keyring needs Custody that reads keyring format {}; this one reads {}",
     "bộ khóa cần Custody đọc được định dạng {}; bản này đọc định dạng {}"},
    {"the keyring that was unlocked is another one", "bộ khóa đã mở là một bộ khác"},
    {"the keyring {} is damaged: {}; bring it back with 'custody key import FILE', the file being a recovery kit or this "
     "writer's "
     "keys: the damaged file is kept beside it",
     "bộ khóa {} bị hỏng: {}; hãy đưa trở lại bằng 'custody key import TỆP', tệp đó là bộ phục hồi hoặc khóa của máy ghi này: "
     "tệp "
     "hỏng được giữ lại bên cạnh"},
    {"the keyring {} was not changed", "bộ khóa {} chưa được thay đổi"},
    {"the keyring's secret of epoch {} of a label does not open; bring the keyring back from a recovery kit",
     "bí mật của kỳ khóa {} của một nhãn không mở được; hãy đưa bộ khóa trở lại từ bộ phục hồi"},
    {"the keys of label {} are gone, and vault {} was not told of it: {}; run this again",
     "các khóa của nhãn {} đã mất, mà kho {} chưa được cho biết: {}; hãy chạy lại lệnh này"},
    {"the lines are not those of one recovery kit", "các dòng này không cùng một bộ phục hồi"},
    {"the new passphrase is that of {} already: choose another, or removing one of the two would take nothing away",
     "cụm mật khẩu mới đã là của {}: hãy chọn cụm khác, nếu không thì bỏ một trong hai cũng không tước được gì"},
    {"the passphrase is empty; choose one", "cụm mật khẩu để trống; hãy chọn một cụm"},
    {"the recovery kit is damaged: {}", "bộ phục hồi bị hỏng: {}"},
    {"the recovery kit is stale: it lacks epoch {} of label '{}'; export a new one",
     "bộ phục hồi đã cũ: thiếu kỳ khóa {} của nhãn '{}'; hãy xuất bộ mới"},
    {"the recovery kit is stale: it lacks label '{}'; export a new one", "bộ phục hồi đã cũ: thiếu nhãn '{}'; hãy xuất bộ mới"},
    {"the recovery kit needs Custody that reads kit format {}; this one reads {}",
     "bộ phục hồi cần Custody đọc được định dạng {}; bản này đọc định dạng {}"},
    {"the recovery kit still holds the destroyed label '{}'; rewrite it with 'custody key settle KIT'",
     "bộ phục hồi vẫn giữ nhãn đã hủy '{}'; hãy viết lại bằng 'custody key settle KIT'"},
    {"the recovery kit would be too large", "bộ phục hồi sẽ quá lớn"},
    {"the recovery kit's keys of label '{}' are not the keyring's; export a new one",
     "khóa của nhãn '{}' trong bộ phục hồi không phải là khóa của bộ khóa; hãy xuất bộ mới"},
    {"the storage that holds the keyring {}: overwritten bytes may survive there (SSD, copy-on-write) until it is sanitised "
     "itself",
     "phương tiện chứa bộ khóa {}: các byte đã ghi đè có thể còn ở đó (SSD, copy-on-write) cho đến khi chính nó được xóa sạch"},
    {"the systemd credential {}: {}", "thông tin xác thực {} của systemd: {}"},
    {"the writer export needs Custody that reads keyring format {}",
     "bản xuất khóa của máy ghi cần Custody đọc được định dạng bộ khóa {}"},
    {"there are no lines of a recovery kit", "không có dòng nào của bộ phục hồi"},
    {"there is a keyring in {} already; it is left as it is", "đã có bộ khóa trong {}; nó được để nguyên"},
    {"there is a label '{}' already", "đã có nhãn '{}'"},
    {"there is no keyring in {}; make one with 'custody init', or bring one back with 'custody key import'",
     "không có bộ khóa trong {}; hãy tạo bằng 'custody init', hoặc đưa trở lại bằng 'custody key import'"},
    {"there is no label '{}'", "không có nhãn '{}'"},
    {"there is no label '{}', nor any other; 'custody label add' makes one",
     "không có nhãn '{}', cũng không có nhãn nào khác; 'custody label add' tạo nhãn"},
    {"there is no label '{}'; 'custody label list' shows those there are",
     "không có nhãn '{}'; 'custody label list' cho biết những nhãn đang có"},
    {"there is no label '{}'; there are: {}", "không có nhãn '{}'; các nhãn đang có: {}"},
    {"these are the keys of this very keyring", "đây chính là khóa của bộ khóa này"},
    {"these public keys are of another keyring's family", "các khóa công khai này thuộc họ của bộ khóa khác"},
    {"this export is of another keyring's family", "bản xuất này thuộc họ của bộ khóa khác"},
    {"this is no code of the recovery kit, or one of another: {}",
     "đây không phải là mã của bộ phục hồi, hoặc là mã của bộ khác: {}"},
    {"this is no export of public keys, or a damaged one: {}", "đây không phải là bản xuất khóa công khai, hoặc nó bị hỏng: {}"},
    {"this is no recovery kit", "đây không phải là bộ phục hồi"},
    {"this is no writer export, or a damaged one: {}", "đây không phải là bản xuất khóa của máy ghi, hoặc nó bị hỏng: {}"},
    {"this keyring is older than the newest 'key rotate', or another keyring of the family was rotated; use the keyring that has "
     "the key, or its newest recovery kit: 'custody key import KIT --keyring FOLDER'",
     "bộ khóa này cũ hơn lần 'key rotate' mới nhất, hoặc một bộ khóa khác cùng họ đã được đổi khóa; hãy dùng bộ khóa có khóa ấy, "
     "hoặc bộ phục hồi mới nhất của nó: 'custody key import KIT --keyring FOLDER'"},
    {"this officer's key does not open it", "khóa của cán bộ này không mở được"},
    {"this page of the recovery kit still holds the destroyed label '{}': destroy the paper and what was typed from it, declare "
     "it "
     "with 'custody key settle --declared-destroyed', and print a new one with 'custody key export --recovery --page'",
     "trang in này của bộ phục hồi vẫn giữ nhãn đã hủy '{}': hãy hủy tờ giấy và những gì gõ lại từ nó, khai bằng 'custody key "
     "settle "
     "--declared-destroyed', rồi in trang mới bằng 'custody key export --recovery --page'"},
    {"this was sealed to a key of label {}, epoch {}, that is not in this keyring: {}",
     "phần này đã được niêm phong bằng một khóa của nhãn {}, kỳ khóa {}, không có trong bộ khóa này: {}"},
    {"this would make a keyring that cannot be read: {}", "việc này sẽ tạo ra bộ khóa không đọc được: {}"},
    {"this writer's keyring is older than the newest 'key rotate': take over the custodian's 'custody key export --public' here "
     "with 'custody key import'",
     "bộ khóa ghi này cũ hơn lần 'key rotate' mới nhất: hãy nhận bản 'custody key export --public' của người giữ khóa về đây "
     "bằng 'custody key import'"},
    {"unlocked until {}", "mở khóa đến {}"},
    {"vault {} is of another keyring's family", "kho {} thuộc họ của bộ khóa khác"},
    {"vault {} was not told", "kho {} chưa được cho biết"},
    {"waiting for key: nobody has unlocked label {}, or its time is over, or its keys were rotated since; type 'custody key "
     "unlock --label {} --for 4h' as the user of the service",
     "đang chờ khóa: chưa ai mở khóa nhãn {}, hoặc đã hết giờ, hoặc khóa đã được thay từ lúc đó; hãy gõ 'custody key unlock "
     "--label {} --for 4h' bằng người dùng chạy dịch vụ"},
    {"what is outstanding of the destroyed label {} has changed since this keyring entered it: tell the other keyrings with "
     "'custody key destroy --label {}'",
     "những gì còn lại của nhãn đã hủy {} đã thay đổi từ khi bộ khóa này ghi sổ: hãy báo cho các bộ khóa khác bằng 'custody key "
     "destroy --label {}'"},
    {"what the kernel keeps under the name of this label is not what 'custody key unlock' put there; 'custody key lock' removes "
     "it",
     "thứ nhân hệ điều hành đang giữ dưới tên nhãn này không phải do 'custody key unlock' đặt vào; 'custody key lock' sẽ xóa nó"},
    {"where it and all copies that it made exist no more, 'custody key settle --declared-destroyed {} --reason R'",
     "nếu nó và mọi bản sao do nó tạo ra không còn nữa, 'custody key settle --declared-destroyed {} --reason R'"},
    {"wrong passphrase", "sai cụm mật khẩu"},
    {"{} does not read back as it was written; the medium may be failing",
     "{} đọc lại không giống như đã ghi; phương tiện lưu trữ có thể đang hỏng"},
    {"{} holds a writer's keys only: names and content open with the custodian's keyring or a recovery kit",
     "{} chỉ có khóa của máy ghi: tên và nội dung chỉ mở được bằng bộ khóa của bên giữ khóa hoặc bộ phục hồi"},
    {"{} holds a writer's keys only; do this with the custodian's keyring",
     "{} chỉ có khóa của máy ghi; hãy làm việc này với bộ khóa của bên giữ khóa"},
    {"{} is a printed page of a recovery kit, or was typed from one: rewriting it would leave the paper as it is; destroy the "
     "paper "
     "and this file, declare the page, whose number 'custody key list' shows, with 'custody key settle --declared-destroyed {} "
     "--reason R', and print a new one with the next 'custody key export --recovery --page'",
     "{} là trang in của bộ phục hồi, hoặc được gõ lại từ trang đó: viết lại nó thì tờ giấy vẫn như cũ; hãy hủy tờ giấy và tệp "
     "này, "
     "khai trang in, có số trong 'custody key list', bằng 'custody key settle --declared-destroyed {} --reason R', rồi in trang "
     "mới "
     "bằng lần 'custody key export --recovery --page' tới"},
    {"{} is damaged: {}; `custody repair` of that vault sets it aside and remembers its head anew",
     "{} bị hỏng: {}; `custody repair` kho đó sẽ cất riêng tệp này và nhớ lại điểm cuối của kho"},
    {"{} is held: {}", "{} đang được giữ: {}"},
    {"{} is within the lawful term of its label ({})", "{} còn trong thời hạn luật định của nhãn ({})"},
    {"{}: {}", "{}: {}"},
};
static_assert(is_sorted_table(kKeysTexts));

}  // namespace

std::span<const Translation> vietnamese_keys_texts() { return kKeysTexts; }

}  // namespace custody
