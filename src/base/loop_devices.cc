#include "base/loop_devices.h"

#include "base/file.h"
#include "base/sysfs.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

namespace custody {
namespace {

constexpr std::uint64_t kSector = 512;  // sysfs counts in these

// Device and inode of the file that a loop device is made of; nothing for any other device.
using FileIdentity = std::pair<std::uint64_t, std::uint64_t>;
std::optional<FileIdentity> backing_file_of(const std::string& loop) {
    const std::filesystem::path backing_file = "/sys/block/" + loop + "/loop/backing_file";
    std::error_code none;
    if (!std::filesystem::exists(backing_file, none)) return std::nullopt;
    const Fd opened(::open(("/dev/" + loop).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct loop_info64 info = {};
    if (opened.valid() && ::ioctl(opened.get(), LOOP_GET_STATUS64, &info) == 0)
        return FileIdentity(info.lo_device, info.lo_inode);
    std::ifstream reader(backing_file);
    std::string path(std::istreambuf_iterator<char>(reader), {});
    if (path.ends_with('\n')) path.pop_back();  // a name may hold others
    struct stat named = {};
    if (::stat(path.c_str(), &named) != 0) return std::nullopt;
    return FileIdentity(named.st_dev, named.st_ino);
}

std::vector<std::string> loops_made_of(const FileIdentity& file) {
    std::vector<std::string> loops;
    for (std::string& name : sysfs::names_in("/sys/block")) {
        if (backing_file_of(name) == file) loops.push_back(std::move(name));
    }
    return loops;  // sorted, as the names are
}

// The bytes of the backing file that a loop device or its partition shows: [begin, end).
std::pair<std::uint64_t, std::uint64_t> place_of(const std::string& name) {
    const std::string folder = sysfs::folder_of(name);
    const std::uint64_t begin = sysfs::read_number("/sys/block/" + sysfs::whole_disk_of(name) + "/loop/offset") +
                                sysfs::read_number(folder + "/start") * kSector;
    return {begin, begin + sysfs::read_number(folder + "/size") * kSector};
}

}  // namespace

std::vector<std::string> loop_devices_over(const struct stat& file) {
    std::vector<std::string> devices;
    for (const std::string& name : loops_made_of({file.st_dev, file.st_ino})) devices.push_back("/dev/" + name);
    return devices;
}

std::vector<std::string> loop_devices_beside(const std::string& kernel_name) {
    const std::string own = sysfs::whole_disk_of(kernel_name);
    const auto file = backing_file_of(own);
    if (!file) return {};
    std::vector<std::string> beside = loops_made_of(*file);
    const auto [begin, end] = place_of(kernel_name);
    std::erase_if(beside, [&, begin = begin, end = end](const std::string& other) {
        const auto [from, until] = place_of(other);
        return other == own || until <= begin || from >= end;
    });
    return beside;
}

}  // namespace custody
