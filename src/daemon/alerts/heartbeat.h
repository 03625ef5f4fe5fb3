// Services that watch each other: each writes a small signed file now and then, and reads those of its peers (over a share, a
// medium that travels, or copied by any means: the signature says whose it is, wherever it lay).
//
// The file is a signed record (records/canonical_json.h) of purpose "custody heartbeat 1": {"format", "host", "time", "sequence",
// "needs_person", "every_s", "version"}. The sequence always grows: one more than the last, and never less than the time in
// seconds, so that a sender that lost its state does not seem to go back.
//
// What is checked: the signature by the very key that is configured for that host; the host; that the sequence does not go back
// (somebody plays back an old file, or two services share one key); and the age, both by the sender's time and by when the
// sequence was last seen to grow by our own clock, so that neither a wrong clock there nor a file that is copied over and over
// hides a service that stands still.
//
// Ownership: values. Threads: none. Errors: those of reading and writing; corrupt. Durable: the file is replaced whole. Units:
// ns.
#pragma once

#include "base/crypto.h"
#include "base/file.h"
#include "base/result.h"
#include "daemon/alerts/event.h"
#include "daemon/alerts/settings.h"

#include <cstdint>
#include <optional>
#include <string>

namespace custody {

inline constexpr std::size_t kMaxHeartbeatSize = 4096;

struct Heartbeat {
    std::string host;
    Time time;
    std::uint64_t sequence = 0;
    std::uint64_t needs_person = 0;  // matters that do, as its status counts them
    std::int64_t every_ns = kHour;
    bool operator==(const Heartbeat&) const = default;
};

// The sequence to write next, after `last` (0: none).
[[nodiscard]] std::uint64_t next_heartbeat_sequence(std::uint64_t last, Time now);
[[nodiscard]] Result<Bytes> encode_heartbeat(const Heartbeat& heartbeat, const Secret& signing_seed);
// corrupt: no such record, or its signature is wrong. Whose it is, is for the caller to judge.
struct OpenedHeartbeat {
    Heartbeat heartbeat;
    SignerId signer;
};
[[nodiscard]] Result<OpenedHeartbeat> open_heartbeat(ByteView bytes);

// Writes `path` (0644: it holds no secret), continuing the sequence of what lies there, or `heartbeat.sequence` where that is
// higher; returns the one that was written. Its folder exists: a heartbeat must not appear on the root disk because a medium is
// not mounted.
[[nodiscard]] Result<std::uint64_t> write_heartbeat(FileSystem& files, const std::string& path, Heartbeat heartbeat,
                                                    const Secret& signing_seed);

// What is remembered of a peer between two looks; the caller keeps it (to_json, from_json) over restarts.
struct PeerMemory {
    std::uint64_t sequence = 0;
    Time grew;  // when we saw the sequence grow, by our clock
    bool operator==(const PeerMemory&) const = default;
};
[[nodiscard]] Json peer_memory_to_json(const PeerMemory& memory);
[[nodiscard]] Result<PeerMemory> peer_memory_from_json(const Json& json);

enum class PeerState : std::uint8_t {
    alive,
    absent,         // no file, or its folder is not there
    late,           // no new sign of life for longer than late_after
    damaged,        // not a heartbeat, or the signature is wrong
    stranger,       // signed by another key, or of another host
    went_back,      // an older one than was seen before
    clock_differs,  // fresh, but its time is far from ours
};
struct PeerVerdict {
    PeerState state = PeerState::absent;
    std::optional<Heartbeat> heartbeat;  // where it is the peer's
    PeerMemory memory;                   // to be kept
    std::string why;                     // one line in the language of the service; empty when alive
};
// Pure: `bytes` nullopt where there is no file.
[[nodiscard]] PeerVerdict judge_heartbeat(const std::optional<Bytes>& bytes, const HeartbeatPeer& peer, const PeerMemory& memory,
                                          Time now);
// Reads the file and judges. Errors of reading (other than that it is not there) are those of the medium: state absent, `why`
// says.
[[nodiscard]] PeerVerdict check_peer(FileSystem& files, const HeartbeatPeer& peer, const PeerMemory& memory, Time now);
// Whether people are to be told now. A file that is absent or damaged may be on its way (a share that is away, a copy half done):
// that waits until no sign of life was seen for late_after; a forged one does not.
[[nodiscard]] bool is_alarming(const HeartbeatPeer& peer, const PeerVerdict& verdict, Time now);
// The event peer_silent to raise for a verdict that is not alive.
[[nodiscard]] AlertEvent peer_event(const HeartbeatPeer& peer, const PeerVerdict& verdict);

}  // namespace custody
