#include "daemon/work/upkeep.h"

#include "base/text.h"
#include "catalog/history.h"
#include "catalog/media.h"
#include "catalog/overview.h"
#include "daemon/jobs/catalog_backup.h"
#include "daemon/jobs/verification.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <system_error>
#include <utility>

namespace custody {
namespace {

constexpr std::chrono::minutes kTurn{1};
constexpr int kTurnsOfCoverage = 60;
constexpr const char* kRecordsLabel = "log";
constexpr std::int64_t kRecordsEvery = 24 * kHour, kRecordsAgain = kHour;  // after one that failed

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
    filter.label = kRecordsLabel;  // other work on the catalogue is of that kind, too
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

Status Upkeep::start() {
    try {
        thread_ = std::thread([this] { work(); });
    } catch (const std::system_error&) {
        return Error{Code::failed, say("no thread can be made for the upkeep: the system's limit of tasks is reached")};
    }
    return done();
}

void Upkeep::stop() {
    {
        const std::lock_guard lock(mutex_);  // else it is missed between the look at the flag and the waiting
        stop_.request();
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Upkeep::work() {
    int turns_left = 0;  // until what nothing covers is looked for again
    while (!stop_.requested()) {
        const bool with_coverage = turns_left == 0;
        if (with_coverage) turns_left = kTurnsOfCoverage;
        try {
            take_turn(with_coverage);
        } catch (const std::exception& error) {  // the next turn may have the memory
            log_.error(say("an error that should not happen: {}", error.what()));
        }
        if (wait_a_turn()) --turns_left;
    }
}

bool Upkeep::wait_a_turn() {
    std::unique_lock lock(mutex_);
    const bool woken = wake_.wait_for(lock, kTurn, [this] { return stop_.requested() || look_wanted_; });
    look_wanted_ = false;
    return !woken;
}

void Upkeep::look_soon() {
    {
        const std::lock_guard lock(mutex_);
        look_wanted_ = true;
    }
    wake_.notify_all();
}

void Upkeep::take_turn(bool with_coverage) {
    if (with_coverage) look_at_coverage();
    for (const Status& begun : {start_verifications(), start_records()}) {
        if (begun.ok() || begun.error().code == Code::busy || begun.error().code == Code::interrupted) continue;
        log_.error(begun.error().message);
    }
}

void Upkeep::look_at_coverage() {
    auto found = discover();
    if (!found.ok()) return log_.warning(found.error().message);
    const std::lock_guard lock(mutex_);
    found_ = std::make_shared<const Discovered>(std::move(*found));
}

std::vector<std::string> Upkeep::not_covered() const {
    std::shared_ptr<const Discovered> found;
    {
        const std::lock_guard lock(mutex_);
        found = found_;
    }
    return found ? custody::not_covered(*control_.config(), *found) : std::vector<std::string>();
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
    job.label = kRecordsLabel;
    job.reason = "schedule";
    job.asked_by = "service";
    const auto begun = control_.start_job(job, "records", keep_records);
    return begun.ok() ? done() : Status(begun.error());
}

}  // namespace custody
