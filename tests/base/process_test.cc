// Programs that are run: what they get, what they may not get, and that they end.
#include "base/process.h"
#include "base/file.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

namespace custody::test {
namespace {

ProcessOptions shell(const std::string& script) {
    ProcessOptions options;
    options.arguments = {"sh", "-c", script};
    options.time_limit_ns = 60 * kSecond;  // fails a hang
    return options;
}

class Process : public testing::Test {
protected:
    ProcessOutcome run(const ProcessOptions& options) {
        auto outcome = run_process(options, stop);
        EXPECT_TRUE(is_ok(outcome));
        return outcome.ok() ? std::move(*outcome) : ProcessOutcome{};
    }
    // The number that a script wrote into a file, once it did.
    pid_t number_in(const std::string& path) {
        for (int i = 0; i < 6000; ++i) {
            std::ifstream file(path);
            pid_t pid = 0;
            if (file >> pid && file.get() == '\n') return pid;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        ADD_FAILURE() << path << " was never written";
        return 0;
    }
    // Gone, or dead and not yet reaped by whoever inherited it.
    static bool is_running(pid_t pid) {
        std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
        const std::string text((std::istreambuf_iterator<char>(file)), {});
        const std::size_t state = text.rfind(')');
        return state != std::string::npos && text[state + 2] != 'Z' && text[state + 2] != 'X';
    }
    static bool ends(pid_t pid) {
        for (int i = 0; i < 3000 && is_running(pid); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        return !is_running(pid);
    }

    ScratchFolder scratch{"process"};
    StopFlag stop;
};

TEST_F(Process, TellsExitCodeOutputAndErrors) {
    const ProcessOutcome outcome = run(shell("echo out; echo first >&2; echo last >&2; exit 7"));
    EXPECT_EQ(outcome.exit, 7);
    EXPECT_EQ(outcome.signal, 0);
    EXPECT_EQ(outcome.out, "out\n");
    EXPECT_EQ(outcome.err, "first\nlast\n");
    EXPECT_FALSE(outcome.succeeded());
    EXPECT_EQ(failure_of("sh", outcome).message, "sh failed: exit code 7: last");
    EXPECT_TRUE(run(shell("true")).succeeded());
}

TEST_F(Process, TellsTheSignalThatEndedIt) {
    const ProcessOutcome outcome = run(shell("kill -9 $$"));
    EXPECT_EQ(outcome.exit, -1);
    EXPECT_EQ(outcome.signal, SIGKILL);
    EXPECT_EQ(how_it_ended(outcome), "signal 9");
}

TEST_F(Process, ArgumentsPassNoShell) {
    ProcessOptions options;
    options.arguments = {"printf", "%s|", "$HOME; rm -rf x", "*", "", "a b"};
    EXPECT_EQ(run(options).out, "$HOME; rm -rf x|*||a b|");
}

TEST_F(Process, WhatCannotStartIsNamed) {
    ProcessOptions options;
    options.arguments = {"no-such-program-here"};
    auto outcome = run_process(options, stop);
    ASSERT_TRUE(fails_with(Code::not_found, outcome));
    EXPECT_NE(outcome.error().message.find("no-such-program-here"), std::string::npos);

    options.arguments = {scratch / "not-executable"};
    std::ofstream(options.arguments[0]) << "#!/bin/sh\n";
    EXPECT_TRUE(fails_with(Code::denied, run_process(options, stop)));

    options.arguments = {"true"};
    options.folder = scratch / "absent";
    outcome = run_process(options, stop);
    ASSERT_TRUE(fails_with(Code::not_found, outcome));
    EXPECT_NE(outcome.error().message.find("absent"), std::string::npos);

    options.arguments = {};
    EXPECT_TRUE(fails_with(Code::usage, run_process(options, stop)));
}

TEST_F(Process, EnvironmentIsCleanAndHoldsNoPassphrase) {
    ::setenv("CUSTODY_PASSPHRASE", "secret-of-ours", 1);
    ::setenv("SOMETHING_ELSE", "secret-of-ours", 1);
    ProcessOptions options;
    options.arguments = {"env"};
    options.environment = {{"CUSTODY_PLAN", "etc"}, {"LANG", "C"}};
    const ProcessOutcome outcome = run(options);
    ::unsetenv("CUSTODY_PASSPHRASE");
    ::unsetenv("SOMETHING_ELSE");
    EXPECT_EQ(outcome.out.find("secret-of-ours"), std::string::npos);
    EXPECT_NE(outcome.out.find("CUSTODY_PLAN=etc\n"), std::string::npos);
    EXPECT_NE(outcome.out.find("LC_ALL=C.UTF-8\n"), std::string::npos);
    EXPECT_NE(outcome.out.find("LANG=C\n"), std::string::npos);
    EXPECT_NE(outcome.out.find("PATH="), std::string::npos);
}

TEST_F(Process, InheritsNoDescriptorsSignalsOrLimits) {
    const Fd leaking(::open("/etc/passwd", O_RDONLY));  // without close-on-exec, as a careless library opens
    ASSERT_TRUE(leaking.valid());
    ::signal(SIGPIPE, SIG_IGN);
    const ProcessOutcome outcome =
        run(shell("ls -l /proc/self/fd; grep -E 'SigIgn|SigBlk' /proc/self/status; ulimit -n; readlink /proc/$$/fd/0; pwd"));
    ::signal(SIGPIPE, SIG_DFL);
    EXPECT_EQ(outcome.out.find("/etc/passwd"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.out.find("SigIgn:\t0000000000000000"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.out.find("SigBlk:\t0000000000000000"), std::string::npos) << outcome.out;
    EXPECT_TRUE(outcome.out.ends_with("\n/dev/null\n/\n")) << outcome.out;
}

TEST_F(Process, ReadsItsInput) {
    ProcessOptions options = shell("cat");
    options.input = std::string(3 * 1024 * 1024, 'x');
    options.max_output = 4 * 1024 * 1024;
    EXPECT_EQ(run(options).out, *options.input);
    options = shell("exit 3");  // never reads it
    options.input = std::string(3 * 1024 * 1024, 'x');
    EXPECT_EQ(run(options).exit, 3);
    options.input = std::string(kMaxProcessInput + 1, 'x');
    EXPECT_TRUE(fails_with(Code::usage, run_process(options, stop)));

    std::ofstream(scratch / "file") << "from a file";
    const Fd file(::open((scratch / "file").c_str(), O_RDONLY | O_CLOEXEC));
    options = shell("cat");
    options.input_descriptor = file.get();
    EXPECT_EQ(run(options).out, "from a file");
}

TEST_F(Process, OutputIsBounded) {
    ProcessOptions options = shell("head -c 3000000 /dev/zero; head -c 300000 /dev/zero | tr '\\0' e >&2; echo end >&2");
    options.max_output = 1000;
    const ProcessOutcome outcome = run(options);
    EXPECT_EQ(outcome.exit, 0);
    EXPECT_EQ(outcome.out.size(), 1000U);
    EXPECT_TRUE(outcome.out_is_cut);
    EXPECT_EQ(outcome.err.size(), kKeptStandardError);
    EXPECT_TRUE(outcome.err.ends_with("eend\n"));
}

TEST_F(Process, MuchOnBothOutputsDoesNotBlock) {
    const auto child = ChildProcess::start(
        shell("for i in 1 2 3 4 5 6 7 8; do head -c 1000000 /dev/zero >&2; head -c 1000000 /dev/zero; done"), stop);
    ASSERT_TRUE(is_ok(child));
    Bytes piece(100'000);
    std::size_t all = 0;
    for (;;) {
        const auto got = (*child)->read(piece);
        ASSERT_TRUE(is_ok(got));
        all += *got;
        if (*got < piece.size()) break;
    }
    EXPECT_EQ(all, 8'000'000U);
    const auto end = (*child)->finish();
    ASSERT_TRUE(is_ok(end));
    EXPECT_TRUE(end->succeeded());
}

TEST_F(Process, WhatIsNotReadBreaksThePipe) {
    const auto child = ChildProcess::start(shell("exec cat /dev/zero"), stop);
    ASSERT_TRUE(is_ok(child));
    Bytes piece(10);
    ASSERT_TRUE(is_ok((*child)->read(piece)));
    const auto end = (*child)->finish();
    ASSERT_TRUE(is_ok(end));
    EXPECT_EQ(end->signal, SIGPIPE);
}

TEST_F(Process, TimeOutEndsGrandchildrenToo) {
    ProcessOptions options =
        shell("(trap '' TERM; echo $(exec sh -c 'echo $PPID') > " + (scratch / "pid") + "; while :; do sleep 100; done) & wait");
    options.time_limit_ns = 500'000'000;
    options.grace_ns = 200'000'000;
    const ProcessOutcome outcome = run(options);
    EXPECT_TRUE(outcome.timed_out);
    EXPECT_FALSE(outcome.succeeded());
    EXPECT_EQ(failure_of("sh", outcome).message, "sh failed: its time was up");
    EXPECT_TRUE(ends(number_in(scratch / "pid")));
}

TEST_F(Process, StreamWhoseTimeIsUpIsNoEnd) {
    ProcessOptions options = shell("echo some; exec sleep 100");
    options.time_limit_ns = 300'000'000;
    const auto child = ChildProcess::start(options, stop);
    ASSERT_TRUE(is_ok(child));
    Bytes piece(100);
    EXPECT_TRUE(fails_with(Code::failed, (*child)->read(piece)));
    const auto end = (*child)->finish();
    ASSERT_TRUE(is_ok(end));
    EXPECT_TRUE(end->timed_out);
}

TEST_F(Process, StopEndsIt) {
    const auto child = ChildProcess::start(shell("echo $$ > " + (scratch / "pid") + "; exec sleep 100"), stop);
    ASSERT_TRUE(is_ok(child));
    const pid_t pid = number_in(scratch / "pid");
    EXPECT_EQ(pid, (*child)->pid());
    stop.request();
    Bytes piece(10);
    EXPECT_TRUE(fails_with(Code::interrupted, (*child)->read(piece)));
    EXPECT_TRUE(fails_with(Code::interrupted, (*child)->finish()));
    EXPECT_TRUE(fails_with(Code::interrupted, run_process(shell("true"), stop)));
    EXPECT_FALSE(is_running(pid));
}

TEST_F(Process, DroppingItEndsIt) {
    auto child = ChildProcess::start(shell("echo $$ > " + (scratch / "pid") + "; exec sleep 100"), stop);
    ASSERT_TRUE(is_ok(child));
    const pid_t pid = number_in(scratch / "pid");
    EXPECT_TRUE(is_running(pid));
    child->reset();
    EXPECT_FALSE(is_running(pid));
}

TEST_F(Process, DiesWithUs) {
    const pid_t service = ::fork();
    if (service == 0) {
        StopFlag never;
        const auto child = ChildProcess::start(shell("echo $$ > " + (scratch / "pid") + "; exec sleep 100"), never);
        ::pause();
        ::_exit(0);
    }
    const pid_t pid = number_in(scratch / "pid");
    ::kill(service, SIGKILL);
    ::waitpid(service, nullptr, 0);
    EXPECT_TRUE(ends(pid));
}

TEST_F(Process, OutlivesTheThreadThatStartedIt) {  // PDEATHSIG counts from the thread that forked
    std::unique_ptr<ChildProcess> child;
    std::thread([&] { child = ChildProcess::start(shell("cat; echo alive"), stop).value(); }).join();
    Bytes piece(100);
    const auto got = child->read(piece);
    ASSERT_TRUE(is_ok(got));
    EXPECT_EQ(as_text(ByteView(piece).first(*got)), "alive\n");
    EXPECT_TRUE(child->finish()->succeeded());
}

TEST_F(Process, RunsAsAnotherUser) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may run programs as other users";
    const auto nobody = find_user("nobody");
    ASSERT_TRUE(is_ok(nobody));
    ProcessOptions options = shell("id -u; id -G; grep CapEff /proc/self/status; echo $HOME");
    options.user = *nobody;
    const ProcessOutcome outcome = run(options);
    EXPECT_EQ(outcome.out, std::to_string(nobody->uid) + "\n" + std::to_string(nobody->gid) + "\nCapEff:\t0000000000000000\n" +
                               nobody->home + "\n");
    EXPECT_TRUE(fails_with(Code::not_found, find_user("no-such-user-here")));
}

TEST_F(Process, WorkMayRunWithAnothersRights) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may take on another's rights";
    const auto nobody = find_user("nobody");
    ASSERT_TRUE(is_ok(nobody));
    std::ofstream(scratch / "roots") << "x";
    ASSERT_EQ(::chmod((scratch / "roots").c_str(), 0600), 0);
    bool could_read = true;
    ASSERT_TRUE(is_ok(run_as_user(*nobody, [&] { could_read = Fd(::open((scratch / "roots").c_str(), O_RDONLY)).valid(); })));
    EXPECT_FALSE(could_read);
    EXPECT_EQ(::geteuid(), 0U);
    EXPECT_TRUE(Fd(::open((scratch / "roots").c_str(), O_RDONLY)).valid());
}

}  // namespace
}  // namespace custody::test
