// The process of the service, without its work: configuration, event loop, signals, the manager's protocol, API, metrics. The
// work (catalogue, scheduler, jobs, media, alerts) is plugged in as a ServiceWork.
//
// Start: configuration read and sound, work started, API and metrics served, then READY. A fault before that ends the process
// with its code, and nothing was begun. HUP: the configuration is read again; a sound one goes to the work, one with faults is
// kept away from it, and status says so until it is mended. TERM or INT: the work is asked to end, the API serves meanwhile (so
// that who looks on a job sees its end), then it stops, then the process. USR1: the status, as a line of the log. Ownership: a
// Service owns loop, API and work. Threads: run() uses the one it is called on; ServiceWork says for each call which. Errors of
// run(): usage (configuration), those of the parts. Time: stopping waits for the work for at most kStopWithin.
#pragma once

#include "base/clock.h"
#include "base/records/canonical_json.h"
#include "base/result.h"
#include "daemon/api/metrics.h"
#include "daemon/api/server.h"
#include "daemon/config/config.h"
#include "daemon/service/event_loop.h"
#include "daemon/service/log.h"
#include "daemon/service/notify.h"
#include "daemon/service/signals.h"
#include "daemon/service/status_facts.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace custody {

class MetricsServer;

// What the work may use. Lives as long as the work.
struct ServiceContext {
    EventLoop& loop;
    const ServiceLog& log;
    Time started;
    // From any thread: plans, media or jobs have changed; the text file of the metrics is written again soon.
    std::function<void()> facts_changed;
    // From any thread: the manager's status line.
    std::function<void(const std::string&)> tell_manager;
};

class ServiceWork {
public:
    virtual ~ServiceWork() = default;  // on the loop's thread, after stopped; joins the threads it made
    // On the loop's thread, before the API serves: opens what it needs, adds its routes (docs/API.md), sets its timers.
    [[nodiscard]] virtual Status start(std::shared_ptr<const Config> config, ServiceContext& context, RouteTable& routes) = 0;
    // On the loop's thread; `config` is sound. Running jobs keep the one they have. An error is shown like a fault of the file.
    [[nodiscard]] virtual Status reload(std::shared_ptr<const Config> config) = 0;
    // On the loop's thread: begins nothing more, asks what runs to end, and calls `stopped` on the loop's thread when all has
    // ended.
    virtual void stop(std::function<void()> stopped) = 0;
    // From any thread: nothing is done on the loop's thread any more, and who waits for it gives up. May come without stop().
    virtual void loop_has_ended() {}
    // From any thread, at any time between start() and stop's end; within 100 ms.
    [[nodiscard]] virtual Result<StatusFacts> status() = 0;
    [[nodiscard]] virtual Result<MetricsFacts> metrics() = 0;
};

// A configuration as it was read: with faults (a line each) it is not used.
struct FreshConfig {
    std::shared_ptr<const Config> config;
    std::vector<std::string> faults, notes;
};

struct ServiceParts {
    std::function<Result<FreshConfig>()> read_config;
    std::unique_ptr<ServiceWork> work;
    std::optional<gid_t> group;  // may use the API besides root
};

class Service {
public:
    static constexpr std::int64_t kStopWithin = 80 * kSecond;  // of the 90 s that the unit gives

    Service(ServiceParts parts, Notifier notifier, ServiceLog log);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // Until a signal ends it. Precondition: block_service_signals() was called before any thread was made.
    [[nodiscard]] Status run();

private:
    [[nodiscard]] Status start();
    [[nodiscard]] Status serve();
    void look_at_powers();
    [[nodiscard]] RouteTable own_routes();
    void on_signal(ServiceSignal signal);
    void reload();
    void begin_stop();
    void end();
    void beat();
    void write_metrics();
    void facts_changed();
    void tell(const Status& sent) const;
    [[nodiscard]] Json service_json() const;
    [[nodiscard]] Result<Json> status_json() const;
    [[nodiscard]] std::string ready_line() const;

    ServiceParts parts_;
    Notifier notifier_;
    ServiceLog log_;
    Time started_;
    std::unique_ptr<EventLoop> loop_;
    std::optional<SignalSource> signals_;
    std::optional<ServiceContext> context_;
    std::unique_ptr<ApiServer> api_;
    std::unique_ptr<MetricsServer> metrics_;
    bool stopping_ = false, ended_ = false, work_started_ = false;
    bool metrics_due_ = false;

    mutable std::mutex mutex_;  // of what the API's threads read
    std::shared_ptr<const Config> config_;
    std::vector<std::string> reload_faults_;
    struct Powers {
        std::uint64_t capabilities = 0;
        std::vector<std::string> on_btrfs;
    };
    std::optional<Powers> powers_;  // none: not known
};

}  // namespace custody
