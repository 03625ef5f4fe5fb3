// When alerts that belong together are told together, so that 200 plans that fail for one reason are one mail: those of one
// class, kind and severity that come within a short while. What is critical is told at once, each by itself, until there were
// kMostAtOnce within a window; anything else opens a window of kWindow, at whose end all that came in it are told as one. A storm
// that goes on is told of less and less often: each window after one that had something to tell is twice as long, kLongestWindow
// at most (critical: always kWindow).
//
// Ownership: a value of the alerter. Threads: one at a time. Errors: none. Units: ns of the monotonic clock. Not kept over a
// restart: what was held then is told at once, for there is no window.
#pragma once

#include "daemon/alerts/event.h"
#include "daemon/alerts/message.h"

#include <compare>
#include <cstdint>
#include <map>

namespace custody {

struct AlertGroup {
    AlertClass which = AlertClass::first;
    AlertKind kind = AlertKind::test;
    AlertSeverity severity = AlertSeverity::notice;
    auto operator<=>(const AlertGroup&) const = default;
};

class GroupWindows {
public:
    static constexpr std::int64_t kWindow = kMinute, kLongestWindow = 5 * kMinute;
    static constexpr std::uint32_t kMostAtOnce = 5;  // so that 200 important plans that fail for one reason are no 200 mails

    // One more alert of the group. True: it is told now. Else it is held until is_over().
    [[nodiscard]] bool begin(const AlertGroup& group, std::int64_t now_ns);
    // What is held of the group may be told.
    [[nodiscard]] bool is_over(const AlertGroup& group, std::int64_t now_ns) const { return left(group, now_ns) == 0; }
    // ns until then.
    [[nodiscard]] std::int64_t left(const AlertGroup& group, std::int64_t now_ns) const;
    // What was held has been told, or could not be: the next window begins.
    void told(const AlertGroup& group, std::int64_t now_ns);
    // Windows that ended with nothing to tell.
    void close_idle(std::int64_t now_ns);

private:
    struct Window {
        std::int64_t until_ns = 0, length_ns = kWindow;
        std::uint32_t at_once = 0;  // that were told so in it
    };
    std::map<AlertGroup, Window> windows_;
};

}  // namespace custody
