#include "base/sysfs.h"

#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <memory>

namespace custody::sysfs {
namespace {

constexpr std::size_t kMaxText = std::size_t{1024} * 1024;

std::string_view value_alone(std::string_view text) {
    constexpr std::string_view kBlanks(" \t\n\r\0", 5);
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

std::string read_text(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    char buffer[4096];
    while (fd.valid() && text.size() < kMaxText) {
        const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
        if (count <= 0) break;
        text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
}

std::string read_line(const std::string& path) {
    const std::string text = read_text(path);
    return std::string(value_alone(std::string_view(text).substr(0, text.find('\n'))));
}

std::uint64_t read_number(const std::string& path) { return std::strtoull(read_line(path).c_str(), nullptr, 10); }

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::vector<std::string> names_in(const std::string& path) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), &closedir);
    while (folder) {
        const dirent* entry = readdir(folder.get());
        if (entry == nullptr) break;
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (end > 0) parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

dev_t parse_device_number(std::string_view text) {
    const auto parts = split(text, ':');
    if (parts.size() != 2) return 0;
    const auto number = [](const std::string& part) { return static_cast<unsigned>(std::strtoul(part.c_str(), nullptr, 10)); };
    return makedev(number(parts[0]), number(parts[1]));
}

std::string real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    return real ? std::string(real.get()) : std::string();
}

std::string kernel_name(dev_t device, const std::string& sys) {
    return std::string(base_name(real_path(fmt::format("{}/dev/block/{}:{}", sys, major(device), minor(device)))));
}

std::string folder_of(const std::string& kernel_name, const std::string& sys) { return sys + "/class/block/" + kernel_name; }

std::string whole_disk_of(const std::string& kernel_name, const std::string& sys) {
    const std::string folder = folder_of(kernel_name, sys);
    if (!exists(folder + "/partition")) return kernel_name;
    const std::string real = real_path(folder);
    return real.empty() ? kernel_name : std::string(base_name(parent_path(real)));
}

std::vector<std::string> partitions_of(const std::string& kernel_name) {
    std::vector<std::string> partitions;
    const std::string folder = folder_of(kernel_name);
    for (const auto& name : names_in(folder)) {
        if (exists(folder + "/" + name + "/partition")) partitions.push_back(name);
    }
    return partitions;
}

std::vector<std::string> btrfs_devices_with(const std::string& kernel_name, const std::string& sys) {
    for (const auto& id : names_in(sys + "/fs/btrfs")) {
        auto devices = names_in(sys + "/fs/btrfs/" + id + "/devices");
        if (std::find(devices.begin(), devices.end(), kernel_name) != devices.end()) return devices;
    }
    return {};
}

std::string udev_property(dev_t device, std::string_view key) {
    const std::string text = read_text(fmt::format("/run/udev/data/b{}:{}", major(device), minor(device)));
    const std::string prefix = fmt::format("E:{}=", key);
    for (const auto& line : split(text, '\n')) {
        if (line.starts_with(prefix)) return line.substr(prefix.size());
    }
    return {};
}

}  // namespace custody::sysfs
