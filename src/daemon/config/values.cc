#include "daemon/config/values.h"

#include "base/nearest.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <vector>

namespace custody {
namespace {

constexpr std::uint32_t kMostPeriods = 36'525;  // a hundred years of days
constexpr std::array<std::string_view, 7> kDayNames = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(at);
        parts.push_back(trimmed(text.substr(0, end)));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

template <class Number>
bool read_number(std::string_view text, Number& into) {
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), into);
    return !text.empty() && fault == std::errc{} && end == text.data() + text.size();
}

// ---- retention

struct Period {
    std::string_view name;
    std::uint32_t RetentionRule::*count;
};
constexpr std::array<Period, 5> kPeriods = {{{"last", &RetentionRule::last},
                                             {"daily", &RetentionRule::daily},
                                             {"weekly", &RetentionRule::weekly},
                                             {"monthly", &RetentionRule::monthly},
                                             {"yearly", &RetentionRule::yearly}}};
constexpr std::array<std::string_view, 6> kRetentionWords = {"last", "daily", "weekly", "monthly", "yearly", "within"};

Error retention_form(std::string_view part) {
    return {Code::usage,
            say("'{}' is no retention rule; write it like \"daily 14, weekly 8, monthly 12, yearly 5\" or \"within 184d\"",
                printable(part))};
}

Status add_period(std::string_view word, std::string_view amount, RetentionRule& rule) {
    const Error twice{Code::usage, say("'{}' is there twice", word)};
    if (word == "within") {
        if (rule.within_ns) return twice;
        TRY_ASSIGN(const std::int64_t within, parse_duration(amount));
        if (within == 0) return Error{Code::usage, say("'{}' keeps nothing; leave it out", printable(word))};
        rule.within_ns = within;
        return done();
    }
    for (const Period& period : kPeriods) {
        if (period.name != word) continue;
        if (rule.*period.count != 0) return twice;
        if (!read_number(amount, rule.*period.count)) return retention_form(amount);
        if (rule.*period.count == 0) return Error{Code::usage, say("'{}' keeps nothing; leave it out", printable(word))};
        if (rule.*period.count > kMostPeriods) {
            return Error{Code::usage, say("{} {} is more than can be meant (at most {})", word, printable(amount), kMostPeriods)};
        }
        return done();
    }
    const std::string_view near = nearest(word, kRetentionWords);
    if (!near.empty()) return Error{Code::usage, say("'{}' is not known here: is '{}' meant?", printable(word), near)};
    return retention_form(word);
}

}  // namespace

Result<RetentionRule> parse_retention(std::string_view text) {
    RetentionRule rule;
    for (const std::string_view part : split(text, ',')) {
        const std::size_t blank = part.find_first_of(" \t");
        if (blank == std::string_view::npos) return retention_form(part);
        TRY(add_period(part.substr(0, blank), trimmed(part.substr(blank)), rule));
    }
    return rule;
}

std::string describe(const RetentionRule& rule) {
    std::string text;
    const auto add = [&](std::string_view word, const std::string& amount) {
        text += (text.empty() ? "" : ", ") + std::string(word) + " " + amount;
    };
    for (const Period& period : kPeriods) {
        if (rule.*period.count != 0) add(period.name, std::to_string(rule.*period.count));
    }
    if (rule.within_ns) add("within", describe_duration(*rule.within_ns));
    return text;
}

std::string describe_duration(std::int64_t ns) {
    constexpr std::array<std::pair<std::int64_t, char>, 4> kUnits = {{{kDay, 'd'}, {kHour, 'h'}, {kMinute, 'm'}, {kSecond, 's'}}};
    for (const auto& [size, letter] : kUnits) {
        if (ns != 0 && ns % size == 0) return std::to_string(ns / size) + letter;
    }
    return std::to_string(ns / kSecond) + "s";
}

// ---- times of the day

Result<std::uint16_t> parse_time_of_day(std::string_view text) {
    unsigned hour = 24, minute = 60;
    const bool form = text.size() == 5 && text[2] == ':' && read_number(text.substr(0, 2), hour) && hour < 24 &&
                      read_number(text.substr(3), minute) && minute < 60;
    if (!form) return Error{Code::usage, say("'{}' is no time of day; write it like 07:30", printable(text))};
    return static_cast<std::uint16_t>(hour * 60 + minute);
}

namespace {

Error window_form(std::string_view text) {
    return {Code::usage, say("'{}' is no window of the day; write it like 07:30-17:30 or mon-fri 07:30-17:30", printable(text))};
}

// "mon-fri", "sat,sun": a bit a day.
std::optional<std::uint8_t> parse_days(std::string_view text) {
    std::uint8_t days = 0;
    const auto day_of = [](std::string_view name) {
        return static_cast<std::size_t>(std::find(kDayNames.begin(), kDayNames.end(), name) - kDayNames.begin());
    };
    for (const std::string_view part : split(text, ',')) {
        const std::size_t dash = part.find('-');
        const std::size_t first = day_of(part.substr(0, dash));
        const std::size_t last = dash == std::string_view::npos ? first : day_of(part.substr(dash + 1));
        if (first == kDayNames.size() || last == kDayNames.size()) return std::nullopt;
        for (std::size_t day = first;; day = (day + 1) % kDayNames.size()) {
            days = static_cast<std::uint8_t>(days | (1u << day));
            if (day == last) break;
        }
    }
    return days;
}

std::string time_text(std::uint16_t minute) { return fmt::format("{:02}:{:02}", minute / 60, minute % 60); }

}  // namespace

Result<DayWindow> parse_window(std::string_view text) {
    DayWindow window;
    std::string_view times = trimmed(text);
    if (const std::size_t blank = times.rfind(' '); blank != std::string_view::npos) {
        const auto days = parse_days(trimmed(times.substr(0, blank)));
        if (!days) return window_form(text);
        window.days = *days;
        times = times.substr(blank + 1);
    }
    const std::size_t dash = times.find('-');
    if (dash == std::string_view::npos) return window_form(text);
    const auto from = parse_time_of_day(times.substr(0, dash));
    const std::string_view end = times.substr(dash + 1);
    const auto to = end == "24:00" ? Result<std::uint16_t>(std::uint16_t{0}) : parse_time_of_day(end);
    if (!from.ok() || !to.ok()) return window_form(text);
    window.from_minute = *from;
    window.to_minute = *to;
    if (*from == *to && end != "24:00") {
        return Error{Code::usage, say("'{}' ends when it begins; the whole day is 00:00-24:00", printable(text))};
    }
    return window;
}

std::string describe(const DayWindow& window) {
    std::string days;
    for (std::size_t day = 0; day < kDayNames.size() && window.days != 0x7f; ++day) {
        if ((window.days >> day & 1u) != 0) days += (days.empty() ? "" : ",") + std::string(kDayNames[day]);
    }
    const std::string end = window.to_minute == 0 ? "24:00" : time_text(window.to_minute);
    return days + (days.empty() ? "" : " ") + time_text(window.from_minute) + "-" + end;
}

// ---- sizes and priorities

Result<std::uint64_t> parse_size(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, std::uint64_t>, 10> kUnits = {{{"", 1},
                                                                                    {"B", 1},
                                                                                    {"kB", 1000},
                                                                                    {"KB", 1000},
                                                                                    {"KiB", 1024},
                                                                                    {"MB", 1'000'000},
                                                                                    {"MiB", 1024 * 1024},
                                                                                    {"GB", 1'000'000'000},
                                                                                    {"GiB", 1024ull * 1024 * 1024},
                                                                                    {"TiB", 1024ull * 1024 * 1024 * 1024}}};
    const Error refused{Code::usage, say("'{}' is no size; write it like 64KiB, 50MiB or 2GiB", printable(text))};
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    std::uint64_t count = 0;
    if (!read_number(text.substr(0, digits), count)) return refused;
    const std::string_view unit = trimmed(text.substr(digits));
    const auto found = std::find_if(kUnits.begin(), kUnits.end(), [&](const auto& known) { return known.first == unit; });
    if (found == kUnits.end() || count > std::numeric_limits<std::int64_t>::max() / found->second) return refused;
    return count * found->second;
}

Status parse_io_priority(std::string_view text, Limits& into) {
    constexpr std::string_view kLevels = "best-effort:";
    if (text == "idle" || text == "normal") {
        into.io_class = text == "idle" ? IoClass::idle : IoClass::normal;
        return done();
    }
    int level = 4;  // the kernel's middle
    if (text.starts_with(kLevels) && !read_number(text.substr(kLevels.size()), level)) level = -1;
    if ((text == "best-effort" || text.starts_with(kLevels)) && level >= 0 && level <= 7) {
        into.io_class = IoClass::best_effort;
        into.io_level = level;
        return done();
    }
    return Error{Code::usage, say("'{}' is no I/O priority; it is idle, normal, best-effort or best-effort:0 to best-effort:7",
                                  printable(text))};
}

// ---- exceptions

namespace {

bool has_digit(std::string_view word) {
    return std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool has_letter(std::string_view word) {
    return std::any_of(word.begin(), word.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    });
}

bool introduces_number(std::string_view word) {
    const std::string folded = fold_for_match(word, true, true);
    return folded == "so" || folded == "so:" || folded == "no." || folded == "no" || folded == "number";
}

}  // namespace

Status check_exception(std::string_view text) {
    bool number = false, introduced = false;
    std::size_t reason = 0;
    std::string_view rest = text;
    while (!(rest = trimmed(rest)).empty()) {
        const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
        rest.remove_prefix(word.size());
        if (has_digit(word) && (introduced || word.find_first_of("/-") != std::string_view::npos)) {
            number = true;
        } else if (has_letter(word) && !introduces_number(word)) {
            ++reason;
        }
        introduced = introduces_number(word);
    }
    if (number && reason >= 2) return done();
    return Error{Code::usage,
                 say("an exception names a document by its number and gives the reason, like \"12/QĐ-UBND: one server "
                     "room until May 2027\"")};
}

// ---- connection strings

namespace {

Error password_refused() {
    return {Code::usage, say("a connection string must not hold a password; put it into ~/.pgpass or the service file and write "
                             "\"service=NAME\"")};
}

bool names_password(std::string_view key) { return key == "password" || key == "sslpassword"; }

// postgresql://user:password@host/db?password=...
bool uri_holds_password(std::string_view uri) {
    std::string_view rest = uri.substr(uri.find("://") + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    const std::size_t user_end = authority.rfind('@');
    if (user_end != std::string_view::npos && authority.substr(0, user_end).find(':') != std::string_view::npos) return true;
    const std::size_t query = rest.find('?');
    if (query == std::string_view::npos) return false;
    for (const std::string_view pair : split(rest.substr(query + 1), '&')) {
        // A letter written as %70 is that letter: any escape in a key hides what it is.
        const std::string_view key = pair.substr(0, pair.find('='));
        if (names_password(key) || key.find('%') != std::string_view::npos) return true;
    }
    return false;
}

// Behind one value: 'it''s' with quotes and backslashes, or a word.
std::string_view after_value(std::string_view text) {
    text = text.substr(std::min(text.find_first_not_of(" \t\n\r"), text.size()));
    const bool quoted = text.starts_with('\'');
    std::size_t at = quoted ? 1 : 0;
    for (; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (quoted ? text[at] == '\'' : text.substr(at, 1).find_first_of(" \t\n\r") == 0) {
            ++at;
            break;
        }
    }
    return text.substr(std::min(at, text.size()));
}

}  // namespace

Status check_conninfo(std::string_view text) {
    // Without the text: what is wrong in it may be a password.
    const Error no_conninfo{Code::usage, say("this is no connection string; write it like \"service=portal\" or \"dbname=portal "
                                             "host=/run/postgresql\"")};
    if (text.starts_with("postgresql://") || text.starts_with("postgres://")) {
        return uri_holds_password(text) ? Status(password_refused()) : done();
    }
    std::string_view rest = text;
    bool any = false;
    while (true) {
        rest = rest.substr(std::min(rest.find_first_not_of(" \t\n\r"), rest.size()));
        if (rest.empty()) break;
        const std::size_t equals = rest.find('=');
        if (equals == std::string_view::npos) return no_conninfo;
        const std::string_view key = trimmed(rest.substr(0, equals));
        if (key.empty() || key.find_first_of(" \t\n\r'") != std::string_view::npos) return no_conninfo;
        if (names_password(key)) return password_refused();
        rest = after_value(rest.substr(equals + 1));
        any = true;
    }
    return any ? done() : Status(no_conninfo);
}

}  // namespace custody
