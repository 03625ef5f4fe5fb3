// A real vault in a scratch folder, whose snapshots are written by hand with the pack floor's own writers: small, quick, and
// stoppable between any two steps of a backup. For tests of what stands beside and above writers.
#pragma once

#include "tests/support/fake_clock.h"
#include "tests/support/keyring_fixtures.h"
#include "tests/support/scratch_folder.h"
#include "vault/repository.h"
#include "vault/store/session.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace custody::test {

using HandFiles = std::map<std::string, Bytes>;  // name -> content; each file is one chunk in a block of its own

// How far a run goes before it "crashes".
enum class RunUntil { session, packs, index, snapshot, published };

class HandVault {
public:
    explicit HandVault(FileSystem& files = posix_file_system());

    // Another process's view of the same vault.
    [[nodiscard]] Repository open(OpenOptions options = {});
    [[nodiscard]] Repository& repository() { return *repository_; }
    [[nodiscard]] ObjectStore& store() { return repository_->store(); }
    [[nodiscard]] Keyring& keyring() { return *keyring_; }
    [[nodiscard]] FakeClock& clock() { return clock_; }
    [[nodiscard]] std::string path() const { return scratch_ / "vault"; }
    [[nodiscard]] const ScratchFolder& scratch() const { return scratch_; }
    [[nodiscard]] WriterKeys const& keys(const std::string& label);
    [[nodiscard]] const LabelSecrets& secrets(const std::string& label);

    struct Run {
        std::string label = "business", name = "data";
        RunUntil until = RunUntil::published;
        std::size_t files_a_block = 1;
        bool clock_suspect = false;
        bool says_label = false;  // in the entry; early versions did not
    };
    // A run within a session of its own, or within `session`. Deduplicates as decision 6 wants it. Zero id: not published.
    ObjectId back_up(const HandFiles& files, const Run& run);
    ObjectId back_up(const HandFiles& files) { return back_up(files, Run{}); }
    ObjectId back_up(const HandFiles& files, const Run& run, const Session& session);

    void forget(const ObjectId& id);
    void hold(const ObjectId& id, const std::string& reason);
    // What the snapshot gives back now, every byte checked against its ids; an error in words otherwise.
    [[nodiscard]] Result<HandFiles> read_back(const ObjectId& id);
    // Names of objects, all below `folder` ("packs", "index", ...).
    [[nodiscard]] std::vector<std::string> names(const std::string& folder);
    // Every object that the ledger names is there and of its size.
    [[nodiscard]] Status check_objects();

private:
    ScratchFolder scratch_ = ScratchFolder::for_vaults("hand-vault");
    FakeClock clock_;
    FileSystem& files_;
    std::unique_ptr<Keyring> keyring_;
    std::unique_ptr<Repository> repository_;
    std::map<std::string, std::shared_ptr<const WriterKeys>> keys_;
    std::map<std::string, std::shared_ptr<const LabelSecrets>> secrets_;
};

}  // namespace custody::test
