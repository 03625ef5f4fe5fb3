#include "daemon/media/mounting.h"

#include "base/block_device.h"
#include "base/block_device_file_system.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "daemon/media/host_mount.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace custody {
namespace {

constexpr std::size_t kMaxHolders = 10;
constexpr unsigned long kCareful = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME;

struct Kind {
    std::string_view type;
    const char* options;     // for use
    const char* no_journal;  // for a look: what keeps the kernel from replaying the journal; null: it has none
    const char* its_value;   // of that option; null: it is a flag
};
constexpr std::array<Kind, 9> kKinds = {{{"ext2", "errors=remount-ro", nullptr, nullptr},
                                         {"ext3", "errors=remount-ro", "noload", nullptr},
                                         {"ext4", "errors=remount-ro", "noload", nullptr},
                                         {"xfs", nullptr, "norecovery", nullptr},
                                         {"btrfs", nullptr, "rescue", "nologreplay"},
                                         {"f2fs", nullptr, "norecovery", nullptr},
                                         {"vfat", "umask=0077,errors=remount-ro", nullptr, nullptr},
                                         {"exfat", "umask=0077,errors=remount-ro", nullptr, nullptr},
                                         {"ntfs3", nullptr, nullptr, nullptr}}};

Result<Kind> kind_on(const std::string& device) {
    TRY_ASSIGN(const FileSystemOnDevice on, file_system_on(device));
    const std::string type = on.type == "ntfs" ? "ntfs3" : on.type;
    const auto kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& known) { return known.type == type; });
    if (kind != kKinds.end()) return *kind;
    if (type.starts_with("crypto_"))
        return Error{Code::usage, say("{} is encrypted ({}): open it with 'cryptsetup open', and attach what that makes",
                                      printable(device), type)};
    return Error{Code::usage, say("{} holds {}, which is not mounted here: mount it by hand, or prepare the disk with 'custody "
                                  "media prepare'",
                                  printable(device), type.empty() ? say("an unknown file system") : type)};
}

Error mount_error(int number, const std::string& device, const std::string& what) {
    if (number == EBUSY) return {Code::busy, say("{} is in use by something else, so it cannot be mounted", printable(device))};
    if (number == EPERM || number == EACCES)
        return {Code::denied, say("mounting {} needs root (CAP_SYS_ADMIN)", printable(device))};
    if (number == ENODEV)
        return {Code::usage, say("this kernel does not know the file system on {} ({})", printable(device), what)};
    return {Code::io, say("cannot mount {}: {}; check it with fsck", printable(device), reason_of(number))};
}

Result<MountInfo> mounted_at(const std::string& mount_point) {
    TRY_ASSIGN(auto mounts, list_mounts());
    const std::string real = sysfs::real_path(mount_point);
    for (auto it = mounts.rbegin(); it != mounts.rend(); ++it) {
        if (it->point == real) return std::move(*it);
    }
    return Error{Code::not_found, say("nothing is mounted on {}", printable(mount_point))};
}

// What the kernel said of the last step; the configuration descriptor keeps it.
Error refused_by(int fd, int number, const std::string& device, const std::string& type) {
    char said[256];
    const ssize_t size = ::read(fd, said, sizeof said);
    const std::string text = size > 2 ? printable(std::string_view(said + 2, static_cast<std::size_t>(size - 2))) : "";
    if (number == EINVAL && !text.empty())
        return {Code::io, say("cannot mount {}: {}; check it with fsck", printable(device), text)};
    return mount_error(number, device, type);
}

bool is_number(const std::string& name) { return name.find_first_not_of("0123456789") == std::string::npos; }

// Whether a process has its folder, root, program or an open file on that device.
bool holds(const std::string& process, dev_t device) {
    const auto is_there = [&](const std::string& link) {
        struct stat info {};
        return ::stat(link.c_str(), &info) == 0 && info.st_dev == device;
    };
    for (const char* link : {"/cwd", "/root", "/exe"}) {
        if (is_there(process + link)) return true;
    }
    const auto open = sysfs::names_in(process + "/fd");
    return std::any_of(open.begin(), open.end(), [&](const std::string& fd) { return is_there(process + "/fd/" + fd); });
}

}  // namespace

Status check_mount_point(const std::string& mount_point) {
    FileSystem& files = posix_file_system();
    if (const auto info = files.info(mount_point); !info.ok() && info.error().code == Code::not_found) {
        TRY(make_directories(files, mount_point, 0755));
    }
    TRY_ASSIGN(const auto mounts, list_mounts());
    const std::string real = sysfs::real_path(mount_point);
    for (const auto& mount : mounts) {
        if (mount.point == real)
            return Error{Code::exists, say("{} is mounted on {} already; unmount it first, or name another folder",
                                           printable(mount.source), printable(mount_point))};
    }
    TRY_ASSIGN(const auto items, files.list(mount_point));
    if (items.empty()) return done();
    return Error{Code::exists, say("{} is not empty: a medium mounted there would cover what it holds; empty it, or name another "
                                   "folder",
                                   printable(mount_point))};
}

Status mount_device(const std::string& device, const std::string& mount_point) {
    TRY_ASSIGN(const Kind kind, kind_on(device));
    TRY(check_mount_point(mount_point));
    const std::string type(kind.type);
    if (is_own_view()) {
        const std::string more = kind.options == nullptr ? "" : fmt::format(",{}", kind.options);
        return mount_for_all(device, mount_point, type, "nosuid,nodev,noexec,noatime" + more);
    }
    if (::mount(device.c_str(), mount_point.c_str(), type.c_str(), kCareful, kind.options) != 0)
        return mount_error(errno, device, type);
    return done();
}

Status unmount_medium(const std::string& mount_point) {
    TRY_ASSIGN(const MountInfo mount, mounted_at(mount_point));
    {
        const Fd root(::open(mount.point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!root.valid()) return system_error(errno, "open", mount.point);
        if (!mount.read_only && ::syncfs(root.get()) != 0)
            return Error{Code::io,
                         say("what was written last to {} may not have reached the disk: {}; check it before it is taken out",
                             printable(mount.point), reason_of(errno))};
    }
    if (is_own_view()) return unmount_for_all(mount.point);
    if (::umount2(mount.point.c_str(), UMOUNT_NOFOLLOW) == 0) return done();
    if (errno != EBUSY) return system_error(errno, "unmount", mount.point);
    const auto holders = holders_of(mount.point);
    return Error{Code::busy, say("{} is in use and cannot be taken out yet: {}; end that, then try again", printable(mount.point),
                                 holders.empty() ? say("something mounted below it, a loop device or swap")
                                                 : fmt::format("{}", fmt::join(holders, ", ")))};
}

Status drop_dead_mount(const std::string& mount_point) {
    if (is_own_view() && unmount_for_all(mount_point).ok()) return done();  // where it fails, this process's view at least
    if (::umount2(mount_point.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH) == 0) return done();
    return system_error(errno, "unmount", mount_point);
}

std::vector<std::string> holders_of(const std::string& mount_point) {
    struct stat root {};
    std::vector<std::pair<int, std::string>> found;
    if (::stat(mount_point.c_str(), &root) != 0) return {};
    for (const auto& name : sysfs::names_in("/proc")) {
        const std::string process = "/proc/" + name;
        if (!is_number(name) || !holds(process, root.st_dev)) continue;
        int number = 0;
        std::from_chars(name.data(), name.data() + name.size(), number);
        found.emplace_back(number, fmt::format("{} ({})", printable(sysfs::read_line(process + "/comm")), name));
    }
    std::sort(found.begin(), found.end());
    std::vector<std::string> names;
    for (auto& [number, text] : found) {
        if (names.size() < kMaxHolders) names.push_back(std::move(text));
    }
    return names;
}

Result<HiddenMount> HiddenMount::open(const std::string& device) {
    TRY_ASSIGN(const Kind kind, kind_on(device));
    std::string type(kind.type);
    const Fd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
    if (!context.valid()) return mount_error(errno, device, type);
    const auto set = [&](unsigned command, const char* key, const char* value) -> Status {
        if (::fsconfig(context.get(), command, key, value, 0) == 0) return done();
        return refused_by(context.get(), errno, device, type);
    };
    TRY(set(FSCONFIG_SET_STRING, "source", device.c_str()));
    TRY(set(FSCONFIG_SET_FLAG, "ro", nullptr));
    if (kind.its_value != nullptr) {
        TRY(set(FSCONFIG_SET_STRING, kind.no_journal, kind.its_value));
    } else if (kind.no_journal != nullptr) {
        TRY(set(FSCONFIG_SET_FLAG, kind.no_journal, nullptr));
    }
    TRY(set(FSCONFIG_CMD_CREATE, nullptr, nullptr));
    constexpr unsigned kAttributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    Fd root(::fsmount(context.get(), FSMOUNT_CLOEXEC, kAttributes));
    if (!root.valid()) return mount_error(errno, device, type);
    return HiddenMount(std::move(root), std::move(type));
}

std::string HiddenMount::path() const { return fmt::format("/proc/self/fd/{}", root_.get()); }

}  // namespace custody
