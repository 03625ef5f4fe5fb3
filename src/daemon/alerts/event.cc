#include "daemon/alerts/event.h"

#include "base/text.h"

#include <array>

namespace custody {
namespace {

using S = AlertSeverity;
using K = AlertKind;

constexpr std::array kRules = {
    //            kind                      name                      severity     lasts  reminds  tells_end
    AlertKindRule{K::backup_failed, "backup_failed", S::error, true, true, true},
    AlertKindRule{K::source_absent, "source_absent", S::error, true, true, true},
    AlertKindRule{K::source_unreadable, "source_unreadable", S::warning, true, true, true},
    AlertKindRule{K::reconcile_damage, "reconcile_damage", S::critical, true, true, true},
    AlertKindRule{K::scan_finding, "scan_finding", S::critical, false, false, false},
    AlertKindRule{K::medium_absent, "medium_absent", S::warning, true, true, true},
    AlertKindRule{K::medium_wrong, "medium_wrong", S::error, true, true, true},
    AlertKindRule{K::medium_full, "medium_full", S::error, true, true, true},
    AlertKindRule{K::medium_failed, "medium_failed", S::error, true, true, true},
    AlertKindRule{K::copy_owed, "copy_owed", S::warning, true, true, true},
    AlertKindRule{K::can_be_taken_out, "can_be_taken_out", S::notice, true, false, false},
    AlertKindRule{K::waiting_for_key, "waiting_for_key", S::warning, true, true, true},
    AlertKindRule{K::drill_overdue, "drill_overdue", S::warning, true, true, true},
    AlertKindRule{K::drill_failed, "drill_failed", S::critical, true, true, true},
    AlertKindRule{K::verify_damage, "verify_damage", S::critical, true, true, true},
    AlertKindRule{K::kit_stale, "kit_stale", S::warning, true, true, true},
    AlertKindRule{K::clock_jump, "clock_jump", S::error, true, true, true},
    AlertKindRule{K::catalog_damaged, "catalog_damaged", S::error, true, true, true},
    AlertKindRule{K::configuration_refused, "configuration_refused", S::error, true, true, true},
    AlertKindRule{K::service_interrupted, "service_interrupted", S::warning, false, false, false},
    AlertKindRule{K::peer_silent, "peer_silent", S::error, true, true, true},
    AlertKindRule{K::alerts_undelivered, "alerts_undelivered", S::error, true, true, true},
    AlertKindRule{K::test, "test", S::notice, false, false, false},
};

std::string_view trimmed_to(std::string_view text, std::size_t max) {
    if (text.size() <= max) return text;
    while (max > 0 && (static_cast<Byte>(text[max]) & 0xC0u) == 0x80) --max;
    return text.substr(0, max);
}

std::string clean_lines(std::string_view text) {
    std::string out;
    constexpr int kMostLines = 8;
    for (int line = 0; line < kMostLines && !text.empty(); ++line) {
        const std::size_t end = text.find('\n');
        if (line > 0) out += '\n';
        out += one_line(text.substr(0, end), kMaxAlertName);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
}

struct TextField {
    const char* key;
    std::string AlertEvent::*member;
};
constexpr std::array<TextField, 8> kTextFields = {{{"plan", &AlertEvent::plan},
                                                   {"medium", &AlertEvent::medium},
                                                   {"label", &AlertEvent::label},
                                                   {"place", &AlertEvent::place},
                                                   {"snapshot", &AlertEvent::snapshot},
                                                   {"job", &AlertEvent::job},
                                                   {"object", &AlertEvent::object},
                                                   {"detail", &AlertEvent::detail}}};

Json both_to_json(const Bilingual& text) { return Json{{"vi", text.vi}, {"en", text.en}}; }

Result<Bilingual> both_from_json(const Json& object, const char* key) {
    Bilingual text;
    const auto found = object.find(key);
    if (found == object.end()) return text;
    TRY_ASSIGN(text.vi, json_text(*found, "vi", "alert event"));
    TRY_ASSIGN(text.en, json_text(*found, "en", "alert event"));
    return text;
}

}  // namespace

std::span<const AlertKindRule> alert_kind_rules() { return kRules; }

const AlertKindRule& alert_kind_rule(AlertKind kind) {
    for (const AlertKindRule& rule : kRules) {
        if (rule.kind == kind) return rule;
    }
    return kRules.back();
}

std::string_view alert_kind_name(AlertKind kind) { return alert_kind_rule(kind).name; }

std::optional<AlertKind> alert_kind_of(std::string_view name) {
    for (const AlertKindRule& rule : kRules) {
        if (rule.name == name) return rule.kind;
    }
    return std::nullopt;
}

AlertSeverity severity_of(const AlertEvent& event) { return event.severity.value_or(alert_kind_rule(event.kind).severity); }

std::string alert_object(const AlertEvent& event) {
    switch (event.kind) {
        case K::backup_failed:
        case K::source_absent:
        case K::source_unreadable:
        case K::drill_overdue:
        case K::drill_failed:
            return event.plan;
        case K::reconcile_damage:
            return event.medium.empty() ? event.plan : event.plan + "@" + event.medium;
        case K::medium_absent:
        case K::medium_wrong:
        case K::medium_full:
        case K::medium_failed:
        case K::copy_owed:
        case K::can_be_taken_out:
        case K::verify_damage:
            return event.medium;
        case K::waiting_for_key:
            return event.label;
        case K::kit_stale:
        case K::clock_jump:
        case K::catalog_damaged:
        case K::configuration_refused:
        case K::test:
            return "";
        case K::scan_finding:
        case K::service_interrupted:
        case K::peer_silent:
        case K::alerts_undelivered:
            return event.object;
    }
    return event.object;
}

std::string alert_key(AlertKind kind, std::string_view object) {
    std::string key(alert_kind_name(kind));
    if (!object.empty()) key.append("/").append(one_line(object, 2 * kMaxAlertName));
    return key;
}

std::string alert_key(const AlertEvent& event) { return alert_key(event.kind, alert_object(event)); }

std::string one_line(std::string_view text, std::size_t max) {
    std::string line = printable(trimmed_to(text, 4 * max));  // bounded before it is looked through
    if (line.size() <= max) return line;
    constexpr std::string_view kEllipsis = "…";
    return std::string(trimmed_to(line, max - kEllipsis.size())).append(kEllipsis);
}

AlertEvent clean_event(AlertEvent event) {
    for (const TextField& field : kTextFields) {
        const bool is_detail = field.member == &AlertEvent::detail;
        event.*field.member = one_line(event.*field.member, is_detail ? kMaxAlertDetail : kMaxAlertName);
    }
    for (Bilingual* text : {&event.safe, &event.todo}) {
        text->vi = clean_lines(text->vi);
        text->en = clean_lines(text->en);
    }
    return event;
}

Json event_to_json(const AlertEvent& event) {
    Json json = {{"kind", alert_kind_name(event.kind)}, {"severity", severity_name(severity_of(event))}};
    for (const TextField& field : kTextFields) {
        if (!(event.*field.member).empty()) json[field.key] = event.*field.member;
    }
    if (!event.safe.empty()) json["safe"] = both_to_json(event.safe);
    if (!event.todo.empty()) json["todo"] = both_to_json(event.todo);
    if (event.last_success) json["last_success"] = to_rfc3339_utc(*event.last_success);
    return json;
}

Result<AlertEvent> event_from_json(const Json& json) {
    AlertEvent event;
    TRY_ASSIGN(const std::string kind, json_text(json, "kind", "alert event"));
    TRY_ASSIGN(const std::string severity, json_text(json, "severity", "alert event"));
    const auto known = alert_kind_of(kind);
    event.severity = severity_of(severity);
    if (!known || !event.severity) return Error{Code::corrupt, "alert event: no such kind or severity"};
    event.kind = *known;
    for (const TextField& field : kTextFields) {
        if (!json.contains(field.key)) continue;
        TRY_ASSIGN(event.*field.member, json_text(json, field.key, "alert event"));
    }
    TRY_ASSIGN(event.safe, both_from_json(json, "safe"));
    TRY_ASSIGN(event.todo, both_from_json(json, "todo"));
    if (json.contains("last_success")) {
        TRY_ASSIGN(const std::string text, json_text(json, "last_success", "alert event"));
        TRY_ASSIGN(event.last_success, parse_time(text));
    }
    return clean_event(std::move(event));
}

}  // namespace custody
