#include "vault/store/medium_identity.h"

#include "base/block_device_file_system.h"
#include "base/file.h"
#include "base/records/canonical_json.h"
#include "base/text.h"
#include "vault/keys/keyring_file.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace custody {
namespace {

constexpr std::string_view kMediumPurpose = "custody medium 1";
constexpr std::string_view kMediumWord = "medium.json";
constexpr std::size_t kMaxSize = 16 * 1024;
constexpr std::size_t kMaxText = 512;
constexpr std::uint64_t kReadableFormat = 1;
constexpr std::uint64_t kMaxNumber = std::uint64_t{1} << 53;  // of canonical JSON

bool keeps_inodes(const std::string& file_system) {
    constexpr std::array<std::string_view, 9> kKinds = {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "jfs", "zfs", "bcachefs"};
    return std::find(kKinds.begin(), kKinds.end(), file_system) != kKinds.end();
}

// The id of the subvolume that an open file lies in; anybody may ask for that of his own.
std::uint64_t subvolume_of(int fd) {
    btrfs_ioctl_ino_lookup_args asked{};
    asked.objectid = BTRFS_FIRST_FREE_OBJECTID;
    return ::ioctl(fd, BTRFS_IOC_INO_LOOKUP, &asked) == 0 ? asked.treeid : 0;
}

Result<std::string> short_text(const Json& body, const char* key) {
    TRY_ASSIGN(std::string text, json_text(body, key, kMediumWord));
    if (text.size() > kMaxText) return Error{Code::corrupt, say("its field '{}' is too long", key)};
    return text;
}

template <class AnyId>
Status take_id(const Json& body, const char* key, std::optional<AnyId>& id) {
    if (!body.contains(key)) return done();
    TRY_ASSIGN(id, json_id<AnyId>(body, key, kMediumWord));
    return done();
}

Result<IdentityOnMedium> identity_of(const Json& body) {
    IdentityOnMedium identity;
    TRY_ASSIGN(identity.medium, json_id<MediumId>(body, "medium", kMediumWord));
    TRY_ASSIGN(identity.name, short_text(body, "name"));
    TRY(take_id(body, "family", identity.family));
    TRY(take_id(body, "vault", identity.vault));
    TRY_ASSIGN(identity.place.file_system, short_text(body, "file_system"));
    TRY_ASSIGN(identity.place.file_system_uuid, short_text(body, "file_system_uuid"));
    TRY_ASSIGN(identity.place.subvolume, json_number(body, "subvolume", kMediumWord));
    TRY_ASSIGN(identity.place.inode, json_number(body, "inode", kMediumWord));
    TRY_ASSIGN(identity.place.serial, short_text(body, "serial"));
    TRY_ASSIGN(const std::string made, short_text(body, "made"));
    const auto time = parse_time(made);
    if (!time.ok()) return Error{Code::corrupt, say("its time of creation is no time")};
    identity.made = *time;
    return identity;
}

Error damaged(const Error& why) {
    return {Code::corrupt,
            say("medium.json is damaged: {}; `custody media register NAME --new-identity` writes it again", why.message)};
}

std::string as_utf8(const std::string& text) { return is_utf8(text) ? text : printable(text); }

}  // namespace

Result<Bytes> encode(const IdentityOnMedium& identity) {
    Json body = {{"format", kReadableFormat},
                 {"medium", identity.medium.hex()},
                 {"name", as_utf8(identity.name)},
                 {"file_system", as_utf8(identity.place.file_system)},
                 {"file_system_uuid", as_utf8(identity.place.file_system_uuid)},
                 {"subvolume", identity.place.subvolume},
                 {"inode", identity.place.inode},
                 {"serial", as_utf8(identity.place.serial)},
                 {"made", to_rfc3339_utc(identity.made)}};
    if (identity.family) body["family"] = identity.family->hex();
    if (identity.vault) body["vault"] = identity.vault->hex();
    return encode_checksummed(body, kMediumPurpose);
}

Result<IdentityOnMedium> decode_medium_identity(ByteView bytes) {
    const auto body = decode_checksummed(bytes, kMediumPurpose, kMaxSize);
    if (!body.ok()) return damaged(body.error());
    if (!body->is_object()) return damaged({Code::corrupt, say("it is no object")});
    const auto version = json_number(*body, "format", kMediumWord);
    if (!version.ok()) return damaged(version.error());
    if (*version > kReadableFormat) {
        return Error{Code::usage, say("medium.json needs Custody that reads format {}, this one reads {}: update Custody",
                                      *version, kReadableFormat)};
    }
    auto identity = identity_of(*body);
    if (!identity.ok()) return damaged(identity.error());
    return identity;
}

Result<std::optional<IdentityOnMedium>> read_medium_identity(ObjectStore& store) {
    const auto bytes = store.get(kMediumObject, kMaxSize);
    if (!bytes.ok()) {
        if (bytes.error().code == Code::not_found) return std::optional<IdentityOnMedium>();
        return bytes.error().code == Code::corrupt ? damaged(bytes.error()) : bytes.error();
    }
    TRY_ASSIGN(IdentityOnMedium identity, decode_medium_identity(*bytes));
    return std::optional(std::move(identity));
}

Status write_medium_identity(ObjectStore& store, const IdentityOnMedium& identity) {
    TRY_ASSIGN(const Bytes bytes, encode(identity));
    return store.replace(kMediumObject, bytes);
}

Result<MediumPlace> place_on_device(const std::string& folder, const std::string& file_system, const std::string& device) {
    const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid()) return system_error(errno, "open", folder);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return system_error(errno, "look at", folder);
    MediumPlace place;
    place.file_system = file_system;
    if (keeps_inodes(file_system) && info.st_ino <= kMaxNumber) place.inode = info.st_ino;
    if (file_system == "btrfs") place.subvolume = std::min(subvolume_of(fd.get()), kMaxNumber);
    if (device.empty()) return place;
    const auto on = file_system_on(device);
    if (on.ok()) place.file_system_uuid = on->uuid;  // not ok: unknown, which compare_places tells
    place.serial = serial_below(device);
    return place;
}

Result<MediumPlace> place_of_folder(const std::string& folder) {
    TRY_ASSIGN(const MountInfo mount, mount_of(folder));
    return place_on_device(folder, mount.file_system, device_node_of(mount));
}

PlaceMatch compare_places(const MediumPlace& recorded, const MediumPlace& now) {
    const auto differ = [](const auto& a, const auto& b) { return a != b && a != decltype(a){} && b != decltype(b){}; };
    if (differ(recorded.file_system_uuid, now.file_system_uuid)) return PlaceMatch::other_file_system;
    const bool lost_uuid = now.file_system_uuid.empty() && !recorded.file_system_uuid.empty();
    if (lost_uuid && recorded.file_system != now.file_system) return PlaceMatch::other_file_system;  // NFS, memory
    if (lost_uuid) return PlaceMatch::unknown;
    if (differ(recorded.inode, now.inode) || differ(recorded.subvolume, now.subvolume)) return PlaceMatch::other_folder;
    if (differ(recorded.serial, now.serial)) return PlaceMatch::other_disk;
    return PlaceMatch::same;
}

}  // namespace custody
