#include "daemon/schedule/zone_rule.h"

#include "base/text.h"

#include <algorithm>
#include <chrono>

namespace custody {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::int32_t kHourSeconds = 3600;

}  // namespace

std::int64_t ZoneRuleDay::in_year(int number) const {
    const std::chrono::year year(number);
    const sys_days first = year / std::chrono::January / 1;
    sys_days that = first + days(day);
    if (kind == Kind::julian) {
        that = first + days(day - 1 + (year.is_leap() && day >= 60 ? 1 : 0));
    } else if (kind == Kind::weekday) {
        const std::chrono::weekday weekday(day);
        const std::chrono::month in(month);
        that = week == 5 ? sys_days(year / in / weekday[std::chrono::last]) : sys_days(year / in / weekday[week]);
    }
    return std::chrono::sys_seconds(that).time_since_epoch().count() + time;
}

// A bounded cursor over the text; every step says whether it succeeded.
class ZoneRuleParser {
public:
    explicit ZoneRuleParser(std::string_view text) : text_(text) {}

    bool parse(ZoneRule& rule) {
        if (!name() || !offset(rule.standard_)) return false;
        if (text_.empty()) return true;
        ZoneRule::Summer summer;
        summer.offset = rule.standard_ + kHourSeconds;
        if (!name()) return false;
        if (!text_.empty() && text_.front() != ',' && !offset(summer.offset)) return false;
        if (text_.empty()) text_ = ",M3.2.0,M11.1.0";
        if (!skip(',') || !day(summer.begins) || !skip(',') || !day(summer.ends) || !text_.empty()) return false;
        rule.summer_ = summer;
        return true;
    }

private:
    bool skip(char wanted) {
        if (text_.empty() || text_.front() != wanted) return false;
        text_.remove_prefix(1);
        return true;
    }
    // Three letters at least, or <...> with digits and signs as well.
    bool name() {
        constexpr auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
        const bool quoted = skip('<');
        std::size_t size = 0;
        for (; size < text_.size(); ++size) {
            const char c = text_[size];
            if (!is_letter(c) && !(quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-'))) break;
        }
        if (size < 3 || size > 32) return false;
        text_.remove_prefix(size);
        return !quoted || skip('>');
    }
    bool number(unsigned most, unsigned& value) {
        std::size_t digits = 0;
        value = 0;
        for (; digits < text_.size() && digits < 3 && text_[digits] >= '0' && text_[digits] <= '9'; ++digits)
            value = value * 10 + static_cast<unsigned>(text_[digits] - '0');
        text_.remove_prefix(digits);
        return digits > 0 && value <= most;
    }
    // [+-]hh[:mm[:ss]]
    bool clock_time(unsigned most_hours, std::int32_t& seconds) {
        const bool negative = skip('-');
        if (!negative) skip('+');
        unsigned hours = 0, minutes = 0, rest = 0;
        if (!number(most_hours, hours)) return false;
        if (skip(':') && (!number(59, minutes) || (skip(':') && !number(59, rest)))) return false;
        seconds = static_cast<std::int32_t>(hours * 3600 + minutes * 60 + rest) * (negative ? -1 : 1);
        return true;
    }
    // POSIX counts offsets west of Greenwich; we count east.
    bool offset(std::int32_t& east) {
        std::int32_t west = 0;
        if (!clock_time(24, west)) return false;
        east = -west;
        return true;
    }
    bool day(ZoneRuleDay& when) {
        if (skip('M')) {
            when.kind = ZoneRuleDay::Kind::weekday;
            if (!number(12, when.month) || when.month == 0 || !skip('.') || !number(5, when.week) || when.week == 0 ||
                !skip('.') || !number(6, when.day))
                return false;
        } else if (skip('J')) {
            when.kind = ZoneRuleDay::Kind::julian;
            if (!number(365, when.day) || when.day == 0) return false;
        } else {
            when.kind = ZoneRuleDay::Kind::zero_based;
            if (!number(365, when.day)) return false;
        }
        return !skip('/') || clock_time(167, when.time);
    }

    std::string_view text_;
};

Result<ZoneRule> ZoneRule::parse(std::string_view text) {
    ZoneRule rule;
    if (text.size() <= 128 && ZoneRuleParser(text).parse(rule)) return rule;
    return Error{Code::usage,
                 say("'{}' is no rule of a time zone; write a name such as Asia/Ho_Chi_Minh, or a rule such as <+07>-7",
                     printable(text.substr(0, 128)))};
}

// Where a summer time ends as the next one begins (one that lasts all year), the beginning counts.
std::vector<ZoneChange> ZoneRule::changes_within(int first_year, int last_year) const {
    std::vector<ZoneChange> all, changes;
    if (!summer_) return changes;
    for (int year = first_year; year <= last_year; ++year) {
        all.push_back({summer_->ends.in_year(year) - summer_->offset, standard_});
        all.push_back({summer_->begins.in_year(year) - standard_, summer_->offset});
    }
    std::stable_sort(all.begin(), all.end(), [this](const ZoneChange& a, const ZoneChange& b) {
        return a.at != b.at ? a.at < b.at : (a.offset != summer_->offset && b.offset == summer_->offset);
    });
    for (const ZoneChange& change : all) {
        if (!changes.empty() && changes.back().at == change.at) changes.pop_back();
        changes.push_back(change);
    }
    return changes;
}

}  // namespace custody
