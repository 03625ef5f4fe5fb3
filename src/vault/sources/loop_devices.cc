#include "vault/sources/loop_devices.h"

#include "base/file.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace custody {
namespace {

bool is_made_of(const std::string& device, const std::filesystem::path& backing_file, const struct stat& file) {
    const Fd opened(::open(device.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct loop_info64 info = {};
    if (opened.valid() && ::ioctl(opened.get(), LOOP_GET_STATUS64, &info) == 0) {
        return info.lo_device == file.st_dev && info.lo_inode == file.st_ino;
    }
    std::ifstream reader(backing_file);
    std::string path(std::istreambuf_iterator<char>(reader), {});
    if (path.ends_with('\n')) path.pop_back();  // a name may hold others
    struct stat named = {};
    return ::stat(path.c_str(), &named) == 0 && named.st_dev == file.st_dev && named.st_ino == file.st_ino;
}

}  // namespace

std::vector<std::string> loop_devices_over(const struct stat& file) {
    std::vector<std::string> devices;
    std::error_code error;
    for (std::filesystem::directory_iterator at("/sys/block", error), end; !error && at != end; at.increment(error)) {
        const std::filesystem::path backing_file = at->path() / "loop/backing_file";
        std::error_code none;
        if (!std::filesystem::exists(backing_file, none)) continue;
        std::string device = "/dev/" + at->path().filename().string();
        if (is_made_of(device, backing_file, file)) devices.push_back(std::move(device));
    }
    std::sort(devices.begin(), devices.end());
    return devices;
}

}  // namespace custody
