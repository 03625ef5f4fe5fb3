// Everything of one vault into another of its family, proven: what `media replace` and a copy's own identity stand on.
//
// Threads: one. Errors: what ends the copy (vault/replicator.h). Durable when it returns; run again after a crash it goes on.
#pragma once

#include "restore/verifier.h"
#include "vault/replicator.h"

#include <string>
#include <vector>

namespace custody {

struct BroughtOver {
    CopyResult copied;                 // of both passes; its warnings are those that still hold
    std::uint64_t holds_laid = 0;      // legal holds are each vault's own: those of `from` stand in `to` as well now
    std::uint64_t objects_read = 0;    // of `to`, read back past no trust in what was written, and hashed to their names
    std::vector<std::string> lacking;  // why `to` does not stand for `from` yet, one line each; empty: it does
    [[nodiscard]] bool is_complete() const { return lacking.empty(); }
};
// Snapshot ids, orders and holds stay. The ledger of `from` goes along as witnesses, so that its history can be read afterwards.
[[nodiscard]] Result<BroughtOver> bring_over(Repository& from, Repository& to, Progress& progress, const StopFlag& stop);

}  // namespace custody
