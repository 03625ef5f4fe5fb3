#include "catalog/plans.h"

#include "catalog/rows.h"

namespace custody::catalog {

Status Plans::enter(const std::vector<PlanEntry>& configured) {
    return catalog_.write([&](sqlite::Database& database) -> Status {
        const Time now = catalog_.now();
        // By a mark and not by the time: the clock may stand where it stood when the configuration was read before.
        TRY(run_sql(database, "UPDATE plans SET gone_at = ? WHERE gone_at IS NULL", now.ns));
        for (const PlanEntry& plan : configured)
            TRY(run_sql(
                database,
                "INSERT INTO plans(name, label, what, schedule, digest, first_seen_at, last_seen_at) VALUES(?1, ?2, ?3, ?4, ?5, "
                "?6, "
                "?6) ON CONFLICT(name) DO UPDATE SET label = ?2, what = ?3, schedule = ?4, digest = ?5, last_seen_at = ?6, "
                "gone_at = NULL",
                storable(plan.name, kMaxName), storable(plan.label, kMaxName), storable(plan.what, kMaxText),
                storable(plan.schedule, kMaxText), plan.digest.view(), now.ns));
        return done();
    });
}

Result<std::vector<PlanRecord>> Plans::list() {
    std::vector<PlanRecord> plans;
    TRY(catalog_.read([&](sqlite::Database& database) {
        return each_row(
            database, "SELECT name, label, what, schedule, digest, first_seen_at, last_seen_at, gone_at FROM plans ORDER BY name",
            [&](sqlite::Columns& row) {
                PlanRecord& plan = plans.emplace_back();
                plan.entry.name = row.text();
                plan.entry.label = row.text();
                plan.entry.what = row.text();
                plan.entry.schedule = row.text();
                plan.entry.digest = id_column<Digest>(row);
                plan.first_seen_at = time_column(row);
                plan.last_seen_at = time_column(row);
                plan.gone_at = optional_time_column(row);
            });
    }));
    return plans;
}

}  // namespace custody::catalog
