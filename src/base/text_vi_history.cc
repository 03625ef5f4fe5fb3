// Messages about ledger, snapshots, trees and retention.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kHistoryTexts[] = {
    {"A second hold never shortens the first: the later end counts, and all reasons are kept.",
     "Lệnh giữ sau không bao giờ rút ngắn lệnh trước: tính theo thời hạn muộn hơn, và mọi lý do đều được lưu."},
    {"Needs no passphrase. Ends with exit code 4 when the vault is damaged or was rolled back: what is left is listed.",
     "Không cần cụm mật khẩu. Kết thúc với mã 4 khi kho bị hỏng hoặc đã lùi lại: phần còn lại vẫn được liệt kê."},
    {"a checkpoint needs a newer Custody", "điểm tổng hợp cần Custody mới hơn"},
    {"a hold without reason, or with a bad time", "lệnh giữ không có lý do, hoặc thời gian sai"},
    {"a ledger entry of {} bytes is too large", "một mục sổ cái {} byte là quá lớn"},
    {"adds snapshot {} without its object", "thêm bản chụp {} mà không có đối tượng của nó"},
    {"adds {} with another size than before", "thêm {} với kích thước khác trước"},
    {"cannot enter {} in the ledger: it {}", "không ghi được {} vào sổ cái: nó {}"},
    {"carries the number {}", "mang số {}"},
    {"dated after now", "có ngày sau hiện tại"},
    {"destroys a label without naming it", "hủy một nhãn mà không nêu tên"},
    {"does not follow on the entry before it", "không nối tiếp mục trước nó"},
    {"entries {} to {} are missing", "thiếu các mục từ {} đến {}"},
    {"entry {} of the ledger of {} is damaged, and no witness of it is at hand: name the vault that was copied to or from it "
     "with --from, or keep this one for restoring, make a new vault with `custody init` and back up into that",
     "mục {} trong sổ cái của {} bị hỏng, mà không có bản chứng nào của nó ở đây: hãy nêu kho đã được chép sang hoặc chép từ nó "
     "bằng --from, hoặc giữ kho này để phục hồi, tạo kho mới bằng `custody init` và sao lưu vào đó"},
    {"entry {} of the ledger of {} says that label {} was destroyed, and its signer {} has no say in that: it is ignored, "
     "everything stays readable; look for who wrote to this vault, or, where it is your other keyring, take over its 'custody "
     "key export --public' here with 'custody key import'",
     "mục {} trong sổ cái của {} nói rằng nhãn {} đã bị hủy, mà bên ký {} của nó không có quyền nói điều đó: mục này bị bỏ qua, "
     "mọi thứ vẫn đọc được; hãy tìm xem ai đã ghi vào kho này, hoặc, nếu đó là bộ khóa khác của bạn, hãy nhận bản 'custody key "
     "export --public' của nó vào đây bằng 'custody key import'"},
    {"forgets snapshot {}, which is held", "kết thúc bản chụp {}, bản đang được giữ"},
    {"held", "đang giữ"},
    {"is missing, and its witness is there: the ledger was cut or rolled back",
     "bị thiếu, mà bản chứng của nó vẫn còn: sổ cái đã bị cắt hoặc bị đưa lùi"},
    {"is not the entry that the ledger holds", "không phải là mục mà sổ cái đang giữ"},
    {"is not the entry that the one after it follows on", "không phải là mục mà mục sau nó nối tiếp"},
    {"is not the entry that the witness after it follows on", "không phải là mục mà bản chứng sau nó nối tiếp"},
    {"it belongs to another vault", "nó thuộc về một kho khác"},
    {"it changed while this ran", "nó thay đổi trong khi lệnh này chạy"},
    {"it is missing", "nó bị thiếu"},
    {"it is missing, and later entries are there", "nó bị thiếu, mà các mục sau vẫn còn"},
    {"it is no entry of this ledger, which ends at entry {}", "nó không phải là mục của sổ cái này, vốn kết thúc ở mục {}"},
    {"it is no entry of this ledger, which ends at entry {} as far as is known: this keyring remembered no head of the vault, so "
     "that whether an entry was there cannot be told; where a newer copy of the vault exists, use that one",
     "nó không phải là mục của sổ cái này, vốn kết thúc ở mục {} theo những gì được biết: bộ khóa này không nhớ mục cuối nào của "
     "kho, nên không thể biết đã từng có mục nào ở đó hay không; nếu có bản sao mới hơn của kho thì hãy dùng bản đó"},
    {"it is that of the vault {}", "nó là của kho {}"},
    {"it is that of the vault {}, and this is the vault {}", "nó là của kho {}, còn đây là kho {}"},
    {"last", "mới nhất"},
    {"last complete one of its group", "bản đầy đủ cuối cùng của nhóm"},
    {"last of its group", "bản cuối của nhóm"},
    {"ledger entry {} is damaged or forged: {}; run `custody verify --keyless`",
     "mục {} của sổ cái bị hỏng hoặc bị giả mạo: {}; hãy chạy `custody verify --keyless`"},
    {"ledger entry {} is written, its witness is not: {}; the next run writes it",
     "đã ghi mục {} của sổ cái, nhưng chưa ghi được bản chứng của nó: {}; lần chạy sau sẽ ghi"},
    {"ledger entry: {}", "mục sổ cái: {}"},
    {"names damaged packs by what is no list of ids", "nêu các gói hỏng bằng thứ không phải danh sách mã"},
    {"names lost records by what is no list of them", "nêu các bản ghi bị mất bằng thứ không phải danh sách của chúng"},
    {"names snapshot {}, which is not there", "nêu bản chụp {}, bản không có ở đó"},
    {"no entry of the ledger of {}, nor any witness of one, can be read",
     "không đọc được mục nào trong sổ cái của {}, cũng không đọc được bản chứng nào"},
    {"no passphrase given; set {}_FILE to a file whose first line it is",
     "chưa cho cụm mật khẩu; hãy đặt {}_FILE là tệp có dòng đầu là cụm mật khẩu"},
    {"no rule", "không có quy tắc"},
    {"no snapshot is of {}: the rule had nothing to look at; 'custody snapshots' lists them",
     "không bản chụp nào thuộc {}: quy tắc không có gì để xét; 'custody snapshots' liệt kê các bản chụp"},
    {"only entry 1 begins a vault", "chỉ mục 1 mới mở đầu một kho"},
    {"operation {} names snapshots", "thao tác {} nêu các bản chụp"},
    {"removes {} twice", "bỏ {} hai lần"},
    {"removes {}, which was never added", "bỏ {}, thứ chưa từng được thêm"},
    {"snapshot {} is not of label {}", "bản chụp {} không thuộc nhãn {}"},
    {"snapshot: {}", "bản chụp: {}"},
    {"the ledger is missing", "thiếu sổ cái"},
    {"the ledger of {} could not be witnessed at {}, so that its entries could not be healed from there: {}",
     "không ghi được bản chứng của sổ cái {} tại {}, nên không thể sửa các mục của nó từ đó: {}"},
    {"the ledger of {} is damaged, and was rolled back and written to again: its entry {} is not the one that witnesses or later "
     "entries tell of; keep the vault for restoring, make a new one with `custody init` and back up into that",
     "sổ cái của {} bị hỏng, và đã bị đưa lùi rồi lại được ghi tiếp: mục {} của nó không phải là mục mà các bản chứng hoặc các "
     "mục sau cho biết; hãy giữ kho này để phục hồi, tạo kho mới bằng `custody init` và sao lưu vào đó"},
    {"the ledger of {} is missing", "thiếu sổ cái của {}"},
    {"the ledger of {} is that of the vault {}; this is the vault {}, and no witness of its entries is at hand: bring its "
     "own ledger folder back, or name another vault that was copied to or from it with --from; without either, make a new "
     "vault with `custody init` and back up into that",
     "sổ cái của {} là của kho {}; đây là kho {}, mà không có bản chứng nào của các mục của nó ở đây: hãy đưa thư mục sổ "
     "cái của chính nó trở lại, hoặc nêu một kho khác đã được chép sang hoặc chép từ nó bằng --from; nếu không có cả hai, "
     "tạo kho mới bằng `custody init` và sao lưu vào đó"},
    {"the ledger of {} is that of the vault {}; this is the vault {}, of which this keyring remembers entry {}, and the "
     "witnesses at hand reach entry {}: bring its own ledger folder back, or name another vault that was copied to or from "
     "it with --from; without either, make a new vault with `custody init` and back up into that",
     "sổ cái của {} là của kho {}; đây là kho {}, mà bộ khóa này ghi nhớ đến mục {}, còn các bản chứng ở đây chỉ đến mục "
     "{}: hãy đưa thư mục sổ cái của chính nó trở lại, hoặc nêu một kho khác đã được chép sang hoặc chép từ nó bằng --from; "
     "nếu không có cả hai, tạo kho mới bằng `custody init` và sao lưu vào đó"},
    {"the ledger of {} is written by others all the time; try again", "sổ cái của {} liên tục được nơi khác ghi; hãy thử lại"},
    {"the ledger of {} was rolled back and written to again: its entry {} is not the one that witnesses or later entries tell "
     "of; keep the vault for restoring, make a new one with `custody init` and fill it with `custody copy`",
     "sổ cái của {} đã bị đưa lùi rồi lại được ghi tiếp: mục {} của nó không phải là mục mà các bản chứng hoặc các mục sau cho "
     "biết; hãy giữ kho này để phục hồi, tạo kho mới bằng `custody init` và chép sang bằng `custody copy`"},
    {"the list of paths is too long for one snapshot; back up a folder above them",
     "danh sách đường dẫn quá dài cho một bản chụp; hãy sao lưu một thư mục ở trên chúng"},
    {"the newest ledger entry has no witness here; the next run or repair writes it",
     "mục mới nhất của sổ cái chưa có bản chứng ở đây; lần chạy hoặc lần sửa sau sẽ ghi"},
    {"the vault {} was rolled back and written to again: entry {} of its ledger is not the one that {} remembers (noticed "
     "against the last head remembered by another medium); keep both for restoring, make a new vault with `custody init` and "
     "fill it with `custody copy`",
     "kho {} đã bị đưa lùi rồi lại được ghi tiếp: mục {} trong sổ cái của nó không phải là mục mà {} còn nhớ (phát hiện nhờ phần "
     "cuối sổ cái được phương tiện lưu trữ khác ghi nhớ); hãy giữ cả hai để phục hồi, tạo kho mới bằng `custody init` và chép "
     "sang bằng `custody copy`"},
    {"the vault {} was rolled back or cut, and written to again: entry {} of its ledger is not the one that this keyring "
     "remembers, it ends at entry {} here; bring the other vault back, or, when that is lost for good, accept the loss with "
     "'custody verify --accept-rollback {}'",
     "kho {} đã bị lùi lại hoặc cắt bớt rồi lại được ghi: mục {} của sổ cái không phải là mục mà bộ khóa này nhớ, ở đây nó kết "
     "thúc ở mục {}; hãy đưa kho kia trở lại, hoặc, khi kho đó đã mất hẳn, chấp nhận mất mát bằng 'custody verify "
     "--accept-rollback {}'"},
    {"the vault {} was rolled back or cut: its ledger ends at entry {}, and {} remembers entry {} of it (noticed against the "
     "last head remembered by another medium); heal it with `custody repair --vault {} --from {}`",
     "kho {} đã bị đưa lùi hoặc bị cắt: sổ cái của nó kết thúc ở mục {}, mà {} còn nhớ mục {} của nó (phát hiện nhờ phần cuối sổ "
     "cái được phương tiện lưu trữ khác ghi nhớ); hãy sửa bằng `custody repair --vault {} --from {}`"},
    {"the vault {} was rolled back or cut: this keyring remembers entry {} of its ledger, it ends at entry {} here, {}; bring "
     "the newer vault back, or, when that is lost for good, accept the loss with 'custody verify --accept-rollback {}'",
     "kho {} đã bị lùi lại hoặc cắt bớt: bộ khóa này nhớ mục {} của sổ cái, ở đây nó kết thúc ở mục {}, {}; hãy đưa kho mới hơn "
     "trở lại, hoặc, khi kho đó đã mất hẳn, chấp nhận mất mát bằng 'custody verify --accept-rollback {}'"},
    {"there is no such number", "không có số này"},
    {"this ledger needs Custody that reads format {}", "sổ cái này cần Custody đọc được định dạng {}"},
    {"this snapshot needs Custody that reads format {}", "bản chụp này cần Custody đọc được định dạng {}"},
    {"this tree needs Custody that reads format {}", "cây này cần Custody đọc được định dạng {}"},
    {"tree node: {}", "nút cây: {}"},
    {"within the time to keep", "trong khoảng phải giữ"},
    {"{} changed while it was read", "{} thay đổi trong khi đang được đọc"},
    {"{} entries are missing", "thiếu {} mục"},
    {"{} of {} cannot be healed: entry {} {}", "không sửa được {} của {}: mục {} {}"},
    {"{} of {} changed while it was read", "{} của {} thay đổi trong khi đang được đọc"},
    {"{} was held before, and stays held until released", "{} đã được giữ từ trước, và vẫn được giữ đến khi được thôi giữ"},
    {"{} was held before, and stays held until {}", "{} đã được giữ từ trước, và vẫn được giữ đến {}"},
    {"{} was written to meanwhile; run repair again", "{} vừa được nơi khác ghi; hãy chạy lại repair"},
};
static_assert(is_sorted_table(kHistoryTexts));

}  // namespace

std::span<const Translation> vietnamese_history_texts() { return kHistoryTexts; }

}  // namespace custody
