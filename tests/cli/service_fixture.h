// The built `custody` against a real API server of this process, whose service is the test's (tests/support/fake_control.h).
#pragma once

#include "daemon/work/alert_routes.h"
#include "daemon/work/catalog_routes.h"
#include "daemon/work/job_routes.h"
#include "daemon/work/key_routes.h"
#include "daemon/work/plan_routes.h"
#include "tests/daemon/work/control_fixture.h"
#include "tests/support/program.h"
#include "tests/support/wait_for.h"

#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace custody::test {

class ServiceCommands : public testing::Test {
protected:
    void SetUp() override {
        const std::string service = "[service]\nsocket = \"" + socket() + "\"\nstate_folder = \"" + (scratch_ / "state") + "\"\n";
        std::ofstream(config()) << three_plans(service);
        set_up_plans(control_);
        RouteTable routes;
        add_plan_routes(routes, control_);
        add_job_routes(routes, control_);
        add_alert_routes(routes, control_);
        add_key_routes(routes, control_);
        add_catalog_routes(routes, control_);
        routes.add({ApiMethod::get, "/v1/status", ApiAccess::group, [this](const ApiRequest&) -> ApiReply { return status(); }});
        ApiSettings settings;
        settings.socket = socket();
        settings.group = ::getegid();
        auto started = ApiServer::start(settings, std::move(routes));
        ASSERT_TRUE(is_ok(started));
        server_ = std::move(started).value();
    }
    void TearDown() override { server_.reset(); }

    [[nodiscard]] std::string socket() const { return scratch_ / "custody.sock"; }
    [[nodiscard]] std::string config() const { return scratch_ / "custody.toml"; }
    // As Service::status_json gives it.
    [[nodiscard]] Json status() {
        const StatusFacts facts = control_.status().value();
        Json document = to_json(facts);
        document["service"] = {{"version", "0.1.0"},
                               {"pid", 812},
                               {"config", "/etc/c.toml"},
                               {"started", to_rfc3339_local(facts.started)},
                               {"config_faults", Json::array()},
                               {"runs_jobs", true}};
        return document;
    }
    [[nodiscard]] Program command(std::vector<std::string> arguments) const {
        Program program;
#ifdef CUSTODY_PROGRAM
        program.path = CUSTODY_PROGRAM;
#endif
        program.arguments = std::move(arguments);
        program.environment = {{"CUSTODY_CONFIG", config()},
                               {"CUSTODY_KEYRING", scratch_ / "keyring"},
                               {"CUSTODY_VAULT", ""},
                               {"CUSTODY_PASSPHRASE", "bốn con mèo đen"},
                               {"LC_ALL", "C"},
                               {"TZ", "Asia/Ho_Chi_Minh"}};
        return program;
    }
    Outcome custody(std::vector<std::string> arguments) const { return run(command(std::move(arguments))); }
    static Json json_of(const Outcome& outcome) {
        Json parsed = Json::parse(outcome.out, nullptr, false);
        EXPECT_FALSE(parsed.is_discarded()) << "no JSON: " << outcome.out << outcome.err;
        return parsed;
    }
    static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
    catalog::JobId job_of(const std::string& plan) {
        const auto id = control_.run_plan(plan, {"schedule", "service", false});
        EXPECT_TRUE(is_ok(id));
        return id.ok() ? *id : 0;
    }
    void end(catalog::JobId id, catalog::JobState state, std::optional<Error> error = {}) {
        catalog::JobEnd end;
        end.state = state;
        end.error = std::move(error);
        control_.end_job(id, end);
    }

    ScratchFolder scratch_{"service-commands"};
    FakeControl control_;
    std::unique_ptr<ApiServer> server_;
};

}  // namespace custody::test
