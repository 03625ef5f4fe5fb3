// Which media of the configuration are here, from moment to moment: looks at their places, mounts removable ones that come back,
// unmounts them when they are in step, and writes the identity of those that are new.
//
// Ownership: owns a thread (start() to stop()); catalogue, sink, files, clock and log outlive it. Threads: safe; nothing but its
// own thread, and who attaches or detaches, waits for a disk, so that a share that hangs holds up nobody. Each
// medium is looked at on a thread of its own: one that does not answer within MediaTiming::answer_within_ns counts as absent, is
// said to hang, and hides no other. Errors: logged, alerted (medium_absent, medium_wrong, medium_failed, copy_owed,
// can_be_taken_out), and shown by sights(). What the service mounted is remembered over its restarts; what a person mounted is
// never unmounted but by detach().
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "catalog/database.h"
#include "daemon/alerts/alert_sink.h"
#include "daemon/config/config.h"
#include "daemon/service/log.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace custody {

// One configured medium as it was seen last.
struct MediumSight {
    std::string name;
    bool present = false;  // its vault is at its place and is the one that is expected
    std::string why_not;   // one line; empty when present
    bool mounted_by_service = false;
    bool may_be_removed = false;  // it lacks nothing, and is unmounted
    std::uint32_t holds = 0;      // jobs that use it now
    std::optional<std::uint64_t> free_bytes, size_bytes;
    std::optional<Time> looked_at;  // when it last answered; none: never yet
};

// How often is looked, by the monotonic clock of the system.
struct MediaTiming {
    std::int64_t look_every_ns = kMinute;
    std::int64_t devices_every_ns = 10 * kSecond;  // where no uevent comes
    std::int64_t settle_ns = kSecond;              // after a change of mounts or devices, before it is looked at
    std::int64_t least_between_ns = 5 * kSecond;   // two looks because of such changes
    std::int64_t answer_within_ns = 20 * kSecond;  // of one medium
    std::int64_t away_at_least_ns = 15 * kMinute;  // unmounted, before one that stays plugged in and owes is mounted again
};

class MediaKeeper;

// While it lives the medium is not unmounted by the service.
class MediumHold {
public:
    MediumHold() = default;
    MediumHold(MediaKeeper& keeper, std::string medium);
    MediumHold(MediumHold&& other) noexcept;
    MediumHold& operator=(MediumHold&& other) noexcept;
    ~MediumHold();

private:
    MediaKeeper* keeper_ = nullptr;
    std::string medium_;
};

class MediaKeeper {
public:
    // Called on the keeper's thread.
    struct Events {
        std::function<void(std::set<std::string> present)> changed;  // when the set has changed, and once at the beginning
        // Here again, or here at the start and owed something; not when attach() brought it: who attaches goes on himself.
        std::function<void(std::string medium)> returned;
    };
    MediaKeeper(FileSystem& files, const Clock& clock, catalog::Catalog& catalog, AlertSink& alerts, const ServiceLog& log,
                MediaTiming timing = {});
    ~MediaKeeper();
    MediaKeeper(const MediaKeeper&) = delete;
    MediaKeeper& operator=(const MediaKeeper&) = delete;

    // The media of a configuration, at the start and after a reload; looked at soon after.
    void configure(std::shared_ptr<const Config> config);
    [[nodiscard]] Status start(Events events);
    void stop();

    // Looks now, on the caller's thread, and returns when it has: for the start of the service and for tests.
    [[nodiscard]] Status look();
    void look_soon();
    [[nodiscard]] std::vector<MediumSight> sights() const;
    [[nodiscard]] std::set<std::string> present() const;
    [[nodiscard]] MediumHold hold(const std::string& medium) { return {*this, medium}; }

    // By a person: not_found (no such medium, no disk with it), refused, exists, busy (a job holds it), usage. `keep`: it stays
    // mounted until detach(), also when it is in step.
    [[nodiscard]] Status attach(const std::string& medium, bool keep = false);
    // Returns what may be said of taking it out. It is not mounted again by itself before it was taken out or attach() is asked.
    [[nodiscard]] Result<std::string> detach(const std::string& medium);
    // A copy job brought it up to date: `owed` snapshots it still lacks. One that this service mounted is unmounted when it lacks
    // none and nobody holds it; people are told that it can be taken out. It stays where a plan has no medium but removable ones,
    // this one among them. Returns at once: the keeper's thread unmounts it (before start(): this one does).
    void in_step(const std::string& medium, std::uint64_t owed);

private:
    friend class MediumHold;
    void take(const std::string& medium);
    void give_back(const std::string& medium);
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace custody
