// The jobs that are open in this process, and the threads they run on.
//
// Ownership: owns the threads; a LiveJob is shared with the API's streams. Loop and catalogue outlive it. Threads: open(), run(),
// close_queued() and the destructor on the loop's thread; all else on any. Errors: those of the catalogue. A body that throws, or
// for which there is no thread, ends its job as failed, in words. An end that the catalogue does not take (its disk is full) is
// entered as soon as it does; until then the job counts as running there, and not_entered() says why.
#pragma once

#include "catalog/jobs.h"
#include "daemon/jobs/live_job.h"
#include "daemon/service/event_loop.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace custody {

class JobBoard {
public:
    JobBoard(EventLoop& loop, catalog::Catalog& catalog, const ServiceLog& log) : loop_(loop), catalog_(catalog), log_(log) {}
    ~JobBoard();
    JobBoard(const JobBoard&) = delete;
    JobBoard& operator=(const JobBoard&) = delete;

    // Its record is durable, queued, when this returns.
    [[nodiscard]] Result<std::shared_ptr<LiveJob>> open(const catalog::NewJob& job, std::string title);
    // Begins the job and runs `body` on a thread of its own; its end is entered, then `ended` is called on the loop's thread.
    using Body = std::function<catalog::JobEnd()>;
    using Ended = std::function<void(const catalog::JobEnd&)>;
    void run(const std::shared_ptr<LiveJob>& job, Body body, Ended ended);
    // Ends one that never began.
    [[nodiscard]] Status close_queued(const std::shared_ptr<LiveJob>& job, const catalog::JobEnd& end);

    // Null: it has ended, or never was.
    [[nodiscard]] std::shared_ptr<LiveJob> find(catalog::JobId id) const;
    void stop_all(StopReason why);
    // Queued or at work.
    [[nodiscard]] std::size_t running() const;
    // Why the ends of jobs cannot be entered; none: they are.
    [[nodiscard]] std::optional<Error> not_entered() const;

private:
    [[nodiscard]] catalog::JobEnd guarded(LiveJob& job, const Body& body) const;
    [[nodiscard]] Status end_of(LiveJob& job, const catalog::JobEnd& end) const;
    void ended(const std::shared_ptr<LiveJob>& job, const catalog::JobEnd& end, const Status& entered, const Ended& then);
    void settle(const std::shared_ptr<LiveJob>& job, const Status& entered);
    void enter_again();

    EventLoop& loop_;
    catalog::Catalog& catalog_;
    const ServiceLog& log_;
    std::map<catalog::JobId, std::thread> threads_;  // the loop's thread only
    TimerId again_ = 0;                              // of enter_again(); the loop's thread only
    mutable std::mutex mutex_;
    std::map<catalog::JobId, std::shared_ptr<LiveJob>> live_;
    std::map<catalog::JobId, Error> not_entered_;  // of those, at an end that the catalogue does not have
};

}  // namespace custody
