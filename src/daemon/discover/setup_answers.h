// What `custody setup` was told, by a person's answers or by a file, and what it found, as a file to fill in.
//
// An answers file is TOML. The sections of a configuration (docs/CONFIGURATION.md) stand in it as they shall stand there:
// language, [organisation], [law], [keys], [[medium]], [label.NAME], [[plan]], [alert] ...; what else setup asks stands in
// [setup] (docs/SERVICE.md, "First configuration"). No passphrase stands in it: files that hold one are named.
//
// Ownership: values. Threads: any. Bounds: those of toml_tree.h. Errors: faults, all of them, "file:line:column: words"; what is
// wrong within the configuration's own sections is found when the configuration is judged.
#pragma once

#include "base/file.h"
#include "daemon/config/toml_tree.h"
#include "daemon/discover/discovered.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

struct SetupAnswers {
    std::vector<TomlEntry> sections;                                        // of the configuration; positions do not count
    bool etc = true, logs = true;                                           // the ready plans for /etc and /var/log
    std::vector<std::string> folders, images, postgresql, mariadb, sqlite;  // a plan each
    std::map<std::string, std::string> asked_as;                            // connection string -> as_user of its plan
    std::string schedule = "0 2 * * *";                                     // of plans for folders and databases
    std::string passphrase_file;                                            // of the keyring, made with it where there is none
    std::string kit, kit_page, kit_passphrase_file;                         // where the recovery kit is written; empty: none
    bool vaults = true, first_backup = true;
};

struct AnswersReading {
    SetupAnswers answers;
    std::vector<std::string> faults;
};
[[nodiscard]] AnswersReading read_answers(const std::string& file, std::string_view text);

// Folders of data that a plan might name: those found, and mounted file systems that are neither the system's nor below /mnt,
// /media and /run, where media are; none below another.
[[nodiscard]] std::vector<std::string> suggested_folders(const Discovered& found);

// A commented answers file with what was found, for a person to fill in. Accepted as it stands.
[[nodiscard]] std::string answers_template(const Discovered& found);

// For who asks one question after the other: the section is made where it is not there, the value takes the place of one that is.
void answer_text(SetupAnswers& answers, std::string_view section, std::string_view key, std::string value);
void answer_texts(SetupAnswers& answers, std::string_view section, std::string_view key, const std::vector<std::string>& values);
// One more [[section]].
void answer_table(SetupAnswers& answers, std::string_view section, TomlValue table);
[[nodiscard]] TomlValue toml_text(std::string value);
[[nodiscard]] TomlValue toml_flag(bool value);
[[nodiscard]] TomlValue toml_texts(const std::vector<std::string>& values);
// {key = value, ...}
[[nodiscard]] TomlValue toml_table(std::vector<std::pair<std::string, TomlValue>> entries);

}  // namespace custody
