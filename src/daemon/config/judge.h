// A configuration held against the law: duties B3, B6, B12, I2, and that exceptions stand on paper (B1, E6).
//
// What "important" and "log" ask is a floor of Custody's own, whatever applies: two media and a run a month for important data,
// six months for logs (the vault's lawful term, vault/history/lawful_term.h). The regulations of `[law] apply` may ask for more,
// the strictest counts, and every fault names the articles. What is below and has an exception = "document number and reason"
// (the plan's, or its label's) is recorded instead of refused.
//
// Pure: the same configuration is judged the same on every day (intervals over the years 2025 to 2028). Threads: any.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/faults.h"
#include "daemon/config/law.h"
#include "daemon/schedule/zone.h"

#include <cstdint>
#include <string>
#include <vector>

namespace custody {

struct Judgement {
    std::vector<ConfigFault> faults;
    std::vector<RecordedException> exceptions;
    std::vector<ConfigFault> notes;  // nothing is refused for them; a person should know
};
[[nodiscard]] Judgement judge(const Config& config, const LawBook& book, const ZoneRules& zone);

// For how long a rule keeps a snapshot at least, where runs are as regular as its periods: "daily 14" 14 days, "monthly 7" six
// months, "within 184d" 184 days. 0: nothing can be said ("last 3"). An empty rule keeps everything: INT64_MAX.
[[nodiscard]] std::int64_t reach_of(const RetentionRule& rule);

// The longest time between two runs of the plan that its schedule and polling allow; nullopt: neither is there, or the schedule
// cannot be read. Units: nanoseconds.
[[nodiscard]] std::optional<std::int64_t> longest_interval(const PlanConfig& plan, const ZoneRules& zone);

// "BK 11.3, DS 24.1b": where the regulations that apply ask for a duty; empty: none of them does.
[[nodiscard]] std::string citation(const Config& config, const LawBook& book, std::string_view duty);

}  // namespace custody
