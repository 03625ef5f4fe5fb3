#include "daemon/alerts/delivery.h"

#include <algorithm>
#include <array>
#include <utility>

namespace custody {
namespace {

constexpr std::array<std::int64_t, 7> kServerWaits = {10 * kSecond, 30 * kSecond, kMinute,     2 * kMinute,
                                                      5 * kMinute,  10 * kMinute, 30 * kMinute};
constexpr std::array<std::int64_t, 6> kRefusalWaits = {10 * kMinute, 20 * kMinute, kHour, 2 * kHour, 4 * kHour, 6 * kHour};

template <std::size_t Size>
std::int64_t wait_after(const std::array<std::int64_t, Size>& waits, std::uint32_t tries) {
    return waits[std::min<std::size_t>(tries, Size) - 1];
}

}  // namespace

AlertDelivery::AlertDelivery(Outbox& outbox, const Clock& clock, std::vector<std::unique_ptr<AlertChannel>> channels)
    : outbox_(outbox), clock_(clock), channels_(std::move(channels)) {}

Status AlertDelivery::replace_channels(std::vector<std::unique_ptr<AlertChannel>> channels) {
    channels_ = std::move(channels);
    std::set<std::string> targets;
    for (const auto& channel : channels_) targets.insert(channel->target());
    std::erase_if(refused_, [&](const auto& item) { return !targets.contains(item.first); });
    servers_.clear();  // perhaps what was wrong has just been mended
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(troubles_, [&](const auto& item) { return !targets.contains(item.first); });
    }
    return outbox_.keep_targets(targets);
}

bool AlertDelivery::waits(const std::string& server) const {
    const auto found = servers_.find(server);
    return found != servers_.end() && clock_.monotonic_ns() < found->second.until_ns;
}

std::set<std::string> AlertDelivery::refused_until_later(const std::string& target) const {
    std::set<std::string> ids;
    const auto found = refused_.find(target);
    if (found == refused_.end()) return ids;
    for (const auto& [id, waiting] : found->second) {
        if (clock_.monotonic_ns() < waiting.until_ns) ids.insert(id);
    }
    return ids;
}

Status AlertDelivery::note_refusal(const AlertChannel& channel, const AlertMessage& message, const Error& error) {
    note_trouble(channel, error);
    Waiting& waiting = refused_[channel.target()][message.id];
    ++waiting.tries;
    waiting.until_ns = clock_.monotonic_ns() + wait_after(kRefusalWaits, waiting.tries);
    TRY_ASSIGN(const bool given_up, outbox_.refused(message.id, channel.target()));
    if (given_up) refused_[channel.target()].erase(message.id);
    return done();
}

void AlertDelivery::note_trouble(const AlertChannel& channel, const Error& error) {
    const std::lock_guard lock(mutex_);
    AlertTrouble& trouble = troubles_[channel.target()];
    if (trouble.tries == 0) {
        trouble.target = channel.target();
        trouble.since = clock_.now();
    }
    ++trouble.tries;
    trouble.why = error.message;
}

void AlertDelivery::note_success(const AlertChannel& channel) {
    servers_.erase(channel.server());
    const std::lock_guard lock(mutex_);
    troubles_.erase(channel.target());
}

Status AlertDelivery::run_channel(AlertChannel& channel, const StopFlag& stop, Round& round) {
    if (!outbox_.has_pending(channel.target())) {
        refused_.erase(channel.target());
        return done();
    }
    std::set<std::string> skip = refused_until_later(channel.target());
    while (!waits(channel.server()) && !stop.requested()) {
        const auto message = outbox_.next(channel.target(), skip);
        if (!message) return done();
        const Status sent = channel.deliver(*message, stop);
        if (sent.ok()) {
            ++round.delivered;
            note_success(channel);
            refused_[channel.target()].erase(message->id);
            skip.insert(message->id);  // where the disk refuses to strike it off, it is not sent for ever in this round
            TRY(outbox_.delivered(message->id, channel.target()));
        } else if (sent.error().code == Code::interrupted) {
            return done();
        } else if (sent.error().code == Code::refused) {
            skip.insert(message->id);
            TRY(note_refusal(channel, *message, sent.error()));
        } else {
            note_trouble(channel, sent.error());
            Waiting& waiting = servers_[channel.server()];
            ++waiting.tries;
            waiting.until_ns = clock_.monotonic_ns() + wait_after(kServerWaits, waiting.tries);
        }
    }
    return done();
}

Result<AlertDelivery::Round> AlertDelivery::run_due(const StopFlag& stop) {
    Round round;
    Status status = outbox_.write_pending();
    for (const auto& channel : channels_) {
        Status ran = run_channel(*channel, stop, round);
        if (status.ok()) status = std::move(ran);
    }
    TRY(status);
    round.next_ns = next_due();
    return round;
}

std::optional<std::int64_t> AlertDelivery::next_due() const {
    std::optional<std::int64_t> soonest;
    const std::int64_t now = clock_.monotonic_ns();
    const auto consider = [&](std::int64_t until_ns) {
        const std::int64_t left = std::max<std::int64_t>(until_ns - now, 0);
        soonest = soonest ? std::min(*soonest, left) : left;
    };
    for (const auto& channel : channels_) {
        if (!outbox_.has_pending(channel->target())) continue;
        const auto server = servers_.find(channel->server());
        const std::int64_t server_ns = server == servers_.end() ? now : server->second.until_ns;
        const std::set<std::string> later = refused_until_later(channel->target());
        if (outbox_.next(channel->target(), later)) {
            consider(server_ns);
            continue;
        }
        const auto refused = refused_.find(channel->target());
        if (refused == refused_.end()) continue;
        for (const auto& [id, waiting] : refused->second) {
            if (waiting.until_ns > now) consider(std::max(waiting.until_ns, server_ns));
        }
    }
    return soonest;
}

void AlertDelivery::try_now() {
    servers_.clear();
    refused_.clear();
}

std::vector<AlertTrouble> AlertDelivery::troubles() const {
    const std::lock_guard lock(mutex_);
    std::vector<AlertTrouble> all;
    for (const auto& [target, trouble] : troubles_) all.push_back(trouble);
    return all;
}

std::vector<AlertTestResult> send_test(const std::vector<std::unique_ptr<AlertChannel>>& channels, const AlertMessage& message,
                                       const StopFlag& stop) {
    std::vector<AlertTestResult> results;
    for (const auto& channel : channels) results.push_back({channel->target(), channel->deliver(message, stop)});
    return results;
}

}  // namespace custody
