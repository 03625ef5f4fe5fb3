#include "restore/image_target.h"

#include "base/block_device.h"
#include "base/loop_devices.h"
#include "base/text.h"
#include "restore/leftovers.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace custody {
namespace {

constexpr std::uint64_t kZeroStep = 64ull * 1024 * 1024;  // a device that zeroes slowly still shows progress and can be stopped
constexpr std::size_t kZeroBuffer = 1024 * 1024;
// What the image of a device holds as zeros becomes a hole in a file, in pieces no smaller than this: smaller ones would only
// scatter the file.
constexpr std::uint64_t kHoleStep = 64ull * 1024;

bool is_zeros(ByteView bytes) {
    return bytes.empty() || (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

Error refused(const std::string& device, const std::string& why) {
    return {Code::refused, say("{} is not written to: {}", printable(device), why)};
}

// The device is what the user was shown and nobody uses it.
Status check_device(const ImageTarget& target, const DeviceInfo& device, std::uint64_t size) {
    if (device.read_only)
        return Error{Code::read_only, say("{} is read-only: unlock it or choose another", printable(target.path))};
    if (device.serial != target.confirmed_serial) {
        return refused(target.path, say("its serial is {} and {} was confirmed", device.serial, target.confirmed_serial));
    }
    if (!device.uses.empty()) return refused(target.path, say("it is in use: {}", device.uses.front()));
    if (device.holds_running_system) return refused(target.path, say("the running system or its swap lies on its disk"));
    if (device.bytes < size) {
        return refused(target.path, say("it has {} bytes and the image needs {}", device.bytes, size));
    }
    return done();
}

Status write_fully(int descriptor, std::uint64_t offset, ByteView bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t wrote = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return system_error(wrote == 0 ? EIO : errno, "write", path);
        offset += static_cast<std::uint64_t>(wrote);
        bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return done();
}

Status write_zeros(int descriptor, std::uint64_t offset, std::uint64_t length, const std::string& path) {
    const Bytes zeros(static_cast<std::size_t>(std::min<std::uint64_t>(length, kZeroBuffer)));
    for (std::uint64_t end = offset + length; offset < end;) {
        const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), end - offset));
        TRY(write_fully(descriptor, offset, {zeros.data(), step}, path));
        offset += step;
    }
    return done();
}

}  // namespace

Result<OpenImageTarget> OpenImageTarget::open(const ImageTarget& target, std::uint64_t size) {
    OpenImageTarget opened;
    opened.path_ = target.path;
    opened.is_device_ = target.is_device;
    opened.overwrite_ = target.overwrite;
    TRY(target.is_device ? opened.open_device(target, size) : opened.open_file(target, size));
    return opened;
}

OpenImageTarget::OpenImageTarget(OpenImageTarget&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      is_device_(other.is_device_),
      overwrite_(other.overwrite_),
      device_bytes_(other.device_bytes_),
      sector_(other.sector_),
      descriptor_(std::move(other.descriptor_)) {}

OpenImageTarget::~OpenImageTarget() {
    if (!temporary_.empty()) (void)::unlink(temporary_.c_str());
}

Status OpenImageTarget::open_device(const ImageTarget& target, std::uint64_t size) {
    // Looked at before too: an exclusive open of a device in use says only "busy".
    TRY_ASSIGN(const DeviceInfo before, describe_device(target.path, true));
    TRY(check_device(target, before, size));
    descriptor_ = Fd(::open(target.path.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
    if (!descriptor_.valid()) return system_error(errno, "open exclusively", target.path);
    struct stat opened = {}, named = {};
    if (::fstat(descriptor_.get(), &opened) != 0 || ::stat(target.path.c_str(), &named) != 0) {
        return system_error(errno, "look at", target.path);
    }
    if (!S_ISBLK(opened.st_mode)) return Error{Code::usage, say("{} is not a block device", printable(target.path))};
    TRY_ASSIGN(const DeviceInfo now, describe_device(target.path, true));
    if (opened.st_rdev != named.st_rdev) return refused(target.path, say("the name leads to another device now"));
    TRY(check_device(target, now, size));
    std::uint64_t bytes = 0;
    if (::ioctl(descriptor_.get(), BLKGETSIZE64, &bytes) != 0) return system_error(errno, "look at", target.path);
    if (bytes < size) return refused(target.path, say("it has {} bytes and the image needs {}", bytes, size));
    device_bytes_ = bytes;
    sector_ = now.logical_sector;
    return done();
}

Status OpenImageTarget::open_file(const ImageTarget& target, std::uint64_t size) {
    struct stat status = {};
    if (::lstat(target.path.c_str(), &status) == 0) {
        const std::string shown = printable(target.path);
        if (S_ISDIR(status.st_mode)) return Error{Code::usage, say("{} is a folder: name a file or a device", shown)};
        if (S_ISBLK(status.st_mode)) return Error{Code::usage, say("{} is a device and was not confirmed as one", shown)};
        if (!S_ISREG(status.st_mode)) return Error{Code::usage, say("{} is not a regular file", shown)};
        if (!overwrite_) return Error{Code::exists, say("{} is there already: name another file, or --overwrite always", shown)};
        // Another file would take its name, and whoever uses the device would go on with one that has none.
        if (const auto loops = loop_devices_over(status); !loops.empty()) {
            return refused(target.path, say("the loop device {} is made of it; unmount what is on it and detach it with "
                                            "'losetup -d {}', or name another file",
                                            loops.front(), loops.front()));
        }
    }
    remove_leftovers_beside(path_);
    temporary_ = temporary_beside(path_);
    descriptor_ = Fd(::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!descriptor_.valid()) {
        const int reason = errno;
        temporary_.clear();
        return system_error(reason, "make the file", path_);
    }
    hold_temporary(descriptor_.get());
    if (::ftruncate(descriptor_.get(), static_cast<off_t>(size)) != 0) return system_error(errno, "set the size of", path_);
    return done();
}

Status OpenImageTarget::write(std::uint64_t offset, ByteView bytes) const {
    if (is_device_) return write_fully(descriptor_.get(), offset, bytes, path_);
    std::size_t data = 0;  // where what is not written yet begins
    for (std::size_t at = 0; at < bytes.size();) {
        const auto step = static_cast<std::size_t>(std::min(bytes.size() - at, kHoleStep - (offset + at) % kHoleStep));
        if (is_zeros(bytes.subspan(at, step))) {
            TRY(write_fully(descriptor_.get(), offset + data, bytes.subspan(data, at - data), path_));
            data = at + step;
        }
        at += step;
    }
    return write_fully(descriptor_.get(), offset + data, bytes.subspan(data), path_);
}

Status OpenImageTarget::zero(std::uint64_t offset, std::uint64_t length) const {
    if (!is_device_) return done();
    // Whole sectors by the device itself (it is told not to discard: what reads as zeros afterwards is certain); edges by hand.
    const std::uint64_t end = offset + length;
    const std::uint64_t first = std::min(end, (offset + sector_ - 1) / sector_ * sector_);
    const std::uint64_t last = std::max(first, end / sector_ * sector_);
    TRY(write_zeros(descriptor_.get(), offset, first - offset, path_));
    for (std::uint64_t at = first; at < last;) {
        std::uint64_t range[2] = {at, std::min(kZeroStep, last - at)};
        if (::ioctl(descriptor_.get(), BLKZEROOUT, range) != 0) {
            TRY(write_zeros(descriptor_.get(), range[0], range[1], path_));
        }
        at += range[1];
    }
    return write_zeros(descriptor_.get(), last, end - last, path_);
}

Status OpenImageTarget::finish() {
    if (::fsync(descriptor_.get()) != 0) return system_error(errno, "sync", path_);
    if (!is_device_) return finish_file();
    // The kernel may learn of the new partitions now; if it cannot, replugging does the same.
    (void)::ioctl(descriptor_.get(), BLKRRPART, 0);
    return done();
}

Status OpenImageTarget::finish_file() {
    const unsigned how = overwrite_ ? 0 : RENAME_NOREPLACE;
    int renamed = ::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), how);
    if (renamed != 0 && (errno == EINVAL || errno == ENOSYS)) {
        renamed = ::link(temporary_.c_str(), path_.c_str());  // exclusive too
        if (renamed == 0) (void)::unlink(temporary_.c_str());
    }
    if (renamed != 0) return system_error(errno, "name", path_);
    temporary_.clear();
    const Fd folder(::open(parent_path(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.valid() || ::fsync(folder.get()) != 0) return system_error(errno, "sync the folder of", path_);
    return done();
}

}  // namespace custody
