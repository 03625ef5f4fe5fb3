#include "vault/keys/kit_state.h"

#include "base/text.h"

namespace custody {

KitState kit_state(const Keyring& keyring) {
    KitState best = KitState::none;
    for (const CopyInfo& copy : keyring.copies()) {
        if ((copy.kind != "kit" && copy.kind != "page") || copy.destroyed) continue;
        if (copy.proven && copy.keys_generation == keyring.keys_generation()) return KitState::proven;
        // One that is older than the keys is not made good by reading it back.
        if (copy.keys_generation == keyring.keys_generation()) {
            best = KitState::unproven;
        } else if (best == KitState::none) {
            best = KitState::stale;
        }
    }
    return best;
}

std::string kit_warning(const Keyring& keyring) {
    if (!keyring.is_custodian()) return "";
    switch (kit_state(keyring)) {
        case KitState::proven:
            return "";
        case KitState::none:
            return say(
                "no recovery kit: if this keyring is lost, so is every backup; "
                "make one with 'custody key export --recovery --output KIT', then 'custody key import KIT --check'");
        case KitState::unproven:
            return say("the recovery kit was never read back: prove it with 'custody key import KIT --check'");
        case KitState::stale:
            return say(
                "the recovery kit is older than the newest keys: make a new one with "
                "'custody key export --recovery --output KIT', then 'custody key import KIT --check'");
    }
    return "";
}

}  // namespace custody
