#include "restore/leftovers.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>
#include <optional>
#include <string_view>
#include <vector>

namespace custody {
namespace {

constexpr std::string_view kPrefix = ".custody-restore-";
constexpr std::size_t kRunDigits = 16;
constexpr std::size_t kOutputDigits = 8;  // of them, where the name belongs to one output
constexpr int kEnding_ms = 300;           // that a process which was killed needs to end
constexpr std::int64_t kClockStep = kSecond / 10;
constexpr std::size_t kMaxStat = 1024;

struct TemporaryName {
    pid_t process = 0;
    std::string_view run;  // refers to the name
};

std::optional<TemporaryName> parse(const std::string& name) {
    if (!name.starts_with(kPrefix)) return std::nullopt;
    const char* const end = name.data() + name.size();
    TemporaryName parsed;
    const auto number = std::from_chars(name.data() + kPrefix.size(), end, parsed.process);
    if (number.ec != std::errc() || number.ptr == end || *number.ptr != '-' || parsed.process <= 0) return std::nullopt;
    const std::string_view rest(number.ptr + 1, static_cast<std::size_t>(end - number.ptr - 1));
    if (rest.size() < kRunDigits + 2 || rest[kRunDigits] != '-') return std::nullopt;
    parsed.run = rest.substr(0, kRunDigits);
    if (parsed.run.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
    if (rest.substr(kRunDigits + 1).find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    return parsed;
}

std::string process_part() { return std::string(kPrefix) + std::to_string(::getpid()) + "-"; }

// Since the epoch; nullopt: nobody can tell.
std::optional<std::int64_t> start_of(pid_t process) {
    const Fd file(::open(("/proc/" + std::to_string(process) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(kMaxStat, '\0');
    const ssize_t size = file.valid() ? ::read(file.get(), text.data(), text.size()) : -1;
    if (size <= 0) return std::nullopt;
    text.resize(static_cast<std::size_t>(size));
    // Field 22; the second is a name in brackets that may hold anything (proc(5)).
    std::size_t at = text.rfind(')');
    for (int field = 2; at != std::string::npos && field < 22; ++field) at = text.find(' ', at + 1);
    if (at == std::string::npos) return std::nullopt;
    std::int64_t ticks = 0;
    if (std::from_chars(text.data() + at + 1, text.data() + text.size(), ticks).ec != std::errc()) return std::nullopt;
    timespec now = {}, running = {};
    const std::int64_t rate = ::sysconf(_SC_CLK_TCK);
    if (::clock_gettime(CLOCK_REALTIME, &now) != 0 || ::clock_gettime(CLOCK_BOOTTIME, &running) != 0 || rate <= 0) {
        return std::nullopt;
    }
    const std::int64_t booted = (now.tv_sec - running.tv_sec) * kSecond + now.tv_nsec - running.tv_nsec;
    return booted + ticks * (kSecond / rate);
}

// Of the inode; where the file system does not know, of its last change, which is later.
std::optional<std::int64_t> birth_of(int folder, const std::string& name) {
    struct statx status = {};
    if (::statx(folder, name.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BTIME | STATX_CTIME, &status) != 0) return std::nullopt;
    const statx_timestamp& time = (status.stx_mask & STATX_BTIME) != 0 ? status.stx_btime : status.stx_ctime;
    return time.tv_sec * kSecond + time.tv_nsec;
}

// Names of different outputs in one folder seldom share it; all that a clash costs is that more leftovers go.
std::string output_digits(const std::string& output) {
    const Digest digest = sha256(as_bytes(base_name(output)));
    return digest.hex().substr(0, kOutputDigits);
}

void remove_if_unheld(int folder, const std::string& name) {
    struct stat status = {};
    const Fd file(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.valid() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return;
    (void)::unlinkat(folder, name.c_str(), 0);
}

}  // namespace

std::string make_run_prefix() {
    std::array<Byte, kRunDigits / 2> random{};
    fill_random(random);
    return process_part() + to_hex(random) + "-";
}

bool Leftovers::is_one(int folder, const std::string& name) {
    const auto parsed = parse(name);
    if (!parsed) return false;
    if (is_gone(parsed->process)) return true;
    // A process that began after the file was made never made it: it has the number of one that ended.
    const auto born = birth_of(folder, name), started = start_of(parsed->process);
    return born && started && *started > *born + kClockStep;
}

bool Leftovers::is_gone(pid_t process) {
    if (process == ::getpid()) return false;
    const auto [known, is_new] = gone_.try_emplace(process, false);
    if (!is_new) return known->second;
    const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
    if (handle.valid()) {
        // Readable once it has ended, also while its parent has not asked how.
        pollfd ended = {handle.get(), POLLIN, 0};
        known->second = ::poll(&ended, 1, kEnding_ms) > 0;
    } else {
        known->second = ::kill(process, 0) != 0 && errno == ESRCH;
    }
    return known->second;
}

std::string temporary_beside(const std::string& output) {
    std::array<Byte, (kRunDigits - kOutputDigits) / 2> random{};
    fill_random(random);
    return parent_path(output) + "/" + process_part() + to_hex(random) + output_digits(output) + "-0";
}

void hold_temporary(int descriptor) { (void)::flock(descriptor, LOCK_EX | LOCK_NB); }

void remove_leftovers_beside(const std::string& output) {
    DIR* const stream = ::opendir(parent_path(output).c_str());
    if (stream == nullptr) return;
    const int folder = ::dirfd(stream);
    const std::string digits = output_digits(output);
    std::vector<std::string> found;
    Leftovers leftovers;
    while (const dirent* item = ::readdir(stream)) {
        std::string name = item->d_name;
        const auto parsed = parse(name);
        if (parsed && parsed->run.ends_with(digits) && leftovers.is_one(folder, name)) found.push_back(std::move(name));
    }
    for (const std::string& name : found) remove_if_unheld(folder, name);
    ::closedir(stream);
}

}  // namespace custody
