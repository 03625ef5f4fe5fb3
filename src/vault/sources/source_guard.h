// Guards against a snapshot of nothing: a source whose mount is absent shows the empty folder below it, and one that was emptied
// by an accident (or by somebody) would soon be all that retention leaves. Either fails with not_found (exit 7); no snapshot is
// made.
//
// What a source was at its last good run is remembered by the caller, as text (encode_source_memory). Judging is pure; looking
// (look_at_places) asks the kernel and libblkid, and may set off an automount.
// Ownership: values. Threads: safe. Errors: not_found; looking: io, denied. Units: bytes, files.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

// Where a named path lies.
struct SourcePlace {
    std::string path;
    std::string mount_point;
    std::string file_system;  // "ext4", "nfs4"
    std::string identity;     // the file system's UUID; what is mounted ("server:/export") where that cannot be read
    bool operator==(const SourcePlace&) const = default;
};
struct SourceMemory {
    std::vector<SourcePlace> places;
    std::uint64_t files = 0, bytes = 0;  // of the snapshot
};
struct GuardSettings {
    std::vector<std::string> mounts;  // folders at which something must be mounted, whatever was before
    std::uint32_t least_percent = 0;  // of the files of the last snapshot; below: as if it were empty
    bool may_have_moved = false;      // a person said that this is the source now, wherever it lies and however little it is
};

[[nodiscard]] Result<std::vector<SourcePlace>> look_at_places(const std::vector<std::string>& paths);
// Before the walk. `warnings`: what is odd and no fault (another file system where one was last time).
[[nodiscard]] Status check_places(const SourceMemory& last, const std::vector<SourcePlace>& now, const GuardSettings& settings,
                                  std::vector<std::string>& warnings);
// The mounts that the settings ask for. Looks.
[[nodiscard]] Status check_mounts(const GuardSettings& settings);
// After the walk, before the snapshot is published (BackupOptions::may_publish).
[[nodiscard]] Status check_content(const SourceMemory& last, std::uint64_t files_now, const GuardSettings& settings);

[[nodiscard]] Result<std::string> encode_source_memory(const SourceMemory& memory);
inline constexpr std::size_t kMaxSourceMemory = 1024 * 1024;
// corrupt: not what encode_source_memory writes.
[[nodiscard]] Result<SourceMemory> decode_source_memory(std::string_view text);

}  // namespace custody
