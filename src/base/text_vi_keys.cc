// Messages about keys and recovery kits.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kTexts[] = {
    {"'{}' cannot name a label: use lower-case letters, digits and '-', at most 64",
     "'{}' không đặt tên cho nhãn được: hãy dùng chữ thường, chữ số và '-', nhiều nhất 64"},
    {"another process is changing the keyring {}; try again", "một tiến trình khác đang thay đổi bộ khóa {}; hãy thử lại"},
    {"no copy of keys has the number {}", "không bản sao khóa nào mang số {}"},
    {"slot {} is the last one: without it nobody could open the keyring; add another first",
     "cách mở {} là cách cuối cùng: không có nó thì không ai mở được bộ khóa; hãy thêm cách khác trước"},
    {"slot {} of the keyring {} holds another keyring's secret", "cách mở {} của bộ khóa {} chứa bí mật của bộ khóa khác"},
    {"the keyring has no slot {}", "bộ khóa không có cách mở {}"},
    {"the keyring needs Custody that reads keyring format {}; this one reads {}",
     "bộ khóa cần Custody đọc được định dạng {}; bản này đọc định dạng {}"},
    {"the keyring that was unlocked is another one", "bộ khóa đã mở là một bộ khác"},
    {"the keyring {} is damaged: {}; bring it back from a recovery kit",
     "bộ khóa {} bị hỏng: {}; hãy đưa trở lại từ bộ phục hồi"},
    {"the keyring's secret of epoch {} of a label does not open; bring the keyring back from a recovery kit",
     "bí mật của kỳ khóa {} của một nhãn không mở được; hãy đưa bộ khóa trở lại từ bộ phục hồi"},
    {"the passphrase is empty; choose one", "cụm mật khẩu để trống; hãy chọn một cụm"},
    {"the writer export needs Custody that reads keyring format {}",
     "bản xuất khóa của máy ghi cần Custody đọc được định dạng bộ khóa {}"},
    {"there is a keyring in {} already; it is left as it is", "đã có bộ khóa trong {}; nó được để nguyên"},
    {"there is a label '{}' already", "đã có nhãn '{}'"},
    {"there is no keyring in {}; make one with 'custody init', or bring one back with 'custody key import'",
     "không có bộ khóa trong {}; hãy tạo bằng 'custody init', hoặc đưa trở lại bằng 'custody key import'"},
    {"there is no label '{}'", "không có nhãn '{}'"},
    {"there is no label '{}'; 'custody label list' shows those there are",
     "không có nhãn '{}'; 'custody label list' cho biết những nhãn đang có"},
    {"there is no label '{}'; there are: {}", "không có nhãn '{}'; các nhãn đang có: {}"},
    {"these public keys are of another keyring's family", "các khóa công khai này thuộc họ của bộ khóa khác"},
    {"this export is of another keyring's family", "bản xuất này thuộc họ của bộ khóa khác"},
    {"this is no export of public keys, or a damaged one: {}", "đây không phải là bản xuất khóa công khai, hoặc nó bị hỏng: {}"},
    {"this is no writer export, or a damaged one: {}", "đây không phải là bản xuất khóa của máy ghi, hoặc nó bị hỏng: {}"},
    {"this officer's key does not open it", "khóa của cán bộ này không mở được"},
    {"this would make a keyring that cannot be read: {}", "việc này sẽ tạo ra bộ khóa không đọc được: {}"},
    {"wrong passphrase", "sai cụm mật khẩu"},
    {"{} holds a writer's keys only: names and content open with the custodian's keyring or a recovery kit",
     "{} chỉ có khóa của máy ghi: tên và nội dung chỉ mở được bằng bộ khóa của bên giữ khóa hoặc bộ phục hồi"},
    {"{} holds a writer's keys only; do this with the custodian's keyring",
     "{} chỉ có khóa của máy ghi; hãy làm việc này với bộ khóa của bên giữ khóa"},
    {"{} is damaged: {}; compare the vault with another medium, then remove this file",
     "{} bị hỏng: {}; hãy so kho với phương tiện lưu trữ khác, rồi xóa tệp này"},
};
static_assert(is_sorted_table(kTexts));

}  // namespace

std::span<const Translation> vietnamese_keys_texts() { return kTexts; }

}  // namespace custody
