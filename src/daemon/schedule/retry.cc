#include "daemon/schedule/retry.h"

#include "base/text.h"

#include <algorithm>
#include <random>
#include <vector>

namespace custody {
namespace {

// -1 to 1, from seed, plan and try.
double scatter(std::string_view plan, std::uint32_t failed, std::uint64_t seed) {
    std::vector<std::uint32_t> parts = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32), failed};
    for (const char c : plan) parts.push_back(static_cast<unsigned char>(c));
    std::seed_seq mixed(parts.begin(), parts.end());
    std::mt19937 engine(mixed);
    return static_cast<double>(engine()) / static_cast<double>(std::mt19937::max()) * 2 - 1;
}

}  // namespace

Setback setback_of(const Error& error, Stage stage, bool answered) {
    if (error.code == Code::busy) return Setback::busy;
    if (error.code == Code::interrupted) return Setback::interrupted;
    const bool away = error.code == Code::not_found || error.code == Code::io;
    const bool pulled_out = error.code == Code::read_only;  // what the kernel makes of a file system whose disk is gone
    if (stage == Stage::medium && (away || pulled_out)) return Setback::medium_away;
    if (stage == Stage::source_server && !answered && (away || error.code == Code::failed)) return Setback::server_away;
    return Setback::permanent;
}

std::optional<std::int64_t> retry_wait(const RetryConfig& rule, Setback setback, std::uint32_t failed, std::string_view plan,
                                       std::uint64_t seed) {
    if (setback == Setback::permanent || failed == 0 || failed > rule.times) return std::nullopt;
    const std::int64_t longest = std::clamp(rule.longest_wait_ns, kSecond, 366 * kDay);
    std::int64_t wait = std::clamp(setback == Setback::interrupted ? kMinute : rule.wait_ns, kSecond, longest);
    for (std::uint32_t i = 1; i < failed && wait < longest; ++i) wait = std::min(wait * 2, longest);
    return wait + static_cast<std::int64_t>(static_cast<double>(wait / 10) * scatter(plan, failed, seed));
}

std::string describe(Setback setback) {
    switch (setback) {
        case Setback::permanent:
            break;
        case Setback::busy:
            return say("another holder has it");
        case Setback::server_away:
            return say("the server does not answer");
        case Setback::medium_away:
            return say("the medium is not there");
        case Setback::interrupted:
            return say("the service ended within the run");
    }
    return say("waiting would not help");
}

std::string retry_text(const RetryConfig& rule, Setback setback, std::uint32_t failed, std::optional<std::int64_t> wait_ns) {
    if (wait_ns) {
        const double seconds = static_cast<double>(*wait_ns) / static_cast<double>(kSecond);
        return say("{}; tried again in {} ({} of {})", describe(setback), human_seconds(seconds), failed, rule.times);
    }
    if (setback == Setback::permanent || rule.times == 0)
        return say("{}; not tried again before the next run of the schedule", describe(setback));
    return say("{}; {} tries failed; not tried again before the next run of the schedule", describe(setback), failed);
}

}  // namespace custody
