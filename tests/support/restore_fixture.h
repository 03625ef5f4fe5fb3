// A real vault in a scratch folder, a source folder to back up and a target to restore to.
//
// Ownership: owns everything, removed at the end. Threads: none. A backup that fails fails the test at once.
#pragma once

#include "restore/restorer.h"
#include "tests/support/fake_clock.h"
#include "tests/support/scratch_folder.h"
#include "vault/archiver.h"
#include "vault/repository.h"
#include "vault/sources/file_tree.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace custody::test {

class RestoreFixture {
public:
    RestoreFixture();

    // Of `paths` (the source folder when empty) under label "business".
    Snapshot back_up(const std::vector<std::string>& paths = {});
    Snapshot back_up_from(Source& source, const std::string& label, const std::string& name);
    // To `target` with the options as they are set.
    [[nodiscard]] Result<RestoreResult> try_restore(const Snapshot& snapshot);
    RestoreResult restore(const Snapshot& snapshot);
    // Where the source folder comes back.
    [[nodiscard]] std::string restored(const std::string& name = "") const {
        return target + source + (name.empty() ? "" : "/" + name);
    }
    [[nodiscard]] std::vector<std::string> packs() const;  // paths of pack files, sorted by size, smallest first
    void reopen();                                         // the vault, after its files were changed

    ScratchFolder scratch{"restore"};
    std::string source = scratch / "source";  // exists
    std::string target = scratch / "target";  // does not
    std::string vault = scratch / "vault";
    FakeClock clock;
    std::optional<Keyring> keyring;
    std::optional<UnlockedKeyring> unlocked;
    std::optional<Repository> repository;
    RestoreOptions options;
    StopFlag stop;
};

}  // namespace custody::test
