// fanotify(7): FAN_REPORT_DFID_NAME gives with each event the folder, as a file handle, and the name in it. What a handle means
// is asked through a descriptor of the mount that was marked; folders are remembered, so that a busy one that is of no interest
// (logs on the same file system) costs a look into a table and no system call.
#include "base/file.h"
#include "base/text.h"
#include "daemon/change_events.h"

#include <fcntl.h>
#include <sys/fanotify.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <map>
#include <unordered_map>

namespace custody {
namespace {

constexpr std::uint64_t kMask =
    FAN_MODIFY | FAN_CLOSE_WRITE | FAN_ATTRIB | FAN_CREATE | FAN_DELETE | FAN_MOVED_FROM | FAN_MOVED_TO | FAN_ONDIR;
constexpr std::size_t kMaxKnown = 4096;
constexpr std::size_t kMaxHandle = 128;  // MAX_HANDLE_SZ
using FileSystemId = std::array<int, 2>;

FileSystemId id_of(const void* raw) {
    FileSystemId id{};
    std::memcpy(id.data(), raw, sizeof id);
    return id;
}

class FanotifyEvents final : public ChangeEvents {
public:
    explicit FanotifyEvents(Fd fd) : fd_(std::move(fd)), buffer_(256 * 1024) {}
    [[nodiscard]] int descriptor() const override { return fd_.get(); }
    [[nodiscard]] std::vector<std::string> take_notes() override { return {}; }
    [[nodiscard]] Status watch(const std::string& root) override;
    [[nodiscard]] Result<bool> read(const Each& each) override;

private:
    void take(const Byte* info, std::size_t size, bool moves_folder, const Each& each);
    // Empty: it is gone, or out of sight.
    const std::string& folder_of(const std::string& key, const FileSystemId& of, file_handle* handle);

    Fd fd_;
    std::vector<Byte> buffer_;
    std::map<FileSystemId, Fd> mounts_;
    std::unordered_map<std::string, std::string> known_;  // file system and handle -> path
};

Status FanotifyEvents::watch(const std::string& root) {
    Fd place(::open(root.c_str(), O_PATH | O_CLOEXEC));
    struct statfs status {};
    if (!place.valid() || ::fstatfs(place.get(), &status) != 0) return system_error(errno, "watch", root);
    if (::fanotify_mark(fd_.get(), FAN_MARK_ADD | FAN_MARK_FILESYSTEM, kMask, AT_FDCWD, root.c_str()) != 0)
        return system_error(errno, "watch", root);
    // open_by_handle_at() takes any descriptor of the mount, but none of O_PATH.
    place = Fd(::open(root.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!place.valid()) return system_error(errno, "watch", root);
    mounts_.insert_or_assign(id_of(&status.f_fsid), std::move(place));
    return done();
}

const std::string& FanotifyEvents::folder_of(const std::string& key, const FileSystemId& of, file_handle* handle) {
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    if (known_.size() >= kMaxKnown) known_.clear();
    std::string& path = known_[key];
    const auto mount = mounts_.find(of);
    if (mount == mounts_.end()) return path;
    const Fd folder(::open_by_handle_at(mount->second.get(), handle, O_PATH | O_CLOEXEC));
    if (!folder.valid()) return path;
    char target[PATH_MAX];
    const std::string link = "/proc/self/fd/" + std::to_string(folder.get());
    const ssize_t length = ::readlink(link.c_str(), target, sizeof target);
    if (length > 0 && target[0] == '/') path.assign(target, static_cast<std::size_t>(length));
    return path;
}

void FanotifyEvents::take(const Byte* info, std::size_t size, bool moves_folder, const Each& each) {
    fanotify_event_info_fid head{};
    if (size < sizeof head + sizeof(file_handle)) return;
    std::memcpy(&head, info, sizeof head);
    if (head.hdr.info_type != FAN_EVENT_INFO_TYPE_DFID_NAME && head.hdr.info_type != FAN_EVENT_INFO_TYPE_DFID) return;
    alignas(file_handle) Byte copy[sizeof(file_handle) + kMaxHandle];
    auto* handle = reinterpret_cast<file_handle*>(copy);
    std::memcpy(copy, info + sizeof head, sizeof(file_handle));
    const std::size_t length = sizeof(file_handle) + handle->handle_bytes;
    if (handle->handle_bytes > kMaxHandle || size < sizeof head + length) return;
    std::memcpy(copy, info + sizeof head, length);
    std::string name;
    if (head.hdr.info_type == FAN_EVENT_INFO_TYPE_DFID_NAME) {
        const char* text = reinterpret_cast<const char*>(info + sizeof head + length);
        name.assign(text, ::strnlen(text, size - sizeof head - length));
    }
    std::string key(reinterpret_cast<const char*>(&head.fsid), sizeof head.fsid);
    key.append(reinterpret_cast<const char*>(copy), length);
    const std::string& folder = folder_of(key, id_of(&head.fsid), handle);
    if (!folder.empty()) each({folder, name == "." ? std::string() : name});
    if (moves_folder) known_.clear();  // paths below it are others now
}

Result<bool> FanotifyEvents::read(const Each& each) {
    bool is_overflown = false;
    for (int rounds = 0; rounds < 64; ++rounds) {  // what comes meanwhile waits for its turn
        const ssize_t got = ::read(fd_.get(), buffer_.data(), buffer_.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) break;
        if (got < 0) return system_error(errno, "read", "fanotify");
        for (std::size_t at = 0; at + sizeof(fanotify_event_metadata) <= static_cast<std::size_t>(got);) {
            fanotify_event_metadata event{};
            std::memcpy(&event, buffer_.data() + at, sizeof event);
            if (event.event_len < sizeof event || at + event.event_len > static_cast<std::size_t>(got)) break;
            if (event.fd >= 0) ::close(event.fd);
            is_overflown = is_overflown || (event.mask & FAN_Q_OVERFLOW) != 0;
            const bool moves_folder =
                (event.mask & FAN_ONDIR) != 0 && (event.mask & (FAN_MOVED_FROM | FAN_MOVED_TO | FAN_DELETE)) != 0;
            for (std::size_t part = event.metadata_len; part + sizeof(fanotify_event_info_header) <= event.event_len;) {
                fanotify_event_info_header header{};
                std::memcpy(&header, buffer_.data() + at + part, sizeof header);
                if (header.len < sizeof header || part + header.len > event.event_len) break;
                take(buffer_.data() + at + part, header.len, moves_folder, each);
                part += header.len;
            }
            at += event.event_len;
        }
    }
    return is_overflown;
}

}  // namespace

Result<std::unique_ptr<ChangeEvents>> open_fanotify() {
    Fd fd(::fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) return system_error(errno, "open", "fanotify");
    return std::unique_ptr<ChangeEvents>(std::make_unique<FanotifyEvents>(std::move(fd)));
}

}  // namespace custody
