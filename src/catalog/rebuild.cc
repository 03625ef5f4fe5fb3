#include "catalog/rebuild.h"

#include "base/text.h"
#include "catalog/files.h"
#include "catalog/rows.h"
#include "catalog/schema.h"

#include <map>
#include <set>

namespace custody::catalog {
namespace {

// Ids of jobs are on paper and in mails: none is given twice. The old catalogue cannot have given more than one a second since
// the first release, 2026-01-01.
constexpr std::int64_t kFirstRelease_s = 1'767'225'600;

class Filler {
public:
    Filler(sqlite::Database& database, Time now, RebuildReport& report) : database_(database), now_(now), report_(report) {}

    Status fill(const std::vector<VaultFacts>& vaults) {
        TRY(run_sql(database_, "INSERT INTO meta(key, value) VALUES('rebuilt_at', ?)", std::to_string(now_.ns)));
        TRY(run_sql(database_, "INSERT INTO sqlite_sequence(name, seq) VALUES('jobs', ?)",
                    std::max<std::int64_t>(1'000'000, now_.seconds() - kFirstRelease_s)));
        for (const VaultFacts& vault : vaults) TRY(enter(vault));
        return end_what_is_nowhere();
    }

private:
    Status enter(const VaultFacts& vault) {
        TRY(run_sql(
            database_,
            "INSERT INTO media(name, identity, vault, kind, serial, filesystem_uuid, place, custodian, state, registered_at) "
            "VALUES(?, ?, ?, ?, ?, ?, '', '', 'in_use', ?)",
            storable(vault.medium, kMaxName), view_of(vault.facts.identity), view_of(vault.facts.vault),
            storable(vault.facts.kind, kMaxName), storable_if(vault.facts.serial, kMaxName),
            storable_if(vault.facts.filesystem_uuid, kMaxName), now_.ns));
        const MediumKey medium = database_.last_insert_id();
        ++report_.media;
        for (const SnapshotFact& fact : vault.snapshots) TRY(enter(fact, medium));
        return done();
    }

    Status enter(const SnapshotFact& fact, MediumKey medium) {
        const SnapshotRecord& s = fact.snapshot;
        TRY(run_sql(database_,
                    "INSERT INTO snapshots(id, label, plan, host, kind, made_at, files, bytes, rebuilt, ended_at, ended_reason) "
                    "VALUES(?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT(id) DO NOTHING",
                    s.id.view(), storable(s.label, kMaxName), storable(s.plan, kMaxName), storable(s.host, kMaxName),
                    storable(s.kind, kMaxName), s.made_at.ns, s.files, s.bytes, ns_of(s.ended_at),
                    storable_if(s.ended_reason, kMaxText)));
        report_.snapshots += static_cast<std::uint64_t>(database_.changes());
        if (!fact.present) return done();
        ++report_.copies;
        return run_sql(database_, "INSERT INTO copies(snapshot, medium, state, since_at, sequence) VALUES(?, ?, 'present', ?, ?)",
                       s.id.view(), medium, s.made_at.ns, fact.sequence);
    }

    // Forgotten on one medium and present on another it lives; which is known only when all are read.
    Status end_what_is_nowhere() {
        TRY(database_.execute(
            "UPDATE snapshots SET ended_at = NULL, ended_reason = NULL WHERE id IN (SELECT snapshot FROM copies)"));
        return run_sql(
            database_,
            "UPDATE snapshots SET ended_at = coalesce(ended_at, ?), ended_reason = coalesce(ended_reason, '') WHERE id NOT IN "
            "(SELECT snapshot FROM copies)",
            now_.ns);
    }

    sqlite::Database& database_;
    Time now_;
    RebuildReport& report_;
};

// All that can fail for what was given fails before anything is moved.
Status require_distinct(const std::vector<VaultFacts>& vaults) {
    std::set<std::string> names;
    std::map<VaultId, std::string> ids;
    for (const VaultFacts& vault : vaults) {
        if (!names.insert(storable(vault.medium, kMaxName)).second)
            return Error{Code::usage, say("two media are called {}; give each a name of its own", printable(vault.medium))};
        if (!vault.facts.vault) continue;
        const auto [known, fresh] = ids.emplace(*vault.facts.vault, vault.medium);
        if (!fresh)
            return Error{Code::usage, say("{} and {} hold the same vault: one is a copy of the other made by hand; name only one",
                                          printable(known->second), printable(vault.medium))};
    }
    return done();
}

}  // namespace

Result<RebuildReport> rebuild_catalog(const std::string& folder, const Clock& clock, const std::vector<VaultFacts>& vaults) {
    TRY(require_distinct(vaults));
    TRY_ASSIGN(const std::unique_ptr<File> lock, lock_catalog(folder));
    // From here on an opening finds a catalogue, or is told that it is lost: never an empty one.
    TRY(mark_made(*lock));
    RebuildReport report;
    const auto fill = [&](sqlite::Database& database) { return Filler(database, clock.now(), report).fill(vaults); };
    TRY(build_catalog(folder, clock, catalog_migrations(), fill));
    TRY_ASSIGN(report.set_aside, set_catalog_aside(folder, "replaced", clock.now()));
    TRY(publish_catalog(folder, clock));
    return report;
}

}  // namespace custody::catalog
