// What people are alerted of. An event is something that happened to one object (a plan, a medium, ...); its key, kind and
// object, says whether two reports are the same event. What an alert tells about it: what failed, what is still safe, what to
// type; in Vietnamese first and in English second, whatever language the service speaks.
//
// Ownership: values. Threads: none. Errors: corrupt, of JSON that was not written here. Texts from outside (names, error
// messages) are made one line of valid UTF-8 without control characters by clean_event, so that no mail header or log line can be
// forged.
#pragma once

#include "base/bilingual.h"
#include "base/clock.h"
#include "base/records/canonical_json.h"
#include "base/result.h"
#include "daemon/alerts/settings.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace custody {

// The closed list. Wire names (alert_kind_name) are a contract with scripts and with those who search their syslog.
enum class AlertKind : std::uint8_t {
    backup_failed,          // a plan's run failed for good: no snapshot
    source_absent,          // the mount is not there, or all at once empty: no snapshot was made
    source_unreadable,      // a snapshot was made, some items could not be read
    reconcile_damage,       // what was written differs from the source, or from what was meant
    scan_finding,           // the [scan] command found something in a restored file
    medium_absent,          // a medium that should be attached is not
    medium_wrong,           // another disk under the right name, or one on the same disk as the source
    medium_full,            // no room
    medium_failed,          // pulled out, or input/output errors
    copy_owed,              // a medium owes copies for longer than allowed
    can_be_taken_out,       // a returned medium is up to date and unmounted
    waiting_for_key,        // work stands still until a label's secret is unlocked
    drill_overdue,          // no proof by restore for longer than the label allows
    drill_failed,           // a restore drill did not prove what it should
    verify_damage,          // damage on a medium
    kit_stale,              // no proven recovery kit, or one that lacks new keys
    clock_jump,             // the clock is far from where the records say it should be
    catalog_damaged,        // the catalogue had to be rebuilt or restored
    configuration_refused,  // the new configuration has faults; the old one stays
    service_interrupted,    // the service ended without closing its jobs (power cut, kill)
    peer_silent,            // another service that is watched gives no valid sign of life
    alerts_undelivered,     // alerts could not be brought to somebody
    test,
};

struct AlertEvent {
    AlertKind kind = AlertKind::test;
    std::optional<AlertSeverity> severity;                  // else the kind's own
    std::string plan, medium, label, place, snapshot, job;  // what it is about; empty where it does not apply
    std::string object;    // a path, a host, an address: what the kind is about when it is none of the above
    std::string detail;    // what failed, where, why: the error's message, in the language of the service
    Bilingual safe, todo;  // else the kind's own words; todo: one command a line
    std::optional<Time> last_success;
    bool operator==(const AlertEvent&) const = default;
};

// How a kind behaves.
struct AlertKindRule {
    AlertKind kind;
    std::string_view name;
    AlertSeverity severity;
    bool lasts;      // an event of this kind goes on until resolve(): told once, then reminded of. Else each report is told
    bool reminds;    // while it lasts
    bool tells_end;  // people hear when it is over
};
[[nodiscard]] std::span<const AlertKindRule> alert_kind_rules();
[[nodiscard]] const AlertKindRule& alert_kind_rule(AlertKind kind);
[[nodiscard]] std::string_view alert_kind_name(AlertKind kind);
[[nodiscard]] std::optional<AlertKind> alert_kind_of(std::string_view name);

[[nodiscard]] AlertSeverity severity_of(const AlertEvent& event);
// The plan, medium, label or object by which events of this kind are told apart; empty where there is one such event a service.
[[nodiscard]] std::string alert_object(const AlertEvent& event);
// "backup_failed/etc": the same for every report of the same event.
[[nodiscard]] std::string alert_key(AlertKind kind, std::string_view object);
[[nodiscard]] std::string alert_key(const AlertEvent& event);

// Bounded, valid, one line each (todo: lines of commands).
inline constexpr std::size_t kMaxAlertName = 300;
inline constexpr std::size_t kMaxAlertDetail = 2000;
[[nodiscard]] AlertEvent clean_event(AlertEvent event);
// printable() and cut to at most `max` bytes, at a character, with an ellipsis.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t max);

[[nodiscard]] Json event_to_json(const AlertEvent& event);
[[nodiscard]] Result<AlertEvent> event_from_json(const Json& json);

}  // namespace custody
