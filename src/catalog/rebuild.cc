#include "catalog/rebuild.h"

#include "base/text.h"
#include "catalog/files.h"
#include "catalog/rows.h"
#include "catalog/schema.h"
#include "catalog/settings.h"

#include <map>
#include <set>
#include <utility>

namespace custody::catalog {
namespace {

// Ids of jobs are on paper and in mails: none is given twice. The old catalogue cannot have given more than one a second since
// the first release, 2026-01-01.
constexpr std::int64_t kFirstRelease_s = 1'767'225'600;

class Filler {
public:
    Filler(sqlite::Database& database, Time now, const RecordedFacts& recorded, RebuildReport& report)
        : database_(database), now_(now), recorded_(recorded), report_(report), is_used_(recorded.media.size(), false) {}

    Status fill(const std::vector<VaultFacts>& vaults) {
        TRY(run_sql(database_, "INSERT INTO meta(key, value) VALUES('rebuilt_at', ?)", std::to_string(now_.ns)));
        TRY(run_sql(database_, "INSERT INTO sqlite_sequence(name, seq) VALUES('jobs', ?)",
                    std::max<std::int64_t>(1'000'000, now_.seconds() - kFirstRelease_s)));
        for (const VaultFacts& vault : vaults) {
            names_.insert(storable(vault.medium, kMaxName));
            if (vault.facts.identity) identities_.insert(*vault.facts.identity);
            if (vault.facts.vault) vaults_.insert(*vault.facts.vault);
        }
        for (const VaultFacts& vault : vaults) TRY(enter(vault));
        TRY(end_what_is_nowhere());
        for (std::size_t at = 0; at < recorded_.media.size(); ++at)
            if (!is_used_[at]) TRY(enter_recorded(recorded_.media[at]));
        for (const Finding& finding : recorded_.findings) TRY(enter(finding));
        return remember_host();
    }

private:
    // By what cannot be mistaken first; by its name only where neither says that it is another.
    const RecordedMedium* recorded_of(const VaultFacts& vault) {
        const auto by = [&](const auto& fits) -> const RecordedMedium* {
            for (std::size_t at = 0; at < recorded_.media.size(); ++at) {
                if (is_used_[at] || !fits(recorded_.media[at].entry)) continue;
                is_used_[at] = true;
                return &recorded_.media[at];
            }
            return nullptr;
        };
        const MediumFacts& facts = vault.facts;
        const auto is_same = [](const auto& a, const auto& b) { return a && b && *a == *b; };
        const auto is_other = [](const auto& a, const auto& b) { return a && b && *a != *b; };
        const auto* found = by([&](const NewMedium& medium) { return is_same(medium.facts.identity, facts.identity); });
        if (found == nullptr)
            found = by([&](const NewMedium& medium) {
                return is_same(medium.facts.vault, facts.vault) && !is_other(medium.facts.identity, facts.identity);
            });
        if (found != nullptr) return found;
        return by([&](const NewMedium& medium) {
            return storable(medium.name, kMaxName) == storable(vault.medium, kMaxName) &&
                   !is_other(medium.facts.identity, facts.identity) && !is_other(medium.facts.vault, facts.vault);
        });
    }

    Result<MediumKey> insert(const std::string& name, const MediumFacts& facts, const RecordedMedium* known) {
        const NewMedium entry = known != nullptr ? known->entry : NewMedium();
        TRY(run_sql(database_,
                    "INSERT INTO media(name, identity, vault, kind, serial, filesystem_uuid, place, custodian, state, "
                    "rotation_set, registered_at, first_used_at, last_used_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    storable(name, kMaxName), view_of(facts.identity), view_of(facts.vault), storable(facts.kind, kMaxName),
                    storable_if(facts.serial, kMaxName), storable_if(facts.filesystem_uuid, kMaxName),
                    storable(entry.place, kMaxName), storable(entry.custodian, kMaxName), word_of(entry.state),
                    storable_if(entry.rotation_set, kMaxName), known != nullptr ? known->registered_at.ns : now_.ns,
                    known != nullptr ? ns_of(known->first_used_at) : std::nullopt,
                    known != nullptr ? ns_of(known->last_used_at) : std::nullopt));
        const MediumKey key = database_.last_insert_id();
        if (known == nullptr) return key;
        for (const MediumMoved& moved : known->moves) TRY(enter(moved, key));
        return key;
    }

    Status enter(const MediumMoved& moved, MediumKey medium) {
        ++report_.moves;
        return run_sql(database_,
                       "INSERT INTO media_moves(medium, moved_at, state_before, state_after, place_before, place_after, "
                       "custodian_before, custodian_after, entered_by, note) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       medium, moved.moved_at.ns, word_of(moved.state_before), word_of(moved.after.state),
                       storable(moved.place_before, kMaxName), storable(moved.after.place, kMaxName),
                       storable(moved.custodian_before, kMaxName), storable(moved.after.custodian, kMaxName),
                       storable(moved.after.entered_by, kMaxName), storable(moved.after.note, kMaxText));
    }

    Status enter(const VaultFacts& vault) {
        const RecordedMedium* known = recorded_of(vault);
        TRY_ASSIGN(const MediumKey medium, insert(vault.medium, vault.facts, known));
        ++report_.media;
        report_.media_completed += known != nullptr ? 1 : 0;
        for (const SnapshotFact& fact : vault.snapshots) TRY(enter(fact, medium));
        return done();
    }

    // One that no vault told of: away, retired, erased. What it holds shows when it is here.
    Status enter_recorded(const RecordedMedium& medium) {
        const NewMedium& entry = medium.entry;
        const std::string name = storable(entry.name, kMaxName);
        const MediumFacts& facts = entry.facts;
        const bool is_taken = names_.contains(name) || (facts.identity && identities_.contains(*facts.identity)) ||
                              (facts.vault && vaults_.contains(*facts.vault));
        if (is_taken) {
            report_.passed_over.push_back(
                say("the medium {} of the records: its name, identity or vault is another medium's now", name));
            return done();
        }
        names_.insert(name);
        if (facts.identity) identities_.insert(*facts.identity);
        if (facts.vault) vaults_.insert(*facts.vault);
        TRY(insert(name, facts, &medium));
        ++report_.media_recorded;
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

    // Of an open one there is one a kind and object: the first that the records name.
    Status enter(const Finding& finding) {
        const Seen& seen = finding.seen;
        const std::string kind = storable(seen.kind, kMaxName), object = storable(seen.object, kMaxText);
        if (!finding.resolved_at && !open_findings_.insert({kind, object}).second) {
            report_.passed_over.push_back(say("a second open finding {} of {}", kind, object));
            return done();
        }
        ++report_.findings;
        return run_sql(database_,
                       "INSERT INTO findings(kind, object, severity, text, times, first_seen_at, last_seen_at, acknowledged_at, "
                       "acknowledged_by, resolved_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       kind, object, word_of(seen.severity), stored_form(seen.text), finding.times, finding.first_seen_at.ns,
                       finding.last_seen_at.ns, ns_of(finding.acknowledged_at), storable_if(finding.acknowledged_by, kMaxName),
                       ns_of(finding.resolved_at));
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

    // What was stored under that name is this service's own.
    Status remember_host() {
        if (recorded_.host.empty()) return done();
        return run_sql(database_, "INSERT INTO settings(key, value, changed_at) VALUES(?, ?, ?)", kHostSetting,
                       storable(recorded_.host, kMaxName), now_.ns);
    }

    sqlite::Database& database_;
    Time now_;
    const RecordedFacts& recorded_;
    RebuildReport& report_;
    std::vector<bool> is_used_;  // of recorded_.media: entered with a vault
    std::set<std::string> names_;
    std::set<MediumId> identities_;
    std::set<VaultId> vaults_;
    std::set<std::pair<std::string, std::string>> open_findings_;
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

Result<RebuildReport> rebuild_catalog(const std::string& folder, const Clock& clock, const std::vector<VaultFacts>& vaults,
                                      const RecordedFacts& recorded) {
    TRY(require_distinct(vaults));
    TRY_ASSIGN(const std::unique_ptr<File> lock, lock_catalog(folder));
    // From here on an opening finds a catalogue, or is told that it is lost: never an empty one.
    TRY(mark_made(*lock));
    RebuildReport report;
    const auto fill = [&](sqlite::Database& database) { return Filler(database, clock.now(), recorded, report).fill(vaults); };
    TRY(build_catalog(folder, clock, catalog_migrations(), fill));
    TRY_ASSIGN(report.set_aside, set_catalog_aside(folder, "replaced", clock.now()));
    TRY(publish_catalog(folder, clock));
    return report;
}

}  // namespace custody::catalog
