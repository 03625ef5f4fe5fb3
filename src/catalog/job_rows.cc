#include "catalog/job_rows.h"

namespace custody::catalog {

const char* const kJobColumns =
    "id, plan, label, kind, reason, asked_by, attempt, state, asked_at, begun_at, ended_at, noticed_at, last_phase, medium, "
    "vault, "
    "snapshot, sequence, items_new, items_changed, items_unchanged, items_failed, bytes_scanned, bytes_read, bytes_new, "
    "bytes_stored, "
    "reconciled_items, reconciled_bytes, reconciled_changed, reconciled_unreadable, reconciled_damaged, readback_objects, "
    "readback_bytes, "
    "readback_damaged, warnings, error_code, error, summarised";

namespace {

JobCounts counts_of(sqlite::Columns& row) {
    JobCounts counts;
    counts.items_new = row.count();
    counts.items_changed = row.count();
    counts.items_unchanged = row.count();
    counts.items_failed = row.count();
    counts.bytes_scanned = row.count();
    counts.bytes_read = row.count();
    counts.bytes_new = row.count();
    counts.bytes_stored = row.count();
    return counts;
}

// The first column tells whether there is a result at all.
std::optional<ReconcileResult> reconciled_of(sqlite::Columns& row) {
    const auto items = optional_count_column(row);
    ReconcileResult result;
    result.items = items.value_or(0);
    result.bytes = optional_count_column(row).value_or(0);
    result.changed = optional_count_column(row).value_or(0);
    result.unreadable = optional_count_column(row).value_or(0);
    result.damaged = optional_count_column(row).value_or(0);
    return items ? std::optional<ReconcileResult>(result) : std::nullopt;
}

std::optional<ReadBackResult> read_back_of(sqlite::Columns& row) {
    const auto objects = optional_count_column(row);
    ReadBackResult result;
    result.objects = objects.value_or(0);
    result.bytes = optional_count_column(row).value_or(0);
    result.damaged = optional_count_column(row).value_or(0);
    return objects ? std::optional<ReadBackResult>(result) : std::nullopt;
}

std::optional<Error> error_of_row(sqlite::Columns& row) {
    const auto word = row.optional_text();
    const auto message = row.optional_text();
    if (!word) return std::nullopt;
    const auto code = from_word<Code>(*word);
    if (!code) row.fail();
    return Error{code.value_or(Code::failed), message.value_or("")};
}

}  // namespace

Job job_of(sqlite::Columns& row) {
    Job job;
    job.id = row.integer();
    job.asked.plan = row.optional_text();
    job.asked.label = row.optional_text();
    job.asked.kind = word_column<JobKind>(row);
    job.asked.reason = row.text();
    job.asked.asked_by = row.text();
    job.asked.attempt = static_cast<int>(row.integer());
    job.state = job.end.state = word_column<JobState>(row);
    job.asked_at = time_column(row);
    job.begun_at = optional_time_column(row);
    job.ended_at = optional_time_column(row);
    job.noticed_at = optional_time_column(row);
    job.last_phase = row.text();
    job.asked.medium = row.optional_integer();
    job.asked.vault = optional_id_column<VaultId>(row);
    job.end.snapshot = optional_id_column<ObjectId>(row);
    job.end.sequence = optional_count_column(row);
    job.end.counts = counts_of(row);
    job.end.reconciled = reconciled_of(row);
    job.end.read_back = read_back_of(row);
    job.warnings = row.count();
    job.end.error = error_of_row(row);
    job.summarised = row.boolean();
    return job;
}

}  // namespace custody::catalog
