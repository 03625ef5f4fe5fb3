#include "daemon/jobs/catalog_sync.h"

#include "base/text.h"
#include "daemon/jobs/former_hosts.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace custody {
namespace {

using catalog::CopyRecord;
using catalog::CopyState;

constexpr std::string_view kForgotten = "forgotten", kOnNoMedium = "on no medium any more";

// What the ledger has and the catalogue has not, and the other way round.
struct Difference {
    std::vector<catalog::SnapshotRecord> unknown;
    std::vector<std::pair<ObjectId, std::uint64_t>> present;  // and the number of its entry
    std::vector<ObjectId> gone, forgotten;
    CatalogSynced counts;
};

// What is left of a damaged ledger lacks entries: what it does not name may be there all the same.
Status require_sound(const Repository& repository) {
    if (repository.ledger_damage().empty()) return done();
    const LedgerDamage& damage = repository.ledger_damage().front();
    return Error{Code::corrupt, say("{} of {} is damaged, the catalogue takes nothing from it: {}; heal it with 'custody repair'",
                                    damage.object, printable(repository.store().location()), damage.problem)};
}

// True: the catalogue knows it, or will.
Result<bool> look_up(catalog::Catalog& catalog, Repository& repository, const ObjectId& id, Difference& found) {
    TRY_ASSIGN(const auto known, catalog::Snapshots(catalog).find(id));
    if (known) return true;
    const auto snapshot = repository.read_snapshot(id);
    if (snapshot.ok()) {
        found.unknown.push_back(record_of(*snapshot));
        return true;
    }
    const Code code = snapshot.error().code;
    if (code != Code::wrong_key && code != Code::corrupt) return snapshot.error();
    ++found.counts.unreadable;
    return false;
}

Result<Difference> look(catalog::Catalog& catalog, MediumVault& vault) {
    Difference found;
    TRY_ASSIGN(const std::vector<CopyRecord> copies, catalog::Snapshots(catalog).copies_on(vault.key()));
    std::map<ObjectId, const CopyRecord*> known;
    for (const CopyRecord& copy : copies) known.emplace(copy.snapshot, &copy);
    const LedgerState& state = vault.repository().state();
    for (const auto& [id, live] : state.snapshots) {
        const auto at = known.find(id);
        const CopyRecord* const copy = at == known.end() ? nullptr : at->second;
        const bool was_present = copy != nullptr && copy->state == CopyState::present;
        if (was_present && copy->sequence == live.sequence) continue;
        if (copy == nullptr) {
            TRY_ASSIGN(const bool is_known, look_up(catalog, vault.repository(), id, found));
            if (!is_known) continue;
        }
        found.present.emplace_back(id, live.sequence);
        found.counts.appeared += was_present ? 0 : 1;
    }
    for (const CopyRecord& copy : copies) {
        if (state.snapshots.contains(copy.snapshot)) continue;
        if (copy.state == CopyState::present) found.gone.push_back(copy.snapshot);
        if (state.forgotten.contains(copy.snapshot)) found.forgotten.push_back(copy.snapshot);
    }
    found.counts.gone = found.gone.size();
    return found;
}

// Not forgotten, and yet no medium has it: an entry was lost with its vault, as a person accepted.
Status end_what_is_nowhere(catalog::Snapshots& snapshots, const std::vector<ObjectId>& gone) {
    for (const ObjectId& id : gone) {
        TRY_ASSIGN(const std::vector<CopyRecord> copies, snapshots.copies_of(id));
        const bool lies_somewhere =
            std::any_of(copies.begin(), copies.end(), [](const CopyRecord& copy) { return copy.state == CopyState::present; });
        if (!lies_somewhere) TRY(snapshots.end(id, kOnNoMedium));
    }
    return done();
}

Status enter(catalog::Catalog& catalog, catalog::MediumKey medium, const Difference& found) {
    catalog::Snapshots snapshots(catalog);
    for (const auto& record : found.unknown) TRY(snapshots.add(record));
    for (const auto& [id, sequence] : found.present) TRY(snapshots.present(id, medium, sequence));
    for (const ObjectId& id : found.gone) TRY(snapshots.drop_copy(id, medium));
    for (const ObjectId& id : found.forgotten) TRY(snapshots.end(id, kForgotten));
    return end_what_is_nowhere(snapshots, found.gone);
}

std::vector<std::string> plans_on(const Config& config, const std::string& medium) {
    std::vector<std::string> plans;
    for (const PlanConfig& plan : config.plans) {
        if (std::find(plan.media.begin(), plan.media.end(), medium) != plan.media.end()) plans.push_back(plan.name);
    }
    plans.emplace_back(kRecordsName);
    return plans;
}

// ---- interrupted jobs -------------------------------------------------------------------------------------------------------

// A job that may have left something here, begun before `until`.
struct Claimant {
    catalog::Job job;
    Time until;
};

// A plan runs once at a time: what began after its next job is not this one's.
Time latest_beginning(const catalog::Job& job, const std::vector<catalog::Job>& interrupted) {
    Time until = job.noticed_at.value_or(Time{std::numeric_limits<std::int64_t>::max()});
    for (const catalog::Job& other : interrupted) {
        if (other.id > job.id && other.asked.plan == job.asked.plan && other.begun_at) until = std::min(until, *other.begun_at);
    }
    return until;
}

std::vector<Claimant> claimants(const std::vector<catalog::Job>& interrupted, catalog::MediumKey medium) {
    std::vector<Claimant> found;
    for (const catalog::Job& job : interrupted) {
        const bool may = job.asked.kind == catalog::JobKind::backup && job.asked.plan && job.begun_at && !job.end.snapshot;
        if (may && job.asked.medium == medium) found.push_back({job, latest_beginning(job, interrupted)});
    }
    return found;
}

// Oldest first, by the ledger; those whose records cannot be read belong to nobody here.
Result<std::vector<Repository::Listed>> entered_since(Repository& repository, Time since) {
    std::vector<Repository::Listed> found;
    for (const auto& [id, live] : repository.state().snapshots) {
        if (live.added < since) continue;
        auto snapshot = repository.read_snapshot(id);
        if (snapshot.ok()) {
            found.push_back({std::move(*snapshot), live});
        } else if (snapshot.error().code != Code::wrong_key && snapshot.error().code != Code::corrupt) {
            return std::move(snapshot).error();
        }
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.ledger.sequence < b.ledger.sequence; });
    return found;
}

bool is_of(const Repository::Listed& listed, const Claimant& claimant, const std::vector<std::string>& hosts) {
    const SnapshotSummary& summary = listed.snapshot.summary;
    const bool in_time = summary.time >= *claimant.job.begun_at && summary.time <= claimant.until;
    return in_time && to_nfc(summary.name) == to_nfc(*claimant.job.asked.plan) &&
           std::find(hosts.begin(), hosts.end(), summary.host) != hosts.end();
}

Status claim(catalog::Catalog& catalog, const catalog::Job& job, const Repository::Listed& listed, catalog::MediumKey medium) {
    catalog::SnapshotRecord record = record_of(listed.snapshot);
    record.job = job.id;
    record.rebuilt = false;
    const std::uint64_t sequence = listed.ledger.sequence;
    return catalog.write([&](sqlite::Database&) -> Status {
        catalog::Snapshots snapshots(catalog);
        TRY(snapshots.add(record));
        TRY(snapshots.present(record.id, medium, sequence));
        return catalog::Jobs(catalog).enter_snapshot(job.id, record.id, sequence);
    });
}

}  // namespace

catalog::SnapshotRecord record_of(const Snapshot& snapshot) {
    const SnapshotSummary& summary = snapshot.summary;
    catalog::SnapshotRecord record;
    record.id = snapshot.id;
    record.label = summary.label;
    record.plan = summary.name;
    record.host = summary.host;
    record.kind = summary.kind;
    record.made_at = summary.time;
    record.files = summary.files;
    record.bytes = summary.bytes;
    record.rebuilt = true;
    return record;
}

Result<CatalogSynced> enter_ledger(catalog::Catalog& catalog, MediumVault& vault) {
    TRY(require_sound(vault.repository()));
    TRY(vault.repository().ledger().refresh());
    TRY_ASSIGN(const Difference found, look(catalog, vault));
    const auto change = [&](sqlite::Database&) -> Status {
        TRY(remember_host(catalog, vault.keyring().host_name()));
        return enter(catalog, vault.key(), found);
    };
    TRY(catalog.write(change));
    return found.counts;
}

Status enter_debts(catalog::Catalog& catalog, const Config& config) {
    return catalog.write([&](sqlite::Database&) -> Status {
        TRY_ASSIGN(const std::vector<std::string> hosts, own_hosts(catalog));
        TRY_ASSIGN(const std::vector<catalog::RegisteredMedium> media, catalog::Media(catalog).list());
        std::vector<catalog::MediumDuty> duties;
        for (const catalog::RegisteredMedium& medium : media) {
            if (config.find_medium(medium.entry.name) == nullptr || !medium.takes_copies()) continue;
            duties.push_back({medium.key, plans_on(config, medium.entry.name)});
        }
        return catalog::Snapshots(catalog).settle_debts(duties, hosts);
    });
}

Status claim_snapshots(catalog::Catalog& catalog, const std::vector<catalog::Job>& interrupted, MediumVault& vault) {
    const std::vector<Claimant> claims = claimants(interrupted, vault.key());
    if (claims.empty()) return done();
    TRY(require_sound(vault.repository()));
    TRY(vault.repository().ledger().refresh());
    Time since = *claims.front().job.begun_at;
    for (const Claimant& claimant : claims) since = std::min(since, *claimant.job.begun_at);
    TRY_ASSIGN(const auto entered, entered_since(vault.repository(), since));
    // What the machine did that this one took over from is in the same jobs.
    TRY(remember_host(catalog, vault.keyring().host_name()));
    TRY_ASSIGN(const std::vector<std::string> hosts, own_hosts(catalog));
    std::set<ObjectId> taken;
    for (const Claimant& claimant : claims) {
        for (const Repository::Listed& listed : entered) {
            const ObjectId& id = listed.snapshot.id;
            if (taken.contains(id) || !is_of(listed, claimant, hosts)) continue;
            TRY_ASSIGN(const auto known, catalog::Snapshots(catalog).find(id));
            if (known && known->job && *known->job != claimant.job.id) continue;  // its own: cut off before its end was entered
            TRY(claim(catalog, claimant.job, listed, vault.key()));
            taken.insert(id);
            break;
        }
    }
    return done();
}

}  // namespace custody
