// Where jobs and watchers say that something needs people's eyes, or does no longer. What cannot be told is logged by whoever
// stands behind it: nobody who reports has to care whether a mail server answers.
//
// Ownership: refers to nothing. Threads: any, many at once. Errors: none for the caller.
#pragma once

#include "daemon/alerts/event.h"

#include <string_view>

namespace custody {

class AlertSink {
public:
    virtual ~AlertSink() = default;
    // As often as one likes: people are told once, then reminded (alerter.h).
    virtual void raise(AlertEvent event) = 0;
    // It is over; to be called on every success. `object`: as alert_object() names it.
    virtual void resolve(AlertKind kind, std::string_view object) = 0;
};

}  // namespace custody
