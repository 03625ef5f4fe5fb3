// What the section [alert] of the configuration says, and whether it may be so (duties L2, L3, E6). daemon/config fills it, the
// channels are made from it; both judge it by judge_alert_settings, so that no plaintext leaves the machine by another road.
//
// Encryption is never opportunistic. To another machine: smtp:// means STARTTLS and fails where it is not offered, smtps:// and
// tls:// are TLS from the first byte, each with the peer's certificate checked against its name. To this machine (loopback):
// smtp:// is plain unless `starttls` or a CA file is set. Plain to another machine needs an `exception` ("document number and
// reason"), and even then no password is sent.
//
// Ownership: values. Threads: none. Errors: usage (form), refused (E6). Units: nanoseconds, minutes of the local day.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

enum class AlertSeverity : std::uint8_t { notice, warning, error, critical };
[[nodiscard]] std::string_view severity_name(AlertSeverity severity);  // "notice", ...: as in the configuration and JSON
[[nodiscard]] std::optional<AlertSeverity> severity_of(std::string_view name);

struct SmtpSettings {
    std::string server;     // smtp://host[:port] or smtps://host[:port]; ports 25 and 465 unless given
    bool starttls = false;  // required also to this machine, and where an exception would allow plaintext
    std::string from;
    std::vector<std::string> to;
    std::string user;                        // empty: no authentication
    std::string password_file;               // absolute, mode 0600; one of the two when there is a user
    std::string password_credential;         // a file below $CREDENTIALS_DIRECTORY (systemd LoadCredential=)
    std::string ca_file;                     // PEM; empty: the system's authorities
    std::string certificate_file, key_file;  // PEM, our own where the server asks for one; both or none
    std::string exception;                   // "document number and reason": plaintext to another machine
    AlertSeverity least = AlertSeverity::notice;
    bool operator==(const SmtpSettings&) const = default;
};

struct SyslogSettings {
    std::string server;                      // tls://host[:port] or tcp://host[:port]; ports 6514 and 601 unless given
    std::string ca_file;                     // PEM; empty: the system's authorities
    std::string certificate_file, key_file;  // PEM, our own where the server asks for one; both or none
    std::string exception;
    AlertSeverity least = AlertSeverity::notice;
    bool operator==(const SyslogSettings&) const = default;
};

struct CommandSettings {
    std::vector<std::string> arguments;  // [0]: absolute path; the message comes on standard input as JSON (command.h)
    std::int64_t timeout_ns = kMinute;
    AlertSeverity least = AlertSeverity::notice;
    bool operator==(const CommandSettings&) const = default;
};

// Another service that is watched by the file which it writes (heartbeat.h).
struct HeartbeatPeer {
    std::string host;  // as it names itself
    SignerId signer;   // its Ed25519 public key
    std::string file;  // absolute, as seen from here
    std::int64_t late_after_ns = 26 * kHour;
    bool operator==(const HeartbeatPeer&) const = default;
};

struct AlertSettings {
    std::optional<SmtpSettings> smtp;
    std::optional<SyslogSettings> syslog;
    std::optional<CommandSettings> command;
    std::int64_t remind_every_ns = kDay;    // an hour at least
    std::optional<int> digest_minute{420};  // of the local day: 07:00; nullopt: no digest
    std::string heartbeat_file;             // absolute; empty: none is written
    std::int64_t heartbeat_every_ns = kHour;
    std::vector<HeartbeatPeer> peers;
    bool operator==(const AlertSettings&) const = default;
};

// A server's address taken apart: scheme://host[:port], host a name, an IPv4 address or an IPv6 address in brackets; no user, no
// path. loopback: 127.0.0.0/8, ::1 or localhost (RFC 6761).
struct AlertEndpoint {
    std::string scheme, host;  // lower case; an IPv6 host without brackets
    std::uint16_t port = 0;
    bool loopback = false;
    [[nodiscard]] std::string text() const;  // scheme://host:port
};
// usage: another form or scheme; udp is refused by name.
[[nodiscard]] Result<AlertEndpoint> parse_smtp_server(std::string_view url);
[[nodiscard]] Result<AlertEndpoint> parse_syslog_server(std::string_view url);

// What the line to a server must be. `plain` only to loopback, or by an exception.
enum class LineSecurity { plain, starttls, tls };
// The whole judgement of one server: its form, E6, and whether a password may go there. usage, refused.
[[nodiscard]] Result<LineSecurity> smtp_security(const SmtpSettings& settings);
[[nodiscard]] Result<LineSecurity> syslog_security(const SyslogSettings& settings);

// One line without control characters, with one '@', printable ASCII, no blank, '<', '>', '"', ',' or ';', 254 bytes at most.
[[nodiscard]] bool is_mail_address(std::string_view text);

struct AlertSettingFault {
    std::string key;  // below [alert]: "smtp.server", "smtp.to", "syslog", "command", "remind_every", "peers[0].file", ...
    Error error;
};
// Every fault, in the order of the keys; empty: all may be used. Looks at no file and no network.
[[nodiscard]] std::vector<AlertSettingFault> judge_alert_settings(const AlertSettings& settings);
// "smtp://mail.example:25: <exception>" for each exception that is in force: digests, status and reports show them.
[[nodiscard]] std::vector<std::string> alert_exceptions(const AlertSettings& settings);

}  // namespace custody
