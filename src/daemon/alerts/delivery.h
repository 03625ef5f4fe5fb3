// Brings what waits in the outbox to its targets, as often as it takes.
//
// A server that is away is tried again after 10 s, 30 s, 1, 2, 5, 10, then every 30 minutes; channels of the same server wait
// together. A message that a server refuses waits for itself, 10 minutes to 6 hours, and is given up after
// OutboxLimits::refusals. Waiting is measured by the monotonic clock, so that a clock that jumps neither delays nor hurries; a
// restart begins at once.
//
// Ownership: refers to outbox, clock and stop, which outlive it; owns the channels. Threads: one calls run_due() (a worker of the
// service); troubles() may be asked from any. Errors: those of the outbox (disk); what a server says is no error of run_due() but
// kept in troubles().
#pragma once

#include "base/clock.h"
#include "daemon/alerts/channel.h"
#include "daemon/alerts/outbox.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace custody {

// A target to which nothing passes.
struct AlertTrouble {
    std::string target;
    Time since;       // of the first failure without a success since
    std::string why;  // the last error
    std::uint32_t tries = 0;
};

class AlertDelivery {
public:
    AlertDelivery(Outbox& outbox, const Clock& clock, std::vector<std::unique_ptr<AlertChannel>> channels);

    // New settings: other channels. What was known of servers stays. Not while run_due() runs.
    [[nodiscard]] Status replace_channels(std::vector<std::unique_ptr<AlertChannel>> channels);

    struct Round {
        std::uint64_t delivered = 0;
        // ns until something is due again; nullopt: nothing waits.
        std::optional<std::int64_t> next_ns;
    };
    // Sends everything that is due now.
    [[nodiscard]] Result<Round> run_due(const StopFlag& stop);
    // For 'custody alert test': forget the waiting, so that the next run_due() tries all at once.
    void try_now();

    [[nodiscard]] std::vector<AlertTrouble> troubles() const;

private:
    struct Waiting {
        std::uint32_t tries = 0;
        std::int64_t until_ns = 0;  // monotonic
    };
    Status run_channel(AlertChannel& channel, const StopFlag& stop, Round& round);
    Status note_refusal(const AlertChannel& channel, const AlertMessage& message, const Error& error);
    void note_trouble(const AlertChannel& channel, const Error& error);
    void note_success(const AlertChannel& channel);
    [[nodiscard]] std::set<std::string> refused_until_later(const std::string& target) const;
    [[nodiscard]] std::optional<std::int64_t> next_due() const;
    [[nodiscard]] bool waits(const std::string& server) const;

    Outbox& outbox_;
    const Clock& clock_;
    std::vector<std::unique_ptr<AlertChannel>> channels_;
    std::map<std::string, Waiting> servers_;                         // by server
    std::map<std::string, std::map<std::string, Waiting>> refused_;  // by target and message
    mutable std::mutex mutex_;                                       // of troubles_
    std::map<std::string, AlertTrouble> troubles_;                   // by target
};

// One message to every channel at once, past the queue: 'custody alert test'. In the order of the channels.
struct AlertTestResult {
    std::string target;
    Status status;
};
[[nodiscard]] std::vector<AlertTestResult> send_test(const std::vector<std::unique_ptr<AlertChannel>>& channels,
                                                     const AlertMessage& message, const StopFlag& stop);

}  // namespace custody
