#include "base/dangling_link.h"

#include <sys/stat.h>

#include <cerrno>

namespace custody {

bool leads_nowhere(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return false;
    return ::stat(path.c_str(), &status) != 0 && errno != EACCES;
}

}  // namespace custody
