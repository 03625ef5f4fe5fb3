// Jobs as the API shows them (docs/API.md). Values; threads: any. Errors, of what asks the catalogue: as Catalog, not_found.
#pragma once

#include "base/records/canonical_json.h"
#include "catalog/jobs.h"

#include <optional>
#include <string>

namespace custody {

// `medium`: the name of the medium that the job's record names by its key; none: not known here, shown as null.
[[nodiscard]] Json to_json(const catalog::Job& job, const std::optional<std::string>& medium = {});  // a line of a list
[[nodiscard]] Json to_json(const catalog::JobDetails& details,
                           const std::optional<std::string>& medium = {});  // with phases and warnings

// The job as it stands in the catalogue, with its medium's name: what GET /v1/jobs/{id} answers, and the last line of its stream.
[[nodiscard]] Result<Json> job_document(catalog::Catalog& catalog, catalog::JobId id);

// How a command ends that waited for a job in this state: 0 done, 3 some items were not read, 130 cancelled; else that of the
// error. Nothing while the job is open.
[[nodiscard]] std::optional<int> exit_code_of(const catalog::Job& job);

}  // namespace custody
