// Whether a medium may be written to now: there, the right one, writable, with room, sound enough to read its header, and on
// another disk than what it protects (duty B1). Asked before every run; nothing is assumed from the run before.
//
// Threads: safe. Writes one small file into the vault's tmp/ and removes it; never makes a folder, so that the path of a medium
// that is not mounted is never filled on the disk of the running system. Errors: io, where even /proc cannot be read; what is
// wrong with the medium is a finding. Units: bytes.
#pragma once

#include "base/block_device.h"
#include "base/file.h"
#include "base/kernel_view.h"
#include "vault/store/medium_identity.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

enum class MediumFault {
    absent,         // no vault at its path, or another file system is mounted there: not attached, or not mounted
    wrong_medium,   // another medium, or another vault, under its path
    unregistered,   // its vault bears no identity, and the register knows none: told, and no hindrance
    copied,         // a copy made with cp or dd of the vault that is expected
    other_disk,     // the same, or the disk sits in another enclosure: a person has to say
    place_unknown,  // who asks may not read which file system it is: told, and no hindrance
    damaged,        // header or identity cannot be read
    read_only,
    failing,  // reading or writing fails, or the file system has recorded errors
    no_room,
    with_system,   // on a disk of the running system
    with_source,   // on a disk of what is backed up
    with_medium,   // on a disk of another medium: the two count as one; told, and no hindrance
    disk_unknown,  // which disk it lies on cannot be told
    in_memory,
};
// "with_source", for records and JSON.
[[nodiscard]] std::string_view name_of(MediumFault fault);

struct MediumFinding {
    MediumFault fault = MediumFault::absent;
    Code code = Code::failed;  // of the error that a run gives up with
    std::string words;         // one line: what, where, what to do
    bool hinders = true;       // false: told only
    bool excepted = false;     // it hinders but for a recorded exception
    [[nodiscard]] bool stops() const { return hinders && !excepted; }
};

struct NamedPath {
    std::string name, path;
};

struct ExpectedMedium {
    std::string name;
    std::string vault;             // absolute path of the vault's folder
    std::string file_system_uuid;  // empty: not known
    std::optional<MediumId> id;    // none: not registered yet
    std::optional<VaultId> vault_id;
    std::string exception;  // of the disks that it shares: a document's number and reason; empty: none
};

struct ProbeRequest {
    ExpectedMedium medium;
    std::vector<std::string> sources;  // paths and devices that are backed up to it
    std::vector<NamedPath> others;     // vaults of the other media that are attached
    std::uint64_t needed_bytes = 0;    // an estimate of what the run will store
    KernelView view;
};

struct MediumProbe {
    std::vector<MediumFinding> findings;
    MountInfo mount;
    std::set<std::string> disks;  // kernel names
    std::uint64_t free_bytes = 0, total_bytes = 0;
    std::optional<IdentityOnMedium> identity;
    std::optional<VaultId> vault;
    [[nodiscard]] bool usable() const;
    // The first finding that stops a run, as an error. Precondition: !usable().
    [[nodiscard]] Error why_not() const;
};
[[nodiscard]] Result<MediumProbe> probe_medium(FileSystem& files, const ProbeRequest& request);

// The same without writing anything, and without a word about room and disks: whether it is there and the right one, from moment
// to moment. Room is told as it is.
[[nodiscard]] Result<MediumProbe> glance_at_medium(FileSystem& files, const ExpectedMedium& medium);

// Duty B1 and B6 alone, also of a path that does not exist yet. Pure but for what it reads of the view.
[[nodiscard]] std::vector<MediumFinding> judge_independence(const ProbeRequest& request);
// How many of these places can be lost one without the other: those that share a disk count as one, one on no known disk (a
// network file system) as one of its own.
[[nodiscard]] std::size_t independent_places(const std::vector<std::string>& paths, const KernelView& view = {});

}  // namespace custody
