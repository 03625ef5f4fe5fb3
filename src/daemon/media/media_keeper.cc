#include "daemon/media/media_keeper.h"

#include "base/text.h"
#include "daemon/media/keeper_state.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace custody {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

MediumHold::MediumHold(MediaKeeper& keeper, std::string medium) : keeper_(&keeper), medium_(std::move(medium)) {
    keeper_->take(medium_);
}

MediumHold::MediumHold(MediumHold&& other) noexcept
    : keeper_(std::exchange(other.keeper_, nullptr)), medium_(std::move(other.medium_)) {}

MediumHold& MediumHold::operator=(MediumHold&& other) noexcept {
    if (this == &other) return *this;
    if (keeper_ != nullptr) keeper_->give_back(medium_);
    keeper_ = std::exchange(other.keeper_, nullptr);
    medium_ = std::move(other.medium_);
    return *this;
}

MediumHold::~MediumHold() {
    if (keeper_ != nullptr) keeper_->give_back(medium_);
}

MediaKeeper::MediaKeeper(FileSystem& files, const Clock& clock, catalog::Catalog& catalog, AlertSink& alerts,
                         const ServiceLog& log, MediaTiming timing)
    : state_(std::make_unique<State>(files, clock, catalog, alerts, log, timing)) {}

MediaKeeper::~MediaKeeper() { stop(); }

void MediaKeeper::configure(std::shared_ptr<const Config> config) {
    {
        const std::lock_guard lock(state_->mutex);
        std::map<std::string, Watched> fresh;
        for (const MediumConfig& medium : config->media) {
            const auto before = state_->watched.find(medium.name);
            const bool is_same = before != state_->watched.end() && before->second.config.vault == medium.vault &&
                                 before->second.config.mount_point == medium.mount_point;
            Watched& watched = fresh[medium.name];
            if (is_same) watched = std::move(before->second);
            watched.config = medium;
            watched.sight.name = medium.name;
            if (!is_same) watched.sight.why_not = say("not looked at yet");
        }
        state_->watched = std::move(fresh);
        state_->has_left.notify_all();
        state_->config = std::move(config);
    }
    look_soon();
}

Status MediaKeeper::start(Events events) {
    State& state = *state_;
    state.waker = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!state.waker.valid()) return system_error(errno, "make", "eventfd");
    // Told by POLLPRI when something was mounted or unmounted; where it cannot be opened, the regular looks do.
    state.mount_table = Fd(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
    state.events = std::move(events);
    state.stopping = false;
    try {
        state.thread = std::thread([this] {
            DeviceWatcher watcher(state_->timing.devices_every_ns);
            state_->run(watcher);
        });
    } catch (const std::system_error&) {
        return Error{Code::failed, say("no thread can be made to watch the media: the system's limit of tasks is reached")};
    }
    state.has_thread = true;
    return done();
}

void MediaKeeper::stop() {
    if (!state_->thread.joinable()) return;
    state_->stopping = true;
    state_->wake();
    state_->thread.join();
    state_->has_thread = false;
}

Status MediaKeeper::look() {
    const Status looked = state_->look();
    state_->wake();
    return looked;
}

void MediaKeeper::look_soon() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->look_wanted = true;
    }
    state_->wake();
}

std::vector<MediumSight> MediaKeeper::sights() const {
    const std::lock_guard lock(state_->mutex);
    std::vector<MediumSight> sights;
    if (!state_->config) return sights;
    for (const MediumConfig& medium : state_->config->media) {
        const auto found = state_->watched.find(medium.name);
        if (found == state_->watched.end()) continue;
        MediumSight& sight = sights.emplace_back(found->second.sight);
        sight.holds = state_->holds_of(medium.name);
    }
    return sights;
}

std::set<std::string> MediaKeeper::present() const {
    const std::lock_guard lock(state_->mutex);
    return state_->present_now();
}

Status MediaKeeper::attach(const std::string& medium, bool keep) {
    const Status attached = state_->attach(medium, keep);
    state_->wake();
    return attached;
}

Result<std::string> MediaKeeper::detach(const std::string& medium) {
    auto detached = state_->detach(medium);
    state_->wake();
    return detached;
}

void MediaKeeper::in_step(const std::string& medium, std::uint64_t owed) {
    if (owed == 0) state_->in_step(medium);
    look_soon();
}

// Where it is being unmounted just now, the job waits for that, so that it finds the medium there or not at all.
void MediaKeeper::take(const std::string& medium) {
    std::unique_lock lock(state_->mutex);
    state_->has_left.wait(lock, [&] {
        const auto found = state_->watched.find(medium);
        return found == state_->watched.end() || !found->second.leaving;
    });
    ++state_->holds[medium];
}

void MediaKeeper::give_back(const std::string& medium) {
    {
        const std::lock_guard lock(state_->mutex);
        const auto held = state_->holds.find(medium);
        if (held == state_->holds.end()) return;
        if (--held->second > 0) return;
        state_->holds.erase(held);
        const auto found = state_->watched.find(medium);
        if (found == state_->watched.end() || (!found->second.departing && !found->second.is_dead)) return;
        state_->departures_due = true;
    }
    state_->wake();
}

// ---- the thread -----------------------------------------------------------------------------------------------------------

void MediaKeeper::State::wake() const {
    const std::uint64_t one = 1;
    if (waker.valid()) static_cast<void>(::write(waker.get(), &one, sizeof one));  // full: it is awake already
}

std::vector<std::string> MediaKeeper::State::names() const {
    const std::lock_guard lock(mutex);
    std::vector<std::string> all;
    for (const auto& [name, medium] : watched) all.push_back(name);
    return all;
}

std::uint32_t MediaKeeper::State::holds_of(const std::string& name) const {
    const auto held = holds.find(name);
    return held == holds.end() ? 0 : held->second;
}

std::set<std::string> MediaKeeper::State::present_now() const {
    std::set<std::string> present;
    for (const auto& [name, medium] : watched) {
        if (medium.sight.present) present.insert(name);
    }
    return present;
}

// Until something happened, or the next look is due.
void MediaKeeper::State::wait(const DeviceWatcher& watcher) {
    steady_clock::time_point until = steady_clock::now() + nanoseconds(timing.devices_every_ns);
    {
        const std::lock_guard lock(mutex);
        until = look_wanted || departures_due || !arrivals.empty() ? steady_clock::now() : std::min(until, next_look);
    }
    std::array<pollfd, 3> all = {{{waker.get(), POLLIN, 0}, {watcher.descriptor(), POLLIN, 0}, {mount_table.get(), POLLPRI, 0}}};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now()).count();
    const int ready = ::poll(all.data(), all.size(), static_cast<int>(std::max<std::int64_t>(left + 1, 0)));
    if (ready <= 0) return;
    std::uint64_t count = 0;
    if ((all[0].revents & POLLIN) != 0) static_cast<void>(::read(waker.get(), &count, sizeof count));
    if ((all[2].revents & (POLLPRI | POLLERR)) == 0) return;
    const std::lock_guard lock(mutex);
    const auto soon =
        std::max(steady_clock::now() + nanoseconds(timing.settle_ns), last_look + nanoseconds(timing.least_between_ns));
    next_look = std::min(next_look, soon);
}

void MediaKeeper::State::announce(bool is_first) {
    std::set<std::string> now;
    std::vector<std::string> returned;
    {
        const std::lock_guard lock(mutex);
        now = present_now();
        for (auto& [name, medium] : watched) {
            if (!medium.came_back || !medium.sight.present) continue;
            medium.came_back = false;
            if (!std::exchange(medium.by_person, false)) returned.push_back(name);
        }
    }
    const bool has_changed = is_first || now != announced;
    announced = now;
    if (has_changed && events.changed) events.changed(std::move(now));
    for (const std::string& name : returned) {
        if (events.returned) events.returned(name);
    }
}

void MediaKeeper::State::run(DeviceWatcher& watcher) {
    const auto look_and_log = [&] {
        if (const Status looked = look(); !looked.ok()) log.error(looked.error().message);
    };
    look_and_log();
    mount_what_owes(true);
    {
        const std::lock_guard lock(mutex);
        if (!look_wanted) next_look = steady_clock::now() + nanoseconds(timing.look_every_ns);
    }
    bool is_first = true;
    while (!stopping) {
        bool is_due = false, departs = false;
        {
            const std::lock_guard lock(mutex);
            is_due = std::exchange(look_wanted, false) || steady_clock::now() >= next_look;
            departs = is_due || departures_due;
        }
        if (is_due) {
            look_and_log();
            mount_what_owes(false);
        }
        if (departs) depart_those_due();
        look_at_arrivals();
        announce(std::exchange(is_first, false));
        if (stopping) break;
        wait(watcher);
        if (const auto changes = watcher.look(); !changes.empty()) devices_changed(changes);
    }
}

}  // namespace custody
