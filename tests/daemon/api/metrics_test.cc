// The metrics as a collector meets them: over HTTP on loopback, and as a text file.
#include "daemon/api/metrics_server.h"
#include "tests/support/program.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;
using test::Outcome;
using test::run;
using test::ScratchFolder;

MetricsFacts example() {
    MetricsFacts facts;
    facts.now = Time{1'800'000'000 * kSecond};
    facts.started = Time{facts.now.ns - kDay};
    facts.version = "0.1.0";
    facts.plans.push_back(
        {"hồ sơ \"A\\B\"\n", "config", Time{facts.now.ns - kHour}, Time{facts.now.ns - kMinute}, true, 7, 3, 1, 2, {}});
    facts.plans.push_back({"new", "log", {}, {}, false, 0, 0, 0, 2, {}});
    facts.media.push_back({"disk-a", true, 1'000'000'000'000, 4'000'000'000'000, 0, {}, Time{facts.now.ns - kDay}, 0.25});
    facts.media.push_back({"disk-b", false, {}, {}, 12, Time{facts.now.ns - 8 * kDay}, {}, {}});
    facts.jobs_by_state = {{"failed", 1}, {"succeeded", 18'446'744'073'709'551'615U}};
    facts.needs_person = 2;
    return facts;
}

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, SayWhatIsAndNothingOfWhatIsNotKnown) {
    const std::string text = metrics_text(example(), MetricsFor::served);
    const std::string plan = R"({plan="hồ sơ \"A\\B\"\n",label="config"})";
    EXPECT_TRUE(has_line(text, "custody_build_info{version=\"0.1.0\"} 1")) << text;
    EXPECT_TRUE(has_line(text, "custody_plan_last_success_timestamp_seconds" + plan + " 1799996400"));
    EXPECT_TRUE(has_line(text, "custody_plan_last_success_age_seconds" + plan + " 3600"));
    EXPECT_TRUE(has_line(text, "custody_plan_last_run_failed" + plan + " 1"));
    EXPECT_TRUE(has_line(text, "custody_plan_copies_wanted{plan=\"new\",label=\"log\"} 2"));
    EXPECT_EQ(std::string::npos, text.find("custody_plan_last_success_timestamp_seconds{plan=\"new\""));
    EXPECT_TRUE(has_line(text, "custody_medium_free_bytes{medium=\"disk-a\"} 1000000000000"));
    EXPECT_EQ(std::string::npos, text.find("custody_medium_free_bytes{medium=\"disk-b\""));
    EXPECT_TRUE(has_line(text, "custody_medium_owed_age_seconds{medium=\"disk-b\"} 691200"));
    EXPECT_TRUE(has_line(text, "custody_medium_verified_ratio{medium=\"disk-a\"} 0.25"));
    EXPECT_TRUE(has_line(text, "custody_jobs{state=\"succeeded\"} 18446744073709551615"));
    EXPECT_TRUE(has_line(text, "custody_needs_person 2"));
}

// Each line is a comment or a sample; each family is described once, before its samples, which stand together.
TEST(Metrics, KeepTheFormat) {
    for (const MetricsFor use : {MetricsFor::served, MetricsFor::file}) {
        std::istringstream lines(metrics_text(example(), use));
        const std::regex sample(R"(([a-z_]+)(\{[a-z_]+="([^"\\]|\\.)*"(,[a-z_]+="([^"\\]|\\.)*")*\})? [0-9.e+-]+)");
        std::set<std::string> described;
        std::string family;
        for (std::string line; std::getline(lines, line);) {
            std::smatch parts;
            if (line.starts_with("# HELP ")) {
                family = line.substr(7, line.find(' ', 7) - 7);
                EXPECT_TRUE(described.insert(family).second) << family;
            } else if (line.starts_with("# TYPE ")) {
                EXPECT_EQ("# TYPE " + family + " gauge", line);
            } else {
                ASSERT_TRUE(std::regex_match(line, parts, sample)) << line;
                EXPECT_EQ(family, parts[1].str());
            }
        }
        EXPECT_GT(described.size(), 20U);
    }
}

TEST(Metrics, TheFileHasTimesAndNoAgesAndIsReadableByItsCollector) {
    const ScratchFolder scratch("metrics");
    const std::string path = scratch / "custody.prom";
    ASSERT_TRUE(is_ok(write_metrics_file(path, example())));
    std::ifstream file(path);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    EXPECT_NE(std::string::npos, text.find("custody_plan_last_success_timestamp_seconds"));
    EXPECT_EQ(std::string::npos, text.find("age_seconds"));
    struct stat info {};
    ASSERT_EQ(0, ::stat(path.c_str(), &info));
    EXPECT_EQ(0644U, info.st_mode & 07777);
    EXPECT_TRUE(fails_with(Code::usage, write_metrics_file(scratch / "custody.txt", example())));
    EXPECT_TRUE(fails_with(Code::usage, write_metrics_file("custody.prom", example())));
    EXPECT_FALSE(write_metrics_file(scratch / "none/custody.prom", example()).ok());
}

Outcome fetch(const std::string& url) {
    return run({"curl", {"-q", "-sS", "--noproxy", "*", "--max-time", "20", "-w", "%{http_code}", url}, {}, "", std::nullopt});
}

TEST(Metrics, AreServedOnLoopback) {
    for (const std::string address : {"127.0.0.1", "::1", "127.8.9.10"}) {
        const auto server = MetricsServer::start(address, 0, [] { return Result<MetricsFacts>(example()); });
        if (address == "::1" && !server.ok()) continue;  // a machine without IPv6
        ASSERT_TRUE(is_ok(server));
        const std::string host =
            (address == "::1" ? "http://[::1]:" : "http://" + address + ":") + std::to_string((*server)->port());
        const Outcome answer = fetch(host + "/metrics");
        EXPECT_EQ(metrics_text(example(), MetricsFor::served) + "200", answer.out) << answer.err;
        EXPECT_EQ("only /metrics is here\n404", fetch(host + "/").out);
        EXPECT_TRUE(fails_with(Code::busy, MetricsServer::start(address, (*server)->port(), {})));
    }
}

TEST(Metrics, AreServedNowhereElse) {
    for (const std::string address : {"0.0.0.0", "192.0.2.1", "::", "2001:db8::1", "localhost", "", "127.0.0.1 "}) {
        const auto server = MetricsServer::start(address, 0, [] { return Result<MetricsFacts>(example()); });
        ASSERT_TRUE(fails_with(Code::refused, server)) << address;
        EXPECT_NE(std::string::npos, server.error().message.find("E6"));
    }
}

TEST(Metrics, FactsThatCannotBeHadAreAFailedScrape) {
    const auto server = MetricsServer::start("127.0.0.1", 0, [] {
        return Result<MetricsFacts>(Error{Code::io, "no catalogue"});
    });
    ASSERT_TRUE(is_ok(server));
    EXPECT_EQ("no catalogue\n500", fetch("http://127.0.0.1:" + std::to_string((*server)->port()) + "/metrics").out);
}

}  // namespace
}  // namespace custody
