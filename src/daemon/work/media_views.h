// Media as the API shows them: the register, what the keeper sees, and what each owes. Values. Threads: any. Errors: of the
// catalogue; not_found.
#pragma once

#include "base/records/canonical_json.h"
#include "daemon/work/control.h"

#include <string>

namespace custody {

// {"media": [...]}: those of the register, then those that only the configuration names, by name.
[[nodiscard]] Result<Json> media_list(ServiceControl& control);
// One of these, with "moves".
[[nodiscard]] Result<Json> medium_view(ServiceControl& control, const std::string& name);

}  // namespace custody
