#include "cli/service_answer.h"

#include "base/text.h"
#include "cli/output.h"

#include <algorithm>
#include <array>
#include <utility>

namespace custody {
namespace {

// The closed lists of docs/API.md; a newer service may have further ones.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kStates = {{
    {"queued", "queued"},
    {"running", "running"},
    {"waiting_for_key", "waiting for key"},
    {"done", "done"},
    {"done_with_failures", "done, not all was read"},
    {"failed", "failed"},
    {"interrupted", "interrupted"},
    {"cancelled", "cancelled"},
    {"open", "open"},
    {"protected", "protected"},
    {"late", "late"},
    {"failing", "failing"},
    {"never", "never backed up"},
    {"in_use", "in use"},
    {"off_site", "off-site"},
    {"owed", "owes copies"},
    {"retired", "retired"},
    {"erased", "erased"},
}};

const Json* field(const Json& object, const char* key) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

}  // namespace

std::string texts_of(const Json& words) {
    std::string text;
    for (const Json& word : words) {
        if (word.is_string()) text += (text.empty() ? "" : ", ") + printable(word.get_ref<const std::string&>());
    }
    return text;
}

std::string text_field(const Json& object, const char* key) {
    const Json* value = field(object, key);
    return value != nullptr && value->is_string() ? printable(value->get_ref<const std::string&>()) : std::string();
}

std::uint64_t number_field(const Json& object, const char* key) {
    const Json* value = field(object, key);
    return value != nullptr && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
}

bool flag_field(const Json& object, const char* key) {
    const Json* value = field(object, key);
    return value != nullptr && value->is_boolean() && value->get<bool>();
}

const Json& list_field(const Json& object, const char* key) {
    static const Json none = Json::array();
    const Json* value = field(object, key);
    return value != nullptr && value->is_array() ? *value : none;
}

const Json& object_field(const Json& object, const char* key) {
    static const Json none = Json::object();
    const Json* value = field(object, key);
    return value != nullptr && value->is_object() ? *value : none;
}

std::optional<Time> time_field(const Json& object, const char* key) {
    const std::string text = text_field(object, key);
    if (text.empty()) return std::nullopt;
    const auto time = parse_time(text);
    return time.ok() ? std::optional(*time) : std::nullopt;
}

std::string minute_field(const Json& object, const char* key) {
    const auto time = time_field(object, key);
    return time ? to_minute(*time) : "-";
}

std::string seconds_field(const Json& object, const char* key) {
    const Json* value = field(object, key);
    return value != nullptr && value->is_number() ? human_seconds(value->get<double>()) : "-";
}

std::string to_minute(Time time) { return human_time(time).substr(0, sizeof "2026-11-21 01:30" - 1); }

std::string state_text(const std::string& word) {
    for (const auto& [known, english] : kStates) {
        if (known == word) return std::string(translate(english));
    }
    return word;
}

std::string phase_text(std::string_view name) {
    constexpr std::string_view kFrom = "copy from ", kTo = "copy ";
    if (name.starts_with(kFrom)) return say("copy from {}", name.substr(kFrom.size()));
    if (name.starts_with(kTo)) return say("copy {}", name.substr(kTo.size()));
    return std::string(translate(name));
}

std::string reason_text(std::string_view reason) {
    constexpr std::string_view kReplaces = "replaces ";
    if (reason.starts_with(kReplaces)) return say("replaces {}", reason.substr(kReplaces.size()));
    return std::string(translate(reason));
}

}  // namespace custody
