#include "daemon/media/attaching.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "daemon/media/mounting.h"

namespace custody {
namespace {

// Where the device is mounted; empty: nowhere.
Result<std::string> place_of(const std::string& device, const std::string& wanted) {
    TRY_ASSIGN(const auto mounts, list_mounts());
    std::string found;
    for (const auto& mount : mounts) {
        if (device_node_of(mount) != device) continue;
        if (mount.point == wanted) return wanted;
        found = mount.point;
    }
    return found;
}

}  // namespace

Result<Attached> attach_medium(const KnownMedium& medium, const std::string& mount_point) {
    const std::string name = printable(medium.name);
    if (medium.file_system_uuid.empty())
        return Error{
            Code::usage,
            say("the UUID of the medium {} is not known: mount it by hand and run 'custody media register {}'", name, name)};
    const auto devices = devices_with_uuid(medium.file_system_uuid);
    if (devices.empty())
        return Error{Code::not_found,
                     say("the medium {} is not plugged in: no disk here has the file system {}", name, medium.file_system_uuid)};
    TRY_ASSIGN(const Recognised found, recognise_device(devices.front(), {medium}));
    if (found.what != Recognition::registered) return Error{Code::refused, found.words};
    const std::string wanted = sysfs::exists(mount_point) ? sysfs::real_path(mount_point) : mount_point;
    TRY_ASSIGN(const std::string mounted, place_of(found.device, wanted));
    if (!mounted.empty() && mounted == wanted) return Attached{found.device, true};
    if (!mounted.empty())
        return Error{Code::exists, say("the medium {} is mounted on {} and not at its place {}: unmount it there first", name,
                                       printable(mounted), printable(mount_point))};
    TRY(mount_device(found.device, mount_point));
    return Attached{found.device, false};
}

}  // namespace custody
