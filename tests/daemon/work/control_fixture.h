// The routes of the service's work on a real server, over a real catalogue, with plans of a real configuration; jobs are moved on
// by the test.
#pragma once

#include "daemon/config/reader.h"
#include "tests/daemon/api/api_fixture.h"
#include "tests/support/fake_control.h"

#include <memory>
#include <string>
#include <vector>

namespace custody::test {

// Three plans on two media. `more` goes to the end.
inline std::string three_plans(const std::string& more = "") {
    return R"(
[[medium]]
name = "disk-a"
vault = "/mnt/disk-a/vault"
place = "Server room"
[[medium]]
name = "disk-b"
vault = "/mnt/disk-b/vault"
[[plan]]
name = "etc"
label = "config"
source = { files = ["/etc"], exclude = ["*.swp"] }
schedule = "30 1 * * *"
on_change = true
media = ["disk-a", "disk-b"]
[[plan]]
name = "hồ sơ"
label = "business"
source = { files = ["/srv"] }
schedule = "0 * * * *"
not_between = ["07:00-17:30"]
media = ["disk-a", "disk-b"]
[[plan]]
name = "portal-db"
label = "database"
source = { postgresql = "service=portal" }
schedule = "0 2 * * *"
media = ["disk-a", "disk-b"]
)" + more;
}

inline PlanStatus plan_status(const std::string& name, const std::string& label, const std::string& state) {
    PlanStatus plan;
    plan.name = name;
    plan.label = label;
    plan.state = state;
    plan.copies = state == "protected" ? 2 : 1;
    plan.copies_wanted = 2;
    return plan;
}

// A control with those plans, as they stand on a morning.
inline void set_up_plans(FakeControl& control, const std::string& more = "") {
    ConfigReading reading = read_config("/etc/custody/custody.toml", three_plans(more));
    ASSERT_EQ(reading.faults.size(), 0u) << reading.faults.front().line("c.toml");
    control.config_value = std::make_shared<const Config>(std::move(reading.config));
    control.facts.plans = {plan_status("etc", "config", "protected"), plan_status("hồ sơ", "business", "late"),
                           plan_status("portal-db", "database", "failing")};
    control.facts.plans[0].last_success = control.fake_clock.now();
    control.facts.plans[2].last_error = "the server refused the password";
    for (const PlanStatus& plan : control.facts.plans) {
        PlanView view;
        view.name = plan.name;
        control.views.push_back(view);
    }
}

}  // namespace custody::test
