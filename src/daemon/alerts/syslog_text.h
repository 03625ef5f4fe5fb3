// A message as one line of syslog (RFC 5424) with structured data. Ownership: values. Threads: safe. Errors: none.
#pragma once

#include "daemon/alerts/message.h"

#include <string>

namespace custody {

// Parameters of ours need an enterprise number (RFC 5424 section 7.2.2). Custody has none of its own: this is the one that RFC
// 5612 sets aside, and rules in a log collector go by the name before it.
inline constexpr const char* kSyslogDataId = "custody@32473";
// A receiver need not take more than 2048 octets (RFC 5424 section 6.1).
inline constexpr std::size_t kMaxSyslogMessage = 2048;

struct SyslogSender {
    long process = 0;
    bool clock_synchronised = false;  // the kernel believes so (adjtimex): duty L2
};
[[nodiscard]] SyslogSender this_syslog_sender();

// "<PRI>1 TIME HOST custodyd PID KIND [custody@... class="" key="" ...][timeQuality ...] BOM text", kMaxSyslogMessage at most:
// the text is cut first. Facility 3 (system daemons); severities critical 2, error 3, warning 4, notice 5.
[[nodiscard]] std::string syslog_text(const AlertMessage& message, const SyslogSender& sender);

}  // namespace custody
