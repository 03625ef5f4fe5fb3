// The real file system. What differs between Linux file systems is dealt with here, so that nobody above needs to know:
//  - exclusive naming (rename_new): see publish_exclusively();
//  - folders that cannot be synced: some FUSE file systems answer EINVAL, which counts as done, as there is nothing to do;
//  - locks are OFD locks (fcntl F_OFD_SETLK): they belong to the open file, not to the process, and go with it.
#include "base/file.h"
#include "base/file_time.h"
#include "base/folder_owner.h"
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
#include <optional>

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

// A name for the *at calls: within an open folder, or the path from anywhere.
struct Name {
    const OpenFolder* folder = nullptr;
    std::string path;
    [[nodiscard]] int at() const { return folder == nullptr ? AT_FDCWD : folder->fd.get(); }
    [[nodiscard]] std::string text() const { return folder == nullptr ? path : std::string(base_name(path)); }
};

// For file systems with neither RENAME_NOREPLACE nor hard links (exFAT through FUSE): a flock on the target's folder, which
// the kernel keeps itself, makes look-then-rename exclusive between all processes of this machine that go through here. A
// crash leaves either the old or the new name, never an empty placeholder. Two machines on one medium are not kept apart,
// which a local vault does not promise anyway (one machine serves it).
Status rename_new_under_folder_lock(const Name& from, const Name& to) {
    const std::string folder = parent_path(to.path);
    const std::string opened = to.folder == nullptr ? folder : ".";
    const Fd lock(openat(to.at(), opened.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock.valid()) return system_error(errno, "open", folder);
    while (flock(lock.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return system_error(errno, "lock", folder);
    }
    struct stat found {};
    if (fstatat(to.at(), to.text().c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) return system_error(EEXIST, "name", to.path);
    if (errno != ENOENT) return system_error(errno, "look at", to.path);
    if (renameat(from.at(), from.text().c_str(), to.at(), to.text().c_str()) != 0) return system_error(errno, "name", to.path);
    return done();
}

// RENAME_NOREPLACE where the file system knows it; else link and unlink, where the link is the exclusive step and a crash
// between leaves the old name too (a temporary file that prune removes); else the folder lock above.
Status publish_exclusively(const Name& from, const Name& to) {
    const std::string old_name = from.text(), new_name = to.text();
    if (renameat2(from.at(), old_name.c_str(), to.at(), new_name.c_str(), RENAME_NOREPLACE) == 0) return done();
    if (!means_not_supported(errno)) return system_error(errno, "name", to.path);
    if (linkat(from.at(), old_name.c_str(), to.at(), new_name.c_str(), 0) == 0) {
        if (unlinkat(from.at(), old_name.c_str(), 0) != 0) return system_error(errno, "remove", from.path);
        return done();
    }
    // EPERM is how link() says that a file system has no hard links.
    if (!means_not_supported(errno) && errno != EPERM) return system_error(errno, "name", to.path);
    return rename_new_under_folder_lock(from, to);
}

Status replace_name(const Name& from, const Name& to) {
    if (renameat(from.at(), from.text().c_str(), to.at(), to.text().c_str()) == 0) return done();
    return system_error(errno, "name", to.path);
}

// What lies in a user's folder may be his, and he can lay a link to root's in the way of where it comes from or goes to: root
// gives names only where they were meant to be, also when a path leads elsewhere by then.
template <class Give>
Status give_name(const std::string& from, const std::string& to, const Give& give) {
    if (geteuid() != 0) return give(Name{nullptr, from}, Name{nullptr, to});
    if (parent_path(from) == parent_path(to)) {
        TRY_ASSIGN(const OpenFolder folder, open_folder_of_anybody(from));
        return give(Name{&folder, from}, Name{&folder, to});
    }
    TRY_ASSIGN(const OpenFolder source, open_folder_of(from));
    TRY_ASSIGN(const OpenFolder target, open_folder_of(to));
    return give(Name{&source, from}, Name{&target, to});
}

Status take_name(const std::string& path, int flags) {
    Name name{nullptr, path};
    std::optional<OpenFolder> folder;
    if (geteuid() == 0) {
        TRY_ASSIGN(folder, open_folder_of(path));
        name.folder = &*folder;
    }
    if (unlinkat(name.at(), name.text().c_str(), flags) != 0) return system_error(errno, "remove", path);
    return done();
}

class PosixFileSystem final : public FileSystem {
public:
    Result<std::unique_ptr<File>> open(const std::string& path) override { return open_existing(path, O_RDONLY); }
    Result<std::unique_ptr<File>> open_writable(const std::string& path) override { return open_existing(path, O_RDWR); }

    Result<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override {
        TRY_ASSIGN(Fd fd, open_fd(path, O_RDWR | O_CREAT | O_EXCL, mode, "create"));
        return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd), path));
    }

    Result<std::unique_ptr<File>> create_as_owner(const std::string& path, std::uint32_t mode) override {
        if (geteuid() != 0) return create(path, mode);
        TRY_ASSIGN(Fd fd, create_as_owner_of_folder(path, mode));
        return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(fd), path));
    }

    Status rename(const std::string& from, const std::string& to) override { return give_name(from, to, replace_name); }
    Status rename_new(const std::string& from, const std::string& to) override {
        return give_name(from, to, publish_exclusively);
    }
    Status remove(const std::string& path) override { return take_name(path, 0); }
    Status remove_directory(const std::string& path) override { return take_name(path, AT_REMOVEDIR); }

    Status make_directory(const std::string& path, std::uint32_t mode) override {
        if (mkdir(path.c_str(), static_cast<mode_t>(mode)) != 0) return system_error(errno, "create", path);
        return done();
    }

    Status make_directory_as_owner(const std::string& path, std::uint32_t mode) override {
        return geteuid() == 0 ? make_directory_as_owner_of_folder(path, mode) : make_directory(path, mode);
    }

    // By inode: whoever has the file open reads it anew as well.
    void forget_cached(const std::string& path) override {
        const auto fd = open_fd(path, O_RDONLY | O_NONBLOCK, 0, "open");
        if (fd.ok()) (void)::posix_fadvise(fd->get(), 0, 0, POSIX_FADV_DONTNEED);
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
