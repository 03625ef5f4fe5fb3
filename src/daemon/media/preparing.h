// A shop disk becomes a medium: its file system, and an identity on it. With the manners of wipe: what is there is shown first,
// what must not be overwritten is refused, and the device is looked at again just before (cli/device_target.h asks for the
// serial).
//
// Threads: one a device. Needs root and mkfs.ext4. Errors: refused (in use, the running system's, a medium of the register, too
// small, another device than was shown), not_found, failed (mkfs), io. Everything on the device is lost once mkfs has begun.
#pragma once

#include "base/block_device.h"
#include "base/clock.h"
#include "base/stop.h"
#include "daemon/media/recognise.h"

#include <string>
#include <vector>

namespace custody {

inline constexpr std::uint64_t kLeastMediumBytes = std::uint64_t{32} * 1024 * 1024;

struct Preparation {
    DeviceInfo shown;         // what the person saw and confirmed
    std::string name;         // the medium's
    std::string mount_point;  // an empty folder, made if absent; the disk stays mounted there
    std::string vault;        // absolute, below mount_point: the vault's folder, made for `custody init`
};
// Why not; empty: nothing speaks against it. Also what lies on its partitions is asked.
[[nodiscard]] Result<std::string> reason_not_to_prepare(const DeviceInfo& device, const std::vector<KnownMedium>& known);

// The identity names no vault yet; write_identity (registration.h) adds it once there is one.
[[nodiscard]] Result<IdentityOnMedium> prepare_medium(const Preparation& preparation, const std::vector<KnownMedium>& known,
                                                      const Clock& clock, const StopFlag& stop);

}  // namespace custody
