// Tells which block devices came and went: a person plugs in a disk, and within seconds the service looks whether it is one of
// its own.
//
// The kernel's uevents (a netlink socket) only wake it up; what is there is always read from sysfs and held against what was
// there before. So a lost event costs nothing but time, a device that went and came between two looks is noticed (diskseq), and
// where there is no netlink the poll alone does the same. Ownership: owns its socket. Threads: one. Errors: io.
#pragma once

#include "base/file.h"
#include "base/kernel_view.h"
#include "base/result.h"
#include "base/stop.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

struct DeviceChange {
    std::string name;      // kernel name, "sdb1"
    bool arrived = false;  // else it left
    bool operator==(const DeviceChange&) const = default;
};

// A kernel uevent, as far as it matters here. False: none, or not of a block device. Pure.
[[nodiscard]] bool is_block_event(std::string_view message);

class DeviceWatcher {
public:
    enum class Wake { by_events, by_polling };  // by_events polls as well, at that interval
    // What is there now is known, and not told of. `poll_ns`: between two looks at most.
    explicit DeviceWatcher(std::int64_t poll_ns, Wake wake = Wake::by_events, KernelView view = {});

    // To wait on with others (POLLIN); -1: there is none, and waiting means polling.
    [[nodiscard]] int descriptor() const { return events_.get(); }
    // Looks now: what left first, then what arrived, each by name. Empties the socket.
    [[nodiscard]] std::vector<DeviceChange> look();
    // Waits until something changed, at most `limit_ns`; empty: nothing did. interrupted.
    [[nodiscard]] Result<std::vector<DeviceChange>> wait(std::int64_t limit_ns, const StopFlag& stop);

private:
    [[nodiscard]] std::map<std::string, std::string> read_devices() const;
    bool drain();
    KernelView view_;
    std::int64_t poll_ns_;
    Fd events_;
    std::map<std::string, std::string> devices_;  // name -> what tells one from the next of that name
};

}  // namespace custody
