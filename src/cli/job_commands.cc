// custody job list, show, watch, cancel: runs, past and present.
#include "base/text.h"
#include "cli/command_table.h"
#include "cli/job_view.h"
#include "cli/service_answer.h"
#include "cli/service_client.h"
#include "daemon/api/route.h"

namespace custody {
namespace {

struct JobListFlags {
    std::string plan, state;
    std::uint64_t limit = 50, before = 0;
};
struct JobFlags {
    std::uint64_t id = 0;
};

std::string job_path(std::uint64_t id) { return "/v1/jobs/" + std::to_string(id); }

Result<int> run_list(Context& context, const JobListFlags& flags) {
    std::string path = "/v1/jobs?limit=" + std::to_string(flags.limit);
    if (!flags.plan.empty()) path += "&plan=" + encode_percent(flags.plan);
    if (!flags.state.empty()) path += "&state=" + encode_percent(flags.state);
    if (flags.before != 0) path += "&before=" + std::to_string(flags.before);
    TRY_ASSIGN(const Json answer, service_of(context).get(path, &context.stop()));
    context.output().document(answer);
    const Json& jobs = list_field(answer, "jobs");
    if (jobs.empty()) context.output().line(say("no jobs"));
    if (jobs.empty()) return kExitDone;
    for (const std::string& line : job_table(jobs)) context.output().line(line);
    if (const std::uint64_t before = number_field(answer, "next_before"); before != 0) {
        context.progress().note(say("note: there may be older ones: --before {}", before));
    }
    return kExitDone;
}

Result<int> run_show(Context& context, const JobFlags& flags) {
    TRY_ASSIGN(const Json job, service_of(context).get(job_path(flags.id), &context.stop()));
    context.output().document(job);
    for (const std::string& line : job_lines_of(job)) context.output().line(line);
    return kExitDone;
}

Result<int> run_watch(Context& context, const JobFlags& flags) { return look_on(context, service_of(context), flags.id); }

Result<int> run_cancel(Context& context, const JobFlags& flags) {
    TRY_ASSIGN(const Json job, service_of(context).post(job_path(flags.id) + "/cancel", Json::object(), &context.stop()));
    context.output().document(job);
    context.output().line(say("job {} was asked to end; what it stored so far stays, and the next run reuses it", flags.id));
    return kExitDone;
}

// One that takes a job's number alone.
void add_one(CommandTable& table, CLI::App& family, const std::string& name, const std::string& description, CommandText text,
             Result<int> (*run)(Context&, const JobFlags&)) {
    auto flags = std::make_shared<JobFlags>();
    CLI::App& command = table.add(family, name, description, std::move(text));
    command.add_option("ID", flags->id, say("The job's number"))->required();
    table.runs(command, flags, run);
}

}  // namespace

void add_job_commands(CommandTable& table) {
    CLI::App& family = table.add_family(table.root(), "job", say("Runs of the service, past and present"));
    auto flags = std::make_shared<JobListFlags>();
    CLI::App& list = table.add(family, "list", say("Lists jobs, the newest first"),
                               {"job list [--plan P] [--state S] [--limit N] [--before ID]",
                                {"custody job list", "custody job list --plan etc --state failed --limit 10"},
                                ""});
    add_value(list, "--plan", flags->plan, "P", say("Only those of this plan"));
    add_value(
        list, "--state", flags->state, "S",
        say("Only those that are: queued, running, waiting_for_key, done, done_with_failures, failed, interrupted, cancelled"));
    list.add_option("--limit", flags->limit, say("How many; default: 50, at most 1000"))->type_name("N");
    list.add_option("--before", flags->before, say("Only older ones than this: the next page"))->type_name("ID");
    table.runs(list, flags, run_list);
    add_one(table, family, "show", say("Shows one job: phases, numbers, warnings, why it failed"),
            {"job show ID", {"custody job show 4711"}, ""}, run_show);
    add_one(
        table, family, "watch", say("Looks on until a job has ended"),
        {"job watch ID",
         {"custody job watch 4711"},
         say("The exit code is the job's, also of one that has ended already: 0 done, 3 when some items could not be read, 4 "
             "when damage was found, 130 when it was cancelled or interrupted. Interrupting this command ends the looking on, "
             "not the job.")},
        run_watch);
    add_one(table, family, "cancel", say("Asks a job to end"),
            {"job cancel ID",
             {"custody job cancel 4711"},
             say("It ends at the next point where that is clean. No snapshot is made; what it stored so far stays, and the next "
                 "run reuses it.")},
            run_cancel);
}

}  // namespace custody
