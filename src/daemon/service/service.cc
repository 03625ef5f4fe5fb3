#include "daemon/service/service.h"

#include "base/text.h"
#include "daemon/api/error_form.h"
#include "daemon/api/metrics_server.h"
#include "daemon/service/powers.h"

#include <sys/epoll.h>
#include <unistd.h>

namespace custody {
namespace {

constexpr std::int64_t kMetricsSettle = kSecond;  // changes that come together are one file
constexpr const char* kMetricsAddress = "127.0.0.1";

}  // namespace

Service::Service(ServiceParts parts, Notifier notifier, ServiceLog log)
    : parts_(std::move(parts)), notifier_(std::move(notifier)), log_(log), started_(system_clock().now()) {}

Service::~Service() {
    if (parts_.work) parts_.work->loop_has_ended();
    api_.reset();  // its handlers use the work
    metrics_.reset();
    parts_.work.reset();  // its threads use the loop
}

Status Service::run() {
    TRY(start());
    tell(notifier_.ready(ready_line()));
    log_.info(ready_line());
    facts_changed();
    if (notifier_.watchdog_interval_ns()) beat();
    return loop_->run();
}

Status Service::start() {
    TRY_ASSIGN(FreshConfig reading, parts_.read_config());
    for (const std::string& fault : reading.faults) log_.error(fault);
    if (!reading.faults.empty() || reading.config == nullptr) {
        return Error{Code::usage,
                     say("the configuration has {} faults, named above; mend them, look with 'custodyd --check-config', and "
                         "start custodyd again",
                         reading.faults.size())};
    }
    for (const std::string& note : reading.notes) log_.notice(note);
    config_ = std::move(reading.config);
    look_at_powers();
    TRY_ASSIGN(loop_, EventLoop::make());
    TRY_ASSIGN(signals_, SignalSource::open());
    TRY(loop_->watch(signals_->fd(), EPOLLIN, [this](std::uint32_t) {
        while (const auto signal = signals_->next()) on_signal(*signal);
    }));
    context_.emplace(ServiceContext{*loop_, log_, started_, [this] { loop_->post([this] { facts_changed(); }); },
                                    [this](const std::string& line) { tell(notifier_.status(line)); }});
    return serve();
}

// What it may not do is said at once; it serves all the same, for what it may do must go on.
void Service::look_at_powers() {
    const auto capabilities = effective_capabilities();
    if (!capabilities.ok()) return log_.warning(capabilities.error().message);
    const auto on_btrfs = plans_on_btrfs(*config_);
    if (!on_btrfs.ok()) log_.warning(on_btrfs.error().message);
    Powers powers{*capabilities, on_btrfs.ok() ? *on_btrfs : std::vector<std::string>()};
    const std::vector<NeedsPerson> needs = missing_powers(*config_, powers.capabilities, powers.on_btrfs);
    for (const std::string& way : lesser_ways(*config_, *capabilities)) log_.notice(way);
    for (const NeedsPerson& need : needs) log_.warning(need.what + ": " + need.type);
    const std::lock_guard lock(mutex_);
    powers_ = std::move(powers);
}

Status Service::serve() {
    RouteTable routes = own_routes();
    if (parts_.work) TRY(parts_.work->start(config_, *context_, routes));
    work_started_ = parts_.work != nullptr;
    ApiSettings settings;
    settings.socket = config_->service.socket;
    settings.group = parts_.group;
    TRY_ASSIGN(api_, ApiServer::start(std::move(settings), std::move(routes)));
    if (config_->metrics.port == 0 || !parts_.work) return done();
    TRY_ASSIGN(metrics_, MetricsServer::start(kMetricsAddress, config_->metrics.port, [this] { return parts_.work->metrics(); }));
    return done();
}

RouteTable Service::own_routes() {
    RouteTable routes;
    routes.add({ApiMethod::get, "/v1/version", ApiAccess::group, [](const ApiRequest&) -> ApiReply {
                    return Json{{"name", "custodyd"}, {"version", CUSTODY_VERSION}, {"api", 1}};
                }});
    routes.add(
        {ApiMethod::get, "/v1/health", ApiAccess::group, [this](const ApiRequest&) -> ApiReply { return service_json(); }});
    routes.add({ApiMethod::get, "/v1/status", ApiAccess::group, [this](const ApiRequest&) -> ApiReply {
                    TRY_ASSIGN(Json document, status_json());
                    return document;
                }});
    return routes;
}

void Service::on_signal(ServiceSignal signal) {
    if (signal == ServiceSignal::stop) begin_stop();
    if (signal == ServiceSignal::reload) reload();
    if (signal != ServiceSignal::dump_status) return;
    const auto document = status_json();
    log_.notice(document.ok() ? json_line(*document) : document.error().message);
}

void Service::reload() {
    if (stopping_) return;
    tell(notifier_.reloading());
    auto reading = parts_.read_config();
    std::vector<std::string> faults = reading.ok() ? reading->faults : std::vector<std::string>{reading.error().message};
    if (reading.ok() && faults.empty() && reading->config != nullptr) {
        const Status taken = parts_.work ? parts_.work->reload(reading->config) : done();
        if (!taken.ok()) faults.push_back(taken.error().message);
    }
    for (const std::string& fault : faults) log_.error(fault);
    if (faults.empty()) {
        log_.notice(say("the configuration was read again"));
    } else {
        log_.error(say("the configuration in use stays: the new one has {} faults, named above", faults.size()));
    }
    {
        const std::lock_guard lock(mutex_);
        if (faults.empty()) config_ = reading->config;
        reload_faults_ = std::move(faults);
    }
    look_at_powers();
    tell(notifier_.ready(ready_line()));
    facts_changed();
}

void Service::begin_stop() {
    if (stopping_) return;
    stopping_ = true;
    tell(notifier_.stopping(say("ending")));
    log_.notice(say("ending: what runs is asked to end"));
    if (!work_started_) return end();
    loop_->after(kStopWithin, [this] {
        log_.error(say("the work did not end within {}; the process ends all the same, and the next start closes what was open",
                       human_seconds(static_cast<double>(kStopWithin) / kSecond)));
        end();
    });
    parts_.work->stop([this] { end(); });
}

void Service::end() {
    if (ended_) return;
    ended_ = true;
    api_->stop();
    loop_->stop();
}

void Service::beat() {
    tell(notifier_.watchdog());
    loop_->after(*notifier_.watchdog_interval_ns(), [this] { beat(); });
}

void Service::facts_changed() {
    if (metrics_due_ || !parts_.work || config_->metrics.textfile.empty()) return;
    metrics_due_ = true;
    loop_->after(kMetricsSettle, [this] { write_metrics(); });
}

void Service::write_metrics() {
    metrics_due_ = false;
    const auto facts = parts_.work->metrics();
    const Status written = facts.ok() ? write_metrics_file(config_->metrics.textfile, *facts) : Status(facts.error());
    if (!written.ok()) log_.error(written.error().message);
}

// The manager may be gone or restarting: that is no reason to end a backup.
void Service::tell(const Status& sent) const {
    if (!sent.ok()) log_.warning(sent.error().message);
}

std::string Service::ready_line() const {
    const std::lock_guard lock(mutex_);
    if (!reload_faults_.empty()) return say("serving with the configuration of before: the new one has faults");
    return say("serving on {}; plans: {}", config_->service.socket, config_->plans.size());
}

Json Service::service_json() const {
    const std::lock_guard lock(mutex_);
    return {{"version", CUSTODY_VERSION},
            {"pid", ::getpid()},
            {"started", to_rfc3339_local(started_)},
            {"config", config_->file},
            {"config_faults", reload_faults_},
            {"runs_jobs", parts_.work != nullptr}};
}

Result<Json> Service::status_json() const {
    StatusFacts facts;
    facts.now = system_clock().now();
    if (parts_.work) {
        TRY_ASSIGN(facts, parts_.work->status());
    } else {
        facts.needs.push_back({say("this custodyd runs no jobs: no plan is backed up by it"), "", "custody backup"});
    }
    facts.started = started_;
    {
        const std::lock_guard lock(mutex_);
        const auto missing =
            powers_ ? missing_powers(*config_, powers_->capabilities, powers_->on_btrfs) : std::vector<NeedsPerson>();
        facts.needs.insert(facts.needs.begin(), missing.begin(), missing.end());
    }
    Json document = to_json(facts);
    document["service"] = service_json();
    if (!document["service"]["config_faults"].empty()) {
        document["needs_person"].insert(document["needs_person"].begin(),
                                        Json{{"what", say("the configuration that was to be read again has faults")},
                                             {"safe", say("the service goes on with the one it had")},
                                             {"type", "custodyd --check-config"}});
    }
    return document;
}

}  // namespace custody
