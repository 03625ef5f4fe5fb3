// "Each kind once per event, with reminders": the rule, as pure functions over what is known of an event.
// Ownership: values. Threads: none. Errors: corrupt (from_json). Units: ns.
#pragma once

#include "daemon/alerts/event.h"
#include "daemon/alerts/message.h"

#include <optional>
#include <string>

namespace custody {

// An event that goes on. One file a record in the alerter's folder.
struct AlertRecord {
    AlertEvent event;                                     // as last reported
    Time first, last;                                     // reports
    std::uint64_t count = 1;                              // reports
    std::optional<Time> told;                             // when people were last told; nullopt: not yet
    AlertSeverity told_severity = AlertSeverity::notice;  // the worst that they were told
    std::string thread;                                   // id of the first message
    std::optional<Time> over;                             // since when it is over, where people are still to hear so
    bool operator==(const AlertRecord&) const = default;
};

// What is to be told now, of a record that has just been reported, or that is looked at as time goes by.
//   first      nobody was told, or it has become worse than what was told
//   end        it is over, and people were told that it was
//   reminder   it was told remind_every or longer ago. Also when that time lies more than an hour in the future: the clock was
//   set
//              back, and waiting for it would be silence
[[nodiscard]] std::optional<AlertClass> due_now(const AlertRecord& record, Time now, std::int64_t remind_every_ns);

// The record after one more report. Nobody heard that it was over: it just goes on.
[[nodiscard]] AlertRecord reported_again(AlertRecord record, AlertEvent event, Time now);

// Is a digest due? It is sent once a local day, at or after `minute` of it; a time in the future (a clock set back by more than
// an hour) counts as none. A day on which the clock skips that minute has its digest at the next minute there is.
[[nodiscard]] bool digest_due(std::optional<Time> last_sent, Time now, int minute);

[[nodiscard]] Json record_to_json(const AlertRecord& record);
[[nodiscard]] Result<AlertRecord> record_from_json(const Json& json);

}  // namespace custody
