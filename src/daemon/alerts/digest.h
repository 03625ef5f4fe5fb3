// The morning digest: done, owed, needs a person (đã sao lưu / còn nợ / cần người). It is sent also when all is well, so that its
// absence is a sign. Vietnamese first, English second, each on one screen: long lists are cut and say how many more there are.
// Ownership: values. Threads: safe. Errors: none.
#pragma once

#include "daemon/alerts/event_text.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

// Texts that hold names only (plans, media) are given once; sentences in both languages (say_both, alert_title).
struct DigestPlan {
    std::string name, label;
    bool done = false;  // its last due run made a snapshot
    std::optional<Time> last_success;
    std::uint32_t copies = 0, copies_wanted = 0;  // of its newest snapshot, on media
    std::uint64_t new_bytes = 0;                  // stored since the last digest
    // Never backed up, and that is no fault: its first run is still to come, or goes on.
    bool awaits_first = false;
    std::optional<Time> first_run{};  // none: it goes on, or waits
};
struct DigestOwed {
    std::string medium, place;
    std::uint64_t snapshots = 0;
    std::optional<Time> since;
};
struct DigestFacts {
    std::vector<DigestPlan> plans;
    std::vector<DigestOwed> owed;               // media that owe copies
    std::vector<Bilingual> needs_person;        // one line each, worst first: titles of lasting events among them
    std::vector<std::string> may_be_taken_out;  // media
    std::vector<Bilingual> exceptions;          // in force: "plan etc: QĐ 12/2026 ..."
    std::uint64_t not_covered = 0;              // mounted file systems and databases that no plan covers
    std::uint64_t alerts_lost = 0;              // dropped or given up since the last digest
    std::optional<Time> next_run;
};

inline constexpr std::size_t kDigestLines = 30;  // of one language at most; about 9 when all is well

// The message without id.
[[nodiscard]] AlertMessage render_digest(const DigestFacts& facts, Time now, const AlertSender& sender);

}  // namespace custody
