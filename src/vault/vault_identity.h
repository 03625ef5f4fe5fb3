// Which vault a store is, when its parts may contradict each other: the header may be damaged, or swapped for another vault's,
// and so may any ledger entry, or the whole ledger. Each carries the vault's id under a signature.
#pragma once

#include "base/result.h"
#include "vault/keys/keyring.h"
#include "vault/store/object_store.h"

#include <optional>

namespace custody {

// What is known beside the store.
struct IdentityHints {
    const Keyring* keyring = nullptr;  // remembers how far vaults had come; may be null
    std::optional<VaultId> elsewhere;  // that vault is at hand in another place: it is not this one
};

// The header's id where the ledger's first or last entry, or most of them, say the same, or there is none. Where they contradict
// each other, in this order: that vault whose index segments lie here, for a copy makes its own; that of whose entries every one
// known has a witness here, as a vault has of its own; the ledger's, where nothing speaks for the header. Without a header the
// ledger's, unless the segments here are another's of which there are witnesses. corrupt: nothing readable says which vault this
// is, or nothing tells which of the two is right; usage: a newer format.
[[nodiscard]] Result<VaultId> identify_vault(ObjectStore& store, const IdentityHints& hints = {});

}  // namespace custody
