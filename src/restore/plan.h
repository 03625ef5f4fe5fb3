// What of a snapshot is to be restored, and in which order: a walk over its trees, one step at a time.
//
// Paths are as the user gave them, with or without a leading or trailing '/'. The folders above a chosen path come along with
// their attributes, as parents. Memory: the chosen paths and the nodes on the way down. Threads: one.
#pragma once

#include "base/result.h"
#include "vault/tree_cursor.h"
#include "vault/tree_reader.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace custody {

struct PlanStep {
    enum class What { enter_folder, leave_folder, entry, lost };
    What what = What::entry;
    // Of enter_folder and entry; valid until the next step. A parent of what was chosen has attributes_only set.
    const Entry* entry = nullptr;
    // Of lost: what is in a folder, or some of it, or a chosen path, cannot be had; the line names it and the reason. corrupt,
    // denied.
    Error loss;
};

class Plan {
public:
    // not_found names the path that the snapshot does not have. usage: a prefix that something chosen does not lie below.
    // corrupt, denied: nothing that was chosen can be had. `strip_prefix` empty: nothing is stripped. `trees` outlives the plan.
    static Result<Plan> make(TreeReader& trees, const TreeId& root, const std::vector<std::string>& paths,
                             const std::string& strip_prefix);
    // Null-entry step `leave_folder` follows each enter_folder. False: the walk is over. A folder that cannot be read is a step
    // `lost`, and the walk goes on; an error only where that is the root.
    [[nodiscard]] Result<bool> next(PlanStep& step);
    // The folder that the prefix names: the target stands for it. Null: nothing is stripped.
    [[nodiscard]] const Entry* prefix_folder() const { return prefix_folder_ ? &*prefix_folder_ : nullptr; }
    // Do not go into the folder just entered; its leave_folder still follows.
    void skip_folder();

private:
    // Chosen paths by component; `all` means everything below.
    struct Choice {
        std::map<std::string, Choice> below;
        bool all = false;
    };
    struct Open {
        FolderCursor cursor;
        const Choice* choice = nullptr;  // null: everything
        std::size_t stripped = 0;        // components of the prefix still to go
        bool hidden = false;             // part of the prefix: not reported
        bool empty = false;
        std::size_t path_size = 0;  // of its own path in path_
    };
    explicit Plan(TreeReader& trees) : trees_(&trees) {}
    Status choose(const TreeId& root, const std::string& path);
    Result<bool> lose(const Error& why, PlanStep& step);
    Status check_prefix(const TreeId& root);
    static std::string first_chosen(std::string path, const Choice& choice);  // whole: of what lies at or below `path`

    TreeReader* trees_;
    std::unique_ptr<Choice> chosen_;  // stays where it is when the plan moves
    std::vector<std::string> prefix_;
    std::vector<Open> open_;
    Entry parent_;  // a copy of a folder's entry with attributes_only set
    std::optional<Entry> prefix_folder_;
    std::vector<Error> lost_;  // of chosen paths
    std::string path_;         // of the folder that the walk is in, "" the root
};

// "/srv//data/" -> {"srv", "data"}. usage: "." or ".." in it.
[[nodiscard]] Result<std::vector<std::string>> path_components(const std::string& path);

}  // namespace custody
