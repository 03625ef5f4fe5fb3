#include "cli/device_target.h"

#include "base/text.h"
#include "cli/advice.h"
#include "cli/terminal.h"

#include <sys/stat.h>
#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kDigits = 4;

std::string identity_of(const DeviceInfo& device) { return device.serial.empty() ? device.path : device.serial; }

// A medium that holds a vault is never an image's target.
Status check_no_vault_on(Context& context, const DeviceInfo& device) {
    const auto reference = context.vault_reference();
    if (!reference.ok()) return done();
    const auto vault = parse_vault_reference(reference.value());
    if (!vault.ok()) return done();
    const auto vault_disks = physical_disks_under(vault.value());
    const auto device_disks = physical_disks_under(device.path);
    if (!vault_disks.ok() || !device_disks.ok()) return done();
    // A loop device lies on its backing file's disk without being that disk.
    if (device.kernel_name.starts_with("loop")) return done();
    for (const std::string& disk : device_disks.value()) {
        if (std::find(vault_disks->begin(), vault_disks->end(), disk) == vault_disks->end()) continue;
        return Error{Code::refused, say("{} is the medium of the vault {}: nothing was written; name another device",
                                        printable(device.path), printable(vault.value()))};
    }
    return done();
}

Result<ImageTarget> confirm_device(Context& context, const std::string& path, std::uint64_t image_bytes,
                                   const DeviceConsent& consent) {
    TRY_ASSIGN(const DeviceInfo device, describe_device(path));
    show_device(context, device);
    if (const std::string why = reason_to_refuse(device, image_bytes); !why.empty()) {
        return Error{Code::refused, say("{} is not overwritten: {}", printable(device.path), why)};
    }
    TRY(check_no_vault_on(context, device));
    TRY(ask_for_serial(device, consent));
    return ImageTarget{device.path, true, device.serial, true};
}

}  // namespace

void show_device(Context& context, const DeviceInfo& device) {
    ProgressLine& out = context.progress();
    out.note(say("{} is about to be overwritten:", printable(device.path)));
    out.note("  " + say("model   {}", device.model.empty() ? say("unknown") : printable(device.model)));
    out.note("  " + say("serial  {}", device.serial.empty() ? say("none") : printable(device.serial)));
    out.note("  " + say("size    {}", human_bytes(device.bytes)));
    out.note("  " + say("holds   {}", device.content.empty() ? say("nothing that is known") : printable(device.content)));
}

Status ask_for_serial(const DeviceInfo& device, const DeviceConsent& consent) {
    if (!consent.serial.empty()) {
        if (consent.serial == identity_of(device)) return done();
        return Error{Code::refused, say("--confirm {} is not the whole serial of {}: nothing was written",
                                        printable(consent.serial), printable(device.path))};
    }
    const auto terminal = Terminal::open();
    if (!terminal) {
        return Error{Code::refused,
                     say("{} would be overwritten: give --confirm with its whole serial; --yes is not enough for a device",
                         printable(device.path))};
    }
    TRY_ASSIGN(const std::string typed,
               terminal->ask_line(say("Everything on it will be gone. Type the last {} characters of the serial ({}): ",
                                      confirmation_digits(device).size(), printable(identity_of(device)))));
    if (is_confirmed(device, typed)) return done();
    return Error{Code::refused, say("the serial was not typed back: nothing was written to {}", printable(device.path))};
}

std::string reason_to_refuse(const DeviceInfo& device, std::uint64_t image_bytes) {
    if (!device.uses.empty()) return say("it is in use: {}", printable_list(device.uses));
    if (device.holds_running_system) return say("the running system or its swap lies on its disk");
    if (device.read_only) return say("it is read-only");
    if (device.bytes < image_bytes) {
        return say("it is too small: it holds {}, the image needs {}", human_bytes(device.bytes), human_bytes(image_bytes));
    }
    return "";
}

std::string confirmation_digits(const DeviceInfo& device) {
    const std::string identity = identity_of(device);
    return identity.substr(identity.size() - std::min(kDigits, identity.size()));
}

bool is_confirmed(const DeviceInfo& device, const std::string& typed) {
    return !typed.empty() && typed.size() >= confirmation_digits(device).size() && identity_of(device).ends_with(typed);
}

Result<ImageTarget> confirm_image_target(Context& context, const std::string& path, std::uint64_t image_bytes,
                                         const DeviceConsent& consent) {
    TRY_ASSIGN(const std::string absolute, absolute_path(path));
    struct stat node {};
    const bool is_there = ::stat(absolute.c_str(), &node) == 0;
    struct stat itself {};
    const bool is_link = ::lstat(absolute.c_str(), &itself) == 0 && S_ISLNK(itself.st_mode);
    if ((!is_there || !S_ISBLK(node.st_mode)) && (absolute.starts_with("/dev/") || !consent.serial.empty())) {
        return Error{Code::not_found,
                     say("{} is no device: nothing was written; 'lsblk' lists the devices", printable(absolute))};
    }
    TRY(check_outside_vaults(absolute, context.settings().keyring));
    // A file is replaced by a new one, which would leave what the link leads to as it is.
    if (is_link && !(is_there && S_ISBLK(node.st_mode))) {
        return Error{Code::usage,
                     say("{} is a symbolic link and is not replaced: name the file that it leads to, or another file",
                         printable(absolute))};
    }
    if (!is_there) return ImageTarget{absolute, false, "", false};  // a new file
    if (S_ISBLK(node.st_mode)) return confirm_device(context, absolute, image_bytes, consent);
    if (!S_ISREG(node.st_mode)) return Error{Code::usage, say("{} is neither a device nor a file", printable(absolute))};
    if (!consent.overwrite && !consent.yes) {
        return Error{Code::exists, say("{} is there already: give --overwrite always to replace it, or name another file",
                                       printable(absolute))};
    }
    return ImageTarget{absolute, false, "", true};
}

}  // namespace custody
