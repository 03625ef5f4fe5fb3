#include "daemon/config/load.h"

#include "daemon/config/judge.h"
#include "daemon/config/reader.h"
#include "daemon/config/rotation_check.h"

#include <algorithm>
#include <iterator>

namespace custody {
namespace {

template <class List>
void append(List& to, List from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// An exception that only the machine's own log rotation needs is no idle one.
void drop_note_of_used(const RecordedException& used, const Config& config, std::vector<ConfigFault>& notes) {
    for (const PlanConfig& plan : config.plans) {
        if (plan.at.of("schedule") != used.at || !plan.exception.given()) continue;
        std::erase_if(notes, [&](const ConfigFault& note) { return note.at == plan.at.of("exception"); });
    }
}

LoadedConfig judged(FileSystem& files, const std::string& path, ConfigReading reading, const ZoneRules& zone,
                    const std::vector<std::string>& law_folders, const RotationPlaces* rotation) {
    LawReading law = load_law(files, law_folders);
    LoadedConfig loaded;
    loaded.config = std::move(reading.config);
    loaded.law = std::move(law.book);
    Judgement judgement = judge(loaded.config, loaded.law, zone);
    if (rotation != nullptr) {
        Judgement more = judge_rotation(files, loaded.config, zone, *rotation);
        for (const RecordedException& used : more.exceptions) drop_note_of_used(used, loaded.config, judgement.notes);
        append(judgement.faults, std::move(more.faults));
        append(judgement.exceptions, std::move(more.exceptions));
        append(judgement.notes, std::move(more.notes));
    }
    loaded.config.exceptions = std::move(judgement.exceptions);
    std::vector<ConfigFault> faults = std::move(reading.faults);
    append(faults, std::move(judgement.faults));
    std::stable_sort(faults.begin(), faults.end(), [](const ConfigFault& a, const ConfigFault& b) { return a.at < b.at; });
    for (const ConfigFault& fault : faults) loaded.faults.push_back(fault.line(path));
    append(loaded.faults, std::move(law.faults));
    for (const ConfigFault& note : judgement.notes) loaded.notes.push_back(note.line(path));
    return loaded;
}

}  // namespace

Result<LoadedConfig> load_config(FileSystem& files, const std::string& path, const ZoneRules& zone,
                                 const std::vector<std::string>& law_folders, const RotationPlaces* rotation) {
    TRY_ASSIGN(ConfigReading reading, read_config_file(files, path));
    return judged(files, path, std::move(reading), zone, law_folders, rotation);
}

LoadedConfig load_config_text(FileSystem& files, const std::string& path, std::string_view text, const ZoneRules& zone,
                              const std::vector<std::string>& law_folders, const RotationPlaces* rotation) {
    return judged(files, path, read_config(path, text), zone, law_folders, rotation);
}

}  // namespace custody
