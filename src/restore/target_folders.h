// The folders below the target of a restore, by number, and descriptors to them that nothing can lead astray.
//
// The target is an open folder. Every folder below it is opened from its parent's descriptor, one component at a time, by
// openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS: names of a hostile tree, links planted in the way and folders swapped
// for links while we run cannot lead outside, and a path may be longer than PATH_MAX. A folder opened again must be the same
// inode as before, but where numbers do not last while nobody has it open (FAT, exFAT, drivers in user space): there it must be
// on the same file system and, through a driver in user space, this user's or that of the target's owner.
//
// At most kOpenFolders descriptors are kept; the least recently used is closed. Ownership: owns the descriptors; a Handle keeps
// one open beyond its eviction. Threads: open() and path_of() from any; the rest from one. Memory: a slot for each folder not
// yet released.
#pragma once

#include "base/result.h"
#include "restore/proc_path.h"

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace custody {

using FolderId = std::uint32_t;  // 0 is the target
inline constexpr FolderId kTargetFolder = 0;
inline constexpr std::size_t kOpenFolders = 256;

enum class FolderState {
    made,      // by this run: nothing is in it that we did not put there
    existing,  // was there before
    absent,    // a dry run would make it
    blocked,   // something else is in its place, or it cannot be made: nothing can be restored below it
};

struct FolderFacts {
    FolderState state = FolderState::existing;
    // What a new file in it would get from it: a default ACL or inheritable flags, to be taken away again. A folder of somebody
    // else's may be given such a list at any time.
    bool gives_acl = false;
    bool gives_flags = false;
    bool is_ours = false;  // made by this restore, or by one that was interrupted: it has no attributes yet that anybody gave it
    bool keeps = false;    // existing, and not ours to change: it keeps the attributes it has
    bool lets_no_name_go = false;  // append-only, and not to be lifted: what is made in it has its name at once or not at all
};

class TargetFolders {
public:
    using Handle = std::shared_ptr<const Fd>;

    // The target. usage: it is not a folder. Nothing is made: an absent target is a folder of state `absent`, and where it could
    // not be made the error is that of make_absent().
    static Result<std::unique_ptr<TargetFolders>> open(const std::string& target);
    // A target that was absent, with all its missing parents: made, with the mark of what is unfinished from the moment on that
    // it has its name (unfinished_folder.h). exists: somebody else made one of them meanwhile. Nothing is done to one that was
    // there. Before anything is opened or added. `mode`: what of it the umask grants, until it has its own.
    [[nodiscard]] Status make_absent(const std::string& snapshot, mode_t mode = 0777);
    // The name of the mark of a target that was made.
    [[nodiscard]] const std::string& target_mark() const { return mark_; }

    // An O_PATH descriptor of the folder. io "was replaced" when it is not the folder it was.
    [[nodiscard]] Result<Handle> open(FolderId folder);
    // One that can be read and whose attributes can be set, not kept.
    [[nodiscard]] Result<Fd> open_readable(FolderId folder);

    // Of the target or, where that is absent, of the nearest folder above it that is there.
    [[nodiscard]] int nearest_descriptor() const { return above_.valid() ? above_.get() : root_descriptor(); }
    // Of the target itself; -1 when it is absent.
    [[nodiscard]] int root_descriptor() const { return slots_[kTargetFolder].handle ? slots_[kTargetFolder].handle->get() : -1; }

    // A number for `name` in `parent`. Nothing is made or opened.
    [[nodiscard]] FolderId add(FolderId parent, const std::string& name, FolderState state);
    void set_facts(FolderId folder, const FolderFacts& facts);
    // What was just made under its name: anything else that open() meets there is not the folder. Before it is opened.
    void expect(FolderId folder, std::uint64_t device, std::uint64_t inode);
    // The folder is finished: its slot is given back once its children's are and unless it is pinned.
    void release(FolderId folder);
    [[nodiscard]] bool is_released(FolderId folder) const;
    // Keeps the folder and those above it known after release(): a hard link will be made from it.
    void pin(FolderId folder);

    [[nodiscard]] FolderFacts facts(FolderId folder) const;
    [[nodiscard]] FolderId parent(FolderId folder) const;
    [[nodiscard]] bool target_was_empty() const { return was_empty_; }
    [[nodiscard]] const std::string& target() const { return target_; }
    // As shown to a person: the target and the names below it.
    [[nodiscard]] std::string path_of(FolderId folder) const;
    [[nodiscard]] std::string path_of(FolderId folder, const std::string& name) const { return path_of(folder) + "/" + name; }
    // Of every file system that something was written to: each is synced once. Durable when it returns.
    [[nodiscard]] Status sync_all();

private:
    struct Slot {
        FolderId parent = 0;
        std::string name;
        FolderFacts facts;
        Handle handle;  // null: not open
        std::list<FolderId>::iterator recent;
        std::uint64_t device = 0, inode = 0;  // 0: not opened yet
        std::uint32_t children = 0;           // slots that name this one as parent
        bool pinned = false, released = false;
    };
    explicit TargetFolders(std::string target) : target_(std::move(target)) {}
    Status take_target(Fd opened);
    [[nodiscard]] std::string path_of_locked(FolderId folder) const;
    Result<Handle> open_locked(FolderId folder);
    Status open_child_locked(FolderId folder);
    void keep_few_locked();
    void free_unneeded_locked(FolderId folder);

    std::string target_;
    bool was_empty_ = true;
    Fd above_;             // of an absent target: see nearest_descriptor()
    std::string missing_;  // the path from there to the target
    std::string mark_;
    mutable std::mutex mutex_;
    std::deque<Slot> slots_;
    std::vector<FolderId> free_;
    std::list<FolderId> recent_;  // most recent first; without the target, which stays open
    std::set<std::uint64_t> devices_;
    std::vector<Fd> synced_;  // one readable folder on each device
};

// A path for a message, put together only when there is something to say. Refers to what it was made from.
struct ShownPath {
    const TargetFolders& folders;
    FolderId folder = kTargetFolder;
    const std::string* name = nullptr;  // null: the folder itself
    [[nodiscard]] std::string text() const { return name == nullptr ? folders.path_of(folder) : folders.path_of(folder, *name); }
};

// A folder `name` of `parent`, never through a link; `how` are further open(2) flags (O_PATH, O_RDONLY). -1 and errno.
[[nodiscard]] int open_folder_beneath(int parent, const char* name, int how);
// Gives `from` the name `to` in the same folder unless that is taken (EEXIST). 0, or -1 and errno.
[[nodiscard]] int rename_exclusively(int folder, const char* from, const char* to);
// Somebody who may rename beside it put another in its place.
[[nodiscard]] Error replaced_folder(const std::string& path);
// 0: nothing is in the open folder. ENOTEMPTY: something is. Else the errno that kept it from being looked at.
[[nodiscard]] int check_empty(int folder);

}  // namespace custody
