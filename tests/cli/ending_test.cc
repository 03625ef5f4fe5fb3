// How the program ends when it is told to, when nobody reads what it prints, and when a device is not the one that was meant.
#include "base/block_device.h"
#include "cli/signals.h"
#include "tests/cli/cli_fixture.h"
#include "tests/support/loop_file_system.h"
#include "tests/support/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

namespace custody::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

int status_of_child(const std::function<void()>& what) {
    const pid_t child = ::fork();
    if (child == 0) {
        install_signal_handlers();
        what();
        ::_exit(stop_flag_of_process().requested() ? 3 : 0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status;
}

// `timeout` signals the process and then its group.
TEST(Ending, TwoSignalsAtOnceAreOneWish) {
    const int status = status_of_child([] {
        for (const int signal : {SIGTERM, SIGTERM, SIGINT, SIGTERM}) ::raise(signal);
    });
    ASSERT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 3);
}

TEST(Ending, ALaterSignalEndsAtOnce) {
    const int status = status_of_child([] {
        ::raise(SIGTERM);
        ::usleep(1'200'000);
        ::raise(SIGINT);
    });
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGINT);
}

int status_after_hangup(void (*before)(int)) {
    const pid_t child = ::fork();
    if (child == 0) {
        (void)::signal(SIGHUP, before);
        install_signal_handlers();
        ::raise(SIGHUP);
        ::_exit(stop_flag_of_process().requested() ? 3 : 0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

TEST(Ending, UnderNohupALostTerminalIsNoWishToEnd) {
    EXPECT_EQ(status_after_hangup(SIG_DFL), 3);
    EXPECT_EQ(status_after_hangup(SIG_IGN), 0);
}

// With a standard output that nobody reads any more.
Outcome unread(const Office& office, const std::vector<std::string>& arguments) {
    Program program = office.custody.command(arguments);
    const char* const script =
        "import os, sys; r, w = os.pipe(); os.close(r); os.dup2(w, 1); os.execv(sys.argv[1], sys.argv[1:])";
    program.arguments.insert(program.arguments.begin(), {"-c", script, program.path});
    program.path = "python3";
    return run(program);
}

TEST(Ending, ClosedOutputEndsPrintersAndNothingElse) {
    Office office("cli-unread");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    const Outcome backup = unread(office, {"backup", office.source, "--label", "business", "--name", "srv"});
    EXPECT_EQ(backup.exit, 0) << backup.err;
    const Json snapshots = json_of(office.custody({"snapshots", "--json"}));
    ASSERT_EQ(snapshots.size(), 1u);
    EXPECT_THAT(backup.err, HasSubstr("snapshot " + snapshots[0]["id"].get<std::string>().substr(0, 8) + " of business/srv"));
    EXPECT_THAT(backup.err, HasSubstr("the reader of the output went away, not everything was printed"));
    const Outcome verify = unread(office, {"verify", "--json"});
    EXPECT_EQ(verify.exit, 0) << verify.err;
    for (const std::vector<std::string>& printer :
         std::vector<std::vector<std::string>>{{"snapshots"},
                                               {"status"},
                                               {"ls", "latest"},
                                               {"find", "*"},
                                               {"key", "list"},
                                               {"cat", "latest", office.source + "/readme"},
                                               {"restore", "latest", office.source + "/noise", "--stdout"}}) {
        const Outcome outcome = unread(office, printer);
        EXPECT_EQ(outcome.signal, SIGPIPE) << printer.front() << outcome.err;
        EXPECT_THAT(outcome.err, Not(HasSubstr("custody: "))) << printer.front();
    }
}

// What was done stands, and is named on standard error; what could not be printed is an error.
TEST(Ending, OutputThatCannotBeWrittenIsAnErrorAndTheBackupStands) {
    Office office("cli-full-output");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    std::size_t made = 0;
    for (const char* script : {"exec \"$@\" >/dev/full", "exec \"$@\" >&-"}) {
        Program program = office.custody.command({"backup", office.source, "--label", "business", "--name", "srv"});
        program.arguments.insert(program.arguments.begin(), {"-c", script, "sh", program.path});
        program.path = "sh";
        const Outcome backup = run(program);
        EXPECT_EQ(backup.exit, 1) << backup.err;
        const Json snapshots = json_of(office.custody({"snapshots", "--json"}));
        ASSERT_EQ(snapshots.size(), ++made);
        EXPECT_THAT(backup.err, HasSubstr(" of business/srv, entry "));
        EXPECT_THAT(backup.err, HasSubstr("custody: cannot write to standard output: "));
    }
}

// A quit at the prompt is answered like an interrupt: the terminal has its echo back.
TEST(Ending, AQuitAtThePromptLeavesTheTerminalAsItWas) {
    Office office("cli-quit");
    office.fill_source();
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.backup().exit, 0);
    Program program = office.custody.command({"ls", "latest"});
    for (const char* variable : {"CUSTODY_PASSPHRASE", "CUSTODY_PASSPHRASE_FILE"}) program.environment[variable] = "";
    const char* const script = R"(
import os, pty, sys, termios, time
child, terminal = pty.fork()
if child == 0: os.execv(sys.argv[1], sys.argv[1:])
said = b''
while b'Passphrase' not in said: said += os.read(terminal, 1000)
other = os.open('/proc/%d/fd/0' % child, os.O_RDWR | os.O_NOCTTY)
echo = lambda: bool(termios.tcgetattr(other)[3] & termios.ECHO)
quiet = not echo()
ended = 0
for turn in range(600):  # one that comes before the program reads is lost, and typed again
    if turn % 20 == 0: os.write(terminal, b'\x1c')
    time.sleep(0.1)
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended: break
if not ended: sys.exit('it still asks')
print(quiet, os.WIFEXITED(status) and os.WEXITSTATUS(status), echo())
)";
    program.arguments.insert(program.arguments.begin(), {"-c", script, program.path});
    program.path = "python3";
    const Outcome outcome = run(program);
    EXPECT_EQ(outcome.out, "True 130 True\n") << outcome.err;
}

// The end of a serial is what somebody types who sees the device; a script gives all of it.
TEST(DeviceConfirmation, NeedsTheWholeSerial) {
    std::string why_not;
    const auto loop = LoopDevice::make(8 << 20, why_not);
    if (loop == nullptr) GTEST_SKIP() << why_not;
    Office office("cli-confirm");
    std::filesystem::create_directories(office.source);
    write_file(office.source + "/disk", noise(1 << 20, 1));
    ASSERT_EQ(office.custody({"init"}).exit, 0);
    ASSERT_EQ(office.custody({"backup", "--image", office.source + "/disk", "--label", "image"}).exit, 0);
    const auto device = describe_device(loop->path());
    ASSERT_TRUE(is_ok(device));
    const std::string whole = device->serial.empty() ? device->path : device->serial;
    const auto restore = [&](const std::string& serial) {
        return office.custody({"restore", "latest", "--image", loop->path(), "--confirm", serial});
    };
    for (const std::string& part : {whole.substr(whole.size() - 4), whole.substr(1), whole + "0"}) {
        const Outcome refused = restore(part);
        EXPECT_EQ(refused.exit, 5) << refused.err;
        EXPECT_THAT(refused.err, HasSubstr("is not the whole serial of " + loop->path()));
    }
    const Outcome restored = restore(whole);
    EXPECT_EQ(restored.exit, 0) << restored.err;
}

}  // namespace
}  // namespace custody::test
