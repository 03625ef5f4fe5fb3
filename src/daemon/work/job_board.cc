#include "daemon/work/job_board.h"

#include "base/text.h"

#include <malloc.h>

#include <exception>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

namespace custody {
namespace {

constexpr std::int64_t kEnterAgain = 2 * kSecond;

}  // namespace

JobBoard::~JobBoard() {
    stop_all(StopReason::service_ends);
    for (auto& [id, thread] : threads_) thread.join();
    loop_.cancel(again_);
}

Result<std::shared_ptr<LiveJob>> JobBoard::open(const catalog::NewJob& job, std::string title) {
    TRY_ASSIGN(const catalog::JobId id, catalog::Jobs(catalog_).add(job));
    auto live = std::make_shared<LiveJob>(catalog_, log_, id, std::move(title));
    const std::lock_guard lock(mutex_);
    live_[id] = live;
    return live;
}

void JobBoard::run(const std::shared_ptr<LiveJob>& job, Body body, Ended then) {
    const auto work = [this, job, body = std::move(body), then] {
        const catalog::JobEnd end = guarded(*job, body);
        const Status entered = end_of(*job, end);
        loop_.post([this, job, end, entered, then] { ended(job, end, entered, then); });
    };
    try {
        std::thread thread(work);
        threads_[job->id()] = std::move(thread);
    } catch (const std::system_error&) {
        catalog::JobEnd end;
        end.state = catalog::JobState::failed;
        end.error = Error{Code::busy, say("no thread can be made for the job: the system's limit of tasks is reached")};
        const Status entered = end_of(*job, end);
        loop_.post([this, job, end, entered, then] { ended(job, end, entered, then); });
    }
}

void JobBoard::ended(const std::shared_ptr<LiveJob>& job, const catalog::JobEnd& end, const Status& entered, const Ended& then) {
    if (const auto thread = threads_.find(job->id()); thread != threads_.end()) {
        thread->second.join();
        threads_.erase(thread);
    }
    settle(job, entered);
    then(end);
    if (running() == 0) (void)::malloc_trim(0);  // a night's buffers are not kept through the day
}

Status JobBoard::end_of(LiveJob& job, const catalog::JobEnd& end) const {
    try {
        return job.end(end);
    } catch (const std::exception& error) {
        return Error{Code::memory, say("an error that should not happen: {}", error.what())};
    }
}

// One whose end is not entered stays on the board, so that nobody takes it for one that runs or never was.
void JobBoard::settle(const std::shared_ptr<LiveJob>& job, const Status& entered) {
    const std::lock_guard lock(mutex_);
    if (entered.ok()) {
        live_.erase(job->id());
        not_entered_.erase(job->id());
        return;
    }
    if (not_entered_.insert_or_assign(job->id(), entered.error()).second) {
        log_.error(say("the end of job {} cannot be entered in the catalogue, and is as soon as it can: {}", job->id(),
                       entered.error().message));
    }
    if (again_ == 0) again_ = loop_.after(kEnterAgain, [this] { enter_again(); });
}

void JobBoard::enter_again() {
    again_ = 0;
    std::vector<std::shared_ptr<LiveJob>> jobs;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, why] : not_entered_) jobs.push_back(live_.at(id));
    }
    for (const auto& job : jobs) {
        const Status entered = job->enter_end();
        if (entered.ok()) log_.notice(say("the end of job {} was entered in the catalogue after all", job->id()));
        settle(job, entered);
    }
}

std::optional<Error> JobBoard::not_entered() const {
    const std::lock_guard lock(mutex_);
    return not_entered_.empty() ? std::nullopt : std::optional(not_entered_.begin()->second);
}

catalog::JobEnd JobBoard::guarded(LiveJob& job, const Body& body) const {
    catalog::JobEnd failed;
    failed.state = catalog::JobState::failed;
    try {
        const Status begun = job.begin();
        if (begun.ok()) return body();
        failed.error = begun.error();
    } catch (const std::bad_alloc&) {
        failed.error = Error{Code::memory, say("out of memory")};
    } catch (const std::exception& error) {
        failed.error = Error{Code::failed, say("an error that should not happen: {}", error.what())};
    }
    log_.error(say("job {}, {}: {}", job.id(), job.title(), failed.error->message));
    return failed;
}

Status JobBoard::close_queued(const std::shared_ptr<LiveJob>& job, const catalog::JobEnd& end) {
    const Status closed = end_of(*job, end);
    settle(job, closed);
    return closed;
}

std::shared_ptr<LiveJob> JobBoard::find(catalog::JobId id) const {
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(id);
    return found == live_.end() ? nullptr : found->second;
}

void JobBoard::stop_all(StopReason why) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, job] : live_) job->request_stop(why);
}

std::size_t JobBoard::running() const {
    const std::lock_guard lock(mutex_);
    return live_.size() - not_entered_.size();
}

}  // namespace custody
