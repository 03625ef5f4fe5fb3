// When a run that failed is tried again: only where waiting can help, later and later, a bounded number of times, and with some
// scatter, so that 200 plans that failed for one reason do not come back as one. Permanent faults wait for a person or for the
// next run of the schedule.
//
// Pure; safe from any thread. Units: nanoseconds. Deterministic: the same seed, plan and try give the same wait.
#pragma once

#include "base/result.h"
#include "daemon/config/config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace custody {

// What a failed run failed of, as far as trying again goes.
enum class Setback {
    permanent,    // wrong configuration, damage, refused, wrong password, no room: the same again would fail the same way
    busy,         // another holder has vault, device or medium
    server_away,  // a database or other server does not answer
    medium_away,  // the medium is not there, or went away
    interrupted,  // the service ended within the run: power cut, kill, restart
};
// What was being worked on when the error came. The same code means another thing at a source that is a server.
enum class Stage { source_server, medium, other };
// busy anywhere is busy; at a server not_found, io and failed count as away unless `answered` says that it spoke to us (a wrong
// password answers); at a medium not_found, io and read_only count as away. All else is permanent.
[[nodiscard]] Setback setback_of(const Error& error, Stage stage, bool answered = false);

// The wait before try number `failed` + 1 after `failed` tries of one due run have failed; absent: it is not tried again of
// itself. Doubled from try to try up to the longest, then scattered by a tenth either way. An interrupted run is tried after a
// minute.
[[nodiscard]] std::optional<std::int64_t> retry_wait(const RetryConfig& rule, Setback setback, std::uint32_t failed,
                                                     std::string_view plan, std::uint64_t seed);

// For status, journal and alert: "the server does not answer; tried again in 5 min 00 s (2 of 3)", "...; not tried again before
// the next run of the schedule".
[[nodiscard]] std::string retry_text(const RetryConfig& rule, Setback setback, std::uint32_t failed,
                                     std::optional<std::int64_t> wait_ns);
[[nodiscard]] std::string describe(Setback setback);

}  // namespace custody
