// Messages about officers' keys, and the slots that they and passphrases open.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kOfficersTexts[] = {
    {"'{}' is neither an officer's file nor a public key of 64 hex digits",
     "'{}' không phải là tệp của cán bộ, cũng không phải là khóa công khai gồm 64 chữ số thập lục phân"},
    {"'{}' is no officer's name: one line of at most {} bytes",
     "'{}' không phải là tên cán bộ: cần một dòng, nhiều nhất {} byte"},
    {"An officer's file (its public part), or public key of 64 hex digits",
     "Tệp của cán bộ (phần công khai), hoặc khóa công khai gồm 64 chữ số thập lục phân"},
    {"An officer's key that opens keyring or kit, instead of its passphrase (CUSTODY_OFFICER_KEY)",
     "Khóa của cán bộ mở bộ khóa hoặc bộ phục hồi thay cho cụm mật khẩu (CUSTODY_OFFICER_KEY)"},
    {"Makes an officer's own keys: they open what is sealed to the officer, and sign approvals",
     "Tạo khóa riêng của cán bộ: mở những gì niêm phong cho cán bộ, và ký phê duyệt"},
    {"New passphrase for the key of officer {}: ", "Cụm mật khẩu mới cho khóa của cán bộ {}: "},
    {"Passphrase of the key of officer {}: ", "Cụm mật khẩu của khóa cán bộ {}: "},
    {"Seals the kit to an officer (file or public key) instead of a passphrase; may be repeated",
     "Niêm phong bộ phục hồi cho một cán bộ (tệp hoặc khóa công khai) thay vì bằng cụm mật khẩu; có thể lặp lại"},
    {"The new one is asked for twice, or taken from the file that CUSTODY_NEW_PASSPHRASE_FILE names. With --officer-key a "
     "forgotten passphrase is replaced.",
     "Cụm mới được hỏi hai lần, hoặc lấy từ tệp mà CUSTODY_NEW_PASSPHRASE_FILE chỉ đến. Với --officer-key, cụm mật khẩu đã quên "
     "được thay."},
    {"The officer then opens the keyring with --officer-key. Compare the key that is printed with the officer's own.",
     "Từ đó cán bộ mở bộ khóa bằng --officer-key. Hãy đối chiếu khóa in ra với khóa của chính cán bộ."},
    {"The officer's name, as approvals will show it", "Tên cán bộ, như sẽ hiện trong phê duyệt"},
    {"The passphrase is asked for twice, or taken from the file that CUSTODY_OFFICER_PASSPHRASE_FILE names. The public key that "
     "is printed goes to whoever runs 'custody key slot add --officer' or 'custody key export --recovery --officer'.",
     "Cụm mật khẩu được hỏi hai lần, hoặc lấy từ tệp mà CUSTODY_OFFICER_PASSPHRASE_FILE chỉ đến. Khóa công khai in ra được đưa "
     "cho người chạy 'custody key slot add --officer' hoặc 'custody key export --recovery --officer'."},
    {"Which passphrase; default: the one that was given, or the only one",
     "Cụm mật khẩu nào; mặc định: cụm đã đưa vào, hoặc cụm duy nhất"},
    {"cannot read the officer's key: {}", "không đọc được khóa của cán bộ: {}"},
    {"compare with the officer's own: {}", "hãy đối chiếu với khóa của chính cán bộ: {}"},
    {"keep it apart from the vault; each of its officers opens every backup with it",
     "hãy cất riêng, không để cùng kho; mỗi cán bộ của bộ này mở được mọi bản sao lưu bằng nó"},
    {"key of officer {} written: {}", "đã ghi khóa của cán bộ {}: {}"},
    {"no key here opens vault {}: it needs the keyring of family {}, and the keyring {} is of family {}; name the right one with "
     "--keyring",
     "không khóa nào ở đây mở được kho {}: cần bộ khóa của họ {}, còn bộ khóa {} thuộc họ {}; hãy chỉ bộ khóa đúng bằng "
     "--keyring"},
    {"now prove it: custody key import {} --check --officer-key FILE",
     "bây giờ hãy kiểm chứng: custody key import {} --check --officer-key FILE"},
    {"officer", "cán bộ"},
    {"passphrase", "cụm mật khẩu"},
    {"public key, for 'custody key slot add --officer': {}", "khóa công khai, dùng cho 'custody key slot add --officer': {}"},
    {"recovery kit {}", "bộ phục hồi {}"},
    {"signing key: {}", "khóa ký: {}"},
    {"slot {} (officer {})", "cách mở {} (cán bộ {})"},
    {"slot {} (officer {}, {})", "cách mở {} (cán bộ {}, {})"},
    {"slot {} (passphrase)", "cách mở {} (cụm mật khẩu)"},
    {"slot {} (passphrase: {})", "cách mở {} (cụm mật khẩu: {})"},
    {"slot {} is the last one with a passphrase: without it only an officer's key would open the keyring; add another first, or "
     "prove the officer's key by removing it with --officer-key",
     "cách mở {} là cách cuối cùng có cụm mật khẩu: không có nó thì chỉ khóa của cán bộ mở được bộ khóa; hãy thêm cách khác "
     "trước, hoặc chứng minh khóa của cán bộ bằng cách bỏ nó với --officer-key"},
    {"slot {} removed, and the keyring's own key made anew; a copy of the keyring made before still has the slot",
     "đã bỏ cách mở {} và tạo lại khóa riêng của bộ khóa; bản sao bộ khóa làm trước đó vẫn còn cách mở này"},
    {"the file stays with the officer; whoever has it and its passphrase opens and signs as the officer does",
     "tệp do chính cán bộ giữ; ai có tệp và cụm mật khẩu của nó thì mở và ký được như cán bộ đó"},
    {"the key of officer {} ({}) opens no slot of {}, which has {}",
     "khóa của cán bộ {} ({}) không mở được cách mở nào của {}, hiện có {}"},
    {"the keyring has no passphrase in slot {}", "bộ khóa không có cụm mật khẩu ở cách mở {}"},
    {"the keyring has no slot with a passphrase; add one with 'custody key slot add'",
     "bộ khóa không có cách mở nào bằng cụm mật khẩu; hãy thêm bằng 'custody key slot add'"},
    {"the keyring {}", "bộ khóa {}"},
    {"the officer's key needs Custody that reads format {}; this one reads {}",
     "khóa của cán bộ cần Custody đọc được định dạng {}; bản này đọc định dạng {}"},
    {"the slots of the keyring {} were changed by somebody who does not hold its secret; find out who, and bring the keyring "
     "back from a recovery kit",
     "các cách mở của bộ khóa {} đã bị người không giữ bí mật của nó thay đổi; hãy tìm xem là ai, và đưa bộ khóa trở lại từ bộ "
     "phục hồi"},
    {"this is no officer's key file, or a damaged one: {}", "đây không phải là tệp khóa của cán bộ, hoặc nó bị hỏng: {}"},
    {"this officer has a slot already: {}", "cán bộ này đã có cách mở: {}"},
    {"this officer's key opens no slot of recovery kit {}, which has {}",
     "khóa của cán bộ này không mở được cách mở nào của bộ phục hồi {}, hiện có {}"},
    {"this officer's key opens no slot of the keyring {}, which has {}",
     "khóa của cán bộ này không mở được cách mở nào của bộ khóa {}, hiện có {}"},
    {"which passphrase is to change? give --slot N of one of these: {}",
     "đổi cụm mật khẩu nào? hãy cho --slot N của một trong các cách mở này: {}"},
    {"wrong passphrase for the key of officer {}", "sai cụm mật khẩu của khóa cán bộ {}"},
    {"wrong passphrase: it opens no slot of recovery kit {}, which has {}",
     "sai cụm mật khẩu: không mở được cách mở nào của bộ phục hồi {}, hiện có {}"},
    {"wrong passphrase: it opens no slot of the keyring {}, which has {}",
     "sai cụm mật khẩu: không mở được cách mở nào của bộ khóa {}, hiện có {}"},
    {"{} and {} were made with different keyrings: copying and healing stay within one family",
     "{} và {} được tạo bằng các bộ khóa khác nhau: chỉ sao chép và chữa trong cùng một họ"},
    {"{} is an officer's key: it holds no key of a label", "{} là khóa của cán bộ: không chứa khóa của nhãn nào"},
    {"{} is an officer's key: it is not imported; name it with --officer-key",
     "{} là khóa của cán bộ: không nhập vào; hãy chỉ nó bằng --officer-key"},
    {"{} opens with an officer's key only: name the officer's file with --officer-key; it has {}",
     "{} chỉ mở được bằng khóa của cán bộ: hãy chỉ tệp khóa của cán bộ bằng --officer-key; có {}"},
    {"{}: {}; {} has {}", "{}: {}; {} có {}"},
};
static_assert(is_sorted_table(kOfficersTexts));

}  // namespace

std::span<const Translation> vietnamese_officers_texts() { return kOfficersTexts; }

}  // namespace custody
