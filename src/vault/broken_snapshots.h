// Live snapshots that cannot be had whole: a tree or chunk of theirs is in no pack that is there and sound.
//
// From references alone, with the writer's keys: as `verify --level structure` sees it, so that packs which are damaged inside
// count where the ledger says so or a tree does not open. Labels without keys here, and snapshots whose record is lost, are left
// out. Reads every tree below the labels' snapshots once. Threads: one, as the repository. Errors: io, denied, interrupted.
#pragma once

#include "base/result.h"
#include "base/stop.h"
#include "vault/repository.h"

#include <set>
#include <vector>

namespace custody {

// By the ledger as it is read anew; sorted as the ledger has them. `only`: of these labels, null for all.
[[nodiscard]] Result<std::vector<Snapshot>> find_broken_snapshots(Repository& repository, const std::set<LabelId>* only,
                                                                  const StopFlag& stop);

}  // namespace custody
