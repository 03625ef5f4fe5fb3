#include "cli/service_status.h"

#include "base/text.h"
#include "cli/service_answer.h"
#include "cli/service_client.h"
#include "cli/status_screen.h"

namespace custody {

Result<std::optional<int>> service_status(Context& context, bool check) {
    const auto status = service_of(context).get("/v1/status", &context.stop());
    if (!status.ok() && status.error().code == Code::not_found) return std::optional<int>();
    TRY(status);
    context.output().document(*status);
    if (!context.output().json()) {
        for (const std::string& line : status_screen(*status)) context.output().line(line);
    }
    const bool needs_person = !list_field(*status, "needs_person").empty();
    return std::optional<int>(check && needs_person ? kExitFailed : kExitDone);
}

std::string no_service_line(const Context& context) {
    if (!context.settings().has_plans) return "";
    return say("no service runs, so that no plan of {} is backed up by itself: start it with 'systemctl start custodyd'",
               printable(context.settings().config_file));
}

}  // namespace custody
