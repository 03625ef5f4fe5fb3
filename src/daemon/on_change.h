// Watches the trees of plans with on_change = true and says which plan is to run, once its changes have settled.
//
// Each file system that a watched path lies on, or that is mounted below one, is marked as a whole by fanotify where that is
// allowed and the file system can name its files (btrfs subvolumes cannot before Linux 6.8); elsewhere its folders are watched
// one by one by inotify. Where neither works, or beyond kMaxFolders folders, notes() says what is not watched: the plan's
// schedule covers it. A queue that ran over counts as a change of every plan that it may concern. What a plan excludes does not
// set it off, nor do Custody's own folders (a backup of /etc writes into the keyring below it), nor reading and access times.
//
// Ownership: a ChangeWatch owns a thread, which ends with it; `due` is called from that thread, and only until the destructor
// returns. Threads: notes() from any. Errors: failed, io. A folder that is mounted later is seen after the next start or reload.
#pragma once

#include "base/result.h"
#include "daemon/change_events.h"
#include "daemon/change_settler.h"
#include "vault/sources/path_plan.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace custody {

struct WatchedPlan {
    std::string plan;
    std::vector<std::string> paths;     // absolute
    std::vector<std::string> excludes;  // as in FileTreeOptions
    bool one_file_system = false;
};
struct OnChangeOptions {
    std::int64_t quiet_ns = std::int64_t{30} * 1'000'000'000;
    std::int64_t max_wait_ns = std::int64_t{900} * 1'000'000'000;
    std::vector<std::string> own_folders;  // keyring, vaults, cache, state
    bool allow_fanotify = true;            // false: for tests of the other way
    std::size_t max_folders = kMaxFolders;
};

// Which plans a change concerns. Pure.
class ChangeJudge {
public:
    ChangeJudge(const std::vector<WatchedPlan>& plans, std::vector<std::string> own_folders);
    [[nodiscard]] std::vector<std::string> plans_of(const FileChange& change) const;
    // False: nothing at or below this folder concerns any plan.
    [[nodiscard]] bool may_concern(const std::string& folder) const;
    [[nodiscard]] std::vector<std::string> all_plans() const;

private:
    struct Plan {
        std::string name;
        std::vector<std::string> paths;
        std::unique_ptr<Excludes> excludes;
    };
    [[nodiscard]] bool is_own(const std::string& path) const;
    [[nodiscard]] static bool concerns(const Plan& plan, const std::string& path);
    std::vector<Plan> plans_;
    std::vector<std::string> own_;
};

class ChangeWatch {
public:
    [[nodiscard]] static Result<std::unique_ptr<ChangeWatch>> start(const std::vector<WatchedPlan>& plans,
                                                                    const OnChangeOptions& options,
                                                                    std::function<void(const std::string& plan)> due);
    virtual ~ChangeWatch() = default;
    // What is not watched, and why; grows.
    [[nodiscard]] virtual std::vector<std::string> notes() const = 0;
};

}  // namespace custody
