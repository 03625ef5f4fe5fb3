// What several routes take out of a request. Values; threads: any (handlers run on many). Errors: usage, naming the field.
#pragma once

#include "catalog/jobs.h"
#include "daemon/api/route.h"

#include <optional>
#include <string>
#include <string_view>

namespace custody {

// The account at the other end, as the system names it; "uid 1000" where it has no name.
[[nodiscard]] std::string account_of(const ApiPeer& peer);
// Nothing where it is missing, null or empty. One line: control characters become U+FFFD.
[[nodiscard]] Result<std::optional<std::string>> optional_text(const ApiRequest& request, std::string_view field);
// {id} of the path. usage: no number.
[[nodiscard]] Result<catalog::JobId> job_of_path(const ApiRequest& request);

}  // namespace custody
