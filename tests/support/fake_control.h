// The running service as the API's handlers see it, without the service: a real catalogue in a folder of the test's own, plans,
// status and alerts as the test sets them. Jobs that are asked for stay queued until the test moves them on; what happens goes to
// who looks on.
//
// Ownership: owns the catalogue; the MediaKeeper of a test is the test's. Threads: what handlers call is safe; a test sets the
// public values before a server runs, and later within change().
#pragma once

#include "daemon/jobs/job_json.h"
#include "daemon/work/control.h"
#include "tests/support/fake_clock.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace custody::test {

class FakeAlertDesk final : public AlertDesk {
public:
    void raise(AlertEvent event) override {
        const std::lock_guard lock(mutex_);
        raised_.push_back(std::move(event));
    }
    void resolve(AlertKind kind, std::string_view object) override {
        const std::lock_guard lock(mutex_);
        resolved_.push_back(alert_key(kind, object));
    }
    void start() override {}
    Status configure(const AlertSettings&) override { return done(); }
    std::vector<AlertTestResult> send_test(const StopFlag&) override {
        const std::lock_guard lock(mutex_);
        return test_results;
    }
    std::vector<AlertRecord> standing() const override {
        const std::lock_guard lock(mutex_);
        return records;
    }
    OutboxState outbox() const override {
        const std::lock_guard lock(mutex_);
        return outbox_state;
    }
    std::vector<AlertTrouble> troubles() const override {
        const std::lock_guard lock(mutex_);
        return trouble_list;
    }
    void change(const std::function<void()>& how) {
        const std::lock_guard lock(mutex_);
        how();
    }

    [[nodiscard]] std::vector<AlertEvent> raised() const {
        const std::lock_guard lock(mutex_);
        return raised_;
    }
    [[nodiscard]] std::vector<std::string> resolved() const {
        const std::lock_guard lock(mutex_);
        return resolved_;
    }

    std::vector<AlertTestResult> test_results;
    std::vector<AlertRecord> records;
    OutboxState outbox_state;
    std::vector<AlertTrouble> trouble_list;

private:
    mutable std::mutex mutex_;
    std::vector<AlertEvent> raised_;
    std::vector<std::string> resolved_;
};

class FakeControl final : public ServiceControl {
public:
    FakeControl() {
        auto opened = catalog::Catalog::open(scratch_ / "state", fake_clock);
        EXPECT_TRUE(is_ok(opened));
        catalog_ = std::move(opened).value();
        facts.now = facts.started = fake_clock.now();
    }

    std::shared_ptr<const Config> config() const override {
        const std::lock_guard lock(mutex_);
        return config_value;
    }
    const Clock& clock() const override { return fake_clock; }
    catalog::Catalog& catalog() override { return *catalog_; }
    MediaKeeper& media() override {
        if (media_keeper == nullptr) std::abort();  // the test has set none
        return *media_keeper;
    }
    AlertDesk& alerts() override { return desk; }
    Result<StatusFacts> status() override {
        const std::lock_guard lock(mutex_);
        return facts;
    }
    Result<std::vector<PlanView>> plans() override {
        const std::lock_guard lock(mutex_);
        return views;
    }
    std::vector<Waiting> waiting() override {
        const std::lock_guard lock(mutex_);
        return waiting_runs;
    }

    Result<catalog::JobId> run_plan(const std::string& plan, const RunRequest& request) override {
        const std::shared_ptr<const Config> with = config();
        const PlanConfig* configured = with->find_plan(plan);
        if (configured == nullptr) return Error{Code::not_found, "no such plan: " + plan};
        catalog::NewJob job;
        job.plan = plan;
        job.label = configured->label;
        job.reason = request.reason;
        job.asked_by = request.asked_by;
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        return catalog::Jobs(*catalog_).add(job);
    }
    Result<std::vector<catalog::JobId>> run_all(const RunRequest& request) override {
        std::vector<catalog::JobId> jobs;
        const std::shared_ptr<const Config> with = config();
        for (const PlanConfig& plan : with->plans) {
            TRY_ASSIGN(const catalog::JobId id, run_plan(plan.name, request));
            jobs.push_back(id);
        }
        return jobs;
    }
    // Ends it at once, as a job that has not begun.
    Status cancel(catalog::JobId job, const std::string& asked_by) override {
        TRY_ASSIGN(const catalog::Job found, catalog::Jobs(*catalog_).find(job));
        if (!catalog::is_open(found.state)) {
            return Error{Code::refused, "job " + std::to_string(job) + " has ended"};
        }
        {
            const std::lock_guard lock(mutex_);
            cancelled_by_.push_back(asked_by);
        }
        catalog::JobEnd end;
        end.state = catalog::JobState::cancelled;
        end_job(job, end);
        return done();
    }
    Result<std::shared_ptr<JsonStream>> watch(catalog::JobId job) override {
        TRY_ASSIGN(const std::shared_ptr<JsonStream> stream, JsonStream::make());
        const std::lock_guard lock(mutex_);
        TRY_ASSIGN(const Json document, job_document(*catalog_, job));
        if (document["exit"].is_null()) {
            onlookers_[job].push_back(stream);
        } else {
            stream->finish(document);
        }
        return stream;
    }
    // Kept; not run.
    Result<catalog::JobId> start_job(const catalog::NewJob& job, const std::string& exclusive_key, Work work) override {
        const std::lock_guard lock(mutex_);
        if (!exclusive_key.empty() && !busy_keys_.insert(exclusive_key).second) {
            return Error{Code::busy, "such a job runs already: " + exclusive_key};
        }
        TRY_ASSIGN(const catalog::JobId id, catalog::Jobs(*catalog_).add(job));
        works_.emplace(id, std::move(work));
        return id;
    }
    void poke() override {
        const std::lock_guard lock(mutex_);
        ++pokes_;
    }

    // ---- for tests ----
    // Of the public values below, while a server runs.
    void change(const std::function<void()>& how) {
        const std::lock_guard lock(mutex_);
        how();
    }
    // Somebody looks on (wait_for.h waits for it).
    [[nodiscard]] bool is_watched(catalog::JobId job) const {
        const std::lock_guard lock(mutex_);
        const auto found = onlookers_.find(job);
        return found != onlookers_.end() && !found->second.empty();
    }
    void begin_job(catalog::JobId job) { EXPECT_TRUE(is_ok(catalog::Jobs(*catalog_).start(job))); }
    void progress(catalog::JobId job, const Json& state) {
        const std::lock_guard lock(mutex_);
        for (const auto& stream : onlookers_[job]) stream->push_progress(Json{{"progress", state}});
    }
    void warn(catalog::JobId job, const std::string& line) {
        EXPECT_TRUE(is_ok(catalog::Jobs(*catalog_).warn(job, line)));
        const std::lock_guard lock(mutex_);
        for (const auto& stream : onlookers_[job]) stream->push(Json{{"warning", line}});
    }
    void end_job(catalog::JobId job, const catalog::JobEnd& end) {
        EXPECT_TRUE(is_ok(catalog::Jobs(*catalog_).end(job, end)));
        const auto document = job_document(*catalog_, job);
        ASSERT_TRUE(is_ok(document));
        const std::lock_guard lock(mutex_);
        for (const auto& stream : onlookers_[job]) stream->finish(*document);
        onlookers_.erase(job);
    }
    // The service ends: who looks on is told.
    void cut_off(catalog::JobId job) {
        const std::lock_guard lock(mutex_);
        for (const auto& stream : onlookers_[job]) stream->fail(Error{Code::interrupted, "the service ends"});
        onlookers_.erase(job);
    }
    [[nodiscard]] std::vector<RunRequest> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    [[nodiscard]] std::vector<std::string> cancelled_by() const {
        const std::lock_guard lock(mutex_);
        return cancelled_by_;
    }
    [[nodiscard]] std::map<catalog::JobId, Work> works() const {
        const std::lock_guard lock(mutex_);
        return works_;
    }
    [[nodiscard]] int pokes() const {
        const std::lock_guard lock(mutex_);
        return pokes_;
    }
    [[nodiscard]] std::string folder() const { return scratch_.path(); }

    FakeClock fake_clock;
    std::shared_ptr<const Config> config_value = std::make_shared<const Config>();
    FakeAlertDesk desk;
    StatusFacts facts;
    std::vector<PlanView> views;
    std::vector<Waiting> waiting_runs;
    MediaKeeper* media_keeper = nullptr;

private:
    ScratchFolder scratch_{"control"};
    std::unique_ptr<catalog::Catalog> catalog_;
    mutable std::mutex mutex_;
    std::map<catalog::JobId, std::vector<std::shared_ptr<JsonStream>>> onlookers_;
    std::vector<RunRequest> requests_;
    std::vector<std::string> cancelled_by_;
    std::map<catalog::JobId, Work> works_;
    std::set<std::string> busy_keys_;
    int pokes_ = 0;
};

}  // namespace custody::test
