#include "vault/history/retention.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <map>
#include <numeric>

namespace custody {
namespace {

enum Period : std::size_t { kDaily, kWeekly, kMonthly, kYearly };

// The periods that a moment lies in, in local time; each number sorts as its period does in time.
using Periods = std::array<std::int64_t, 4>;

Periods periods_of(Time time) {
    const std::time_t seconds = time.seconds();
    std::tm local{};
    localtime_r(&seconds, &local);
    const std::int64_t year = local.tm_year + std::int64_t{1900};
    // ISO 8601: weeks begin on Monday and belong to the year of their Thursday.
    const std::chrono::sys_days date = std::chrono::year(static_cast<int>(year)) / (local.tm_mon + 1) / local.tm_mday;
    const std::chrono::sys_days thursday = date + std::chrono::days(3 - (local.tm_wday + 6) % 7);
    const std::chrono::year of_week = std::chrono::year_month_day(thursday).year();
    const auto week = (thursday - std::chrono::sys_days(of_week / 1 / 1)).count() / 7 + 1;
    return {(year * 100 + local.tm_mon + 1) * 100 + local.tm_mday, static_cast<int>(of_week) * std::int64_t{100} + week,
            year * 100 + local.tm_mon + 1, year};
}

std::string name_of(Period period, std::int64_t number) {
    switch (period) {
        case kDaily:
            return fmt::format("daily {:04}-{:02}-{:02}", number / 10'000, number / 100 % 100, number % 100);
        case kWeekly:
            return fmt::format("weekly {:04}-W{:02}", number / 100, number % 100);
        case kMonthly:
            return fmt::format("monthly {:04}-{:02}", number / 100, number % 100);
        case kYearly:
            break;
    }
    return fmt::format("yearly {:04}", number);
}

class GroupRetention {
public:
    // `members`: indices of one group's items, newest (highest rank) first.
    GroupRetention(const std::vector<RetentionItem>& items, std::vector<std::size_t> members, std::vector<RetentionVerdict>& out)
        : items_(items), members_(std::move(members)), out_(out) {}

    void apply(const RetentionRule& rule, Time now) {
        for (const std::size_t i : members_) out_[i] = {false, "", false};
        const std::vector<std::size_t> all = members_;
        set_aside_future(now);
        for (std::size_t k = 0; k < members_.size() && k < rule.last; ++k) keep(members_[k], say("last"));
        if (rule.within_ns) keep_within(*rule.within_ns, now);
        find_periods();
        keep_periods(kDaily, rule.daily);
        keep_periods(kWeekly, rule.weekly);
        keep_periods(kMonthly, rule.monthly);
        keep_periods(kYearly, rule.yearly);
        // Never empties a group, and never ends what came last: a run with a slow clock is still the newest state.
        if (!members_.empty()) keep(members_.front(), say("last of its group"));
        const auto good = std::find_if(members_.begin(), members_.end(), [&](std::size_t i) { return items_[i].complete; });
        if (good != members_.end()) keep(*good, say("last complete one of its group"));
        for (const std::size_t i : all) protect(items_[i], out_[i], now);
    }

private:
    void keep(std::size_t i, std::string why) {
        if (out_[i].keep) return;
        out_[i] = {true, std::move(why), false};
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

    static void protect(const RetentionItem& item, RetentionVerdict& verdict, Time now) {
        if (verdict.keep) return;
        if (item.held) {
            verdict = {true, say("held"), true};
        } else if (is_within(item.term, item.time, now)) {
            verdict = {true, say("within the lawful term ({}) until {}", item.term.duty, end_of(item.term, item.time)), true};
        }
    }

    void find_periods() {
        periods_.reserve(members_.size());
        for (const std::size_t i : members_) periods_.push_back(periods_of(items_[i].time));
    }

    // The latest `count` periods that have a snapshot; of each, the newest, and the newest that is complete. Periods rank by
    // their own date, so that snapshots with forged old times push nothing out.
    void keep_periods(Period period, std::uint32_t count) {
        if (count == 0) return;
        std::vector<std::size_t> by_period(members_.size());
        std::iota(by_period.begin(), by_period.end(), std::size_t{0});
        std::stable_sort(by_period.begin(), by_period.end(),
                         [&](std::size_t a, std::size_t b) { return periods_[a][period] > periods_[b][period]; });
        std::uint32_t seen = 0;
        bool has_complete = false;
        for (std::size_t k = 0; k < by_period.size(); ++k) {
            const std::size_t member = members_[by_period[k]];
            const std::int64_t number = periods_[by_period[k]][period];
            const bool is_first = k == 0 || periods_[by_period[k - 1]][period] != number;
            if (is_first && seen++ == count) return;
            if (is_first) has_complete = false;
            if (is_first || (!has_complete && items_[member].complete)) keep(member, name_of(period, number));
            has_complete = has_complete || items_[member].complete;
        }
    }

    static constexpr std::int64_t kLongestWithin = 100 * 366 * kDay;
    const std::vector<RetentionItem>& items_;
    std::vector<std::size_t> members_;
    std::vector<Periods> periods_;  // of the members
    std::vector<RetentionVerdict>& out_;
};

}  // namespace

std::vector<RetentionVerdict> apply_retention(const std::vector<RetentionItem>& items, const RetentionRule& rule, Time now) {
    std::vector<RetentionVerdict> verdicts(items.size(), {true, say("no rule"), false});
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
