#include "vault/marks_check.h"

#include "vault/history/ledger.h"
#include "vault/object_check.h"
#include "vault/packs/format.h"
#include "vault/store/local_store.h"

#include <algorithm>
#include <utility>

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

Result<std::optional<Marks>> fresh_marks(ObjectStore& store, std::uint64_t last) {
    const auto marks = read_marks(store);
    if (!marks.ok() && (marks.error().code == Code::denied || !is_damage(marks.error()))) return marks.error();
    const auto present = store.info(kMarksObject);  // missing ones read as none
    if (!present.ok() && !is_damage(present.error())) return present.error();
    Marks fresh;
    TRY_ASSIGN(fresh.generation, last_pruned_generation(store, last));
    if (present.ok() && marks.ok() && marks->generation >= fresh.generation) return std::optional<Marks>{};
    TRY_ASSIGN(const std::vector<SessionInfo> sessions, store.list_sessions());
    for (const SessionInfo& session : sessions) fresh.generation = std::max(fresh.generation, session.generation);
    ++fresh.generation;
    return std::optional(std::move(fresh));
}

}  // namespace custody
