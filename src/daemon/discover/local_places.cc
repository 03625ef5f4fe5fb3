#include "daemon/discover/local_places.h"

#include "base/file.h"
#include "base/sysfs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>
#include <set>
#include <string_view>

namespace custody {
namespace {

constexpr std::array kSqliteBelow = {"/srv", "/var/lib", "/opt"};
constexpr std::string_view kSqliteHeader{"SQLite format 3\0", 16};
// The system's own, made again by what wrote them, or another database's.
constexpr std::array<std::string_view, 13> kNotSearched = {"/var/lib/PackageKit", "/var/lib/command-not-found",
                                                           "/var/lib/containerd", "/var/lib/custody",
                                                           "/var/lib/docker",     "/var/lib/dpkg",
                                                           "/var/lib/fwupd",      "/var/lib/lxcfs",
                                                           "/var/lib/mysql",      "/var/lib/postgresql",
                                                           "/var/lib/rpm",        "/var/lib/snapd",
                                                           "/var/lib/systemd"};
constexpr std::array kDataFolders = {"/home",           "/srv",    "/opt", "/root", "/usr/local", "/var/mail", "/var/vmail",
                                     "/var/spool/cron", "/var/www"};
constexpr std::uint64_t kMaxConfiguration = 256 * 1024;

struct Entry {
    std::string path;  // with the root before it
    std::string name;
    struct stat info {};
    int depth = 1;
};
enum class Walk { go_on, leave_out, end };

// Folders before what is in them, in no order; at most kMaxSearched entries, kMaxSearchDepth deep, on one file system.
void walk(const std::string& top, const std::function<Walk(const Entry&)>& visit) {
    struct stat at_top {};
    if (::lstat(top.c_str(), &at_top) != 0 || !S_ISDIR(at_top.st_mode)) return;
    std::vector<std::pair<std::string, int>> open{{top, 1}};
    std::size_t looked_at = 0;
    while (!open.empty()) {
        const auto [folder, depth] = std::move(open.back());
        open.pop_back();
        const auto listed = posix_file_system().list(folder);
        if (!listed.ok()) continue;
        for (const DirectoryItem& item : *listed) {
            if (++looked_at > kMaxSearched) return;
            Entry entry{join_path(folder, item.name), item.name, {}, depth};
            if (::lstat(entry.path.c_str(), &entry.info) != 0) continue;
            const Walk answer = visit(entry);
            if (answer == Walk::end) return;
            const bool goes_in = answer == Walk::go_on && S_ISDIR(entry.info.st_mode) && depth < kMaxSearchDepth &&
                                 entry.info.st_dev == at_top.st_dev;
            if (goes_in) open.emplace_back(std::move(entry.path), depth + 1);
        }
    }
}

bool is_sqlite(const Entry& entry) {
    if (!S_ISREG(entry.info.st_mode) || entry.info.st_size < 512) return false;
    const auto file = posix_file_system().open(entry.path);
    if (!file.ok()) return false;
    Bytes head(kSqliteHeader.size());
    const auto got = read_up_to(**file, 0, head);
    return got.ok() && *got == head.size() && as_text(head) == kSqliteHeader;
}

class Search {
public:
    explicit Search(std::string root) : root_(std::move(root)) {}

    void postgresql() {
        std::set<std::string> ports;
        for (const std::string& name : sysfs_names("/var/run/postgresql", ".s.PGSQL.")) {
            if (name.ends_with(".lock")) continue;
            ports.insert(name.substr(name.rfind('.') + 1));
            add("postgresql", "/var/run/postgresql/" + name);
        }
        std::set<std::string> known;  // data folders of clusters
        for (const std::string& version : names("/etc/postgresql")) {
            for (const std::string& cluster : names("/etc/postgresql/" + version)) {
                const std::string settings = "/etc/postgresql/" + version + "/" + cluster + "/postgresql.conf";
                const auto data = setting(settings, "data_directory");
                const std::string folder = data.value_or("/var/lib/postgresql/" + version + "/" + cluster);
                known.insert(folder);
                const bool runs = ports.count(setting(settings, "port").value_or("5432")) != 0;
                if (!runs && is_there(folder + "/PG_VERSION")) add("postgresql", folder);
            }
        }
        for (const std::string& version : names("/var/lib/postgresql")) {
            const std::string folder = "/var/lib/postgresql/" + version + "/main";
            if (ports.empty() && known.count(folder) == 0 && is_there(folder + "/PG_VERSION")) add("postgresql", folder);
        }
    }

    void mariadb() {
        for (const char* socket : {"/var/run/mysqld/mysqld.sock", "/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock"}) {
            struct stat info {};
            if (::stat((root_ + socket).c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) return add("mariadb", socket);
        }
        if (is_there("/var/lib/mysql/ibdata1") || is_there("/var/lib/mysql/mysql")) add("mariadb", "/var/lib/mysql");
    }

    void sqlite() {
        std::vector<std::string> files;
        for (const char* below : kSqliteBelow) {
            walk(root_ + below, [&](const Entry& entry) {
                const std::string path = entry.path.substr(root_.size());
                if (std::find(kNotSearched.begin(), kNotSearched.end(), path) != kNotSearched.end()) return Walk::leave_out;
                if (files.size() >= kMaxSqliteFiles) return Walk::end;
                if (is_sqlite(entry)) files.push_back(path);
                return Walk::go_on;
            });
        }
        std::sort(files.begin(), files.end());
        for (std::string& file : files) add("sqlite", std::move(file));
    }

    std::vector<FoundDatabase> take() { return std::move(found_); }

private:
    [[nodiscard]] bool is_there(const std::string& path) const { return sysfs::exists(root_ + path); }
    [[nodiscard]] std::vector<std::string> names(const std::string& folder) const { return sysfs::names_in(root_ + folder); }

    // Hidden ones too, which sysfs::names_in leaves out.
    [[nodiscard]] std::vector<std::string> sysfs_names(const std::string& folder, std::string_view begin) const {
        std::vector<std::string> all;
        const auto listed = posix_file_system().list(root_ + folder);
        if (!listed.ok()) return all;
        for (const DirectoryItem& item : *listed) {
            if (item.name.starts_with(begin)) all.push_back(item.name);
        }
        std::sort(all.begin(), all.end());
        return all;
    }

    // The last "name = value" of a postgresql.conf; files that it includes are not followed.
    [[nodiscard]] std::optional<std::string> setting(const std::string& file, std::string_view name) const {
        const auto content = read_file(posix_file_system(), root_ + file, kMaxConfiguration);
        if (!content.ok()) return std::nullopt;
        std::optional<std::string> value;
        for (const std::string& line : sysfs::split(as_text(*content), '\n')) {
            const std::size_t begin = line.find_first_not_of(" \t");
            if (begin == std::string::npos || line.compare(begin, name.size(), name) != 0) continue;
            const std::size_t from = line.find_first_not_of(" \t='", begin + name.size());
            const bool is_whole = from != std::string::npos && from > begin + name.size();
            if (is_whole) value = line.substr(from, line.find_first_of(" \t'#", from) - from);
        }
        return value;
    }

    void add(std::string kind, std::string place) { found_.push_back({std::move(kind), std::move(place)}); }

    std::string root_;
    std::vector<FoundDatabase> found_;
};

}  // namespace

std::vector<FoundDatabase> find_databases(const std::string& root) {
    Search search(root);
    search.postgresql();
    search.mariadb();
    search.sqlite();
    return search.take();
}

std::vector<std::string> find_data_folders(const std::string& root) {
    std::vector<std::string> found;
    for (const char* folder : kDataFolders) {
        bool holds = false;
        walk(root + folder, [&](const Entry& entry) {
            if (entry.name.starts_with('.')) return Walk::leave_out;
            holds = S_ISREG(entry.info.st_mode) && entry.info.st_size > 0;
            return holds ? Walk::end : Walk::go_on;
        });
        if (holds) found.emplace_back(folder);
    }
    return found;
}

}  // namespace custody
