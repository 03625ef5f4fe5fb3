#include "vault/history/retention.h"

#include "base/text.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <map>
#include <numeric>

namespace custody {
namespace {

std::tm local_calendar(Time time) {
    const std::time_t seconds = time.seconds();
    std::tm calendar{};
    localtime_r(&seconds, &calendar);
    return calendar;
}

std::string formatted(const std::tm& calendar, const char* format) {
    char text[32];
    return {text, std::strftime(text, sizeof text, format, &calendar)};
}

// Period names, longest first: each sorts as its period does in time (years 1000 to 9999).
std::string day_of(Time time) { return formatted(local_calendar(time), "%Y-%m-%d"); }
std::string week_of(Time time) { return formatted(local_calendar(time), "%G-W%V"); }  // ISO 8601: from Monday
std::string month_of(Time time) { return formatted(local_calendar(time), "%Y-%m"); }
std::string year_of(Time time) { return formatted(local_calendar(time), "%Y"); }

class GroupRetention {
public:
    // `members`: indices of one group's items, newest (highest rank) first.
    GroupRetention(const std::vector<RetentionItem>& items, std::vector<std::size_t> members, std::vector<RetentionVerdict>& out)
        : items_(items), members_(std::move(members)), out_(out) {}

    void apply(const RetentionRule& rule, Time now) {
        for (const std::size_t i : members_) out_[i] = {false, ""};
        for (const std::size_t i : members_) {
            if (items_[i].held) keep(i, say("held"));
        }
        set_aside_future(now);
        for (std::size_t k = 0; k < members_.size() && k < rule.last; ++k) keep(members_[k], say("last"));
        if (rule.within_ns) keep_within(*rule.within_ns, now);
        keep_periods(rule.daily, "daily", day_of);
        keep_periods(rule.weekly, "weekly", week_of);
        keep_periods(rule.monthly, "monthly", month_of);
        keep_periods(rule.yearly, "yearly", year_of);
        // Never empties a group, and never ends what came last: a run with a slow clock is still the newest state.
        if (!members_.empty()) keep(members_.front(), say("last of its group"));
    }

private:
    void keep(std::size_t i, std::string why) {
        if (out_[i].keep) return;
        out_[i] = {true, std::move(why)};
    }

    // What is dated after now is kept and takes nobody's place.
    void set_aside_future(Time now) {
        const auto future =
            std::stable_partition(members_.begin(), members_.end(), [&](std::size_t i) { return items_[i].time <= now; });
        for (auto at = future; at != members_.end(); ++at) keep(*at, say("dated after now"));
        members_.erase(future, members_.end());
    }

    void keep_within(std::int64_t within_ns, Time now) {
        for (const std::size_t i : members_) {
            const std::int64_t time = items_[i].time.ns;
            // time <= now here; the sum is compared without overflow for times before 1970.
            if (time > now.ns - std::min(within_ns, kLongestWithin)) keep(i, say("within the time to keep"));
        }
    }

    // The latest `count` periods that have a snapshot; of each, the newest. Periods rank by their own date, so that snapshots
    // with forged old times push nothing out.
    void keep_periods(std::uint32_t count, std::string_view rule, const std::function<std::string(Time)>& period_of) {
        if (count == 0) return;
        std::map<std::string, std::size_t, std::greater<>> newest_of;
        for (const std::size_t i : members_) newest_of.try_emplace(period_of(items_[i].time), i);
        std::uint32_t kept = 0;
        for (const auto& [period, i] : newest_of) {
            if (kept++ == count) return;
            keep(i, std::string(rule) + ' ' + period);
        }
    }

    static constexpr std::int64_t kLongestWithin = 100 * 366 * kDay;
    const std::vector<RetentionItem>& items_;
    std::vector<std::size_t> members_;
    std::vector<RetentionVerdict>& out_;
};

}  // namespace

std::vector<RetentionVerdict> apply_retention(const std::vector<RetentionItem>& items, const RetentionRule& rule, Time now) {
    std::vector<RetentionVerdict> verdicts(items.size(), {true, say("no rule")});
    if (rule.empty()) return verdicts;
    std::vector<std::size_t> newest_first(items.size());
    std::iota(newest_first.begin(), newest_first.end(), std::size_t{0});
    std::stable_sort(newest_first.begin(), newest_first.end(),
                     [&](std::size_t a, std::size_t b) { return items[a].rank > items[b].rank; });
    std::map<std::string, std::vector<std::size_t>> groups;
    for (const std::size_t i : newest_first) groups[items[i].group].push_back(i);
    for (auto& [group, members] : groups) GroupRetention(items, std::move(members), verdicts).apply(rule, now);
    return verdicts;
}

}  // namespace custody
