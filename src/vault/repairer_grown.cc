// Objects that have grown: what they were before lies in their own first bytes, and is put in their place.
#include "vault/repair_parts.h"
#include "vault/sound_prefix.h"

namespace custody {

Status heal_grown(Repair& repair) {
    for (const auto& [name, why] : std::map(repair.damaged)) {
        TRY(repair.stop.check());
        const auto named = repair.state().objects.find(name);
        if (named == repair.state().objects.end()) continue;
        TRY_ASSIGN(const bool is_cut, cut_to_sound_prefix(repair.store(), {name, named->second, {}}, repair.stop));
        if (is_cut) repair.healed(name);
    }
    return repair.store().barrier();
}

}  // namespace custody
