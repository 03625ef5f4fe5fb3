#include "daemon/media/preparing.h"

#include "base/crypto.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "daemon/media/mounting.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace custody {
namespace {

constexpr std::uint64_t kEnds = std::uint64_t{1} * 1024 * 1024;  // both tables of a GPT, RAID and other marks lie in these
constexpr std::size_t kLabelSize = 16;                           // of ext4
constexpr std::int64_t kMkfsLimit = 2 * kHour;                   // a slow disk of 20 TB

Status write_zeros(int fd, std::uint64_t from, std::uint64_t size, const std::string& device) {
    const Bytes zeros(64 * 1024, Byte{0});
    for (std::uint64_t done_bytes = 0; done_bytes < size;) {
        const std::size_t piece = static_cast<std::size_t>(std::min<std::uint64_t>(zeros.size(), size - done_bytes));
        const ssize_t wrote = ::pwrite(fd, zeros.data(), piece, static_cast<off_t>(from + done_bytes));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return system_error(wrote < 0 ? errno : EIO, "write to", device);
        done_bytes += static_cast<std::uint64_t>(wrote);
    }
    return done();
}

// Of at most `size` bytes, and no half character.
std::string cut_text(const std::string& text, std::size_t size) {
    if (text.size() <= size) return text;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    return text.substr(0, size);
}

// mkfs leaves what lies at the end, and a kernel that knows the old partitions would go on offering them.
Status clear_marks(const DeviceInfo& device) {
    const Fd fd(::open(device.path.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
    if (!fd.valid()) return system_error(errno, "open", device.path);
    const std::uint64_t size = std::min(kEnds, device.bytes);
    TRY(write_zeros(fd.get(), 0, size, device.path));
    TRY(write_zeros(fd.get(), device.bytes - size, size, device.path));
    if (::fsync(fd.get()) != 0) return system_error(errno, "sync", device.path);
    static_cast<void>(::ioctl(fd.get(), BLKRRPART));  // loop devices and partitions have no table to read again
    return done();
}

Status make_file_system(const Preparation& preparation, const StopFlag& stop) {
    ProcessOptions mkfs;
    // -F: the whole disk, not a partition; what that guards against was asked before.
    mkfs.arguments = {"mkfs.ext4", "-q", "-F", "-m", "1", "-L", cut_text(preparation.name, kLabelSize), preparation.shown.path};
    mkfs.time_limit_ns = kMkfsLimit;
    const auto ended = run_process(mkfs, stop);
    if (!ended.ok()) {
        if (ended.error().code != Code::not_found) return ended.error();
        return Error{Code::not_found, say("mkfs.ext4 is missing: install the package e2fsprogs, then run the command again")};
    }
    if (ended->succeeded()) return done();
    return Error{Code::failed, say("no file system was made on {}: {}; the disk may be bad, and what it held is gone",
                                   printable(preparation.shown.path), failure_of("mkfs.ext4", *ended).message)};
}

bool is_same_device(const DeviceInfo& a, const DeviceInfo& b) {
    return a.path == b.path && a.serial == b.serial && a.model == b.model && a.bytes == b.bytes;
}

Status check_again(const Preparation& preparation, const std::vector<KnownMedium>& known) {
    TRY_ASSIGN(const DeviceInfo now, describe_device(preparation.shown.path));
    if (!is_same_device(preparation.shown, now))
        return Error{Code::refused, say("{} is another device than the one that was shown: nothing was written; begin anew",
                                        printable(preparation.shown.path))};
    TRY_ASSIGN(const std::string why, reason_not_to_prepare(now, known));
    if (why.empty()) return done();
    return Error{Code::refused, say("{} is not prepared: {}", printable(now.path), why)};
}

}  // namespace

Result<std::string> reason_not_to_prepare(const DeviceInfo& device, const std::vector<KnownMedium>& known) {
    if (!device.uses.empty()) return say("it is in use: {}", printable(fmt::format("{}", fmt::join(device.uses, ", "))));
    if (device.holds_running_system) return say("the running system or its swap lies on its disk");
    if (device.read_only) return say("it is read-only");
    if (device.bytes < kLeastMediumBytes)
        return say("it is too small: it holds {}, a medium needs {}", human_bytes(device.bytes), human_bytes(kLeastMediumBytes));
    std::vector<std::string> nodes{device.path};
    for (const auto& partition : device.partitions) nodes.push_back("/dev/" + partition);
    for (const auto& node : nodes) {
        const auto found = recognise_device(node, known);
        // What cannot be looked into may be a medium with a damaged file system, which fsck or repair brings back.
        if (!found.ok())
            return say(
                "whether it is a medium of the register cannot be told ({}); where nothing on it is needed, clear it "
                "first with 'wipefs -a {}'",
                found.error().message, printable(node));
        if (found->what != Recognition::unknown)
            return say("it is the medium {} of the register: retire that first with 'custody media retire {}'",
                       printable(known[found->medium].name), printable(known[found->medium].name));
    }
    return std::string();
}

Result<IdentityOnMedium> prepare_medium(const Preparation& preparation, const std::vector<KnownMedium>& known, const Clock& clock,
                                        const StopFlag& stop) {
    if (preparation.name.empty() || !preparation.vault.starts_with(preparation.mount_point + "/"))
        return Error{Code::usage, say("a medium needs a name, and its vault a folder below its mount point {}",
                                      printable(preparation.mount_point))};
    TRY(check_again(preparation, known));
    TRY(check_mount_point(preparation.mount_point));  // before anything is lost
    TRY(stop.check());
    TRY(clear_marks(preparation.shown));
    TRY(make_file_system(preparation, stop));
    TRY(mount_device(preparation.shown.path, preparation.mount_point));
    FileSystem& files = posix_file_system();
    TRY(make_directories(files, preparation.vault, 0700));
    IdentityOnMedium identity;
    identity.medium = random_id<MediumId>();
    identity.name = preparation.name;
    identity.made = clock.now();
    TRY_ASSIGN(identity.place, place_of_folder(preparation.vault));
    const auto store = make_local_store(files, preparation.vault);
    TRY(write_medium_identity(*store, identity));
    return identity;
}

}  // namespace custody
