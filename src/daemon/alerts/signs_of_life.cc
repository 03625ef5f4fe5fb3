#include "daemon/alerts/signs_of_life.h"

#include "base/text.h"
#include "vault/keys/keyring.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace custody {
namespace {

constexpr std::size_t kMaxMemoryFile = 4096;
constexpr std::string_view kMemory = "memory of the heartbeat";
constexpr auto kLeaveBehindAfter = std::chrono::seconds(2);
constexpr std::int64_t kLongestPeerWait = 10 * kMinute;

// Often enough that lateness is noticed soon after it begins.
std::int64_t peers_every(const AlertSettings& settings) {
    std::int64_t every = kLongestPeerWait;
    for (const HeartbeatPeer& peer : settings.peers) every = std::min(every, peer.late_after_ns / 4);
    return std::max(every, kMinute);
}

// A damaged memory is none: the time in seconds is the least that a sequence begins with.
std::uint64_t remembered_sequence(FileSystem& files, const std::string& path) {
    const auto bytes = read_file(files, path, kMaxMemoryFile);
    const auto json = bytes.ok() ? parse_json(*bytes, kMaxMemoryFile) : Result<Json>(bytes.error());
    const auto number = json.ok() ? json_number(*json, "sequence", kMemory) : Result<std::uint64_t>(json.error());
    return number.ok() ? *number : 0;
}

}  // namespace

struct SignsOfLife::State {
    State(FileSystem& files_in, const Clock& clock_in, const ServiceLog& log_in, std::shared_ptr<Alerter> alerter_in,
          Options options_in)
        : files(files_in), clock(clock_in), log(log_in), alerter(std::move(alerter_in)), options(std::move(options_in)) {}

    void run();
    Status beat(const AlertSettings& settings);
    void note(const AlertSettings& settings, const Status& status);
    void watch_peers();
    // False: it was stopped.
    bool call(const std::function<void()>& function);

    FileSystem& files;
    const Clock& clock;
    const ServiceLog log;
    const std::shared_ptr<Alerter> alerter;
    Options options;  // its functions under `calls`, its settings under `mutex`

    std::mutex calls;  // held while a function of the options runs
    bool stopped = false;
    mutable std::mutex mutex;
    std::condition_variable wake;
    bool ends = false, ended = false, changed = false;
    std::optional<AlertTrouble> trouble;
    std::string peers_error;
    std::thread thread;
};

bool SignsOfLife::State::call(const std::function<void()>& function) {
    const std::lock_guard lock(calls);
    if (stopped) return false;
    if (function) function();
    return true;
}

Status SignsOfLife::State::beat(const AlertSettings& settings) {
    Heartbeat heartbeat;
    heartbeat.host = options.host;
    heartbeat.every_ns = settings.heartbeat_every_ns;
    const bool goes_on = call([&] { heartbeat.needs_person = options.needs_person ? options.needs_person() : 0; });
    if (!goes_on) return Error{Code::interrupted, say("ending")};
    const std::string memory = join_path(options.folder, "heartbeat.json");
    heartbeat.sequence = remembered_sequence(files, memory);
    heartbeat.time = clock.now();
    TRY_ASSIGN(const Keyring keyring, Keyring::open(files, clock, options.keyring));
    TRY_ASSIGN(const std::uint64_t written, write_heartbeat(files, settings.heartbeat_file, heartbeat, keyring.signing_seed()));
    TRY_ASSIGN(const std::string text, to_canonical_json(Json{{"sequence", written}}));
    return replace_file(files, memory, as_bytes(text), 0600);
}

void SignsOfLife::State::note(const AlertSettings& settings, const Status& status) {
    const std::lock_guard lock(mutex);
    if (ends) return;
    if (status.ok()) {
        if (trouble) log.notice(say("the heartbeat {} is written again", printable(settings.heartbeat_file)));
        trouble.reset();
        return;
    }
    const std::string& why = status.error().message;
    if (!trouble || trouble->why != why) {
        log.warning(say("the heartbeat {} cannot be written, so other services will take this one for silent: {}",
                        printable(settings.heartbeat_file), why));
    }
    const Time since = trouble ? trouble->since : clock.now();
    const std::uint32_t tries = trouble ? trouble->tries + 1 : 1;
    trouble = AlertTrouble{"heartbeat:" + settings.heartbeat_file, since, why, tries};
}

void SignsOfLife::State::watch_peers() {
    const Status status = alerter->watch_peers();
    const std::string why = status.ok() ? "" : status.error().message;
    if (!why.empty() && why != peers_error) log.error(say("what was seen of watched services cannot be kept: {}", why));
    peers_error = why;
    call(options.looked);
}

void SignsOfLife::State::run() {
    std::int64_t beat_at = 0, peers_at = 0;
    std::unique_lock lock(mutex);
    while (!ends) {
        const AlertSettings settings = options.settings;
        if (std::exchange(changed, false)) beat_at = peers_at = 0;
        const bool beats = !settings.heartbeat_file.empty(), watches = !settings.peers.empty();
        if (!beats) trouble.reset();
        const std::int64_t now = clock.monotonic_ns();
        lock.unlock();
        if (beats && now >= beat_at) {
            const Status status = beat(settings);
            note(settings, status);
            beat_at = now + (status.ok() ? settings.heartbeat_every_ns : kMinute);
        }
        if (watches && now >= peers_at) {
            watch_peers();
            peers_at = now + peers_every(settings);
        }
        lock.lock();
        const auto woken = [&] { return ends || changed; };
        if (!beats && !watches) {
            wake.wait(lock, woken);
            continue;
        }
        const std::int64_t until = std::min(beats ? beat_at : peers_at, watches ? peers_at : beat_at);
        const std::int64_t left = std::max(until - clock.monotonic_ns(), kSecond);
        wake.wait_for(lock, std::chrono::nanoseconds(left), woken);
    }
    ended = true;
    wake.notify_all();
}

SignsOfLife::SignsOfLife(FileSystem& files, const Clock& clock, const ServiceLog& log, std::shared_ptr<Alerter> alerter,
                         Options options)
    : state_(std::make_shared<State>(files, clock, log, std::move(alerter), std::move(options))) {}

SignsOfLife::~SignsOfLife() { stop(); }

void SignsOfLife::start() {
    const std::lock_guard lock(state_->mutex);
    if (state_->thread.joinable() || state_->ends) return;
    try {
        state_->thread = std::thread([state = state_] { state->run(); });
    } catch (const std::system_error& error) {
        state_->log.error(say("no thread for heartbeats: {}; start custodyd again", error.what()));
    }
}

void SignsOfLife::configure(const AlertSettings& settings) {
    const std::lock_guard lock(state_->mutex);
    if (state_->options.settings == settings) return;
    state_->options.settings = settings;
    state_->changed = true;
    state_->wake.notify_all();
}

void SignsOfLife::stop() {
    {
        const std::lock_guard lock(state_->calls);
        state_->stopped = true;
    }
    std::unique_lock lock(state_->mutex);
    state_->ends = true;
    state_->wake.notify_all();
    if (!state_->thread.joinable()) return;
    const bool ended = state_->wake.wait_for(lock, kLeaveBehindAfter, [&] { return state_->ended; });
    std::thread thread = std::move(state_->thread);
    lock.unlock();
    if (ended) {
        thread.join();
    } else {
        state_->log.warning(say("the file of a heartbeat hangs, on a share that is gone perhaps; it is left behind"));
        thread.detach();
    }
}

std::optional<AlertTrouble> SignsOfLife::trouble() const {
    const std::lock_guard lock(state_->mutex);
    return state_->trouble;
}

}  // namespace custody
