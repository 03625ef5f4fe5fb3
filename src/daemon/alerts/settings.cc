#include "daemon/alerts/settings.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace custody {
namespace {

constexpr std::array<std::pair<AlertSeverity, std::string_view>, 4> kSeverities = {{
    {AlertSeverity::notice, "notice"},
    {AlertSeverity::warning, "warning"},
    {AlertSeverity::error, "error"},
    {AlertSeverity::critical, "critical"},
}};
constexpr std::size_t kLongestHost = 253;  // RFC 1035
constexpr std::size_t kLongestAddress = 254;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_host_name(std::string_view host) {
    if (host.empty() || host.size() > kLongestHost || host.front() == '-' || host.front() == '.') return false;
    return std::all_of(host.begin(), host.end(),
                       [](char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_'; });
}

bool is_ipv6(std::string_view host) {
    if (host.size() < 2 || host.size() > 45) return false;
    return std::all_of(host.begin(), host.end(), [](char c) {
        return is_digit(c) || c == ':' || c == '.' || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

// 127.0.0.0/8 as four numbers: a name such as 127.example is no address, and counts as another machine.
bool is_loopback(std::string_view host) {
    if (host == "localhost" || host == "::1") return true;
    int parts = 0;
    bool first_is_127 = false;
    while (parts < 4) {
        const std::size_t dot = host.find('.');
        const std::string_view part = host.substr(0, dot);
        unsigned value = 256;
        const auto [end, fault] = std::from_chars(part.data(), part.data() + part.size(), value);
        if (fault != std::errc{} || end != part.data() + part.size() || value > 255) return false;
        if (parts == 0) first_is_127 = value == 127;
        ++parts;
        if (dot == std::string_view::npos) break;
        host.remove_prefix(dot + 1);
        if (parts == 4) return false;
    }
    return parts == 4 && first_is_127;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

// host, host:port, [v6] or [v6]:port; nullopt when it is none.
std::optional<AlertEndpoint> parse_authority(std::string_view text, std::uint16_t usual_port) {
    AlertEndpoint endpoint;
    endpoint.port = usual_port;
    std::string_view host = text.substr(0, text.find(':'));
    std::string_view rest = text.substr(host.size());
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        host = text.substr(1, close - 1);
        rest = text.substr(close + 1);
        if (!is_ipv6(host)) return std::nullopt;
    } else if (!is_host_name(host)) {
        return std::nullopt;
    }
    if (!rest.empty()) {
        rest.remove_prefix(1);
        const auto [end, fault] = std::from_chars(rest.data(), rest.data() + rest.size(), endpoint.port);
        const bool whole = fault == std::errc{} && end == rest.data() + rest.size();
        if (text[text.size() - rest.size() - 1] != ':' || !whole || endpoint.port == 0) return std::nullopt;
    }
    endpoint.host = lower(host);
    endpoint.loopback = is_loopback(endpoint.host);
    return endpoint;
}

struct Scheme {
    std::string_view name;
    std::uint16_t port;
};

Result<AlertEndpoint> parse_server(std::string_view url, const std::array<Scheme, 2>& schemes) {
    const std::size_t colon = url.find("://");
    const std::string scheme = colon == std::string_view::npos ? "" : lower(url.substr(0, colon));
    for (const Scheme& known : schemes) {
        if (scheme != known.name) continue;
        auto endpoint = parse_authority(url.substr(colon + 3), known.port);
        if (!endpoint) break;
        endpoint->scheme = scheme;
        return *std::move(endpoint);
    }
    if (scheme == "udp") {
        return Error{Code::usage,
                     say("'{}': syslog over UDP loses messages and cannot be encrypted; use tls:// or tcp://", printable(url))};
    }
    return Error{Code::usage, say("'{}' is no address of a server: it is {}://HOST[:PORT] or {}://HOST[:PORT]", printable(url),
                                  schemes[0].name, schemes[1].name)};
}

Error plaintext_refused(const AlertEndpoint& endpoint) {
    return Error{Code::refused,
                 say("E6: {} would send alerts to another machine without encryption; use tls://, or set exception = "
                     "\"document number and reason\"",
                     endpoint.text())};
}

Error password_refused(const AlertEndpoint& endpoint) {
    return Error{Code::refused,
                 say("E6: the password for {} would go to another machine without encryption, which no exception allows; use "
                     "smtps:// or starttls = true",
                     endpoint.text())};
}

void judge_smtp(const SmtpSettings& smtp, std::vector<AlertSettingFault>& faults) {
    const auto security = smtp_security(smtp);
    if (!security.ok()) faults.push_back({"smtp.server", security.error()});
    if (!is_mail_address(smtp.from)) {
        faults.push_back({"smtp.from", Error{Code::usage, say("'{}' is no mail address", printable(smtp.from))}});
    }
    if (smtp.to.empty()) faults.push_back({"smtp.to", Error{Code::usage, say("alerts by mail need somebody to go to")}});
    for (const std::string& to : smtp.to) {
        if (!is_mail_address(to)) {
            faults.push_back({"smtp.to", Error{Code::usage, say("'{}' is no mail address", printable(to))}});
        }
    }
    const bool file = !smtp.password_file.empty(), credential = !smtp.password_credential.empty();
    if (file && credential) {
        faults.push_back({"smtp.password_file", Error{Code::usage, say("give password_file or password_credential, not both")}});
    } else if (smtp.user.empty() != !(file || credential)) {
        faults.push_back({"smtp.user", Error{Code::usage, say("user and password_file (or password_credential) go together")}});
    }
    if (file && !smtp.password_file.starts_with('/')) {
        faults.push_back(
            {"smtp.password_file", Error{Code::usage, say("'{}' is no absolute path", printable(smtp.password_file))}});
    }
    if (smtp.password_credential.find('/') != std::string::npos || smtp.password_credential.starts_with('.')) {
        faults.push_back({"smtp.password_credential", Error{Code::usage, say("'{}' is no name of a systemd credential",
                                                                             printable(smtp.password_credential))}});
    }
}

void judge_absolute(const std::string& path, std::string key, std::vector<AlertSettingFault>& faults) {
    if (path.empty() || path.starts_with('/')) return;
    faults.push_back({std::move(key), Error{Code::usage, say("'{}' is no absolute path", printable(path))}});
}

template <class AnySettings>
void judge_tls(const AnySettings& tls, const std::string& above, std::vector<AlertSettingFault>& faults) {
    judge_absolute(tls.ca_file, above + "ca_file", faults);
    judge_absolute(tls.certificate_file, above + "certificate_file", faults);
    judge_absolute(tls.key_file, above + "key_file", faults);
    if (tls.certificate_file.empty() != tls.key_file.empty()) {
        faults.push_back({above + "key_file", Error{Code::usage, say("certificate_file and key_file go together")}});
    }
}

void judge_times(const AlertSettings& settings, std::vector<AlertSettingFault>& faults) {
    if (settings.remind_every_ns < kHour) {
        faults.push_back({"remind_every", Error{Code::usage, say("reminders come once an hour at most")}});
    }
    if (settings.digest_minute && (*settings.digest_minute < 0 || *settings.digest_minute >= 24 * 60)) {
        faults.push_back({"digest", Error{Code::usage, say("the digest needs a time of day, as 07:00")}});
    }
    if (settings.heartbeat_every_ns < kMinute) {
        faults.push_back({"heartbeat_every", Error{Code::usage, say("a heartbeat is written once a minute at most")}});
    }
}

void judge_peers(const AlertSettings& settings, std::vector<AlertSettingFault>& faults) {
    for (std::size_t i = 0; i < settings.peers.size(); ++i) {
        const HeartbeatPeer& peer = settings.peers[i];
        const std::string key = "peers[" + std::to_string(i) + "].";
        if (peer.host.empty()) faults.push_back({key + "host", Error{Code::usage, say("a peer needs the name of its host")}});
        if (peer.signer.is_zero()) {
            faults.push_back({key + "signer", Error{Code::usage, say("a peer needs its public signing key, 64 hex digits")}});
        }
        if (!peer.file.starts_with('/')) {
            faults.push_back({key + "file", Error{Code::usage, say("'{}' is no absolute path", printable(peer.file))}});
        }
        if (peer.late_after_ns < kMinute) {
            faults.push_back({key + "late_after", Error{Code::usage, say("a peer is late after a minute at least")}});
        }
    }
}

}  // namespace

std::string_view severity_name(AlertSeverity severity) {
    for (const auto& [value, name] : kSeverities) {
        if (value == severity) return name;
    }
    return "critical";
}

std::optional<AlertSeverity> severity_of(std::string_view name) {
    for (const auto& [value, known] : kSeverities) {
        if (known == name) return value;
    }
    return std::nullopt;
}

std::string AlertEndpoint::text() const {
    const bool v6 = host.find(':') != std::string::npos;
    return scheme + "://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<AlertEndpoint> parse_smtp_server(std::string_view url) {
    return parse_server(url, {Scheme{"smtp", 25}, Scheme{"smtps", 465}});
}

Result<AlertEndpoint> parse_syslog_server(std::string_view url) {
    return parse_server(url, {Scheme{"tls", 6514}, Scheme{"tcp", 601}});  // RFC 5425, RFC 3195
}

Result<LineSecurity> smtp_security(const SmtpSettings& settings) {
    TRY_ASSIGN(const AlertEndpoint endpoint, parse_smtp_server(settings.server));
    if (endpoint.scheme == "smtps") return LineSecurity::tls;
    if (settings.starttls) return LineSecurity::starttls;
    if (endpoint.loopback) return settings.ca_file.empty() ? LineSecurity::plain : LineSecurity::starttls;
    if (settings.exception.empty()) return LineSecurity::starttls;
    if (!settings.user.empty()) return password_refused(endpoint);
    return LineSecurity::plain;
}

Result<LineSecurity> syslog_security(const SyslogSettings& settings) {
    TRY_ASSIGN(const AlertEndpoint endpoint, parse_syslog_server(settings.server));
    if (endpoint.scheme == "tls") return LineSecurity::tls;
    if (!endpoint.loopback && settings.exception.empty()) return plaintext_refused(endpoint);
    return LineSecurity::plain;
}

bool is_mail_address(std::string_view text) {
    if (text.size() > kLongestAddress || std::count(text.begin(), text.end(), '@') != 1) return false;
    if (text.front() == '@' || text.back() == '@' || text.front() == '-') return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c < 0x7f && std::string_view("<>\",;\\()[]").find(c) == std::string_view::npos;
    });
}

std::vector<AlertSettingFault> judge_alert_settings(const AlertSettings& settings) {
    std::vector<AlertSettingFault> faults;
    if (settings.smtp) {
        judge_smtp(*settings.smtp, faults);
        judge_tls(*settings.smtp, "smtp.", faults);
    }
    if (settings.syslog) {
        const auto security = syslog_security(*settings.syslog);
        if (!security.ok()) faults.push_back({"syslog", security.error()});
        judge_tls(*settings.syslog, "syslog.", faults);
    }
    if (settings.command && (settings.command->arguments.empty() || !settings.command->arguments[0].starts_with('/'))) {
        faults.push_back({"command", Error{Code::usage, say("the alert command begins with the absolute path of a program")}});
    }
    judge_times(settings, faults);
    judge_absolute(settings.heartbeat_file, "heartbeat_file", faults);
    judge_peers(settings, faults);
    return faults;
}

std::vector<std::string> alert_exceptions(const AlertSettings& settings) {
    std::vector<std::string> in_force;
    const auto add = [&](const Result<AlertEndpoint>& endpoint, const Result<LineSecurity>& security, const std::string& why) {
        const bool plain = endpoint.ok() && security.ok() && *security == LineSecurity::plain;
        if (plain && !endpoint->loopback) in_force.push_back(endpoint->text() + ": " + why);
    };
    if (settings.smtp) add(parse_smtp_server(settings.smtp->server), smtp_security(*settings.smtp), settings.smtp->exception);
    if (settings.syslog) {
        add(parse_syslog_server(settings.syslog->server), syslog_security(*settings.syslog), settings.syslog->exception);
    }
    return in_force;
}

}  // namespace custody
