// What is outstanding of a label's destruction: by this keyring's own register, and by what other keyrings of the family say,
// last, in the ledgers at hand (DestructionWord). Another keyring that destroyed its own keys may have made kits and exports that
// only it knows of: it is waited for until it says that none of those is left. It does not wait for who waits for it: what it
// says names its own copies, and the keyrings whose keys were not gone when it did. Ownership: refers to its arguments during a
// call. Threads: one. Errors: none.
#pragma once

#include "vault/history/ledger.h"
#include "vault/keys/keyring.h"
#include "vault/repository.h"

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace custody {

// The last that `signer` says in these vaults; null: nowhere that his own keys are gone. It lives as long as their states.
[[nodiscard]] const DestructionWord* last_word(std::span<Repository* const> reachable, const LabelId& label,
                                               const SignerId& signer);
// By that word no copy is left that he knows of, and every keyring that he waited for has destroyed its own keys.
[[nodiscard]] bool has_passed(std::span<Repository* const> reachable, const LabelId& label, const SignerId& signer);
// Of which labels that this keyring destroyed which signers have passed: for Keyring::settle_keyrings.
[[nodiscard]] std::map<LabelId, std::set<SignerId>> passed_keyrings(const Keyring& keyring,
                                                                    std::span<Repository* const> reachable);
// What this keyring has to say now of a label that it destroyed; `time` is not filled in. Of one that it did not destroy:
// nothing, not that no copy is left.
[[nodiscard]] DestructionWord own_word(const Keyring& keyring, std::span<Repository* const> reachable, const LabelId& label);
[[nodiscard]] bool says_the_same(const DestructionWord& a, const DestructionWord& b);
// What is to be done about an outstanding copy of a destroyed label, in words.
[[nodiscard]] std::string outstanding_line(const Keyring& keyring, const DestroyedLabel& label, std::uint32_t number,
                                           std::span<Repository* const> reachable);
// Of every copy of every destroyed label.
[[nodiscard]] std::vector<std::string> outstanding_lines(const Keyring& keyring, std::span<Repository* const> reachable);
// Labels of which these vaults do not say yet what is outstanding now: other keyrings go by that, and wait for what is done.
[[nodiscard]] std::vector<std::string> untold_lines(const Keyring& keyring, std::span<Repository* const> reachable);

}  // namespace custody
