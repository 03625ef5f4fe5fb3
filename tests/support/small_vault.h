// A small family for tests: one keyring and two vaults of it, in a scratch folder, with cheap passphrases and a clock to move.
//
// Snapshots are written by hand through the writers of packs, trees and index (one pack of content and one of trees a snapshot),
// so that a test knows which object holds what. Every failure fails the test at once. Threads: none.
#pragma once

#include "tests/support/fake_clock.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/unsynced_file_system.h"
#include "vault/keys/keyring.h"
#include "vault/repository.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace custody::test {

class SmallVault {
public:
    // Path below the root ("etc/hosts") -> content.
    using Files = std::map<std::string, Bytes>;

    // Vaults "a" and "b", empty.
    SmallVault();

    // "a" or "b", or another made by make_vault.
    [[nodiscard]] std::string path(const std::string& vault) const { return scratch_ / vault; }
    void make_vault(const std::string& vault);
    [[nodiscard]] Repository open(const std::string& vault, bool tolerate_damage = false);
    [[nodiscard]] Result<Repository> try_open(const std::string& vault, bool tolerate_damage = false);
    [[nodiscard]] Keyring& keyring() { return *keyring_; }
    [[nodiscard]] const UnlockedKeyring& unlocked() { return *unlocked_; }
    [[nodiscard]] FakeClock& clock() { return clock_; }
    // Does not wait for the disk.
    [[nodiscard]] FileSystem& files() { return files_; }
    [[nodiscard]] const ScratchFolder& scratch() const { return scratch_; }

    // One snapshot; what the vault already holds of the label is not stored again. An hour passes.
    ObjectId back_up(const std::string& vault, const std::string& label, const std::string& name, const Files& files);
    // Three labels, five snapshots with shared and changed files, small and long ones, in "a"; copied to "b".
    void populate();
    [[nodiscard]] const std::map<ObjectId, Files>& stored() const { return stored_; }

    // The files of a vault's folder, names relative to it; whole.
    [[nodiscard]] std::map<std::string, Bytes> objects(const std::string& vault) const;
    void write_object(const std::string& vault, const std::string& name, ByteView content);
    void remove_object(const std::string& vault, const std::string& name);
    // Makes the vault's folder what `objects` said earlier.
    void put_back(const std::string& vault, const std::map<std::string, Bytes>& objects);
    // The keyring no longer knows how far any ledger had come.
    void forget_heads();

private:
    ScratchFolder scratch_;
    UnsyncedFileSystem files_;
    FakeClock clock_;
    std::unique_ptr<Keyring> keyring_;
    std::unique_ptr<UnlockedKeyring> unlocked_;
    std::map<ObjectId, Files> stored_;
};

// What the snapshot holds, read chunk by chunk through the tree reader: path -> content. A damaged file is left out.
[[nodiscard]] SmallVault::Files read_files(Repository& repository, const UnlockedKeyring& unlocked, const ObjectId& snapshot);

}  // namespace custody::test
