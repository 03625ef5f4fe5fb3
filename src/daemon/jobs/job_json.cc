#include "daemon/jobs/job_json.h"

#include "base/exit_code.h"
#include "base/records/optional_json.h"
#include "catalog/media.h"

namespace custody {
namespace {

// Milliseconds are enough. Null where one of both is not known, or where a clock was set back in between.
Json seconds_between(const std::optional<Time>& from, const std::optional<Time>& to) {
    if (!from || !to || to->ns < from->ns) return nullptr;
    return static_cast<double>((to->ns - from->ns) / (kSecond / 1000)) / 1000;
}

Json to_json(const std::optional<catalog::ReconcileResult>& result) {
    if (!result) return nullptr;
    return {{"files", result->items},     {"bytes", result->bytes},
            {"changed", result->changed}, {"unreadable", result->unreadable},
            {"damaged", result->damaged}, {"mismatches", result->changed + result->unreadable + result->damaged}};
}

Json to_json(const std::optional<catalog::ReadBackResult>& result) {
    if (!result) return nullptr;
    return {{"objects", result->objects}, {"bytes", result->bytes}, {"damaged", result->damaged}};
}

Json to_json(const std::optional<Error>& error) {
    if (!error) return nullptr;
    return {{"code", code_word(error->code)}, {"message", error->message}};
}

Json to_json(const catalog::JobPhase& phase) {
    return {{"name", phase.name},
            {"state", catalog::word_of(phase.outcome)},
            {"began", to_rfc3339_local(phase.begun_at)},
            {"ended", or_null(phase.ended_at)},
            {"seconds", seconds_between(phase.begun_at, phase.ended_at)}};
}

void put_result(Json& into, const catalog::JobEnd& end) {
    const catalog::JobCounts& counts = end.counts;
    into["snapshot"] = end.snapshot ? Json(end.snapshot->hex()) : Json(nullptr);
    into["sequence"] = end.sequence ? Json(*end.sequence) : Json(nullptr);
    into["files"] = {{"new", counts.items_new},
                     {"changed", counts.items_changed},
                     {"unchanged", counts.items_unchanged},
                     {"failed", counts.items_failed}};
    into["bytes"] = {{"scanned", counts.bytes_scanned},
                     {"read", counts.bytes_read},
                     {"new", counts.bytes_new},
                     {"stored", counts.bytes_stored}};
    into["reconciled"] = to_json(end.reconciled);
    into["read_back"] = to_json(end.read_back);
    into["error"] = to_json(end.error);
}

}  // namespace

Json to_json(const catalog::Job& job, const std::optional<std::string>& medium) {
    const std::optional<int> exit = exit_code_of(job);
    Json json = {{"id", job.id},
                 {"plan", or_null(job.asked.plan)},
                 {"label", or_null(job.asked.label)},
                 {"kind", catalog::word_of(job.asked.kind)},
                 {"state", catalog::word_of(job.state)},
                 {"exit", exit ? Json(*exit) : Json(nullptr)},
                 {"reason", job.asked.reason},
                 {"asked_by", job.asked.asked_by},
                 {"attempt", job.asked.attempt},
                 {"medium", or_null(medium)},
                 {"asked", to_rfc3339_local(job.asked_at)},
                 {"began", or_null(job.begun_at)},
                 {"ended", or_null(job.ended_at)},
                 {"noticed", or_null(job.noticed_at)},
                 {"seconds", seconds_between(job.begun_at, job.ended_at)},
                 {"last_phase", job.last_phase.empty() ? Json(nullptr) : Json(job.last_phase)},
                 {"warning_count", job.warnings},
                 {"summarised", job.summarised}};
    put_result(json, job.end);
    return json;
}

Json to_json(const catalog::JobDetails& details, const std::optional<std::string>& medium) {
    Json json = to_json(details.job, medium);
    Json phases = Json::array();
    for (const catalog::JobPhase& phase : details.phases) phases.push_back(to_json(phase));
    json["phases"] = std::move(phases);
    json["warnings"] = details.warnings;
    return json;
}

Result<Json> job_document(catalog::Catalog& catalog, catalog::JobId id) {
    TRY_ASSIGN(const catalog::JobDetails details, catalog::Jobs(catalog).details(id));
    if (!details.job.asked.medium) return to_json(details);
    TRY_ASSIGN(const catalog::RegisteredMedium medium, catalog::Media(catalog).find(*details.job.asked.medium));
    return to_json(details, medium.entry.name);
}

std::optional<int> exit_code_of(const catalog::Job& job) {
    if (catalog::is_open(job.state)) return std::nullopt;
    if (job.state == catalog::JobState::done) return kExitDone;
    if (job.state == catalog::JobState::done_with_failures) return kExitSomeUnread;
    if (job.state == catalog::JobState::cancelled || job.state == catalog::JobState::interrupted) return kExitInterrupted;
    // A failure whose error is that somebody asked to stop is told as a failure all the same.
    const int code = job.end.error ? custody::exit_code_of(job.end.error->code) : kExitFailed;
    return code == kExitInterrupted ? kExitFailed : code;
}

}  // namespace custody
