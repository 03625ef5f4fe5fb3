// What two vaults of a family remember of each other's ledgers (vault/history/witness.h). Used where both are at hand: copy,
// repair.
//
// Threads: one. Memory: one ledger entry. Errors: those of the stores, corrupt.
#pragma once

#include "base/result.h"
#include "vault/history/witness.h"
#include "vault/repository.h"

namespace custody {

// Signers whose entries may speak for a vault: the keyring's, and those that its ledger knows.
[[nodiscard]] bool may_speak_for(Repository& vault, const SignerId& signer);

// The ledger of `vault`, read to its end, against the newest head of it that the other medium remembers. corrupt: it was rolled
// back or cut, in words. A rollback that a person accepted is none. Precondition: the ledger replayed.
[[nodiscard]] Status check_remembered_by(Repository& other, Repository& vault);

// `at` gets what it lacks of witnesses of the other's ledger, which replayed. Durable. Returns how many were written.
[[nodiscard]] Result<std::uint64_t> leave_witnesses(Repository& of, Repository& at);

}  // namespace custody
