#include "tests/support/scratch_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace custody::test {
namespace {

// Without this neither the thing itself nor anything in it can be unlinked.
void clear_flags(int fd) {
    int flags = 0;
    if (::ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0) return;
    const int cleared = flags & ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
    if (cleared != flags) (void)::ioctl(fd, FS_IOC_SETFLAGS, &cleared);
}

std::vector<std::string> names_in(int folder) {
    std::vector<std::string> names;
    DIR* stream = ::fdopendir(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (stream == nullptr) return names;
    while (const dirent* item = ::readdir(stream)) {
        const std::string name = item->d_name;
        if (name != "." && name != "..") names.push_back(name);
    }
    ::closedir(stream);
    return names;
}

void remove_below(int parent, const std::string& name) {
    struct stat status = {};
    if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (S_ISDIR(status.st_mode)) {
        if ((status.st_mode & 0700) != 0700) (void)::fchmodat(parent, name.c_str(), 0700, 0);
        const int folder = ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (folder < 0) return;
        clear_flags(folder);
        for (const std::string& child : names_in(folder)) remove_below(folder, child);
        ::close(folder);
        (void)::unlinkat(parent, name.c_str(), AT_REMOVEDIR);
        return;
    }
    if (::unlinkat(parent, name.c_str(), 0) == 0) return;
    const int file = ::openat(parent, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file >= 0) {
        clear_flags(file);
        ::close(file);
    }
    (void)::unlinkat(parent, name.c_str(), 0);
}

std::string environment_or(const char* variable, const std::string& otherwise) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

}  // namespace

ScratchFolder::ScratchFolder(const std::string& purpose) : ScratchFolder(environment_or("TMPDIR", "/tmp"), purpose) {}

ScratchFolder ScratchFolder::for_vaults(const std::string& purpose) {
    return {environment_or("CUSTODY_TEST_VAULT_ROOT", environment_or("TMPDIR", "/tmp")), purpose};
}

ScratchFolder::ScratchFolder(const std::string& base, const std::string& purpose) {
    std::string pattern = base + "/custody-" + purpose + "-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr || ::chmod(pattern.c_str(), 0755) != 0) {
        std::perror(pattern.c_str());
        std::abort();
    }
    path_ = pattern;
}

ScratchFolder::~ScratchFolder() { (void)remove_tree(path_); }

bool remove_tree(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == 0 ? "/" : path.substr(0, slash);
    const int parent = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) return false;
    remove_below(parent, path.substr(slash + 1));
    struct stat status = {};
    const bool gone = ::fstatat(parent, path.substr(slash + 1).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0;
    ::close(parent);
    return gone;
}

}  // namespace custody::test
