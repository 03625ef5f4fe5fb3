// Live databases as custody backup names them: opened with what the command line has, the scratch folder in the cache.
#pragma once

#include "cli/context.h"
#include "vault/sources/source.h"

#include <memory>
#include <string>
#include <vector>

namespace custody {

struct LiveSource {
    std::unique_ptr<Source> source;
    std::string default_name;
    std::vector<std::string> warnings;
    std::vector<std::string> physical_paths;  // what lies on disks here
};

[[nodiscard]] Result<LiveSource> open_sqlite_file(Context& context, const std::string& file);

}  // namespace custody
