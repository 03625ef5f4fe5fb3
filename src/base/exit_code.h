// The exit codes of the command line: a contract (README.md, docs/COMMANDS.md). The service gives the same words and numbers in
// its answers (docs/API.md), so that a command which asks it ends as if it had done the work itself.
#pragma once

#include "base/result.h"

#include <optional>
#include <string_view>

namespace custody {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitSomeUnread = 3;
inline constexpr int kExitDamage = 4;
inline constexpr int kExitRefused = 5;
inline constexpr int kExitBusy = 6;
inline constexpr int kExitNotFound = 7;
inline constexpr int kExitWrongKey = 8;
inline constexpr int kExitInterrupted = 130;

[[nodiscard]] int exit_code_of(Code code);
// The word for it in JSON: "not_found". Never translated.
[[nodiscard]] std::string_view code_word(Code code);
// Back again; nothing for a word that is none of them.
[[nodiscard]] std::optional<Code> code_of_word(std::string_view word);

}  // namespace custody
