#include "daemon/work/running_service.h"

#include "base/bilingual.h"
#include "base/bytes.h"
#include "base/credential.h"
#include "base/crypto.h"
#include "base/host_name.h"
#include "base/text.h"
#include "catalog/media.h"
#include "catalog/plans.h"
#include "catalog/settings.h"
#include "daemon/config/check.h"
#include "daemon/config/difference.h"
#include "daemon/jobs/catalog_sync.h"
#include "daemon/jobs/job_json.h"
#include "daemon/jobs/medium_vault.h"
#include "daemon/jobs/own_folders.h"
#include "daemon/jobs/replication.h"
#include "daemon/schedule/zone.h"
#include "daemon/work/alert_routes.h"
#include "daemon/work/catalog_routes.h"
#include "daemon/work/job_routes.h"
#include "daemon/work/key_routes.h"
#include "daemon/work/media_routes.h"
#include "daemon/work/plan_routes.h"
#include "daemon/work/scan_routes.h"
#include "vault/sources/btrfs_snapshot.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <utility>

namespace custody {
namespace {

constexpr const char* kClaimsSettled = "claims-settled";  // setting: interrupted jobs up to this number were looked after
constexpr std::int64_t kEndPoll = kSecond / 10;
constexpr std::chrono::seconds kSendWithin{30};
constexpr std::chrono::milliseconds kSendStep{50};
// The scheduler waits for each plan's own time of quiet; the watch only gathers what comes within a moment.
constexpr std::int64_t kGatherQuiet = kSecond, kGatherLongest = 5 * kSecond;

std::string credentials_of(const Config& config) {
    return config.keys.role == KeyRole::custodian ? credentials_folder() : std::string();
}

catalog::PlanEntry entry_of(const Config& config, const PlanConfig& plan) {
    const LanguageScope kept(Language::english);  // the same whatever language the service speaks
    const std::string words = describe(config, plan);
    const std::string schedule = plan.schedule.empty() ? "on_change" : plan.schedule;
    return {plan.name, plan.label, words, schedule, sha256(as_bytes(words))};
}

Error not_now() { return Error{Code::interrupted, say("the service begins or ends; ask again when it runs")}; }

}  // namespace

RunningService::~RunningService() {
    stopping_ = true;
    {
        const std::lock_guard lock(asking_);
        may_be_asked_ = false;  // the desk goes on until all who raise alerts have ended
    }
    watch_.reset();
    upkeep_.reset();
    if (keeper_) keeper_->stop();
    board_.reset();
    runner_.reset();
    keeper_.reset();
    desk_.reset();
}

template <class T>
Result<T> RunningService::on_loop(std::function<Result<T>()> call) {
    if (std::this_thread::get_id() == loop_thread_) return call();
    struct Answer {
        std::mutex mutex;
        std::condition_variable came;
        std::optional<Result<T>> result;
    };
    const auto answer = std::make_shared<Answer>();
    context_->loop.post([answer, call = std::move(call), asker = language()] {
        const LanguageScope speak(asker);  // what it refuses; what it records and logs is for everybody
        Result<T> result = call();
        const std::lock_guard lock(answer->mutex);
        answer->result.emplace(std::move(result));
        answer->came.notify_all();
    });
    std::unique_lock lock(answer->mutex);
    while (!answer->result) {
        if (stopping_) return Error{Code::interrupted, say("the service ends; ask again when it runs")};
        answer->came.wait_for(lock, std::chrono::milliseconds(50));
    }
    return std::move(*answer->result);
}

Status RunningService::start(std::shared_ptr<const Config> config, ServiceContext& context, RouteTable& routes) {
    context_ = &context;
    loop_thread_ = std::this_thread::get_id();
    {
        const std::lock_guard lock(mutex_);
        config_ = std::move(config);
        secrets_ = LabelSecretsDoor(credentials_of(*config_), config_->keys.credential);
    }
    TRY(open_parts());
    TRY(close_what_was_open());
    TRY(take_plans(*config_));
    keeper_->configure(config_);
    TRY_ASSIGN(ZoneRules zone, system_zone(files_));
    terms_ = plan_terms(*config_, zone);
    TRY(runner_->configure(config_, std::move(zone)));
    add_plan_routes(routes, *this);
    add_job_routes(routes, *this);
    add_alert_routes(routes, *this);
    add_catalog_routes(routes, *this);
    add_key_routes(routes, *this);
    add_scan_routes(routes, *this);
    add_media_routes(routes, *this);
    return begin_watching();
}

Status RunningService::open_parts() {
    AlertDesk::Options options;
    options.folder = config_->service.state_folder + "/alerts";
    options.credentials = credentials_folder();
    options.sender = {host_name(), config_->organisation.name};
    options.settings = config_->alert.settings;
    options.keyring = keyring_folder(*config_);
    options.digest_facts = [this]() -> Result<DigestFacts> {
        const std::lock_guard lock(asking_);
        if (!may_be_asked_) return not_now();
        return digest_facts(inputs());
    };
    options.needs_person = [this]() -> std::uint64_t {
        const std::lock_guard lock(asking_);
        const auto facts = may_be_asked_ ? status() : Result<StatusFacts>(not_now());
        return facts.ok() ? facts->needs.size() : 1;
    };
    options.watch = [this]() -> Status {
        const std::lock_guard lock(asking_);
        if (!may_be_asked_) return not_now();
        return raise_from_facts(inputs(), *desk_);
    };
    TRY(make_directories(files_, config_->service.state_folder, 0700));
    auto desk = AlertDesk::open(files_, clock_, context_->log, std::move(options));
    if (!desk.ok() && desk.error().code == Code::busy) {
        return Error{Code::busy,
                     say("another custodyd works with the state folder {}; stop it first, or give this one a state_folder "
                         "and a socket of its own",
                         printable(config_->service.state_folder))};
    }
    TRY_ASSIGN(desk_, std::move(desk));
    TRY(open_catalog());
    keeper_ = std::make_unique<MediaKeeper>(files_, clock_, *catalog_, *desk_, context_->log);
    board_ = std::make_unique<JobBoard>(context_->loop, *catalog_, context_->log);
    Bytes seed(sizeof(std::uint64_t));
    fill_random({seed.data(), seed.size()});
    std::uint64_t number = 0;
    for (const Byte byte : seed) number = number << 8 | static_cast<std::uint64_t>(byte);
    PlanRunner::Parts parts{
        context_->loop,
        clock_,
        *catalog_,
        *board_,
        *desk_,
        context_->log,
        [this](LiveJob& job, std::shared_ptr<const Config> config) { return context_of(job, std::move(config)); },
        context_->facts_changed};
    runner_ = std::make_unique<PlanRunner>(std::move(parts), number);
    upkeep_ = std::make_unique<Upkeep>(*this, context_->log);
    return done();
}

// One that is damaged or lost is never replaced by an empty one: people are told, and the service does not begin.
Status RunningService::open_catalog() {
    auto opened = catalog::Catalog::open(config_->service.state_folder, clock_);
    if (opened.ok()) {
        catalog_ = std::move(opened).value();
        desk_->resolve(AlertKind::catalog_damaged, "");
        return done();
    }
    if (opened.error().code == Code::corrupt) {
        AlertEvent event;
        event.kind = AlertKind::catalog_damaged;
        event.detail = opened.error().message;
        event.severity = AlertSeverity::critical;  // nothing is backed up until a person has looked: it is not held for others
        desk_->raise(std::move(event));
        send_what_waits();
    }
    return opened.error();
}

// Before a start that fails: nothing starts it again (custodyd.service), so that this is the only time to tell.
void RunningService::send_what_waits() {
    using std::chrono::steady_clock;
    desk_->start();
    const auto until = steady_clock::now() + kSendWithin;
    while (desk_->outbox().pending > 0 && steady_clock::now() < until) std::this_thread::sleep_for(kSendStep);
}

Status RunningService::close_what_was_open() {
    TRY_ASSIGN(const std::vector<catalog::Job> interrupted, catalog::Jobs(*catalog_).close_interrupted());
    std::vector<std::string> notes;
    (void)remove_leftover_snapshots(notes);  // what could not be removed is in the notes
    for (const std::string& note : notes) context_->log.notice(note);
    if (interrupted.empty()) return done();
    std::string jobs;
    for (const catalog::Job& job : interrupted) jobs += (jobs.empty() ? "" : ", ") + std::to_string(job.id);
    AlertEvent event;
    event.kind = AlertKind::service_interrupted;
    event.detail = say("the service was cut off while jobs ran: {}; they are closed as interrupted and run again", jobs);
    context_->log.warning(event.detail);
    desk_->raise(std::move(event));
    return done();
}

Status RunningService::take_plans(const Config& config) {
    std::vector<catalog::PlanEntry> entries;
    for (const PlanConfig& plan : config.plans) entries.push_back(entry_of(config, plan));
    return catalog::Plans(*catalog_).enter(entries);
}

Status RunningService::begin_watching() {
    {
        const std::lock_guard lock(asking_);
        may_be_asked_ = true;
    }
    desk_->start();
    MediaKeeper::Events events;
    events.changed = [this](std::set<std::string> present) {
        context_->loop.post([this, present = std::move(present)] {
            if (stopping_) return;
            runner_->set_media(present);
            claim_what_was_done(present);
            settle_debts(present);
            context_->facts_changed();
        });
    };
    events.returned = [this](const std::string& medium) {
        context_->loop.post([this, medium] {
            if (!stopping_) bring_up_to_date(medium);
        });
    };
    TRY(keeper_->start(std::move(events)));
    watch_changes();
    return upkeep_->start();
}

void RunningService::watch_changes() {
    watch_.reset();
    std::vector<WatchedPlan> watched;
    for (const PlanConfig& plan : config_->plans) {
        const auto* files = std::get_if<FilesSource>(&plan.source);
        if (plan.on_change && files != nullptr)
            watched.push_back({plan.name, files->paths, files->exclude, files->one_file_system});
    }
    if (watched.empty()) return;
    OnChangeOptions options;
    options.quiet_ns = kGatherQuiet;
    options.max_wait_ns = kGatherLongest;
    options.own_folders = own_folders(*config_);
    auto started = ChangeWatch::start(watched, options, [this](const std::string& plan) {
        context_->loop.post([this, plan] {
            if (!stopping_) runner_->changed(plan);
        });
    });
    if (!started.ok()) return context_->log.error(started.error().message);
    watch_ = std::move(started).value();
    for (const std::string& note : watch_->notes()) context_->log.warning(note);
}

// Interrupted backups that no snapshot was looked for yet, of media that are here. A start that is cut off itself must not lose
// them, so they are read from the catalogue and not from what this start found.
Result<std::vector<catalog::Job>> RunningService::unclaimed(const std::set<std::string>& present) const {
    TRY_ASSIGN(const std::optional<std::string> settled, catalog::Settings(*catalog_).get(kClaimsSettled));
    catalog::JobFilter filter;
    filter.kind = catalog::JobKind::backup;
    filter.state = catalog::JobState::interrupted;
    filter.limit = 1000;
    TRY_ASSIGN(std::vector<catalog::Job> jobs, catalog::Jobs(*catalog_).list(filter));
    const catalog::JobId known = settled ? std::strtoll(settled->c_str(), nullptr, 10) : 0;
    std::vector<catalog::Job> unclaimed;
    for (catalog::Job& job : jobs) {
        if (job.id <= known || job.end.snapshot || !job.asked.medium) continue;
        TRY_ASSIGN(const catalog::RegisteredMedium medium, catalog::Media(*catalog_).find(*job.asked.medium));
        if (present.contains(medium.entry.name)) unclaimed.push_back(std::move(job));
    }
    return unclaimed;
}

// What a ledger shows as done although its job was cut off after it: entered, once the medium is here.
void RunningService::claim_what_was_done(const std::set<std::string>& present) {
    auto jobs = unclaimed(present);
    if (!jobs.ok()) return context_->log.error(jobs.error().message);
    // Those that left nothing are not looked for at each change of media; a later process looks again.
    if (std::all_of(jobs->begin(), jobs->end(), [&](const auto& one) { return left_nothing_.contains(one.id); })) return;
    catalog::NewJob job;
    job.kind = catalog::JobKind::catalog;
    job.reason = "interrupted";
    job.asked_by = "service";
    const auto begun = begin_job(job, "claims", [this, present, jobs = std::move(*jobs)](const JobContext& context) {
        catalog::JobEnd end;
        bool all_here = true;
        for (const MediumConfig& medium : context.config->media) {
            all_here = all_here && present.contains(medium.name);
            if (!present.contains(medium.name)) continue;
            auto vault = MediumVault::open(context, medium);
            const Status claimed = vault.ok() ? claim_snapshots(context.catalog, jobs, *vault) : Status(vault.error());
            if (claimed.ok()) continue;
            end.warnings.push_back(claimed.error().message);
            end.state = catalog::JobState::done_with_failures;
        }
        if (end.state != catalog::JobState::done) return end;
        context_->loop.post([this, jobs] {
            for (const catalog::Job& looked_for : jobs) left_nothing_.insert(looked_for.id);
        });
        if (!all_here) return end;
        const Status settled = catalog::Settings(context.catalog).set(kClaimsSettled, std::to_string(jobs.front().id));
        if (!settled.ok()) end.warnings.push_back(settled.error().message);
        return end;
    });
    if (!begun.ok() && begun.error().code != Code::busy) context_->log.warning(begun.error().message);
}

// A medium that is new here lacks everything, and one that was away lacks what was made meanwhile.
void RunningService::settle_debts(const std::set<std::string>& present) {
    const Status entered = enter_debts(*catalog_, *config_);
    if (!entered.ok()) context_->log.error(entered.error().message);
    const auto media = catalog::Media(*catalog_).list();
    if (!media.ok()) return context_->log.error(media.error().message);
    for (const catalog::RegisteredMedium& medium : *media)
        if (medium.copies_owed > 0 && present.contains(medium.entry.name)) bring_up_to_date(medium.entry.name);
}

void RunningService::bring_up_to_date(const std::string& medium) {
    catalog::NewJob job;
    job.kind = catalog::JobKind::copy;
    job.reason = "returned";
    job.asked_by = "service";
    if (const auto known = catalog::Media(*catalog_).find(medium); known.ok()) {
        job.medium = known->key;
        job.vault = known->entry.facts.vault;
    }
    const auto begun = begin_job(job, "media/" + medium, [this, medium](const JobContext& context) {
        catalog::JobEnd end = bring_medium_into_step(context, medium);
        std::uint64_t owed = 1;
        const auto registered = catalog::Media(context.catalog).find(medium);
        if (registered.ok()) owed = registered->copies_owed;
        context_->loop.post([this, medium, owed] {
            if (!stopping_) keeper_->in_step(medium, owed);
        });
        return end;
    });
    if (!begun.ok() && begun.error().code != Code::busy) context_->log.error(begun.error().message);
}

JobContext RunningService::context_of(LiveJob& job, std::shared_ptr<const Config> config) {
    const std::lock_guard lock(mutex_);
    return {files_, clock_, *catalog_, *desk_, *keeper_, secrets_, context_->log, std::move(config), job};
}

Status RunningService::reload(std::shared_ptr<const Config> config) {
    TRY_ASSIGN(ZoneRules zone, system_zone(files_));
    auto terms = plan_terms(*config, zone);
    TRY(desk_->configure(config->alert.settings));
    Status taken = take_plans(*config);
    if (taken.ok()) taken = runner_->configure(config, std::move(zone));
    if (!taken.ok()) {
        // What is said to stay is to stay.
        for (const Status& back : {desk_->configure(config_->alert.settings), take_plans(*config_)})
            if (!back.ok()) context_->log.error(back.error().message);
        return taken;
    }
    const ConfigDifference changes = difference(*config_, *config);
    for (const std::string& line : describe(changes)) context_->log.notice(line);
    for (const std::string& key : changes.need_restart)
        context_->log.warning(say("{} has changed: that is taken over when custodyd is started again", key));
    {
        const std::lock_guard lock(mutex_);
        config_ = config;
        terms_ = std::move(terms);
        secrets_ = LabelSecretsDoor(credentials_of(*config), config->keys.credential);
    }
    keeper_->configure(config);
    watch_changes();
    return done();
}

void RunningService::stop(std::function<void()> stopped) {
    stopping_ = true;
    stopped_ = std::move(stopped);
    runner_->stop();
    board_->stop_all(StopReason::service_ends);
    wait_for_end();
}

void RunningService::wait_for_end() {
    if (board_->running() == 0) return stopped_();
    context_->loop.after(kEndPoll, [this] { wait_for_end(); });
}

std::shared_ptr<const Config> RunningService::config() const {
    const std::lock_guard lock(mutex_);
    return config_;
}

FactsInputs RunningService::inputs() {
    FactsInputs inputs{config(),         *catalog_,          clock_.now(),           context_->started,
                       runner_->views(), runner_->waiting(), keeper_->sights(),      desk_->standing(),
                       desk_->outbox(),  desk_->troubles(),  upkeep_->not_covered(), {}};
    if (const auto why = board_->not_entered()) {
        inputs.further.push_back({say("ends of jobs cannot be entered in the catalogue: {}", why->message),
                                  say("what was backed up lies in the vaults; the ends are entered as soon as that is possible"),
                                  "df -h " + inputs.config->service.state_folder});
    }
    const std::lock_guard lock(mutex_);
    inputs.terms = terms_;
    return inputs;
}

Result<StatusFacts> RunningService::status() { return status_facts(inputs()); }

Result<MetricsFacts> RunningService::metrics() { return metrics_facts(inputs()); }

Result<catalog::JobId> RunningService::run_plan(const std::string& plan, const RunRequest& request) {
    return on_loop<catalog::JobId>([this, plan, request] { return runner_->request(plan, request); });
}

Result<std::vector<catalog::JobId>> RunningService::run_all(const RunRequest& request) {
    return on_loop<std::vector<catalog::JobId>>([this, request] { return runner_->request_all(request); });
}

Status RunningService::cancel(catalog::JobId job, const std::string& asked_by) {
    TRY_ASSIGN(const bool withdrawn, on_loop<bool>([this, job, asked_by] { return runner_->withdraw(job, asked_by); }));
    if (withdrawn) return done();
    const std::shared_ptr<LiveJob> live = board_->find(job);
    if (live) {
        live->request_stop(StopReason::cancelled);
        return done();
    }
    TRY_ASSIGN(const catalog::Job ended, catalog::Jobs(*catalog_).find(job));
    return Error{Code::refused, say("job {} has ended already ({})", job, catalog::word_of(ended.state))};
}

Result<std::shared_ptr<JsonStream>> RunningService::watch(catalog::JobId job) {
    const std::shared_ptr<LiveJob> live = board_->find(job);
    if (live) return live->watch();
    TRY_ASSIGN(const Json record, job_document(*catalog_, job));
    TRY_ASSIGN(std::shared_ptr<JsonStream> stream, JsonStream::make());
    stream->finish(record);
    return stream;
}

Result<catalog::JobId> RunningService::start_job(const catalog::NewJob& job, const std::string& exclusive_key, Work work) {
    return on_loop<catalog::JobId>(
        [this, job, exclusive_key, work = std::move(work)] { return begin_job(job, exclusive_key, work); });
}

Result<catalog::JobId> RunningService::begin_job(const catalog::NewJob& job, const std::string& exclusive_key, Work work) {
    if (stopping_) return Error{Code::interrupted, say("the service ends; ask again when it runs")};
    if (!exclusive_key.empty() && exclusive_.contains(exclusive_key)) {
        return Error{Code::busy, say("a job of this kind runs already on {}; 'custody job list --state running' shows it",
                                     printable(exclusive_key))};
    }
    const LanguageScope recorded(program_language());
    const std::string on = exclusive_key.substr(exclusive_key.find('/') + 1);  // "verify/disk-a"
    const std::string title = fmt::format("{} {}", catalog::word_of(job.kind), on);
    TRY_ASSIGN(const std::shared_ptr<LiveJob> live, board_->open(job, title));
    exclusive_.insert(exclusive_key);
    board_->run(
        live, [this, live, work = std::move(work), config = config_] { return work(context_of(*live, config)); },
        [this, title, exclusive_key](const catalog::JobEnd& end) {
            exclusive_.erase(exclusive_key);
            const std::string how = end.error ? end.error->message : std::string(catalog::word_of(end.state));
            context_->log.info(fmt::format("{}: {}", title, how));
            context_->facts_changed();
        });
    return live->id();
}

void RunningService::poke() {
    context_->loop.post([this] {
        if (stopping_) return;
        runner_->ask();
        upkeep_->look_soon();
    });
}

}  // namespace custody
