// Numbers with their nouns. English has "1 file" and "2 files", Vietnamese one form: both English texts are written out, and the
// translation is looked up by the second. Threads: as say().
#pragma once

#include "base/text.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace custody {

// say_count(files, "{} file", "{} files"). The count is the first argument of the text; more may follow.
template <class... Args>
[[nodiscard]] std::string say_count(std::uint64_t count, std::string_view one, std::string_view many, Args&&... args) {
    const bool singular = count == 1 && language() == Language::english;
    return fmt::vformat(singular ? one : translate(many), fmt::make_format_args(count, args...));
}

}  // namespace custody
