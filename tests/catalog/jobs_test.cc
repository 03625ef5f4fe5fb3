#include "catalog/jobs.h"

#include "tests/catalog/catalog_fixture.h"

namespace custody::catalog {
namespace {

using test::fails_with;
using test::is_ok;

class JobRecords : public CatalogTest {};

JobEnd full_end(const MediumKey) {
    JobEnd end;
    end.state = JobState::done_with_failures;
    end.snapshot = ObjectId{{1, 2, 3}};
    end.sequence = 17;
    end.counts = {1, 2, 3, 4, 5, 6, 7, 8};
    end.reconciled = ReconcileResult{9, 10, 11, 12, 13};
    end.read_back = ReadBackResult{14, 15, 16};
    end.error = Error{Code::no_space, "the medium is full"};
    end.warnings = {"first", "second"};
    return end;
}

TEST_F(JobRecords, EverythingOfAJobComesBack) {
    Jobs jobs(catalog());
    const MediumKey disk = medium("A");
    NewJob asked;
    asked.kind = JobKind::drill;
    asked.plan = "tài-liệu";
    asked.label = "business";
    asked.reason = "sự cố 12/2026";
    asked.asked_by = "lan";
    asked.attempt = 3;
    const JobId id = *jobs.add(asked);
    clock_.advance(kSecond);
    ASSERT_TRUE(is_ok(jobs.start(id)));
    ASSERT_TRUE(is_ok(jobs.use_medium(id, disk, VaultId{{9}})));
    ASSERT_TRUE(is_ok(jobs.begin_phase(id, "scanning")));
    clock_.advance(kSecond);
    ASSERT_TRUE(is_ok(jobs.begin_phase(id, "backing up")));
    clock_.advance(kSecond);
    ASSERT_TRUE(is_ok(jobs.end(id, full_end(disk))));
    close();

    const auto details = Jobs(catalog()).details(id);
    ASSERT_TRUE(is_ok(details));
    const Job& job = details->job;
    EXPECT_EQ(JobKind::drill, job.asked.kind);
    EXPECT_EQ("tài-liệu", job.asked.plan);
    EXPECT_EQ("business", job.asked.label);
    EXPECT_EQ("sự cố 12/2026", job.asked.reason);
    EXPECT_EQ("lan", job.asked.asked_by);
    EXPECT_EQ(3, job.asked.attempt);
    EXPECT_EQ(disk, job.asked.medium);
    EXPECT_EQ(VaultId{{9}}, job.asked.vault);
    EXPECT_EQ(kSecond, job.begun_at->ns - job.asked_at.ns);
    EXPECT_EQ(3 * kSecond, job.ended_at->ns - job.asked_at.ns);
    EXPECT_FALSE(job.noticed_at);
    EXPECT_EQ(JobState::done_with_failures, job.state);
    EXPECT_EQ((ObjectId{{1, 2, 3}}), job.end.snapshot);
    EXPECT_EQ(17u, job.end.sequence);
    EXPECT_EQ(4u, job.end.counts.items_failed);
    EXPECT_EQ(8u, job.end.counts.bytes_stored);
    EXPECT_EQ(13u, job.end.reconciled->damaged);
    EXPECT_EQ(16u, job.end.read_back->damaged);
    EXPECT_EQ(Code::no_space, job.end.error->code);
    EXPECT_EQ("the medium is full", job.end.error->message);
    EXPECT_EQ((std::vector<std::string>{"first", "second"}), details->warnings);
    ASSERT_EQ(2u, details->phases.size());
    EXPECT_EQ("scanning", details->phases[0].name);
    EXPECT_EQ(PhaseOutcome::done, details->phases[0].outcome);
    EXPECT_EQ(kSecond, details->phases[0].ended_at->ns - details->phases[0].begun_at.ns);
    EXPECT_EQ("backing up", job.last_phase);
}

TEST_F(JobRecords, WhatDidNotComeToReconcilingSaysSo) {
    const Job job = *Jobs(catalog()).find(ended("etc", JobState::failed));
    EXPECT_FALSE(job.end.reconciled);
    EXPECT_FALSE(job.end.read_back);
    EXPECT_FALSE(job.end.snapshot);
}

TEST_F(JobRecords, WhatHasEndedNeverChanges) {
    Jobs jobs(catalog());
    const JobId id = ended("etc", JobState::failed);
    EXPECT_TRUE(fails_with(Code::failed, jobs.start(id)));
    EXPECT_TRUE(fails_with(Code::failed, jobs.wait_for_key(id)));
    EXPECT_TRUE(fails_with(Code::failed, jobs.begin_phase(id, "again")));
    EXPECT_TRUE(fails_with(Code::failed, jobs.warn(id, "late")));
    EXPECT_TRUE(fails_with(Code::failed, jobs.end(id, JobEnd{})));
    EXPECT_TRUE(fails_with(Code::failed, jobs.enter_snapshot(id, ObjectId{}, 1)));
    EXPECT_EQ(JobState::failed, jobs.find(id)->state);
    EXPECT_TRUE(fails_with(Code::not_found, jobs.start(id + 1)));
    EXPECT_TRUE(fails_with(Code::not_found, jobs.find(id + 1)));
    JobEnd open;
    open.state = JobState::running;
    EXPECT_TRUE(fails_with(Code::failed, jobs.end(job("etc"), open)));
}

TEST_F(JobRecords, AStartClosesWhatACrashLeftOpenAndInventsNothing) {
    const JobId done = ended("etc", JobState::done);
    const JobId queued = job("etc"), running = job("var"), waiting = job("db", JobKind::drill);
    {
        Jobs jobs(catalog());
        ASSERT_TRUE(is_ok(jobs.start(running)));
        ASSERT_TRUE(is_ok(jobs.begin_phase(running, "scanning")));
        ASSERT_TRUE(is_ok(jobs.begin_phase(running, "backing up")));
        ASSERT_TRUE(is_ok(jobs.wait_for_key(waiting)));
        EXPECT_EQ(3u, jobs.open()->size());
    }
    close();
    clock_.advance(kHour);
    Jobs jobs(catalog());
    const auto closed = jobs.close_interrupted();
    ASSERT_TRUE(is_ok(closed));
    ASSERT_EQ(3u, closed->size());
    EXPECT_EQ(queued, (*closed)[0].id);
    EXPECT_EQ(JobState::interrupted, (*closed)[0].state);
    EXPECT_FALSE(jobs.find(queued)->begun_at);
    const JobDetails details = *jobs.details(running);
    EXPECT_EQ(JobState::interrupted, details.job.state);
    EXPECT_TRUE(details.job.begun_at);
    EXPECT_FALSE(details.job.ended_at);
    EXPECT_EQ(clock_.now(), details.job.noticed_at);
    EXPECT_EQ("backing up", details.job.last_phase);
    EXPECT_EQ(PhaseOutcome::done, details.phases[0].outcome);
    EXPECT_EQ(PhaseOutcome::interrupted, details.phases[1].outcome);
    EXPECT_FALSE(details.phases[1].ended_at);
    EXPECT_EQ(JobState::done, jobs.find(done)->state);
    EXPECT_TRUE(jobs.open()->empty());
    EXPECT_TRUE(jobs.close_interrupted()->empty());
    // The ledger shows later that its snapshot was done.
    ASSERT_TRUE(is_ok(jobs.enter_snapshot(running, ObjectId{{5}}, 12)));
    EXPECT_EQ(12u, jobs.find(running)->end.sequence);
    EXPECT_EQ(JobState::interrupted, jobs.find(running)->state);
}

TEST_F(JobRecords, WarningsPhasesAndTextsAreBounded) {
    Jobs jobs(catalog());
    const JobId id = job("etc");
    for (int at = 0; at < 120; ++at) ASSERT_TRUE(is_ok(jobs.begin_phase(id, "phase " + std::to_string(at))));
    ASSERT_TRUE(is_ok(jobs.warn(id, "two\nlines \xff " + std::string(5000, 'x'))));
    JobEnd end;
    end.state = JobState::failed;
    for (int at = 0; at < 150; ++at) end.warnings.push_back("warning");
    for (int at = 0; at < 1500; ++at) end.error = Error{Code::io, (end.error ? end.error->message : "") + "ơ"};
    ASSERT_TRUE(is_ok(jobs.end(id, end)));
    const JobDetails details = *jobs.details(id);
    EXPECT_EQ(static_cast<std::size_t>(kMaxJobPhases), details.phases.size());
    EXPECT_EQ("phase 119", details.job.last_phase);
    EXPECT_EQ(kMaxJobWarnings, details.warnings.size());
    EXPECT_EQ(151u, details.job.warnings);
    EXPECT_EQ(std::string::npos, details.warnings[0].find('\n'));
    EXPECT_LE(details.warnings[0].size(), 2000u);
    EXPECT_LE(details.job.end.error->message.size(), 2000u);
    EXPECT_TRUE(details.job.end.error->message.ends_with("ơ…"));
}

TEST_F(JobRecords, AreListedNewestFirstByPages) {
    for (int at = 0; at < 5; ++at) {
        ended("etc", JobState::done);
        ended("var", at % 2 == 0 ? JobState::failed : JobState::done);
    }
    clock_.set(Time{clock_.now().ns - 366 * kDay});  // the order is not that of clocks
    const JobId last = ended("etc", JobState::failed);
    Jobs jobs(catalog());
    EXPECT_EQ(11u, jobs.list({})->size());
    EXPECT_EQ(last, jobs.list({})->front().id);
    JobFilter filter;
    filter.plan = "etc";
    filter.limit = 2;
    const auto first = *jobs.list(filter);
    ASSERT_EQ(2u, first.size());
    EXPECT_EQ(last, first[0].id);
    filter.before = first[1].id;
    EXPECT_LT(jobs.list(filter)->front().id, first[1].id);
    JobFilter failed;
    failed.state = JobState::failed;
    failed.kind = JobKind::backup;
    EXPECT_EQ(4u, jobs.list(failed)->size());
}

}  // namespace
}  // namespace custody::catalog
