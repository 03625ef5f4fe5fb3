#include "tests/support/tree_compare.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <utility>

namespace custody::test {
namespace {

constexpr std::size_t kMaxDifferences = 200;
constexpr unsigned kSettableFlags = FS_APPEND_FL | FS_IMMUTABLE_FL | FS_NODUMP_FL | FS_NOATIME_FL | FS_SYNC_FL | FS_DIRSYNC_FL |
                                    FS_NOCOW_FL | FS_COMPR_FL | FS_NOCOMP_FL | FS_SECRM_FL | FS_UNRM_FL | FS_TOPDIR_FL |
                                    FS_JOURNAL_DATA_FL | FS_NOTAIL_FL;

using Inode = std::pair<dev_t, ino_t>;
using Xattrs = std::map<std::string, std::string>;

// One side of the comparison at one name.
struct Place {
    int folder;
    std::string name;
    struct stat status = {};

    // Reaches the thing itself, also a link or a socket, whatever the length of its path.
    [[nodiscard]] std::string proc_path() const { return "/proc/self/fd/" + std::to_string(folder) + "/" + name; }
    [[nodiscard]] int open(int how) const { return ::openat(folder, name.c_str(), how | O_NOFOLLOW | O_CLOEXEC); }
};

std::string readable(const std::string& name) {
    std::string out;
    for (const char c : name) {
        static const char* digits = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f) {
            out += c;
        } else {
            out += "\\x";
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out.size() <= 300 ? out : out.substr(0, 100) + "..." + out.substr(out.size() - 190);
}

std::set<std::string> name_set_of(int folder) {
    std::set<std::string> names;
    DIR* stream = ::fdopendir(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (stream == nullptr) return names;
    while (const dirent* item = ::readdir(stream)) {
        const std::string name = item->d_name;
        if (name != "." && name != "..") names.insert(name);
    }
    ::closedir(stream);
    return names;
}

class Comparison {
public:
    explicit Comparison(const CompareOptions& options) : options_(options) {}

    void run(const std::string& left, const std::string& right) {
        Place a{AT_FDCWD, left}, b{AT_FDCWD, right};
        // The top is compared through a descriptor of its own, so that proc_path() works for it too.
        const int left_fd = ::open(left.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        const int right_fd = ::open(right.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (left_fd < 0) differ(left, "cannot be opened: ", std::strerror(errno));
        if (right_fd < 0) differ(right, "cannot be opened: ", std::strerror(errno));
        if (left_fd >= 0 && right_fd >= 0) {
            a = {left_fd, "."};
            b = {right_fd, "."};
            if (options_.top_attributes) attributes(a, b, ".");
            children(left_fd, right_fd, "");
        }
        if (left_fd >= 0) ::close(left_fd);
        if (right_fd >= 0) ::close(right_fd);
    }

    std::vector<std::string> take() { return std::move(differences_); }

private:
    template <class... Parts>
    void differ(const std::string& path, const Parts&... parts) {
        if (differences_.size() >= kMaxDifferences) return;
        std::string line = readable(path) + ": ";
        ((line += parts), ...);
        differences_.push_back(line);
    }
    void differ_number(const std::string& path, const std::string& what, long long left, long long right) {
        differ(path, what, " ", std::to_string(left), " became ", std::to_string(right));
    }

    void children(int left, int right, const std::string& path) {
        const std::set<std::string> ours = name_set_of(left), theirs = name_set_of(right);
        for (const std::string& name : theirs) {
            if (!ours.contains(name)) differ(path + name, "is only on the right");
        }
        for (const std::string& name : ours) {
            Place a{left, name}, b{right, name};
            if (::fstatat(left, name.c_str(), &a.status, AT_SYMLINK_NOFOLLOW) != 0) {
                differ(path + name, "cannot be looked at");
            } else if (!theirs.contains(name)) {
                const bool device = S_ISCHR(a.status.st_mode) || S_ISBLK(a.status.st_mode);
                if (options_.device_nodes || !device) differ(path + name, "is missing on the right");
            } else {
                one(a, b, path + name);
            }
        }
    }

    void one(Place& a, Place& b, const std::string& path) {
        if (!attributes(a, b, path)) return;
        if (S_ISREG(a.status.st_mode)) return content(a, b, path);
        if (S_ISLNK(a.status.st_mode)) return targets(a, b, path);
        if (!S_ISDIR(a.status.st_mode)) return;
        const int left = a.open(O_RDONLY | O_DIRECTORY), right = b.open(O_RDONLY | O_DIRECTORY);
        if (left < 0 || right < 0) {
            differ(path, "folder cannot be opened");
        } else {
            children(left, right, path + "/");
        }
        if (left >= 0) ::close(left);
        if (right >= 0) ::close(right);
    }

    // False: of different type, nothing more to compare.
    bool attributes(Place& a, Place& b, const std::string& path) {
        if (::fstatat(a.folder, a.name.c_str(), &a.status, AT_SYMLINK_NOFOLLOW) != 0 ||
            ::fstatat(b.folder, b.name.c_str(), &b.status, AT_SYMLINK_NOFOLLOW) != 0) {
            differ(path, "cannot be looked at");
            return false;
        }
        const struct stat &x = a.status, &y = b.status;
        if ((x.st_mode & S_IFMT) != (y.st_mode & S_IFMT)) {
            differ_number(path, "type", x.st_mode & S_IFMT, y.st_mode & S_IFMT);
            return false;
        }
        const mode_t mask = options_.setid_bits ? 07777 : 01777;
        if ((x.st_mode & mask) != (y.st_mode & mask)) differ_number(path, "mode", x.st_mode & mask, y.st_mode & mask);
        if (options_.owners && x.st_uid != y.st_uid) differ_number(path, "owner", x.st_uid, y.st_uid);
        if (options_.owners && x.st_gid != y.st_gid) differ_number(path, "group", x.st_gid, y.st_gid);
        if (x.st_mtim.tv_sec != y.st_mtim.tv_sec || x.st_mtim.tv_nsec != y.st_mtim.tv_nsec) {
            differ(path, "mtime ", std::to_string(x.st_mtim.tv_sec), ".", std::to_string(x.st_mtim.tv_nsec), " became ",
                   std::to_string(y.st_mtim.tv_sec), ".", std::to_string(y.st_mtim.tv_nsec));
        }
        const bool sized = S_ISREG(x.st_mode) || S_ISLNK(x.st_mode);
        if (sized && x.st_size != y.st_size) differ_number(path, "size", x.st_size, y.st_size);
        const bool device = S_ISCHR(x.st_mode) || S_ISBLK(x.st_mode);
        if (device && x.st_rdev != y.st_rdev) {
            differ_number(path, "device", static_cast<long long>(x.st_rdev), static_cast<long long>(y.st_rdev));
        }
        if (!S_ISDIR(x.st_mode)) links(x, y, path);
        xattrs(a, b, path);
        if (options_.flags && (S_ISREG(x.st_mode) || S_ISDIR(x.st_mode))) flags(a, b, path);
        return true;
    }

    // Names that were one inode must be one inode, and names that were two must be two.
    void links(const struct stat& x, const struct stat& y, const std::string& path) {
        const Inode left{x.st_dev, x.st_ino}, right{y.st_dev, y.st_ino};
        const auto [there, first_left] = right_of_.try_emplace(left, right, path);
        if (!first_left && there->second.first != right) {
            differ(path, "is no hard link of ", readable(there->second.second), " any more");
        }
        const auto [back, first_right] = left_of_.try_emplace(right, left, path);
        if (!first_right && back->second.first != left) {
            differ(path, "became a hard link of ", readable(back->second.second));
        }
    }

    Xattrs xattrs_of(const Place& place, const std::string& path) {
        Xattrs found;
        const std::string at = place.proc_path();
        std::vector<char> names(64 * 1024);
        const ssize_t size = ::llistxattr(at.c_str(), names.data(), names.size());
        if (size < 0) {
            if (errno != ENOTSUP) differ(path, "attributes cannot be listed: ", std::strerror(errno));
            return found;
        }
        for (const char* name = names.data(); name < names.data() + size; name += std::strlen(name) + 1) {
            const std::string text = name;
            const bool privileged = text.starts_with("trusted.") || text.starts_with("security.");
            if (privileged && !options_.privileged_xattrs) continue;
            std::string value(64 * 1024, '\0');
            const ssize_t length = ::lgetxattr(at.c_str(), name, value.data(), value.size());
            value.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
            found[text] = length < 0 ? "(unreadable)" : value;
        }
        return found;
    }

    void xattrs(const Place& a, const Place& b, const std::string& path) {
        const Xattrs ours = xattrs_of(a, path), theirs = xattrs_of(b, path);
        for (const auto& [name, value] : ours) {
            const auto other = theirs.find(name);
            if (other == theirs.end()) {
                differ(path, "lost attribute ", name);
            } else if (other->second != value) {
                differ(path, "attribute ", name, " has another value");
            }
        }
        for (const auto& [name, value] : theirs) {
            if (!ours.contains(name)) differ(path, "gained attribute ", name);
        }
    }

    static long flags_of(const Place& place) {
        const int fd = place.open(O_RDONLY | O_NONBLOCK);
        if (fd < 0) return -1;
        unsigned value = 0;
        const bool known = ::ioctl(fd, FS_IOC_GETFLAGS, &value) == 0;
        ::close(fd);
        return known ? static_cast<long>(value & kSettableFlags) : -1;
    }

    void flags(const Place& a, const Place& b, const std::string& path) {
        const long ours = flags_of(a), theirs = flags_of(b);
        if (ours != theirs) differ_number(path, "flags", ours, theirs);
    }

    void targets(const Place& a, const Place& b, const std::string& path) {
        std::string left(8192, '\0'), right(8192, '\0');
        const ssize_t ours = ::readlinkat(a.folder, a.name.c_str(), left.data(), left.size());
        const ssize_t theirs = ::readlinkat(b.folder, b.name.c_str(), right.data(), right.size());
        if (ours != theirs || left != right) differ(path, "points to something else");
    }

    using Extents = std::vector<std::pair<off_t, off_t>>;
    static Extents data_map(int fd, off_t size) {
        Extents extents;
        off_t at = 0;
        while (at < size) {
            const off_t data = ::lseek(fd, at, SEEK_DATA);
            if (data < 0) break;  // ENXIO: a hole up to the end
            const off_t hole = ::lseek(fd, data, SEEK_HOLE);
            extents.emplace_back(data, std::min(hole, size));
            at = hole;
        }
        return extents;
    }

    void content(const Place& a, const Place& b, const std::string& path) {
        const int left = a.open(O_RDONLY), right = b.open(O_RDONLY);
        if (left < 0 || right < 0) {
            differ(path, "cannot be opened: ", std::strerror(errno));
        } else {
            const Extents ours = data_map(left, a.status.st_size);
            if (options_.holes && ours != data_map(right, b.status.st_size)) differ(path, "has other holes");
            bytes(left, right, path);
        }
        if (left >= 0) ::close(left);
        if (right >= 0) ::close(right);
    }

    void bytes(int left, int right, const std::string& path) {
        std::vector<char> x(256 * 1024), y(x.size());
        for (off_t at = 0;;) {
            // Holes common to both are passed over, so that a sparse terabyte compares in no time.
            const off_t next_left = ::lseek(left, at, SEEK_DATA), next_right = ::lseek(right, at, SEEK_DATA);
            if (next_left < 0 && next_right < 0) return;
            at = next_left < 0 ? next_right : next_right < 0 ? next_left : std::min(next_left, next_right);
            const ssize_t got = ::pread(left, x.data(), x.size(), at);
            const ssize_t same = ::pread(right, y.data(), y.size(), at);
            if (got != same || got < 0 || std::memcmp(x.data(), y.data(), static_cast<std::size_t>(got)) != 0) {
                return differ(path, "has other bytes near ", std::to_string(at));
            }
            if (got == 0) return;
            at += got;
        }
    }

    CompareOptions options_;
    std::vector<std::string> differences_;
    std::map<Inode, std::pair<Inode, std::string>> right_of_, left_of_;
};

}  // namespace

std::vector<std::string> compare_trees(const std::string& left, const std::string& right, const CompareOptions& options) {
    Comparison comparison(options);
    comparison.run(left, right);
    return comparison.take();
}

}  // namespace custody::test
