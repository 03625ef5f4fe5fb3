// medium.json: which medium of the register a vault's folder is, and where it was when that was written. It tells the right disk
// from the wrong one under the right name, and a copy made by cp or dd from its original: both carry the same vault id, but not
// both can lie on the same file system, in the same folder, on the same disk. Canonical JSON with a checksum (docs/FORMAT.md,
// 10); not signed: it guards against mistakes, and what a vault holds is proven by its ledger.
//
// Threads: safe. Errors: corrupt: damaged; usage: a newer format; those of the store.
// Durable: when write_medium_identity returns.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "vault/store/local_store.h"
#include "vault/store/object_store.h"

#include <optional>
#include <string>

namespace custody {

// What a copy cannot have in common with its original. Empty or 0: not known, or of no durable meaning there (inodes of FAT and
// FUSE, UUID of a network file system).
struct MediumPlace {
    std::string file_system;       // "ext4"
    std::string file_system_uuid;  // as libblkid writes it
    std::uint64_t subvolume = 0;   // btrfs: id of the subvolume that the folder lies in
    std::uint64_t inode = 0;       // of the vault's folder
    std::string serial;            // of the one disk below
};

struct IdentityOnMedium {
    MediumId medium;
    std::string name;                // as it was called when this was written; the register's counts
    std::optional<FamilyId> family;  // none: prepared, and no vault made yet
    std::optional<VaultId> vault;
    MediumPlace place;
    Time made;
};

[[nodiscard]] Result<Bytes> encode(const IdentityOnMedium& identity);
[[nodiscard]] Result<IdentityOnMedium> decode_medium_identity(ByteView bytes);
// Nothing: there is none.
[[nodiscard]] Result<std::optional<IdentityOnMedium>> read_medium_identity(ObjectStore& store);
[[nodiscard]] Status write_medium_identity(ObjectStore& store, const IdentityOnMedium& identity);

// Where a folder lies now. The folder must exist. not_found, denied, io.
[[nodiscard]] Result<MediumPlace> place_of_folder(const std::string& folder);
// The same where no mount tells, with what is known of it: `device` empty: on none.
[[nodiscard]] Result<MediumPlace> place_on_device(const std::string& folder, const std::string& file_system,
                                                  const std::string& device);

enum class PlaceMatch {
    same,
    unknown,            // its file system's UUID is recorded and cannot be read now
    other_file_system,  // copied with cp or the like; or the file system was given another UUID
    other_folder,       // copied within its file system, or restored into it
    other_disk,         // copied with dd; or the disk sits in another enclosure, which tells a serial of its own
};
// Pure.
[[nodiscard]] PlaceMatch compare_places(const MediumPlace& recorded, const MediumPlace& now);

}  // namespace custody
