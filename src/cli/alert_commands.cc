// custody alert list, test: what people were told, and whether they would hear.
#include "base/text.h"
#include "cli/command_table.h"
#include "cli/service_answer.h"
#include "cli/service_client.h"

namespace custody {
namespace {

constexpr std::int64_t kTestWithin_ns = 10 * kMinute;  // each channel takes its time-outs

struct AlertFlags {};

void print_alert(Output& output, const Json& alert) {
    output.line(say("{}  {} (since {}, told {} times)", text_field(alert, "severity"), text_field(alert, "what"),
                    minute_field(alert, "first"), number_field(alert, "count")));
    if (const std::string detail = text_field(alert, "detail"); !detail.empty()) output.line("    " + detail);
    output.line("    " + say("still safe: {}", text_field(alert, "safe")));
    if (alert.contains("type") && alert["type"].is_string()) {
        std::string_view rest = alert["type"].get_ref<const std::string&>();
        while (!rest.empty()) {  // a command a line
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            output.line("    " + say("type: {}", printable(rest.substr(0, end))));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    output.line("    " + say("sent {}, again {}", minute_field(alert, "sent"), minute_field(alert, "sent_again")));
}

Result<int> run_list(Context& context, const AlertFlags&) {
    TRY_ASSIGN(const Json answer, service_of(context).get("/v1/alerts", &context.stop()));
    Output& output = context.output();
    output.document(answer);
    const Json& alerts = list_field(answer, "alerts");
    if (alerts.empty()) output.line(say("no alert stands"));
    for (const Json& alert : alerts) print_alert(output, alert);
    for (const Json& trouble : list_field(answer, "troubles")) {
        output.line(say("nothing passes to {} since {}: {}", text_field(trouble, "channel"), minute_field(trouble, "since"),
                        text_field(trouble, "why")));
    }
    if (const std::uint64_t queued = number_field(answer, "queued"); queued != 0) {
        output.line(say("{} messages wait to be sent", queued));
    }
    return kExitDone;
}

Result<int> run_test(Context& context, const AlertFlags&) {
    const ApiClient service(context.settings().socket, kTestWithin_ns);
    TRY_ASSIGN(const Json results, service.post("/v1/alerts/test", Json::object(), &context.stop()));
    if (results.empty()) {
        return Error{Code::usage,
                     say("no channel for alerts is configured, so that nobody would hear: set smtp, syslog or command "
                         "in [alert] of {}",
                         printable(context.settings().config_file))};
    }
    context.output().document(results);
    bool all = true;
    for (const Json& result : results) {
        const std::string channel = text_field(result, "channel");
        if (flag_field(result, "delivered")) {
            context.output().line(say("{}: delivered", channel));
        } else {
            all = false;
            context.progress().error(say("{}: not delivered: {}", channel, text_field(result, "message")));
        }
    }
    return all ? kExitDone : kExitFailed;
}

}  // namespace

void add_alert_commands(CommandTable& table) {
    CLI::App& family = table.add_family(table.root(), "alert", say("What the service tells people"));
    auto flags = std::make_shared<AlertFlags>();
    CLI::App& list = table.add(family, "list", say("Lists the alerts that stand: what is the matter, what is safe, what to type"),
                               {"alert list", {"custody alert list"}, ""});
    table.runs(list, flags, run_list);
    CLI::App& test = table.add(family, "test", say("Sends a test message to every channel, and says which took it"),
                               {"alert test",
                                {"custody alert test"},
                                say("Ends with exit code 1 when a channel did not take it. That a server took it does not mean "
                                    "that somebody reads it: look into the mailbox.")});
    table.runs(test, flags, run_test);
}

}  // namespace custody
