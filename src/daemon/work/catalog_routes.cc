#include "daemon/work/catalog_routes.h"

#include "catalog/settings.h"

#include <charconv>

namespace custody {
namespace {

// A time that the catalogue keeps as text; null where there is none.
Json time_of(const std::optional<std::string>& nanoseconds) {
    std::int64_t ns = 0;
    if (!nanoseconds) return nullptr;
    const auto end = std::from_chars(nanoseconds->data(), nanoseconds->data() + nanoseconds->size(), ns);
    return end.ec == std::errc() ? Json(to_rfc3339_local(Time{ns})) : Json(nullptr);
}

ApiReply show_catalog(ServiceControl& control) {
    catalog::Settings settings(control.catalog());
    TRY_ASSIGN(const auto version, settings.about("custody_version"));
    TRY_ASSIGN(const auto created, settings.about("created_at"));
    TRY_ASSIGN(const auto rebuilt, settings.about("rebuilt_at"));
    return Json{{"folder", control.catalog().folder()},
                {"written_by", version ? Json(*version) : Json(nullptr)},
                {"created", time_of(created)},
                {"rebuilt", time_of(rebuilt)}};
}

}  // namespace

void add_catalog_routes(RouteTable& routes, ServiceControl& control) {
    routes.add(
        {ApiMethod::get, "/v1/catalog", ApiAccess::group, [&control](const ApiRequest&) { return show_catalog(control); }});
}

}  // namespace custody
