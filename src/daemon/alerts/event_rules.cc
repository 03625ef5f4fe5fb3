#include "daemon/alerts/event_rules.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace custody {
namespace {

constexpr std::string_view kAlertRecord = "alert record";
constexpr std::int64_t kMayBeAhead = kHour;

bool is_ahead(Time then, Time now) { return then.ns - now.ns > kMayBeAhead; }

struct LocalMinute {
    int year = 0, day = 0, minute = 0;
};
LocalMinute local_minute(Time time) {
    const std::time_t seconds = time.seconds();
    std::tm local{};
    if (localtime_r(&seconds, &local) == nullptr) return {};
    return {local.tm_year, local.tm_yday, local.tm_hour * 60 + local.tm_min};
}

Result<Time> read_time(const Json& json, const char* key) {
    TRY_ASSIGN(const std::string text, json_text(json, key, kAlertRecord));
    auto time = parse_time(text);
    if (!time.ok()) return Error{Code::corrupt, std::string(kAlertRecord) + ": field '" + key + "' is no time"};
    return time;
}

}  // namespace

std::optional<AlertClass> due_now(const AlertRecord& record, Time now, std::int64_t remind_every_ns) {
    const AlertKindRule& rule = alert_kind_rule(record.event.kind);
    if (!record.told || severity_of(record.event) > record.told_severity) return AlertClass::first;
    if (record.over) return AlertClass::end;
    if (!rule.reminds) return std::nullopt;
    const bool long_ago = now.ns - record.told->ns >= remind_every_ns;
    return long_ago || is_ahead(*record.told, now) ? std::optional(AlertClass::reminder) : std::nullopt;
}

AlertRecord reported_again(AlertRecord record, AlertEvent event, Time now) {
    record.event = std::move(event);
    record.last = now;
    record.over.reset();
    ++record.count;
    return record;
}

bool digest_due(std::optional<Time> last_sent, Time now, int minute) {
    const LocalMinute today = local_minute(now);
    if (today.minute < minute) return false;
    if (!last_sent || is_ahead(*last_sent, now)) return true;
    const LocalMinute last = local_minute(*last_sent);
    const bool same_day = last.year == today.year && last.day == today.day;
    // Sent today, but before the minute that is asked for now (another setting): today's is still to come.
    return !same_day || last.minute < minute;
}

Json record_to_json(const AlertRecord& record) {
    Json json = {{"format", 1},
                 {"event", event_to_json(record.event)},
                 {"first", to_rfc3339_utc(record.first)},
                 {"last", to_rfc3339_utc(record.last)},
                 {"count", record.count},
                 {"told_severity", severity_name(record.told_severity)},
                 {"thread", record.thread}};
    if (record.told) json["told"] = to_rfc3339_utc(*record.told);
    if (record.over) json["over"] = to_rfc3339_utc(*record.over);
    return json;
}

Result<AlertRecord> record_from_json(const Json& json) {
    AlertRecord record;
    TRY_ASSIGN(const std::uint64_t format, json_number(json, "format", kAlertRecord));
    if (format != 1) return Error{Code::corrupt, std::string(kAlertRecord) + ": another format"};
    const auto event = json.find("event");
    if (event == json.end()) return Error{Code::corrupt, std::string(kAlertRecord) + ": field 'event' is missing"};
    TRY_ASSIGN(record.event, event_from_json(*event));
    TRY_ASSIGN(record.first, read_time(json, "first"));
    TRY_ASSIGN(record.last, read_time(json, "last"));
    TRY_ASSIGN(record.count, json_number(json, "count", kAlertRecord));
    TRY_ASSIGN(record.thread, json_text(json, "thread", kAlertRecord));
    TRY_ASSIGN(const std::string severity, json_text(json, "told_severity", kAlertRecord));
    const auto known = severity_of(severity);
    if (!known) return Error{Code::corrupt, std::string(kAlertRecord) + ": no such severity"};
    record.told_severity = *known;
    if (json.contains("told")) {
        TRY_ASSIGN(record.told, read_time(json, "told"));
    }
    if (json.contains("over")) {
        TRY_ASSIGN(record.over, read_time(json, "over"));
    }
    return record;
}

}  // namespace custody
