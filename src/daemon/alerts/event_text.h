// The words of an alert: what failed, what is still safe, what to type. Vietnamese first, English second.
// Ownership: values. Threads: safe. Errors: none.
#pragma once

#include "daemon/alerts/event.h"
#include "daemon/alerts/message.h"

#include "base/text.h"
#include "base/text_vi.h"

#include <optional>
#include <string>
#include <string_view>

namespace custody {

// Who speaks.
struct AlertSender {
    std::string host;
    std::string organisation;
};

// An event as it stands: what is told besides the event itself.
struct AlertStanding {
    Time first, last;         // reports
    std::uint64_t count = 1;  // of reports
    Time now;
    std::optional<Time> over{};  // since when it is no more
};

// Both languages of an English text that has a Vietnamese one in base/text_vi_alerts.cc; a test asks for each that is used.
template <class... Args>
[[nodiscard]] Bilingual say_both(std::string_view english, const Args&... args) {
    const std::string_view found = find_vietnamese(english);
    return {fmt::vformat(found.empty() ? english : found, fmt::make_format_args(args...)),
            fmt::vformat(english, fmt::make_format_args(args...))};
}

// One line each.
[[nodiscard]] Bilingual alert_title(const AlertEvent& event);
[[nodiscard]] Bilingual alert_safe(const AlertEvent& event);
// With what a reminder and an end say before it.
[[nodiscard]] Bilingual alert_headline(const AlertEvent& event, AlertClass which);
// Commands, one a line, the same in both languages but for a word between them.
[[nodiscard]] Bilingual alert_todo(const AlertEvent& event);
[[nodiscard]] Bilingual severity_text(AlertSeverity severity);
// "2026-11-03 02:00:00 +07:00"
[[nodiscard]] std::string alert_time(Time time);

// The message without id and thread. `which`: first, reminder, end or test.
[[nodiscard]] AlertMessage render_alert(const AlertEvent& event, AlertClass which, const AlertStanding& standing,
                                        const AlertSender& sender);

}  // namespace custody
