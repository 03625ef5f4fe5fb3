// The real file system. What differs between Linux file systems is dealt with here, so that nobody above needs to know:
//  - exclusive naming (rename_new): see publish_exclusively();
//  - folders that cannot be synced: some FUSE file systems answer EINVAL, which counts as done, as there is nothing to do;
//  - locks are OFD locks (fcntl F_OFD_SETLK): they belong to the open file, not to the process, and go with it.
#include "base/file.h"
#include "base/file_time.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace custody {
namespace {

constexpr std::size_t kMaxTransfer = std::size_t{1024} * 1024 * 1024;  // Linux transfers a little less than 2 GiB at once

FileInfo to_info(const struct stat& from) {
    FileInfo info;
    info.is_directory = S_ISDIR(from.st_mode);
    info.is_regular = S_ISREG(from.st_mode);
    info.size = static_cast<std::uint64_t>(from.st_size);
    info.device = from.st_dev;
    info.inode = from.st_ino;
    info.mode = from.st_mode & 07777;
    info.modified = nearest_time(to_file_time(from.st_mtim));
    return info;
}

// What file systems without owners, and names that this user namespace does not know, answer: then there is nothing to give.
bool has_no_owners(int error_number) { return error_number == EINVAL || error_number == ENOSYS || error_number == EOPNOTSUPP; }

// `fd` was just made here: nobody else can have put another file in its place.
Status give_to_owner_of(const std::string& folder, int fd, const std::string& path) {
    if (geteuid() != 0) return done();
    struct stat owner {
    }, mine{};
    if (stat(folder.c_str(), &owner) != 0) return system_error(errno, "look at", folder);
    if (fstat(fd, &mine) != 0) return system_error(errno, "look at", path);
    if (mine.st_uid == owner.st_uid && mine.st_gid == owner.st_gid) return done();
    if (fchown(fd, owner.st_uid, owner.st_gid) == 0 || has_no_owners(errno)) return done();
    Error error = system_error(errno, "change", path);
    error.message =
        say("{} belongs to another user (number {}), and what root writes in it cannot be given to him: {}; run this "
            "as that user",
            printable(folder), owner.st_uid, reason_of(errno));
    return error;
}

class PosixFile final : public File {
public:
    PosixFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    Result<std::size_t> read_some(std::uint64_t offset, MutableByteView into) override {
        const ssize_t count = pread(fd_.get(), into.data(), std::min(into.size(), kMaxTransfer), static_cast<off_t>(offset));
        if (count < 0) return system_error(errno, "read", path_);
        return static_cast<std::size_t>(count);
    }

    Result<std::size_t> write_some(std::uint64_t offset, ByteView from) override {
        const ssize_t count = pwrite(fd_.get(), from.data(), std::min(from.size(), kMaxTransfer), static_cast<off_t>(offset));
        if (count < 0) return system_error(errno, "write", path_);
        return static_cast<std::size_t>(count);
    }

    Status sync() override {
        if (fsync(fd_.get()) != 0) return system_error(errno, "sync", path_);
        return done();
    }

    Result<FileInfo> info() override {
        struct stat found {};
        if (fstat(fd_.get(), &found) != 0) return system_error(errno, "look at", path_);
        return to_info(found);
    }

    Result<bool> try_lock(bool exclusive) override {
        struct flock lock {};
        lock.l_type = static_cast<short>(exclusive ? F_WRLCK : F_RDLCK);
        lock.l_whence = SEEK_SET;
        while (fcntl(fd_.get(), F_OFD_SETLK, &lock) != 0) {
            if (errno == EAGAIN || errno == EACCES) return false;
            if (errno != EINTR) return system_error(errno, "lock", path_);
        }
        return true;
    }

    Status own_as_folder() override { return give_to_owner_of(parent_path(path_), fd_.get(), path_); }

private:
    Fd fd_;
    std::string path_;
};

Result<Fd> open_fd(const std::string& path, int flags, std::uint32_t mode, std::string_view operation) {
    for (;;) {
        const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, static_cast<mode_t>(mode));
        if (fd >= 0) return Fd(fd);
        if (errno != EINTR) return system_error(errno, operation, path);
    }
}

// O_NONBLOCK only keeps the open itself from waiting when a FIFO lies where a file should be.
Result<std::unique_ptr<File>> open_existing(const std::string& path, int flags) {
    TRY_ASSIGN(Fd fd, open_fd(path, flags | O_NONBLOCK, 0, "open"));
    std::unique_ptr<File> file = std::make_unique<PosixFile>(std::move(fd), path);
    TRY_ASSIGN(const FileInfo info, file->info());
    if (!info.is_regular) return Error{Code::io, say("cannot open {}: it is not a regular file", printable(path))};
    return file;
}

bool means_not_supported(int error_number) {
    return error_number == EINVAL || error_number == ENOSYS || error_number == EOPNOTSUPP;
}

// For file systems with neither RENAME_NOREPLACE nor hard links (exFAT through FUSE): a flock on the target's folder, which
// the kernel keeps itself, makes look-then-rename exclusive between all processes of this machine that go through here. A
// crash leaves either the old or the new name, never an empty placeholder. Two machines on one medium are not kept apart,
// which a local vault does not promise anyway (one machine serves it).
Status rename_new_under_folder_lock(const std::string& from, const std::string& to) {
    const std::string folder = parent_path(to);
    TRY_ASSIGN(const Fd lock, open_fd(folder, O_RDONLY | O_DIRECTORY, 0, "open"));
    while (flock(lock.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return system_error(errno, "lock", folder);
    }
    struct stat found {};
    if (lstat(to.c_str(), &found) == 0) return system_error(EEXIST, "name", to);
    if (errno != ENOENT) return system_error(errno, "look at", to);
    if (::rename(from.c_str(), to.c_str()) != 0) return system_error(errno, "name", to);
    return done();
}

// RENAME_NOREPLACE where the file system knows it; else link and unlink, where the link is the exclusive step and a crash
// between leaves the old name too (a temporary file that prune removes); else the folder lock above.
Status publish_exclusively(const std::string& from, const std::string& to) {
    if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return done();
    if (!means_not_supported(errno)) return system_error(errno, "name", to);
    if (link(from.c_str(), to.c_str()) == 0) {
        if (unlink(from.c_str()) != 0) return system_error(errno, "remove", from);
        return done();
    }
    // EPERM is how link() says that a file system has no hard links.
    if (!means_not_supported(errno) && errno != EPERM) return system_error(errno, "name", to);
    return rename_new_under_folder_lock(from, to);
}

class PosixFileSystem final : public FileSystem {
public:
    Result<std::unique_ptr<File>> open(const std::string& path) override { return open_existing(path, O_RDONLY); }
    Result<std::unique_ptr<File>> open_writable(const std::string& path) override { return open_existing(path, O_RDWR); }

    Result<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override {
        TRY_ASSIGN(Fd fd, open_fd(path, O_RDWR | O_CREAT | O_EXCL, mode, "create"));
        return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd), path));
    }

    Status rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0) return system_error(errno, "name", to);
        return done();
    }

    Status rename_new(const std::string& from, const std::string& to) override { return publish_exclusively(from, to); }

    Status remove(const std::string& path) override {
        if (unlink(path.c_str()) != 0) return system_error(errno, "remove", path);
        return done();
    }

    Status remove_directory(const std::string& path) override {
        if (rmdir(path.c_str()) != 0) return system_error(errno, "remove", path);
        return done();
    }

    Status make_directory(const std::string& path, std::uint32_t mode) override {
        if (mkdir(path.c_str(), static_cast<mode_t>(mode)) != 0) return system_error(errno, "create", path);
        return done();
    }

    Status own_as_parent(const std::string& directory) override {
        if (geteuid() != 0) return done();
        TRY_ASSIGN(const Fd fd, open_fd(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, "open"));
        struct stat made {};
        if (fstat(fd.get(), &made) != 0) return system_error(errno, "look at", directory);
        // Whoever owns the folder above may have put one of his own there meanwhile: that is his already.
        return made.st_uid == 0 ? give_to_owner_of(parent_path(directory), fd.get(), directory) : done();
    }

    Status sync_directory(const std::string& path) override {
        TRY_ASSIGN(const Fd fd, open_fd(path, O_RDONLY | O_DIRECTORY, 0, "open"));
        if (fsync(fd.get()) != 0 && errno != EINVAL) return system_error(errno, "sync", path);
        return done();
    }

    Result<FileInfo> info(const std::string& path) override {
        struct stat found {};
        if (stat(path.c_str(), &found) != 0) return system_error(errno, "look at", path);
        return to_info(found);
    }

    Result<std::vector<DirectoryItem>> list(const std::string& path) override {
        const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), &closedir);
        if (!folder) return system_error(errno, "list", path);
        std::vector<DirectoryItem> items;
        for (;;) {
            errno = 0;
            const dirent* entry = readdir(folder.get());
            if (entry == nullptr) break;
            const std::string_view name = entry->d_name;
            if (name == "." || name == "..") continue;
            items.push_back({std::string(name), is_directory(dirfd(folder.get()), *entry)});
        }
        if (errno != 0) return system_error(errno, "list", path);
        return items;
    }

private:
    static bool is_directory(int folder, const dirent& entry) {
        if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
        struct stat found {};
        return fstatat(folder, entry.d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
    }
};

}  // namespace

FileSystem& posix_file_system() {
    static PosixFileSystem files;
    return files;
}

}  // namespace custody
