#include "daemon/config/load.h"

#include "daemon/config/judge.h"
#include "daemon/config/reader.h"

#include <algorithm>

namespace custody {

Result<LoadedConfig> load_config(FileSystem& files, const std::string& path, const ZoneRules& zone,
                                 const std::vector<std::string>& law_folders) {
    TRY_ASSIGN(ConfigReading reading, read_config_file(files, path));
    LawReading law = load_law(files, law_folders);
    LoadedConfig loaded;
    loaded.config = std::move(reading.config);
    loaded.law = std::move(law.book);
    Judgement judgement = judge(loaded.config, loaded.law, zone);
    loaded.config.exceptions = std::move(judgement.exceptions);
    std::vector<ConfigFault> faults = std::move(reading.faults);
    faults.insert(faults.end(), judgement.faults.begin(), judgement.faults.end());
    std::stable_sort(faults.begin(), faults.end(), [](const ConfigFault& a, const ConfigFault& b) { return a.at < b.at; });
    for (const ConfigFault& fault : faults) loaded.faults.push_back(fault.line(path));
    loaded.faults.insert(loaded.faults.end(), law.faults.begin(), law.faults.end());
    for (const ConfigFault& note : judgement.notes) loaded.notes.push_back(note.line(path));
    return loaded;
}

}  // namespace custody
