#include "daemon/alerts/message.h"

#include "base/crypto.h"
#include "base/text.h"

#include <algorithm>
#include <array>

namespace custody {
namespace {

constexpr std::string_view kMessage = "queued alert";
constexpr std::array<std::string_view, 5> kClasses = {"first", "reminder", "end", "digest", "test"};
constexpr std::size_t kMostFields = 32;

bool is_message_id(std::string_view id) {
    return id.size() == 32 &&
           std::all_of(id.begin(), id.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Error bad(std::string_view field) { return Error{Code::corrupt, fmt::format("{}: field '{}' is wrong", kMessage, field)}; }

Status read_class_and_severity(const Json& json, AlertMessage& message) {
    TRY_ASSIGN(const std::string which, json_text(json, "class", kMessage));
    const auto found = std::find(kClasses.begin(), kClasses.end(), which);
    if (found == kClasses.end()) return bad("class");
    message.which = static_cast<AlertClass>(found - kClasses.begin());
    TRY_ASSIGN(const std::string severity, json_text(json, "severity", kMessage));
    const auto known = severity_of(severity);
    if (!known) return bad("severity");
    message.severity = *known;
    TRY_ASSIGN(const std::string made, json_text(json, "made", kMessage));
    const auto time = parse_time(made);
    if (!time.ok()) return bad("made");
    message.made = *time;
    return done();
}

Status read_members(const Json& json, AlertMessage& message) {
    const auto members = json.find("members");
    if (members == json.end()) return done();
    if (!members->is_array() || members->size() > kMaxAlertMembers) return bad("members");
    for (const Json& member : *members) {
        if (!member.is_string() || !is_message_id(member.get<std::string>())) return bad("members");
        message.members.push_back(member.get<std::string>());
    }
    if (!std::is_sorted(message.members.begin(), message.members.end())) return bad("members");
    return done();
}

}  // namespace

std::string_view alert_class_name(AlertClass value) { return kClasses[static_cast<std::size_t>(value) % kClasses.size()]; }

std::string new_message_id() {
    std::array<Byte, 16> random{};
    fill_random(random);
    return to_hex(random);
}

Json message_to_json(const AlertMessage& message) {
    Json fields = Json::object();
    for (const auto& [name, value] : message.fields) fields[name] = value;
    Json json = {{"id", message.id},
                 {"thread", message.thread},
                 {"key", message.key},
                 {"kind", message.kind},
                 {"class", alert_class_name(message.which)},
                 {"severity", severity_name(message.severity)},
                 {"made", to_rfc3339_utc(message.made)},
                 {"host", message.host},
                 {"subject", message.subject},
                 {"text", message.text},
                 {"line", message.line},
                 {"fields", std::move(fields)}};
    if (!message.members.empty()) json["members"] = message.members;
    return json;
}

Result<AlertMessage> message_from_json(const Json& json) {
    AlertMessage message;
    TRY_ASSIGN(message.id, json_text(json, "id", kMessage));
    TRY_ASSIGN(message.thread, json_text(json, "thread", kMessage));
    TRY_ASSIGN(message.key, json_text(json, "key", kMessage));
    TRY_ASSIGN(message.kind, json_text(json, "kind", kMessage));
    TRY_ASSIGN(message.host, json_text(json, "host", kMessage));
    TRY_ASSIGN(message.subject, json_text(json, "subject", kMessage));
    TRY_ASSIGN(message.text, json_text(json, "text", kMessage));
    TRY_ASSIGN(message.line, json_text(json, "line", kMessage));
    TRY(read_class_and_severity(json, message));
    if (!is_message_id(message.id)) return bad("id");
    if (!message.thread.empty() && !is_message_id(message.thread)) return bad("thread");
    if (message.text.size() > kMaxAlertText) return bad("text");
    const auto fields = json.find("fields");
    if (fields == json.end() || !fields->is_object() || fields->size() > kMostFields) return bad("fields");
    for (const auto& [name, value] : fields->items()) {
        if (!value.is_string()) return bad("fields");
        message.fields.emplace_back(name, value.get<std::string>());
    }
    TRY(read_members(json, message));
    return message;
}

}  // namespace custody
