// Decides who is told what and when: events are reported, ended and looked at as time goes by; messages go into the outbox, from
// where a worker brings them out (delivery.h).
//
// What belongs together is told together: alerts of one kind and severity that come within a minute are one message
// (group_windows.h, group_text.h) unless they are critical, reminders that come due together too, and ends. What is held
// meanwhile is on disk.
//
// On disk, below one folder: `outbox/`; `events/<hex>.json`, one file a lasting event, so that after a restart nobody is told
// twice and nobody's reminder is forgotten; `digest.json`, when the last one was sent; `peers.json`, what is remembered of
// watched services. A message is in the outbox before the event's file says that it was told, and an event that is over keeps its
// file until the outbox has that: a process killed in between tells twice rather than never.
//
// Ownership: owns the outbox; FileSystem and Clock outlive it. No thread of its own. Threads: safe; calls may write to disk.
// Errors: those of the file system. An error never means that the alert is lost while the process lives (outbox.h), but it is to
// be put into the service's own log.
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "daemon/alerts/channel.h"
#include "daemon/alerts/delivery.h"
#include "daemon/alerts/digest.h"
#include "daemon/alerts/event_rules.h"
#include "daemon/alerts/group_windows.h"
#include "daemon/alerts/heartbeat.h"
#include "daemon/alerts/outbox.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace custody {

struct AlerterOptions {
    std::string folder;  // "/var/lib/custody/alerts"
    AlertSender sender;
    AlertSettings settings;
    OutboxLimits limits;
};

class Alerter {
public:
    // Makes the folders. A file of an event that is damaged is set aside: what lasts is reported again by who watches it.
    [[nodiscard]] static Result<std::unique_ptr<Alerter>> open(FileSystem& files, const Clock& clock, AlerterOptions options);

    // New settings, after a reload. The channels are the worker's: AlertDelivery::replace_channels.
    void configure(const AlertSettings& settings);

    // Something happened, or still is so. Reported as often as one likes: people are told once, then reminded, and again when it
    // has become worse; what is critical at once (group_windows.h), else with what comes within a minute.
    [[nodiscard]] Status raise(AlertEvent event);
    // It is over (alert_object says how objects are named). Nothing happens when there was no such event.
    [[nodiscard]] Status resolve(AlertKind kind, std::string_view object);
    // What was held and is due, reminders, and what could not be queued before. Once a minute, and when held_ns() says so.
    [[nodiscard]] Status tick();
    // ns until something that is held is due; nullopt: nothing is.
    [[nodiscard]] std::optional<std::int64_t> held_ns() const;

    // digest_due (event_rules.h) by the settings. send_digest adds what this class knows: the standing events and lost alerts.
    [[nodiscard]] bool is_digest_due() const;
    [[nodiscard]] Status send_digest(DigestFacts facts);

    // Raises and resolves alerts_undelivered: nothing has passed to a target for an hour. It goes to the other targets.
    [[nodiscard]] Status watch_delivery(const std::vector<AlertTrouble>& troubles);
    // Looks at the heartbeats of the peers in the settings; raises and resolves peer_silent. Reads their files: not for a thread
    // that must not wait for a share that hangs.
    [[nodiscard]] Status watch_peers();

    [[nodiscard]] AlertMessage test_message() const;
    [[nodiscard]] std::vector<AlertRecord> standing() const;  // worst first, then oldest
    [[nodiscard]] Outbox& outbox() { return *outbox_; }

private:
    Alerter(FileSystem& files, const Clock& clock, AlerterOptions options, std::unique_ptr<Outbox> outbox);
    Status load();
    Status load_record(const std::string& path);
    Status load_small_files();
    [[nodiscard]] std::string record_path(const std::string& key) const;
    Status write_record(const std::string& key, const AlertRecord& record);
    Status write_digest_time();
    Status write_peers();
    Status remove_record(const std::string& key);
    // What is due of each record, by group.
    using Due = std::map<AlertGroup, std::vector<std::string>>;  // keys
    [[nodiscard]] Due due(Time now) const;
    // Of a record that has just been reported or ended: tells it, or keeps it on disk until its group is told. `was_held`: it is
    // kept already.
    Status tell_or_hold(const std::string& key, bool was_held);
    // Queues one message of all these, or a few, and notes that they were told.
    Status tell(const AlertGroup& group, const std::vector<std::string>& keys);
    Status tell_some(const AlertGroup& group, std::span<const std::string> keys);
    Status note_told(const std::string& key, AlertClass which, const std::string& message);
    Status queue(AlertMessage message, AlertSeverity severity);
    Status raise_locked(AlertEvent event);
    Status resolve_locked(const std::string& key);

    FileSystem& files_;
    const Clock& clock_;
    const std::string folder_;
    const AlertSender sender_;
    std::unique_ptr<Outbox> outbox_;
    mutable std::mutex mutex_;
    AlertSettings settings_;
    std::map<std::string, AlertRecord> records_;  // by key; of kinds that do not last only what is held
    GroupWindows windows_;
    std::map<std::string, PeerMemory> peers_;  // by host
    std::optional<Time> last_digest_;
    std::uint64_t lost_told_ = 0;  // lost alerts that a digest has told
};

}  // namespace custody
