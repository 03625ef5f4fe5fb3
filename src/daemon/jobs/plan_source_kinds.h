// One function for each kind of source; of plan_source*.cc.
#pragma once

#include "daemon/jobs/plan_source.h"
#include "vault/sources/file_tree.h"

#include <functional>
#include <string>
#include <vector>

namespace custody {

// What they share, for one run.
struct PlanSourceRun {
    const JobContext& context;
    Repository& repository;
    const PlanSourceRequest& request;  // own_folders by every name that they have
    PlanSourceNotes& notes;
    const BackUp& back_up;
    const std::vector<std::string>& own_as_known;  // own folders by the names that everybody knows
};
using PlanSourceResult = Result<std::optional<BackupResult>>;

[[nodiscard]] PlanSourceResult back_up_files(PlanSourceRun& run, const FilesSource& source);
[[nodiscard]] PlanSourceResult back_up_image(PlanSourceRun& run, const ImageSource& source);
[[nodiscard]] PlanSourceResult back_up_postgresql(PlanSourceRun& run, const PostgresqlSource& source);
[[nodiscard]] PlanSourceResult back_up_mariadb(PlanSourceRun& run, const MariadbSource& source);
[[nodiscard]] PlanSourceResult back_up_sqlite(PlanSourceRun& run, const SqliteSource& source);
[[nodiscard]] PlanSourceResult back_up_command(PlanSourceRun& run, const CommandSource& source);

struct PassedOn {
    std::vector<std::string> plan_facts = {};
    std::function<Status(const BackupResult&)> may_publish = {};
    bool unlimited = false;         // whoever waits for its end would wait longer for a limit
    bool* source_failed = nullptr;  // set where the source said an error
};
// Calls run.back_up with the source, at the plan's bandwidth.
[[nodiscard]] Result<BackupResult> pass_on(PlanSourceRun& run, Source& source, PassedOn with);

// Hooks around `work`, as the plan has them.
[[nodiscard]] PlanSourceResult with_hooks(PlanSourceRun& run, const Hooks& hooks,
                                          const std::function<Result<BackupResult>()>& work);

// Inodes of what is Custody's own into `options`: folders, and the files of the catalogue, which may have other names.
void exclude_own(const PlanSourceRun& run, FileTreeOptions& options);
// refused: `path` is Custody's own, or lies in what is.
[[nodiscard]] Status check_is_not_own(const std::string& path, const FileTreeOptions& options);

}  // namespace custody
