#include "daemon/jobs/plan_source.h"

#include "base/mounts.h"
#include "base/text.h"
#include "daemon/hooks.h"
#include "daemon/jobs/plan_source_kinds.h"
#include "daemon/jobs/watched_source.h"
#include "vault/sources/file_selection.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace custody {
namespace {

struct PlacesOf {
    std::vector<std::string> operator()(const FilesSource& source) const { return source.paths; }
    std::vector<std::string> operator()(const ImageSource& source) const { return {source.path}; }
    std::vector<std::string> operator()(const SqliteSource& source) const { return {source.file}; }
    std::vector<std::string> operator()(const PostgresqlSource&) const { return {}; }
    std::vector<std::string> operator()(const MariadbSource&) const { return {}; }
    std::vector<std::string> operator()(const CommandSource&) const { return {}; }
};

struct Kinds {
    PlanSourceRun& run;
    PlanSourceResult operator()(const FilesSource& source) const { return back_up_files(run, source); }
    PlanSourceResult operator()(const ImageSource& source) const { return back_up_image(run, source); }
    PlanSourceResult operator()(const PostgresqlSource& source) const { return back_up_postgresql(run, source); }
    PlanSourceResult operator()(const MariadbSource& source) const { return back_up_mariadb(run, source); }
    PlanSourceResult operator()(const SqliteSource& source) const { return back_up_sqlite(run, source); }
    PlanSourceResult operator()(const CommandSource& source) const { return back_up_command(run, source); }
};

}  // namespace

std::vector<std::string> places_of(const SourceConfig& source) { return std::visit(PlacesOf{}, source); }

Result<BackupResult> pass_on(PlanSourceRun& run, Source& source, PassedOn with) {
    const std::uint64_t limit = with.unlimited ? 0 : run.request.plan.limits.bandwidth_bytes;
    std::optional<Throttle> throttle;
    if (limit > 0) throttle.emplace(limit, system_clock());
    WatchedSource watched(source, throttle ? &*throttle : nullptr, run.context.stop());
    OpenedPlanSource opened{watched, std::move(with.plan_facts), std::move(with.may_publish)};
    auto result = run.back_up(opened);
    if (with.source_failed != nullptr) *with.source_failed = watched.has_failed();
    return result;
}

PlanSourceResult with_hooks(PlanSourceRun& run, const Hooks& hooks, const std::function<Result<BackupResult>()>& work) {
    const PlanConfig& plan = run.request.plan;
    std::optional<BackupResult> result;
    const Status ended = run_with_hooks({hooks.before, hooks.limit_ns, {}}, {hooks.after, hooks.limit_ns, {}}, plan.name,
                                        plan.label, run.context.stop(), [&]() -> Result<std::string> {
                                            TRY_ASSIGN(result, work());
                                            return result->snapshot.hex();
                                        });
    TRY(ended);
    return result;
}

void exclude_own(const PlanSourceRun& run, FileTreeOptions& options) {
    std::vector<std::string> own = run.request.own_folders;
    const std::string state = run.context.catalog.folder();
    own.push_back(state);
    for (const char* file : {"catalog.db", "catalog.db-wal", "catalog.db-shm", "catalog.db-journal", "catalog.lock"}) {
        own.push_back(join_path(state, file));
    }
    exclude_always(run.context.files, own, options);
    options.excluded_paths = run.request.own_folders;
}

Status check_is_not_own(const std::string& path, const FileTreeOptions& options) {
    if (!is_excluded_always(path, options)) return done();
    return Error{Code::refused, say("cannot back up {}: it belongs to Custody itself, as keyring, vault, cache or state; take it "
                                    "out of the plan (the service keeps copies of its own state)",
                                    printable(path))};
}

namespace {

// By every name that they have: in a snapshot's view a second mount of their subvolume shows other inodes, by which alone a
// keyring would not be known.
Result<std::vector<std::string>> with_other_names(const std::vector<std::string>& folders) {
    std::vector<std::string> all = folders;
    for (const std::string& folder : folders) {
        TRY_ASSIGN(const std::vector<std::string> names, mounts::names_of(folder));
        for (const std::string& name : names)
            if (std::find(all.begin(), all.end(), name) == all.end()) all.push_back(name);
    }
    return all;
}

}  // namespace

Result<std::optional<BackupResult>> back_up_plan_source(const JobContext& context, Repository& repository,
                                                        const PlanSourceRequest& asked, PlanSourceNotes& notes,
                                                        const BackUp& back_up) {
    PlanSourceRequest request = asked;
    TRY_ASSIGN(request.own_folders, with_other_names(asked.own_folders));
    PlanSourceRun run{context, repository, request, notes, back_up, asked.own_folders};
    auto result = std::visit(Kinds{run}, request.plan.source);
    for (const std::string& remark : notes.remarks) context.log.info(say("plan {}: {}", printable(request.plan.name), remark));
    return result;
}

}  // namespace custody
