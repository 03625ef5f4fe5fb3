// The roads by which alerts leave: mail, syslog, a command. A channel is one target of the outbox.
//
// Ownership: the channel owns its settings. Threads: one at a time. Errors of deliver(): Code::refused when the other side took
// the connection and refused this very message for good (another message may pass); Code::interrupted when it was asked to stop;
// any other error concerns the channel: nothing passes now, and all is tried again later. Bounded in time: deliver() returns
// within a minute or two whatever the other side does, and within about a second of a stop.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "base/stop.h"
#include "daemon/alerts/message.h"
#include "daemon/alerts/settings.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

class AlertChannel {
public:
    virtual ~AlertChannel() = default;
    [[nodiscard]] virtual const std::string& target() const = 0;  // "smtp:admin@example", "syslog", "command"
    // What is away when it is away: channels of the same server wait together.
    [[nodiscard]] virtual const std::string& server() const = 0;
    [[nodiscard]] virtual Status deliver(const AlertMessage& message, const StopFlag& stop) = 0;
};

// Where messages of which weight go; the same names as the channels'.
struct AlertTarget {
    std::string name;
    AlertSeverity least = AlertSeverity::notice;
};
[[nodiscard]] std::vector<AlertTarget> alert_targets(const AlertSettings& settings);

// One mail channel a recipient, so that one who is refused keeps nothing from the others. usage, refused (E6): settings that
// judge_alert_settings refuses. No file is read and nobody is called yet: passwords are read anew for each delivery.
// `credentials`: $CREDENTIALS_DIRECTORY, or empty.
[[nodiscard]] Result<std::vector<std::unique_ptr<AlertChannel>>> make_alert_channels(FileSystem& files,
                                                                                     const AlertSettings& settings,
                                                                                     const std::string& credentials);

}  // namespace custody
