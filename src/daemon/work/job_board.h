// The jobs that are open in this process, and the threads they run on.
//
// Ownership: owns the threads; a LiveJob is shared with the API's streams. Loop and catalogue outlive it. Threads: open(), run()
// and the destructor on the loop's thread; find() and stop_all() on any. Errors: those of the catalogue. A body that throws ends
// its job as failed, in words.
#pragma once

#include "catalog/jobs.h"
#include "daemon/jobs/live_job.h"
#include "daemon/service/event_loop.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
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
    void run(std::shared_ptr<LiveJob> job, Body body, std::function<void(const catalog::JobEnd&)> ended);
    // Ends one that never began.
    [[nodiscard]] Status close_queued(const std::shared_ptr<LiveJob>& job, catalog::JobEnd end);

    // Null: it has ended, or never was.
    [[nodiscard]] std::shared_ptr<LiveJob> find(catalog::JobId id) const;
    void stop_all(StopReason why);
    [[nodiscard]] std::size_t running() const;

private:
    void forget(catalog::JobId id);
    [[nodiscard]] catalog::JobEnd guarded(LiveJob& job, const Body& body) const;

    EventLoop& loop_;
    catalog::Catalog& catalog_;
    const ServiceLog& log_;
    std::map<catalog::JobId, std::thread> threads_;  // the loop's thread only
    mutable std::mutex mutex_;
    std::map<catalog::JobId, std::shared_ptr<LiveJob>> live_;
};

}  // namespace custody
