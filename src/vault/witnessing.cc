#include "vault/witnessing.h"

#include "base/text.h"

#include <algorithm>

namespace custody {
namespace {

// Up to which entry a person accepted that this vault lost its newest.
std::uint64_t accepted_until(Repository& vault) {
    std::uint64_t until = 0;
    for (const auto& [signer, n] : vault.state().accepted_rollbacks) {
        if (vault.signer_trusted(signer)) until = std::max(until, n);
    }
    return until;
}

}  // namespace

bool may_speak_for(Repository& vault, const SignerId& signer) {
    return vault.signer_trusted(signer) || vault.ledger().signers().contains(signer);
}

Status check_remembered_by(Repository& other, Repository& vault) {
    const VaultId& id = vault.header().vault;
    TRY_ASSIGN(const std::optional<RememberedHead> head,
               witnessed_head(other.store(), id, [&](const SignerId& signer) { return may_speak_for(vault, signer); }));
    if (!head) return done();
    if (head->n > vault.state().n) TRY(vault.ledger().refresh());  // a copy that runs beside this one may have witnessed more
    if (vault.ledger().digest_of(head->n) == head->hash || head->n <= accepted_until(vault)) return done();
    const std::string where = printable(vault.store().location());
    const std::string witness = printable(other.store().location());
    if (head->n > vault.state().n) {
        return Error{Code::corrupt,
                     say("the vault {} was rolled back or cut: its ledger ends at entry {}, and {} remembers entry {} "
                         "of it (noticed against the last head remembered by another medium); heal it with "
                         "`custody repair --vault {} --from {}`",
                         where, vault.state().n, witness, head->n, where, witness)};
    }
    return Error{Code::corrupt,
                 say("the vault {} was rolled back and written to again: entry {} of its ledger is not the one that "
                     "{} remembers (noticed against the last head remembered by another medium); keep both for "
                     "restoring, make a new vault with `custody init` and fill it with `custody copy`",
                     where, head->n, witness)};
}

Result<std::uint64_t> leave_witnesses(Repository& of, Repository& at) {
    TRY(of.ledger().refresh());
    return write_missing_witnesses(of.store(), of.header().vault, of.ledger(), at.store(), accepted_until(of));
}

}  // namespace custody
