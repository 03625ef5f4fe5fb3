#include "restore/attributes.h"

#include "base/counts.h"
#include "base/text.h"
#include "restore/access_list.h"
#include "restore/proc_path.h"
#include "vault/sources/local_attributes.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace custody {
namespace {

constexpr std::uint32_t kSettableFlags = kKeptFlags;
constexpr mode_t kSetIds = S_ISUID | S_ISGID;
constexpr std::size_t kMaxXattrBytes = 64 * 1024;  // of the kernel: XATTR_SIZE_MAX, XATTR_LIST_MAX

Shortfall kind_of(std::string_view xattr) {
    if (xattr.starts_with(kAccessListPrefix)) return Shortfall::access_lists;
    if (xattr.starts_with("trusted.")) return Shortfall::trusted_attributes;
    if (xattr.starts_with("user.")) return Shortfall::user_attributes;
    return xattr.starts_with("security.") ? Shortfall::security_attributes : Shortfall::foreign_attributes;
}

// As compare_attributes() calls it.
std::string_view word_of(Shortfall kind) {
    switch (kind) {
        case Shortfall::owner:
            return "owner";
        case Shortfall::setid_bits:
        case Shortfall::mode:
            return "mode";
        case Shortfall::time:
        case Shortfall::near_time:
            return "time";
        case Shortfall::flags:
            return "file flags";
        case Shortfall::hard_links:
            return "hard links";
        case Shortfall::user_attributes:
        case Shortfall::trusted_attributes:
        case Shortfall::security_attributes:
        case Shortfall::foreign_attributes:
        case Shortfall::large_attributes:
        case Shortfall::access_lists:
            break;
        case Shortfall::unread:
            return "content";
    }
    return "extended attributes";
}

// True where a restore takes away what the snapshot does not have. Labels of a security module belong to the machine.
bool is_ours_to_remove(std::string_view xattr) {
    if (is_second_name_of_access_list(xattr)) return false;
    return xattr.starts_with("user.") || xattr.starts_with("trusted.") || xattr.starts_with(kAccessListPrefix) ||
           xattr == "security.capability";
}

// xattr calls on either kind of descriptor.
class Xattrs {
public:
    Xattrs(int descriptor, Access access) : descriptor_(descriptor), by_path_(access == Access::path_only), path_(descriptor) {}

    [[nodiscard]] int set(const ExtendedAttribute& attribute) const {
        const char* name = attribute.name.c_str();
        const auto& value = attribute.value;
        return by_path_ ? ::setxattr(path_.text(), name, value.data(), value.size(), 0)
                        : ::fsetxattr(descriptor_, name, value.data(), value.size(), 0);
    }
    [[nodiscard]] int remove(const char* name) const {
        return by_path_ ? ::removexattr(path_.text(), name) : ::fremovexattr(descriptor_, name);
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::string list(kMaxXattrBytes, '\0');
        const ssize_t size =
            by_path_ ? ::listxattr(path_.text(), list.data(), list.size()) : ::flistxattr(descriptor_, list.data(), list.size());
        std::vector<std::string> found;
        for (ssize_t at = 0; at < size; at += static_cast<ssize_t>(found.back().size()) + 1) found.emplace_back(list.data() + at);
        return found;
    }
    [[nodiscard]] std::optional<Bytes> value(const std::string& name) const {
        Bytes bytes(kMaxXattrBytes);
        const ssize_t size = by_path_ ? ::getxattr(path_.text(), name.c_str(), bytes.data(), bytes.size())
                                      : ::fgetxattr(descriptor_, name.c_str(), bytes.data(), bytes.size());
        if (size < 0) return std::nullopt;
        bytes.resize(static_cast<std::size_t>(size));
        return bytes;
    }

private:
    int descriptor_;
    bool by_path_;
    ProcPath path_;
};

// `error_number` is taken before the path is put together, which may change errno.
Error failed(std::string_view verb, const ShownPath& path, int error_number) {
    return system_error(error_number, verb, path.text());
}

bool is_fatal(int error_number) { return error_number == EIO || error_number == EROFS; }

const ExtendedAttribute* find(const std::vector<ExtendedAttribute>& attributes, std::string_view name) {
    const auto found = std::find_if(attributes.begin(), attributes.end(), [&](const auto& one) { return one.name == name; });
    return found == attributes.end() ? nullptr : &*found;
}

// Returns the set-id bits that may be kept: those whose owner or group is what it was.
Result<mode_t> set_owner(const AttributeTask& task, const struct stat& now, const Attributes& wanted, const ShownPath& path,
                         Shortfalls& shortfalls) {
    if (now.st_uid == wanted.uid && now.st_gid == wanted.gid) return kSetIds;
    if (::fchownat(task.descriptor, "", wanted.uid, wanted.gid, AT_EMPTY_PATH) == 0) return kSetIds;
    const int reason = errno;
    if (is_fatal(reason)) return failed("set the owner of", path, reason);
    shortfalls.note(Shortfall::owner, path.text(), reason);
    // The group alone may be allowed: one of the user's own.
    const bool group_set =
        now.st_gid == wanted.gid || ::fchownat(task.descriptor, "", static_cast<uid_t>(-1), wanted.gid, AT_EMPTY_PATH) == 0;
    mode_t keep = 0;
    if (now.st_uid == wanted.uid) keep |= S_ISUID;
    if (group_set || task.type == EntryType::folder) keep |= S_ISGID;
    return keep;
}

// What an attribute takes where all of a file lie in one block, and what of a block is for them, as ext2 to ext4 count (fs/ext4/
// xattr.h). A little less than there is: an inode may have room for a small one.
std::size_t room_of(const ExtendedAttribute& attribute) {
    constexpr std::size_t kHead = 16, kPadding = 4;
    const auto padded = [](std::size_t size) { return (size + kPadding - 1) / kPadding * kPadding; };
    return kHead + padded(attribute.name.size()) + padded(attribute.value.size());
}
std::size_t room_in_block(std::size_t block_bytes) {
    constexpr std::size_t kBlockHead = 36;
    return block_bytes - std::min(block_bytes, kBlockHead);
}

// Whether they were refused because they are more than a file may have, and not because the medium is full.
bool is_too_large(int descriptor, const std::vector<ExtendedAttribute>& wanted, int error_number) {
    if (error_number == E2BIG) return true;
    struct statfs system = {};
    if (error_number != ENOSPC || ::fstatfs(descriptor, &system) != 0 || system.f_bsize <= 0) return false;
    constexpr std::uint64_t kFreeBlocks = 64;  // enough for any
    std::size_t room = 0;
    for (const ExtendedAttribute& attribute : wanted) room += room_of(attribute);
    return system.f_bavail >= kFreeBlocks && room > room_in_block(static_cast<std::size_t>(system.f_bsize));
}

// False: the access list is not among them.
Result<bool> set_xattrs(const AttributeTask& task, const Attributes& wanted, const ShownPath& path, Shortfalls& shortfalls) {
    const Xattrs xattrs(task.descriptor, task.access);
    if (task.was_there) {
        for (const std::string& name : xattrs.names()) {
            if (is_ours_to_remove(name) && find(wanted.xattrs, name) == nullptr) (void)xattrs.remove(name.c_str());
        }
    } else if (task.inherited.acl) {
        (void)xattrs.remove(kAccessList);
        if (task.type == EntryType::folder) (void)xattrs.remove(kDefaultAccessList);
    }
    bool lacks_large = false, has_access_list = true;
    for (const ExtendedAttribute& attribute : wanted.xattrs) {
        if (xattrs.set(attribute) == 0) continue;
        const int reason = errno;
        if (attribute.name == kAccessList) has_access_list = false;
        if (is_fatal(reason)) return failed("set the attributes of", path, reason);
        if (is_too_large(task.descriptor, wanted.xattrs, reason)) {
            lacks_large = true;
            (void)xattrs.remove(attribute.name.c_str());  // no other value either
            continue;
        }
        shortfalls.note(kind_of(attribute.name), path.text(), reason);
    }
    if (lacks_large) note_large_attributes(path, shortfalls);
    return has_access_list;
}

int change_mode(const AttributeTask& task, mode_t mode) {
    return task.access == Access::full ? ::fchmod(task.descriptor, mode) : ::chmod(ProcPath(task.descriptor).text(), mode);
}

// The first and last second of which file systems know. The kernel takes what lies beyond to the nearer one, without a fraction.
struct TimeRange {
    std::int64_t first, last;
};
constexpr std::uint32_t kCoarsest_s = 2;  // FAT counts by twos
constexpr std::array<TimeRange, 5> kTimeRanges = {{
    {INT32_MIN, INT32_MAX},        // 1901 to 2038: ext2, ext3, ext4 of small inodes, XFS of old
    {INT32_MIN, 15'032'385'535},   // to 2446: ext4
    {INT32_MIN, 16'299'260'424},   // to 2486: XFS
    {0, UINT32_MAX},               // 1970 to 2106: NFS 3, squashfs
    {315'532'800, 4'354'819'199},  // 1980 to 2107: exFAT, FAT
}};

// Whether `now` is what became of `wanted` because the file system cannot hold it.
bool is_nearest(FileTime now, FileTime wanted) {
    if (now.nanoseconds != 0) return false;
    return std::any_of(kTimeRanges.begin(), kTimeRanges.end(), [&](const TimeRange& range) {
        return (now.seconds == range.first && wanted.seconds <= range.first) ||
               (now.seconds == range.last && wanted.seconds >= range.last);
    });
}

// The steps in which file systems count that do not count nanoseconds, as the kernel cuts to them, which is downwards: ext2,
// ext3, ext4 of small inodes and HFS+; some servers; UDF; SMB.
constexpr std::array<std::int32_t, 4> kTimeSteps_ns = {1'000'000'000, 1'000'000, 1'000, 100};

// Whether the time there is what became of `wanted` because the file system counts in larger steps. That it does, all times of
// the file tell: what the kernel noted of itself would not end in so many zeros.
bool is_cut(const struct stat& status, FileTime wanted) {
    const FileTime now = to_file_time(status.st_mtim);
    return now.seconds == wanted.seconds && std::any_of(kTimeSteps_ns.begin(), kTimeSteps_ns.end(), [&](std::int32_t step) {
               return status.st_ctim.tv_nsec % step == 0 && status.st_atim.tv_nsec % step == 0 &&
                      now.nanoseconds == wanted.nanoseconds - wanted.nanoseconds % step;
           });
}

bool same_time(const struct stat& status, FileTime wanted, const Powers& powers) {
    const FileTime now = to_file_time(status.st_mtim);
    return now == wanted || is_nearest(now, wanted) || is_cut(status, wanted) ||
           (powers.coarse_attributes && are_within(now, wanted, kCoarsest_s));
}

// FAT cuts to every second second.
bool is_cut_to_even(FileTime now, FileTime wanted) {
    return wanted.seconds >= 0 && now == FileTime{wanted.seconds - wanted.seconds % kCoarsest_s, 0};
}

// Whether the time there is the wanted one or what this file system makes of it.
bool has_taken(const struct stat& status, FileTime wanted) {
    const FileTime now = to_file_time(status.st_mtim);
    return now == wanted || is_nearest(now, wanted) || is_cut(status, wanted) || is_cut_to_even(now, wanted);
}

int change_times(const AttributeTask& task, const timespec (&times)[2]) {
    return task.access == Access::full ? ::futimens(task.descriptor, times)
                                       : ::utimensat(task.descriptor, "", times, AT_EMPTY_PATH);
}

Status set_time(const AttributeTask& task, FileTime wanted, const ShownPath& path, Shortfalls& shortfalls) {
    struct stat now = {};
    // It is called a success to keep another time than the one asked for, and by drivers in user space (those of libfuse 2, such
    // as exfat-fuse) to set none where both are not given: there once more, with the time of access that it has.
    for (const bool with_access : {false, true}) {
        const timespec times[2] = {with_access ? now.st_atim : timespec{0, UTIME_OMIT}, to_timespec(wanted)};
        if (change_times(task, times) != 0) {
            if (is_fatal(errno)) return failed("set the time of", path, errno);
            shortfalls.note(Shortfall::time, path.text(), errno);
            return done();
        }
        if (::fstatat(task.descriptor, "", &now, AT_EMPTY_PATH) != 0) return failed("look at", path, errno);
        if (has_taken(now, wanted)) break;
    }
    if (has_taken(now, wanted) || are_within(to_file_time(now.st_mtim), wanted, kCoarsest_s)) {
        note_time(now, wanted, path, shortfalls);
    } else {
        shortfalls.note(Shortfall::time, path.text(), EOPNOTSUPP);
    }
    return done();
}

AttributeComparison compare_xattrs(int descriptor, const Attributes& wanted, const Powers& powers) {
    constexpr AttributeComparison kDifferent{"extended attributes", false};
    const Xattrs xattrs(descriptor, Access::path_only);
    const auto could_set = [&](std::string_view name) {
        return powers.privileged || name.starts_with("user.") || name.starts_with(kAccessListPrefix);
    };
    for (const std::string& name : xattrs.names()) {
        if (is_ours_to_remove(name) && could_set(name) && find(wanted.xattrs, name) == nullptr) return kDifferent;
    }
    std::vector<const ExtendedAttribute*> missing;
    std::size_t taken = 0;
    for (const ExtendedAttribute& attribute : wanted.xattrs) {
        if (!could_set(attribute.name)) continue;
        const auto value = xattrs.value(attribute.name);
        if (!value && errno == ENOTSUP) continue;  // "btrfs.compression" elsewhere: nobody could have set it
        if (!value && errno == ENODATA && powers.attribute_room > 0) {
            missing.push_back(&attribute);
            continue;
        }
        if (!value || *value != attribute.value) return kDifferent;
        taken += room_of(attribute);
    }
    const bool is_full = std::all_of(missing.begin(), missing.end(),
                                     [&](const ExtendedAttribute* one) { return taken + room_of(*one) > powers.attribute_room; });
    return is_full ? AttributeComparison{nullptr, !missing.empty()} : kDifferent;
}

}  // namespace

bool is_beyond_reach(int error_number) {
    switch (error_number) {
        case EPERM:
        case EACCES:
        case EOPNOTSUPP:
        case ENOTTY:
        case ENOSYS:
        case EINVAL:
        case EXDEV:
        case ERANGE:
            return true;
        default:
            return false;
    }
}

bool Shortfalls::is_first_of(const std::string& path) {
    const std::lock_guard lock(mutex_);
    std::string& last = last_incomplete_[std::this_thread::get_id()];
    if (last == path) return false;
    last = path;
    return true;
}

void Shortfalls::note(Shortfall kind, const std::string& path, int error_number) {
    if (!is_beyond_reach(error_number)) {
        if (incomplete_ && is_first_of(path)) {
            incomplete_(say("{} came back without all of its {} ({}): once that is mended, run it again with --overwrite changed",
                            printable(path), translate(word_of(kind)), reason_of(error_number)));
        }
        return;
    }
    const std::lock_guard lock(mutex_);
    Kind& one = kinds_[static_cast<std::size_t>(kind)];
    if (one.count++ == 0) {
        one.first_path = path;
        one.error_number = error_number;
    }
}

std::vector<std::string> Shortfalls::warnings() const {
    struct Sentence {
        std::string_view one, many;
    };
    static constexpr std::array<Sentence, kShortfalls> kSentences = {{
        {"{} item did not get its owner back ({}: {}); restore as root to keep owners",
         "{} items did not get their owner back (first {}: {}); restore as root to keep owners"},
        {"{} file lost its setuid or setgid bit because it has another owner now ({}: {})",
         "{} files lost their setuid or setgid bit because they have another owner now (first {}: {})"},
        {"{} item did not get its mode back ({}: {})", "{} items did not get their mode back (first {}: {})"},
        {"{} item did not get its time back ({}: {})", "{} items did not get their time back (first {}: {})"},
        {"{} item has a time that the file system there cannot hold exactly; it got the nearest that it can ({})",
         "{} items have a time that the file system there cannot hold exactly; they got the nearest that it can (first {})"},
        {"{} user attribute could not be set (on {}: {})", "{} user attributes could not be set (first on {}: {})"},
        {"{} trusted attribute could not be set (on {}: {}); only root may",
         "{} trusted attributes could not be set (first on {}: {}); only root may"},
        {"{} security attribute could not be set (on {}: {}); only root may",
         "{} security attributes could not be set (first on {}: {}); only root may"},
        {"{} attribute that only some file systems know could not be set (on {}: {})",
         "{} attributes that only some file systems know could not be set (first on {}: {})"},
        {"{} item has more extended attributes than the file system there can hold of one file; it came back without those that "
         "did not fit ({})",
         "{} items have more extended attributes than the file system there can hold of one file; they came back without those "
         "that did not fit (first {})"},
        {"{} access control list could not be set (on {}: {})", "{} access control lists could not be set (first on {}: {})"},
        {"{} item did not get its file flags back ({}: {})", "{} items did not get their file flags back (first {}: {})"},
        {"{} hard link became a separate copy ({}: {})", "{} hard links became separate copies (first {}: {})"},
        {"contents of {} file were not compared: its mode keeps this user out, and a dry run changes no mode; the rest of it is "
         "identical ({})",
         "contents of {} files were not compared: their modes keep this user out, and a dry run changes no mode; the rest of "
         "them is identical (first {})"},
    }};
    const std::lock_guard lock(mutex_);
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < kShortfalls; ++i) {
        const Kind& one = kinds_[i];
        if (one.count == 0) continue;
        lines.push_back(
            say_count(one.count, kSentences[i].one, kSentences[i].many, printable(one.first_path), reason_of(one.error_number)));
    }
    return lines;
}

Powers powers_on(int folder) {
    Powers powers;
    powers.uid = ::geteuid();
    powers.gid = ::getegid();
    powers.privileged = powers.uid == 0;
    struct statfs system = {};
    if (::fstatfs(folder, &system) == 0) {
        constexpr long kExfat = 0x2011bab0, kNtfs = 0x5346544e, kNtfs3 = 0x7366746e, kFuse = 0x65735546;
        const auto type = static_cast<long>(system.f_type);
        powers.coarse_attributes =
            type == MSDOS_SUPER_MAGIC || type == kExfat || type == kNtfs || type == kNtfs3 || type == kFuse;
        if (type == EXT4_SUPER_MAGIC && system.f_bsize > 0)
            powers.attribute_room = room_in_block(static_cast<std::size_t>(system.f_bsize));
    }
    return powers;
}

Status set_attributes(const AttributeTask& task, const Attributes& wanted, const ShownPath& path, Shortfalls& shortfalls) {
    struct stat now = {};
    if (::fstatat(task.descriptor, "", &now, AT_EMPTY_PATH) != 0) return failed("look at", path, errno);
    TRY_ASSIGN(const mode_t kept_bits, set_owner(task, now, wanted, path, shortfalls));
    TRY_ASSIGN(const bool has_access_list, set_xattrs(task, wanted, path, shortfalls));
    if (task.type != EntryType::symlink) {
        const mode_t granted = has_access_list ? wanted.mode : mode_without_acl(wanted);
        const mode_t mode = granted & ~(kSetIds & ~kept_bits);
        if (mode != granted) shortfalls.note(Shortfall::setid_bits, path.text(), EPERM);
        // A chown clears set-id bits, an ACL sets the group's bits: only an untouched file surely still has the mode it had.
        const bool untouched = now.st_uid == wanted.uid && now.st_gid == wanted.gid && wanted.xattrs.empty() &&
                               !task.inherited.acl && !task.was_there;
        if ((!untouched || (now.st_mode & 07777) != mode) && change_mode(task, mode) != 0) {
            if (is_fatal(errno)) return failed("set the mode of", path, errno);
            shortfalls.note(Shortfall::mode, path.text(), errno);
        }
    }
    return set_time(task, wanted.modified, path, shortfalls);
}

void set_flags(int descriptor, std::uint32_t wanted, const ShownPath& path, Shortfalls& shortfalls) {
    std::uint32_t flags = 0;
    if (::ioctl(descriptor, FS_IOC_GETFLAGS, &flags) != 0) {
        if ((wanted & kSettableFlags) != 0) shortfalls.note(Shortfall::flags, path.text(), errno);
        return;
    }
    const std::uint32_t target = (flags & ~kSettableFlags) | (wanted & kSettableFlags);
    if (target == flags || ::ioctl(descriptor, FS_IOC_SETFLAGS, &target) == 0) return;
    const int reason = errno;
    shortfalls.note(Shortfall::flags, path.text(), reason);
    // One flag that is refused must not cost the others.
    for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
        const std::uint32_t step = (flags & ~bit) | (target & bit);
        if (step != flags && ::ioctl(descriptor, FS_IOC_SETFLAGS, &step) == 0) flags = step;
    }
}

void set_early_flags(int descriptor, std::uint32_t wanted) {
    wanted &= FS_NOCOW_FL | FS_COMPR_FL;
    std::uint32_t flags = 0;
    if (wanted == 0 || ::ioctl(descriptor, FS_IOC_GETFLAGS, &flags) != 0) return;
    flags |= wanted;
    (void)::ioctl(descriptor, FS_IOC_SETFLAGS, &flags);  // refused here: set_flags() meets it again and notes it
}

bool clear_protection(int descriptor) {
    std::uint32_t flags = 0;
    if (::ioctl(descriptor, FS_IOC_GETFLAGS, &flags) != 0 || !protects(flags)) return false;
    flags &= ~static_cast<std::uint32_t>(FS_APPEND_FL | FS_IMMUTABLE_FL);
    return ::ioctl(descriptor, FS_IOC_SETFLAGS, &flags) == 0;
}

bool protects(std::uint32_t flags) { return (flags & (FS_APPEND_FL | FS_IMMUTABLE_FL)) != 0; }

AttributeComparison compare_attributes(int descriptor, const struct stat& status, EntryType type, const Attributes& wanted,
                                       const Powers& powers) {
    if (!same_time(status, wanted.modified, powers)) return {"time", false};
    if (powers.coarse_attributes) return {};
    const bool owner_settable = powers.privileged || (wanted.uid == powers.uid && wanted.gid == powers.gid);
    if (owner_settable && (status.st_uid != wanted.uid || status.st_gid != wanted.gid)) return {"owner", false};
    const mode_t compared = owner_settable ? 07777 : 01777;
    const bool lacks_access_list =
        find(wanted.xattrs, kAccessList) != nullptr && !Xattrs(descriptor, Access::path_only).value(kAccessList);
    const mode_t mode = lacks_access_list ? mode_without_acl(wanted) : wanted.mode;
    if (type != EntryType::symlink && (status.st_mode & compared) != (mode & compared)) return {"mode", false};
    return compare_xattrs(descriptor, wanted, powers);
}

void note_time(const struct stat& status, FileTime wanted, const ShownPath& path, Shortfalls& shortfalls) {
    if (to_file_time(status.st_mtim) != wanted) shortfalls.note(Shortfall::near_time, path.text(), ERANGE);
}

void note_large_attributes(const ShownPath& path, Shortfalls& shortfalls) {
    shortfalls.note(Shortfall::large_attributes, path.text(), ERANGE);
}

void note_unread(const ShownPath& path, Shortfalls& shortfalls) { shortfalls.note(Shortfall::unread, path.text(), EACCES); }

FlagComparison compare_flags(int descriptor, std::uint32_t wanted) {
    std::uint32_t flags = 0;
    wanted &= kSettableFlags;
    if (::ioctl(descriptor, FS_IOC_GETFLAGS, &flags) != 0) return FlagComparison::same;  // none here: none can be set
    flags &= kSettableFlags;
    if (flags == wanted) return FlagComparison::same;
    return (flags & ~wanted) == 0 ? FlagComparison::some_missing : FlagComparison::different;
}

}  // namespace custody
