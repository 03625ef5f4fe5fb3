// Records of live snapshots that an entry took out of the ledger, as none may: a snapshot lives until it is forgotten.
#include "base/text.h"
#include "vault/object_check.h"
#include "vault/repair_parts.h"

#include <algorithm>

namespace custody {
namespace {

struct Record {
    std::string name;
    std::optional<std::uint64_t> size;  // none: missing, or damaged
};

// Of live snapshots, those that the ledger does not name.
Result<std::vector<Record>> unnamed_records(Repair& repair) {
    std::vector<Record> found;
    for (const auto& [id, live] : repair.state().snapshots) {
        const std::string name = snapshot_name(id);
        if (repair.state().objects.contains(name)) continue;
        TRY(repair.stop.check());
        const auto bytes = repair.store().get(name, kMaxSnapshotSize);
        if (!bytes.ok() && (!is_damage(bytes.error()) || bytes.error().code == Code::denied)) return bytes.error();
        const bool whole = bytes.ok() && id_of<ObjectId>(sha256(*bytes)) == id;
        found.push_back({name, whole ? std::optional(bytes->size()) : std::nullopt});
    }
    return found;
}

void call_damaged(Repair& repair, const std::string& name) {
    repair.damaged.try_emplace(name, say("is missing, and the ledger no longer names it, though its snapshot is live"));
}

}  // namespace

Status survey_records(Repair& repair) {
    TRY_ASSIGN(const std::vector<Record> records, unnamed_records(repair));
    for (const Record& record : records) {
        if (!record.size) call_damaged(repair, record.name);
    }
    return done();
}

Status enter_records(Repair& repair) {
    TRY_ASSIGN(const std::vector<Record> records, unnamed_records(repair));
    for (const Record& record : records) {
        if (!record.size) {
            call_damaged(repair, record.name);
            continue;
        }
        repair.entry.added.push_back({record.name, *record.size, {}});
        const auto& healed = repair.result.healed;
        if (std::find(healed.begin(), healed.end(), record.name) == healed.end()) repair.healed(record.name);
    }
    return done();
}

}  // namespace custody
