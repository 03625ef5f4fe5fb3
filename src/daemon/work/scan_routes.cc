#include "daemon/work/scan_routes.h"

#include "base/bilingual.h"
#include "base/text.h"
#include "catalog/findings.h"
#include "daemon/work/request_fields.h"

namespace custody {
namespace {

constexpr std::size_t kMostFindings = 1000;

std::string text_of(const Json& item, const char* field) {
    const auto found = item.find(field);
    return found != item.end() && found->is_string() ? printable(found->get<std::string>()) : std::string();
}

Status record(ServiceControl& control, const Json& finding, const std::string& snapshot, const std::string& account) {
    const std::string path = text_of(finding, "path"), threat = text_of(finding, "threat"),
                      moved = text_of(finding, "quarantined");
    catalog::Seen seen;
    seen.kind = "scan_finding";
    seen.object = path;
    seen.severity = catalog::Severity::urgent;
    seen.text = {"{}: the scan found {} after {} restored it from snapshot {}; it lies now in {}",
                 {path, threat, account, snapshot, moved}};
    const auto kept = catalog::Findings(control.catalog()).see(seen);
    const LanguageScope recorded(program_language());  // it is for everybody, whoever tells it
    AlertEvent event;
    event.kind = AlertKind::scan_finding;
    event.object = path;
    event.snapshot = snapshot;
    event.detail = say("{}: the scan found {} after {} restored it from snapshot {}; it lies now in {}", path, threat, account,
                       snapshot, moved);
    control.alerts().raise(std::move(event));
    return kept.ok() ? done() : Status(kept.error());
}

ApiReply take_findings(ServiceControl& control, const ApiRequest& request) {
    TRY_ASSIGN(const std::string snapshot, request.text("snapshot"));
    const auto scan = request.body.find("scan");
    if (scan == request.body.end() || !scan->is_object() || !scan->contains("findings") || !(*scan)["findings"].is_array()) {
        return Error{Code::usage, say("'scan' is missing, or has no list 'findings'")};
    }
    const Json& findings = (*scan)["findings"];
    if (findings.size() > kMostFindings) return Error{Code::usage, say("more than {} findings in one request", kMostFindings)};
    const std::string account = account_of(request.peer);
    for (const Json& finding : findings) {
        if (!finding.is_object()) return Error{Code::usage, say("'scan' is missing, or has no list 'findings'")};
        TRY(record(control, finding, printable(snapshot), account));
    }
    return ApiDocument{Json{{"recorded", findings.size()}}, 201};
}

}  // namespace

void add_scan_routes(RouteTable& routes, ServiceControl& control) {
    routes.add({ApiMethod::post, "/v1/scan-findings", ApiAccess::group,
                [&control](const ApiRequest& request) { return take_findings(control, request); }});
}

}  // namespace custody
