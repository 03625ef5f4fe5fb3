#include "daemon/media/device_watcher.h"

#include "base/clock.h"
#include "base/sysfs.h"

#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace custody {
namespace {

constexpr std::size_t kMaxEvent = 16 * 1024;  // the kernel's own limit is 2 KiB of variables
constexpr unsigned kKernelGroup = 1;
constexpr std::int64_t kSlice = 200 * 1'000'000;  // how long a stop may go unnoticed

Fd open_events() {
    Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = kKernelGroup;
    if (!fd.valid() || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return Fd();
    return fd;
}

}  // namespace

// "add@/devices/...\0ACTION=add\0SUBSYSTEM=block\0..."
bool is_block_event(std::string_view message) {
    if (message.find('@') == std::string_view::npos) return false;
    while (!message.empty()) {
        const std::size_t end = std::min(message.find('\0'), message.size());
        if (message.substr(0, end) == "SUBSYSTEM=block") return true;
        message.remove_prefix(std::min(end + 1, message.size()));
    }
    return false;
}

DeviceWatcher::DeviceWatcher(std::int64_t poll_ns, Wake wake, KernelView view)
    : view_(std::move(view)),
      poll_ns_(poll_ns),
      events_(wake == Wake::by_events ? open_events() : Fd()),
      devices_(read_devices()) {}

// A drive without a medium, a loop device without a file, is none: its size is 0.
std::map<std::string, std::string> DeviceWatcher::read_devices() const {
    std::map<std::string, std::string> devices;
    for (const auto& name : sysfs::names_in(view_.sys + "/class/block")) {
        const std::string folder = sysfs::folder_of(name, view_.sys);
        const std::string size = sysfs::read_line(folder + "/size");
        if (size.empty() || size == "0") continue;
        const std::string disk = sysfs::folder_of(sysfs::whole_disk_of(name, view_.sys), view_.sys);
        devices[name] = sysfs::read_line(disk + "/diskseq") + " " + size;
    }
    return devices;
}

// True when a block device was spoken of, or events were lost.
bool DeviceWatcher::drain() {
    bool block = false;
    char message[kMaxEvent];
    while (events_.valid()) {
        sockaddr_nl from{};
        socklen_t size = sizeof from;
        const ssize_t count = ::recvfrom(events_.get(), message, sizeof message, 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return block || errno == ENOBUFS;
        const bool by_kernel = from.nl_pid == 0;  // anybody may send to anybody
        block = block || (by_kernel && is_block_event({message, static_cast<std::size_t>(count)}));
    }
    return block;
}

std::vector<DeviceChange> DeviceWatcher::look() {
    drain();
    auto now = read_devices();
    std::vector<DeviceChange> changes;
    for (const auto& [name, mark] : devices_) {
        const auto still = now.find(name);
        if (still == now.end() || still->second != mark) changes.push_back({name, false});
    }
    for (const auto& [name, mark] : now) {
        const auto before = devices_.find(name);
        if (before == devices_.end() || before->second != mark) changes.push_back({name, true});
    }
    devices_ = std::move(now);
    return changes;
}

Result<std::vector<DeviceChange>> DeviceWatcher::wait(std::int64_t limit_ns, const StopFlag& stop) {
    const std::int64_t end = system_clock().monotonic_ns() + limit_ns;
    std::int64_t next_look = system_clock().monotonic_ns() + poll_ns_;
    for (;;) {
        TRY(stop.check());
        const std::int64_t now = system_clock().monotonic_ns();
        const std::int64_t until = std::min({end, next_look, now + kSlice});
        pollfd waiting{events_.get(), POLLIN, 0};  // a negative descriptor is passed over
        const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(until - now, 0) / 1'000'000) + 1);
        if (ready < 0 && errno != EINTR) return system_error(errno, "wait for", "block devices");
        const bool is_woken = ready > 0 && drain();
        const std::int64_t after = system_clock().monotonic_ns();
        if (is_woken || after >= next_look || after >= end) {
            auto changes = look();
            if (!changes.empty() || after >= end) return changes;
            next_look = after + poll_ns_;
        }
    }
}

}  // namespace custody
