// The register of media and the findings out of the service's own records (records_source.h), for a catalogue that is rebuilt.
// Their bytes come from a vault: bounded, every field of the kind and from the list that it must be, or nothing of the file
// counts.
//
// Threads: any. Errors: corrupt, saying which field.
#pragma once

#include "base/bytes.h"
#include "catalog/rebuild.h"

#include <vector>

namespace custody {

[[nodiscard]] Result<std::vector<catalog::RecordedMedium>> read_media_register(ByteView json);
[[nodiscard]] Result<std::vector<catalog::Finding>> read_findings(ByteView json);

}  // namespace custody
