// The service's listening Unix socket: made under a name of its own with its final owner and mode, then renamed into place, so
// that nobody ever meets it half made. What a dead service left is replaced; one that lives is never pushed aside.
//
// A lock file beside it (PATH.lock) says who lives: it is held as long as the listener and dropped by the kernel with the
// process. It stays when the socket goes: removing it could part two services that both believe they hold it. Ownership: a
// listener owns its descriptor, and removes the socket when dropped, unless another lies in its place. Threads: one. Errors: busy
// (a service listens there), exists (what lies there is no socket), those of the folder.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

namespace custody {

class UnixListener {
public:
    // `group` may connect besides root; empty: root alone (mode 0660 either way). The folder is made where it is missing.
    [[nodiscard]] static Result<std::unique_ptr<UnixListener>> open(const std::string& path, std::optional<gid_t> group);
    ~UnixListener();
    UnixListener(const UnixListener&) = delete;
    UnixListener& operator=(const UnixListener&) = delete;

    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] const std::string& path() const { return path_; }
    // Who closes it from now on is the caller's business; the name is still removed by this.
    [[nodiscard]] int release() { return fd_.release(); }

private:
    UnixListener(std::string path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
    [[nodiscard]] Status bind_and_name(std::optional<gid_t> group);

    std::string path_;
    Fd lock_, fd_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

// Connects to a Unix socket. not_found: none there, or nobody listens; denied: this user may not.
[[nodiscard]] Result<Fd> connect_to_unix_socket(const std::string& path);

}  // namespace custody
