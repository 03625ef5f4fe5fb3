#include "catalog/snapshots.h"

#include "base/text.h"
#include "catalog/rows.h"

#include <map>
#include <set>
#include <utility>

namespace custody::catalog {
namespace {

constexpr const char* kSnapshotColumns =
    "id, label, plan, host, kind, made_at, files, bytes, job, rebuilt, ended_at, ended_reason";

SnapshotRecord snapshot_of(sqlite::Columns& row) {
    SnapshotRecord snapshot;
    snapshot.id = id_column<ObjectId>(row);
    snapshot.label = row.text();
    snapshot.plan = row.text();
    snapshot.host = row.text();
    snapshot.kind = row.text();
    snapshot.made_at = time_column(row);
    snapshot.files = row.count();
    snapshot.bytes = row.count();
    snapshot.job = row.optional_integer();
    snapshot.rebuilt = row.boolean();
    snapshot.ended_at = optional_time_column(row);
    snapshot.ended_reason = row.optional_text();
    return snapshot;
}

template <class Key>
Result<std::vector<CopyRecord>> copies_where(Catalog& catalog, std::string_view condition, const Key& key) {
    std::vector<CopyRecord> found;
    const std::string sql = fmt::format("SELECT snapshot, medium, state, since_at, sequence FROM copies WHERE {}", condition);
    const auto take = [&](sqlite::Columns& row) {
        CopyRecord& copy = found.emplace_back();
        copy.snapshot = id_column<ObjectId>(row);
        copy.medium = row.integer();
        copy.state = word_column<CopyState>(row);
        copy.since_at = time_column(row);
        copy.sequence = optional_count_column(row);
    };
    TRY(catalog.read([&](sqlite::Database& database) { return each_row(database, sql, take, key); }));
    return found;
}

// What is owed to a medium that need not have it any more.
Status drop_undue(sqlite::Database& database, const std::vector<MediumDuty>& duties) {
    std::map<MediumKey, std::set<std::string>> due;
    for (const MediumDuty& duty : duties) {
        for (const std::string& plan : duty.plans) due[duty.medium].insert(storable(plan, kMaxName));
    }
    std::vector<std::pair<ObjectId, MediumKey>> undue;
    const auto take = [&](sqlite::Columns& row) {
        const ObjectId snapshot = id_column<ObjectId>(row);
        const MediumKey medium = row.integer();
        const std::string plan = row.text();
        const auto found = due.find(medium);
        if (found == due.end() || !found->second.contains(plan)) undue.emplace_back(snapshot, medium);
    };
    TRY(each_row(database,
                 "SELECT copies.snapshot, copies.medium, snapshots.plan FROM copies JOIN snapshots ON snapshots.id = "
                 "copies.snapshot WHERE copies.state = 'owed'",
                 take));
    for (const auto& [snapshot, medium] : undue)
        TRY(run_sql(database, "DELETE FROM copies WHERE snapshot = ? AND medium = ?", snapshot.view(), medium));
    return done();
}

constexpr const char* kEnterDue =
    "INSERT INTO copies(snapshot, medium, state, since_at) SELECT s.id, ?1, 'owed', ?2 FROM snapshots AS s WHERE "
    "s.plan = ?3 AND s.ended_at IS NULL AND (s.job IS NOT NULL OR s.host = ?4 OR ?4 = '') AND NOT EXISTS(SELECT "
    "1 FROM copies WHERE snapshot = s.id AND medium = ?1) AND EXISTS(SELECT 1 FROM copies WHERE snapshot = s.id "
    "AND state = 'present')";

// `enter`: kEnterDue, prepared once for all plans of all media. `host` empty: any.
Status enter_due(sqlite::Statement& enter, const MediumDuty& duty, std::string_view host, Time now) {
    for (const std::string& plan : duty.plans) {
        TRY(each_row(
            enter, [](sqlite::Columns&) {}, duty.medium, now.ns, storable(plan, kMaxName), storable(host, kMaxName)));
    }
    return done();
}

}  // namespace

Status Snapshots::add(const SnapshotRecord& s) {
    return catalog_.write([&](sqlite::Database& database) {
        return run_sql(
            database,
            "INSERT INTO snapshots(id, label, plan, host, kind, made_at, files, bytes, job, rebuilt, ended_at, ended_reason) "
            "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
            "ON CONFLICT(id) DO UPDATE SET job = coalesce(job, ?9)",
            s.id.view(), storable(s.label, kMaxName), storable(s.plan, kMaxName), storable(s.host, kMaxName),
            storable(s.kind, kMaxName), s.made_at.ns, s.files, s.bytes, s.job, s.rebuilt, ns_of(s.ended_at),
            storable_if(s.ended_reason, kMaxText));
    });
}

Status Snapshots::present(const ObjectId& snapshot, MediumKey medium, std::optional<std::uint64_t> sequence) {
    return catalog_.write([&](sqlite::Database& database) {
        return run_sql(
            database,
            "INSERT INTO copies(snapshot, medium, state, since_at, sequence) VALUES(?1, ?2, 'present', ?3, ?4) "
            "ON CONFLICT(snapshot, medium) DO UPDATE SET since_at = iif(state = 'present', since_at, ?3), state = 'present', "
            "sequence = coalesce(?4, sequence)",
            snapshot.view(), medium, catalog_.now().ns, sequence);
    });
}

Status Snapshots::owe(const ObjectId& snapshot, MediumKey medium) {
    return catalog_.write([&](sqlite::Database& database) {
        return run_sql(
            database,
            "INSERT INTO copies(snapshot, medium, state, since_at) SELECT id, ?2, 'owed', ?3 FROM snapshots WHERE id = ?1 "
            "AND ended_at IS NULL ON CONFLICT(snapshot, medium) DO NOTHING",
            snapshot.view(), medium, catalog_.now().ns);
    });
}

Status Snapshots::drop_copy(const ObjectId& snapshot, MediumKey medium) {
    return catalog_.write([&](sqlite::Database& database) {
        return run_sql(database, "DELETE FROM copies WHERE snapshot = ? AND medium = ?", snapshot.view(), medium);
    });
}

Status Snapshots::drop_copies_on(MediumKey medium) {
    return catalog_.write(
        [&](sqlite::Database& database) { return run_sql(database, "DELETE FROM copies WHERE medium = ?", medium); });
}

Status Snapshots::drop_debts_of(MediumKey medium) {
    return catalog_.write([&](sqlite::Database& database) {
        return run_sql(database, "DELETE FROM copies WHERE medium = ? AND state = 'owed'", medium);
    });
}

Result<std::uint64_t> Snapshots::only_on(MediumKey medium) {
    std::uint64_t count = 0;
    TRY(catalog_.read([&](sqlite::Database& database) {
        return each_row(
            database,
            "SELECT count(*) FROM copies AS here JOIN snapshots ON snapshots.id = here.snapshot WHERE here.medium = ?1 AND "
            "here.state = 'present' AND snapshots.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM copies AS there JOIN media ON "
            "media.id = there.medium WHERE there.snapshot = here.snapshot AND there.medium <> ?1 AND there.state = 'present' AND "
            "media.state NOT IN ('retired', 'erased'))",
            [&](sqlite::Columns& row) { count = row.count(); }, medium);
    }));
    return count;
}

Status Snapshots::end(const ObjectId& snapshot, std::string_view reason) {
    return catalog_.write([&](sqlite::Database& database) -> Status {
        TRY(run_sql(database, "UPDATE snapshots SET ended_at = ?, ended_reason = ? WHERE id = ? AND ended_at IS NULL",
                    catalog_.now().ns, storable(reason, kMaxText), snapshot.view()));
        return run_sql(database, "DELETE FROM copies WHERE snapshot = ? AND state = 'owed'", snapshot.view());
    });
}

Result<std::optional<SnapshotRecord>> Snapshots::find(const ObjectId& snapshot) {
    std::optional<SnapshotRecord> found;
    TRY(catalog_.read([&](sqlite::Database& database) {
        return each_row(
            database, fmt::format("SELECT {} FROM snapshots WHERE id = ?", kSnapshotColumns),
            [&](sqlite::Columns& row) { found = snapshot_of(row); }, snapshot.view());
    }));
    return found;
}

Result<std::vector<SnapshotRecord>> Snapshots::list(const SnapshotFilter& filter) {
    std::string where = filter.ended ? "1" : "ended_at IS NULL";
    if (filter.plan) where += " AND plan = ?1";
    if (filter.label) where += " AND label = ?2";
    const std::string sql =
        fmt::format("SELECT {} FROM snapshots WHERE {} AND coalesce(?1, ?2, 1) IS NOT NULL ORDER BY made_at DESC LIMIT ?3",
                    kSnapshotColumns, where);
    std::vector<SnapshotRecord> found;
    TRY(catalog_.read([&](sqlite::Database& database) {
        return each_row(
            database, sql, [&](sqlite::Columns& row) { found.push_back(snapshot_of(row)); }, filter.plan, filter.label,
            filter.limit);
    }));
    return found;
}

Result<std::vector<CopyRecord>> Snapshots::copies_of(const ObjectId& snapshot) {
    return copies_where(catalog_, "snapshot = ? ORDER BY medium", snapshot.view());
}

Result<std::vector<CopyRecord>> Snapshots::owed_to(MediumKey medium) {
    return copies_where(catalog_, "medium = ? AND state = 'owed' ORDER BY since_at", medium);
}

Result<std::vector<CopyRecord>> Snapshots::copies_on(MediumKey medium) {
    return copies_where(catalog_, "medium = ? ORDER BY snapshot", medium);
}

Status Snapshots::settle_debts(const std::vector<MediumDuty>& duties, const std::vector<std::string>& hosts) {
    return catalog_.write([&](sqlite::Database& database) -> Status {
        TRY(drop_undue(database, duties));
        TRY_ASSIGN(sqlite::Statement enter, sqlite::Statement::prepare(database, kEnterDue));
        for (const MediumDuty& duty : duties) {
            if (hosts.empty()) TRY(enter_due(enter, duty, "", catalog_.now()));
            for (const std::string& host : hosts) TRY(enter_due(enter, duty, host, catalog_.now()));
        }
        return done();
    });
}

}  // namespace custody::catalog
