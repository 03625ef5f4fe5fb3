#include "vault/sources/local_item.h"

#include "base/text.h"
#include "vault/sources/local_attributes.h"
#include "vault/sources/settling.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace custody {
namespace {

constexpr std::uint64_t kReadAheadFrom = 1024 * 1024;
constexpr std::uint64_t kMostUnmeasured = 64 * 1024 * 1024;
constexpr std::size_t kUnmeasuredRead = 64 * 1024;  // sysctl has to have as much memory in one piece as it is asked for

Error replaced(const std::string& path) {
    return {Code::failed, say("cannot read {}: something else took its place; back up again", printable(path))};
}

// A file whose size says nothing of what it gives: one that the kernel makes up while it is read (procfs says 0, sysfs a page),
// or any other that says 0 and gives bytes. Each reading is one of its own, so none is torn; it ends with the file, or at a
// bound.
class UnmeasuredContent final : public FileContent {
public:
    UnmeasuredContent(Fd fd, const struct stat& opened, std::string path)
        : fd_(std::move(fd)), opened_(opened), path_(std::move(path)) {}

    [[nodiscard]] std::uint64_t size() const override { return kUnknownSize; }
    [[nodiscard]] const std::vector<Hole>& holes() const override { return none_; }
    [[nodiscard]] Result<std::size_t> read(MutableByteView into) override {
        std::size_t filled = 0;
        while (filled < into.size()) {
            const ssize_t got = ::read(fd_.get(), into.data() + filled, std::min(kUnmeasuredRead, into.size() - filled));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return system_error(errno, "read", path_);
            if (got == 0) break;
            filled += static_cast<std::size_t>(got);
            total_ += static_cast<std::uint64_t>(got);
            if (total_ > kMostUnmeasured) {
                return Error{Code::failed, say("cannot read {}: it does not say how much it gives, and gives more than {}",
                                               printable(path_), human_bytes(kMostUnmeasured))};
            }
        }
        return filled;
    }
    // What the kernel makes up has no times that would tell.
    [[nodiscard]] Result<bool> changed_since_open() override {
        struct stat now {};
        if (::fstat(fd_.get(), &now) != 0) return system_error(errno, "look at", path_);
        return !is_kernel_made(fd_.get()) && stamp_of(now) != stamp_of(opened_);
    }

private:
    Fd fd_;
    struct stat opened_;
    std::string path_;
    std::vector<Hole> none_;
    std::uint64_t total_ = 0;
};

bool is_unmeasured(int fd, const struct stat& status) {
    if (status.st_blocks != 0) return false;
    if (is_kernel_made(fd)) return true;
    Byte first{};
    struct stat now {};
    if (status.st_size != 0 || ::pread(fd, &first, 1, 0) != 1) return false;
    return ::fstat(fd, &now) == 0 && now.st_size == 0;  // otherwise it was just written to
}

class LocalContent final : public FileContent {
public:
    LocalContent(std::shared_ptr<LocalFolder> folder, std::string name, Fd fd, const struct stat& opened, std::vector<Hole> holes)
        : folder_(std::move(folder)),
          name_(std::move(name)),
          fd_(std::move(fd)),
          opened_(opened),
          holes_(std::move(holes)),
          reader_(fd_.get(), static_cast<std::uint64_t>(opened.st_size), holes_) {}

    [[nodiscard]] std::uint64_t size() const override { return static_cast<std::uint64_t>(opened_.st_size); }
    [[nodiscard]] const std::vector<Hole>& holes() const override { return holes_; }
    [[nodiscard]] Result<std::size_t> read(MutableByteView into) override {
        const ssize_t got = reader_.read(into);
        if (got < 0) return system_error(errno, "read", path());
        return static_cast<std::size_t>(got);
    }
    [[nodiscard]] Result<bool> changed_since_open() override {
        struct stat now {};
        if (::fstat(fd_.get(), &now) != 0) return system_error(errno, "look at", path());
        if (stamp_of(now) != stamp_of(opened_)) return true;
        TRY_ASSIGN(const auto folder, folder_->use());
        if (::fstatat(folder->get(), name_.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0) return true;
        return now.st_ino != opened_.st_ino || now.st_dev != opened_.st_dev;
    }

private:
    [[nodiscard]] std::string path() const { return join_path(folder_->path(), name_); }

    std::shared_ptr<LocalFolder> folder_;
    std::string name_;
    Fd fd_;
    struct stat opened_;
    std::vector<Hole> holes_;
    RangeReader reader_;
};

Result<std::string> read_link(int folder, const std::string& name, const std::string& path) {
    std::string target(PATH_MAX, '\0');
    const ssize_t got = ::readlinkat(folder, name.c_str(), target.data(), target.size());
    if (got < 0) return system_error(errno, "read the link", path);
    target.resize(static_cast<std::size_t>(got));
    return target;
}

OpenedItem begin_entry(const SourceItem& item, const struct stat& status) {
    OpenedItem opened;
    opened.stamp = stamp_of(status);
    opened.entry.name = item.name;
    opened.entry.type = item.type;
    opened.entry.attributes_only = item.attributes_only;
    opened.entry.attributes.mode = status.st_mode & 07777;
    opened.entry.attributes.uid = status.st_uid;
    opened.entry.attributes.gid = status.st_gid;
    opened.entry.attributes.modified = opened.stamp.modified;
    if (item.type == EntryType::character_device || item.type == EntryType::block_device) opened.entry.device = status.st_rdev;
    return opened;
}

Result<OpenedItem> open_by_name(const SourceItem& item, int at, const std::string& path) {
    struct stat status {};
    const int follow = item.attributes_only ? 0 : AT_SYMLINK_NOFOLLOW;
    if (::fstatat(at, item.name.c_str(), &status, follow) != 0) return system_error(errno, "look at", path);
    if (entry_type_of(status.st_mode) != item.type) return replaced(path);
    OpenedItem opened = begin_entry(item, status);
    opened.settle_ns = settle_time_ns(at, false);
    if (item.type == EntryType::symlink) {
        TRY_ASSIGN(opened.entry.target, read_link(at, item.name, path));
    }
    TRY_ASSIGN(opened.entry.attributes.xattrs, read_xattrs_at(at, item.name, path));
    return opened;
}

}  // namespace

FileStamp stamp_of(const struct stat& status) {
    return {static_cast<std::uint64_t>(status.st_size), status.st_dev, status.st_ino, to_file_time(status.st_mtim),
            to_file_time(status.st_ctim)};
}

EntryType entry_type_of(mode_t mode) {
    switch (mode & S_IFMT) {
        case S_IFDIR:
            return EntryType::folder;
        case S_IFLNK:
            return EntryType::symlink;
        case S_IFIFO:
            return EntryType::fifo;
        case S_IFSOCK:
            return EntryType::socket;
        case S_IFCHR:
            return EntryType::character_device;
        case S_IFBLK:
            return EntryType::block_device;
        default:
            return EntryType::file;
    }
}

void fill_from_stat(const struct stat& status, SourceItem& item) {
    item.type = entry_type_of(status.st_mode);
    item.stamp = stamp_of(status);
    item.mode = status.st_mode & 07777;
    item.uid = status.st_uid;
    item.gid = status.st_gid;
    item.links = static_cast<std::uint32_t>(std::min<nlink_t>(status.st_nlink, UINT32_MAX));
    item.device_number = status.st_rdev;
}

bool is_kernel_made(int descriptor) {
    struct statfs status {};
    if (::fstatfs(descriptor, &status) != 0) return false;
    switch (static_cast<std::uint32_t>(status.f_type)) {
        case PROC_SUPER_MAGIC:
        case SYSFS_MAGIC:
        case DEBUGFS_MAGIC:
        case TRACEFS_MAGIC:
        case SECURITYFS_MAGIC:
        case CGROUP_SUPER_MAGIC:
        case CGROUP2_SUPER_MAGIC:
        case DEVPTS_SUPER_MAGIC:
        case BPF_FS_MAGIC:
        case PSTOREFS_MAGIC:
        case EFIVARFS_MAGIC:
        case BINFMTFS_MAGIC:
        case 0x62656570u /* configfs */:
        case 0x65735543u /* fusectl */:
        case 0x19800202u /* mqueue */:
            return true;
        default:
            return false;
    }
}

Result<OpenedItem> open_local_item(const std::shared_ptr<LocalFolder>& folder, const SourceItem& item) {
    const std::string path = join_path(folder->path(), item.name);
    TRY_ASSIGN(const auto at, folder->use());
    const bool is_file = item.type == EntryType::file;
    if (!is_file && item.type != EntryType::folder) return open_by_name(item, at->get(), path);
    const int kind = is_file ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY;  // not to wait for what became a FIFO
    const int follow = item.attributes_only ? 0 : O_NOFOLLOW;
    Fd fd(open_quietly(at->get(), item.name.c_str(), O_RDONLY | O_CLOEXEC | kind | follow));
    if (!fd.valid()) {
        if (!is_file && errno == EACCES) return open_by_name(item, at->get(), path);  // attributes still count
        if (errno == ELOOP || errno == ENOTDIR || errno == ENXIO) return replaced(path);
        return system_error(errno, "read", path);
    }
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return system_error(errno, "look at", path);
    if (entry_type_of(status.st_mode) != item.type || (is_file && !S_ISREG(status.st_mode))) return replaced(path);
    OpenedItem opened = begin_entry(item, status);
    opened.settle_ns = settle_time_ns(fd.get(), is_file);
    opened.entry.attributes.flags = read_inode_flags(fd.get());
    TRY_ASSIGN(opened.entry.attributes.xattrs, read_xattrs(fd.get(), path));
    if (!is_file) return opened;
    if (is_unmeasured(fd.get(), status)) {
        opened.settle_ns = kNeverSettles_ns;
        opened.content = std::make_unique<UnmeasuredContent>(std::move(fd), status, path);
        return opened;
    }
    const auto size = static_cast<std::uint64_t>(status.st_size);
    std::vector<Hole> holes;
    if (static_cast<std::uint64_t>(status.st_blocks) * 512 < size) {
        TRY_ASSIGN(holes, find_holes(fd.get(), size));
    }
    if (size >= kReadAheadFrom) ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    opened.content = std::make_unique<LocalContent>(folder, item.name, std::move(fd), status, std::move(holes));
    return opened;
}

std::string difference(const SeenItem& seen, int folder) {
    struct stat status {};
    char name[256];
    if (seen.name.size() >= sizeof name) return std::string(translate("has vanished"));
    name[seen.name.copy(name, sizeof name - 1)] = '\0';
    if (::fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? std::string(translate("has vanished")) : std::string(translate("can no longer be looked at"));
    const FileStamp now = stamp_of(status);
    if (same_stamp(now, seen.stamp) && entry_type_of(status.st_mode) == seen.type) return {};
    if (entry_type_of(status.st_mode) == seen.type && is_kernel_made(folder)) return {};  // its inodes and times come and go
    if (entry_type_of(status.st_mode) != seen.type || now.inode != seen.stamp.inode)
        return std::string(translate("was replaced"));
    if (seen.type == EntryType::folder) return std::string(translate("has entries that came or went"));
    if (now.size != seen.stamp.size) return say("went from {} bytes to {}", seen.stamp.size, now.size);
    if (now.modified != seen.stamp.modified) return std::string(translate("was written to"));
    return std::string(translate("has other attributes"));
}

Result<std::vector<Hole>> find_holes(int fd, std::uint64_t size) {
    std::vector<Hole> holes;
    for (std::uint64_t at = 0; at < size;) {
        const off_t data = ::lseek(fd, static_cast<off_t>(at), SEEK_DATA);
        if (data < 0 && errno == EINVAL) return std::vector<Hole>();  // the file system does not tell
        if (data < 0 && errno != ENXIO) return system_error(errno, "find the holes of", "the file");
        const std::uint64_t begin = data < 0 ? size : std::min(static_cast<std::uint64_t>(data), size);
        if (begin > at) holes.push_back({at, begin - at});
        if (begin == size) break;
        const off_t hole = ::lseek(fd, data, SEEK_HOLE);
        if (hole <= data) break;
        at = static_cast<std::uint64_t>(hole);
    }
    return holes;
}

ssize_t RangeReader::read(MutableByteView into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
        if (hole_ < holes_->size() && offset_ == (*holes_)[hole_].offset) offset_ += (*holes_)[hole_++].length;
        const std::uint64_t end = hole_ < holes_->size() ? (*holes_)[hole_].offset : size_;
        if (offset_ >= end) break;
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(end - offset_, into.size() - filled));
        const ssize_t got = ::pread(fd_, into.data() + filled, want, static_cast<off_t>(offset_));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;  // it shrank
        filled += static_cast<std::size_t>(got);
        offset_ += static_cast<std::uint64_t>(got);
    }
    return static_cast<ssize_t>(filled);
}

}  // namespace custody
