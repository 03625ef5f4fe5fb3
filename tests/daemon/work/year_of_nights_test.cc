// A year of nights through the whole service (year_of_nights.h says what happens in them), of which scripts/test lives ten days
// with fewer plans and CUSTODY_TEST_LONG all. At the end every promise is kept: each plan was backed up in time, its snapshots
// are those that its rule asks for, on every medium of the plan; what was held and what the law protects is there; every job was
// closed truthfully; people were told of everything that needed them; the catalogue has stayed small.
#include "tests/daemon/work/year_of_nights.h"

#include "catalog/media.h"
#include "catalog/snapshots.h"
#include "tests/support/results.h"
#include "vault/history/lawful_term.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <set>

namespace custody::test {
namespace {

class AYear : public testing::Test {
protected:
    using Job = catalog::Job;
    using JobKind = catalog::JobKind;
    using JobState = catalog::JobState;
    using Plan = YearOfNights::Plan;

    static bool is_good(const Job& job) { return job.state == JobState::done || job.state == JobState::done_with_failures; }
    void live() {
        days_ = long_run() ? 365 : 10;
        year_.live(days_);
        if (!HasFailure()) year_.come_to_rest();
        all_ = year_.snapshots();
        jobs_ = year_.jobs();
        told_ = year_.messages();
    }

    // Oldest first.
    [[nodiscard]] std::vector<Job> runs_of(const std::string& plan) const {
        std::vector<Job> runs;
        for (const Job& job : jobs_) {
            if (job.asked.kind == JobKind::backup && job.asked.plan == plan) runs.push_back(job);
        }
        return runs;
    }

    // Of each of the last `count` periods that have a snapshot, the newest.
    [[nodiscard]] std::set<ObjectId> newest_of_periods(const std::string& plan, std::int64_t period, std::int64_t offset,
                                                       int count) const {
        std::map<std::int64_t, std::pair<Time, ObjectId>> newest;
        for (const auto& [id, record] : all_) {
            if (record.plan != plan) continue;
            auto& of_period = newest[(record.made_at.ns + offset) / period];
            if (of_period.first < record.made_at) of_period = {record.made_at, id};
        }
        std::set<ObjectId> found;
        for (auto each = newest.rbegin(); each != newest.rend() && count-- > 0; ++each) found.insert(each->second.second);
        return found;
    }

    void check_times() {
        for (int i = 0; i < year_.size().plans; ++i) {
            const Plan& plan = year_.plans().at(static_cast<std::size_t>(i));
            const std::int64_t patience = i < year_.size().daily                         ? 3 * kDay
                                          : i < year_.size().daily + year_.size().weekly ? 9 * kDay
                                                                                         : 34 * kDay;
            std::optional<Time> before;
            for (const Job& job : runs_of(plan.name)) {
                if (!is_good(job)) continue;
                if (before) {
                    EXPECT_LE(job.begun_at->ns - before->ns, patience) << plan.name << ", job " << job.id;
                }
                before = job.begun_at;
            }
            ASSERT_TRUE(before) << plan.name << " was never backed up";
            EXPECT_LE(year_.now().ns - before->ns, patience) << plan.name;
        }
    }

    // The service's own records, every night.
    void check_records() {
        std::optional<Time> before;
        for (const Job& job : jobs_) {
            if (job.asked.kind != JobKind::catalog || !job.asked.label || !is_good(job)) continue;
            if (before) {
                EXPECT_LE(job.begun_at->ns - before->ns, 2 * kDay + 2 * kHour) << "job " << job.id;
            }
            before = job.begun_at;
        }
        ASSERT_TRUE(before);
        EXPECT_LE(year_.now().ns - before->ns, 2 * kDay);
    }

    void check_snapshots(const Plan& plan) {
        const std::set<ObjectId> live = year_.live_on(plan.media.front(), plan.name);
        for (const std::string& medium : plan.media) {
            std::set<ObjectId> there = year_.live_on(medium, plan.name);
            if (plan.name == year_.plans()[0].name && year_.held() && medium != plan.media.front()) {
                there.insert(*year_.held());  // a hold is each vault's own
            }
            EXPECT_EQ(live, there) << plan.name << " on " << medium;
        }
        const auto last = std::max_element(all_.begin(), all_.end(), [&](const auto& a, const auto& b) {
            const auto rank = [&](const auto& each) { return each.second.plan == plan.name ? each.second.made_at.ns : 0; };
            return rank(a) < rank(b);
        });
        EXPECT_TRUE(live.contains(last->first)) << plan.name << ": its last snapshot";
        for (const auto& [id, record] : all_) {
            const bool is_protected = record.plan == plan.name && is_within_lawful_term(plan.label, record.made_at, year_.now());
            if (is_protected) {
                EXPECT_TRUE(live.contains(id)) << plan.name << ": within its lawful term";
            }
        }
        if (plan.daily == 0) return;
        std::set<ObjectId> promised = newest_of_periods(plan.name, kDay, 0, plan.daily);
        promised.merge(newest_of_periods(plan.name, 7 * kDay, 3 * kDay, plan.weekly));  // 1970 began on a Thursday
        for (const ObjectId& id : promised) EXPECT_TRUE(live.contains(id)) << plan.name << ' ' << id.hex();
        EXPECT_LE(live.size(), promised.size() + 3) << plan.name << ": of the last day, and what is held";
        EXPECT_GT(runs_of(plan.name).size(), promised.size()) << "nothing was ever to be ended";
    }

    void check_copies() {
        for (const char* medium : YearOfNights::kMedia) {
            year_.check_debts(medium);
            const auto registered = catalog::Media(year_.service().work().catalog()).find(medium);
            ASSERT_TRUE(is_ok(registered));
            EXPECT_EQ(0U, registered->copies_owed) << medium;
        }
    }

    // Every record has an end, and what it says is so.
    void check_jobs() {
        std::set<ObjectId> made;
        for (const Job& job : jobs_) {
            EXPECT_FALSE(catalog::is_open(job.state)) << job.id;
            EXPECT_TRUE(job.ended_at && (job.begun_at || job.state == JobState::interrupted)) << job.id;
            if (job.asked.kind != JobKind::backup) continue;
            if (is_good(job)) {
                EXPECT_TRUE(job.end.snapshot && job.end.sequence && job.end.reconciled) << job.id;
            }
            if (job.state == JobState::failed) {
                EXPECT_TRUE(job.end.error && !job.end.snapshot) << job.id;
            }
            if (job.end.snapshot) {
                EXPECT_TRUE(made.insert(*job.end.snapshot).second) << job.id;
            }
        }
        for (const ObjectId& id : made) EXPECT_TRUE(all_.contains(id)) << id.hex();
        for (const auto& [id, record] : all_) {
            EXPECT_TRUE(record.job) << record.plan << ' ' << id.hex();
            if (record.plan.starts_with("plan-")) {
                EXPECT_TRUE(made.contains(id)) << record.plan << ": a snapshot of no job";
            }
        }
    }

    [[nodiscard]] bool was_told(std::string_view kind, const std::string& object, Time from, Time until) const {
        return std::any_of(told_.begin(), told_.end(), [&](const Json& message) {
            if (message["kind"].get<std::string>() != kind) return false;
            const Time made = *parse_time(message["made"].get<std::string>());
            if (made < from || made > until) return false;
            const std::string objects = message["fields"].value("objects", "");
            return message["key"] == std::string(kind) + "/" + object || objects.find(object) != std::string::npos;
        });
    }

    // People hear of each run that failed for good, before the plan runs well again or within the day.
    void check_alerts() {
        std::size_t failures = 0;
        for (const Plan& plan : year_.plans()) {
            const std::vector<Job> runs = runs_of(plan.name);
            Time good = Time{0};
            for (std::size_t i = 0; i < runs.size(); ++i) {
                if (is_good(runs[i])) good = *runs[i].ended_at;
                const bool is_retried = i + 1 < runs.size() && runs[i + 1].asked.reason == "retry";
                if (runs[i].state != JobState::failed || is_retried) continue;
                ++failures;
                const Time until{runs[i].ended_at->ns + kDay};
                EXPECT_TRUE(was_told("backup_failed", plan.name, good, until) ||
                            was_told("source_absent", plan.name, good, until))
                    << plan.name << ", job " << runs[i].id << ": " << runs[i].end.error->message;
            }
        }
        for (const Job& job : jobs_) {
            if (job.asked.kind != JobKind::backup || job.state != JobState::failed || !job.asked.medium) continue;
            const auto medium = catalog::Media(year_.service().work().catalog()).find(*job.asked.medium);
            ASSERT_TRUE(is_ok(medium));
            const Time from{job.asked_at.ns - 26 * kHour}, until{job.ended_at->ns + kDay};
            const bool is_full = job.end.error->code == Code::no_space;
            if (is_full || job.end.error->code == Code::io) {
                EXPECT_TRUE(was_told(is_full ? "medium_full" : "medium_failed", medium->entry.name, from, until)) << job.id;
            }
        }
        EXPECT_GT(failures, 0U);
        const OutboxState outbox = year_.service().work().alerts().outbox();
        EXPECT_EQ(0U, outbox.pending + outbox.dropped + outbox.given_up + outbox.unreadable);
        const auto digests = std::count_if(told_.begin(), told_.end(), [](const Json& each) { return each["kind"] == "digest"; });
        EXPECT_GE(digests, days_ - 1) << "each morning but the first, which waits for the first backups";
    }

    void check_catalog() {
        const std::uint64_t bytes = year_.catalog_bytes();
        const auto count = [&](const char* sql) {
            std::int64_t rows = 0;
            EXPECT_TRUE(is_ok(year_.service().work().catalog().read([&](sqlite::Database& database) -> Status {
                TRY_ASSIGN(rows, database.integer(sql));
                return done();
            })));
            return rows;
        };
        const std::int64_t phases = count("SELECT count(*) FROM job_phases");
        const std::int64_t old = count(("SELECT count(*) FROM job_phases p JOIN jobs j ON j.id = p.job WHERE j.asked_at < " +
                                        std::to_string(year_.now().ns - 186 * kDay))
                                           .c_str());
        EXPECT_EQ(0, old) << "phases that are past their term";
        EXPECT_LT(bytes, 6'000'000 + 3'000 * jobs_.size());
        const YearOfNights::Happened& happened = year_.happened();
        std::cout << days_ << " days: " << jobs_.size() << " jobs, " << all_.size() << " snapshots, " << told_.size()
                  << " messages; catalogue " << bytes << " bytes, " << phases << " phases; sources vanished " << happened.vanished
                  << ", emptied " << happened.emptied << "; media full " << happened.full << ", failing " << happened.failing
                  << ", unplugged " << happened.unplugged << ", returned " << happened.returned << "; service stopped "
                  << happened.stopped << "; run by hand " << happened.by_hand << '\n';
    }

    YearOfNights year_{test_seed(), long_run() ? YearOfNights::Size() : YearOfNights::Size{8, 3, 4, 3}};
    int days_ = 0;
    std::map<ObjectId, catalog::SnapshotRecord> all_;
    std::vector<Job> jobs_;
    std::vector<Json> told_;
};

TEST_F(AYear, EndsWithEveryPromiseKept) {
    SCOPED_TRACE("seed " + std::to_string(test_seed()));
    live();
    ASSERT_FALSE(HasFailure());
    check_times();
    check_records();
    for (const Plan& plan : year_.plans()) check_snapshots(plan);
    check_copies();
    check_jobs();
    check_alerts();
    check_catalog();
    if (year_.held()) {
        EXPECT_TRUE(year_.ledger(year_.plans()[0].media[0]).snapshots.contains(*year_.held()));
    }
}

TEST_F(AYear, AClockThatIsSetBackAYearEndsNothingAndEveryNightRuns) {
    using Nights = YearOfNights::Nights;
    constexpr std::int64_t kYear = 366 * kDay;
    year_.live(7, Nights::calm);
    const Plan& plan = year_.plans()[0];
    const std::set<ObjectId> before = year_.live_on(plan.media[0], plan.name);
    const auto last = year_.jobs().back().id;
    year_.set_clock(-kYear);
    year_.live(3, Nights::calm);
    ASSERT_FALSE(HasFailure());
    jobs_ = year_.jobs();
    std::size_t runs = 0;
    for (const Job& job : runs_of(plan.name)) {
        if (job.id <= last) continue;
        ++runs;
        EXPECT_TRUE(is_good(job)) << job.id;
        EXPECT_GT(job.warnings, 0U) << "that nothing is ended by a wrong clock";
    }
    EXPECT_EQ(3U, runs);
    std::set<ObjectId> after = year_.live_on(plan.media[0], plan.name);
    for (const ObjectId& id : before) EXPECT_TRUE(after.contains(id)) << id.hex();
    EXPECT_EQ(before.size() + 3, after.size());
    year_.set_clock(kYear);
    year_.live(2, Nights::calm);
    year_.come_to_rest();
    all_ = year_.snapshots();
    jobs_ = year_.jobs();
    told_ = year_.messages();
    check_copies();
    check_jobs();
    const auto jumps = std::count_if(told_.begin(), told_.end(), [](const Json& each) { return each["kind"] == "clock_jump"; });
    EXPECT_GE(jumps, 2);
}

}  // namespace
}  // namespace custody::test
