// Whether a block device was written to between two looks at it. A device has no times: asked are the kernel, which counts what
// is written to it and knows where it is mounted, and the superblocks of the ext file systems on it, which tell of their mounts
// where the kernel does not count (iostats switched off, drivers that do not).
//
// What was written through another device that lies over the same place (the disk of a partition) is in no count of this one, but
// a mount is in the superblocks.
// Threads: any. Errors: those of describe_device.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace custody {

struct DeviceWatch {
    std::string path;                       // of the device
    std::vector<std::uint64_t> ext_begins;  // bytes: where its ext file systems begin
    bool counts_writes = true;              // false: something writes to it that is known of (swap)
};
struct DeviceState {
    bool mounted_read_write = false;       // it, or something on it
    std::optional<std::uint64_t> written;  // sectors, discarded ones too; nullopt: nobody counts
    std::vector<std::string> superblocks;  // raw
    [[nodiscard]] bool is_same_content(const DeviceState& other) const {
        return written == other.written && superblocks == other.superblocks;
    }
};
// `fd`: of the device, open for reading; its position stays. What others wrote to its cache goes to the device first, so that it
// is counted; what the cache holds of the device is read anew from then on.
[[nodiscard]] Result<DeviceState> look_at_device(const DeviceWatch& watch, int fd);

}  // namespace custody
