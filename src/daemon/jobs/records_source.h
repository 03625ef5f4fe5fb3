// What of the service itself is backed up every night: the catalogue, the configuration file, and what a person wants to read
// without a program when all else is lost: the register of media and the findings, as JSON (docs/CATALOG.md, "Records").
//
// Ownership: the source owns its copy of the catalogue, which lies in a private folder below `scratch` and goes with it;
// catalogue and clock outlive it. Threads: one run of a backup. Errors: those of the catalogue and of reading the configuration's
// file.
#pragma once

#include "base/records/canonical_json.h"
#include "catalog/database.h"
#include "daemon/config/config.h"
#include "vault/sources/scratch_area.h"
#include "vault/sources/source.h"

#include <memory>
#include <string>

namespace custody {

inline constexpr const char* kRecordsRoot = "/records";

struct RecordsSource {
    std::shared_ptr<const ScratchArea> scratch;  // before the source, which reads from it
    std::unique_ptr<Source> source;              // a tree of files below kRecordsRoot
};
[[nodiscard]] Result<RecordsSource> open_records(FileSystem& files, const Clock& clock, catalog::Catalog& catalog,
                                                 const Config& config, const std::string& scratch, const StopFlag& stop);

// {"format": "custody media register 1", "made", "media": [...]}, {"format": "custody findings 1", "made", "open", "resolved"}.
[[nodiscard]] Result<Json> media_register_json(catalog::Catalog& catalog);
[[nodiscard]] Result<Json> findings_json(catalog::Catalog& catalog);

}  // namespace custody
