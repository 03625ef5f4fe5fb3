// Jobs as the API shows them (docs/API.md). Values; threads: any.
#pragma once

#include "base/records/canonical_json.h"
#include "catalog/jobs.h"

namespace custody {

[[nodiscard]] Json to_json(const catalog::Job& job);             // a line of a list
[[nodiscard]] Json to_json(const catalog::JobDetails& details);  // with phases and warnings

}  // namespace custody
