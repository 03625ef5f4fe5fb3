#include "restore/unfinished_folder.h"

#include "restore/proc_path.h"
#include "restore/target_folders.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <vector>

namespace custody {
namespace {

// ".custody-restore-unfinished-<inode>-<id of the snapshot>". No snapshot can hold a mark of its own restore.
constexpr std::string_view kMarkPrefix = ".custody-restore-unfinished-";

std::string beginning_of(const struct stat& folder) { return std::string(kMarkPrefix) + std::to_string(folder.st_ino) + "-"; }

}  // namespace

bool is_mark_name(const std::string& name) { return name.starts_with(kMarkPrefix); }

std::string mark_name(int folder, const std::string& snapshot) {
    struct stat status = {};
    return ::fstat(folder, &status) == 0 ? beginning_of(status) + snapshot : std::string();
}

int mark_unfinished(int folder, const std::string& snapshot) {
    const std::string name = mark_name(folder, snapshot);
    if (name.empty()) return errno;
    const Fd made(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    return made.valid() ? 0 : errno;
}

int make_unfinished_folder(int parent, const char* temporary, const char* name, mode_t mode, const std::string& snapshot) {
    if (::mkdirat(parent, temporary, mode) != 0) return errno;
    const Fd made(open_folder_beneath(parent, temporary, O_RDONLY));
    int reason = made.valid() ? mark_unfinished(made.get(), snapshot) : errno;
    if (reason == 0 && rename_exclusively(parent, temporary, name) == 0) return 0;
    if (reason == 0) reason = errno;
    remove_temporary_folder(parent, temporary);
    return reason;
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

bool is_mark_of(int folder, const std::string& name, bool coarse) {
    struct stat above = {}, mark = {};
    if (::fstat(folder, &above) != 0 || !name.starts_with(beginning_of(above))) return false;
    if (::fstatat(folder, name.c_str(), &mark, AT_SYMLINK_NOFOLLOW) != 0) return false;
    const bool is_own = coarse || (mark.st_uid == ::geteuid() && above.st_uid == ::geteuid());
    return is_own && S_ISREG(mark.st_mode) && mark.st_nlink == 1 && mark.st_size == 0;
}

}  // namespace custody
