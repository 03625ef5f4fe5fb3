// The whole of a configuration: read, its references resolved, judged by the law that applies. What custodyd starts with and
// reloads, and what --check-config shows.
//
// Owner: values. Threads: any. Errors: not_found, usage when the file cannot be read; all else is a fault in LoadedConfig. A
// configuration with a fault must not be used: the service keeps the one it has.
#pragma once

#include "base/file.h"
#include "daemon/config/config.h"
#include "daemon/config/faults.h"
#include "daemon/config/law.h"
#include "daemon/log_rotation.h"
#include "daemon/schedule/zone.h"

#include <string>
#include <string_view>
#include <vector>

namespace custody {

struct LoadedConfig {
    Config config;  // with its exceptions
    LawBook law;
    std::vector<std::string> faults;  // "file:line:column: words"; those of law files after those of the configuration
    std::vector<std::string> notes;   // of the same form
    [[nodiscard]] bool sound() const { return faults.empty(); }
};

// `rotation`: how this machine keeps its logs is looked at as well (duty B12, rotation_check.h); null: the configuration is of
// another machine, or nobody asks.
[[nodiscard]] Result<LoadedConfig> load_config(FileSystem& files, const std::string& path, const ZoneRules& zone,
                                               const std::vector<std::string>& law_folders,
                                               const RotationPlaces* rotation = nullptr);
// The same of a text that is not written yet; `path` is what it will be called.
[[nodiscard]] LoadedConfig load_config_text(FileSystem& files, const std::string& path, std::string_view text,
                                            const ZoneRules& zone, const std::vector<std::string>& law_folders,
                                            const RotationPlaces* rotation = nullptr);

}  // namespace custody
