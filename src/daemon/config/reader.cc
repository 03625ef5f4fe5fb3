#include "daemon/config/reader.h"

#include "base/text.h"
#include "daemon/config/references.h"
#include "daemon/config/section_readers.h"
#include "daemon/config/table_reader.h"
#include "daemon/config/toml_tree.h"

#include <array>

namespace custody {
namespace {

constexpr std::array<std::string_view, 2> kLanguages = {"vi", "en"};
// What people write at the top that has its place in a section.
constexpr std::array kMisplaced = {
    TableReader::Misplaced{"keyring", "[keys]"},   TableReader::Misplaced{"role", "[keys]"},
    TableReader::Misplaced{"vault", "[[medium]]"}, TableReader::Misplaced{"apply", "[law]"},
    TableReader::Misplaced{"source", "[[plan]]"},  TableReader::Misplaced{"schedule", "[[plan]]"},
    TableReader::Misplaced{"smtp", "[alert]"},     TableReader::Misplaced{"syslog", "[alert]"},
    TableReader::Misplaced{"jobs", "[service]"},   TableReader::Misplaced{"state_folder", "[service]"},
};

// One [section] of the file, where it is there.
template <class Read>
void section(TableReader& top, ConfigFaults& faults, const char* name, Read read) {
    faults.enter("");  // a section that is none is a fault of the file, not in the section
    const TomlValue* table = top.table(name);
    faults.enter(name);
    if (table != nullptr) read(*table);
}

// All [[section]]s of a name.
template <class Read>
void sections(TableReader& top, ConfigFaults& faults, const char* name, Read read) {
    faults.enter("");
    const std::vector<const TomlValue*> tables = top.tables(name);
    faults.enter(name);
    for (const TomlValue* table : tables) read(*table);
}

void read_top(const TomlValue& root, Config& config, ConfigFaults& faults) {
    TableReader top(root, config.at, faults);
    faults.enter("language");
    std::size_t language = 0;
    if (top.choice("language", kLanguages, language)) config.language = kLanguages[language];
    section(top, faults, "organisation", [&](const TomlValue& table) { read_organisation(table, config.organisation, faults); });
    section(top, faults, "law", [&](const TomlValue& table) { read_law(table, config.law, faults); });
    section(top, faults, "keys", [&](const TomlValue& table) { read_keys(table, config.keys, faults); });
    sections(top, faults, "medium", [&](const TomlValue& table) { config.media.push_back(read_medium(table, faults)); });
    section(top, faults, "label", [&](const TomlValue& table) { read_labels(table, config.labels, faults); });
    section(top, faults, "service", [&](const TomlValue& table) { read_service(table, config.service, faults); });
    sections(top, faults, "plan",
             [&](const TomlValue& table) { config.plans.push_back(read_plan(table, config.service.limits, faults)); });
    section(top, faults, "scan", [&](const TomlValue& table) { read_scan(table, config.scan, faults); });
    section(top, faults, "alert", [&](const TomlValue& table) { read_alert(table, config.alert, faults); });
    section(top, faults, "metrics", [&](const TomlValue& table) { read_metrics(table, config.metrics, faults); });
    section(top, faults, "journal", [&](const TomlValue& table) { read_journal(table, config.journal, faults); });
    faults.enter("");
    top.finish(kMisplaced);
}

}  // namespace

ConfigReading read_config(const std::string& file, std::string_view text) {
    ConfigReading reading;
    reading.config.file = file;
    reading.config.labels = built_in_labels();
    ConfigFaults faults;
    auto parsed = parse_toml(text);
    if (auto* fault = std::get_if<TomlFault>(&parsed)) {
        faults.add(fault->at, std::move(fault->words));
    } else {
        read_top(std::get<TomlValue>(parsed), reading.config, faults);
        resolve_references(reading.config, faults);
    }
    reading.faults = std::move(faults).sorted();
    return reading;
}

Result<ConfigReading> read_config_file(FileSystem& files, const std::string& path) {
    auto bytes = read_file(files, path, kMaxConfigSize);
    if (bytes.ok()) return read_config(path, as_text(*bytes));
    const Code code = bytes.error().code == Code::not_found ? Code::not_found : Code::usage;
    return Error{code, say("cannot read the configuration: {}", bytes.error().message)};
}

}  // namespace custody
