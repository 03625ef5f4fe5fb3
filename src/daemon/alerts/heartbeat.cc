#include "daemon/alerts/heartbeat.h"

#include "base/text.h"

#include <algorithm>
#include <limits>

namespace custody {
namespace {

constexpr std::string_view kHeartbeatPurpose = "custody heartbeat 1";
constexpr std::string_view kHeartbeat = "heartbeat";
constexpr std::int64_t kClocksMayDiffer = 5 * kMinute;

bool is_peers(const OpenedHeartbeat& opened, const HeartbeatPeer& peer) {
    return opened.signer == peer.signer && opened.heartbeat.host == peer.host;
}

// a - b, held within 64 bits.
std::int64_t between(Time a, Time b) {
    std::int64_t ns = 0;
    if (__builtin_sub_overflow(a.ns, b.ns, &ns))
        return a < b ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
    return ns;
}

std::string hours(std::int64_t ns) { return human_seconds(static_cast<double>(ns) / static_cast<double>(kSecond)); }

}  // namespace

std::uint64_t next_heartbeat_sequence(std::uint64_t last, Time now) {
    return std::max<std::uint64_t>(last + 1, now.ns > 0 ? static_cast<std::uint64_t>(now.seconds()) : 0);
}

Result<Bytes> encode_heartbeat(const Heartbeat& heartbeat, const Secret& signing_seed) {
    const Json body = {{"format", 1},
                       {"host", heartbeat.host},
                       {"time", to_rfc3339_utc(heartbeat.time)},
                       {"sequence", heartbeat.sequence},
                       {"needs_person", heartbeat.needs_person},
                       {"every_s", heartbeat.every_ns / kSecond},
                       {"version", CUSTODY_VERSION}};
    return sign_record(body, kHeartbeatPurpose, signing_seed);
}

Result<OpenedHeartbeat> open_heartbeat(ByteView bytes) {
    TRY_ASSIGN(const SignedRecord record, open_record(bytes, kHeartbeatPurpose, kMaxHeartbeatSize));
    OpenedHeartbeat opened;
    opened.signer = record.signer;
    TRY_ASSIGN(const std::uint64_t format, json_number(record.body, "format", kHeartbeat));
    if (format != 1) return Error{Code::corrupt, std::string(kHeartbeat) + ": another format"};
    TRY_ASSIGN(opened.heartbeat.host, json_text(record.body, "host", kHeartbeat));
    TRY_ASSIGN(opened.heartbeat.sequence, json_number(record.body, "sequence", kHeartbeat));
    TRY_ASSIGN(opened.heartbeat.needs_person, json_number(record.body, "needs_person", kHeartbeat));
    TRY_ASSIGN(const std::uint64_t every_s, json_number(record.body, "every_s", kHeartbeat));
    TRY_ASSIGN(const std::string time, json_text(record.body, "time", kHeartbeat));
    const auto parsed = parse_time(time);
    if (!parsed.ok()) return Error{Code::corrupt, std::string(kHeartbeat) + ": its time is none"};
    opened.heartbeat.time = *parsed;
    opened.heartbeat.every_ns = static_cast<std::int64_t>(std::min<std::uint64_t>(every_s, 366 * 86400)) * kSecond;
    return opened;
}

Result<std::uint64_t> write_heartbeat(FileSystem& files, const std::string& path, Heartbeat heartbeat,
                                      const Secret& signing_seed) {
    std::uint64_t last = 0;
    const auto there = read_file(files, path, kMaxHeartbeatSize);
    if (there.ok()) {
        const auto opened = open_heartbeat(*there);
        // What is not ours is not continued, but replaced: this path is this service's.
        if (opened.ok() && opened->signer == signer_id(signing_seed)) last = opened->heartbeat.sequence;
    } else if (there.error().code != Code::not_found && there.error().code != Code::corrupt) {
        return there.error();
    }
    heartbeat.sequence = next_heartbeat_sequence(std::max(last, heartbeat.sequence), heartbeat.time);
    TRY_ASSIGN(const Bytes bytes, encode_heartbeat(heartbeat, signing_seed));
    TRY(replace_file(files, path, bytes, 0644));
    return heartbeat.sequence;
}

Json peer_memory_to_json(const PeerMemory& memory) {
    return Json{{"sequence", memory.sequence}, {"grew", to_rfc3339_utc(memory.grew)}};
}

Result<PeerMemory> peer_memory_from_json(const Json& json) {
    PeerMemory memory;
    TRY_ASSIGN(memory.sequence, json_number(json, "sequence", "memory of a peer"));
    TRY_ASSIGN(const std::string grew, json_text(json, "grew", "memory of a peer"));
    const auto time = parse_time(grew);
    if (!time.ok()) return Error{Code::corrupt, "memory of a peer: its time is none"};
    memory.grew = *time;
    return memory;
}

PeerVerdict judge_heartbeat(const std::optional<Bytes>& bytes, const HeartbeatPeer& peer, const PeerMemory& memory, Time now) {
    PeerVerdict verdict;
    verdict.memory = memory;
    const auto judged = [&](PeerState state, std::string why) {
        verdict.state = state;
        verdict.why = std::move(why);
        return verdict;
    };
    if (!bytes)
        return judged(PeerState::absent, say("there is no heartbeat of {} in {}", printable(peer.host), printable(peer.file)));
    const auto opened = open_heartbeat(*bytes);
    if (!opened.ok()) {
        return judged(PeerState::damaged,
                      say("{} is no heartbeat, or was changed: {}", printable(peer.file), opened.error().message));
    }
    if (!is_peers(*opened, peer)) {
        return judged(
            PeerState::stranger,
            say("the heartbeat in {} is signed by {} for host {}, not by the key that is configured for {}", printable(peer.file),
                opened->signer.hex().substr(0, 16), printable(opened->heartbeat.host), printable(peer.host)));
    }
    const Heartbeat& heartbeat = opened->heartbeat;
    verdict.heartbeat = heartbeat;
    if (heartbeat.sequence < memory.sequence) {
        return judged(PeerState::went_back,
                      say("the heartbeat of {} is an older one than was seen before (number {} after {}): played "
                          "back, or a second service uses its key",
                          printable(peer.host), heartbeat.sequence, memory.sequence));
    }
    // A clock of ours that was set back must not make the memory seem fresh for ever.
    if (heartbeat.sequence > memory.sequence || verdict.memory.grew > now) verdict.memory = {heartbeat.sequence, now};
    const std::int64_t standing_ns = between(now, verdict.memory.grew), age_ns = between(now, heartbeat.time);
    if (standing_ns > peer.late_after_ns || age_ns > peer.late_after_ns) {
        return judged(PeerState::late, say("the last sign of life of {} is of {}, {} ago", printable(peer.host),
                                           to_rfc3339_local(heartbeat.time), hours(std::max(standing_ns, age_ns))));
    }
    if (age_ns < -kClocksMayDiffer) {
        return judged(PeerState::clock_differs, say("the clock of {} is {} ahead of ours: one of the two is wrong",
                                                    printable(peer.host), hours(-(age_ns + 1))));
    }
    return judged(PeerState::alive, "");
}

PeerVerdict check_peer(FileSystem& files, const HeartbeatPeer& peer, const PeerMemory& memory, Time now) {
    auto bytes = read_file(files, peer.file, kMaxHeartbeatSize);
    if (bytes.ok()) return judge_heartbeat(*std::move(bytes), peer, memory, now);
    if (bytes.error().code == Code::not_found) return judge_heartbeat(std::nullopt, peer, memory, now);
    PeerVerdict verdict;
    verdict.state = bytes.error().code == Code::corrupt ? PeerState::damaged : PeerState::absent;
    verdict.memory = memory;
    verdict.why = bytes.error().message;
    return verdict;
}

bool is_alarming(const HeartbeatPeer& peer, const PeerVerdict& verdict, Time now) {
    if (verdict.state == PeerState::alive) return false;
    if (verdict.state != PeerState::absent && verdict.state != PeerState::damaged) return true;
    return between(now, verdict.memory.grew) > peer.late_after_ns;
}

AlertEvent peer_event(const HeartbeatPeer& peer, const PeerVerdict& verdict) {
    AlertEvent event;
    event.kind = AlertKind::peer_silent;
    event.object = peer.host;
    event.detail = verdict.why;
    const bool forged = verdict.state == PeerState::stranger || verdict.state == PeerState::went_back;
    if (forged || verdict.state == PeerState::damaged) event.severity = AlertSeverity::critical;
    if (verdict.heartbeat) event.last_success = verdict.heartbeat->time;
    return event;
}

}  // namespace custody
