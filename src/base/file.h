// The file system seam, for everything whose loss or damage matters: vaults, keyrings, kits, caches.
//
// Ownership: a FileSystem outlives the Files it opened. Threads: a FileSystem is safe from any thread; a File serves one
// thread at a time, except read_some, which is safe from many. Paths are absolute bytes. Units: bytes, POSIX modes.
// Errors: io, no_space, denied, read_only, exists, not_found, busy; messages name operation, path and reason.
// Durable: nothing until sync() of the file and sync_directory() of its folder have both returned. After a failed sync the
// file's content is unknown: it is never retried (PostgreSQL's "fsyncgate"); drop the file and fail the run.
//
// Implementations may transfer fewer bytes than asked and may return EINTR as Code::interrupted from *_some; the free
// functions below loop. tests/support/fault_file_system.h injects both.
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

struct FileInfo {
    bool is_directory = false;
    bool is_regular = false;
    std::uint64_t size = 0;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint32_t mode = 0;
    Time modified;
};

struct DirectoryItem {
    std::string name;
    bool is_directory = false;
};

class File {
public:
    virtual ~File() = default;  // closes; an unlocked close error is impossible to act on after sync
    // 0 bytes only at end of file.
    [[nodiscard]] virtual Result<std::size_t> read_some(std::uint64_t offset, MutableByteView into) = 0;
    [[nodiscard]] virtual Result<std::size_t> write_some(std::uint64_t offset, ByteView from) = 0;
    [[nodiscard]] virtual Status sync() = 0;
    [[nodiscard]] virtual Result<FileInfo> info() = 0;
    // OFD lock over the whole file, dropped with the File (and with the process). false: somebody else holds it.
    [[nodiscard]] virtual Result<bool> try_lock(bool exclusive) = 0;
};

class FileSystem {
public:
    virtual ~FileSystem() = default;
    [[nodiscard]] virtual Result<std::unique_ptr<File>> open(const std::string& path) = 0;           // for reading
    [[nodiscard]] virtual Result<std::unique_ptr<File>> open_writable(const std::string& path) = 0;  // existing; for locks
    // Exclusive creation: Code::exists when there is anything of that name.
    [[nodiscard]] virtual Result<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) = 0;
    [[nodiscard]] virtual Status rename(const std::string& from, const std::string& to) = 0;  // replaces
    // Never replaces: Code::exists. RENAME_NOREPLACE, else link+unlink, so that it is exclusive on every file system.
    [[nodiscard]] virtual Status rename_new(const std::string& from, const std::string& to) = 0;
    [[nodiscard]] virtual Status remove(const std::string& path) = 0;
    [[nodiscard]] virtual Status remove_directory(const std::string& path) = 0;
    [[nodiscard]] virtual Status make_directory(const std::string& path, std::uint32_t mode) = 0;  // exists is an error
    // The same two where root runs and the folder is another's: they are made with his rights and are his, so that what root adds
    // to a user's vault or keyring neither locks him out nor reaches where he could not write himself. denied: he may not, or
    // his symbolic link leads to what is not his. Not for what may be his to keep but not to read (exported keys).
    [[nodiscard]] virtual Result<std::unique_ptr<File>> create_as_owner(const std::string& path, std::uint32_t mode) {
        return create(path, mode);
    }
    [[nodiscard]] virtual Status make_directory_as_owner(const std::string& path, std::uint32_t mode) {
        return make_directory(path, mode);
    }
    [[nodiscard]] virtual Status sync_directory(const std::string& path) = 0;
    [[nodiscard]] virtual Result<FileInfo> info(const std::string& path) = 0;  // follows links
    // What the system remembers of this file's bytes is dropped, where it may be, so that the next reading comes from the medium:
    // damage there hides behind the page cache. What was not synced stays. Best effort; memory file systems have nothing else.
    virtual void forget_cached(const std::string& /*path*/) {}
    // Without "." and "..", unsorted.
    [[nodiscard]] virtual Result<std::vector<DirectoryItem>> list(const std::string& path) = 0;
};

// The real one; one instance for the life of the program.
[[nodiscard]] FileSystem& posix_file_system();

// Loops over short transfers and EINTR. read_exactly: Code::corrupt when the file ends before.
[[nodiscard]] Status read_exactly(File& file, std::uint64_t offset, MutableByteView into, std::string_view path);
[[nodiscard]] Result<std::size_t> read_up_to(File& file, std::uint64_t offset, MutableByteView into);
[[nodiscard]] Status write_all(File& file, std::uint64_t offset, ByteView from);
// The whole file; Code::corrupt when larger than max_size.
[[nodiscard]] Result<Bytes> read_file(FileSystem& files, const std::string& path, std::uint64_t max_size);
// What holds records and keys is for its owner alone.
inline constexpr std::uint32_t kPrivateFile = 0600, kPrivateFolder = 0700;
// Whose a new file or folder is where root runs: root's, or the owner's of the folder that it lies in (create_as_owner).
enum class Owner { self, folder };
// Atomic and durable: temporary name beside it, write, sync, rename, sync the folder. Replaces.
[[nodiscard]] Status replace_file(FileSystem& files, const std::string& path, ByteView content, std::uint32_t mode,
                                  Owner owner = Owner::self);
// mkdir -p; each created folder is durable.
[[nodiscard]] Status make_directories(FileSystem& files, const std::string& path, std::uint32_t mode, Owner owner = Owner::self);

[[nodiscard]] std::string join_path(std::string_view folder, std::string_view name);
[[nodiscard]] std::string parent_path(std::string_view path);  // "/a/b" -> "/a"; "/a" -> "/"
[[nodiscard]] std::string_view base_name(std::string_view path);
// The folder itself, or something below it, by their spelling; both absolute and clean.
[[nodiscard]] bool lies_in(std::string_view path, std::string_view folder);
// Absolute and clean (no ".", "..", doubled slashes); relative paths count from the working folder. The one place where what a
// user typed is made so. ".." means what the kernel takes it for: behind a link, the folder above where that leads; so what
// stands before it must exist. All else keeps its spelling and is not looked at. Errors: usage (empty), those of looking and
// following.
[[nodiscard]] Result<std::string> absolute_path(std::string_view path);
// The reason of an errno, in the words of the chosen language.
[[nodiscard]] std::string reason_of(int error_number);
// An Error from errno: "cannot <operation> <path>: <reason>" with the fitting Code.
[[nodiscard]] Error system_error(int error_number, std::string_view operation, std::string_view path);

// An owned file descriptor for code below the seam (sources, restore targets, devices).
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd();
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }
    void reset();
    // The number, no longer owned.
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

}  // namespace custody
