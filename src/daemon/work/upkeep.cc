#include "daemon/work/upkeep.h"

#include "base/text.h"
#include "catalog/history.h"
#include "catalog/media.h"
#include "catalog/overview.h"
#include "daemon/discover/discovered.h"
#include "daemon/jobs/catalog_backup.h"
#include "daemon/jobs/verification.h"

#include <chrono>
#include <exception>
#include <utility>

namespace custody {
namespace {

constexpr std::chrono::minutes kTurn{1};
constexpr int kTurnsOfCoverage = 60;
constexpr std::int64_t kRecordsEvery = 24 * kHour, kRecordsAgain = kHour;  // after one that failed

// Records are not pruned by a clock that may be wrong: as `forget`, only while the last job is not far from now.
Status prune_old_records(const JobContext& context) {
    const auto pruned = catalog::prune_history(context.catalog, {}, context.stop());
    return pruned.ok() ? done() : Status(pruned.error());
}

catalog::JobEnd keep_records(const JobContext& context) {
    catalog::JobEnd end = back_up_records(context);
    if (end.state != catalog::JobState::done) return end;
    const Status pruned = prune_old_records(context);
    if (!pruned.ok() && pruned.error().code != Code::interrupted) {
        end.warnings.push_back(pruned.error().message);
        end.state = catalog::JobState::done_with_failures;
    }
    return end;
}

Result<bool> is_records_due(catalog::Catalog& catalog, Time now) {
    catalog::JobFilter filter;
    filter.kind = catalog::JobKind::catalog;
    filter.limit = 1;
    TRY_ASSIGN(const std::vector<catalog::Job> last, catalog::Jobs(catalog).list(filter));
    if (last.empty()) return true;
    const catalog::Job& job = last.front();
    if (catalog::is_open(job.state)) return false;
    const bool good = job.state == catalog::JobState::done || job.state == catalog::JobState::done_with_failures;
    const std::int64_t age = now.ns - job.asked_at.ns;
    return age < 0 || age >= (good ? kRecordsEvery : kRecordsAgain);  // dated after now: the clock was set back
}

}  // namespace

Upkeep::~Upkeep() { stop(); }

void Upkeep::start() {
    thread_ = std::thread([this] {
        try {
            work();
        } catch (const std::exception& error) {
            log_.error(say("an error that should not happen: {}", error.what()));
        }
    });
}

void Upkeep::stop() {
    stop_.request();
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Upkeep::work() {
    for (int turn = 0; !stop_.requested(); ++turn) {
        if (turn % kTurnsOfCoverage == 0) look_at_coverage();
        for (const Status& begun : {start_verifications(), start_records()}) {
            if (begun.ok() || begun.error().code == Code::busy || begun.error().code == Code::interrupted) continue;
            log_.error(begun.error().message);
        }
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, kTurn, [this] { return stop_.requested(); });
    }
}

void Upkeep::look_at_coverage() {
    const auto found = discover();
    if (!found.ok()) return log_.warning(found.error().message);
    auto lines = custody::not_covered(*control_.config(), *found);
    const std::lock_guard lock(mutex_);
    not_covered_ = std::move(lines);
}

std::vector<std::string> Upkeep::not_covered() const {
    const std::lock_guard lock(mutex_);
    return not_covered_;
}

Status Upkeep::start_verifications() {
    const auto config = control_.config();
    TRY_ASSIGN(const std::vector<catalog::RegisteredMedium> media, catalog::Media(control_.catalog()).list());
    TRY_ASSIGN(const std::vector<catalog::Verification> last, catalog::Overview(control_.catalog()).verifications());
    const std::set<std::string> present = control_.media().present();
    for (const VerificationDue& due : verifications_due(*config, media, last, control_.clock().now())) {
        if (!present.contains(due.medium) || stop_.requested()) continue;
        const std::int64_t now = control_.clock().monotonic_ns();
        const auto tried = tried_.find(due.medium);  // one that failed is not begun anew each minute
        if (tried != tried_.end() && now - tried->second < kHour) continue;
        tried_[due.medium] = now;
        catalog::NewJob job;
        job.kind = catalog::JobKind::verify;
        job.reason = "schedule";
        job.asked_by = "service";
        const auto begun = control_.start_job(job, "verify/" + due.medium, [due](const JobContext& context) {
            return verify_medium(context, due.medium, due.how);
        });
        if (!begun.ok() && begun.error().code != Code::busy) return begun.error();
    }
    return done();
}

Status Upkeep::start_records() {
    if (control_.media().present().empty()) return done();
    TRY_ASSIGN(const bool due, is_records_due(control_.catalog(), control_.clock().now()));
    if (!due) return done();
    catalog::NewJob job;
    job.kind = catalog::JobKind::catalog;
    job.label = "log";
    job.reason = "schedule";
    job.asked_by = "service";
    const auto begun = control_.start_job(job, "records", keep_records);
    return begun.ok() ? done() : Status(begun.error());
}

}  // namespace custody
