// A vault, a keyring and a folder to back up; and what a snapshot holds, read back without the restorer.
#pragma once

#include "tests/support/fake_clock.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/memory_store.h"
#include "tests/support/scratch_folder.h"
#include "vault/archiver.h"
#include "vault/repository.h"
#include "vault/sources/file_tree.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace custody::test {

struct StoredEntry {
    Entry entry;
    std::string content;  // files up to 256 MiB: holes as zeros
};
using StoredTree = std::map<std::string, StoredEntry>;  // by absolute path

class BackupFixture {
public:
    BackupFixture();

    // A run over `top`, unless options or a source say otherwise. Aborts the test where it fails.
    [[nodiscard]] Result<BackupResult> try_backup();
    [[nodiscard]] Result<BackupResult> try_backup(Source& source);
    BackupResult backup();
    BackupResult backup(Source& source);
    [[nodiscard]] StoredTree read(const ObjectId& snapshot);
    [[nodiscard]] std::string at(const std::string& name) const { return top + "/" + name; }
    void folder(const std::string& name);                        // made below top
    [[nodiscard]] std::size_t count(const std::string& prefix);  // objects in the store
    // Files of the test are old enough to be believed from now on (settle_ns of tree_options, whatever file system they lie on).
    void let_settle() { clock.advance(10 * kSecond); }

    ScratchFolder scratch{"backup"};
    std::string top = scratch / "top";  // exists
    FakeClock clock;
    MemoryStore store;
    std::optional<Keyring> keyring;
    std::optional<Repository> repository;
    FileTreeOptions tree_options;
    FileTreeNotes notes;
    BackupOptions options;
    StopFlag stop;
};

}  // namespace custody::test
