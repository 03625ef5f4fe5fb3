#include "vault/sources/postgresql_tools.h"

#include "base/file.h"
#include "base/text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace custody {
namespace {

constexpr int kNewerTried = 10;
constexpr std::int64_t kVersionTime_ns = 30 * kSecond;

std::vector<std::string> usual_folders(int server_major) {
    std::vector<std::string> folders;
    for (int major = server_major; major < server_major + kNewerTried; ++major) {
        folders.push_back(fmt::format("/usr/lib/postgresql/{}/bin", major));
        folders.push_back(fmt::format("/usr/pgsql-{}/bin", major));
    }
    return folders;
}

Result<std::string> find_tool(const std::string& name, const std::vector<std::string>& given, int server_major) {
    for (const std::string& folder : given.empty() ? usual_folders(server_major) : given) {
        std::string path = join_path(folder, name);
        if (::access(path.c_str(), X_OK) == 0) return path;
    }
    if (given.empty()) {
        if (auto found = find_program(name); found.ok()) return found;
    }
    return Error{Code::not_found,
                 say("{} is not installed here: install the package postgresql-client-{} or newer", name, server_major)};
}

// "pg_dump (PostgreSQL) 15.18 (Debian ...)" -> 15; 0: not understood.
int major_of(std::string_view version) {
    constexpr std::string_view kProduct = "(PostgreSQL) ";
    const std::size_t at = version.find(kProduct);
    int major = 0;
    if (at != std::string_view::npos) {
        const std::string_view number = version.substr(at + kProduct.size());
        std::from_chars(number.data(), number.data() + number.size(), major);
    }
    return major;
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

}  // namespace

Result<PostgresqlTools> find_postgresql_tools(const std::vector<std::string>& folders, int server_major, const StopFlag& stop) {
    PostgresqlTools tools;
    TRY_ASSIGN(tools.pg_dump, find_tool("pg_dump", folders, server_major));
    TRY_ASSIGN(tools.pg_dumpall, find_tool("pg_dumpall", folders, server_major));
    ProcessOptions options;
    options.arguments = {tools.pg_dump, "--version"};
    options.time_limit_ns = kVersionTime_ns;
    TRY_ASSIGN(const ProcessOutcome outcome, run_process(options, stop));
    if (!outcome.succeeded()) return failure_of(tools.pg_dump, outcome);
    tools.version = printable(first_line(outcome.out));
    if (major_of(tools.version) < server_major) {
        return Error{Code::failed, say("{} is {}, older than the server of version {}: install the package postgresql-client-{}",
                                       printable(tools.pg_dump), tools.version, server_major, server_major)};
    }
    return tools;
}

std::map<std::string, std::string> postgresql_environment() {
    const char* home = std::getenv("HOME");
    std::map<std::string, std::string> variables = {{"HOME", home == nullptr ? "" : home}};
    for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
        const std::string_view line = *each;
        const std::size_t equals = line.find('=');
        const std::string_view name = line.substr(0, equals);
        if (equals == std::string_view::npos || !name.starts_with("PG") || name == "PGPASSWORD") continue;
        variables[std::string(name)] = line.substr(equals + 1);
    }
    return variables;
}

Error explain_pg_dump(const std::string& what, const ProcessEnd& end) {
    constexpr std::string_view kMark = "error: ";
    const std::size_t at = end.err.find(kMark);
    if (at == std::string::npos || end.timed_out) return failure_of(what, end);
    const std::size_t begin = at + kMark.size();
    return {Code::failed,
            say("{} failed: {}", printable(what), printable(end.err.substr(begin, end.err.find('\n', begin) - begin)))};
}

}  // namespace custody
