#include "daemon/jobs/records_source.h"

#include "base/text.h"
#include "catalog/findings.h"
#include "catalog/media.h"
#include "vault/sources/virtual_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace custody {
namespace {

constexpr std::uint64_t kMaxConfigFile = 1024 * 1024;  // the reader takes no larger one
constexpr std::size_t kMostResolved = 1000;

Json time_or_null(const std::optional<Time>& time) { return time ? Json(to_rfc3339_utc(*time)) : Json(nullptr); }
Json text_or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }
template <class AnyId>
Json id_or_null(const std::optional<AnyId>& id) {
    return id ? Json(id->hex()) : Json(nullptr);
}

Json move_json(const catalog::MediumMoved& moved) {
    return {{"moved_at", to_rfc3339_utc(moved.moved_at)},
            {"state_before", catalog::word_of(moved.state_before)},
            {"place_before", moved.place_before},
            {"custodian_before", moved.custodian_before},
            {"state", catalog::word_of(moved.after.state)},
            {"place", moved.after.place},
            {"custodian", moved.after.custodian},
            {"entered_by", moved.after.entered_by},
            {"note", moved.after.note}};
}

Json medium_json(const catalog::RegisteredMedium& medium) {
    const catalog::NewMedium& entry = medium.entry;
    return {{"name", entry.name},
            {"identity", id_or_null(entry.facts.identity)},
            {"vault", id_or_null(entry.facts.vault)},
            {"kind", entry.facts.kind},
            {"serial", text_or_null(entry.facts.serial)},
            {"filesystem_uuid", text_or_null(entry.facts.filesystem_uuid)},
            {"state", catalog::word_of(entry.state)},
            {"place", entry.place},
            {"custodian", entry.custodian},
            {"rotation_set", text_or_null(entry.rotation_set)},
            {"registered_at", to_rfc3339_utc(medium.registered_at)},
            {"first_used_at", time_or_null(medium.first_used_at)},
            {"last_used_at", time_or_null(medium.last_used_at)},
            {"copies_present", medium.copies_present},
            {"copies_owed", medium.copies_owed}};
}

// In English: what it is in another language follows from the two parts of the text.
Json finding_json(const catalog::Finding& finding) {
    return {{"kind", finding.seen.kind},
            {"object", finding.seen.object},
            {"severity", catalog::word_of(finding.seen.severity)},
            {"text", finding.seen.text.english},
            {"arguments", finding.seen.text.arguments},
            {"times", finding.times},
            {"first_seen_at", to_rfc3339_utc(finding.first_seen_at)},
            {"last_seen_at", to_rfc3339_utc(finding.last_seen_at)},
            {"acknowledged_at", time_or_null(finding.acknowledged_at)},
            {"acknowledged_by", text_or_null(finding.acknowledged_by)},
            {"resolved_at", time_or_null(finding.resolved_at)}};
}

VirtualFile copied_file(const std::shared_ptr<const ScratchArea>& scratch, const std::string& name) {
    return {name, [scratch, path = join_path(scratch->path(), name)]() -> Result<std::unique_ptr<FileContent>> {
                struct Opened {
                    std::shared_ptr<const ScratchArea> scratch;
                    Fd file;
                };
                Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
                if (!file.valid()) return system_error(errno, "open", path);
                struct stat status {};
                if (::fstat(file.get(), &status) != 0) return system_error(errno, "look at", path);
                const auto opened = std::make_shared<const Opened>(Opened{scratch, std::move(file)});
                return content_of(LaidDownFile{opened, opened->file.get(), static_cast<std::uint64_t>(status.st_size), path});
            }};
}

VirtualFile bytes_file(const std::string& name, Bytes bytes) {
    return {name, [bytes = std::move(bytes)]() -> Result<std::unique_ptr<FileContent>> { return content_of(bytes); }};
}

Result<VirtualFile> json_file(const std::string& name, const Json& json) {
    TRY_ASSIGN(const std::string text, to_canonical_json(json));
    const ByteView bytes = as_bytes(text);
    return bytes_file(name, Bytes(bytes.begin(), bytes.end()));
}

}  // namespace

Result<Json> media_register_json(catalog::Catalog& catalog) {
    catalog::Media media(catalog);
    TRY_ASSIGN(const auto all, media.list());
    Json list = Json::array();
    for (const catalog::RegisteredMedium& medium : all) {
        TRY_ASSIGN(const auto moves, media.moves(medium.key));
        Json json = medium_json(medium);
        json["moves"] = Json::array();
        for (const catalog::MediumMoved& moved : moves) json["moves"].push_back(move_json(moved));
        list.push_back(std::move(json));
    }
    return Json{{"format", "custody media register 1"}, {"made", to_rfc3339_utc(catalog.now())}, {"media", std::move(list)}};
}

Result<Json> findings_json(catalog::Catalog& catalog) {
    catalog::Findings findings(catalog);
    TRY_ASSIGN(const auto open, findings.open());
    TRY_ASSIGN(const auto resolved, findings.resolved(kMostResolved));
    Json json = {{"format", "custody findings 1"},
                 {"made", to_rfc3339_utc(catalog.now())},
                 {"open", Json::array()},
                 {"resolved", Json::array()}};
    for (const catalog::Finding& finding : open) json["open"].push_back(finding_json(finding));
    for (const catalog::Finding& finding : resolved) json["resolved"].push_back(finding_json(finding));
    return json;
}

Result<RecordsSource> open_records(FileSystem& files, const Clock& clock, catalog::Catalog& catalog, const Config& config,
                                   const std::string& scratch, const StopFlag& stop) {
    RecordsSource records;
    TRY_ASSIGN(ScratchArea area, ScratchArea::make(scratch));
    records.scratch = std::make_shared<const ScratchArea>(std::move(area));
    TRY(catalog.copy_to(join_path(records.scratch->path(), "catalog.db"), stop));
    VirtualTree tree;
    tree.kind = "files";
    tree.root = kRecordsRoot;
    tree.files.push_back(copied_file(records.scratch, "catalog.db"));
    if (!config.file.empty()) {
        TRY_ASSIGN(Bytes text, read_file(files, config.file, kMaxConfigFile));
        tree.files.push_back(bytes_file("custody.toml", std::move(text)));
    }
    TRY_ASSIGN(const Json media, media_register_json(catalog));
    TRY_ASSIGN(VirtualFile media_file, json_file("media.json", media));
    tree.files.push_back(std::move(media_file));
    TRY_ASSIGN(const Json findings, findings_json(catalog));
    TRY_ASSIGN(VirtualFile findings_file, json_file("findings.json", findings));
    tree.files.push_back(std::move(findings_file));
    TRY_ASSIGN(records.source, open_virtual_files(std::move(tree), clock));
    return records;
}

}  // namespace custody
