#include "daemon/api/unix_listener.h"

#include "base/text.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace custody {
namespace {

constexpr int kBacklog = 64;

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return Error{Code::usage, say("the path of the socket is too long ({} bytes, at most {}): {}; name a shorter one",
                                      path.size(), sizeof address.sun_path - 1, printable(path))};
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Error served_already(const std::string& path) {
    return {Code::busy,
            say("another custodyd listens on {}; stop it first, or give this one a socket of its own", printable(path))};
}

Result<Fd> lock_beside(const std::string& path) {
    const std::string name = path + ".lock";
    Fd lock(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock.valid()) return system_error(errno, "create", name);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno == EWOULDBLOCK) return served_already(path);
    return system_error(errno, "lock", name);
}

// What lies at the path: nothing, a socket that nobody listens on (may be replaced), or an error.
Status check_place(const std::string& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) return errno == ENOENT ? done() : Status(system_error(errno, "look at", path));
    if (!S_ISSOCK(info.st_mode)) {
        return Error{Code::exists,
                     say("{} is no socket: it was not made by custodyd and is left alone; move it away, or name another "
                         "socket",
                         printable(path))};
    }
    const auto somebody = connect_to_unix_socket(path);
    if (somebody.ok()) return served_already(path);
    return somebody.error().code == Code::not_found ? done() : Status(somebody.error());
}

}  // namespace

Result<Fd> connect_to_unix_socket(const std::string& path) {
    TRY_ASSIGN(const sockaddr_un address, address_of(path));
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd.valid()) return system_error(errno, "open a socket for", path);
    int failed = 0;
    do failed = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    while (failed != 0 && errno == EINTR);
    if (failed == 0) return fd;
    if (errno == ECONNREFUSED) return Error{Code::not_found, say("nobody listens on {}", printable(path))};
    return system_error(errno, "connect to", path);
}

Result<std::unique_ptr<UnixListener>> UnixListener::open(const std::string& path, std::optional<gid_t> group) {
    TRY(address_of(path));
    TRY(make_directories(posix_file_system(), parent_path(path), 0755));
    TRY_ASSIGN(Fd lock, lock_beside(path));
    TRY(check_place(path));
    std::unique_ptr<UnixListener> listener(new UnixListener(path, std::move(lock)));
    TRY(listener->bind_and_name(group));
    return listener;
}

Status UnixListener::bind_and_name(std::optional<gid_t> group) {
    const std::string making = path_ + ".new";
    TRY_ASSIGN(const sockaddr_un address, address_of(making));
    (void)::unlink(making.c_str());  // a service that was killed here left it; under the lock it is nobody's
    fd_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd_.valid()) return system_error(errno, "open a socket for", path_);
    if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return system_error(errno, "create", making);
    }
    // Nobody can connect before listen(), so that owner and mode are there in time.
    if (group && ::lchown(making.c_str(), static_cast<uid_t>(-1), *group) != 0) {
        return system_error(errno, "set the owner of", making);
    }
    if (::chmod(making.c_str(), 0660) != 0) return system_error(errno, "set the mode of", making);
    if (::listen(fd_.get(), kBacklog) != 0) return system_error(errno, "listen on", making);
    struct stat info {};
    if (::lstat(making.c_str(), &info) != 0) return system_error(errno, "look at", making);
    if (::rename(making.c_str(), path_.c_str()) != 0) return system_error(errno, "name", path_);
    device_ = info.st_dev;
    inode_ = info.st_ino;
    return done();
}

UnixListener::~UnixListener() {
    struct stat info {};
    if (inode_ == 0 || ::lstat(path_.c_str(), &info) != 0) return;
    if (info.st_dev == device_ && info.st_ino == inode_) (void)::unlink(path_.c_str());
}

}  // namespace custody
