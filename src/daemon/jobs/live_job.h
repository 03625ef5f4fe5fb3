// A job while it is open: its record in the catalogue, its stop flag, and who looks on.
//
// Ownership: shared by the work, the job's thread and the API; the catalogue outlives it. Threads: as said for each call; the
// job's own thread is the one that calls begin(), phases and end(). Errors: those of the catalogue. Durable: each step, when its
// call returns; progress is not kept.
#pragma once

#include "base/clock.h"
#include "base/progress.h"
#include "base/stop.h"
#include "catalog/jobs.h"
#include "daemon/api/json_stream.h"
#include "daemon/service/log.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

enum class StopReason { none, cancelled, time_over, service_ends };

class LiveJob {
public:
    static constexpr std::size_t kMostWarnings = 1000;
    static constexpr std::size_t kLoggedWarnings = 20;

    // `id` is in the catalogue, queued. `title`: for the log, "backup of plan etc".
    LiveJob(catalog::Catalog& catalog, const ServiceLog& log, catalog::JobId id, std::string title);
    ~LiveJob();
    LiveJob(const LiveJob&) = delete;
    LiveJob& operator=(const LiveJob&) = delete;

    [[nodiscard]] catalog::JobId id() const { return id_; }
    [[nodiscard]] const std::string& title() const { return title_; }

    // Any thread. The first reason counts.
    void request_stop(StopReason why);
    [[nodiscard]] StopReason stop_reason() const { return why_stopped_.load(); }
    [[nodiscard]] const StopFlag& stop() const { return stop_; }

    // The job's thread.
    [[nodiscard]] Status begin();
    [[nodiscard]] Status begin_phase(std::string_view name);
    // Any thread: to who looks on, and into the record when it ends. A run over a damaged disk may warn a million times: the
    // first kMostWarnings are kept, the others are counted, and the log has the first few.
    void warn(std::string_view line);
    // The record is closed, with the warnings so far before those of `end`; then who looks on gets it as the last line.
    [[nodiscard]] Status end(catalog::JobEnd end);
    // Once more, where the catalogue could not take it (its disk was full).
    [[nodiscard]] Status enter_end();

    // Any thread; says what is done to who looks on. Lives as long as the job. Its warn() is the job's.
    [[nodiscard]] Progress& progress() { return *progress_; }
    // Any thread: what happens from now on. Where it has ended: a stream with the record alone.
    [[nodiscard]] Result<std::shared_ptr<JsonStream>> watch();
    // The newest progress, as in the stream; null: none yet.
    [[nodiscard]] Json last_progress() const;

private:
    class Reporter;
    void show(const Json& progress);
    catalog::Catalog& catalog_;
    const ServiceLog& log_;
    const catalog::JobId id_;
    const std::string title_;
    StopFlag stop_;
    std::atomic<StopReason> why_stopped_{StopReason::none};
    std::unique_ptr<Progress> progress_;
    mutable std::mutex mutex_;  // of what follows
    std::vector<std::shared_ptr<JsonStream>> onlookers_;
    Json last_progress_;
    std::vector<std::string> warnings_;
    std::uint64_t warned_ = 0;
    bool ended_ = false;
    std::optional<catalog::JobEnd> end_;  // of who calls end(), then enter_end()
};

}  // namespace custody
