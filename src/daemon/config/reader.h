// Reads a configuration: TOML to a Config, with every fault in it named by file, line and column.
//
// Only the text is looked at: no path, medium, server or law. The judgement by the law is judge.h, the whole is load.h. The
// command line reads with this, too, and minds only the faults of the sections that it uses (cli/settings).
//
// Owner: values. Threads: any. Errors: faults, collected, never thrown; a value at fault keeps its default, so that reading goes
// on. Of a text that is no TOML there is one fault. Bounds: toml_tree.h.
#pragma once

#include "base/file.h"
#include "daemon/config/config.h"
#include "daemon/config/faults.h"

#include <string>
#include <string_view>
#include <vector>

namespace custody {

struct ConfigReading {
    Config config;
    std::vector<ConfigFault> faults;  // in the order of the file
    [[nodiscard]] bool sound() const { return faults.empty(); }
};

// `file` is only for messages and Config::file.
[[nodiscard]] ConfigReading read_config(const std::string& file, std::string_view text);
// The same of a file; Code::usage or not_found when it cannot be read, or is larger than kMaxConfigSize.
[[nodiscard]] Result<ConfigReading> read_config_file(FileSystem& files, const std::string& path);

}  // namespace custody
