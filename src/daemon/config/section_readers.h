// The sections of a configuration, each from its table into its values. What needs more than one section to judge is left to
// references.h and to the law (judge.h). Faults are collected; a value at fault keeps its default.
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/faults.h"
#include "daemon/config/toml_tree.h"

#include <optional>
#include <vector>

namespace custody {

void read_organisation(const TomlValue& table, OrganisationConfig& into, ConfigFaults& faults);
void read_law(const TomlValue& table, LawConfig& into, ConfigFaults& faults);
void read_keys(const TomlValue& table, KeysConfig& into, ConfigFaults& faults);
[[nodiscard]] MediumConfig read_medium(const TomlValue& table, ConfigFaults& faults);
// All of [label.*]: the built-in ones with their defaults first, changed where the file says so.
[[nodiscard]] std::vector<LabelConfig> built_in_labels();
void read_labels(const TomlValue& table, std::vector<LabelConfig>& labels, ConfigFaults& faults);
// `limits`: the service's, which a plan inherits.
[[nodiscard]] PlanConfig read_plan(const TomlValue& table, const Limits& limits, ConfigFaults& faults);
// nullopt: at fault.
[[nodiscard]] std::optional<SourceConfig> read_source(const TomlValue& table, Places& places, ConfigFaults& faults);
void read_scan(const TomlValue& table, ScanConfig& into, ConfigFaults& faults);
void read_alert(const TomlValue& table, AlertConfig& into, ConfigFaults& faults);
void read_service(const TomlValue& table, ServiceConfig& into, ConfigFaults& faults);
void read_metrics(const TomlValue& table, MetricsConfig& into, ConfigFaults& faults);
void read_journal(const TomlValue& table, JournalConfig& into, ConfigFaults& faults);

// nice, ioprio, bandwidth: of the service and of a plan.
class TableReader;
void read_limits(TableReader& reader, Limits& into);

}  // namespace custody
