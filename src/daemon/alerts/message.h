// One alert, reminder, digest or test, ready to be sent: the same bytes over every channel and every try.
//
// Ownership: values. Threads: none. Errors: corrupt, of JSON that was not written here. Bounds: what clean_event (event.h) lets
// through makes 24 KiB of text at most.
#pragma once

#include "base/clock.h"
#include "base/records/canonical_json.h"
#include "base/result.h"
#include "daemon/alerts/settings.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace custody {

// first: the alert of an event, which is never dropped. end: it is over.
enum class AlertClass : std::uint8_t { first, reminder, end, digest, test };
[[nodiscard]] std::string_view alert_class_name(AlertClass value);

inline constexpr std::size_t kMaxAlertText = 32 * 1024;
inline constexpr std::size_t kMaxAlertMembers = 1000;

struct AlertMessage {
    std::string id;      // 32 hex digits: the left side of its Message-ID; what is sent twice has the same
    std::string thread;  // id of the event's first message; empty: it is that
    std::string key;     // of the event (event.h); "digest"; of several events "backup_failed/*"
    std::string kind;    // wire name of the event's kind; "digest"
    AlertClass which = AlertClass::first;
    AlertSeverity severity = AlertSeverity::notice;
    Time made;
    std::string host;
    std::string subject;                                      // one line
    std::string text;                                         // lines, UTF-8: Vietnamese, then English
    std::string line;                                         // all in one line, for syslog
    std::vector<std::pair<std::string, std::string>> fields;  // "plan", "medium", ...: for machines
    std::vector<std::string> members{};  // the events that it is of where there are several (member_name), sorted; else empty
    bool operator==(const AlertMessage&) const = default;
};

[[nodiscard]] std::string new_message_id();
[[nodiscard]] Json message_to_json(const AlertMessage& message);
[[nodiscard]] Result<AlertMessage> message_from_json(const Json& json);

}  // namespace custody
