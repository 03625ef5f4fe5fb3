#include "vault/sources/source_guard.h"

#include "base/block_device.h"
#include "base/file.h"
#include "base/records/canonical_json.h"
#include "base/text.h"

#include <blkid/blkid.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

namespace custody {
namespace {

constexpr std::size_t kMaxPlaces = 4096;
constexpr const char* kGuardMemory = "what is remembered of a source";

// Of the file system on a device; empty where it cannot be read.
std::string uuid_of(const std::string& device) {
    struct stat status {};
    if (!device.starts_with("/dev/") || ::stat(device.c_str(), &status) != 0 || !S_ISBLK(status.st_mode)) return {};
    const std::unique_ptr<std::remove_pointer_t<blkid_probe>, decltype(&blkid_free_probe)> probe(
        blkid_new_probe_from_filename(device.c_str()), &blkid_free_probe);
    if (!probe) return {};
    blkid_probe_enable_superblocks(probe.get(), 1);
    blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_UUID);
    const char* value = nullptr;
    if (blkid_do_safeprobe(probe.get()) != 0 || blkid_probe_lookup_value(probe.get(), "UUID", &value, nullptr) != 0) return {};
    return value == nullptr ? std::string() : std::string(value);
}

// An automount point shows what belongs there only once somebody goes in.
void go_in(const std::string& path) { const Fd visit(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)); }

Result<SourcePlace> look_at(const std::string& path) {
    go_in(path);
    TRY_ASSIGN(const MountInfo mount, mount_of(path));
    const std::string uuid = uuid_of(mount.source);
    return SourcePlace{path, mount.point, mount.file_system, uuid.empty() ? mount.source : uuid};
}

bool lies_above(const std::string& folder, const std::string& path) {
    return path != folder && (folder == "/" || path.starts_with(folder + "/"));
}

const SourcePlace* place_of(const std::vector<SourcePlace>& places, const std::string& path) {
    const auto found = std::find_if(places.begin(), places.end(), [&](const SourcePlace& place) { return place.path == path; });
    return found == places.end() ? nullptr : &*found;
}

constexpr const char* kWayOut = "; if this is how it is to be from now on, say so with --source-changed";

}  // namespace

Result<std::vector<SourcePlace>> look_at_places(const std::vector<std::string>& paths) {
    std::vector<SourcePlace> places;
    for (const std::string& path : paths) {
        TRY_ASSIGN(SourcePlace place, look_at(path));
        places.push_back(std::move(place));
    }
    return places;
}

Status check_places(const SourceMemory& last, const std::vector<SourcePlace>& now, const GuardSettings& settings,
                    std::vector<std::string>& warnings) {
    if (settings.may_have_moved) return done();
    for (const SourcePlace& before : last.places) {
        const SourcePlace* place = place_of(now, before.path);
        if (place == nullptr) continue;  // no longer part of the plan
        if (lies_above(place->mount_point, before.mount_point)) {
            return Error{
                Code::not_found,
                say("no snapshot is made of {}: at the last run {} ({}) was mounted at {}, and now nothing is; mount it, and "
                    "run again",
                    printable(before.path), before.file_system, printable(before.identity), printable(before.mount_point)) +
                    std::string(translate(kWayOut))};
        }
        if (place->mount_point == before.mount_point && place->identity != before.identity) {
            warnings.push_back(say("at {} another file system is mounted than at the last run: {} ({}), and it was {} ({})",
                                   printable(place->mount_point), place->file_system, printable(place->identity),
                                   before.file_system, printable(before.identity)));
        }
    }
    return done();
}

Status check_mounts(const GuardSettings& settings) {
    for (const std::string& folder : settings.mounts) {
        go_in(folder);
        TRY_ASSIGN(const auto mounts, list_mounts());
        const bool is_mounted = std::any_of(mounts.begin(), mounts.end(), [&](const MountInfo& mount) {
            return mount.point == folder && mount.file_system != "autofs";
        });
        if (is_mounted) continue;
        return Error{Code::not_found,
                     say("no snapshot is made: nothing is mounted at {}, as the settings ask for; mount it, and run "
                         "again",
                         printable(folder))};
    }
    return done();
}

Status check_content(const SourceMemory& last, std::uint64_t files_now, const GuardSettings& settings) {
    if (settings.may_have_moved || last.files == 0) return done();
    if (files_now == 0) {
        return Error{Code::not_found,
                     say("no snapshot is made: the source holds no file, and held {} at the last run; look whether it "
                         "was emptied, or not mounted",
                         last.files) +
                         std::string(translate(kWayOut))};
    }
    // Divided first: no count overflows.
    const std::uint64_t least = last.files / 100 * settings.least_percent + last.files % 100 * settings.least_percent / 100;
    if (files_now >= least) return done();
    return Error{Code::not_found,
                 say("no snapshot is made: the source holds {} files, fewer than {} % of the {} at the last run; look "
                     "what became of them",
                     files_now, settings.least_percent, last.files) +
                     std::string(translate(kWayOut))};
}

Result<std::string> encode_source_memory(const SourceMemory& memory) {
    Json places = Json::array();
    for (const SourcePlace& place : memory.places) {
        // Paths are bytes: what JSON cannot hold goes as base64.
        places.push_back({{"path", to_base64(as_bytes(place.path))},
                          {"mount_point", to_base64(as_bytes(place.mount_point))},
                          {"file_system", place.file_system},
                          {"identity", to_base64(as_bytes(place.identity))}});
    }
    return to_canonical_json({{"places", places}, {"files", memory.files}, {"bytes", memory.bytes}});
}

Result<SourceMemory> decode_source_memory(std::string_view text) {
    TRY_ASSIGN(const Json json, parse_json(as_bytes(text), kMaxSourceMemory));
    const auto bytes_of = [](const Json& object, const char* key) -> Result<std::string> {
        TRY_ASSIGN(const std::string encoded, json_text(object, key, kGuardMemory));
        const auto bytes = from_base64(encoded);
        if (!bytes) return Error{Code::corrupt, say("{} is damaged: '{}'", translate(kGuardMemory), key)};
        return std::string(as_text(*bytes));
    };
    SourceMemory memory;
    TRY_ASSIGN(memory.files, json_number(json, "files", kGuardMemory));
    TRY_ASSIGN(memory.bytes, json_number(json, "bytes", kGuardMemory));
    const auto places = json.find("places");
    if (places == json.end() || !places->is_array() || places->size() > kMaxPlaces) {
        return Error{Code::corrupt, say("{} is damaged: '{}'", translate(kGuardMemory), "places")};
    }
    for (const Json& each : *places) {
        SourcePlace place;
        TRY_ASSIGN(place.path, bytes_of(each, "path"));
        TRY_ASSIGN(place.mount_point, bytes_of(each, "mount_point"));
        TRY_ASSIGN(place.file_system, json_text(each, "file_system", kGuardMemory));
        TRY_ASSIGN(place.identity, bytes_of(each, "identity"));
        memory.places.push_back(std::move(place));
    }
    return memory;
}

}  // namespace custody
