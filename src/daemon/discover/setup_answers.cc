#include "daemon/discover/setup_answers.h"

#include "base/nearest.h"
#include "base/text.h"
#include "daemon/config/table_reader.h"
#include "daemon/discover/toml_text.h"
#include "daemon/schedule/cron.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

namespace custody {
namespace {

constexpr std::string_view kSetup = "setup";
// What a configuration has at its top, and the section that is only here.
constexpr std::array<std::string_view, 13> kSections = {"language", "organisation", "law",  "keys",  "medium",
                                                        "label",    "plan",         "scan", "alert", "service",
                                                        "metrics",  "journal",      kSetup};

void read_setup(const TomlValue& table, SetupAnswers& answers, ConfigFaults& faults) {
    Places places;
    TableReader reader(table, places, faults);
    reader.flag("etc", answers.etc);
    reader.flag("logs", answers.logs);
    reader.paths("folders", answers.folders);
    reader.paths("images", answers.images);
    reader.texts("postgresql", answers.postgresql);
    std::string as_user;
    reader.text("postgresql_as_user", as_user);  // judged with the plans that get it
    for (const std::string& conninfo : answers.postgresql) {
        if (!as_user.empty()) answers.asked_as[conninfo] = as_user;
    }
    reader.paths("mariadb", answers.mariadb);
    reader.paths("sqlite", answers.sqlite);
    reader.parsed("schedule", [&](const std::string& text) -> Status {
        TRY(Cron::parse(text));
        answers.schedule = text;
        return done();
    });
    reader.path("passphrase_file", answers.passphrase_file);
    reader.path("kit", answers.kit);
    reader.path("kit_page", answers.kit_page);
    reader.path("kit_passphrase_file", answers.kit_passphrase_file);
    reader.flag("vaults", answers.vaults);
    reader.flag("first_backup", answers.first_backup);
    if (answers.kit.empty() && !answers.kit_page.empty()) reader.fault("kit_page", say("'kit_page' goes with 'kit' only"));
    reader.finish();
}

TomlValue& section_of(SetupAnswers& answers, std::string_view section, TomlValue::Kind kind) {
    for (TomlEntry& entry : answers.sections) {
        if (entry.key == section) return entry.value;
    }
    TomlEntry entry;
    entry.key = section;
    entry.value.kind = kind;
    answers.sections.push_back(std::move(entry));
    return answers.sections.back().value;
}

void put(TomlValue& table, std::string_view key, TomlValue value) {
    for (TomlEntry& entry : table.entries) {
        if (entry.key != key) continue;
        entry.value = std::move(value);
        return;
    }
    table.entries.push_back({std::string(key), {}, std::move(value)});
}

// "# words", each line of them.
std::string comment(const std::string& words) {
    std::string text = "# ";
    for (const char c : words) {
        text += c;
        if (c == '\n') text += "# ";
    }
    return text + "\n";
}

std::string line(std::string_view key, const TomlValue& value, bool in_force) {
    return fmt::format("{}{} = {}\n", in_force ? "" : "# ", key, toml_of(value));
}

std::string media_template(const Discovered& found) {
    std::string text =
        "\n" + comment(say("Media: two at least for important data, in two places (B6), not on the disk of the data "
                           "(B1).\nDisks here that nothing uses; 'custody media prepare DEVICE' makes one a medium:"));
    for (const FoundDisk& disk : found.disks) {
        text += comment(fmt::format("  {} {} {} {}: {}", printable(disk.device), printable(disk.model), printable(disk.serial),
                                    human_bytes(disk.size_bytes), printable(disk.holds)));
    }
    for (const char* name : {"disk-a", "disk-b"}) {
        text += "# [[medium]]\n";
        text += line("name", toml_text(name), false);
        text += line("vault", toml_text(fmt::format("/mnt/{}/vault", name)), false);
        text += line("place", toml_text(say("server room")), false);
    }
    text += comment("removable = true");
    text += comment(fmt::format("exception = \"{}\"", say("12/QD-UBND: one server room until May 2027")));
    return text;
}

std::vector<std::string> places_of(const Discovered& found, std::string_view kind) {
    std::vector<std::string> places;
    for (const FoundDatabase& database : found.databases) {
        if (database.kind == kind) places.push_back(database.place);
    }
    return places;
}

std::string setup_template(const Discovered& found) {
    std::string text = "\n[setup]\n" + comment(say("Ready plans for /etc and /var/log."));
    text += line("etc", toml_flag(true), true) + line("logs", toml_flag(true), true);
    text += comment(say("Folders of data, a plan each, label business."));
    const std::vector<std::string> folders = suggested_folders(found);
    text += line("folders", toml_texts(folders), !folders.empty());
    text += comment(say("PostgreSQL: connection strings without a password (service=NAME, which the service file explains)."));
    for (const std::string& place : places_of(found, "postgresql")) text += comment("  " + printable(place));
    text += line("postgresql", toml_texts({"service=portal"}), false);
    text +=
        comment(say("Asked as this user of the system, where the server goes by who asks (peer authentication), as with\n"
                    "\"host=/var/run/postgresql user=postgres\" on a server as it is installed."));
    text += line("postgresql_as_user", toml_text("postgres"), false);
    text += comment(say("MariaDB or MySQL: a defaults file with user and password, mode 0600."));
    for (const std::string& place : places_of(found, "mariadb")) text += comment("  " + printable(place));
    text += line("mariadb", toml_texts({"/etc/custody/mariadb.cnf"}), false);
    text += comment(say("SQLite databases."));
    const std::vector<std::string> sqlite = places_of(found, "sqlite");
    text += line("sqlite", toml_texts(sqlite), !sqlite.empty());
    text += comment(say("Disks, partitions or files that are kept as images, a plan each, label image."));
    text += line("images", toml_texts({"/dev/sdX"}), false);
    text += comment(say("When plans for folders and databases run: minute hour day month weekday, local time."));
    text += line("schedule", toml_text("0 2 * * *"), true);
    text +=
        comment(say("The keyring's passphrase: the first line of this file, or of the one that CUSTODY_PASSPHRASE_FILE names."));
    text += line("passphrase_file", toml_text("/root/custody-passphrase"), false);
    text += comment(
        say("The recovery kit, its page to print, and the file with its own passphrase; none of them on the vault's disk."));
    text += line("kit", toml_text("/media/usb/custody-kit"), false);
    text += line("kit_page", toml_text("/media/usb/custody-kit.pdf"), false);
    text += line("kit_passphrase_file", toml_text("/root/custody-kit-passphrase"), false);
    return text;
}

}  // namespace

std::vector<std::string> suggested_folders(const Discovered& found) {
    constexpr std::array<std::string_view, 8> kNotData = {"/", "/boot", "/usr", "/mnt", "/media", "/run", "/efi", "/var"};
    std::vector<std::string> folders = found.data_folders;
    for (const FoundFileSystem& each : found.file_systems) {
        const std::string& point = each.mount_point;
        const std::string top = point.substr(0, point.find('/', 1));
        if (point == "/var" || std::find(kNotData.begin(), kNotData.end(), top) == kNotData.end()) folders.push_back(point);
    }
    std::sort(folders.begin(), folders.end());
    std::vector<std::string> outermost;
    for (std::string& folder : folders) {
        const bool below = !outermost.empty() && (folder == outermost.back() || folder.starts_with(outermost.back() + "/"));
        if (!below) outermost.push_back(std::move(folder));
    }
    return outermost;
}

AnswersReading read_answers(const std::string& file, std::string_view text) {
    AnswersReading reading;
    auto parsed = parse_toml(text);
    ConfigFaults faults;
    if (const auto* fault = std::get_if<TomlFault>(&parsed)) {
        faults.add(fault->at, fault->words);
    } else {
        for (TomlEntry& entry : std::get<TomlValue>(parsed).entries) {
            if (std::find(kSections.begin(), kSections.end(), entry.key) == kSections.end()) {
                const std::string_view near = nearest(entry.key, kSections);
                faults.add(entry.at, near.empty() ? say("unknown key '{}'", printable(entry.key))
                                                  : say("unknown key '{}': is '{}' meant?", printable(entry.key), near));
            } else if (entry.key != kSetup) {
                reading.answers.sections.push_back(std::move(entry));
            } else if (entry.value.kind != TomlValue::Kind::table) {
                faults.add(entry.at, say("'{}' must be a section, [{}]", kSetup, kSetup));
            } else {
                read_setup(entry.value, reading.answers, faults);
            }
        }
    }
    for (const ConfigFault& fault : std::move(faults).sorted()) reading.faults.push_back(fault.line(file));
    return reading;
}

std::string answers_template(const Discovered& found) {
    std::string text =
        comment(say("Answers for 'custody setup --answers FILE'. Sections as in custody.toml are taken over as they "
                    "are; [setup] says what else is to be done.\nPassphrases never stand here: name the files."));
    text += line("language", toml_text(language() == Language::vietnamese ? "vi" : "en"), true);
    text += "\n# [organisation]\n";
    for (const char* key : {"name", "superior", "place"}) text += line(key, toml_text("…"), false);
    text += "\n" + comment(say("The regulations that bind this office: DS, HP (a draft), BS, BK, HD."));
    text += "# [law]\n" + line("apply", toml_texts({"DS", "HP"}), false);
    text += media_template(found);
    text += "\n" + comment(say("Who hears at once when something fails (L3)."));
    text +=
        "# [alert]\n# smtp = { server = \"smtps://mail.example:465\", from = \"custody@example\", to = [\"admin@example\"] }\n";
    return text + setup_template(found);
}

void answer_text(SetupAnswers& answers, std::string_view section, std::string_view key, std::string value) {
    put(section_of(answers, section, TomlValue::Kind::table), key, toml_text(std::move(value)));
}

void answer_texts(SetupAnswers& answers, std::string_view section, std::string_view key, const std::vector<std::string>& values) {
    put(section_of(answers, section, TomlValue::Kind::table), key, toml_texts(values));
}

void answer_table(SetupAnswers& answers, std::string_view section, TomlValue table) {
    section_of(answers, section, TomlValue::Kind::list).items.push_back(std::move(table));
}

TomlValue toml_text(std::string value) {
    TomlValue made;
    made.kind = TomlValue::Kind::text;
    made.text = std::move(value);
    return made;
}

TomlValue toml_flag(bool value) {
    TomlValue made;
    made.kind = TomlValue::Kind::boolean;
    made.boolean = value;
    return made;
}

TomlValue toml_texts(const std::vector<std::string>& values) {
    TomlValue made;
    made.kind = TomlValue::Kind::list;
    for (const std::string& value : values) made.items.push_back(toml_text(value));
    return made;
}

TomlValue toml_table(std::vector<std::pair<std::string, TomlValue>> entries) {
    TomlValue made;
    for (auto& [key, value] : entries) made.entries.push_back({std::move(key), {}, std::move(value)});
    return made;
}

}  // namespace custody
