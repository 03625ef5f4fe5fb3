// The manners of writing an image over something: what is there is shown, what must not be overwritten is refused, and a device
// is only overwritten when its serial was typed back.
#pragma once

#include "base/block_device.h"
#include "cli/context.h"
#include "restore/restorer.h"

#include <string>

namespace custody {

struct DeviceConsent {
    std::string serial;      // --confirm
    bool yes = false;        // --yes: never enough for a device
    bool overwrite = false;  // --overwrite always: for a file that is there
};
// refused: the running system's disk, in use, a vault's medium, too small, not confirmed. `image_bytes`: of the image.
[[nodiscard]] Result<ImageTarget> confirm_image_target(Context& context, const std::string& path, std::uint64_t image_bytes,
                                                       const DeviceConsent& consent);

// Model, serial, size and what lies on it, to standard error.
void show_device(Context& context, const DeviceInfo& device);
// The last digits of the serial typed back, or --confirm with the whole of it; --yes is never enough. refused.
[[nodiscard]] Status ask_for_serial(const DeviceInfo& device, const DeviceConsent& consent);

// Why the device may not be overwritten; empty: nothing speaks against it. Pure.
[[nodiscard]] std::string reason_to_refuse(const DeviceInfo& device, std::uint64_t image_bytes);
// What has to be typed back: the last 4 characters of the serial, or of the path where the device has no serial.
[[nodiscard]] std::string confirmation_digits(const DeviceInfo& device);
// Whether what was typed or given by --confirm names this device: the digits at least, up to the whole serial.
[[nodiscard]] bool is_confirmed(const DeviceInfo& device, const std::string& typed);

}  // namespace custody
