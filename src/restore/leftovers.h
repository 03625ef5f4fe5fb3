// Temporary files of restores and exports, and what a run that was killed left of them.
//
// A name says which process made it: ".custody-restore-<process>-<16 hex of its run>-<number>". What such a name belongs to is
// left over when that process is gone: ended though nobody has asked how (a zombie), ended and its number given to another, or
// never seen. Ownership: values. Threads: one. Durable: nothing. Nothing is an error: a leftover that stays does no harm.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

namespace custody {

// What the names of a run begin with; a number follows.
[[nodiscard]] std::string make_run_prefix();

class Leftovers {
public:
    // Whether `name` in the open folder is what a dead run left. A process that is just ending is given a moment, once.
    [[nodiscard]] bool is_one(int folder, const std::string& name);

private:
    bool is_gone(pid_t process);
    std::map<pid_t, bool> gone_;  // those that were asked for
};

// For a single output file that is written beside its place: the name to write it under. Every run for the same output gives
// names that remove_leftovers_beside() knows again.
[[nodiscard]] std::string temporary_beside(const std::string& output);
// Held while it is written: says to other machines of a network file system that the file is still wanted.
void hold_temporary(int descriptor);
// Plain files that dead runs left of this very output.
void remove_leftovers_beside(const std::string& output);

}  // namespace custody
