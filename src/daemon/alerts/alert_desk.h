// The service's alerts as a whole: the alerter, its outbox, a worker thread that delivers, the minute's reminders, the morning
// digest, watched peers and the own heartbeat.
//
// Ownership: owns all of these and its threads, one that delivers and one for the files of heartbeats (signs_of_life.h);
// FileSystem and Clock live as long as the program. Threads: safe; nothing here waits for a network but these two. Ending it
// takes seconds, whatever a server or a share does. At rest it wakes up once a minute. Errors: those of opening; later ones are
// logged, and shown by troubles(): a target to which nothing passes, "heartbeat:FILE", or the alerts' own disk.
#pragma once

#include "daemon/alerts/alert_sink.h"
#include "daemon/alerts/alerter.h"
#include "daemon/alerts/delivery.h"
#include "daemon/service/log.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace custody {

class AlertDesk : public AlertSink {
public:
    struct Options {
        std::string folder;       // "<state>/alerts"
        std::string credentials;  // credentials_folder(), or empty
        AlertSender sender;
        AlertSettings settings;
        std::string keyring;  // folder: the heartbeat is signed by this host's key
        // Asked on the desk's threads, not after it has ended: what the digest and the heartbeat tell. May ask the desk.
        // interrupted: there is nobody to ask just now, and a digest waits. Any other error: the digest says so.
        std::function<Result<DigestFacts>()> digest_facts;
        std::function<std::uint64_t()> needs_person;
        // Asked some minutes after the start and every quarter of an hour: may raise and resolve what only time brings.
        std::function<Status()> watch{};
    };
    [[nodiscard]] static Result<std::unique_ptr<AlertDesk>> open(FileSystem& files, const Clock& clock, const ServiceLog& log,
                                                                 Options options);
    // Begins delivering; before it raise() only queues.
    virtual void start() = 0;
    // After a reload.
    [[nodiscard]] virtual Status configure(const AlertSettings& settings) = 0;
    // One message to every channel, now. Waits for them (a handler's thread may).
    [[nodiscard]] virtual std::vector<AlertTestResult> send_test(const StopFlag& stop) = 0;
    [[nodiscard]] virtual std::vector<AlertRecord> standing() const = 0;
    [[nodiscard]] virtual OutboxState outbox() const = 0;
    [[nodiscard]] virtual std::vector<AlertTrouble> troubles() const = 0;
};

}  // namespace custody
