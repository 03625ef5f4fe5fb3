// Alerts to a syslog server: RFC 5424 lines over TCP (RFC 6587) or TLS (RFC 5425), each framed by counting its octets.
//
// The connection is libcurl's (CURLOPT_CONNECT_ONLY: it resolves, connects and shakes hands, then hands over the bare stream):
// the same TLS, checks and time-outs as mail, and no second TLS library. One connection a message. What is worth what: syslog has
// no receipt. `done` means that the server's machine acknowledged every byte (the kernel's send queue is empty) and that the
// server neither closed the connection nor objected meanwhile; that it wrote the line down cannot be known. Errors: as channel.h
// says; never `refused`.
#pragma once

#include "daemon/alerts/channel.h"
#include "daemon/alerts/curl_handle.h"

#include <memory>
#include <string_view>

namespace custody {

inline constexpr std::string_view kSyslogTarget = "syslog";
// Precondition: judge_alert_settings has no fault.
[[nodiscard]] std::unique_ptr<AlertChannel> make_syslog_channel(const SyslogSettings& settings, const AlertTimes& times = {});

}  // namespace custody
