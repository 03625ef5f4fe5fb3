// The keys of one label, in the two halves that DESIGN.md's "Keys: who holds what" draws: what every writing host holds, and
// what only the custodian holds.
//
// Ownership: values that own locked memory; shared by const reference or shared_ptr. Threads: immutable.
#pragma once

#include "base/crypto.h"
#include "base/ids.h"
#include "base/secret.h"
#include "vault/keys/key_tag.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace custody {

// Enough to back up, list, forget, prune, copy and verify structure. Opens no name and no byte of content.
struct WriterKeys {
    FamilyId family;
    LabelId label;
    std::string name;  // "config"
    Suite suite = Suite::standard;
    Secret chunk_id_key;  // 32 bytes each
    Secret gear_key;
    Secret summary_key;
    std::uint32_t epoch = 0;  // the newest: new packs are sealed to it
    PublicKey epoch_public{};
    std::set<KeyTag> older_epochs;  // what was sealed to these may be relied on too

    // False: sealed to a key that this keyring does not hold, being older, or another that made an epoch of its own.
    [[nodiscard]] bool knows(const KeyTag& key) const { return older_epochs.contains(key) || key == key_tag(epoch_public); }
};

// The X25519 secrets of every epoch: opens names, attributes, content.
struct LabelSecrets {
    LabelId label;
    std::map<std::uint32_t, Secret> by_epoch;
};

}  // namespace custody
