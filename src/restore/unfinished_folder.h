// The mark of a folder that a restore made and has not finished: an empty file in it, whose name holds the folder's inode and the
// snapshot's id. It tells such a folder, which has mode 0700 so far, from one of the user's when the restore is run again.
//
// Nothing is read from a mark. It counts only as a plain file of this user's own, with one name, in the folder that it names; a
// copy, or one that somebody else put there, does not. So it can only ever say something of the folder that it was met in.
// Threads: any. `folder` is an open descriptor, O_PATH will do. Durable: as the folder itself, in which order it was made.
#pragma once

#include <sys/types.h>

#include <string>

namespace custody {

[[nodiscard]] bool is_mark_name(const std::string& name);
// The name of the mark that mark_unfinished() makes there; empty: the folder cannot be looked at.
[[nodiscard]] std::string mark_name(int folder, const std::string& snapshot);
// 0, or the errno that kept it from being made.
[[nodiscard]] int mark_unfinished(int folder, const std::string& snapshot);
// Makes a folder that has its mark from the moment on that it has its name, under `temporary` so far; EEXIST where the name is
// taken. 0, or the errno; then nothing is left of it.
[[nodiscard]] int make_unfinished_folder(int parent, const char* temporary, const char* name, mode_t mode,
                                         const std::string& snapshot);
// A folder under a temporary name, which holds its mark at most; one that holds more stays.
void remove_temporary_folder(int parent, const char* name);
// `coarse`: the file system knows no owners of its own.
[[nodiscard]] bool is_mark_of(int folder, const std::string& name, bool coarse);

}  // namespace custody
