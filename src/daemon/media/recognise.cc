#include "daemon/media/recognise.h"

#include "base/block_device.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "daemon/media/mounting.h"

#include <fmt/format.h>

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kMostLookedAt = 64;

// Where the file system of a device can be read: its mount, or a hidden one, which is kept as long as this lives.
struct Reach {
    std::string path;
    std::string type;
    std::optional<HiddenMount> hidden;
};

Result<Reach> reach(const std::string& device) {
    TRY_ASSIGN(const auto mounts, list_mounts());
    const std::string real = sysfs::real_path(device);
    for (const auto& mount : mounts) {
        if (device_node_of(mount) == real) return Reach{mount.point, mount.file_system, std::nullopt};
    }
    TRY_ASSIGN(HiddenMount hidden, HiddenMount::open(device));
    std::string path = hidden.path();
    std::string type = hidden.file_system();
    return Reach{std::move(path), std::move(type), std::move(hidden)};
}

// A damaged identity is told when the medium is used; here it only says nothing.
Status look_in(const Reach& at, const std::string& device, const std::string& folder, std::vector<IdentityFound>& found) {
    const std::string path = folder.empty() ? at.path : join_path(at.path, folder);
    const auto store = make_local_store(posix_file_system(), path);
    const auto identity = read_medium_identity(*store);
    if (!identity.ok()) return identity.error().code == Code::io ? Status(identity.error()) : done();
    if (!identity->has_value()) return done();
    TRY_ASSIGN(MediumPlace place, place_on_device(path, at.type, device));
    found.push_back({folder, **identity, std::move(place)});
    return done();
}

std::size_t medium_of(const std::vector<KnownMedium>& known, const std::string& uuid) {
    const auto it =
        std::find_if(known.begin(), known.end(), [&](const KnownMedium& medium) { return medium.file_system_uuid == uuid; });
    return static_cast<std::size_t>(it - known.begin());
}

void judge_identity(const KnownMedium& medium, const IdentityFound& found, Recognised& result) {
    result.identity = found.identity;
    result.folder = found.folder;
    const PlaceMatch match = compare_places(found.identity.place, found.place);
    result.what = match == PlaceMatch::same || match == PlaceMatch::unknown ? Recognition::registered : Recognition::copied;
    if (result.what == Recognition::registered) return;
    result.words =
        match == PlaceMatch::other_disk
            ? say("{} bears the identity of the medium {} and is another disk: copied with dd, or the disk sits in another "
                  "enclosure; mount it and run 'custody media register' with --own-identity or --same-medium",
                  printable(result.device), printable(medium.name))
            : say("{} holds a copy of the medium {}: nothing is written to it; mount it and run 'custody media register' with "
                  "--own-identity to make it a vault of its own",
                  printable(result.device), printable(medium.name));
}

}  // namespace

Result<std::vector<IdentityFound>> identities_on(const std::string& device) {
    TRY_ASSIGN(const Reach at, reach(device));
    std::vector<IdentityFound> found;
    TRY(look_in(at, device, "", found));
    TRY_ASSIGN(auto items, posix_file_system().list(at.path));
    std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    std::size_t folders = 0;
    for (const auto& item : items) {
        if (!item.is_directory || item.name == "lost+found" || ++folders > kMostLookedAt) continue;
        TRY(look_in(at, device, item.name, found));
    }
    return found;
}

Result<Recognised> recognise_device(const std::string& device, const std::vector<KnownMedium>& known) {
    Recognised result;
    result.device = device;
    auto on = file_system_on(device);
    if (!on.ok()) {
        const bool is_there = sysfs::exists(device);
        if (is_there && (on.error().code == Code::not_found || on.error().code == Code::usage)) return result;
        return on.error();
    }
    result.on = std::move(*on);
    result.medium = medium_of(known, result.on.uuid);
    if (result.on.uuid.empty() || result.medium == known.size()) return result;
    const KnownMedium& medium = known[result.medium];
    if (const auto same = devices_with_uuid(result.on.uuid); same.size() > 1) {
        result.what = Recognition::several;
        result.words =
            say("{} bear the file system of the medium {}: one is a copy made with dd, and nothing here tells which; take "
                "out all but the right one, and give the copy a UUID of its own (for ext4 'tune2fs -U random')",
                fmt::format("{}", fmt::join(same, ", ")), printable(medium.name));
        return result;
    }
    const auto found = identities_on(device);
    if (!found.ok() && (found.error().code == Code::usage || found.error().code == Code::denied)) {
        result.what = Recognition::registered;  // its UUID must do; the probe looks again when it is mounted
        return result;
    }
    TRY(found);
    for (const IdentityFound& one : *found) {
        if (medium.id && one.identity.medium != *medium.id) continue;
        judge_identity(medium, one, result);
        return result;
    }
    // Registered, and its identity not yet written, is as before; of another identity, or without the one it had, it is not.
    result.what = medium.id ? Recognition::strange : Recognition::registered;
    if (medium.id)
        result.words =
            say("{} has the file system of the medium {} and does not hold it: nothing is written to it; was the disk "
                "emptied, or its vault moved?",
                printable(device), printable(medium.name));
    return result;
}

}  // namespace custody
