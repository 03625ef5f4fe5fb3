#include "vault/sources/scratch_area.h"

#include "base/crypto.h"
#include "base/ids.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace custody {
namespace {

constexpr std::string_view kPrefix = "scratch-";
constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
using ScratchId = Id<8, struct ScratchTag>;

std::vector<std::string> names_in(int folder) {
    std::vector<std::string> names;
    Fd fd(::openat(folder, ".", kFolder));
    const std::unique_ptr<DIR, int (*)(DIR*)> list(fd.valid() ? ::fdopendir(fd.get()) : nullptr, ::closedir);
    if (!list) return names;
    (void)fd.release();  // closedir() closes it
    while (const dirent* item = ::readdir(list.get())) {
        const std::string_view name = item->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    return names;
}

void empty(int folder) {
    for (const std::string& name : names_in(folder)) (void)::unlinkat(folder, name.c_str(), 0);
}

// Whoever lives holds the lock of his folder.
void remove_leftovers(int base) {
    for (const std::string& name : names_in(base)) {
        if (!name.starts_with(kPrefix)) continue;
        const Fd folder(::openat(base, name.c_str(), kFolder));
        if (!folder.valid() || ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) continue;
        empty(folder.get());
        (void)::unlinkat(base, name.c_str(), AT_REMOVEDIR);
    }
}

Status check_base(int base, const std::string& path) {
    struct stat status {};
    if (::fstat(base, &status) != 0) return system_error(errno, "look at", path);
    if (status.st_uid == ::geteuid() && (status.st_mode & 0022) == 0) return done();
    return Error{Code::refused,
                 say("{} is not used for temporary copies: it must belong to this user alone, and nobody else may write "
                     "to it",
                     printable(path))};
}

}  // namespace

Result<ScratchArea> ScratchArea::make(const std::string& base_path) {
    TRY(make_directories(posix_file_system(), base_path, 0700));
    const Fd base(::open(base_path.c_str(), kFolder));
    if (!base.valid()) return system_error(errno, "open", base_path);
    TRY(check_base(base.get(), base_path));
    // Alone between making a folder and locking it, so that nobody takes it for a leftover.
    if (::flock(base.get(), LOCK_EX) != 0) return system_error(errno, "lock", base_path);
    remove_leftovers(base.get());
    const std::string name = std::string(kPrefix) + random_id<ScratchId>().hex(), path = join_path(base_path, name);
    if (::mkdirat(base.get(), name.c_str(), 0700) != 0) return system_error(errno, "create", path);
    Fd folder(::openat(base.get(), name.c_str(), kFolder));
    if (!folder.valid()) return system_error(errno, "open", path);
    if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) return system_error(errno, "lock", path);
    return ScratchArea(path, std::move(folder));
}

ScratchArea::~ScratchArea() {
    if (!folder_.valid()) return;
    empty(folder_.get());
    (void)::rmdir(path_.c_str());
}

}  // namespace custody
