#include "daemon/alerts/mail_text.h"

#include "base/text.h"
#include "daemon/alerts/event.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace custody {
namespace {

constexpr std::size_t kWordBytes = 42;    // 56 of base64 + 12 of "=?utf-8?B??=" stay below the 75 of RFC 2047
constexpr std::size_t kLineBytes = 57;    // 76 of base64, RFC 2045
constexpr std::size_t kShortHeader = 60;  // with its name below the 78 of RFC 5322

bool is_plain(std::string_view text) {
    const auto plain = [](char c) { return c >= ' ' && c < 0x7f; };
    return text.size() <= kShortHeader && std::all_of(text.begin(), text.end(), plain) &&
           text.find("=?") == std::string_view::npos;
}

// At most kWordBytes, ending between characters.
std::size_t word_size(std::string_view text) {
    if (text.size() <= kWordBytes) return text.size();
    std::size_t size = kWordBytes;
    while (size > 1 && (static_cast<Byte>(text[size]) & 0xC0u) == 0x80) --size;
    return size;
}

std::string base64_lines(std::string_view text) {
    std::string out;
    for (; !text.empty(); text.remove_prefix(std::min(text.size(), kLineBytes))) {
        out += to_base64(as_bytes(text.substr(0, kLineBytes))) + "\r\n";
    }
    return out;
}

std::string with_crlf(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\r') continue;
        if (c == '\n') out += '\r';
        out += c;
    }
    return out;
}

// The right side of a Message-ID: the host where it is one, as a name that cannot be anybody's mailbox otherwise.
std::string id_domain(const std::string& host) {
    const bool fits =
        !host.empty() && host.size() <= 100 && host.front() != '.' && host.back() != '.' &&
        host.find("..") == std::string::npos && std::all_of(host.begin(), host.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        });
    return fits ? host : "custody.invalid";
}

std::string priority_of(AlertSeverity severity) { return severity >= AlertSeverity::error ? "high" : "normal"; }

}  // namespace

std::string encoded_header(std::string_view text) {
    if (is_plain(text)) return std::string(text);
    std::string out;
    while (!text.empty()) {
        const std::size_t size = word_size(text);
        if (!out.empty()) out += "\r\n ";
        out += "=?utf-8?B?" + to_base64(as_bytes(text.substr(0, size))) + "?=";
        text.remove_prefix(size);
    }
    return out;
}

std::string mail_date(Time time) {
    constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t seconds = time.seconds();
    std::tm local{};
    if (localtime_r(&seconds, &local) == nullptr) return "Thu, 01 Jan 1970 00:00:00 +0000";
    const long offset = local.tm_gmtoff / 60, absolute = offset < 0 ? -offset : offset;
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} {}{:02}{:02}", kDays[static_cast<std::size_t>(local.tm_wday)],
                       local.tm_mday, kMonths[static_cast<std::size_t>(local.tm_mon)], local.tm_year + 1900, local.tm_hour,
                       local.tm_min, local.tm_sec, offset < 0 ? '-' : '+', absolute / 60, absolute % 60);
}

std::string mail_text(const AlertMessage& message, const std::string& from, const std::vector<std::string>& to) {
    const std::string domain = id_domain(message.host);
    std::string recipients;
    for (const std::string& address : to) recipients += (recipients.empty() ? "<" : ",\r\n <") + address + ">";
    std::string mail;
    const auto header = [&mail](std::string_view name, std::string_view value) {
        mail.append(name).append(": ").append(value).append("\r\n");
    };
    header("Date", mail_date(message.made));
    header("From", "Custody <" + from + ">");
    header("To", recipients);
    header("Subject", encoded_header(message.subject));
    header("Message-ID", "<" + message.id + "@" + domain + ">");
    if (!message.thread.empty()) {
        header("In-Reply-To", "<" + message.thread + "@" + domain + ">");
        header("References", "<" + message.thread + "@" + domain + ">");
    }
    header("Auto-Submitted", "auto-generated");
    header("Importance", priority_of(message.severity));
    header("X-Custody-Event", encoded_header(message.key));
    header("X-Custody-Class", alert_class_name(message.which));
    header("Content-Language", "vi, en");
    header("MIME-Version", "1.0");
    header("Content-Type", "text/plain; charset=utf-8");
    header("Content-Transfer-Encoding", "base64");
    return mail + "\r\n" + base64_lines(with_crlf(message.text));
}

}  // namespace custody
