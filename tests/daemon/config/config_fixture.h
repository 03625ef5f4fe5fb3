// Configurations in tests: a sound one to change a line of, and its faults in one text.
#pragma once

#include "base/text.h"
#include "daemon/config/judge.h"
#include "daemon/config/law.h"
#include "daemon/config/reader.h"

#include <string>

namespace custody::test {

// For the life of it, however a test ends.
class InVietnamese {
public:
    InVietnamese() { set_language(Language::vietnamese); }
    ~InVietnamese() { set_language(Language::english); }
    InVietnamese(const InVietnamese&) = delete;
    InVietnamese& operator=(const InVietnamese&) = delete;
};

// Two media and a plan of important data, with what `more` adds.
inline std::string sound_config(const std::string& more = "") {
    return R"([[medium]]
name = "disk-a"
vault = "/mnt/disk-a/vault"
[[medium]]
name = "disk-b"
vault = "/mnt/disk-b/vault"
[[plan]]
name = "etc"
label = "config"
source = { files = ["/etc"] }
schedule = "30 1 * * *"
# what follows begins in line 13
)" + more;
}

// Every fault on a line of its own.
inline std::string faults_of(const ConfigReading& reading) {
    std::string lines;
    for (const ConfigFault& fault : reading.faults) lines += fault.line("c.toml") + "\n";
    return lines;
}

inline std::string faults_in(const std::string& text) { return faults_of(read_config("c.toml", text)); }

inline std::string lines_of(const std::vector<ConfigFault>& faults) {
    std::string lines;
    for (const ConfigFault& fault : faults) lines += fault.line("c.toml") + "\n";
    return lines;
}

// Judged by the built-in law, in UTC. `reading` faults are none of it.
inline Judgement judged(const std::string& text) {
    return judge(read_config("c.toml", text).config, LawBook::built_in(), ZoneRules());
}

}  // namespace custody::test
