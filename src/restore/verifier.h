// Verification at four levels, with the keys each needs (DESIGN.md vault decision 12).
//   keyless    ledger replayed; every live object present, of its size, and hashed to its name; marks and reserve checked
//   structure  + index segments' signatures and pages, references of every snapshot resolve (packs are present and of their
//   size);
//              objects are not read whole
//   sample, full  + blocks decrypted, decompressed, every chunk and node re-hashed; names paths
// Full reads every live pack exactly once. Threads: own worker pool. Memory bounded.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "base/stop.h"
#include "vault/repository.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace custody {

enum class VerifyLevel { keyless, structure, sample, full };
struct VerifyOptions {
    VerifyLevel level = VerifyLevel::structure;
    double sample_percent = 5;
    std::vector<ObjectId> snapshots;  // empty: all live
    const UnlockedKeyring* unlocked = nullptr;
    std::set<SignerId> signers;  // trusted beside the keyring's
    unsigned threads = 0;
};
struct VerifyResult {
    struct Affected {
        std::string snapshot;  // 64 hex
        std::string path;      // raw; empty when names cannot be read at this level
    };
    struct Damage {
        std::string object;   // object name
        std::string kind;     // "pack", "index", "snapshot", "ledger", "witness", "marks", "reserve", "header", "medium"
        std::string problem;  // in words
        std::vector<Affected> affects;
    };
    // This user may not read it: whether it is damaged is not known.
    struct Unopened {
        std::string object;
        std::string why;
    };
    VerifyLevel level = VerifyLevel::structure;
    std::uint64_t objects = 0, bytes_read = 0;
    std::vector<Damage> damaged;
    std::vector<Unopened> unopened;
    std::vector<std::string> notes;         // unknown signers, orphans, destroyed labels, "head not witnessed", unreadable labels
    std::vector<std::string> lost_records;  // 64 hex; of the snapshots whose own record is damaged or missing
    std::uint64_t locked_packs = 0;         // whole, and not to be opened with the keys here
    std::set<std::pair<std::string, std::uint32_t>> missing_keys;  // which would open them: label, epoch
    std::vector<Affected> locked;                                  // what snapshots have in them alone
    std::uint64_t destroyed_snapshots = 0;                         // of labels whose keys were destroyed: no damage
    [[nodiscard]] bool ok() const { return damaged.empty() && unopened.empty() && locked_packs == 0; }
};
// A ledger that does not replay is itself a Damage in the result, as far as that can be told; wrong_key: the level needs keys
// that are not here, naming the level that would work.
[[nodiscard]] Result<VerifyResult> verify(Repository& repository, const VerifyOptions& options, Progress& progress,
                                          const StopFlag& stop);
// The same for a vault that may be too damaged to open: a header that cannot be read, a ledger that does not replay or does not
// reach the head that `keyring` remembers, are damage like any other, and all else is checked as far as it can be. `keyring`
// null: keyless only, and no head to compare with.
[[nodiscard]] Result<VerifyResult> verify_location(FileSystem& files, const std::string& reference, Keyring* keyring,
                                                   const VerifyOptions& options, Progress& progress, const StopFlag& stop);

}  // namespace custody
