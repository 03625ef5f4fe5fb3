#include "daemon/work/plan_routes.h"

#include "base/records/optional_json.h"
#include "base/text.h"
#include "daemon/config/values.h"
#include "daemon/jobs/job_json.h"
#include "daemon/schedule/zone.h"
#include "daemon/work/job_routes.h"
#include "daemon/work/next_runs.h"
#include "daemon/work/request_fields.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::uint64_t kNextRuns = 20, kMostNextRuns = 1000;
constexpr std::size_t kLastJobs = 10;

// As the configuration has it; no source holds a password.
Json to_json(const SourceConfig& source) {
    struct Fields {
        Json operator()(const FilesSource& files) const { return {{"paths", files.paths}, {"exclude", files.exclude}}; }
        Json operator()(const ImageSource& image) const { return {{"path", image.path}}; }
        Json operator()(const PostgresqlSource& postgresql) const {
            return {{"conninfo", postgresql.conninfo}, {"as_user", text_or_null(postgresql.as_user)}};
        }
        Json operator()(const MariadbSource& mariadb) const {
            return {{"defaults_file", mariadb.defaults_file}, {"as_user", text_or_null(mariadb.as_user)}};
        }
        Json operator()(const SqliteSource& sqlite) const { return {{"path", sqlite.file}}; }
        Json operator()(const CommandSource& command) const {
            return {{"arguments", command.arguments}, {"file", command.file}, {"every_seconds", command.every_ns / kSecond}};
        }
    };
    Json json = std::visit(Fields{}, source);
    json["kind"] = kind_of(source);
    return json;
}

void put_configured(Json& into, const PlanConfig& plan) {
    into["schedule"] = plan.schedule.empty() ? Json(nullptr) : Json(plan.schedule);
    into["on_change"] = plan.on_change;
    into["media"] = plan.media;
    into["source"] = to_json(plan.source);
}

// What the status says of each plan, with what the configuration says of it, by name.
Result<Json> plan_documents(ServiceControl& control, const Config& config) {
    TRY_ASSIGN(const StatusFacts facts, control.status());
    Json documents = custody::to_json(facts)["plans"];
    Json kept = Json::array();
    for (Json& document : documents) {
        const PlanConfig* plan = config.find_plan(document["name"].get<std::string>());
        if (plan == nullptr) continue;  // gone between two looks
        put_configured(document, *plan);
        kept.push_back(std::move(document));
    }
    return kept;
}

Error no_such_plan(const std::string& name) {
    return {Code::not_found, say("no such plan: {}; 'custody plan list' names them", printable(name))};
}

ApiReply list_plans(ServiceControl& control) {
    TRY_ASSIGN(Json plans, plan_documents(control, *control.config()));
    return Json{{"plans", std::move(plans)}};
}

Result<Json> last_jobs(ServiceControl& control, const std::string& plan) {
    catalog::JobFilter filter;
    filter.plan = plan;
    filter.limit = kLastJobs;
    TRY_ASSIGN(const auto jobs, catalog::Jobs(control.catalog()).list(filter));
    return job_lines(control.catalog(), jobs);
}

ApiReply show_plan(ServiceControl& control, const ApiRequest& request) {
    const std::string& name = request.parameters.at("name");
    const std::shared_ptr<const Config> config = control.config();
    const PlanConfig* plan = config->find_plan(name);
    if (plan == nullptr) return no_such_plan(name);
    TRY_ASSIGN(const Json documents, plan_documents(control, *config));
    const auto found = std::find_if(documents.begin(), documents.end(), [&](const Json& one) { return one["name"] == name; });
    Json document = found != documents.end() ? *found : Json{{"name", name}};
    put_configured(document, *plan);
    document["retention"] = describe(config->retention_of(*plan));
    document["verify"] = {{"level", word_of(plan->verify.level)}, {"every_seconds", plan->verify.every_ns / kSecond}};
    document["time_limit_seconds"] = plan->time_limit_ns == 0 ? Json(nullptr) : Json(plan->time_limit_ns / kSecond);
    document["exception"] = plan->exception.given() ? Json(plan->exception.text) : Json(nullptr);
    Json windows = Json::array();
    for (const DayWindow& window : plan->not_between) windows.push_back(describe(window));
    document["not_between"] = std::move(windows);
    Json waiting = nullptr;  // why a run that is due does not begin
    for (const Waiting& one : control.waiting()) {
        if (one.plan == name) waiting = describe(one);
    }
    document["waiting"] = std::move(waiting);
    TRY_ASSIGN(document["jobs"], last_jobs(control, name));
    return document;
}

ApiReply show_next(ServiceControl& control, const ApiRequest& request) {
    TRY_ASSIGN(const std::uint64_t count, request.number("count", kNextRuns, kMostNextRuns));
    TRY_ASSIGN(const std::vector<PlanView> views, control.plans());
    auto zone = system_zone(posix_file_system());
    const ZoneRules rules = zone.ok() ? std::move(zone).value() : ZoneRules();  // UTC then, as the scheduler has it
    Json list = Json::array();
    for (const NextRun& run : next_runs(*control.config(), views, rules, control.clock().now(), count)) {
        list.push_back({{"plan", run.plan},
                        {"at", to_rfc3339_local(run.at)},
                        {"due", run.is_due},
                        {"trigger", word_of(run.trigger)},
                        {"why", describe(run.trigger)}});
    }
    return list;
}

ApiReply run_plan(ServiceControl& control, const ApiRequest& request) {
    RunRequest run;
    TRY_ASSIGN(const auto reason, optional_text(request, "reason"));
    TRY_ASSIGN(const bool follow, request.flag("follow", false));
    TRY_ASSIGN(run.source_changed, request.flag("source_changed", false));
    run.reason = reason.value_or("");
    run.asked_by = account_of(request.peer);
    const std::string& name = request.parameters.at("name");
    if (control.config()->find_plan(name) == nullptr) return no_such_plan(name);
    TRY_ASSIGN(const catalog::JobId id, control.run_plan(name, run));
    if (follow) {
        TRY_ASSIGN(std::shared_ptr<JsonStream> stream, control.watch(id));
        return stream;
    }
    TRY_ASSIGN(Json document, job_document(control.catalog(), id));
    return ApiDocument{std::move(document), 202};
}

ApiReply run_all(ServiceControl& control, const ApiRequest& request) {
    RunRequest run;
    TRY_ASSIGN(const auto reason, optional_text(request, "reason"));
    if (!reason) {
        return Error{Code::usage, say("backing up everything at once needs a reason, which stands in every job's record: "
                                      "'custody plan run --all --reason \"incident 12/2026\"'")};
    }
    run.reason = *reason;
    run.asked_by = account_of(request.peer);
    TRY_ASSIGN(const std::vector<catalog::JobId> jobs, control.run_all(run));
    return ApiDocument{Json{{"jobs", jobs}}, 202};
}

}  // namespace

void add_plan_routes(RouteTable& routes, ServiceControl& control) {
    const auto add = [&](ApiMethod method, const char* pattern, ApiReply (*handler)(ServiceControl&, const ApiRequest&)) {
        routes.add({method, pattern, ApiAccess::group,
                    [&control, handler](const ApiRequest& request) { return handler(control, request); }});
    };
    routes.add({ApiMethod::get, "/v1/plans", ApiAccess::group, [&control](const ApiRequest&) { return list_plans(control); }});
    add(ApiMethod::get, "/v1/plans/next", show_next);  // before the one of any name
    add(ApiMethod::get, "/v1/plans/{name}", show_plan);
    add(ApiMethod::post, "/v1/plans/run", run_all);
    add(ApiMethod::post, "/v1/plans/{name}/run", run_plan);
}

}  // namespace custody
