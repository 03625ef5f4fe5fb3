// A folder of a test's own, removed with everything in it when the test ends.
//
// Removal copes with what the tests make: paths longer than PATH_MAX, immutable and append-only flags, folders without
// permissions. Threads: none. Errors: a folder that cannot be made ends the test program (std::abort): nothing could be proven.
#pragma once

#include <string>

namespace custody::test {

class ScratchFolder {
public:
    // Below TMPDIR, else /tmp; readable by everyone, so that tests may drop their privileges.
    explicit ScratchFolder(const std::string& purpose);
    // For tests of a vault that hold on any file system: below CUSTODY_TEST_VAULT_ROOT where it is set.
    [[nodiscard]] static ScratchFolder for_vaults(const std::string& purpose);
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
    ScratchFolder(const std::string& base, const std::string& purpose);
    std::string path_;
};

// Removes a file or a folder with all that is below it; nothing there is no error. True when it is gone.
bool remove_tree(const std::string& path);

}  // namespace custody::test
