// Messages about programs that are run, and about live databases.
#include "base/text_vi.h"

namespace custody {
namespace {

constexpr Translation kDatabasesTexts[] = {
    {"--as-user goes with --postgresql and --mariadb only", "--as-user chỉ dùng cùng --postgresql và --mariadb"},
    {"Backs up every database of a running MariaDB or MySQL server and its accounts at one moment, with row counts; "
     "DEFAULTS-FILE names server, user and password, as for the mariadb program",
     "Sao lưu mọi cơ sở dữ liệu của một máy chủ MariaDB hoặc MySQL đang chạy cùng các tài khoản, tại một thời điểm, kèm số hàng; "
     "DEFAULTS-FILE nêu máy chủ, người dùng và mật khẩu, như với chương trình mariadb"},
    {"Backs up every database of a running PostgreSQL server, its roles and tablespaces, with row counts of every table as "
     "evidence. CONNINFO: service=NAME, or host, port, user; never a password",
     "Sao lưu mọi cơ sở dữ liệu của một máy chủ PostgreSQL đang chạy, các vai trò và không gian bảng, kèm số hàng của từng bảng "
     "làm bằng chứng. CONNINFO: service=TÊN, hoặc host, port, user; không bao giờ kèm mật khẩu"},
    {"Backs up files and folders, a disk image, a stream or live databases",
     "Sao lưu tệp và thư mục, ảnh đĩa, một luồng dữ liệu hoặc cơ sở dữ liệu đang chạy"},
    {"CONNINFO is not understood: write keyword=value pairs (host, port, user, dbname, service) or postgresql://...",
     "không hiểu CONNINFO: hãy viết các cặp khóa=giá trị (host, port, user, dbname, service) hoặc postgresql://..."},
    {"CONNINFO may hold no password: others can read it in the list of processes; put it into the service file "
     "(~/.pg_service.conf) or the password file (~/.pgpass) and write service=NAME",
     "CONNINFO không được chứa mật khẩu: người khác đọc được nó trong danh sách tiến trình; hãy ghi mật khẩu vào tệp dịch vụ "
     "(~/.pg_service.conf) hoặc tệp mật khẩu (~/.pgpass) và viết service=TÊN"},
    {"Live databases are stored as SQL text: globals.sql or users.sql, the dumps, and evidence/evidence.json with what was in "
     "them. What cannot be dumped whole makes no snapshot. pg_dump or mariadb-dump has to be installed, no older than the "
     "server.",
     "Cơ sở dữ liệu đang chạy được lưu dưới dạng văn bản SQL: globals.sql hoặc users.sql, các bản kết xuất, và "
     "evidence/evidence.json ghi những gì có trong đó. Không kết xuất được trọn vẹn thì không tạo bản chụp. Cần cài pg_dump hoặc "
     "mariadb-dump, không cũ hơn máy chủ."},
    {"PATH, --image, --stdin, --postgresql, --mariadb and --sqlite exclude each other: back them up one by one",
     "PATH, --image, --stdin, --postgresql, --mariadb và --sqlite loại trừ nhau: hãy sao lưu từng loại một"},
    {"PGPASSWORD is set: a password is taken from the service file (~/.pg_service.conf) or the password file (~/.pgpass) only; "
     "unset it",
     "PGPASSWORD đang được đặt: mật khẩu chỉ được lấy từ tệp dịch vụ (~/.pg_service.conf) hoặc tệp mật khẩu (~/.pgpass); hãy bỏ "
     "biến này"},
    {"With --postgresql or --mariadb: connects as this user of the system, such as postgres, whom the server lets in without a "
     "password; for root only",
     "Cùng --postgresql hoặc --mariadb: kết nối dưới tên người dùng này của hệ thống, chẳng hạn postgres, mà máy chủ cho vào "
     "không cần mật khẩu; chỉ dành cho root"},
    {"asking the server failed: {}", "hỏi máy chủ thất bại: {}"},
    {"asking the server for its databases", "việc hỏi máy chủ về các cơ sở dữ liệu"},
    {"cannot connect to MariaDB: {}", "không kết nối được với MariaDB: {}"},
    {"cannot connect to PostgreSQL: {}", "không kết nối được với PostgreSQL: {}"},
    {"cannot look up the user {}: {}", "không tra được người dùng {}: {}"},
    {"cannot start {} as another user: {}", "không khởi chạy được {} dưới tên người dùng khác: {}"},
    {"cannot start {} in the folder {}: {}", "không khởi chạy được {} trong thư mục {}: {}"},
    {"cannot start {}: an argument holds a zero byte", "không khởi chạy được {}: một tham số có byte không"},
    {"cannot start {}: more than {} of input", "không khởi chạy được {}: đầu vào dài hơn {}"},
    {"cannot start {}: there is no such program in {}", "không khởi chạy được {}: không có chương trình này trong {}"},
    {"cannot start {}: {}", "không khởi chạy được {}: {}"},
    {"cannot take on the rights of user {}: {}", "không nhận được quyền của người dùng {}: {}"},
    {"dumping accounts and grants", "việc kết xuất tài khoản và quyền"},
    {"dumping database {}", "việc kết xuất cơ sở dữ liệu {}"},
    {"dumping roles and tablespaces", "việc kết xuất vai trò và không gian bảng"},
    {"dumping the databases", "việc kết xuất các cơ sở dữ liệu"},
    {"dumping the settings of database {}", "việc kết xuất thiết lập của cơ sở dữ liệu {}"},
    {"exit code {}", "mã thoát {}"},
    {"its time was up", "đã hết thời gian cho phép"},
    {"neither mariadb-dump nor mysqldump is installed here: install the package mariadb-client",
     "ở đây chưa cài mariadb-dump hay mysqldump: hãy cài gói mariadb-client"},
    {"no answer", "không có trả lời"},
    {"no program is named", "chưa nêu chương trình nào"},
    {"nothing to back up: name a PATH, --image, --stdin, --postgresql, --mariadb or --sqlite",
     "không có gì để sao lưu: hãy nêu PATH, --image, --stdin, --postgresql, --mariadb hoặc --sqlite"},
    {"only root can connect as the user {}", "chỉ root mới kết nối được dưới tên người dùng {}"},
    {"others on this machine can read {} and the password in it: chmod 600 {}",
     "người khác trên máy này đọc được {} và mật khẩu trong đó: chmod 600 {}"},
    {"reading database {}", "việc đọc cơ sở dữ liệu {}"},
    {"setting up the session", "việc thiết lập phiên làm việc"},
    {"signal {}", "tín hiệu {}"},
    {"table {} of database {} was emptied or rewritten just as the backup began: run it again",
     "bảng {} của cơ sở dữ liệu {} bị làm rỗng hoặc ghi lại đúng lúc bắt đầu sao lưu: hãy chạy lại"},
    {"the dump breaks off before its end", "bản kết xuất đứt quãng trước khi hết"},
    {"the role {} may not read the roles' passwords: they are not in the backup and must be set anew after a restore",
     "vai trò {} không được đọc mật khẩu của các vai trò: bản sao lưu không có chúng, sau khi phục hồi phải đặt lại"},
    {"the server has no database that allows connections", "máy chủ không có cơ sở dữ liệu nào cho phép kết nối"},
    {"the server has too few free connections for its {} databases: only {} are frozen at the same time, the others when their "
     "turn comes; raise max_connections",
     "máy chủ còn quá ít kết nối cho {} cơ sở dữ liệu: chỉ {} được chụp cùng lúc, những cái khác chụp khi đến lượt; hãy tăng "
     "max_connections"},
    {"the server is PostgreSQL {}: versions before {} are not supported",
     "máy chủ là PostgreSQL {}: không hỗ trợ các phiên bản trước {}"},
    {"the user {} is in too many groups", "người dùng {} thuộc quá nhiều nhóm"},
    {"there is no user {} on this machine", "máy này không có người dùng {}"},
    {"{} cannot name a file of a backup", "{} không dùng làm tên tệp trong bản sao lưu được"},
    {"{} failed: {}", "{} thất bại: {}"},
    {"{} is not installed here: install the package postgresql-client-{} or newer",
     "{} chưa được cài ở đây: hãy cài gói postgresql-client-{} hoặc mới hơn"},
    {"{} is {}, older than the server of version {}: install the package postgresql-client-{}",
     "{} là {}, cũ hơn máy chủ phiên bản {}: hãy cài gói postgresql-client-{}"},
    {"{} printed nothing: nothing is stored of it", "{} không in ra gì: không có gì được lưu"},
    {"{} tables are of an engine without transactions and may not be of the same moment as the others: {}",
     "{} bảng dùng bộ lưu trữ không có giao dịch và có thể không cùng thời điểm với các bảng khác: {}"},
};
static_assert(is_sorted_table(kDatabasesTexts));

}  // namespace

std::span<const Translation> vietnamese_databases_texts() { return kDatabasesTexts; }

}  // namespace custody
