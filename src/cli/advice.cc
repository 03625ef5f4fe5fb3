#include "cli/advice.h"

#include "base/block_device.h"
#include "base/file.h"
#include "base/text.h"

#include <unistd.h>
#include <algorithm>
#include <array>
#include <set>
#include <sstream>

namespace custody {
namespace {

constexpr std::uint64_t kMaxFstab = 1024 * 1024;

bool is_below(const std::string& path, const std::string& folder) {
    return path == folder || path.starts_with(folder.ends_with('/') ? folder : folder + "/");
}

// fstab writes a space as \040, a tab as \011.
std::string without_octal_escapes(const std::string& field) {
    std::string out;
    for (std::size_t i = 0; i < field.size(); ++i) {
        const bool escape = field[i] == '\\' && i + 3 < field.size() &&
                            std::all_of(&field[i + 1], &field[i + 1] + 3, [](char c) { return c >= '0' && c <= '7'; });
        if (!escape) {
            out += field[i];
            continue;
        }
        out += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0'));
        i += 3;
    }
    return out;
}

bool is_mount_point_in(std::string_view fstab, const std::string& path) {
    std::istringstream lines{std::string(fstab)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string device, point;
        if (!(fields >> device >> point) || device.starts_with('#')) continue;
        if (without_octal_escapes(point) == path) return true;
    }
    return false;
}

bool is_mounted(const std::string& path) {
    const auto mounts = list_mounts();
    if (!mounts.ok()) return true;  // not known: no reason to refuse
    return std::any_of(mounts->begin(), mounts->end(), [&](const MountInfo& mount) { return mount.point == path; });
}

}  // namespace

KitState kit_state(const Keyring& keyring) {
    KitState best = KitState::none;
    for (const CopyInfo& copy : keyring.copies()) {
        if (copy.kind != "kit") continue;
        if (copy.proven && copy.keys_generation == keyring.keys_generation()) return KitState::proven;
        if (copy.proven) best = KitState::stale;
        if (!copy.proven && best == KitState::none) best = KitState::unproven;
    }
    return best;
}

std::string kit_warning(const Keyring& keyring) {
    if (!keyring.is_custodian()) return "";
    switch (kit_state(keyring)) {
        case KitState::proven:
            return "";
        case KitState::none:
            return say(
                "no recovery kit: if this keyring is lost, so is every backup; "
                "make one with 'custody key export --recovery --output KIT', then 'custody key import KIT --check'");
        case KitState::unproven:
            return say("the recovery kit was never read back: prove it with 'custody key import KIT --check'");
        case KitState::stale:
            return say(
                "the recovery kit is older than the newest keys: make a new one with "
                "'custody key export --recovery --output KIT', then 'custody key import KIT --check'");
    }
    return "";
}

std::vector<std::string> likely_sources() {
    constexpr std::array kFolders = {"/", "/etc", "/home", "/srv", "/var", "/opt", "/usr/share"};
    std::vector<std::string> found;
    for (const char* folder : kFolders) {
        if (::access(folder, F_OK) == 0) found.emplace_back(folder);
    }
    return found;
}

std::vector<std::string> shared_disk_warnings(const std::string& vault_path, const std::vector<std::string>& sources) {
    const auto vault_disks = physical_disks_under(vault_path);
    if (!vault_disks.ok()) return {};
    std::vector<std::string> warnings;
    std::set<std::string> named;  // one line a disk is enough
    for (const std::string& source : sources) {
        const auto disks = physical_disks_under(source);
        if (!disks.ok()) continue;
        for (const std::string& disk : disks.value()) {
            const bool shared = std::find(vault_disks->begin(), vault_disks->end(), disk) != vault_disks->end();
            if (!shared || !named.insert(disk).second) continue;
            warnings.push_back(
                say("the vault {} and {} lie on the same disk ({}): if it fails, both are gone; "
                    "keep a copy on another disk with 'custody copy'",
                    printable(vault_path), printable(source), disk));
        }
    }
    return warnings;
}

Status check_apart(const std::string& keyring_folder, const std::string& vault_path) {
    if (!is_below(keyring_folder, vault_path) && !is_below(vault_path, keyring_folder)) return done();
    return Error{Code::usage,
                 say("the keyring {} and the vault {} lie one inside the other: keys are kept apart from the data; name "
                     "another folder with --keyring or --vault",
                     printable(keyring_folder), printable(vault_path))};
}

Status check_mounted(const std::string& path, std::string_view fstab) {
    if (!is_mount_point_in(fstab, path) || is_mounted(path)) return done();
    const auto items = posix_file_system().list(path);
    if (!items.ok() || !items->empty()) return done();
    return Error{Code::not_found,
                 say("nothing is mounted on {}, which /etc/fstab lists as a mount point: mount it, then run the backup again",
                     printable(path))};
}

Status check_mounted(const std::string& path) {
    const auto fstab = read_file(posix_file_system(), "/etc/fstab", kMaxFstab);
    if (!fstab.ok()) return done();  // none: nothing is promised to be mounted
    return check_mounted(path, as_text(fstab.value()));
}

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
    return name.data();
}

}  // namespace custody
