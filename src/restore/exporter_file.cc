#include "restore/exporter_file.h"

#include "base/text.h"
#include "restore/leftovers.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace custody {

Result<NewArchive> NewArchive::create(const std::string& path) {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) == 0) {
        return Error{Code::exists, say("{} is there already: name another file", printable(path))};
    }
    remove_leftovers_beside(path);
    NewArchive made;
    made.path_ = path;
    made.folder_ = parent_path(path);
    const std::string temporary = temporary_beside(path);
    made.descriptor_ = Fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!made.descriptor_.valid()) return system_error(errno, "make the file", path);
    hold_temporary(made.descriptor_.get());
    made.temporary_ = temporary;
    return made;
}

NewArchive::NewArchive(NewArchive&& other) noexcept
    : path_(std::move(other.path_)),
      folder_(std::move(other.folder_)),
      temporary_(std::exchange(other.temporary_, {})),
      descriptor_(std::move(other.descriptor_)) {}

NewArchive::~NewArchive() {
    if (!temporary_.empty()) (void)::unlink(temporary_.c_str());
}

Status NewArchive::begin_again() {
    if (::ftruncate(descriptor_.get(), 0) != 0 || ::lseek(descriptor_.get(), 0, SEEK_SET) != 0) {
        return system_error(errno, "write", path_);
    }
    return done();
}

Status NewArchive::finish() {
    if (::fsync(descriptor_.get()) != 0) return system_error(errno, "sync", path_);
    // A hard link is exclusive on every file system that has links; the others take a rename.
    if (::link(temporary_.c_str(), path_.c_str()) == 0) {
        (void)::unlink(temporary_.c_str());
    } else if (errno == EEXIST || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
        return system_error(errno, "name", path_);
    }
    temporary_.clear();
    const Fd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.valid() || ::fsync(folder.get()) != 0) return system_error(errno, "sync the folder of", path_);
    return done();
}

}  // namespace custody
