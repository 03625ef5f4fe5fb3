#include "daemon/alerts/alert_desk.h"

#include "base/text.h"
#include "daemon/alerts/signs_of_life.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace custody {
namespace {

using Channels = std::vector<std::unique_ptr<AlertChannel>>;
constexpr std::int64_t kLeastWait = kSecond;  // whatever is due all the time, no thread spins
constexpr std::int64_t kWatchFirst = 5 * kMinute, kWatchEvery = 15 * kMinute;
constexpr std::string_view kState = "state of alerts";

class Desk final : public AlertDesk {
public:
    Desk(FileSystem& files, const Clock& clock, const ServiceLog& log, Options options, std::shared_ptr<Alerter> alerter,
         Channels channels);
    ~Desk() override;

    void raise(AlertEvent event) override;
    void resolve(AlertKind kind, std::string_view object) override;
    void start() override;
    [[nodiscard]] Status configure(const AlertSettings& settings) override;
    [[nodiscard]] std::vector<AlertTestResult> send_test(const StopFlag& stop) override;
    [[nodiscard]] std::vector<AlertRecord> standing() const override { return alerter_->standing(); }
    [[nodiscard]] OutboxState outbox() const override { return alerter_->outbox().state(); }
    [[nodiscard]] std::vector<AlertTrouble> troubles() const override;

private:
    void work();
    // Nothing: it ends.
    std::shared_ptr<StopFlag> begin_round();
    void each_minute();
    void send_digest();
    void watch();
    void wait(std::int64_t ns);
    void wake();
    // The worker's: logs an error of the desk's own disk when it begins, and when it is over.
    void note(const Status& status);
    void note_over();
    [[nodiscard]] std::vector<AlertTrouble> roads_in_trouble() const;
    void log_deliveries();

    FileSystem& files_;
    const Clock& clock_;
    const ServiceLog log_;
    const Options options_;  // settings: as it was opened; those in force are settings_
    const std::shared_ptr<Alerter> alerter_;
    AlertDelivery delivery_;                   // the worker's
    std::map<std::string, std::string> told_;  // the worker's: what was logged of targets to which nothing passes
    std::int64_t watch_at_ = clock_.monotonic_ns() + kWatchFirst;
    bool failed_ = false;  // the worker's: since its last round
    SignsOfLife signs_;

    mutable std::mutex mutex_;  // of what follows
    std::condition_variable wake_;
    AlertSettings settings_;
    std::optional<Channels> new_channels_;
    std::shared_ptr<StopFlag> round_;
    std::optional<AlertTrouble> own_trouble_;
    bool poked_ = false, ends_ = false;
    std::thread thread_;
};

Desk::Desk(FileSystem& files, const Clock& clock, const ServiceLog& log, Options options, std::shared_ptr<Alerter> alerter,
           Channels channels)
    : files_(files),
      clock_(clock),
      log_(log),
      options_(std::move(options)),
      alerter_(std::move(alerter)),
      delivery_(alerter_->outbox(), clock_, {}),
      signs_(files_, clock_, log_, alerter_,
             {options_.folder, options_.sender.host, options_.keyring, options_.settings, options_.needs_person,
              [this] { wake(); }}),
      settings_(options_.settings),
      new_channels_(std::move(channels)) {}

Desk::~Desk() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
        if (round_) round_->request();
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
    signs_.stop();
}

void Desk::raise(AlertEvent event) {
    try {
        const std::string key = alert_key(event);
        const Status status = alerter_->raise(std::move(event));
        if (!status.ok()) log_.error(say("alert {}: {}", printable(key), status.error().message));
        wake();
    } catch (const std::exception& error) {
        log_.error(error.what());
    }
}

void Desk::resolve(AlertKind kind, std::string_view object) {
    try {
        const Status status = alerter_->resolve(kind, object);
        if (!status.ok()) log_.error(say("alert {}: {}", printable(alert_key(kind, object)), status.error().message));
        wake();
    } catch (const std::exception& error) {
        log_.error(error.what());
    }
}

void Desk::start() {
    signs_.start();
    if (thread_.joinable()) return;
    try {
        thread_ = std::thread([this] { work(); });
    } catch (const std::system_error& error) {
        log_.error(say("no thread for alerts: {}; start custodyd again", error.what()));
    }
}

Status Desk::configure(const AlertSettings& settings) {
    TRY_ASSIGN(Channels channels, make_alert_channels(files_, settings, options_.credentials));
    alerter_->configure(settings);
    {
        const std::lock_guard lock(mutex_);
        // A round that hangs at a server of before ends now. Where nothing has changed it goes on.
        if (!(settings_ == settings)) {
            settings_ = settings;
            new_channels_ = std::move(channels);
            if (round_) round_->request();
        }
    }
    signs_.configure(settings);
    wake();
    return done();
}

std::vector<AlertTestResult> Desk::send_test(const StopFlag& stop) {
    AlertSettings settings;
    {
        const std::lock_guard lock(mutex_);
        settings = settings_;
    }
    // Channels of its own: the worker's may be busy with a server that stalls.
    const auto channels = make_alert_channels(files_, settings, options_.credentials);
    if (!channels.ok()) return {{"alert", channels.error()}};
    auto results = custody::send_test(*channels, alerter_->test_message(), stop);
    wake();
    return results;
}

std::vector<AlertTrouble> Desk::roads_in_trouble() const {
    std::vector<AlertTrouble> all = delivery_.troubles();
    if (const auto heartbeat = signs_.trouble()) all.push_back(*heartbeat);
    return all;
}

std::vector<AlertTrouble> Desk::troubles() const {
    std::vector<AlertTrouble> all = roads_in_trouble();
    const std::lock_guard lock(mutex_);
    if (own_trouble_) all.push_back(*own_trouble_);
    return all;
}

void Desk::wake() {
    {
        const std::lock_guard lock(mutex_);
        poked_ = true;
    }
    wake_.notify_all();
}

void Desk::wait(std::int64_t ns) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::nanoseconds(std::max(ns, kLeastWait)),
                   [this] { return poked_ || ends_ || new_channels_.has_value(); });
    poked_ = false;
}

std::shared_ptr<StopFlag> Desk::begin_round() {
    std::optional<Channels> channels;
    std::shared_ptr<StopFlag> stop;
    {
        const std::lock_guard lock(mutex_);
        if (ends_) return nullptr;
        channels = std::exchange(new_channels_, std::nullopt);
        stop = round_ = std::make_shared<StopFlag>();
    }
    if (channels) note(delivery_.replace_channels(*std::move(channels)));
    return stop;
}

void Desk::note(const Status& status) {
    if (status.ok()) return;
    failed_ = true;
    const std::lock_guard lock(mutex_);
    const std::string& why = status.error().message;
    if (!own_trouble_ || own_trouble_->why != why) log_.error(say("alerts: {}", why));
    const std::uint32_t tries = own_trouble_ ? own_trouble_->tries + 1 : 1;
    own_trouble_ = AlertTrouble{std::string(kState), own_trouble_ ? own_trouble_->since : clock_.now(), why, tries};
}

void Desk::note_over() {
    const std::lock_guard lock(mutex_);
    if (own_trouble_) log_.notice(say("alerts can be kept on disk again"));
    own_trouble_.reset();
}

void Desk::log_deliveries() {
    std::map<std::string, std::string> now;
    for (const AlertTrouble& trouble : delivery_.troubles()) {
        now[trouble.target] = trouble.why;
        const auto known = told_.find(trouble.target);
        if (known != told_.end() && known->second == trouble.why) continue;
        log_.warning(say("alerts do not pass to {}, and wait: {}", printable(trouble.target), trouble.why));
    }
    for (const auto& [target, why] : told_) {
        if (!now.contains(target)) log_.notice(say("alerts pass to {} again", printable(target)));
    }
    told_ = std::move(now);
}

void Desk::send_digest() {
    Result<DigestFacts> facts = options_.digest_facts ? options_.digest_facts() : DigestFacts{};
    if (!facts.ok() && facts.error().code == Code::interrupted) return;
    if (!facts.ok()) {
        // Sent all the same: none at all would say less.
        log_.error(say("the digest could not ask the catalogue: {}", facts.error().message));
        DigestFacts none;
        none.needs_person.push_back(say_both("the digest could not ask the catalogue: {}", facts.error().message));
        facts = std::move(none);
    }
    note(alerter_->send_digest(*std::move(facts)));
}

void Desk::watch() {
    if (!options_.watch || clock_.monotonic_ns() < watch_at_) return;
    watch_at_ = clock_.monotonic_ns() + kWatchEvery;
    const Status watched = options_.watch();
    if (!watched.ok() && watched.error().code != Code::interrupted) log_.error(watched.error().message);
}

void Desk::each_minute() {
    watch();
    note(alerter_->tick());
    note(alerter_->watch_delivery(roads_in_trouble()));
    if (alerter_->is_digest_due()) send_digest();
}

void Desk::work() {
    std::int64_t minute_at = clock_.monotonic_ns();
    while (const auto stop = begin_round()) {
        const bool whole = clock_.monotonic_ns() >= minute_at;
        if (whole) {
            minute_at = clock_.monotonic_ns() + kMinute;
            each_minute();
        } else if (alerter_->held_ns() == 0) {
            note(alerter_->tick());
        }
        const auto round = delivery_.run_due(*stop);
        note(round.ok() ? done() : Status(round.error()));
        if (!std::exchange(failed_, false) && whole) note_over();
        log_deliveries();
        std::int64_t left = minute_at - clock_.monotonic_ns();
        if (round.ok() && round->next_ns) left = std::min(left, *round->next_ns);
        if (const auto held_ns = alerter_->held_ns()) left = std::min(left, *held_ns);
        wait(left);
    }
}

}  // namespace

Result<std::unique_ptr<AlertDesk>> AlertDesk::open(FileSystem& files, const Clock& clock, const ServiceLog& log,
                                                   Options options) {
    TRY_ASSIGN(Channels channels, make_alert_channels(files, options.settings, options.credentials));
    TRY_ASSIGN(std::shared_ptr<Alerter> alerter,
               Alerter::open(files, clock, {options.folder, options.sender, options.settings, {}}));
    return std::unique_ptr<AlertDesk>(
        std::make_unique<Desk>(files, clock, log, std::move(options), std::move(alerter), std::move(channels)));
}

}  // namespace custody
