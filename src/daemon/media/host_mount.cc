#include "daemon/media/host_mount.h"

#include "base/block_device.h"
#include "base/process.h"
#include "base/sysfs.h"
#include "base/text.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::int64_t kLimit = 3 * kMinute;  // a journal to be replayed, or much to be written back, on a slow disk

Result<ProcessOutcome> ask_systemd(std::vector<std::string> arguments) {
    ProcessOptions options;
    options.arguments = std::move(arguments);
    options.time_limit_ns = kLimit;
    const StopFlag never;  // half a mount is worse than a minute's wait
    return run_process(options, never);
}

bool is_mounted(const std::string& mount_point) {
    const auto all = list_mounts();
    return all.ok() && std::any_of(all->begin(), all->end(), [&](const MountInfo& mount) { return mount.point == mount_point; });
}

}  // namespace

// proc(5): "36 35 98:0 / / rw,noatime shared:9 master:1 - ext4 /dev/sda1 rw".
bool follows_another(std::string_view mount_info) {
    bool follows = false;
    while (!mount_info.empty()) {
        const std::size_t end = std::min(mount_info.find('\n'), mount_info.size());
        const std::string_view line = mount_info.substr(0, end);
        mount_info.remove_prefix(std::min(end + 1, mount_info.size()));
        const auto parts = sysfs::split(line, ' ');
        if (parts.size() < 7 || parts[4] != "/") continue;
        const auto dash = std::find(parts.begin() + 6, parts.end(), "-");
        follows = std::any_of(parts.begin() + 6, dash, [](const std::string& field) { return field.starts_with("master:"); });
    }
    return follows;  // of the last one, which lies on top
}

bool is_own_view() { return sysfs::exists("/run/systemd/system") && follows_another(sysfs::read_text("/proc/self/mountinfo")); }

Status mount_for_all(const std::string& device, const std::string& mount_point, const std::string& type,
                     const std::string& options) {
    TRY_ASSIGN(const auto ended, ask_systemd({"systemd-mount", "--collect", "--no-ask-password", "--fsck=no", "--automount=no",
                                              "--type=" + type, "--options=" + options, device, mount_point}));
    if (!ended.succeeded()) return failure_of("systemd-mount", ended);
    if (is_mounted(sysfs::real_path(mount_point))) return done();
    return Error{Code::failed, say("systemd-mount said that {} is mounted, and it is not seen on {}: look at 'journalctl -xe'",
                                   printable(device), printable(mount_point))};
}

Status unmount_for_all(const std::string& mount_point) {
    TRY_ASSIGN(const auto ended, ask_systemd({"systemd-umount", "--no-ask-password", mount_point}));
    if (!is_mounted(mount_point)) return done();
    if (ended.succeeded()) return Error{Code::busy, say("{} is mounted still after it was unmounted", printable(mount_point))};
    return Error{Code::busy,
                 say("{} is in use and cannot be taken out yet ({}): 'fuser -vm {}' shows by what; end that, then try "
                     "again",
                     printable(mount_point), how_it_ended(ended), printable(mount_point))};
}

}  // namespace custody
