// An independent judge of "exactly as it was": compares two folders in every attribute that Custody promises to bring back.
//
// Written with plain POSIX calls and none of Custody's code, so that an error of Custody's cannot excuse itself. Walks by
// directory descriptor (two per level), so paths may be of any length. Threads: none. Nothing is changed; atime may be.
#pragma once

#include <string>
#include <vector>

namespace custody::test {

struct CompareOptions {
    bool owners = true;             // uid and gid
    bool privileged_xattrs = true;  // trusted.* and security.*
    bool flags = true;              // FS_IOC_GETFLAGS: those a user can set
    bool holes = true;              // the data map by SEEK_DATA and SEEK_HOLE
    bool top_attributes = true;     // of the two given folders themselves
    bool device_nodes = true;       // false: they may be missing on the right (an ordinary user cannot make them)
    bool setid_bits = true;
};

// One line a difference, at most 200; empty: the two are equal.
[[nodiscard]] std::vector<std::string> compare_trees(const std::string& left, const std::string& right,
                                                     const CompareOptions& options = {});

}  // namespace custody::test
