// Forgetting and pruning: ends of snapshots, and freeing what none refers to, beside running writers (vault decision 6, 13).
// Needs writer keys only. Threads: one; safe beside other processes.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "base/stop.h"
#include "vault/history/retention.h"
#include "vault/repository.h"

#include <string>
#include <vector>

namespace custody {

struct ForgetOptions {
    std::vector<std::string> references;  // snapshots by reference; or a rule:
    std::optional<RetentionRule> rule;
    std::optional<std::string> label, name, host;  // filters of the rule
    // Names that `host` bore before: with the rule their snapshots are chosen as well and count as its own, in one group.
    std::vector<std::string> former_hosts;
    bool dry_run = false;
    bool clock_is_right = false;
};
struct ForgetResult {
    struct Line {
        ObjectId snapshot;
        std::string text;  // "label/name 2026-11-03T02:00+07:00"
        std::string why;   // kept: which rule; skipped: "held: reason"
    };
    std::vector<Line> forgotten, kept, skipped;
};
// A snapshot whose record is lost or damaged ends by its id or a prefix of it, and the entry says so; what is known of holds and
// lawful terms counts (vault/lost_snapshot.h). usage: neither references nor rule. refused: held by id, clock behind floor, clock
// far ahead without the flag. Works on a full medium (frees `reserve`, which the next prune makes again).
[[nodiscard]] Result<ForgetResult> forget_snapshots(Repository& repository, const ForgetOptions& options);

struct PruneOptions {
    std::int64_t grace_ns = 24 * kHour;         // orphans younger than this are left (a courtesy)
    bool compact = false;                       // re-form blocks of which too little is live; needs secrets
    const UnlockedKeyring* unlocked = nullptr;  // for compact
    bool dry_run = false;
    unsigned threads = 0;
};
struct PruneResult {
    std::uint64_t packs_removed = 0, packs_repacked = 0, packs_waiting = 0;  // waiting: for sessions of an older generation
    // Freed: what the vault holds less; of a dry run an estimate, and before is after.
    std::uint64_t bytes_freed = 0, bytes_copied = 0, bytes_before = 0, bytes_after = 0;
    std::uint64_t index_segments_before = 0, index_segments_after = 0;
    std::vector<std::string> warnings;
    // Snapshots whose record is lost or damaged, or that lack a tree or chunk; and the labels of which nothing was freed for it.
    std::vector<ObjectId> damaged;
    std::vector<std::string> left_alone;
};
// busy: another prune, or what was to go came to be needed meanwhile. corrupt: a record is lost whose label the ledger does not
// say, or an index is damaged; nothing was freed. Where a tree cannot be read, or something is in no pack, nothing of its label
// is. Works on a full medium (frees `reserve` first, deletes whole packs before it repacks).
[[nodiscard]] Result<PruneResult> prune(Repository& repository, const PruneOptions& options, Progress& progress,
                                        const StopFlag& stop);

}  // namespace custody
