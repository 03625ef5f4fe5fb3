#include "daemon/alerts/syslog_text.h"

#include "base/text.h"
#include "daemon/alerts/event.h"

#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace custody {
namespace {

constexpr int kFacility = 3;
constexpr std::size_t kLongestValue = 200;

int severity_number(AlertSeverity severity) {
    switch (severity) {
        case AlertSeverity::critical:
            return 2;
        case AlertSeverity::error:
            return 3;
        case AlertSeverity::warning:
            return 4;
        case AlertSeverity::notice:
            return 5;
    }
    return 2;
}

// PRINTUSASCII of at most `max`, "-" when there is nothing.
std::string header_field(std::string_view text, std::size_t max) {
    std::string out;
    for (const char c : text.substr(0, max)) out += c > ' ' && c < 0x7f ? c : '_';
    return out.empty() ? "-" : out;
}

// Local time to the microsecond, which is as fine as the RFC allows.
std::string timestamp(Time time) {
    std::string text = to_rfc3339_local(Time{time.seconds() * kSecond});
    const std::int64_t micros = (time.ns - time.seconds() * kSecond) / 1000;
    constexpr std::size_t kToSeconds = 19;  // 2026-11-03T02:00:00
    return text.size() < kToSeconds ? "-" : text.insert(kToSeconds, fmt::format(".{:06}", micros));
}

void add_parameter(std::string& out, std::string_view name, std::string_view value) {
    out.append(" ").append(name).append("=\"");
    for (const char c : one_line(value, kLongestValue)) {
        if (c == '"' || c == '\\' || c == ']') out += '\\';
        out += c;
    }
    out += '"';
}

std::string structured_data(const AlertMessage& message, const SyslogSender& sender) {
    std::string data = std::string("[") + kSyslogDataId;
    add_parameter(data, "class", alert_class_name(message.which));
    add_parameter(data, "id", message.id);
    add_parameter(data, "key", message.key);
    for (const auto& [name, value] : message.fields) {
        if (name != "detail") add_parameter(data, header_field(name, 32), value);  // the text has it
    }
    data += "][timeQuality tzKnown=\"1\" isSynced=\"";
    data += sender.clock_synchronised ? "1\"]" : "0\"]";
    return data;
}

}  // namespace

SyslogSender this_syslog_sender() {
    timex state{};  // modes 0: only asks
    const int known = ::adjtimex(&state);
    return {::getpid(), known >= 0 && known != TIME_ERROR};
}

std::string syslog_text(const AlertMessage& message, const SyslogSender& sender) {
    std::string text =
        fmt::format("<{}>1 {} {} custodyd {} {} ", kFacility * 8 + severity_number(message.severity), timestamp(message.made),
                    header_field(message.host, 255), sender.process, header_field(message.kind, 32));
    const std::string data = structured_data(message, sender);
    constexpr std::string_view kBom = "\xef\xbb\xbf";
    constexpr std::size_t kLeast = 256;  // of the text: rather no parameters than no words
    text += text.size() + data.size() + kBom.size() + 1 + kLeast <= kMaxSyslogMessage ? data : "-";
    text.append(" ").append(kBom);
    return text + one_line(message.line, kMaxSyslogMessage - text.size());
}

}  // namespace custody
