#include "cli/job_view.h"

#include "base/counts.h"
#include "base/text.h"
#include "cli/service_answer.h"

namespace custody {
namespace {

// What is said of a job's progress, for as long as it is shown.
void show_progress(ProgressLine& line, const Json& progress) {
    const std::string phase = text_field(progress, "phase"), current = text_field(progress, "current");
    ProgressState state;
    state.phase = phase;
    state.current = current;
    state.items_done = number_field(progress, "items_done");
    state.items_total = number_field(progress, "items_total");
    state.bytes_done = number_field(progress, "bytes_done");
    state.bytes_total = number_field(progress, "bytes_total");
    line.update(state);
}

void show(ProgressLine& line, const Json& one) {
    if (one.is_object() && one.contains("progress")) show_progress(line, one["progress"]);
    if (one.is_object() && one.contains("warning")) line.warn(text_field(one, "warning"));
}

// Why it did not end well; of one that was asked to end its state says all.
std::string failure_text(const Json& job) {
    const std::string state = text_field(job, "state");
    if (state == "cancelled" || state == "interrupted") return "";
    return text_field(object_field(job, "error"), "message");
}

void add_numbers(const Json& job, std::vector<std::string>& lines) {
    const Json &files = object_field(job, "files"), &bytes = object_field(job, "bytes");
    const bool is_done = text_field(job, "state").starts_with("done");
    if (!is_done && number_field(bytes, "scanned") == 0) return;  // it did not come to that
    lines.push_back(say("files: {} new, {} changed, {} unchanged, {} failed", number_field(files, "new"),
                        number_field(files, "changed"), number_field(files, "unchanged"), number_field(files, "failed")));
    lines.push_back(say("bytes: {} looked at, {} read, {} new, {} stored", human_bytes(number_field(bytes, "scanned")),
                        human_bytes(number_field(bytes, "read")), human_bytes(number_field(bytes, "new")),
                        human_bytes(number_field(bytes, "stored"))));
}

void add_proofs(const Json& job, std::vector<std::string>& lines) {
    if (const Json& found = object_field(job, "reconciled"); !found.empty()) {
        lines.push_back(say("held against the source: {} files, {}; changed since {}, unreadable {}, damaged {}",
                            number_field(found, "files"), human_bytes(number_field(found, "bytes")),
                            number_field(found, "changed"), number_field(found, "unreadable"), number_field(found, "damaged")));
    }
    if (const Json& found = object_field(job, "read_back"); !found.empty()) {
        lines.push_back(say("read back from the medium: {} objects, {}; damaged {}", number_field(found, "objects"),
                            human_bytes(number_field(found, "bytes")), number_field(found, "damaged")));
    }
}

void add_snapshot(const Json& job, std::vector<std::string>& lines) {
    const std::string snapshot = text_field(job, "snapshot"), medium = text_field(job, "medium");
    if (snapshot.empty()) return;
    lines.push_back(
        medium.empty()
            ? say("snapshot {}, entry {} of the ledger", snapshot.substr(0, 8), number_field(job, "sequence"))
            : say("snapshot {} on {}, entry {} of the ledger", snapshot.substr(0, 8), medium, number_field(job, "sequence")));
}

void add_phases(const Json& job, std::vector<std::string>& lines) {
    for (const Json& phase : list_field(job, "phases")) {
        lines.push_back(say("phase {}: {}, {}", phase_text(text_field(phase, "name")), state_text(text_field(phase, "state")),
                            seconds_field(phase, "seconds")));
    }
}

std::string first_line(const Json& job) {
    const std::string state = state_text(text_field(job, "state"));
    if (!time_field(job, "began")) {
        return say("job {}, {}: {}; asked for {}", number_field(job, "id"), job_title(job), state, minute_field(job, "asked"));
    }
    return say("job {}, {}: {}; began {}, took {}", number_field(job, "id"), job_title(job), state, minute_field(job, "began"),
               seconds_field(job, "seconds"));
}

}  // namespace

std::string job_title(const Json& job) {
    const std::string kind = text_field(job, "kind"), plan = text_field(job, "plan"), medium = text_field(job, "medium");
    const std::string what(translate(kind));
    if (!plan.empty()) return say("{} of plan {}", what, plan);
    return medium.empty() ? what : say("{} of {}", what, medium);
}

std::vector<std::string> job_lines_of(const Json& job, bool told) {
    std::vector<std::string> lines = {first_line(job)};
    const std::string reason = reason_text(text_field(job, "reason")), asked_by = text_field(job, "asked_by");
    const std::string who = asked_by == "service" ? std::string(translate("service")) : asked_by;
    if (!reason.empty() || !who.empty()) lines.push_back(say("reason: {} (asked for by {})", reason.empty() ? "-" : reason, who));
    add_phases(job, lines);
    if (text_field(job, "kind") == "backup" && time_field(job, "ended")) add_numbers(job, lines);
    add_proofs(job, lines);
    add_snapshot(job, lines);
    if (const auto noticed = time_field(job, "noticed")) {
        lines.push_back(say("it was cut off when the service ended; that was noticed {}", to_minute(*noticed)));
    }
    if (flag_field(job, "summarised")) lines.push_back(say("phases and warnings were dropped after their term"));
    if (told) return lines;
    for (const Json& warning : list_field(job, "warnings")) {
        if (warning.is_string()) lines.push_back(say("warning: {}", printable(warning.get_ref<const std::string&>())));
    }
    if (const std::string why = failure_text(job); !why.empty()) lines.push_back(say("failed because: {}", why));
    return lines;
}

std::vector<std::string> job_table(const Json& jobs) {
    std::vector<std::vector<std::string>> rows = {
        {say("Job"), say("What"), say("State"), say("Asked for"), say("Took"), say("Reason")}};
    for (const Json& job : jobs) {
        rows.push_back({std::to_string(number_field(job, "id")), job_title(job), state_text(text_field(job, "state")),
                        minute_field(job, "asked"), seconds_field(job, "seconds"), reason_text(text_field(job, "reason"))});
    }
    return format_table(rows);
}

Result<int> look_on(Context& context, const ApiClient& service, std::uint64_t job) {
    ProgressLine& progress = context.progress();
    const auto line = [&](const Json& one) -> Status {
        show(progress, one);
        return done();
    };
    const auto record = service.stream("GET", "/v1/jobs/" + std::to_string(job) + "/stream", std::nullopt, line, &context.stop());
    progress.clear();
    if (!record.ok() && context.stop().requested()) {
        return Error{
            Code::interrupted,
            say("you look on no longer, and job {0} goes on: 'custody job watch {0}' looks on again, 'custody job cancel "
                "{0}' ends it",
                job)};
    }
    TRY(record);
    if (!record->is_object() || !record->contains("exit") || !(*record)["exit"].is_number_integer()) {
        return Error{Code::failed,
                     say("the service stopped telling of job {0}: 'custody job show {0}' says what became of it", job)};
    }
    for (const Json& warning : list_field(*record, "warnings")) {  // those of before, which nobody saw
        if (warning.is_string()) progress.warn(printable(warning.get_ref<const std::string&>()));
    }
    context.output().document(*record);
    for (const std::string& text : job_lines_of(*record, true)) context.output().line(text);
    if (const std::string why = failure_text(*record); !why.empty()) progress.error(why);
    return (*record)["exit"].get<int>();
}

}  // namespace custody
