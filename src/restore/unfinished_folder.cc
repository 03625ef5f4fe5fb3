#include "restore/unfinished_folder.h"

#include "restore/protection.h"
#include "restore/target_folders.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

namespace custody {
namespace {

// ".custody-restore-unfinished-<inode>-<id of the snapshot>". No snapshot can hold a mark of its own restore.
constexpr std::string_view kMarkPrefix = ".custody-restore-unfinished-";

std::string beginning_of(const struct stat& folder) { return std::string(kMarkPrefix) + std::to_string(folder.st_ino) + "-"; }

// Takes away what its mode grants beyond `mode`. Where modes are the mount's they stay what they are.
void close_beyond(int folder, mode_t now, mode_t mode) {
    const mode_t wanted = now & 07777 & (mode | S_ISGID);
    if (wanted != (now & 07777)) (void)::fchmod(folder, wanted);
}

// What it is known by, as its file system tells it now: there are some that number it by its path.
bool is_identified(MadeFolder& made) {
    struct stat status = {};
    if (!made.folder.valid() || ::fstat(made.folder.get(), &status) != 0) return false;
    made.device = status.st_dev;
    made.inode = status.st_ino;
    return true;
}

bool is_in_place(int parent, const char* name, MadeFolder& made) {
    struct stat status = {};
    return is_identified(made) && ::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_dev == made.device &&
           status.st_ino == made.inode;
}

Fd new_mark(int folder, const std::string& name) {
    return Fd(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
}

enum class Mark { stays, goes };

// Whether the open folder is the one just made: empty, and of the user whom a file belongs to that we make in it. Who that is, is
// for mounts and servers to say (FAT, a squashed root). 0, or the errno.
int recognise(MadeFolder& made, mode_t mode, const std::string& snapshot, Mark mark) {
    struct stat status = {}, marked = {};
    const int folder = made.folder.get();
    if (::fstat(folder, &status) != 0) return errno;
    if (const int reason = check_empty(folder); reason != 0) return reason == ENOTEMPTY ? ESTALE : reason;
    if (mark == Mark::stays || status.st_uid != ::geteuid()) {
        std::string name = beginning_of(status) + snapshot;
        Fd file = new_mark(folder, name);
        if (!file.valid()) return errno;
        const int reason = ::fstat(file.get(), &marked) != 0 ? errno : marked.st_uid != status.st_uid ? ESTALE : 0;
        file.reset();  // NFS and drivers in user space keep what is open under another name, in a folder that is to be empty
        if ((reason != 0 || mark == Mark::goes) && ::unlinkat(folder, name.c_str(), 0) != 0 && reason == 0) return errno;
        if (reason != 0) return reason;
        if (mark == Mark::stays) made.mark = std::move(name);
    }
    close_beyond(folder, status.st_mode, mode);
    return 0;
}

MadeFolder make_here(int parent, const char* name, mode_t mode, const std::string& snapshot, Mark mark) {
    MadeFolder made;
    if (::mkdirat(parent, name, mode) != 0) {
        made.reason = errno;
        return made;
    }
    made.folder = Fd(open_folder_beneath(parent, name, O_RDONLY));
    made.reason = made.folder.valid() ? recognise(made, mode, snapshot, mark) : errno;
    const bool is_gone = made.reason == ENOENT || made.reason == ENOTDIR || made.reason == ELOOP;
    if (is_gone || (made.reason == 0 && !is_identified(made))) made.reason = ESTALE;
    if (made.reason != 0 && made.reason != ESTALE && is_in_place(parent, name, made)) remove_temporary_folder(parent, name);
    return made;
}

}  // namespace

bool is_mark_name(const std::string& name) { return name.starts_with(kMarkPrefix); }

std::string mark_name(int folder, const std::string& snapshot) {
    struct stat status = {};
    return ::fstat(folder, &status) == 0 ? beginning_of(status) + snapshot : std::string();
}

int mark_unfinished(int folder, const std::string& snapshot) {
    const std::string name = mark_name(folder, snapshot);
    return name.empty() || !new_mark(folder, name).valid() ? errno : 0;
}

MadeFolder make_unfinished_folder(int parent, const char* temporary, const char* name, mode_t mode, const std::string& snapshot) {
    if (is_protected(parent, ".")) return make_here(parent, name, mode, snapshot, Mark::stays);
    MadeFolder made = make_here(parent, temporary, mode, snapshot, Mark::stays);
    if (made.reason != 0) return made;
    if (rename_exclusively(parent, temporary, name) == 0) {
        if (!is_in_place(parent, name, made)) made.reason = ESTALE;
        return made;
    }
    made.reason = errno;
    if (is_in_place(parent, temporary, made)) remove_temporary_folder(parent, temporary);
    // Something else that takes new names and lets none go.
    return made.reason == EPERM ? make_here(parent, name, mode, snapshot, Mark::stays) : std::move(made);
}

MadeFolder make_plain_folder(int parent, const char* name, mode_t mode, const std::string& snapshot) {
    return make_here(parent, name, mode, snapshot, Mark::goes);
}

void remove_temporary_folder(int parent, const char* name) {
    Fd folder(open_folder_beneath(parent, name, O_RDONLY));
    DIR* const stream = folder.valid() ? ::fdopendir(folder.get()) : nullptr;
    if (stream == nullptr) return;
    std::vector<std::string> marks;
    while (const dirent* item = ::readdir(stream)) {
        if (is_mark_name(item->d_name)) marks.emplace_back(item->d_name);
    }
    for (const std::string& mark : marks) (void)::unlinkat(::dirfd(stream), mark.c_str(), 0);
    (void)folder.release();  // closedir() closes it
    ::closedir(stream);
    (void)::unlinkat(parent, name, AT_REMOVEDIR);
}

bool takes_marks(int folder) {
    struct stat status = {};
    const bool is_known = ::fstat(folder, &status) == 0;
    return is_known && (status.st_uid == ::geteuid() || status.st_uid == 0) && !is_protected(folder, ".");
}

MarkKind kind_of_mark(int folder, int place, const std::string& name, const MarkSigns& signs) {
    struct stat above = {}, mark = {};
    if (!is_mark_name(name) || ::fstat(folder, &above) != 0) return MarkKind::none;
    const bool is_renumbered = signs.coarse && name.ends_with("-" + signs.snapshot);
    if (!is_renumbered && !name.starts_with(beginning_of(above))) return MarkKind::none;
    if (::fstatat(place, name.c_str(), &mark, AT_SYMLINK_NOFOLLOW) != 0) return MarkKind::none;
    const uid_t user = ::geteuid();
    const bool is_own = signs.coarse || mark.st_uid == user;
    if (!is_own || !S_ISREG(mark.st_mode) || mark.st_nlink != 1 || mark.st_size != 0) return MarkKind::none;
    const bool is_given = user == 0 && signs.owner == above.st_uid;
    return signs.coarse || above.st_uid == user || is_given ? MarkKind::counts : MarkKind::stray;
}

}  // namespace custody
