// Standard archives that any tool opens, streamed by libarchive: pax tar, the same under zstd, and zip (64).
// What a format cannot carry is said in warnings. The one door to libarchive.
#pragma once

#include "restore/restorer.h"

namespace custody {

enum class ArchiveFormat { tar, tar_zstd, zip };
[[nodiscard]] Result<ArchiveFormat> archive_format_of(const std::string& output_path);  // by its ending; usage
// Written under a temporary name beside `output`, synced, then named; `output` must not exist. A file that cannot be read whole
// is named and left out whole: when damage shows after its beginning was written, the archive is begun again without it.
[[nodiscard]] Result<RestoreResult> export_snapshot(Repository& repository, const Snapshot& snapshot,
                                                    const UnlockedKeyring& unlocked, const std::vector<std::string>& paths,
                                                    const std::string& output, Progress& progress, const StopFlag& stop);

}  // namespace custody
