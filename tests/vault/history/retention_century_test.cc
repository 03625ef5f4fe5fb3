// Retention over a hundred years of nights. Each night something may go wrong: no run, an incomplete one, weeks without any, two
// runs, a clock that was put back, a hold; then the rule ends what it does not keep, for good. What must be there is told by a
// book of its own, which remembers for every day, week, month and year what was its newest (and its newest complete) snapshot.
#include "vault/history/retention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <map>
#include <random>
#include <set>

namespace custody {
namespace {

struct Night {
    std::size_t id = 0;
    RetentionItem item;
};

std::string written(const std::tm& local, const char* format) {
    char text[32];
    return {text, std::strftime(text, sizeof text, format, &local)};
}

// The newest of each of the last periods of one length.
class PeriodBook {
public:
    PeriodBook(std::uint32_t count, const char* format) : count_(count), format_(format) {}
    void enter(const Night& night, const std::tm& local) {
        Newest& newest = of_[written(local, format_)];
        newest.any = night.id;
        if (night.item.complete) newest.complete = night.id;
        while (of_.size() > count_) of_.erase(of_.begin());
    }
    void demand(std::set<std::size_t>& wanted) const {
        for (const auto& [name, newest] : of_) {
            wanted.insert(newest.any);
            if (newest.complete) wanted.insert(*newest.complete);
        }
    }

private:
    struct Newest {
        std::size_t any = 0;
        std::optional<std::size_t> complete;
    };
    std::size_t count_;
    const char* format_;
    std::map<std::string, Newest> of_;
};

class Century {
public:
    Century(const char* zone, RetentionRule rule, LawfulTerm term, std::uint32_t seed) : rule_(rule), term_(term), random_(seed) {
        ::setenv("TZ", zone, 1);
        ::tzset();
    }
    ~Century() {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }
    Century(const Century&) = delete;
    Century& operator=(const Century&) = delete;

    // Until the first broken promise; the most snapshots that there were at once.
    std::size_t live(int years) {
        const Time begin = *parse_time("2026-11-03T02:00");
        std::size_t most = 0;
        for (int night = 0; night < years * 365 + years / 4 && !testing::Test::HasFailure(); ++night) {
            const Time now{begin.ns + night * kDay};
            back_up(now);
            if (chance(0.003)) kept_[random_() % kept_.size()].item.held = true;
            if (chance(0.02)) kept_[random_() % kept_.size()].item.held = false;
            std::set<std::size_t> wanted = protected_at(now);
            for (const PeriodBook& book : books_) book.demand(wanted);
            if (last_) wanted.insert(*last_);
            if (last_complete_) wanted.insert(*last_complete_);
            forget(now);
            for (const Night& each : kept_) wanted.erase(each.id);
            EXPECT_TRUE(wanted.empty()) << "snapshot " << *wanted.begin() << " is gone at " << to_rfc3339_local(now);
            most = std::max(most, kept_.size());
        }
        return most;
    }
    std::size_t made = 0;

private:
    bool chance(double probability) {
        return static_cast<double>(random_()) / static_cast<double>(std::mt19937::max()) < probability;
    }

    void back_up(Time now) {
        if (quiet_ == 0 && chance(0.004)) quiet_ = 1 + random_() % 60;  // days without any run
        if (slow_ == 0 && chance(0.002)) slow_ = 1 + random_() % 20;    // nights with a clock that was put back
        if (quiet_ > 0) {
            --quiet_;
            return;
        }
        if (chance(0.08)) return;
        add(Time{now.ns - static_cast<std::int64_t>(random_() % 7200) * kSecond});
        if (chance(0.1)) add(now);
        if (slow_ > 0) --slow_;
    }

    // A clock that is behind leaves the order of the ledger, just after what came before, as the time that counts.
    void add(Time time) {
        Night night;
        night.id = made++;
        night.item.time = slow_ > 0 && !kept_.empty() ? Time{latest_.ns + 1} : std::max(time, Time{latest_.ns + 1});
        night.item.rank = night.id;
        night.item.group = "log/etc";
        night.item.complete = !chance(0.15);
        night.item.term = term_;
        latest_ = night.item.time;
        const std::time_t seconds = night.item.time.seconds();
        std::tm local{};
        ::localtime_r(&seconds, &local);
        for (PeriodBook& book : books_) book.enter(night, local);
        last_ = night.id;
        if (night.item.complete) last_complete_ = night.id;
        kept_.push_back(std::move(night));
    }

    [[nodiscard]] std::set<std::size_t> protected_at(Time now) const {
        std::set<std::size_t> ids;
        for (const Night& each : kept_) {
            const bool in_term = term_.length_ns > 0 && now.ns - each.item.time.ns < term_.length_ns;
            if (each.item.held || in_term) ids.insert(each.id);
        }
        return ids;
    }

    void forget(Time now) {
        std::vector<RetentionItem> items;
        for (const Night& each : kept_) items.push_back(each.item);
        const auto verdicts = apply_retention(items, rule_, now);
        std::vector<Night> left;
        for (std::size_t i = 0; i < kept_.size(); ++i) {
            if (verdicts[i].keep) left.push_back(std::move(kept_[i]));
        }
        kept_ = std::move(left);
        // Nothing changes by asking again.
        if (chance(0.01)) {
            items.clear();
            for (const Night& each : kept_) items.push_back(each.item);
            for (const RetentionVerdict& verdict : apply_retention(items, rule_, now)) EXPECT_TRUE(verdict.keep);
        }
    }

    RetentionRule rule_;
    LawfulTerm term_;
    std::mt19937 random_;
    PeriodBook books_[4] = {{rule_.daily, "%Y-%m-%d"}, {rule_.weekly, "%G-W%V"}, {rule_.monthly, "%Y-%m"}, {rule_.yearly, "%Y"}};
    std::vector<Night> kept_;
    std::optional<std::size_t> last_, last_complete_;
    Time latest_;
    std::uint64_t quiet_ = 0, slow_ = 0;
};

RetentionRule rule_of(std::uint32_t daily, std::uint32_t weekly, std::uint32_t monthly, std::uint32_t yearly) {
    RetentionRule rule;
    rule.daily = daily;
    rule.weekly = weekly;
    rule.monthly = monthly;
    rule.yearly = yearly;
    return rule;
}

// Twice the periods, for incomplete ones; the last ones; and room for holds, of which few are laid and many released.
constexpr std::size_t kHolds = 40;

TEST(RetentionCentury, InHaiPhong) {
    Century century("<+07>-7", rule_of(14, 8, 12, 5), {}, 1);
    EXPECT_LE(century.live(100), 2 * (14 + 8 + 12 + 5) + 2 + kHolds);
    EXPECT_GT(century.made, 28'000U);
}

TEST(RetentionCentury, WhereClocksArePutForwardAndBack) {
    Century century("CET-1CEST,M3.5.0,M10.5.0/3", rule_of(7, 0, 24, 100), {}, 2);
    EXPECT_LE(century.live(25), 2 * (7 + 24 + 100) + 2 + kHolds);
}

TEST(RetentionCentury, LogsWithinTheirLawfulTerm) {
    Century century("<+07>-7", rule_of(3, 2, 1, 0), lawful_term("log"), 3);
    EXPECT_LE(century.live(6), 2 * 184 + 2 * 6 + 2 + kHolds);
}

}  // namespace
}  // namespace custody
