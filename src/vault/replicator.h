// Bringing another vault of the family into step, and healing a vault from another. No label secret is needed: packs and
// snapshots are copied verbatim, index segments are written anew. Never removes. Threads: one.
#pragma once

#include "base/progress.h"
#include "base/result.h"
#include "base/stop.h"
#include "vault/closed_labels.h"
#include "vault/repository.h"

#include <string>
#include <vector>

namespace custody {

struct CopyOptions {
    // Every object that this copy writes is read again from the medium (ObjectStore::forget_cached) and hashed to its name before
    // the target's ledger names the snapshots that need it. corrupt, naming medium and object: what came of it is not published.
    bool read_back = false;
};
struct CopyResult {
    std::uint64_t snapshots_copied = 0, snapshots_present = 0;  // present: whole there, as far as presence and size tell
    std::uint64_t packs_copied = 0, bytes_copied = 0;
    std::uint64_t objects_read_back = 0, bytes_read_back = 0;
    std::vector<std::string> warnings;
    std::vector<ObjectId> damaged;        // snapshots left out because the source is damaged, each named in a warning: exit 4
    std::vector<ObjectId> damaged_there;  // the target has them, and not whole: each named in a warning, exit 4
    struct LeftOut {
        ObjectId snapshot;
        ClosedLabel label;
    };
    std::vector<LeftOut> left_out;  // because no writer keys of their labels are here, each named in a warning: exit 3
};
// refused: another family. Every pack is hashed while it is copied; the snapshots of a damaged source pack are left out and
// named, the others go on; so is one that was named whose record the source has lost, also where the target has it. What the
// target has already and not whole is not brought again: repair does that, and a warning says so. What the target has is known
// from its packs' names and from index segments that this host signed: another writer's segment could claim what is not there,
// and a copy made without secrets could not tell (DESIGN.md, keys). At the end each of the two holds witnesses of the other's
// ledger; that the source takes none is a warning. corrupt: one of the two was rolled back or cut, as the other remembers it.
// `snapshots` empty: all live ones. Forgotten on the target: not brought back unless named.
[[nodiscard]] Result<CopyResult> copy_snapshots(Repository& from, Repository& to, const std::vector<ObjectId>& snapshots,
                                                Progress& progress, const StopFlag& stop, const CopyOptions& options = {});

struct RepairResult {
    std::uint64_t objects_healed = 0, bytes_copied = 0;
    std::vector<std::string> healed;   // object names
    std::vector<std::string> removed;  // damaged packs of which nothing is needed that lies nowhere else: gone, not healed
    struct Lost {
        std::string object;
        std::string why;
    };
    std::vector<Lost> lost;  // what no copy could heal
    struct SetAside {
        std::string object;
        std::string to;   // where it lies now, in the vault's folder
        std::string why;  // what it was, and what comes of it
    };
    std::vector<SetAside> set_aside;    // taken out of the vault's content, not deleted
    std::vector<std::string> warnings;  // no damage
};
// `from` null: only what can be rebuilt from this vault itself (header, index segments from packs, marks, reserve).
// A pack or snapshot is taken from the other vault by its name; where that has no such pack, the blocks that live snapshots need
// are looked for one by one: in the other vault, whose packs are hashed first, then in the damaged pack itself, where `unlocked`
// must prove them (null: a damaged pack that alone has some block is kept as it is). `damaged` is opened with tolerate_damage. A
// ledger is healed from the witnesses of its entries, here and in the other vault, as far as the hash chain proves them; corrupt:
// that does not make it whole, or it went on after a rollback. refused: another family. busy: prune runs and the marks are
// damaged, or others took away below it what it was about to enter, time and again. denied, io: an object cannot even be opened,
// which says nothing of its bytes; what was set aside and healed until then goes to `progress`. Others may write and prune
// meanwhile: what the ledger no longer names is not spoken of. Durable when it returns; run again after a crash.
[[nodiscard]] Result<RepairResult> repair(Repository& damaged, Repository* from, Progress& progress, const StopFlag& stop,
                                          const UnlockedKeyring* unlocked = nullptr);

}  // namespace custody
