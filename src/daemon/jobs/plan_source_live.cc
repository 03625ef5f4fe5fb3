// Live databases and outputs of programs.
//
// A server that is away is told from one that answered (vault/sources/server_reach.h): when opening fails, by how the connection
// ended; when a dump fails later, by asking once more whether the server is there.
#include "base/text.h"
#include "daemon/jobs/plan_guard.h"
#include "daemon/jobs/plan_source_kinds.h"
#include "vault/sources/command_output.h"
#include "vault/sources/mariadb.h"
#include "vault/sources/postgresql.h"
#include "vault/sources/sqlite_source.h"
#include "vault/sources/stream.h"

#include <utility>

namespace custody {
namespace {

void note_reach(ServerReach reach, PlanSourceNotes& notes) {
    notes.stage = reach == ServerReach::not_asked ? Stage::other : Stage::source_server;
    notes.server_answered = reach == ServerReach::answered;
}

// `opened`: of a server; `notes` its notes, which it writes to. `ask_again`: its reach now.
template <class ServerNotes>
PlanSourceResult back_up_server(PlanSourceRun& run, Result<std::unique_ptr<Source>> opened, ServerNotes& notes,
                                const std::function<ServerReach()>& ask_again) {
    const auto take_warnings = [&] {
        run.notes.warnings.insert(run.notes.warnings.end(), notes.warnings.begin(), notes.warnings.end());
    };
    if (!opened.ok()) {
        note_reach(notes.reach, run.notes);
        take_warnings();
        return std::move(opened).error();
    }
    run.notes.server_answered = true;
    bool source_failed = false;
    PassedOn with;
    with.source_failed = &source_failed;
    auto result = pass_on(run, **opened, std::move(with));
    take_warnings();
    if (result.ok()) return std::optional(std::move(*result));
    if (source_failed && result.error().code != Code::interrupted) note_reach(ask_again(), run.notes);
    return std::move(result).error();
}

}  // namespace

PlanSourceResult back_up_postgresql(PlanSourceRun& run, const PostgresqlSource& source) {
    PostgresqlOptions options;
    options.conninfo = source.conninfo;
    options.as_user = source.as_user;
    PostgresqlNotes notes;
    const StopFlag& stop = run.context.stop();
    return back_up_server(run, open_postgresql(options, notes, run.context.clock, stop), notes,
                          [&] { return reach_postgresql(options, stop); });
}

PlanSourceResult back_up_mariadb(PlanSourceRun& run, const MariadbSource& source) {
    MariadbOptions options;
    options.defaults_file = source.defaults_file;
    options.as_user = source.as_user;
    MariadbNotes notes;
    return back_up_server(run, open_mariadb(options, notes, run.context.clock, run.context.stop()), notes,
                          [&] { return reach_mariadb(options); });
}

PlanSourceResult back_up_sqlite(PlanSourceRun& run, const SqliteSource& source) {
    FileTreeOptions own;
    exclude_own(run, own);
    TRY(check_is_not_own(source.file, own));
    TRY_ASSIGN(const PlanGuard guard, PlanGuard::look(run.context, run.request, run.notes, {}, {source.file}, false));
    SqliteOptions options;
    options.path = source.file;
    options.scratch_folder = join_path(run.context.config->service.cache_folder, "scratch");
    auto opened = open_sqlite(options, run.context.clock, run.context.stop());
    if (!opened.ok()) {
        note_absence(opened.error(), run.notes);
        return std::move(opened).error();
    }
    run.notes.warnings.insert(run.notes.warnings.end(), opened->warnings.begin(), opened->warnings.end());
    TRY_ASSIGN(BackupResult result, pass_on(run, *opened->source, {}));
    guard.remember(result);
    return std::optional(std::move(result));
}

PlanSourceResult back_up_command(PlanSourceRun& run, const CommandSource& source) {
    const StopFlag& stop = run.context.stop();
    CommandOptions options;
    options.arguments = source.arguments;
    options.time_limit_ns = source.limit_ns;
    TRY_ASSIGN(const CommandOutput output, take_output(options, stop));
    const PlanConfig& plan = run.request.plan;
    const OutputPlace place{run.context.config->service.cache_folder, plan.label, plan.name};
    TRY_ASSIGN(const bool is_same, is_same_as_last(run.repository, place, output));
    if (is_same) {
        run.notes.unchanged = true;
        return std::optional<BackupResult>();
    }
    TRY_ASSIGN(const auto stream, open_stream(output.content.get(), source.file, run.context.clock, &stop));
    TRY_ASSIGN(BackupResult result, pass_on(run, *stream, {}));
    const Status kept = remember_output(run.repository, place, output, result.snapshot);
    if (!kept.ok()) {
        run.notes.warnings.push_back(say("the next run stores the output again though it be the same: {}", kept.error().message));
    }
    return std::optional(std::move(result));
}

}  // namespace custody
