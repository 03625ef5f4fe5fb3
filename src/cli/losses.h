// What verify, repair and status say of snapshots that lost something: how they are healed, or ended where nothing heals them.
// Threads: one. Errors: those of the vault.
#pragma once

#include "cli/context.h"
#include "restore/verifier.h"
#include "vault/replicator.h"

#include <string>
#include <vector>

namespace custody {

// A line for each lost record: where no other vault has it either, only an end that a person puts to it makes the vault green
// again.
void print_way_out_of_lost_records(Output& output, Repository& repository, const VerifyResult& result);
// Behind the advice to back up again and repair: snapshots whose record is sound and that lack something else.
void print_way_to_end_broken(Output& output, Repository& repository, const VerifyResult& result);
void print_way_to_end_broken(Output& output, Repository& repository, const RepairResult& result);
// The same for status: a line for `needs`, the snapshots' ids for `ids`. Reads every tree.
[[nodiscard]] Status name_broken(Context& context, Repository& repository, std::vector<std::string>& needs,
                                 std::vector<std::string>& ids);

}  // namespace custody
