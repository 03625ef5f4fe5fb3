#include "daemon/schedule/cron_fields.h"

#include "base/text.h"

#include <array>
#include <optional>
#include <span>

namespace custody {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Bounds {
    unsigned least = 0, most = 0;
    std::span<const std::string_view> names;  // of least, least + 1, ...
};

Bounds bounds_of(CronFieldKind kind) {
    switch (kind) {
        case CronFieldKind::minute:
            return {0, 59, {}};
        case CronFieldKind::hour:
            return {0, 23, {}};
        case CronFieldKind::day:
            return {1, 31, {}};
        case CronFieldKind::month:
            return {1, 12, kMonths};
        case CronFieldKind::weekday:
            break;
    }
    return {0, 7, kWeekdays};
}

Error fault(CronFieldKind kind, std::string_view part, std::string_view whole) {
    const std::string has = printable(part), all = printable(whole);
    switch (kind) {
        case CronFieldKind::minute:
            return {Code::usage,
                    say("schedule '{}': field 1 (minute) has '{}'; allowed are 0-59, lists 0,30, ranges 10-50, steps */10", all,
                        has)};
        case CronFieldKind::hour:
            return {
                Code::usage,
                say("schedule '{}': field 2 (hour) has '{}'; allowed are 0-23, lists 1,13, ranges 8-18, steps */2", all, has)};
        case CronFieldKind::day:
            return {Code::usage,
                    say("schedule '{}': field 3 (day of month) has '{}'; allowed are 1-31, lists 1,15, ranges 1-7, steps */2",
                        all, has)};
        case CronFieldKind::month:
            return {Code::usage,
                    say("schedule '{}': field 4 (month) has '{}'; allowed are 1-12, jan-dec, lists 1,7, ranges 3-6, steps */3",
                        all, has)};
        case CronFieldKind::weekday:
            break;
    }
    return {
        Code::usage,
        say("schedule '{}': field 5 (day of week) has '{}'; allowed are 0-7 (0 and 7: Sunday), sun-sat, lists mon,thu, ranges "
            "mon-fri, steps */2",
            all, has)};
}

std::optional<unsigned> number_in(std::string_view text) {
    if (text.empty() || text.size() > 2) return std::nullopt;
    unsigned value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
}

std::optional<unsigned> value_in(std::string_view text, const Bounds& bounds) {
    for (std::size_t i = 0; i < bounds.names.size(); ++i) {
        const auto is_same = [](char a, char lower) { return a == lower || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == lower); };
        const std::string_view name = bounds.names[i];
        if (text.size() == 3 && is_same(text[0], name[0]) && is_same(text[1], name[1]) && is_same(text[2], name[2]))
            return bounds.least + static_cast<unsigned>(i);
    }
    const auto value = number_in(text);
    return value && *value >= bounds.least && *value <= bounds.most ? value : std::nullopt;
}

// One part between commas. false: not of the form.
bool add_part(std::string_view part, const Bounds& bounds, std::bitset<60>& allowed) {
    unsigned step = 1;
    const std::size_t slash = part.find('/');
    if (slash != std::string_view::npos) {
        const auto number = number_in(part.substr(slash + 1));
        if (!number || *number == 0) return false;
        step = *number;
        part = part.substr(0, slash);
    }
    unsigned first = bounds.least, last = bounds.most;
    if (part == "*") {
        if (last == 7) last = 6;  // or Sunday would have a second turn in a step
    } else {
        const std::size_t dash = part.find('-');
        const auto from = value_in(part.substr(0, dash), bounds);
        if (!from || (dash == std::string_view::npos && slash != std::string_view::npos)) return false;
        first = last = *from;
        if (dash != std::string_view::npos) {
            const auto to = value_in(part.substr(dash + 1), bounds);
            if (!to) return false;
            last = *to == 0 && bounds.most == 7 && first > 0 ? 7 : *to;  // fri-sun
            if (last < first) return false;
        }
    }
    for (unsigned value = first; value <= last; value += step) allowed.set(value);
    return true;
}

}  // namespace

Result<CronField> parse_cron_field(CronFieldKind kind, std::string_view field, std::string_view whole) {
    const Bounds bounds = bounds_of(kind);
    CronField parsed;
    parsed.begins_with_star = field.starts_with('*');
    for (std::string_view rest = field;;) {
        const std::size_t comma = rest.find(',');
        const std::string_view part = rest.substr(0, comma);
        if (!add_part(part, bounds, parsed.allowed)) return fault(kind, part.empty() ? field : part, whole);
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    if (kind == CronFieldKind::weekday && parsed.allowed.test(7)) {
        parsed.allowed.set(0);
        parsed.allowed.reset(7);
    }
    return parsed;
}

}  // namespace custody
