#include "daemon/config/section_readers.h"

#include "base/file.h"
#include "base/text.h"
#include "daemon/config/table_reader.h"
#include "daemon/config/values.h"
#include "vault/history/lawful_term.h"
#include "vault/keys/label_name.h"
#include "vault/snapshot_name.h"
#include "vault/store/vault_header.h"

#include <algorithm>
#include <array>

namespace custody {
namespace {

constexpr std::array<std::string_view, 2> kRoles = {"custodian", "writer"};
constexpr std::array<std::string_view, 2> kImportance = {"important", "ordinary"};

// What a medium is called: on labels, in addresses, in media = [...].
Status check_medium_name(const std::string& name) {
    if (check_snapshot_name(name).ok() && name.find('/') == std::string::npos) return done();
    return Error{Code::usage, say("'{}' cannot name a medium: one line of at most {} bytes without '@' and '/', not 'latest', no "
                                  "blank at either end",
                                  printable(name), kMaxSnapshotName)};
}

// A path, or file:///path; what is behind another scheme is refused in words that say what to do instead.
void read_vault(TableReader& reader, std::string& into) {
    const TomlEntry* entry = reader.any("vault");
    if (entry == nullptr || entry->value.kind != TomlValue::Kind::text || entry->value.text.find("://") == std::string::npos) {
        reader.path("vault", into);
        return;
    }
    auto path = parse_vault_reference(entry->value.text);
    if (path.ok()) {
        into = *std::move(path);
    } else {
        reader.fault("vault", path.error().message);
    }
}

// 4af1c4d2-...; ABCD-1234 of FAT; 16 digits of NTFS.
Status check_uuid(const std::string& text) {
    const auto allowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '-';
    };
    if (text.size() >= 8 && text.size() <= 36 && std::all_of(text.begin(), text.end(), allowed)) return done();
    return Error{Code::usage, say("'{}' is no UUID of a file system; 'blkid DEVICE' shows it", printable(text))};
}

void read_mount_point(TableReader& reader, MediumConfig& medium) {
    medium.mount_point = medium.vault.empty() ? "" : parent_path(medium.vault);
    if (!reader.path("mount", medium.mount_point) || medium.vault.empty()) return;
    const bool below = medium.vault == medium.mount_point || medium.vault.starts_with(medium.mount_point + "/");
    if (!below)
        reader.fault("mount", say("the vault {} does not lie below its mount point {}", medium.vault, medium.mount_point));
}

struct Defaults {
    std::string_view name;
    Importance importance;
    std::string_view retention;
    std::int64_t drill_every_ns;
};
// Important data: two media, monthly at least (B3, B6). Logs: everything for six months (B12); never less than the vault's own
// floor.
constexpr std::array<Defaults, 5> kBuiltIn = {{
    {"config", Importance::important, "daily 14, weekly 8, monthly 12, yearly 5", 31 * kDay},
    {"image", Importance::important, "weekly 4, monthly 12", 92 * kDay},
    {"database", Importance::important, "daily 31, weekly 8, monthly 24, yearly 5", 31 * kDay},
    {"business", Importance::important, "daily 31, weekly 8, monthly 24, yearly 10", 31 * kDay},
    {"log", Importance::ordinary, "within 184d, monthly 12", 92 * kDay},
}};
constexpr Defaults kOwnLabel = {"", Importance::important, "daily 14, weekly 8, monthly 12, yearly 5", 31 * kDay};

LabelConfig label_of(const Defaults& defaults, const std::string& name) {
    LabelConfig label;
    label.name = name;
    label.built_in = !defaults.name.empty();
    label.importance = defaults.importance;
    if (const auto rule = parse_retention(defaults.retention); rule.ok()) label.retention = *rule;
    const std::int64_t floor = lawful_term(name).length_ns;
    if (floor != 0) label.retention.within_ns = std::max(label.retention.within_ns.value_or(0), floor);
    label.drill_every_ns = defaults.drill_every_ns;
    return label;
}

void read_label(const TomlValue& table, LabelConfig& label, ConfigFaults& faults) {
    TableReader reader(table, label.at, faults);
    std::size_t importance = static_cast<std::size_t>(label.importance);
    if (reader.choice("importance", kImportance, importance)) label.importance = static_cast<Importance>(importance);
    reader.parsed("retention", [&](const std::string& text) -> Status {
        TRY_ASSIGN(label.retention, parse_retention(text));
        return done();
    });
    reader.duration("drill_every", label.drill_every_ns, 0);
    reader.exception("exception", label.exception);
    reader.finish();
}

}  // namespace

void read_organisation(const TomlValue& table, OrganisationConfig& into, ConfigFaults& faults) {
    TableReader reader(table, into.at, faults);
    reader.text("name", into.name);
    reader.text("superior", into.superior);
    reader.text("place", into.place);
    reader.finish();
}

void read_law(const TomlValue& table, LawConfig& into, ConfigFaults& faults) {
    TableReader reader(table, into.at, faults);
    reader.texts("apply", into.apply);
    for (std::size_t i = 0; i < into.apply.size(); ++i) {
        const auto begin = into.apply.begin();
        if (std::find(begin, begin + static_cast<std::ptrdiff_t>(i), into.apply[i]) == begin + static_cast<std::ptrdiff_t>(i))
            continue;
        faults.add(into.at.of(fmt::format("apply[{}]", i)), say("'{}' is there twice", printable(into.apply[i])));
    }
    reader.finish();
}

void read_keys(const TomlValue& table, KeysConfig& into, ConfigFaults& faults) {
    TableReader reader(table, into.at, faults);
    reader.path("keyring", into.keyring);
    std::size_t role = static_cast<std::size_t>(into.role);
    if (reader.choice("role", kRoles, role)) into.role = static_cast<KeyRole>(role);
    reader.parsed("credential", [&](const std::string& text) -> Status {
        if (text.find('/') != std::string::npos || text.starts_with('.')) {
            return Error{Code::usage, say("'{}' is no name of a systemd credential", printable(text))};
        }
        into.credential = text;
        return done();
    });
    reader.finish();
}

MediumConfig read_medium(const TomlValue& table, ConfigFaults& faults) {
    MediumConfig medium;
    TableReader reader(table, medium.at, faults);
    if (reader.require("name", say("what the medium is called in media = [...]"))) {
        reader.parsed("name", [&](const std::string& text) -> Status {
            TRY(check_medium_name(text));
            medium.name = to_nfc(text);
            return done();
        });
    }
    if (reader.require("vault", say("the folder of the vault on it, as \"/mnt/disk-a/vault\""))) read_vault(reader, medium.vault);
    read_mount_point(reader, medium);
    reader.text("place", medium.place);
    reader.text("custodian", medium.custodian);
    reader.flag("removable", medium.removable);
    reader.parsed("uuid", [&](const std::string& text) -> Status {
        TRY(check_uuid(text));
        medium.uuid = text;
        return done();
    });
    reader.text("rotation", medium.rotation);
    reader.duration("owed_after", medium.owed_after_ns, kHour, 366 * kDay);
    reader.exception("exception", medium.exception);
    reader.finish();
    return medium;
}

std::vector<LabelConfig> built_in_labels() {
    std::vector<LabelConfig> labels;
    for (const Defaults& defaults : kBuiltIn) labels.push_back(label_of(defaults, std::string(defaults.name)));
    return labels;
}

void read_labels(const TomlValue& table, std::vector<LabelConfig>& labels, ConfigFaults& faults) {
    for (const TomlEntry& entry : table.entries) {
        if (!is_label_name(entry.key)) {
            faults.add(entry.at,
                       say("'{}' cannot name a label: use lower-case letters, digits and '-', at most 64", printable(entry.key)));
            continue;
        }
        if (entry.value.kind != TomlValue::Kind::table) {
            const std::string name = "label." + entry.key;
            faults.add(entry.at, say("'{}' must be a section, [{}] or {} = {{ ... }}, not {}", name, name, name,
                                     word_of(entry.value.kind)));
            continue;
        }
        auto label = std::find_if(labels.begin(), labels.end(), [&](const LabelConfig& each) { return each.name == entry.key; });
        if (label == labels.end()) label = labels.insert(labels.end(), label_of(kOwnLabel, entry.key));
        read_label(entry.value, *label, faults);
    }
}

void read_scan(const TomlValue& table, ScanConfig& into, ConfigFaults& faults) {
    TableReader reader(table, into.at, faults);
    if (reader.require("command", say("the scanner and its arguments, as [\"clamdscan\", \"--fdpass\"]"))) {
        reader.arguments("command", into.command);
    }
    reader.duration("time_limit", into.limit_ns, kSecond, 7 * kDay);
    reader.finish();
}

void read_service(const TomlValue& table, ServiceConfig& into, ConfigFaults& faults) {
    TableReader reader(table, into.at, faults);
    reader.path("state_folder", into.state_folder);
    reader.path("cache_folder", into.cache_folder);
    reader.path("socket", into.socket);
    if (into.socket.size() > 107) reader.fault("socket", say("the path of a socket has at most 107 bytes"));
    reader.whole("jobs", into.jobs, 1, 64);
    reader.whole("jobs_per_medium", into.jobs_per_medium, 1, 64);
    read_limits(reader, into.limits);
    reader.duration("rotate_every", into.rotate_every_ns, kDay, 366 * kDay);
    reader.finish();
}

void read_metrics(const TomlValue& table, MetricsConfig& into, ConfigFaults& faults) {
    TableReader reader(table, into.at, faults);
    reader.whole("port", into.port, 1, 65535);
    reader.path("textfile", into.textfile);
    reader.finish();
}

void read_journal(const TomlValue& table, JournalConfig& into, ConfigFaults& faults) {
    TableReader reader(table, into.at, faults);
    reader.path("folder", into.folder);
    reader.finish();
}

}  // namespace custody
