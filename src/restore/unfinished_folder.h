// The mark of a folder that a restore made and has not finished: an empty file in it, whose name holds the folder's inode and the
// snapshot's id. It tells such a folder, which has mode 0700 so far, from one of the user's when the restore is run again.
//
// Nothing is read from a mark. It counts only as a plain file of this user's own, with one name, in the folder that it names; a
// copy, or one that somebody else put there, does not. So it can only ever say something of the folder that it was met in. The
// folder is this user's own, too. Root's mark counts also where the folder is whose it is to be: it gets its owner before its
// mark goes, and that owner, who could give another file of root's in it the name of a mark, gains nothing but what he had.
//
// Taking the mark away moves the folder's time. For what is left to be set then it moves beside the folder, under the same name,
// where that is on the same medium and in a folder of this user's or of root's.
//
// FAT, exFAT and drivers in user space may number a folder anew each time it is mounted or renamed, and most know no owners:
// there a mark counts whoever it belongs to, and one of the very snapshot also under another inode.
//
// The folder that a new one is made in may be somebody else's, who may put another in its place at any time. What was made is
// therefore known by a descriptor and its inode, not by its name.
// Threads: any. `folder` is an open descriptor, O_PATH will do. Durable: as the folder itself, in which order it was made.
#pragma once

#include "base/file.h"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace custody {

[[nodiscard]] bool is_mark_name(const std::string& name);
// The name of the mark that a restore of `snapshot` makes there; empty: the folder cannot be looked at.
[[nodiscard]] std::string mark_name(int folder, const std::string& snapshot);
// 0, or the errno that kept it from being made.
[[nodiscard]] int mark_unfinished(int folder, const std::string& snapshot);
// What was made, or why nothing was. While `folder` is held, nothing else on its file system has its inode.
struct MadeFolder {
    int reason = 0;  // the errno; ESTALE: somebody put another folder in its place. That one stays, as what it is
    Fd folder;       // to read
    std::uint64_t device = 0, inode = 0;
    std::string mark;  // the name of the one that it has
};
// Makes a folder that has its mark from the moment on that it has its name, under `temporary` so far; EEXIST where the name is
// taken. In an append-only folder, which lets no name go, it gets its mark right after its name. Unless it was made nothing is
// left of it, as far as its parent lets that go.
[[nodiscard]] MadeFolder make_unfinished_folder(int parent, const char* temporary, const char* name, mode_t mode,
                                                const std::string& snapshot);
// One without a mark, in the same way. `snapshot`: for a mark that it may have for a moment.
[[nodiscard]] MadeFolder make_plain_folder(int parent, const char* name, mode_t mode, const std::string& snapshot);
// A folder under a temporary name, which holds its mark at most; one that holds more stays.
void remove_temporary_folder(int parent, const char* name);
// What a restore has to say of the marks that it meets.
struct MarkSigns {
    std::string snapshot;                // its own
    std::optional<std::uint32_t> owner;  // whose the folder is to be, where that is known
    bool coarse = false;                 // the file system may know no owners of its own, and number things anew
};
enum class MarkKind {
    none,    // something else, or somebody else's
    stray,   // this user's, and the folder's; but that has an owner whom this restore did not give it
    counts,  // the folder is to be finished
};
// `place`: where it lies, the folder itself or one above that takes_marks().
[[nodiscard]] MarkKind kind_of_mark(int folder, int place, const std::string& name, const MarkSigns& signs);
// A folder that this user's marks are safe in and can be taken from again.
[[nodiscard]] bool takes_marks(int folder);

}  // namespace custody
