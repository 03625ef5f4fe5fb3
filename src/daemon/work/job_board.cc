#include "daemon/work/job_board.h"

#include "base/text.h"

#include <malloc.h>

#include <exception>
#include <new>
#include <utility>

namespace custody {

JobBoard::~JobBoard() {
    stop_all(StopReason::service_ends);
    for (auto& [id, thread] : threads_) thread.join();
}

Result<std::shared_ptr<LiveJob>> JobBoard::open(const catalog::NewJob& job, std::string title) {
    TRY_ASSIGN(const catalog::JobId id, catalog::Jobs(catalog_).add(job));
    auto live = std::make_shared<LiveJob>(catalog_, log_, id, std::move(title));
    const std::lock_guard lock(mutex_);
    live_[id] = live;
    return live;
}

void JobBoard::run(std::shared_ptr<LiveJob> job, Body body, std::function<void(const catalog::JobEnd&)> ended) {
    const catalog::JobId id = job->id();
    threads_[id] = std::thread([this, id, job = std::move(job), body = std::move(body), ended = std::move(ended)] {
        const catalog::JobEnd end = guarded(*job, body);
        const Status entered = job->end(end);
        if (!entered.ok()) log_.error(entered.error().message);
        loop_.post([this, id, end, ended] {
            threads_.at(id).join();
            threads_.erase(id);
            forget(id);
            ended(end);
            if (running() == 0) (void)::malloc_trim(0);  // a night's buffers are not kept through the day
        });
    });
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

Status JobBoard::close_queued(const std::shared_ptr<LiveJob>& job, catalog::JobEnd end) {
    const Status closed = job->end(std::move(end));
    forget(job->id());
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
    return live_.size();
}

void JobBoard::forget(catalog::JobId id) {
    const std::lock_guard lock(mutex_);
    live_.erase(id);
}

}  // namespace custody
