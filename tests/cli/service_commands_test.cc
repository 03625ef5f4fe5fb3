// custody plan, job and alert, as a user types them, against a real API server.
#include "tests/cli/service_fixture.h"

#include <csignal>

namespace custody::test {
namespace {

TEST_F(ServiceCommands, PlanListShowsHowEachPlanStandsInBothLanguages) {
    const Outcome listed = custody({"plan", "list"});
    ASSERT_EQ(listed.exit, 0) << listed.err;
    for (const char* part : {"Next run", "etc", "protected", "2/2", "30 1 * * *, on change", "hồ sơ", "failing"})
        EXPECT_TRUE(has(listed.out, part)) << part << "\n" << listed.out;
    const Outcome vietnamese = custody({"plan", "list", "--lang", "vi"});
    ASSERT_EQ(vietnamese.exit, 0) << vietnamese.err;
    for (const char* part : {"Kế hoạch", "Lần chạy tới", "được bảo vệ", "đang lỗi", "trễ hạn", "khi có thay đổi"})
        EXPECT_TRUE(has(vietnamese.out, part)) << part << "\n" << vietnamese.out;
    EXPECT_EQ(json_of(custody({"plan", "list", "--json"}))["plans"].size(), 3u);
}

TEST_F(ServiceCommands, PlanShowAndNextTellWhatIsConfiguredAndWhatComes) {
    const catalog::JobId id = job_of("hồ sơ");
    const Outcome shown = custody({"plan", "show", "hồ sơ"});
    ASSERT_EQ(shown.exit, 0) << shown.err;
    for (const std::string& part : {std::string("/srv"), std::string("07:00-17:30"), std::to_string(id), std::string("queued")})
        EXPECT_TRUE(has(shown.out, part)) << part << "\n" << shown.out;
    EXPECT_EQ(custody({"plan", "show", "none"}).exit, 7);
    const Outcome next = custody({"plan", "next", "--count", "4"});
    ASSERT_EQ(next.exit, 0) << next.err;
    EXPECT_EQ(std::count(next.out.begin(), next.out.end(), '\n'), 5) << next.out;
    EXPECT_EQ(json_of(custody({"plan", "next", "--count", "4", "--json"})).size(), 4u);
}

TEST_F(ServiceCommands, ARunThatIsFollowedEndsWithTheCodeOfItsJob) {
    RunningProgram running(command({"plan", "run", "etc", "--follow", "--reason", "before the upgrade", "--progress", "plain"}));
    ASSERT_TRUE(wait_until([&] { return control_.is_watched(1); }));
    control_.begin_job(1);
    control_.progress(1, {{"phase", "backing up"}, {"items_done", 800}, {"items_total", 1246}});
    control_.warn(1, "/etc/lp.cfg changed while it was read");
    end(1, catalog::JobState::done_with_failures);
    const Outcome outcome = running.wait();
    EXPECT_EQ(outcome.exit, 3) << outcome.err;
    EXPECT_TRUE(has(outcome.err, "warning: /etc/lp.cfg changed while it was read\n")) << outcome.err;
    EXPECT_TRUE(has(outcome.out, "backup of plan etc")) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "before the upgrade")) << outcome.out;
    EXPECT_EQ(control_.requests().at(0).reason, "before the upgrade");
}

TEST_F(ServiceCommands, WatchingTellsWhyAJobFailedAlsoAfterwardsAndInVietnamese) {
    const catalog::JobId damaged = job_of("etc"), cancelled = job_of("etc"), refused = job_of("etc");
    end(damaged, catalog::JobState::failed, Error{Code::corrupt, "3 objects of disk-a are damaged"});
    end(cancelled, catalog::JobState::cancelled);
    end(refused, catalog::JobState::failed, Error{Code::not_found, "the source is absent"});
    const Outcome first = custody({"job", "watch", std::to_string(damaged)});
    EXPECT_EQ(first.exit, 4);
    EXPECT_TRUE(has(first.err, "custody: 3 objects of disk-a are damaged\n")) << first.err;
    EXPECT_EQ(custody({"job", "watch", std::to_string(cancelled)}).exit, 130);
    EXPECT_EQ(custody({"job", "watch", std::to_string(refused)}).exit, 7);
    const Outcome json = custody({"job", "watch", std::to_string(damaged), "--json"});
    EXPECT_EQ(json.exit, 4);
    EXPECT_EQ(json_of(json)["exit"], 4);
    EXPECT_EQ(custody({"job", "watch", "999999"}).exit, 7);
    const Outcome shown = custody({"job", "show", std::to_string(damaged), "--lang", "vi"});
    EXPECT_EQ(shown.exit, 0);
    EXPECT_TRUE(has(shown.out, "sao lưu kế hoạch etc: thất bại")) << shown.out;
}

TEST_F(ServiceCommands, PhasesAndReasonsAreInTheLanguageOfWhoAsks) {
    catalog::NewJob asked;
    asked.plan = "etc";
    asked.reason = "missed";
    asked.asked_by = "service";
    catalog::Jobs jobs(control_.catalog());
    const auto id = jobs.add(asked);
    ASSERT_TRUE(is_ok(id));
    ASSERT_TRUE(is_ok(jobs.start(*id)));
    for (const char* phase : {"probe", "copy disk-b", "copy from disk-a", "verify full"}) {
        ASSERT_TRUE(is_ok(jobs.begin_phase(*id, phase)));
    }
    const Outcome english = custody({"job", "show", std::to_string(*id)});
    for (const char* part : {"phase probe: done", "phase copy disk-b: done", "phase copy from disk-a: done", "reason: missed"})
        EXPECT_TRUE(has(english.out, part)) << part << "\n" << english.out;
    const Outcome vietnamese = custody({"job", "show", std::to_string(*id), "--lang", "vi"});
    for (const char* part : {"giai đoạn kiểm tra phương tiện: ", "giai đoạn sao chép sang disk-b: ", "sao chép từ disk-a: ",
                             "kiểm chứng toàn bộ: ", "bù lần đã lỡ", "dịch vụ"})
        EXPECT_TRUE(has(vietnamese.out, part)) << part << "\n" << vietnamese.out;
    EXPECT_EQ(json_of(custody({"job", "show", std::to_string(*id), "--lang", "vi", "--json"}))["phases"][0]["name"], "probe");
}

TEST_F(ServiceCommands, InterruptingTheClientEndsTheLookingOnAndNotTheJob) {
    const catalog::JobId id = job_of("etc");
    RunningProgram running(command({"job", "watch", std::to_string(id)}));
    ASSERT_TRUE(wait_until([&] { return control_.is_watched(id); }));
    running.kill(SIGINT);
    const Outcome outcome = running.wait();
    EXPECT_EQ(outcome.exit, 130) << outcome.err;
    EXPECT_TRUE(has(outcome.err, "'custody job cancel " + std::to_string(id) + "'")) << outcome.err;
    const auto job = catalog::Jobs(control_.catalog()).find(id);
    ASSERT_TRUE(is_ok(job));
    EXPECT_TRUE(catalog::is_open(job->state));
}

TEST_F(ServiceCommands, JobsAreListedAndCancelled) {
    const catalog::JobId id = job_of("etc");
    end(job_of("portal-db"), catalog::JobState::failed, Error{Code::io, "the disk does not answer"});
    const Outcome listed = custody({"job", "list", "--plan", "portal-db", "--state", "failed"});
    ASSERT_EQ(listed.exit, 0) << listed.err;
    EXPECT_TRUE(has(listed.out, "backup of plan portal-db"));
    EXPECT_FALSE(has(listed.out, "plan etc"));
    EXPECT_EQ(custody({"job", "list", "--state", "succeeded"}).exit, 2);
    EXPECT_EQ(json_of(custody({"job", "list", "--limit", "1", "--json"}))["jobs"].size(), 1u);
    EXPECT_EQ(custody({"job", "cancel", std::to_string(id)}).exit, 0);
    EXPECT_EQ(custody({"job", "cancel", std::to_string(id)}).exit, 5);
    EXPECT_TRUE(has(custody({"job", "show", std::to_string(id)}).out, "cancelled"));
}

TEST_F(ServiceCommands, RunNeedsAPlanOrAllWithAReason) {
    for (const std::vector<std::string>& wrong : {std::vector<std::string>{"plan", "run"},
                                                  {"plan", "run", "etc", "--all", "--reason", "x"},
                                                  {"plan", "run", "--all"},
                                                  {"plan", "run", "--all", "--reason", "x", "--follow"}}) {
        EXPECT_EQ(custody(wrong).exit, 2);
    }
    EXPECT_TRUE(control_.requests().empty());
    const Outcome all = custody({"plan", "run", "--all", "--reason", "incident 12/2026"});
    EXPECT_EQ(all.exit, 0) << all.err;
    EXPECT_EQ(control_.requests().size(), 3u);
    const Outcome one = custody({"plan", "run", "etc", "--source-changed"});
    EXPECT_EQ(one.exit, 0) << one.err;
    EXPECT_TRUE(has(one.out, "'custody job watch 4'")) << one.out;
    EXPECT_TRUE(control_.requests().back().source_changed);
    EXPECT_EQ(custody({"plan", "run", "etcc"}).exit, 7);
}

TEST_F(ServiceCommands, AlertTestFailsWhereAChannelDidNotTakeIt) {
    EXPECT_EQ(custody({"alert", "test"}).exit, 2) << "no channel: nobody would hear";
    control_.desk.change([&] { control_.desk.test_results.push_back({"smtp://127.0.0.1:25", done()}); });
    EXPECT_EQ(custody({"alert", "test"}).exit, 0);
    control_.desk.change([&] {
        control_.desk.test_results.push_back({"tls://syslog.example:6514", Error{Code::failed, "connection refused"}});
    });
    const Outcome outcome = custody({"alert", "test"});
    EXPECT_EQ(outcome.exit, 1);
    EXPECT_TRUE(has(outcome.out, "smtp://127.0.0.1:25: delivered"));
    EXPECT_TRUE(has(outcome.err, "tls://syslog.example:6514: not delivered: connection refused")) << outcome.err;
    EXPECT_EQ(json_of(custody({"alert", "test", "--json"})).size(), 2u);
}

TEST_F(ServiceCommands, AlertListSaysWhatIsSafeAndWhatToType) {
    EXPECT_TRUE(has(custody({"alert", "list"}).out, "no alert stands"));
    AlertRecord record;
    record.event.kind = AlertKind::copy_owed;
    record.event.medium = "disk-b";
    record.first = record.last = control_.fake_clock.now();
    control_.desk.change([&] { control_.desk.records = {record}; });
    const Outcome listed = custody({"alert", "list", "--lang", "vi"});
    ASSERT_EQ(listed.exit, 0) << listed.err;
    for (const char* part : {"disk-b", "vẫn an toàn: ", "cần gõ: custody media attach disk-b"})
        EXPECT_TRUE(has(listed.out, part)) << part << "\n" << listed.out;
}

TEST_F(ServiceCommands, WithoutAServiceEachSaysHowToStartIt) {
    server_.reset();
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"plan", "list"}, {"job", "list"}, {"alert", "test"}, {"plan", "run", "etc"}}) {
        const Outcome outcome = custody(words);
        EXPECT_EQ(outcome.exit, 7);
        EXPECT_TRUE(has(outcome.err, "systemctl start custodyd")) << outcome.err;
    }
}

}  // namespace
}  // namespace custody::test
