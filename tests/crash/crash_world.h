// A small world that is driven into faults: a keyring and two vaults of its family on a disk in memory, a real folder to
// back up, and the record of what was promised. Used by failing_operations_test, power_cut_test and
// medium_faults_test.
//
// A World lies wholly on the FileSystem it is given, so that a disk can be copied, cut or made to fail between any two of its
// operations. Threads: one. Errors: a fault that was injected comes back as a value; anything else fails the test.
#pragma once

#include "base/file.h"
#include "tests/support/fake_clock.h"
#include "tests/support/power_cut_file_system.h"
#include "tests/support/scratch_folder.h"
#include "vault/archiver.h"
#include "vault/keys/keyring.h"
#include "vault/repository.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace custody::test {

inline constexpr std::string_view kFirstVault = "/a/vault";
inline constexpr std::string_view kSecondVault = "/b/vault";

// A snapshot that was reported as done, and a copy of what it must give back.
struct Promise {
    std::string vault;
    ObjectId snapshot;
    std::string copy;
};

enum class Deed { backup, copy, forget, prune, rotate };
[[nodiscard]] const char* deed_name(Deed deed);

class World {
public:
    World();
    // A disk with two vaults, three snapshots in the first and one of them in the second, some of it garbage for prune.
    [[nodiscard]] std::unique_ptr<PowerCutFileSystem> fresh_disk() const { return base_->kill(); }
    // The same, laid out below "/" of another file system; not synced.
    Status lay_out(FileSystem& files) const;
    [[nodiscard]] const std::vector<Promise>& promises() const { return promises_; }

    // Does one thing on `files`, opening everything anew as a process would. What it reports as done is added to `made`.
    Status perform(Deed deed, FileSystem& files, std::vector<Promise>& made);
    // Every promise restores in full, verify finds no damage, a backup succeeds. Empty: all well; else what is wrong, in words.
    std::string judge(FileSystem& disk, const std::vector<Promise>& promises);
    // Chunks stored by a backup of the source now: 0 when everything is known already.
    Result<BackupResult> back_up(FileSystem& files, const std::string& vault);
    void change_source();
    [[nodiscard]] const std::string& source() const { return source_; }

private:
    Result<Keyring> keyring(FileSystem& files) const;
    Result<Promise> back_up_and_promise(FileSystem& files, const std::string& vault);
    std::string judge_vault(FileSystem& files, Keyring& keys, const std::string& vault, const std::vector<Promise>& promises);

    ScratchFolder scratch_;
    std::string source_;
    FakeClock clock_;
    int copies_ = 0, changes_ = 0;
    std::unique_ptr<PowerCutFileSystem> base_;
    std::vector<Promise> promises_;
    std::unique_ptr<UnlockedKeyring> unlocked_;
    ObjectId doomed_;
};

}  // namespace custody::test
