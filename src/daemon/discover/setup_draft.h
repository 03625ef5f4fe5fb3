// The configuration that `custody setup` would write: what is there stays, byte for byte, and is extended by what was answered.
//
// Pure but for choose_log_schedule. Threads: any. Errors: usage: what is there is no TOML, or an answer cannot be written.
#pragma once

#include "base/file.h"
#include "daemon/discover/discovered.h"
#include "daemon/discover/setup_answers.h"
#include "daemon/log_rotation.h"
#include "daemon/schedule/zone.h"

#include <string>
#include <vector>

namespace custody {

struct SetupDraft {
    std::string text;                // the whole file
    std::vector<std::string> added;  // the lines that are new, in the order of the file
    std::vector<std::string> kept;   // words: answers that were not taken, because something else is there
};

// `path`: for messages. `existing`: empty: there is none. `log_schedule`: of the ready plan for /var/log.
[[nodiscard]] Result<SetupDraft> draft_config(const std::string& path, const std::string& existing, const SetupAnswers& answers,
                                              const Discovered& found, const std::string& log_schedule);

// The most leisurely of four hours, one hour and a quarter of an hour with which no entry of /var/log is lost to rotation (B12);
// the last where none is enough, which the judgement of the configuration then says.
[[nodiscard]] std::string choose_log_schedule(FileSystem& files, const ZoneRules& zone, const RotationPlaces& places);

}  // namespace custody
