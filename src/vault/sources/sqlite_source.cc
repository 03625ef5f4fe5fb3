#include "vault/sources/sqlite_source.h"

#include "base/text.h"
#include "vault/sources/virtual_files.h"

#include <sys/stat.h>

#include <cerrno>

namespace custody {
namespace {

Result<Bytes> evidence_of(const SqliteCopy& copy, const std::string& file, const struct stat& status, Time now) {
    Json database = copy.evidence;
    database["name"] = printable(base_name(copy.path));
    database["file"] = printable(file);
    database["path"] = printable(copy.path);
    if (!is_utf8(copy.path)) database["path_bytes"] = to_base64(as_bytes(copy.path));
    database["size_bytes"] = copy.size;
    database["time"] = to_rfc3339_utc(now);
    database["mode"] = status.st_mode & 07777u;
    database["uid"] = status.st_uid;
    database["gid"] = status.st_gid;
    TRY_ASSIGN(const std::string text, to_canonical_json({{"format", "custody database evidence 1"},
                                                          {"kind", "sqlite"},
                                                          {"rows_counted", "in the stored copy"},
                                                          {"databases", Json::array({database})}}));
    const ByteView bytes = as_bytes(text);
    return Bytes(bytes.begin(), bytes.end());
}

}  // namespace

Result<OpenedSqlite> open_sqlite(const SqliteOptions& options, const Clock& clock, const StopFlag& stop) {
    const Time now = clock.now();
    TRY_ASSIGN(SqliteCopy taken, copy_sqlite(options, stop));
    OpenedSqlite opened;
    opened.path = taken.path;
    opened.warnings = taken.warnings;
    struct stat status {};
    if (::stat(taken.path.c_str(), &status) != 0) return system_error(errno, "look at", taken.path);
    const std::string name = path_component(base_name(taken.path)), file = "databases/" + name;
    TRY_ASSIGN(Bytes evidence, evidence_of(taken, file, status, now));
    VirtualTree tree;
    tree.kind = "sqlite";
    tree.root = "/sqlite/" + name;
    tree.expected_bytes = taken.size + evidence.size();
    const auto copy = std::make_shared<const SqliteCopy>(std::move(taken));
    tree.files.push_back({file, [copy]() -> Result<std::unique_ptr<FileContent>> {
                              return content_of(LaidDownFile{copy, copy->content.get(), copy->size, copy->path});
                          }});
    tree.files.push_back({"evidence/evidence.json",
                          [bytes = std::move(evidence)]() -> Result<std::unique_ptr<FileContent>> { return content_of(bytes); }});
    TRY_ASSIGN(opened.source, open_virtual_files(std::move(tree), clock));
    return opened;
}

}  // namespace custody
