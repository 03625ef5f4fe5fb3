#include "daemon/discover/setup_draft.h"

#include "base/text.h"
#include "daemon/config/judge.h"
#include "daemon/config/reader.h"
#include "daemon/discover/toml_text.h"
#include "vault/snapshot_name.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace custody {
namespace {

constexpr const char* kLogs = "/var/log";
constexpr std::array kLogSchedules = {"0 */4 * * *", "5 * * * *", "*/15 * * * *"};
constexpr const char* kWeekly = "0 4 * * 0";

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

bool is_tables(const TomlValue& value) {
    return value.kind == TomlValue::Kind::list && !value.items.empty() &&
           std::all_of(value.items.begin(), value.items.end(),
                       [](const TomlValue& item) { return item.kind == TomlValue::Kind::table; });
}

std::string name_of(const TomlValue& table) {
    const TomlEntry* name = table.find("name");
    return name != nullptr && name->value.kind == TomlValue::Kind::text ? to_nfc(name->value.text) : "";
}

// A time of TOML has no place in a configuration.
bool can_be_written(const TomlValue& value) {
    return value.kind != TomlValue::Kind::time && std::all_of(value.items.begin(), value.items.end(), can_be_written) &&
           std::all_of(value.entries.begin(), value.entries.end(),
                       [](const TomlEntry& entry) { return can_be_written(entry.value); });
}

class Drafter {
public:
    Drafter(const std::string& existing, const TomlValue& there, const Config& config)
        : lines_(lines_of(existing)), there_(there), config_(config) {
        for (const PlanConfig& plan : config.plans) plan_names_.insert(plan.name);
    }

    void take(const TomlEntry& section) {
        const TomlEntry* there = there_.find(section.key);
        if (is_tables(section.value)) {
            for (const TomlValue& table : section.value.items) take_named(section.key, table, there);
        } else if (section.value.kind != TomlValue::Kind::table) {
            take_top(section, there);
        } else if (section.key == "label") {
            for (const TomlEntry& label : section.value.entries) {
                take_table("label." + label.key, label.value, there == nullptr ? nullptr : there->value.find(label.key));
            }
        } else {
            take_table(section.key, section.value, there);
        }
    }

    void plans(const SetupAnswers& answers, const Discovered& found, const std::string& log_schedule) {
        found_ = &found;
        if (answers.etc && !has_files_plan("/etc")) {
            plan("etc", "config", R"({ files = ["/etc"], exclude = ["*.swp", "*~"] })", "30 1 * * *", "on_change = true");
        }
        if (answers.logs && !has_files_plan(kLogs)) plan("var-log", "log", R"({ files = ["/var/log"] })", log_schedule);
        for (const std::string& folder : answers.folders) {
            if (!has_files_plan(folder)) plan(named_after(folder), "business", files_source(folder), answers.schedule);
        }
        for (const std::string& one : answers.postgresql) {
            const bool known = has_plan<PostgresqlSource>([&](const auto& source) { return source.conninfo == one; });
            const std::size_t service = one.find("service=");
            std::string name =
                service == std::string::npos ? "postgresql" : one.substr(service + 8, one.find(' ', service + 8) - service - 8);
            const auto user = answers.asked_as.find(one);
            const std::string as_user = user == answers.asked_as.end() ? "" : user->second;
            if (!known) plan(std::move(name), "database", postgresql_source(one, as_user), answers.schedule);
        }
        for (const std::string& one : answers.mariadb) {
            const bool known = has_plan<MariadbSource>([&](const auto& source) { return source.defaults_file == one; });
            if (!known) plan("mariadb", "database", keyed("mariadb", one), answers.schedule);
        }
        for (const std::string& one : answers.sqlite) {
            const bool known = has_plan<SqliteSource>([&](const auto& source) { return source.file == one; });
            if (!known) plan(named_after(one), "database", keyed("sqlite", one), answers.schedule);
        }
        for (const std::string& one : answers.images) {
            const bool known = has_plan<ImageSource>([&](const auto& source) { return source.path == one; });
            if (!known) plan(named_after(one), "image", keyed("image", one), kWeekly);
        }
    }

    SetupDraft finish() && {
        SetupDraft draft;
        draft.kept = std::move(kept_);
        const auto put = [&](const std::string& line, bool is_new) {
            draft.text += line + "\n";
            if (is_new) draft.added.push_back(line);
        };
        for (const std::string& line : top_) put(line, true);
        if (!top_.empty() && !lines_.empty()) put("", false);
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            put(lines_[i], false);
            const auto behind = behind_.find(i + 1);
            if (behind == behind_.end()) continue;
            for (const std::string& line : behind->second) put(line, true);
        }
        for (const std::vector<std::string>& block : blocks_) {
            if (!draft.text.empty()) put("", false);
            for (const std::string& line : block) put(line, true);
        }
        return draft;
    }

private:
    void keep(const std::string& what, const TomlValue& there, const TomlValue& answered) {
        if (same_value(there, answered)) return;
        kept_.push_back(say("{} stays as it is in the file ({}); the answer ({}) was not taken", printable(what),
                            printable(toml_of(there)), printable(toml_of(answered))));
    }

    void take_top(const TomlEntry& entry, const TomlEntry* there) {
        if (there != nullptr) return keep(entry.key, there->value, entry.value);
        top_.push_back(toml_key(entry.key) + " = " + toml_of(entry.value));
    }

    // [[medium]], [[plan]]: known by their names.
    void take_named(const std::string& section, const TomlValue& table, const TomlEntry* there) {
        const std::string name = name_of(table);
        for (const TomlValue& item : there == nullptr ? std::vector<TomlValue>{} : there->value.items) {
            if (!name.empty() && name_of(item) == name) return keep_all(section + " " + name, item, table);
        }
        if (section == "plan") plan_names_.insert(name);
        add_block("[[" + section + "]]", table);
    }

    // What the answer adds to one of that name is not written into it: which plan or medium is meant is the file's to say.
    void keep_all(const std::string& what, const TomlValue& there, const TomlValue& answered) {
        for (const TomlEntry& entry : answered.entries) {
            const TomlEntry* has = there.find(entry.key);
            if (has != nullptr) {
                keep(what + ": " + entry.key, has->value, entry.value);
            } else {
                kept_.push_back(say("{} is in the file already, without '{}': add {} = {} there by hand", printable(what),
                                    printable(entry.key), toml_key(entry.key), printable(toml_of(entry.value))));
            }
        }
    }

    void take_table(const std::string& section, const TomlValue& table, const TomlEntry* there) {
        if (there == nullptr) return add_block("[" + section + "]", table);
        const std::uint32_t head = header_of(section);
        for (const TomlEntry& entry : table.entries) {
            const TomlEntry* has = there->value.find(entry.key);
            if (has != nullptr) {
                keep("[" + section + "] " + entry.key, has->value, entry.value);
            } else if (head != 0) {
                behind_[head].push_back(toml_key(entry.key) + " = " + toml_of(entry.value));
            } else {
                kept_.push_back(say("{} is in the file already, without '{}': add {} = {} there by hand", "[" + section + "]",
                                    printable(entry.key), toml_key(entry.key), printable(toml_of(entry.value))));
            }
        }
    }

    // The number of the line that is "[section]", from 1; 0: the section is written in another form.
    [[nodiscard]] std::uint32_t header_of(const std::string& section) const {
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            const std::size_t begin = lines_[i].find_first_not_of(" \t");
            const std::string head = "[" + section + "]";
            if (begin == std::string::npos || lines_[i].compare(begin, head.size(), head) != 0) continue;
            const std::size_t rest = lines_[i].find_first_not_of(" \t\r", begin + head.size());
            if (rest == std::string::npos || lines_[i][rest] == '#') return static_cast<std::uint32_t>(i + 1);
        }
        return 0;
    }

    void add_block(std::string head, const TomlValue& table) {
        std::vector<std::string> block{std::move(head)};
        for (const TomlEntry& entry : table.entries) block.push_back(toml_key(entry.key) + " = " + toml_of(entry.value));
        blocks_.push_back(std::move(block));
    }

    void plan(std::string name, const std::string& label, const std::string& source, const std::string& schedule,
              const std::string& more = "") {
        std::string free = name;
        for (int i = 2; !plan_names_.insert(free).second; ++i) free = fmt::format("{}-{}", name, i);
        std::vector<std::string> block = {"[[plan]]", "name = " + toml_of(toml_text(free)),
                                          "label = " + toml_of(toml_text(label)), "source = " + source,
                                          "schedule = " + toml_of(toml_text(schedule))};
        if (!more.empty()) block.push_back(more);
        blocks_.push_back(std::move(block));
    }

    template <class Source, class Is>
    [[nodiscard]] bool has_plan(Is is) const {
        return std::any_of(config_.plans.begin(), config_.plans.end(), [&](const PlanConfig& each) {
            const auto* source = std::get_if<Source>(&each.source);
            return source != nullptr && is(*source);
        });
    }
    [[nodiscard]] bool has_files_plan(const std::string& path) const {
        return has_plan<FilesSource>([&](const FilesSource& source) {
            return std::find(source.paths.begin(), source.paths.end(), path) != source.paths.end();
        });
    }

    static std::string keyed(std::string_view key, const std::string& value) {
        return fmt::format("{{ {} = {} }}", key, toml_of(toml_text(value)));
    }

    static std::string postgresql_source(const std::string& conninfo, const std::string& as_user) {
        if (as_user.empty()) return keyed("postgresql", conninfo);
        return fmt::format("{{ postgresql = {}, as_user = {} }}", toml_of(toml_text(conninfo)), toml_of(toml_text(as_user)));
    }

    // On a file system of its own that is not there, it is absent and not empty.
    [[nodiscard]] std::string files_source(const std::string& folder) const {
        const FoundFileSystem* holder = nullptr;
        for (const FoundFileSystem& each : found_->file_systems) {
            const bool holds = folder == each.mount_point || folder.starts_with(each.mount_point + "/");
            if (holds && (holder == nullptr || each.mount_point.size() > holder->mount_point.size())) holder = &each;
        }
        const std::string files = toml_of(toml_texts({folder}));
        if (holder == nullptr) return fmt::format("{{ files = {} }}", files);
        return fmt::format("{{ files = {}, mounted = {} }}", files, toml_of(toml_texts({holder->mount_point})));
    }

    // "/srv/documents" -> "srv-documents".
    static std::string named_after(const std::string& path) {
        std::string name = path.substr(path.find_first_not_of('/') == std::string::npos ? 0 : path.find_first_not_of('/'));
        std::replace(name.begin(), name.end(), '/', '-');
        name = snapshot_name_from(name);
        return name.empty() || name == "-" ? "root" : name;
    }

    const std::vector<std::string> lines_;
    const TomlValue& there_;
    const Config& config_;
    const Discovered* found_ = nullptr;
    std::set<std::string> plan_names_;
    std::vector<std::string> top_, kept_;
    std::map<std::size_t, std::vector<std::string>> behind_;  // by number of the line before
    std::vector<std::vector<std::string>> blocks_;
};

Result<TomlValue> read_toml(const std::string& path, const std::string& text) {
    auto parsed = parse_toml(text);
    if (const auto* fault = std::get_if<TomlFault>(&parsed)) {
        return Error{Code::usage, ConfigFault{fault->at, "", fault->words}.line(path)};
    }
    return std::get<TomlValue>(std::move(parsed));
}

}  // namespace

Result<SetupDraft> draft_config(const std::string& path, const std::string& existing, const SetupAnswers& answers,
                                const Discovered& found, const std::string& log_schedule) {
    for (const TomlEntry& section : answers.sections) {
        if (can_be_written(section.value)) continue;
        return Error{Code::usage,
                     say("the answers' [{}] has a time without quotes; a configuration has none", printable(section.key))};
    }
    TRY_ASSIGN(const TomlValue there, read_toml(path, existing));
    const Config before = read_config(path, existing).config;
    Drafter sections(existing, there, before);
    for (const TomlEntry& section : answers.sections) sections.take(section);
    SetupDraft draft = std::move(sections).finish();
    // Then the plans, which those of the answers count among, too.
    TRY_ASSIGN(const TomlValue extended, read_toml(path, draft.text));
    const Config with_sections = read_config(path, draft.text).config;
    Drafter plans(draft.text, extended, with_sections);
    plans.plans(answers, found, log_schedule);
    SetupDraft whole = std::move(plans).finish();
    whole.added.insert(whole.added.begin(), draft.added.begin(), draft.added.end());
    whole.kept = std::move(draft.kept);
    return whole;
}

std::string choose_log_schedule(FileSystem& files, const ZoneRules& zone, const RotationPlaces& places) {
    const auto report = read_rotation(files, {kLogs}, places);
    for (const char* schedule : kLogSchedules) {
        PlanConfig plan;
        plan.schedule = schedule;
        const auto interval = longest_interval(plan, zone);
        if (!report.ok() || (interval && check_log_interval(*report, "", *interval).ok())) return schedule;
    }
    return kLogSchedules.back();
}

}  // namespace custody
