#include "base/folder_owner.h"

#include "base/text.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <functional>
#include <optional>
#include <vector>

namespace custody {
namespace {

constexpr int kMaxLinks = 40;  // as the kernel
constexpr uid_t kNoChange = static_cast<uid_t>(-1);

#ifdef SYS_setgroups32
constexpr long kSetGroups = SYS_setgroups32;
#else
constexpr long kSetGroups = SYS_setgroups;
#endif

// The C library's setgroups() changes every thread of the process.
bool set_groups_of_thread(const std::vector<gid_t>& groups) {
    return ::syscall(kSetGroups, groups.size(), groups.empty() ? nullptr : groups.data()) == 0;
}

// A user's rights over files, for this thread and as long as it lives. Without his further groups: the folder is open already.
class RightsOf {
public:
    RightsOf(uid_t user, gid_t group) {
        const int count = getgroups(0, nullptr);
        if (count < 0) return;
        groups_.resize(static_cast<std::size_t>(count));
        if (getgroups(count, groups_.data()) != count || !set_groups_of_thread({})) return;
        began_ = true;
        group_ = static_cast<gid_t>(setfsgid(group));
        user_ = static_cast<uid_t>(setfsuid(user));
        taken_ = static_cast<uid_t>(setfsuid(kNoChange)) == user && static_cast<gid_t>(setfsgid(kNoChange)) == group;
    }
    RightsOf(const RightsOf&) = delete;
    RightsOf& operator=(const RightsOf&) = delete;
    ~RightsOf() {
        if (!began_) return;
        setfsuid(user_);
        setfsgid(group_);
        const bool back = static_cast<uid_t>(setfsuid(kNoChange)) == user_ && static_cast<gid_t>(setfsgid(kNoChange)) == group_;
        // Who took them may take them back. To go on with another's rights would do anything but what was asked.
        if (!set_groups_of_thread(groups_) || !back) std::abort();
    }
    [[nodiscard]] bool taken() const { return taken_; }

private:
    std::vector<gid_t> groups_;
    uid_t user_ = 0;
    gid_t group_ = 0;
    bool began_ = false, taken_ = false;
};

// Of a path, the last part first.
std::vector<std::string> parts_of(std::string_view path) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        if (end > at) parts.emplace_back(path.substr(at, end - at));
        at = end + 1;
    }
    std::reverse(parts.begin(), parts.end());
    return parts;
}

Result<Fd> open_start(std::string_view path) {
    Fd fd(::open(path.starts_with('/') ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!fd.valid()) return system_error(errno, "open", path);
    return fd;
}

Error leads_elsewhere(const std::string& folder, uid_t owner) {
    return {Code::denied,
            say("{} is reached through a symbolic link of another user (number {}) and is not his: root writes nothing "
                "there for him; name the folder itself",
                printable(folder), owner)};
}

Result<std::string> target_of(const Fd& link, const std::string& folder) {
    std::array<char, PATH_MAX> target{};
    const ssize_t size = readlinkat(link.get(), "", target.data(), target.size());
    if (size <= 0) return system_error(size < 0 ? errno : ENOENT, "open", folder);
    if (static_cast<std::size_t>(size) == target.size()) return system_error(ENAMETOOLONG, "open", folder);
    return std::string(target.data(), static_cast<std::size_t>(size));
}

Result<OpenFolder> open_folder(const std::string& folder, bool any_link) {
    TRY_ASSIGN(Fd at, open_start(folder));
    std::vector<std::string> parts = parts_of(folder);
    std::vector<uid_t> link_owners;
    struct stat found {};
    while (!parts.empty()) {
        const std::string part = std::move(parts.back());
        parts.pop_back();
        Fd next(openat(at.get(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        if (!next.valid() || fstat(next.get(), &found) != 0) return system_error(errno, "open", folder);
        if (!S_ISLNK(found.st_mode)) {
            at = std::move(next);
            continue;
        }
        if (link_owners.size() == kMaxLinks) return system_error(ELOOP, "open", folder);
        link_owners.push_back(found.st_uid);
        TRY_ASSIGN(const std::string target, target_of(next, folder));
        if (target.front() == '/') {
            TRY_ASSIGN(at, open_start(target));
        }
        for (std::string& one : parts_of(target)) parts.push_back(std::move(one));
    }
    if (fstat(at.get(), &found) != 0) return system_error(errno, "look at", folder);
    if (!S_ISDIR(found.st_mode)) return system_error(ENOTDIR, "open", folder);
    for (const uid_t owner : link_owners) {
        if (!any_link && owner != 0 && owner != found.st_uid) return leads_elsewhere(folder, owner);
    }
    return OpenFolder{std::move(at), found.st_uid, found.st_gid};
}

Error cannot_be_his(const std::string& path, uid_t owner, int error_number) {
    Error error = system_error(error_number, "create", path);
    error.message =
        say("{} belongs to another user (number {}), and what root writes in it cannot be given to him: {}; run this "
            "as that user",
            printable(parent_path(path)), owner, reason_of(error_number));
    return error;
}

// `make` answers 0 or an errno.
using Make = std::function<int(int folder, const char* name)>;

// Where the owner himself may not (a FUSE mount that only root may use): root makes it, and it stays where it is the owner's all
// the same, as on file systems that have no owners and show everything as one user's.
Status make_in(const OpenFolder& folder, const std::string& path, const Make& make, int remove_flags) {
    const std::string name(base_name(path));
    int failed = EPERM;
    if (folder.user == 0) {
        failed = make(folder.fd.get(), name.c_str());
        return failed == 0 ? done() : Status(system_error(failed, "create", path));
    }
    {
        const RightsOf owner(folder.user, folder.group);
        if (owner.taken()) failed = make(folder.fd.get(), name.c_str());
    }
    if (failed == 0) return done();
    if (failed != EPERM && failed != EACCES) return system_error(failed, "create", path);
    if (const int again = make(folder.fd.get(), name.c_str()); again != 0) return system_error(again, "create", path);
    struct stat made {};
    if (fstatat(folder.fd.get(), name.c_str(), &made, AT_SYMLINK_NOFOLLOW) == 0 && made.st_uid == folder.user) return done();
    static_cast<void>(unlinkat(folder.fd.get(), name.c_str(), remove_flags));  // an empty one: the refusal is what is told
    return cannot_be_his(path, folder.user, failed);
}

}  // namespace

Result<OpenFolder> open_folder_of(const std::string& path) { return open_folder(parent_path(path), false); }
Result<OpenFolder> open_folder_of_anybody(const std::string& path) { return open_folder(parent_path(path), true); }

Result<Fd> create_as_owner_of_folder(const std::string& path, std::uint32_t mode) {
    TRY_ASSIGN(const OpenFolder folder, open_folder_of(path));
    Fd made;
    const auto make = [&](int at, const char* name) {
        do {
            made = Fd(openat(at, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, static_cast<mode_t>(mode)));
        } while (!made.valid() && errno == EINTR);
        return made.valid() ? 0 : errno;
    };
    TRY(make_in(folder, path, make, 0));
    return made;
}

Status make_directory_as_owner_of_folder(const std::string& path, std::uint32_t mode) {
    TRY_ASSIGN(const OpenFolder folder, open_folder_of(path));
    const auto make = [&](int at, const char* name) { return mkdirat(at, name, static_cast<mode_t>(mode)) == 0 ? 0 : errno; };
    return make_in(folder, path, make, AT_REMOVEDIR);
}

}  // namespace custody
