#include "base/process_spawn.h"

#include "base/text.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>

namespace custody {
namespace {

constexpr std::string_view kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr rlim_t kOpenFiles = 1024;  // a program that uses select(), or closes all it might have, cannot bear many more

#ifdef SYS_setgroups32
constexpr long kSetGroups = SYS_setgroups32;
#else
constexpr long kSetGroups = SYS_setgroups;
#endif

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string program_path() {
    std::string own = variable("PATH");
    return own.empty() ? std::string(kDefaultPath) : own;
}

std::vector<std::string> environment_of(const ProcessOptions& options) {
    std::map<std::string, std::string> variables = {{"PATH", program_path()}, {"LANG", "C.UTF-8"}, {"LC_ALL", "C.UTF-8"}};
    if (std::string zone = variable("TZ"); !zone.empty()) variables["TZ"] = std::move(zone);
    std::string home = options.user ? options.user->home : variable("HOME");
    if (!home.empty()) variables["HOME"] = std::move(home);
    for (const auto& [name, value] : options.environment) variables[name] = value;
    std::vector<std::string> lines;
    for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
    return lines;
}

// Whatever of 0, 1 and 2 this process itself may have closed: what goes to the child lies above, so that dup2 hits none of it.
Result<Fd> above_standard(Fd fd, std::string_view what) {
    if (!fd.valid()) return system_error(errno, "open", what);
    if (fd.get() > 2) return fd;
    Fd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
    if (!moved.valid()) return system_error(errno, "open", what);
    return moved;
}

Status open_pipe(Fd& ours, Fd& theirs, std::string_view program) {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error(errno, "start", program);
    Fd read_end(ends[0]), write_end(ends[1]);
    TRY_ASSIGN(ours, above_standard(std::move(read_end), program));
    TRY_ASSIGN(theirs, above_standard(std::move(write_end), program));
    return done();
}

// In a file without a name, in memory: the program cannot block us by not reading it, nor kill us by closing it.
Result<Fd> file_of(const std::string& content, std::string_view program) {
    TRY_ASSIGN(Fd file, above_standard(Fd(::memfd_create("input", MFD_CLOEXEC)), program));
    for (std::size_t at = 0; at < content.size();) {
        const ssize_t written = ::write(file.get(), content.data() + at, content.size() - at);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return system_error(errno, "start", program);
        at += static_cast<std::size_t>(written);
    }
    if (::lseek(file.get(), 0, SEEK_SET) != 0) return system_error(errno, "start", program);
    return file;
}

Result<Fd> input_of(const ProcessOptions& options) {
    const std::string& program = options.arguments.front();
    if (options.input) return file_of(*options.input, program);
    if (options.input_descriptor >= 0) return above_standard(Fd(::fcntl(options.input_descriptor, F_DUPFD_CLOEXEC, 3)), program);
    return above_standard(Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), "/dev/null");
}

enum class SpawnStep : int { user, folder, descriptors, execute };
struct Failure {
    SpawnStep step;
    int error;
};

struct Raw {
    std::vector<char*> arguments, environment;
    int status = -1;  // where a failure is told; closed by exec
    pid_t parent = 0;
};

[[noreturn]] void give_up(const Raw& raw, SpawnStep step) {
    const Failure failure{step, errno};
    (void)!::write(raw.status, &failure, sizeof failure);
    ::_exit(127);
}

void reset_signals() {
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    for (int signal = 1; signal <= SIGRTMAX; ++signal) (void)::sigaction(signal, &usual, nullptr);  // two cannot be changed
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// By system calls: the C library's functions would talk to threads that this copy of the process does not have.
bool take_user(const ProcessUser& user) {
    return ::syscall(kSetGroups, user.groups.size(), user.groups.data()) == 0 &&
           ::syscall(SYS_setresgid, user.gid, user.gid, user.gid) == 0 &&
           ::syscall(SYS_setresuid, user.uid, user.uid, user.uid) == 0;
}

// All but the three are closed by exec. Kernels before 5.11 know no such flag.
void close_others_on_exec() {
    if (::syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) == 0) return;
    struct rlimit limit {};
    const int end =
        ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<int>(std::min<rlim_t>(limit.rlim_max, 1 << 20)) : 1 << 16;
    for (int fd = 3; fd < end; ++fd) (void)::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void lower_open_files() {
    struct rlimit limit {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= kOpenFiles) return;
    limit.rlim_cur = std::min(limit.rlim_max, kOpenFiles);
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

[[noreturn]] void become(const Launch& launch, const Raw& raw) {
    reset_signals();
    ::setsid();
    if (::dup2(launch.input.get(), 0) < 0 || ::dup2(launch.output.get(), 1) < 0 || ::dup2(launch.errors.get(), 2) < 0)
        give_up(raw, SpawnStep::descriptors);
    close_others_on_exec();
    lower_open_files();
    if (launch.user && !take_user(*launch.user)) give_up(raw, SpawnStep::user);
    if (::chdir(launch.folder.c_str()) != 0) give_up(raw, SpawnStep::folder);
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);  // after the change of user, which clears it
    if (::getppid() != raw.parent) ::_exit(127);
    ::execve(launch.path.c_str(), raw.arguments.data(), raw.environment.data());
    give_up(raw, SpawnStep::execute);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

Error failed_start(const Launch& launch, const Failure& failure) {
    const std::string program = printable(launch.path), reason = reason_of(failure.error);
    const Code code = system_error(failure.error, "start", launch.path).code;
    switch (failure.step) {
        case SpawnStep::user:
            return {Code::denied, say("cannot start {} as another user: {}", program, reason)};
        case SpawnStep::folder:
            return {code, say("cannot start {} in the folder {}: {}", program, printable(launch.folder), reason)};
        case SpawnStep::descriptors:
        case SpawnStep::execute:
            break;
    }
    return {code, say("cannot start {}: {}", program, reason)};
}

// Blocks all signals of this thread: a handler of ours must not run in the copy of the process.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

void reap(pid_t pid) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace

Result<std::string> find_program(const std::string& name) {
    if (name.empty()) return Error{Code::usage, say("no program is named")};
    if (name.find('/') != std::string::npos) return name;
    const std::string folders = program_path();
    for (std::size_t at = 0; at <= folders.size();) {
        const std::size_t end = std::min(folders.find(':', at), folders.size());
        const std::string folder = folders.substr(at, end - at);
        at = end + 1;
        if (!folder.starts_with('/')) continue;  // what is in the working folder is run only by its path
        std::string path = join_path(folder, name);
        if (::access(path.c_str(), X_OK) == 0) return path;
    }
    return Error{Code::not_found, say("cannot start {}: there is no such program in {}", printable(name), printable(folders))};
}

Result<Launch> prepare_launch(const ProcessOptions& options, Pipes& pipes) {
    if (options.arguments.empty()) return Error{Code::usage, say("no program is named")};
    const std::string& program = options.arguments.front();
    for (const std::string& argument : options.arguments) {
        if (argument.find('\0') != std::string::npos)
            return Error{Code::usage, say("cannot start {}: an argument holds a zero byte", printable(program))};
    }
    if (options.input && options.input->size() > kMaxProcessInput)
        return Error{Code::usage,
                     say("cannot start {}: more than {} of input", printable(program), human_bytes(kMaxProcessInput))};
    Launch launch;
    TRY_ASSIGN(launch.path, find_program(program));
    launch.arguments = options.arguments;
    launch.environment = environment_of(options);
    launch.folder = options.folder.empty() ? "/" : options.folder;
    launch.user = options.user;
    TRY_ASSIGN(launch.input, input_of(options));
    TRY(open_pipe(pipes.output, launch.output, program));
    TRY(open_pipe(pipes.errors, launch.errors, program));
    return launch;
}

Result<Spawned> spawn(Launch launch) {
    Fd told, tell;
    TRY(open_pipe(told, tell, launch.path));
    Raw raw;
    raw.arguments = pointers(launch.arguments);
    raw.environment = pointers(launch.environment);
    raw.status = tell.get();
    raw.parent = ::getpid();
    Spawned spawned;
    {
        const SignalsBlocked blocked;
        spawned.pid = ::fork();
        if (spawned.pid == 0) become(launch, raw);
    }
    if (spawned.pid < 0) return Error{Code::failed, say("cannot start {}: {}", printable(launch.path), reason_of(errno))};
    tell.reset();
    launch.output.reset();
    launch.errors.reset();
    Failure failure{};
    ssize_t got = 0;
    while ((got = ::read(told.get(), &failure, sizeof failure)) < 0 && errno == EINTR) {
    }
    if (got == static_cast<ssize_t>(sizeof failure)) {
        reap(spawned.pid);
        return failed_start(launch, failure);
    }
    spawned.handle = Fd(static_cast<int>(::syscall(SYS_pidfd_open, spawned.pid, 0)));
    if (!spawned.handle.valid()) {
        const Error error{Code::failed, say("cannot start {}: {}", printable(launch.path), reason_of(errno))};
        ::kill(-spawned.pid, SIGKILL);
        reap(spawned.pid);
        return error;
    }
    return spawned;
}

}  // namespace custody
