#include "daemon/jobs/records_reading.h"

#include "base/records/canonical_json.h"
#include "base/text.h"

#include <optional>
#include <string>
#include <utility>

namespace custody {
namespace {

constexpr std::size_t kMaxRecordSize = 16 * 1024 * 1024;
constexpr std::size_t kMostMedia = 10'000, kMostMoves = 100'000, kMostRecordedFindings = 100'000, kMostArguments = 16;
constexpr std::size_t kMaxField = 8'000;  // what the catalogue takes is shorter still, and cut there
constexpr std::string_view kRegisterForm = "custody media register 1", kFindingsForm = "custody findings 1";

// The fields of one object. The first that is not as it must be is remembered, and what is read after it does not count.
class RecordFields {
public:
    RecordFields(const Json& object, std::string what) : object_(object), what_(std::move(what)) {}

    std::string text(const char* key) {
        auto value = json_text(object_, key, what_);
        if (value.ok() && value->size() > kMaxField) value = Error{Code::corrupt, say("{}: field '{}' is too long", what_, key)};
        return take(std::move(value));
    }
    std::optional<std::string> text_or_none(const char* key) {
        return is_null(key) ? std::nullopt : std::optional<std::string>(text(key));
    }
    std::uint64_t number(const char* key) { return take(json_number(object_, key, what_)); }
    Time time(const char* key) {
        const std::string written = text(key);
        if (!status_.ok()) return {};
        const auto parsed = parse_time(written);
        if (!parsed.ok()) fail(key);
        return parsed.ok() ? *parsed : Time{};
    }
    std::optional<Time> time_or_none(const char* key) { return is_null(key) ? std::nullopt : std::optional<Time>(time(key)); }
    template <class Enum>
    Enum word(const char* key) {
        const std::string written = text(key);
        const auto value = catalog::from_word<Enum>(written);
        if (status_.ok() && !value) fail(key);
        return value.value_or(Enum{});
    }
    template <class AnyId>
    std::optional<AnyId> id_or_none(const char* key) {
        if (is_null(key)) return std::nullopt;
        auto value = json_id<AnyId>(object_, key, what_);
        if (value.ok()) return *value;
        if (status_.ok()) status_ = value.error();
        return std::nullopt;
    }
    // An array of at most so many; empty where it is none.
    const Json& list(const char* key, std::size_t most) {
        static const Json kNone = Json::array();
        const auto found = object_.find(key);
        if (found != object_.end() && found->is_array() && found->size() <= most) return *found;
        fail(key);
        return kNone;
    }
    void fail(const char* key) {
        if (status_.ok()) status_ = Error{Code::corrupt, say("{}: field '{}' is not as it should be", what_, key)};
    }
    [[nodiscard]] Status status() const { return status_; }

private:
    bool is_null(const char* key) {
        const auto found = object_.find(key);
        return found != object_.end() && found->is_null();
    }
    template <class T>
    T take(Result<T> value) {
        if (value.ok()) return std::move(value).value();
        if (status_.ok()) status_ = value.error();
        return T();
    }
    const Json& object_;
    std::string what_;
    Status status_ = done();
};

Result<Json> records_document(ByteView bytes, std::string_view form, const char* name) {
    TRY_ASSIGN(Json document, parse_json(bytes, kMaxRecordSize));
    if (!document.is_object()) return Error{Code::corrupt, say("{}: it is no object", name)};
    TRY_ASSIGN(const std::string written, json_text(document, "format", name));
    if (written == form) return document;
    return Error{Code::corrupt, say("{}: its format is '{}', and this program reads '{}'", name, printable(written), form)};
}

Result<catalog::MediumMoved> moved_of(const Json& json, const std::string& what) {
    if (!json.is_object()) return Error{Code::corrupt, say("{}: it is no object", what)};
    RecordFields fields(json, what);
    catalog::MediumMoved moved;
    moved.moved_at = fields.time("moved_at");
    moved.state_before = fields.word<catalog::MediumState>("state_before");
    moved.place_before = fields.text("place_before");
    moved.custodian_before = fields.text("custodian_before");
    moved.after.state = fields.word<catalog::MediumState>("state");
    moved.after.place = fields.text("place");
    moved.after.custodian = fields.text("custodian");
    moved.after.entered_by = fields.text("entered_by");
    moved.after.note = fields.text("note");
    TRY(fields.status());
    return moved;
}

Result<catalog::RecordedMedium> recorded_medium_of(const Json& json) {
    const std::string what = "media.json";
    if (!json.is_object()) return Error{Code::corrupt, say("{}: it is no object", what)};
    RecordFields fields(json, what);
    catalog::RecordedMedium medium;
    catalog::NewMedium& entry = medium.entry;
    entry.name = fields.text("name");
    entry.facts.identity = fields.id_or_none<MediumId>("identity");
    entry.facts.vault = fields.id_or_none<VaultId>("vault");
    entry.facts.kind = fields.text("kind");
    entry.facts.serial = fields.text_or_none("serial");
    entry.facts.filesystem_uuid = fields.text_or_none("filesystem_uuid");
    entry.state = fields.word<catalog::MediumState>("state");
    entry.place = fields.text("place");
    entry.custodian = fields.text("custodian");
    entry.rotation_set = fields.text_or_none("rotation_set");
    medium.registered_at = fields.time("registered_at");
    medium.first_used_at = fields.time_or_none("first_used_at");
    medium.last_used_at = fields.time_or_none("last_used_at");
    const Json& moves = fields.list("moves", kMostMoves);
    if (entry.name.empty()) fields.fail("name");
    TRY(fields.status());
    for (const Json& each : moves) {
        TRY_ASSIGN(catalog::MediumMoved moved, moved_of(each, what));
        medium.moves.push_back(std::move(moved));
    }
    return medium;
}

Result<catalog::Finding> recorded_finding_of(const Json& json) {
    const std::string what = "findings.json";
    if (!json.is_object()) return Error{Code::corrupt, say("{}: it is no object", what)};
    RecordFields fields(json, what);
    catalog::Finding finding;
    finding.seen.kind = fields.text("kind");
    finding.seen.object = fields.text("object");
    finding.seen.severity = fields.word<catalog::Severity>("severity");
    finding.seen.text.english = fields.text("text");
    finding.times = fields.number("times");
    finding.first_seen_at = fields.time("first_seen_at");
    finding.last_seen_at = fields.time("last_seen_at");
    finding.acknowledged_at = fields.time_or_none("acknowledged_at");
    finding.acknowledged_by = fields.text_or_none("acknowledged_by");
    finding.resolved_at = fields.time_or_none("resolved_at");
    for (const Json& argument : fields.list("arguments", kMostArguments)) {
        if (!argument.is_string()) fields.fail("arguments");
        if (argument.is_string()) finding.seen.text.arguments.push_back(argument.get<std::string>());
    }
    TRY(fields.status());
    return finding;
}

Status add_findings(const Json& document, const char* key, std::vector<catalog::Finding>& into) {
    RecordFields fields(document, "findings.json");
    const Json& list = fields.list(key, kMostRecordedFindings);
    TRY(fields.status());
    for (const Json& each : list) {
        TRY_ASSIGN(catalog::Finding finding, recorded_finding_of(each));
        into.push_back(std::move(finding));
    }
    return done();
}

}  // namespace

Result<std::vector<catalog::RecordedMedium>> read_media_register(ByteView json) {
    TRY_ASSIGN(const Json document, records_document(json, kRegisterForm, "media.json"));
    RecordFields fields(document, "media.json");
    const Json& list = fields.list("media", kMostMedia);
    TRY(fields.status());
    std::vector<catalog::RecordedMedium> media;
    for (const Json& each : list) {
        TRY_ASSIGN(catalog::RecordedMedium medium, recorded_medium_of(each));
        media.push_back(std::move(medium));
    }
    return media;
}

Result<std::vector<catalog::Finding>> read_findings(ByteView json) {
    TRY_ASSIGN(const Json document, records_document(json, kFindingsForm, "findings.json"));
    std::vector<catalog::Finding> findings;
    TRY(add_findings(document, "open", findings));
    TRY(add_findings(document, "resolved", findings));
    return findings;
}

}  // namespace custody
