#include "vault/sources/second_reading.h"

#include "base/text.h"
#include "vault/sources/local_folder.h"
#include "vault/sources/local_item.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace custody {
namespace {

constexpr std::uint64_t kLargestFolio = 2 * 1024 * 1024;  // the system forgets whole folios only

class SecondContent final : public FileContent {
public:
    SecondContent(Fd folder, std::string name, Fd fd, const struct stat& opened, std::string path)
        : folder_(std::move(folder)), name_(std::move(name)), fd_(std::move(fd)), opened_(opened), path_(std::move(path)) {}

    [[nodiscard]] std::uint64_t size() const override { return static_cast<std::uint64_t>(opened_.st_size); }
    [[nodiscard]] const std::vector<Hole>& holes() const override { return none_; }
    [[nodiscard]] Result<std::size_t> read(MutableByteView into) override {
        TRY_ASSIGN(const std::size_t got, read_at(at_, into));
        at_ += got;
        return got;
    }
    [[nodiscard]] Result<bool> changed_since_open() override {
        struct stat now {};
        if (::fstat(fd_.get(), &now) != 0) return system_error(errno, "look at", path_);
        if (stamp_of(now) != stamp_of(opened_)) return true;
        if (::fstatat(folder_.get(), name_.c_str(), &now, AT_SYMLINK_NOFOLLOW) != 0) return true;
        return now.st_ino != opened_.st_ino || now.st_dev != opened_.st_dev;
    }
    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableByteView into) override {
        return read_from_disk(fd_.get(), offset, into, path_);
    }
    [[nodiscard]] std::string unseen_writer(bool settled) override { return unseen_writer_of_file(fd_.get(), settled); }

private:
    Fd folder_;
    std::string name_;
    Fd fd_;
    struct stat opened_;
    std::string path_;
    std::vector<Hole> none_;  // read as the zeros that they are
    std::uint64_t at_ = 0;
};

Error gone(const std::string& path) { return {Code::not_found, say("{} is not what was read any more", printable(path))}; }

}  // namespace

Result<OpenedItem> open_file_again(Fd folder, const std::string& name, const std::string& path) {
    if (!folder.valid()) return gone(path);
    Fd fd(open_quietly(folder.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW));
    if (!fd.valid() && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR || errno == ENXIO)) return gone(path);
    if (!fd.valid()) return system_error(errno, "read", path);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return system_error(errno, "look at", path);
    if (!S_ISREG(status.st_mode)) return gone(path);
    OpenedItem opened;
    opened.stamp = stamp_of(status);
    opened.entry.name = name;
    if (!is_kernel_made(fd.get()))
        opened.content = std::make_unique<SecondContent>(std::move(folder), name, std::move(fd), status, path);
    return opened;
}

Result<std::size_t> read_from_disk(int fd, std::uint64_t offset, MutableByteView into, const std::string& path) {
    const std::uint64_t begin = offset / kLargestFolio * kLargestFolio;
    const std::uint64_t end = (offset + into.size() + kLargestFolio - 1) / kLargestFolio * kLargestFolio;
    // What is dirty or mapped stays: the disk does not have it yet, or a program holds it.
    (void)::posix_fadvise(fd, static_cast<off_t>(begin), static_cast<off_t>(end - begin), POSIX_FADV_DONTNEED);
    std::size_t filled = 0;
    while (filled < into.size()) {
        const ssize_t got = ::pread(fd, into.data() + filled, into.size() - filled, static_cast<off_t>(offset + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error(errno, "read", path);
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    return filled;
}

// A lease to read is not given while anybody has the file open, or mapped, for writing. It is given back at once; whoever opens
// the file to write between the two is not held up for longer, and the signal that this sends is one that processes ignore.
std::string unseen_writer_of_file(int fd, bool settled) {
    if (!settled) return say("its times do not tell whether somebody wrote to it since");
    (void)::fcntl(fd, F_SETSIG, SIGURG);
    if (::fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
        (void)::fcntl(fd, F_SETLEASE, F_UNLCK);
        return {};
    }
    if (errno == EAGAIN) return say("a program has it open for writing");
    return {};  // no leases here, or not for this user: its times have to do
}

}  // namespace custody
