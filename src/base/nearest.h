// The known word that a slip of the hand was probably meant to be, for messages about words that are not known. Pure.
#pragma once

#include <span>
#include <string_view>

namespace custody {

// At most two letters away (Levenshtein's distance, in bytes), and less than half of the word. Empty: none is near. The first of
// those that are equally near.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace custody
