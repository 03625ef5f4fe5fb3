// How deep a TOML text goes, before anything recursive reads it: toml++ bounds lists, but neither keys of many parts nor both
// together, and a text of 1 MiB could nest half a million tables. Pure, one pass, no recursion.
#pragma once

#include "daemon/config/places.h"

#include <optional>
#include <string_view>

namespace custody {

// Where the text goes deeper than kMaxNesting brackets or has a key of more than kMaxKeyParts parts. Texts that are no TOML are
// followed up to their first fault, which is as far as a reader comes.
[[nodiscard]] std::optional<Position> too_deep(std::string_view text);

}  // namespace custody
