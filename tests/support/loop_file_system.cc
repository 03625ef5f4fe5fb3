#include "tests/support/loop_file_system.h"

#include "tests/support/scratch_folder.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>

namespace custody::test {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

struct Recipe {
    std::vector<std::string> make;   // followed by the device
    std::vector<std::string> mount;  // followed by device and mount point
    std::uint64_t least_size;
};

const std::map<std::string, Recipe>& recipes() {
    static const std::map<std::string, Recipe> all = {
        {"ext4", {{"mkfs.ext4", "-q", "-F"}, {"mount", "-t", "ext4"}, 16 * kMiB}},
        {"btrfs", {{"mkfs.btrfs", "-q", "-f"}, {"mount", "-t", "btrfs"}, 128 * kMiB}},
        {"xfs", {{"mkfs.xfs", "-q", "-f"}, {"mount", "-t", "xfs"}, 320 * kMiB}},
        {"ntfs-3g", {{"mkntfs", "-q", "-F", "-Q"}, {"ntfs-3g"}, 32 * kMiB}},
        {"exfat-fuse", {{"mkfs.exfat"}, {"mount.exfat-fuse"}, 32 * kMiB}},
    };
    return all;
}

std::string new_folder() {
    char pattern[] = "/tmp/custody-loop-XXXXXX";
    return ::mkdtemp(pattern) == nullptr ? std::string() : std::string(pattern);
}

std::string last_line(const std::string& text) {
    const std::size_t end = text.find_last_not_of(" \n");
    if (end == std::string::npos) return {};
    const std::size_t begin = text.rfind('\n', end);
    return text.substr(begin == std::string::npos ? 0 : begin + 1, end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

bool make_image(const std::string& path, std::uint64_t bytes) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool made = fd >= 0 && ::ftruncate(fd, static_cast<off_t>(bytes)) == 0;
    if (fd >= 0) ::close(fd);
    return made;
}

bool attach(const std::string& image, std::string& device, std::string& why_not) {
    std::string output;
    if (!run_program({"losetup", "--find", "--show", image}, output)) {
        why_not = "no loop device: " + last_line(output);
        return false;
    }
    device = last_line(output);
    return true;
}

void detach(const std::string& device) {
    std::string output;
    if (!device.empty()) static_cast<void>(run_program({"losetup", "--detach", device}, output));
}

class SparseFile {
public:
    SparseFile(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
    ~SparseFile() {
        if (fd_ >= 0) ::close(fd_);
    }
    SparseFile(const SparseFile&) = delete;
    SparseFile& operator=(const SparseFile&) = delete;

    // False when reading or writing failed. Holes stay holes.
    [[nodiscard]] bool take(const SparseFile& from) const {
        const auto write = [&](off_t at, const std::string& piece) {
            return ::pwrite(fd_, piece.data(), piece.size(), at) == static_cast<ssize_t>(piece.size());
        };
        return ::ftruncate(fd_, from.size()) == 0 && from.each_piece(write);
    }
    // Where `other` has data, both hold the same.
    [[nodiscard]] bool same_in_data_of(const SparseFile& other) const {
        std::string mine;
        return other.each_piece([&](off_t at, const std::string& piece) {
            mine.resize(piece.size());
            return ::pread(fd_, mine.data(), mine.size(), at) == static_cast<ssize_t>(piece.size()) && mine == piece;
        });
    }

private:
    [[nodiscard]] off_t size() const { return ::lseek(fd_, 0, SEEK_END); }
    template <class Use>
    [[nodiscard]] bool each_piece(const Use& use) const {
        std::string piece;
        const off_t end = size();
        for (off_t at = ::lseek(fd_, 0, SEEK_DATA); at >= 0 && at < end; at = ::lseek(fd_, at, SEEK_DATA)) {
            const off_t hole = ::lseek(fd_, at, SEEK_HOLE);
            while (at < hole) {
                piece.resize(static_cast<std::size_t>(std::min<off_t>(hole - at, 1 << 20)));
                if (::pread(fd_, piece.data(), piece.size(), at) != static_cast<ssize_t>(piece.size())) return false;
                if (!use(at, piece)) return false;
                at += static_cast<off_t>(piece.size());
            }
        }
        return end >= 0;
    }
    int fd_;
};

std::vector<std::string> with(std::vector<std::string> arguments, std::initializer_list<std::string> more) {
    arguments.insert(arguments.end(), more);
    return arguments;
}

}  // namespace

bool run_program(const std::vector<std::string>& arguments, std::string& output) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        ::dup2(ends[1], STDERR_FILENO);
        std::vector<char*> raw;
        for (const auto& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
        raw.push_back(nullptr);
        ::setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
        ::execvp(raw[0], raw.data());
        _exit(127);
    }
    ::close(ends[1]);
    output.clear();
    char buffer[4096];
    for (;;) {
        const ssize_t count = ::read(ends[0], buffer, sizeof buffer);
        if (count <= 0) break;
        output.append(buffer, static_cast<std::size_t>(count));
    }
    ::close(ends[0]);
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) output = arguments[0] + " is not installed";
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::uint64_t LoopFileSystem::least_size(const std::string& kind) { return recipes().at(kind).least_size; }

bool LoopFileSystem::prepare(std::string& why_not) {
    if (::geteuid() != 0) {
        why_not = "mounting needs root";
        return false;
    }
    folder_ = new_folder();
    image_ = folder_ + "/image";
    mount_point_ = folder_ + "/mounted";
    if (!folder_.empty() && ::mkdir(mount_point_.c_str(), 0755) == 0) return true;
    why_not = "no room for an image in /tmp";
    return false;
}

bool LoopFileSystem::mount(const std::vector<std::string>& recipe, std::string& why_not) {
    std::string output;
    mounted_ = run_program(with(recipe, {device_, mount_point_}), output);
    if (!mounted_) why_not = "cannot mount: " + last_line(output);
    return mounted_;
}

std::unique_ptr<LoopFileSystem> LoopFileSystem::make(const std::string& kind, std::uint64_t bytes, std::string& why_not) {
    std::unique_ptr<LoopFileSystem> made(new LoopFileSystem);
    if (!made->prepare(why_not)) return nullptr;
    if (!make_image(made->image_, bytes)) {
        why_not = "no room for an image in /tmp";
        return nullptr;
    }
    if (!attach(made->image_, made->device_, why_not)) return nullptr;
    const Recipe& recipe = recipes().at(kind);
    std::string output;
    if (!run_program(with(recipe.make, {made->device_}), output)) {
        why_not = "cannot make " + kind + ": " + last_line(output);
        return nullptr;
    }
    return made->mount(recipe.mount, why_not) ? std::move(made) : nullptr;
}

std::unique_ptr<LoopFileSystem> LoopFileSystem::mount_copy(const std::string& kind, const std::string& image,
                                                           std::string& why_not) {
    std::unique_ptr<LoopFileSystem> made(new LoopFileSystem);
    if (!made->prepare(why_not)) return nullptr;
    std::string output;
    if (!run_program({"cp", "--sparse=auto", image, made->image_}, output)) {
        why_not = last_line(output);
        return nullptr;
    }
    if (!attach(made->image_, made->device_, why_not)) return nullptr;
    return made->mount(recipes().at(kind).mount, why_not) ? std::move(made) : nullptr;
}

// Nothing was written while the copy was made when it equals the image afterwards: no block was copied before and another after
// a write.
bool LoopFileSystem::copy_image(const std::string& to) const {
    for (int attempt = 0; attempt < 100; ++attempt) {
        const SparseFile from(image_, O_RDONLY);
        const SparseFile copy(to, O_RDWR | O_CREAT | O_TRUNC);
        if (copy.take(from) && from.same_in_data_of(copy) && copy.same_in_data_of(from)) return true;
    }
    return false;
}

bool LoopFileSystem::pull() const {
    const int fd = ::open(device_.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return false;
    loop_info64 info = {};
    bool pulled = ::ioctl(fd, LOOP_GET_STATUS64, &info) == 0;
    info.lo_sizelimit = kMiB;
    pulled = pulled && ::ioctl(fd, LOOP_SET_STATUS64, &info) == 0;
    ::close(fd);
    return pulled;
}

bool LoopFileSystem::unmount() {
    std::string output;
    if (mounted_ && run_program({"umount", mount_point_}, output)) mounted_ = false;
    if (mounted_) return false;
    detach(device_);
    device_.clear();
    // A driver in user space ends, and so closes the device, only after umount has returned.
    for (int attempt = 0; attempt < 500; ++attempt) {
        if (run_program({"losetup", "--associated", image_}, output) && output.empty()) return true;
        ::usleep(10'000);
    }
    return false;
}

LoopFileSystem::~LoopFileSystem() {
    std::string output;
    if (mounted_ && !run_program({"umount", mount_point_}, output))
        static_cast<void>(::umount2(mount_point_.c_str(), MNT_DETACH));
    detach(device_);
    if (!folder_.empty()) static_cast<void>(remove_tree(folder_));
}

std::unique_ptr<LoopDevice> LoopDevice::make(std::uint64_t bytes, std::string& why_not) {
    std::unique_ptr<LoopDevice> made(new LoopDevice);
    made->folder_ = new_folder();
    made->image_ = made->folder_ + "/image";
    if (::geteuid() != 0 || made->folder_.empty() || !make_image(made->image_, bytes)) {
        why_not = "loop devices need root and room in /tmp";
        return nullptr;
    }
    return attach(made->image_, made->device_, why_not) ? std::move(made) : nullptr;
}

LoopDevice::~LoopDevice() {
    detach(device_);
    if (!folder_.empty()) static_cast<void>(remove_tree(folder_));
}

}  // namespace custody::test
