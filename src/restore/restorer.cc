#include "restore/restorer.h"

#include "base/clock.h"
#include "base/text.h"
#include "restore/plan.h"
#include "restore/restore_run.h"
#include "restore/snapshot_access.h"
#include "restore/target_folders.h"
#include "vault/unreadable.h"

#include <sys/statvfs.h>

#include <set>

namespace custody {
namespace {

// What the data of everything chosen take, without holes and second names; only walked for when space looks short.
Result<std::uint64_t> bytes_needed(Plan plan, TreeReader& trees, const StopFlag& stop) {
    std::uint64_t total = 0;
    std::set<std::uint64_t> linked;
    PlanStep step;
    while (true) {
        TRY(stop.check());
        TRY_ASSIGN(const bool more, plan.next(step));
        if (!more) return total;
        if (step.what != PlanStep::What::entry) continue;
        if (step.entry->hard_link != 0 && !linked.insert(step.entry->hard_link).second) continue;
        const Status counted = trees.content(step.entry->content, [&](const TreeReader::ContentPiece& piece) -> Status {
            total += piece.chunk.length;
            return done();
        });
        if (!counted.ok() && !is_unreadable(counted.error())) return counted.error();
    }
}

// A restore that plainly cannot fit is not begun. Into a folder that already holds a part, nothing is plain.
Status check_space(SnapshotAccess& access, const TargetFolders& folders, const RestoreOptions& options, const StopFlag& stop) {
    struct statvfs space = {};
    if (::fstatvfs(folders.nearest_descriptor(), &space) != 0 || space.f_blocks == 0) return done();  // none: it tells no sizes
    const std::uint64_t free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
    if (access.snapshot().summary.bytes <= free_bytes || !folders.target_was_empty()) return done();
    TRY_ASSIGN(Plan plan, Plan::make(access.trees(), access.root(), options.paths, options.strip_prefix));
    TRY_ASSIGN(const std::uint64_t needed, bytes_needed(std::move(plan), access.trees(), stop));
    if (needed <= free_bytes) return done();
    return Error{Code::no_space, say("{} has {} free and the restore needs {}: choose another target or fewer paths",
                                     printable(folders.target()), human_bytes(free_bytes), human_bytes(needed))};
}

// Of the whole snapshot it is known; of chosen paths it is counted, as far as that is quick.
Status expect_totals(SnapshotAccess& access, const RestoreOptions& options, RestoreRun& run, const StopFlag& stop) {
    constexpr std::uint64_t kMostCounted = 200'000;  // entries: beyond that the restore had better begin
    const SnapshotSummary& summary = access.snapshot().summary;
    if (options.paths.empty()) run.expect(summary.files, summary.bytes);
    if (options.paths.empty() || !options.count_total) return done();
    TRY_ASSIGN(Plan plan, Plan::make(access.trees(), access.root(), options.paths, options.strip_prefix));
    std::uint64_t files = 0, bytes = 0;
    std::set<std::uint64_t> linked;
    for (PlanStep step; files < kMostCounted;) {
        TRY(stop.check());
        TRY_ASSIGN(const bool more, plan.next(step));
        if (!more) {
            run.expect(files, bytes);
            return done();
        }
        if (step.what != PlanStep::What::entry) continue;
        ++files;
        const std::uint64_t link = step.entry->hard_link;
        if (link == 0 || linked.insert(link).second) bytes += step.entry->content.size;
    }
    return done();
}

}  // namespace

Result<RestoreResult> restore_files(Repository& repository, const Snapshot& snapshot, const UnlockedKeyring& unlocked,
                                    const RestoreOptions& options, Progress& progress, const StopFlag& stop) {
    const std::int64_t begun_ns = repository.clock().monotonic_ns();
    TRY_ASSIGN(const auto access, SnapshotAccess::open(repository, snapshot, unlocked));
    TRY_ASSIGN(Plan plan, Plan::make(access->trees(), access->root(), options.paths, options.strip_prefix));
    TRY_ASSIGN(const auto folders, TargetFolders::open(options.target));
    TRY(check_space(*access, *folders, options, stop));
    if (!options.dry_run) {
        // The folder that it stands for may be closed to others: it is until it has that one's mode.
        const mode_t mode = plan.prefix_folder() != nullptr ? 0700 : 0777;
        TRY(folders->make_absent(access->snapshot().id.hex(), mode));
    }
    RestoreRun run(*access, *folders, options, progress, stop);
    TRY(expect_totals(*access, options, run, stop));
    TRY(run.run(plan));
    RestoreResult result = run.take_result();
    result.seconds = static_cast<double>(repository.clock().monotonic_ns() - begun_ns) / 1e9;
    return result;
}

}  // namespace custody
