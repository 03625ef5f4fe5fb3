// Running another program: an argument vector, never a shell.
//
// The program gets a small clean environment (PATH, HOME, TZ, LANG and LC_ALL as C.UTF-8, and what the caller adds): nothing else
// of ours, above all no passphrase. It is alone in a session and process group of its own, has no descriptor of ours but the
// three standard ones, default signal handling, and a soft limit of 1024 open files. Standard input is /dev/null unless given.
//
// It is ended as a group, by SIGTERM and after `grace_ns` by SIGKILL: when its time is up, when stop is asked for, and when the
// ChildProcess goes. It gets SIGKILL, too, when this process dies (PDEATHSIG; what it started itself does not). A program that
// leaves its group (setsid) is out of reach. What it leaves running in the background when it ends by itself is left alone, but
// as long as that keeps the outputs open their end is waited for, within the time limit.
//
// Ownership: a ChildProcess owns its child, which has been reaped when the destructor returns. Threads: a ChildProcess serves one
// thread at a time; each has a helper thread of its own, which forks (PDEATHSIG counts from the thread that forked), drains
// standard error, watches the time and reaps. Units: ns of the monotonic clock, bytes. Memory: bounded by the options.
// Errors: not_found (no such program), denied, usage (options), failed, interrupted (stop): one line that names the program.
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/stop.h"

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

inline constexpr std::size_t kMaxProcessInput = 16 * 1024 * 1024;
inline constexpr std::size_t kKeptStandardError = 64 * 1024;

struct ProcessUser {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
    std::string home;
};
// Of the system's user database. not_found: no such user.
[[nodiscard]] Result<ProcessUser> find_user(const std::string& name);
// Who a program must be started as to connect as `name`: nobody else where it is empty or who runs this. usage: only root can.
[[nodiscard]] Result<std::optional<ProcessUser>> user_to_become(const std::string& name);

struct ProcessOptions {
    // [0] is looked up in PATH where it has no slash; it may not be empty.
    std::vector<std::string> arguments;
    // Added to the clean environment, replacing what is there. Not for secrets: a user's other processes can read it.
    std::map<std::string, std::string> environment;
    std::string folder;               // working folder; empty: "/"
    std::optional<ProcessUser> user;  // needs root. HOME is then that user's
    // What the program reads: at most kMaxProcessInput, held in memory that may be swapped (not for secrets).
    std::optional<std::string> input;
    int input_descriptor = -1;             // instead: an open descriptor, not owned, which the program reads itself
    std::int64_t time_limit_ns = 0;        // 0: none
    std::int64_t grace_ns = 5 * kSecond;   // between SIGTERM and SIGKILL
    std::size_t max_output = 1024 * 1024;  // of run_process: what is beyond it is read and dropped
};

// How a program ended. Neither exited nor killed by others when timed_out.
struct ProcessEnd {
    int exit = -1;   // exit code; -1: a signal ended it
    int signal = 0;  // 0: it exited
    bool timed_out = false;
    std::string err;  // standard error, its last kKeptStandardError bytes
    [[nodiscard]] bool succeeded() const { return exit == 0 && !timed_out; }
};
struct ProcessOutcome : ProcessEnd {
    std::string out;          // standard output, its first max_output bytes
    bool out_is_cut = false;  // there was more
};

// Runs it to its end. A program that fails or takes too long is an outcome; Code::interrupted when `stop` was asked for.
[[nodiscard]] Result<ProcessOutcome> run_process(const ProcessOptions& options, const StopFlag& stop);

// One line for a message: "exit code 1: <last line of standard error>", "signal 9", "its time was up".
[[nodiscard]] std::string how_it_ended(const ProcessEnd& end);
// "<program> failed: <how it ended>", for who needs it to succeed.
[[nodiscard]] Error failure_of(std::string_view program, const ProcessEnd& end);

// A running program whose standard output is read piece by piece.
class ChildProcess {
public:
    // `stop` outlives the child.
    [[nodiscard]] static Result<std::unique_ptr<ChildProcess>> start(const ProcessOptions& options, const StopFlag& stop);
    virtual ~ChildProcess() = default;  // ends it
    // Fills `into`; fewer bytes only at the end of the output. interrupted; failed when its time was up: what was read is then
    // not all there is. The end of the output says nothing about success: finish() does.
    [[nodiscard]] virtual Result<std::size_t> read(MutableByteView into) = 0;
    // Waits for its end. Output that was not read is closed (the program sees a broken pipe). Called once.
    [[nodiscard]] virtual Result<ProcessEnd> finish() = 0;
    [[nodiscard]] virtual pid_t pid() const = 0;
};

// Where the program would be found: a path with a slash as it is, else the first executable file of that name in PATH.
[[nodiscard]] Result<std::string> find_program(const std::string& name);

// Runs `work` on a thread of its own that has `user`'s rights (effective user, groups) and no others: for what another process
// judges by who asks, such as connect() to a Unix socket whose server looks at its peer (SO_PEERCRED). Needs root. The other
// threads keep theirs. Returns when `work` has returned. denied: the rights cannot be taken on; `work` was not run.
[[nodiscard]] Status run_as_user(const ProcessUser& user, const std::function<void()>& work);

}  // namespace custody
