// The program custodyd as systemd runs it: it tells that it is ready, serves, reads its configuration again, and ends in time.
#include "base/file.h"
#include "daemon/api/client.h"
#include "tests/support/program.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;
using test::Outcome;
using test::Program;
using test::RunningProgram;
using test::ScratchFolder;

class Custodyd : public testing::Test {
protected:
    Custodyd() : manager_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, notify().c_str(), sizeof address.sun_path - 1);
        EXPECT_EQ(0, ::bind(manager_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
        configure("");
    }

    [[nodiscard]] std::string notify() const { return scratch_ / "notify"; }
    [[nodiscard]] std::string socket() const { return scratch_ / "custody.sock"; }
    [[nodiscard]] std::string config() const { return scratch_ / "custody.toml"; }
    void configure(const std::string& more) const {
        std::ofstream(config()) << "language = \"en\"\n[service]\nsocket = \"" << socket() << "\"\nstate_folder = \""
                                << scratch_ / "state"
                                << "\"\ncache_folder = \"" << scratch_ / "cache"
                                << "\"\n"
                                << more;
    }
    [[nodiscard]] Program program(std::vector<std::string> arguments) const {
        return {
            CUSTODYD_PROGRAM, std::move(arguments), {{"NOTIFY_SOCKET", notify()}, {"WATCHDOG_USEC", "200000"}}, "", std::nullopt};
    }
    [[nodiscard]] Program service() const { return program({"--config", config()}); }
    // The manager's next message of this beginning; others (the watchdog's) are passed over. Empty after 20 s.
    [[nodiscard]] std::string told(const std::string& beginning) const {
        for (;;) {
            pollfd one = {manager_.get(), POLLIN, 0};
            char buffer[2048];
            if (::poll(&one, 1, 20'000) != 1) return {};
            const ssize_t size = ::recv(manager_.get(), buffer, sizeof buffer, 0);
            const std::string message(buffer, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
            if (message.starts_with(beginning)) return message;
        }
    }
    [[nodiscard]] ApiClient client() const { return ApiClient(socket()); }

    ScratchFolder scratch_{"custodyd"};
    Fd manager_;
};

TEST_F(Custodyd, TellsItIsReadyServesAndEndsWell) {
    RunningProgram running(service());
    EXPECT_EQ(0U, told("READY=1").find("READY=1\nSTATUS=serving on "));
    const auto version = client().get("/v1/version");
    ASSERT_TRUE(is_ok(version));
    EXPECT_EQ("custodyd", (*version)["name"]);
    const auto status = client().get("/v1/status");
    ASSERT_TRUE(is_ok(status));
    EXPECT_FALSE((*status)["protected"].get<bool>());
    EXPECT_EQ(running.pid(), (*status)["service"]["pid"].get<pid_t>());
    EXPECT_EQ(config(), (*status)["service"]["config"]);
    EXPECT_EQ("WATCHDOG=1", told("WATCHDOG"));
    running.kill(SIGTERM);
    EXPECT_NE("", told("STOPPING=1"));
    const Outcome outcome = running.wait();
    EXPECT_EQ(0, outcome.exit) << outcome.err;
    EXPECT_NE(0, ::access(socket().c_str(), F_OK));
}

TEST_F(Custodyd, DoesNotStartWithAConfigurationThatHasFaultsAndNamesThem) {
    configure("jobz = 3\n[metrics]\nport = 70000\n");
    const Outcome outcome = run(service());
    EXPECT_EQ(2, outcome.exit);
    EXPECT_NE(std::string::npos, outcome.err.find(config() + ":6:")) << outcome.err;
    EXPECT_NE(std::string::npos, outcome.err.find(config() + ":8:")) << outcome.err;
    EXPECT_NE(0, ::access(socket().c_str(), F_OK));
    const Outcome checked = run(program({"--check-config", "--config", config()}));
    EXPECT_EQ(2, checked.exit);
    EXPECT_NE(std::string::npos, checked.err.find(":6:"));
    configure("");
    EXPECT_EQ(0, run(program({"--check-config", "--config=" + config()})).exit);
}

TEST_F(Custodyd, ReadsItsConfigurationAgainAndKeepsTheOldOneWhereTheNewHasFaults) {
    RunningProgram running(service());
    EXPECT_NE("", told("READY=1"));
    configure("jobz = 3\n");
    running.kill(SIGHUP);
    EXPECT_NE("", told("RELOADING=1\nMONOTONIC_USEC="));
    EXPECT_NE(std::string::npos, told("READY=1").find("faults"));
    const auto status = client().get("/v1/status");
    ASSERT_TRUE(is_ok(status));
    ASSERT_EQ(1U, (*status)["service"]["config_faults"].size());
    EXPECT_EQ("custodyd --check-config", (*status)["needs_person"][0]["type"]);
    configure("jobs = 3\n");
    running.kill(SIGHUP);
    EXPECT_NE("", told("RELOADING=1"));
    EXPECT_EQ(std::string::npos, told("READY=1").find("faults"));
    EXPECT_EQ(0U, (*client().get("/v1/health"))["config_faults"].size());
    running.kill(SIGUSR1);
    EXPECT_TRUE(is_ok(client().get("/v1/health")));
    running.kill(SIGINT);
    const Outcome outcome = running.wait();
    EXPECT_EQ(0, outcome.exit);
    EXPECT_NE(std::string::npos, outcome.err.find("\"needs_person\"")) << outcome.err;  // USR1
}

TEST_F(Custodyd, TwoOnOneSocketAreOne) {
    RunningProgram running(service());
    EXPECT_NE("", told("READY=1"));
    const Outcome second = run(service());
    EXPECT_EQ(6, second.exit);
    EXPECT_NE(std::string::npos, second.err.find("another custodyd")) << second.err;
    EXPECT_TRUE(is_ok(client().get("/v1/version")));
}

TEST_F(Custodyd, StartsAgainAfterItWasKilled) {
    {
        RunningProgram running(service());
        EXPECT_NE("", told("READY=1"));
        running.kill(SIGKILL);
        EXPECT_EQ(SIGKILL, running.wait().signal);
    }
    RunningProgram again(service());
    EXPECT_NE("", told("READY=1"));
    EXPECT_TRUE(is_ok(client().get("/v1/version")));
}

TEST_F(Custodyd, IsSmallAtRestAndLeavesNoCoreDump) {
    Program quiet = service();
    quiet.environment["WATCHDOG_USEC"] = "";
    RunningProgram running(quiet);
    EXPECT_NE("", told("READY=1"));
    EXPECT_TRUE(is_ok(client().get("/v1/health")));
    std::ifstream file("/proc/" + std::to_string(running.pid()) + "/status");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const std::size_t at = text.find("VmRSS:");
    ASSERT_NE(std::string::npos, at);
    RecordProperty("resident_kib", std::stoi(text.substr(at + 6)));
    std::ifstream limits("/proc/" + std::to_string(running.pid()) + "/limits");
    const std::string limit((std::istreambuf_iterator<char>(limits)), {});
    EXPECT_NE(std::string::npos, limit.find("Max core file size        0                    0")) << limit;
}

TEST_F(Custodyd, SaysWhatItIsAndRefusesWhatItDoesNotKnow) {
    EXPECT_EQ(0U, run(program({"--version"})).out.find("custodyd "));
    EXPECT_NE(std::string::npos, run(program({"--help", "--lang", "vi"})).out.find("cách dùng: custodyd"));
    EXPECT_NE(std::string::npos, run(program({"--help", "--lang=en"})).out.find("usage: custodyd"));
    for (const std::vector<std::string>& wrong :
         {std::vector<std::string>{"--wat"}, {"run"}, {"--config"}, {"--config="}, {"--lang", "fr"}}) {
        EXPECT_EQ(2, run(program(wrong)).exit) << wrong[0];
    }
}

}  // namespace
}  // namespace custody
