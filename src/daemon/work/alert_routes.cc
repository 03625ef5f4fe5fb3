#include "daemon/work/alert_routes.h"

#include "base/records/optional_json.h"
#include "daemon/alerts/event_text.h"

namespace custody {
namespace {

Json to_json(const AlertRecord& record, const AlertSettings& settings) {
    const AlertEvent& event = record.event;
    const bool reminds = record.told && alert_kind_rule(event.kind).reminds;
    return {{"kind", alert_kind_name(event.kind)},
            {"severity", severity_name(severity_of(event))},
            {"about", alert_object(event)},
            {"what", alert_title(event).shown()},
            {"detail", event.detail},
            {"safe", alert_safe(event).shown()},
            {"type", alert_todo(event).shown()},
            {"first", to_rfc3339_local(record.first)},
            {"last", to_rfc3339_local(record.last)},
            {"count", record.count},
            {"sent", or_null(record.told)},
            {"sent_again", reminds ? Json(to_rfc3339_local(Time{record.told->ns + settings.remind_every_ns})) : Json(nullptr)}};
}

ApiReply list_alerts(ServiceControl& control) {
    const std::shared_ptr<const Config> config = control.config();
    Json alerts = Json::array();
    for (const AlertRecord& record : control.alerts().standing()) {
        alerts.push_back(to_json(record, config->alert.settings));
    }
    const OutboxState outbox = control.alerts().outbox();
    Json troubles = Json::array();
    for (const AlertTrouble& trouble : control.alerts().troubles()) {
        troubles.push_back({{"channel", trouble.target},
                            {"since", to_rfc3339_local(trouble.since)},
                            {"why", trouble.why},
                            {"tries", trouble.tries}});
    }
    return Json{{"alerts", std::move(alerts)},
                {"queued", outbox.pending},
                {"dropped", outbox.dropped},
                {"given_up", outbox.given_up},
                {"troubles", std::move(troubles)}};
}

ApiReply test_alerts(ServiceControl& control, const ApiRequest& request) {
    const StopFlag never;
    Json results = Json::array();
    for (const AlertTestResult& result : control.alerts().send_test(request.stop != nullptr ? *request.stop : never)) {
        results.push_back({{"channel", result.target},
                           {"delivered", result.status.ok()},
                           {"message", result.status.ok() ? Json(nullptr) : Json(result.status.error().message)}});
    }
    return results;
}

}  // namespace

void add_alert_routes(RouteTable& routes, ServiceControl& control) {
    routes.add({ApiMethod::get, "/v1/alerts", ApiAccess::group, [&control](const ApiRequest&) { return list_alerts(control); }});
    routes.add({ApiMethod::post, "/v1/alerts/test", ApiAccess::group,
                [&control](const ApiRequest& request) { return test_alerts(control, request); }});
}

}  // namespace custody
