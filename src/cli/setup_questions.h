// The questions of `custody setup`, one at a time on the terminal, each with what is taken when nothing is answered in brackets.
//
// Threads: one. Errors: interrupted (a signal, or end of input at a question), io. Nothing is changed but `answers`.
#pragma once

#include "cli/terminal.h"
#include "daemon/config/config.h"
#include "daemon/discover/discovered.h"
#include "daemon/discover/setup_answers.h"

#include <string>

namespace custody {

// `config`: what is there already; what it says is not asked again.
[[nodiscard]] Result<SetupAnswers> ask_setup(Terminal& terminal, const Config& config, const Discovered& found);
// "[Y/n]".
[[nodiscard]] Result<bool> ask_yes(Terminal& terminal, const std::string& question, bool otherwise);

}  // namespace custody
