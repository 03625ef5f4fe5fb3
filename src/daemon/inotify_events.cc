// inotify(7): one watch a folder, added as folders appear. A folder that appears may have been filled before its watch was there,
// so its appearing is told as a change, and what is in it is entered at once.
#include "base/file.h"
#include "base/text.h"
#include "daemon/change_events.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <deque>
#include <unordered_map>

namespace custody {
namespace {

constexpr std::uint32_t kMask = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                IN_DELETE_SELF | IN_MOVE_SELF | IN_EXCL_UNLINK | IN_DONT_FOLLOW;

class InotifyEvents final : public ChangeEvents {
public:
    InotifyEvents(Fd fd, std::function<bool(const std::string&)> may_enter, std::size_t max_folders)
        : fd_(std::move(fd)), may_enter_(std::move(may_enter)), max_folders_(max_folders), buffer_(64 * 1024) {}
    [[nodiscard]] int descriptor() const override { return fd_.get(); }
    [[nodiscard]] std::vector<std::string> take_notes() override { return std::exchange(notes_, {}); }
    [[nodiscard]] Status watch(const std::string& root) override;
    [[nodiscard]] Result<bool> read(const Each& each) override;

private:
    struct Watched {
        std::string path;
        std::uint64_t device = 0;  // to stay on
    };
    // False: there is no room for more.
    [[nodiscard]] Result<bool> add(const std::string& path, std::uint64_t device);
    [[nodiscard]] Status enter(const std::string& top, std::uint64_t device);
    void take(const inotify_event& event, const char* name, const Each& each);

    Fd fd_;
    std::function<bool(const std::string&)> may_enter_;
    std::size_t max_folders_;
    std::vector<Byte> buffer_;
    std::unordered_map<int, Watched> watched_;
    std::vector<std::string> notes_;
    bool is_full_ = false;
};

Status InotifyEvents::watch(const std::string& root) {
    struct stat status {};
    if (::stat(root.c_str(), &status) != 0) return system_error(errno, "watch", root);
    if (S_ISDIR(status.st_mode)) return enter(root, status.st_dev);
    TRY(add(parent_path(root), status.st_dev));  // a file is watched through its folder: programs replace it
    return done();
}

Result<bool> InotifyEvents::add(const std::string& path, std::uint64_t device) {
    if (watched_.size() >= max_folders_) errno = ENOSPC;
    const int watch = watched_.size() >= max_folders_ ? -1 : ::inotify_add_watch(fd_.get(), path.c_str(), kMask | IN_ONLYDIR);
    if (watch >= 0) {
        watched_.insert_or_assign(watch, Watched{path, device});
        return true;
    }
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return true;  // it went meanwhile, which is told by its parent
    if (errno == ENOSPC) {
        if (!is_full_) {
            notes_.push_back(
                say("changes in {} and other folders are not watched: {} folders are, and there is room for no more "
                    "(fs.inotify.max_user_watches); the schedule covers them",
                    printable(path), watched_.size()));
        }
        is_full_ = true;
        return false;
    }
    notes_.push_back(say("changes in {} are not watched: {}; the schedule covers it", printable(path), reason_of(errno)));
    return true;
}

Status InotifyEvents::enter(const std::string& top, std::uint64_t device) {
    std::deque<std::string> waiting = {top};
    while (!waiting.empty()) {
        const std::string path = std::move(waiting.front());
        waiting.pop_front();
        TRY_ASSIGN(const bool has_room, add(path, device));
        if (!has_room) return done();
        const std::unique_ptr<DIR, int (*)(DIR*)> list(::opendir(path.c_str()), ::closedir);
        if (!list) continue;
        while (const dirent* item = ::readdir(list.get())) {
            const std::string_view name = item->d_name;
            if (name == "." || name == ".." || (item->d_type != DT_DIR && item->d_type != DT_UNKNOWN)) continue;
            std::string below = join_path(path, name);
            struct stat status {};
            const bool is_folder = ::lstat(below.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_dev == device;
            if (is_folder && may_enter_(below)) waiting.push_back(std::move(below));
        }
    }
    return done();
}

void InotifyEvents::take(const inotify_event& event, const char* name, const Each& each) {
    const auto found = watched_.find(event.wd);
    if (found == watched_.end()) return;
    const Watched watched = found->second;
    if ((event.mask & (IN_IGNORED | IN_UNMOUNT)) != 0) {
        watched_.erase(found);
        return;
    }
    if ((event.mask & IN_MOVE_SELF) != 0) {  // its path is another now, which its new folder tells, if that is watched
        ::inotify_rm_watch(fd_.get(), event.wd);
    }
    const std::string in_it = event.len > 0 ? std::string(name, ::strnlen(name, event.len)) : std::string();
    each({watched.path, in_it});
    if ((event.mask & IN_ISDIR) == 0 || (event.mask & (IN_CREATE | IN_MOVED_TO)) == 0 || in_it.empty()) return;
    const std::string below = join_path(watched.path, in_it);
    struct stat status {};
    if (!may_enter_(below) || ::lstat(below.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_dev != watched.device)
        return;
    if (const Status entered = enter(below, watched.device); !entered.ok()) notes_.push_back(entered.error().message);
}

Result<bool> InotifyEvents::read(const Each& each) {
    bool is_overflown = false;
    for (int rounds = 0; rounds < 64; ++rounds) {
        const ssize_t got = ::read(fd_.get(), buffer_.data(), buffer_.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) break;
        if (got < 0) return system_error(errno, "read", "inotify");
        for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(got);) {
            inotify_event event{};
            std::memcpy(&event, buffer_.data() + at, sizeof event);
            if (at + sizeof event + event.len > static_cast<std::size_t>(got)) break;
            is_overflown = is_overflown || (event.mask & IN_Q_OVERFLOW) != 0;
            take(event, reinterpret_cast<const char*>(buffer_.data() + at + sizeof event), each);
            at += sizeof event + event.len;
        }
    }
    return is_overflown;
}

}  // namespace

Result<std::unique_ptr<ChangeEvents>> open_inotify(std::function<bool(const std::string&)> may_enter, std::size_t max_folders) {
    Fd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!fd.valid()) return system_error(errno, "open", "inotify");
    return std::unique_ptr<ChangeEvents>(std::make_unique<InotifyEvents>(std::move(fd), std::move(may_enter), max_folders));
}

}  // namespace custody
