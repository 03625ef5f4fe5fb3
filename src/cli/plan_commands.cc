// custody plan list, show, next, run: what the service backs up, and a run that a person asks for.
#include "base/counts.h"
#include "base/text.h"
#include "cli/command_table.h"
#include "cli/job_view.h"
#include "cli/service_answer.h"
#include "cli/service_client.h"
#include "daemon/api/route.h"

namespace custody {
namespace {

struct PlanNoFlags {};
struct PlanShowFlags {
    std::string name;
};
struct NextFlags {
    std::uint64_t count = 20;
};
struct PlanRunFlags {
    std::string name, reason;
    bool all = false, follow = false, source_changed = false;
};

std::string plan_path(const std::string& name) { return "/v1/plans/" + encode_percent(name); }

std::string copies_text(const Json& plan) {
    return fmt::format("{}/{}", number_field(plan, "copies"), number_field(plan, "copies_wanted"));
}

std::string plan_state(const Json& plan) {
    std::string state = state_text(text_field(plan, "state"));
    if (flag_field(plan, "running")) state += ", " + say("running");
    return state;
}

// "30 1 * * *, on change"
std::string when_text(const Json& plan) {
    std::string text = text_field(plan, "schedule");
    if (flag_field(plan, "on_change")) text += (text.empty() ? "" : ", ") + say("on change");
    const std::uint64_t every = number_field(object_field(plan, "source"), "every_seconds");
    if (every != 0) text += (text.empty() ? "" : ", ") + say("every {}", human_seconds(static_cast<double>(every)));
    return text.empty() ? "-" : text;
}

std::string source_text(const Json& plan) {
    const Json& source = object_field(plan, "source");
    std::string what;
    for (const char* list : {"paths", "arguments"}) what += texts_of(list_field(source, list));
    for (const char* text : {"path", "conninfo", "defaults_file"}) what += text_field(source, text);
    if (const std::string user = text_field(source, "as_user"); !user.empty()) what = say("{} (as the user {})", what, user);
    return text_field(source, "kind") + " " + what;
}

Result<int> run_list(Context& context, const PlanNoFlags&) {
    TRY_ASSIGN(const Json answer, service_of(context).get("/v1/plans", &context.stop()));
    context.output().document(answer);
    std::vector<std::vector<std::string>> rows = {
        {say("Plan"), say("Label"), say("State"), say("Last good"), say("Copies"), say("Next run"), say("Schedule")}};
    for (const Json& plan : list_field(answer, "plans")) {
        rows.push_back({text_field(plan, "name"), text_field(plan, "label"), plan_state(plan), minute_field(plan, "last_success"),
                        copies_text(plan), minute_field(plan, "next_run"), when_text(plan)});
    }
    if (rows.size() == 1) context.output().line(say("the configuration has no plan"));
    if (rows.size() > 1) {
        for (const std::string& line : format_table(rows)) context.output().line(line);
    }
    return kExitDone;
}

void print_plan(Output& output, const Json& plan) {
    output.line(say("plan {}: {}", text_field(plan, "name"), plan_state(plan)));
    output.line(
        say("label {}, {}", text_field(plan, "label"), flag_field(plan, "important") ? say("important") : say("ordinary")));
    output.line(say("source: {}", source_text(plan)));
    output.line(say("when: {}; next run {}", when_text(plan), minute_field(plan, "next_run")));
    if (const Json& windows = list_field(plan, "not_between"); !windows.empty())
        output.line(say("not between: {}", texts_of(windows)));
    output.line(say("to: {}; copies {}", texts_of(list_field(plan, "media")), copies_text(plan)));
    output.line(say("keeps: {}", text_field(plan, "retention")));
    output.line(say("last good backup {}, last run {}", minute_field(plan, "last_success"), minute_field(plan, "last_run")));
    if (const std::string why = text_field(plan, "last_error"); !why.empty()) output.line(say("last error: {}", why));
    if (const std::string why = text_field(plan, "waiting"); !why.empty()) output.line(why);
    if (const std::string text = text_field(plan, "exception"); !text.empty()) output.line(say("exception: {}", text));
    const Json& jobs = list_field(plan, "jobs");
    output.line("");
    if (jobs.empty()) output.line(say("no job yet"));
    if (jobs.empty()) return;
    for (const std::string& line : job_table(jobs)) output.line(line);
}

Result<int> run_show(Context& context, const PlanShowFlags& flags) {
    TRY_ASSIGN(const Json plan, service_of(context).get(plan_path(flags.name), &context.stop()));
    context.output().document(plan);
    print_plan(context.output(), plan);
    return kExitDone;
}

Result<int> run_next(Context& context, const NextFlags& flags) {
    const std::string path = "/v1/plans/next?count=" + std::to_string(flags.count);
    TRY_ASSIGN(const Json runs, service_of(context).get(path, &context.stop()));
    context.output().document(runs);
    std::vector<std::vector<std::string>> rows = {{say("At"), say("Plan"), say("Why")}};
    for (const Json& run : runs) {
        rows.push_back(
            {flag_field(run, "due") ? say("due now") : minute_field(run, "at"), text_field(run, "plan"), text_field(run, "why")});
    }
    if (rows.size() == 1) context.output().line(say("no plan runs of itself"));
    if (rows.size() > 1) {
        for (const std::string& line : format_table(rows)) context.output().line(line);
    }
    return kExitDone;
}

Status check_run(const PlanRunFlags& flags) {
    if (flags.all == !flags.name.empty()) {
        return Error{Code::usage, say("which plan? name one, or give --all; 'custody plan list' names them")};
    }
    if (!flags.all) return done();
    if (flags.reason.empty()) {
        return Error{Code::usage, say("--all needs --reason, which stands in the record of every job")};
    }
    if (flags.follow || flags.source_changed) {
        return Error{Code::usage, say("--follow and --source-changed are for one plan: name it, and leave --all out")};
    }
    return done();
}

Result<int> run_all(Context& context, const PlanRunFlags& flags) {
    TRY_ASSIGN(const Json answer, service_of(context).post("/v1/plans/run", {{"reason", flags.reason}}, &context.stop()));
    context.output().document(answer);
    const Json& jobs = list_field(answer, "jobs");
    context.output().line(say_count(jobs.size(),
                                    "{} job is queued, important ones first: 'custody job list' shows how it goes on",
                                    "{} jobs are queued, important ones first: 'custody job list' shows how they go on"));
    return kExitDone;
}

Result<int> run_run(Context& context, const PlanRunFlags& flags) {
    TRY(check_run(flags));
    if (flags.all) return run_all(context, flags);
    const ApiClient service = service_of(context);
    // Not as a stream at once: its number is known then, whatever becomes of the looking on.
    const Json body = {{"reason", flags.reason}, {"source_changed", flags.source_changed}};
    TRY_ASSIGN(const Json job, service.post(plan_path(flags.name) + "/run", body, &context.stop()));
    const std::uint64_t id = number_field(job, "id");
    if (flags.follow) {
        context.progress().note(say("job {} of plan {}", id, printable(flags.name)));
        return look_on(context, service, id);
    }
    context.output().document(job);
    context.output().line(say("job {0} of plan {1}: {2}; 'custody job watch {0}' looks on", id, printable(flags.name),
                              state_text(text_field(job, "state"))));
    return kExitDone;
}

void add_run(CommandTable& table, CLI::App& family) {
    auto flags = std::make_shared<PlanRunFlags>();
    CLI::App& run = table.add(
        family, "run", say("Backs up a plan now, or all of them"),
        {"plan run NAME [--reason R] [--follow] [--source-changed] | plan run --all --reason R",
         {"custody plan run etc --follow", "custody plan run --all --reason \"incident 12/2026\"",
          "custody plan run archive --source-changed --reason \"moved to the new server\""},
         say("The service does it; this command may end meanwhile. With --follow it looks on, and its exit code is the job's: 3 "
             "when "
             "some items could not be read, 4 when damage was found, 130 when it was cancelled. Interrupting it ends the looking "
             "on, not the job: 'custody job cancel ID' does that. A plan that runs already runs once more after it.")});
    add_operand(run, "NAME", flags->name, say("The plan"));
    run.add_flag("--all", flags->all, say("Every plan at once, important ones first (duty B11)"));
    add_value(run, "--reason", flags->reason, "R", say("Why; stands in the job's record"));
    run.add_flag("--follow", flags->follow, say("Looks on until it has ended"));
    run.add_flag("--source-changed", flags->source_changed,
                 say("The source was moved or emptied on purpose: what it is now is right"));
    table.runs(run, flags, run_run);
}

}  // namespace

void add_plan_commands(CommandTable& table) {
    CLI::App& family = table.add_family(table.root(), "plan", say("What the service backs up, and when"));
    auto none = std::make_shared<PlanNoFlags>();
    CLI::App& list = table.add(family, "list", say("Lists the plans, how each stands and when it runs next"),
                               {"plan list", {"custody plan list", "custody plan list --json"}, ""});
    table.runs(list, none, run_list);

    auto show_flags = std::make_shared<PlanShowFlags>();
    CLI::App& show =
        table.add(family, "show", say("Shows one plan with its last jobs"), {"plan show NAME", {"custody plan show etc"}, ""});
    add_operand(show, "NAME", show_flags->name, say("The plan"))->required();
    table.runs(show, show_flags, run_show);

    auto next_flags = std::make_shared<NextFlags>();
    CLI::App& next =
        table.add(family, "next", say("Shows what runs next, the soonest first"),
                  {"plan next [--count N]",
                   {"custody plan next", "custody plan next --count 5"},
                   say("Times of the schedule, windows heeded. What a change or a person will ask for is not known before.")});
    next.add_option("--count", next_flags->count, say("How many; default: 20, at most 1000"))->type_name("N");
    table.runs(next, next_flags, run_next);
    add_run(table, family);
}

}  // namespace custody
