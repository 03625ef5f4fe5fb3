#include "vault/marks_check.h"

#include "vault/history/ledger.h"
#include "vault/object_check.h"
#include "vault/packs/format.h"

namespace custody {

Result<std::uint64_t> last_pruned_generation(ObjectStore& store, std::uint64_t last) {
    for (std::uint64_t n = last; n > 0; --n) {
        const auto bytes = store.get(ledger_name(n), kMaxLedgerEntrySize);
        if (!bytes.ok() && !is_damage(bytes.error())) return bytes.error();
        if (!bytes.ok()) continue;
        const auto decoded = decode_ledger_entry(*bytes);
        if (!decoded.ok() || decoded->entry.operation != Operation::prune) continue;
        const auto generation = json_number(decoded->entry.details, "generation", "ledger entry");
        if (generation.ok()) return *generation;
    }
    return std::uint64_t{0};
}

}  // namespace custody
