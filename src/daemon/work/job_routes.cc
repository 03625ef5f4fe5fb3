#include "daemon/work/job_routes.h"

#include "base/text.h"
#include "catalog/media.h"
#include "daemon/jobs/job_json.h"
#include "daemon/work/request_fields.h"

#include <map>

namespace custody {
namespace {

constexpr std::uint64_t kJobs = 50, kMostJobs = 1000;
constexpr std::uint64_t kMostId = std::uint64_t{1} << 53;

// The words of a list, for who gave another one.
template <class Enum>
std::string words_of() {
    std::string all;
    for (const std::string_view word : catalog::Vocabulary<Enum>::words) all.append(all.empty() ? "" : ", ").append(word);
    return all;
}

template <class Enum>
Result<std::optional<Enum>> word_of_request(const ApiRequest& request, std::string_view field) {
    TRY_ASSIGN(const auto text, optional_text(request, field));
    if (!text) return std::optional<Enum>();
    const auto word = catalog::from_word<Enum>(*text);
    if (!word) return Error{Code::usage, say("'{}' must be one of: {}", field, words_of<Enum>())};
    return word;
}

Result<catalog::JobFilter> filter_of(const ApiRequest& request) {
    catalog::JobFilter filter;
    TRY_ASSIGN(filter.plan, optional_text(request, "plan"));
    TRY_ASSIGN(filter.state, word_of_request<catalog::JobState>(request, "state"));
    TRY_ASSIGN(filter.kind, word_of_request<catalog::JobKind>(request, "kind"));
    TRY_ASSIGN(const std::uint64_t before, request.number("before", 0, kMostId));
    if (before != 0) filter.before = static_cast<catalog::JobId>(before);
    TRY_ASSIGN(filter.limit, request.number("limit", kJobs, kMostJobs));
    if (filter.limit == 0) return Error{Code::usage, say("'limit' must be from 1 to {}", kMostJobs)};
    return filter;
}

ApiReply list_jobs(ServiceControl& control, const ApiRequest& request) {
    TRY_ASSIGN(const catalog::JobFilter filter, filter_of(request));
    TRY_ASSIGN(const std::vector<catalog::Job> jobs, catalog::Jobs(control.catalog()).list(filter));
    TRY_ASSIGN(Json lines, job_lines(control.catalog(), jobs));
    const bool may_be_more = jobs.size() == filter.limit;
    return Json{{"jobs", std::move(lines)}, {"next_before", may_be_more ? Json(jobs.back().id) : Json(nullptr)}};
}

ApiReply show_job(ServiceControl& control, const ApiRequest& request) {
    TRY_ASSIGN(const catalog::JobId id, job_of_path(request));
    TRY_ASSIGN(Json document, job_document(control.catalog(), id));
    return document;
}

ApiReply watch_job(ServiceControl& control, const ApiRequest& request) {
    TRY_ASSIGN(const catalog::JobId id, job_of_path(request));
    TRY_ASSIGN(std::shared_ptr<JsonStream> stream, control.watch(id));
    return stream;
}

ApiReply cancel_job(ServiceControl& control, const ApiRequest& request) {
    TRY_ASSIGN(const catalog::JobId id, job_of_path(request));
    TRY(control.cancel(id, account_of(request.peer)));
    TRY_ASSIGN(Json document, job_document(control.catalog(), id));
    return ApiDocument{std::move(document), 202};
}

}  // namespace

Result<Json> job_lines(catalog::Catalog& catalog, const std::vector<catalog::Job>& jobs) {
    TRY_ASSIGN(const std::vector<catalog::RegisteredMedium> media, catalog::Media(catalog).list());
    std::map<catalog::MediumKey, std::string> names;
    for (const catalog::RegisteredMedium& medium : media) names.emplace(medium.key, medium.entry.name);
    Json lines = Json::array();
    for (const catalog::Job& job : jobs) {
        std::optional<std::string> medium;
        if (job.asked.medium) {
            const auto found = names.find(*job.asked.medium);
            if (found != names.end()) medium = found->second;
        }
        lines.push_back(to_json(job, medium));
    }
    return lines;
}

void add_job_routes(RouteTable& routes, ServiceControl& control) {
    const auto add = [&](ApiMethod method, const char* pattern, ApiReply (*handler)(ServiceControl&, const ApiRequest&)) {
        routes.add({method, pattern, ApiAccess::group,
                    [&control, handler](const ApiRequest& request) { return handler(control, request); }});
    };
    add(ApiMethod::get, "/v1/jobs", list_jobs);
    add(ApiMethod::get, "/v1/jobs/{id}", show_job);
    add(ApiMethod::get, "/v1/jobs/{id}/stream", watch_job);
    add(ApiMethod::post, "/v1/jobs/{id}/cancel", cancel_job);
}

}  // namespace custody
