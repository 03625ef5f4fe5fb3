#include "cli/setup_questions.h"

#include "base/text.h"
#include "daemon/config/law.h"
#include "daemon/config/values.h"
#include "daemon/discover/peer_user.h"
#include "daemon/media/medium_probe.h"

#include <algorithm>
#include <cctype>
namespace custody {
namespace {

constexpr std::size_t kMostMedia = 16;

std::string trimmed(const std::string& text) {
    const std::size_t begin = text.find_first_not_of(" \t\r");
    return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : text + " ") {
        if (c != ' ' && c != ',' && c != '\t') {
            word += c;
        } else if (!word.empty()) {
            words.push_back(std::move(word));
            word.clear();
        }
    }
    return words;
}

class Questions {
public:
    Questions(Terminal& terminal, const Config& config, const Discovered& found)
        : terminal_(terminal), config_(config), found_(found) {}

    Result<SetupAnswers> run() {
        tell(say(
            "Custody, first configuration. An empty answer takes what stands in brackets; Ctrl-C ends, and nothing is changed."));
        TRY(organisation());
        TRY(law());
        TRY(media());
        TRY(sources());
        TRY(alert());
        TRY(kit());
        return std::move(answers_);
    }

private:
    void tell(const std::string& line) { terminal_.write(line + "\n"); }

    Result<std::string> ask(const std::string& question, const std::string& otherwise = "") {
        const std::string shown = otherwise.empty() ? question + ": " : fmt::format("{} [{}]: ", question, printable(otherwise));
        TRY_ASSIGN(const std::string line, terminal_.ask_line(shown));
        const std::string answer = trimmed(line);
        return answer.empty() ? otherwise : answer;
    }

    Status ask_into(const char* section, const char* key, const std::string& question, const std::string& there) {
        if (!there.empty()) return done();
        TRY_ASSIGN(std::string answer, ask(question));
        if (!answer.empty()) answer_text(answers_, section, key, std::move(answer));
        return done();
    }

    // Whole paths; a fault that showed only at the end would cost all the other answers.
    Result<std::vector<std::string>> ask_paths(const std::string& question) {
        for (;;) {
            TRY_ASSIGN(const std::string answer, ask(question));
            std::vector<std::string> paths = words_of(answer);
            if (std::all_of(paths.begin(), paths.end(), [](const auto& path) { return path.starts_with('/'); })) return paths;
            tell(say("A whole path is needed, beginning with '/'."));
        }
    }

    Status organisation() {
        if (config_.language.empty()) {
            TomlEntry chosen{"language", {}, toml_text(language() == Language::vietnamese ? "vi" : "en")};
            answers_.sections.push_back(std::move(chosen));
        }
        TRY(ask_into("organisation", "name", say("Name of the organisation"), config_.organisation.name));
        TRY(ask_into("organisation", "superior", say("Its superior body"), config_.organisation.superior));
        return ask_into("organisation", "place", say("Its place, as documents name it"), config_.organisation.place);
    }

    Status law() {
        if (!config_.law.apply.empty()) return done();
        const LawBook book = load_law(posix_file_system(), law_folders()).book;
        tell(say("Regulations that are known:"));
        for (const Regulation& each : book.regulations()) tell(fmt::format("  {}  {}", each.id, printable(each.title)));
        for (;;) {
            TRY_ASSIGN(const std::string answer, ask(say("Which of them bind this office? Their ids, with blanks between")));
            std::vector<std::string> ids = words_of(answer);
            for (std::string& id : ids)
                std::transform(id.begin(), id.end(), id.begin(),
                               [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
            const auto unknown = std::find_if(ids.begin(), ids.end(), [&](const auto& id) { return book.find(id) == nullptr; });
            if (unknown != ids.end()) {
                tell(say("There is no regulation {}.", printable(*unknown)));
                continue;
            }
            if (!ids.empty()) answer_texts(answers_, "law", "apply", ids);
            return done();
        }
    }

    // ---- media

    Status media() {
        tell(
            say("Media: two at least for important data, in two places (B6), on other disks than the data and the system (B1)."));
        for (const MediumConfig& medium : config_.media) tell("  " + printable(medium.name) + "  " + printable(medium.vault));
        if (!found_.disks.empty()) tell(say("Disks that nothing uses; 'custody media prepare DEVICE' makes one a medium:"));
        for (const FoundDisk& disk : found_.disks) {
            tell(fmt::format("  {} {} {} {}: {}", printable(disk.device), printable(disk.model), printable(disk.serial),
                             human_bytes(disk.size_bytes), printable(disk.holds)));
        }
        std::size_t count = config_.media.size();
        for (const MediumConfig& medium : config_.media) taken_.push_back({medium.name, medium.vault});
        while (count < kMostMedia) {
            TRY_ASSIGN(const std::string vault,
                       ask(say("Folder of the vault on medium {}, as /mnt/disk-a/vault (empty: no more media)", count + 1)));
            if (vault.empty()) return done();
            if (!vault.starts_with('/')) {
                tell(say("A whole path is needed, beginning with '/'."));
                continue;
            }
            if (const auto same = find_taken([&](const NamedPath& other) { return other.path == vault; })) {
                tell(say("{} is the vault of the medium {} already.", printable(vault), printable(same->name)));
                continue;
            }
            TRY_ASSIGN(const bool taken, medium(vault));
            if (taken) ++count;
        }
        return done();
    }

    template <class Test>
    const NamedPath* find_taken(const Test& test) const {
        const auto found = std::find_if(taken_.begin(), taken_.end(), test);
        return found == taken_.end() ? nullptr : &*found;
    }

    bool is_name_taken(const std::string& name) const {
        return find_taken([&](const NamedPath& other) { return to_nfc(other.name) == to_nfc(name); }) != nullptr;
    }

    Result<std::string> ask_name() {
        std::string free;
        for (char letter = 'a'; letter <= 'z' && (free.empty() || is_name_taken(free)); ++letter)
            free = std::string("disk-") + letter;
        for (;;) {
            TRY_ASSIGN(std::string name, ask(say("Its name"), free));
            if (!is_name_taken(name)) return name;
            tell(say("A medium is called {} already.", printable(name)));
        }
    }

    Result<bool> medium(const std::string& vault) {
        TRY_ASSIGN(const std::string name, ask_name());
        TRY_ASSIGN(const std::string place, ask(say("Where it is kept")));
        TRY_ASSIGN(const std::string custodian, ask(say("Who keeps it")));
        TRY_ASSIGN(const bool removable, ask_yes(terminal_, say("Is it taken away at times?"), false));
        ProbeRequest request;
        request.medium.name = name;
        request.medium.vault = vault;
        request.others = others_;
        std::string exception;
        for (const MediumFinding& finding : judge_independence(request)) {
            tell(finding.words);
            if (!finding.stops() || !exception.empty()) continue;
            TRY_ASSIGN(exception, ask_exception());
            if (exception.empty()) return false;
        }
        others_.push_back({name, vault});
        taken_.push_back({name, vault});
        std::vector<std::pair<std::string, TomlValue>> table{{"name", toml_text(name)}, {"vault", toml_text(vault)}};
        if (!place.empty()) table.emplace_back("place", toml_text(place));
        if (!custodian.empty()) table.emplace_back("custodian", toml_text(custodian));
        if (removable) table.emplace_back("removable", toml_flag(true));
        if (!exception.empty()) table.emplace_back("exception", toml_text(exception));
        answer_table(answers_, "medium", toml_table(std::move(table)));
        return true;
    }

    Result<std::string> ask_exception() {
        for (;;) {
            TRY_ASSIGN(std::string text,
                       ask(say("Document number and reason of an exception, as \"12/QD-UBND: one server room\" (empty: "
                               "another folder)")));
            if (text.empty()) return text;
            const Status fits = check_exception(text);
            if (fits.ok()) return text;
            tell(fits.error().message);
        }
    }

    // ---- what is backed up

    bool has_plan(std::string_view kind, const std::string& place) const {
        return std::any_of(config_.plans.begin(), config_.plans.end(), [&](const PlanConfig& plan) {
            if (kind_of(plan.source) != kind) return false;
            const auto* files = std::get_if<FilesSource>(&plan.source);
            if (files != nullptr) return std::find(files->paths.begin(), files->paths.end(), place) != files->paths.end();
            const auto* sqlite = std::get_if<SqliteSource>(&plan.source);
            return sqlite == nullptr || sqlite->file == place;
        });
    }

    Status sources() {
        for (const std::string& folder : suggested_folders(found_)) {
            if (has_plan("files", folder)) continue;
            TRY_ASSIGN(const bool wanted, ask_yes(terminal_, say("Back up the files below {}?", printable(folder)), true));
            if (wanted) answers_.folders.push_back(folder);
        }
        TRY_ASSIGN(std::vector<std::string> more, ask_paths(say("Further folders of data, with blanks between")));
        for (std::string& folder : more) answers_.folders.push_back(std::move(folder));
        for (const FoundDatabase& database : found_.databases) {
            if (!has_plan(database.kind, database.place)) TRY(ask_database(database));
        }
        TRY_ASSIGN(answers_.images, ask_paths(say("Disks or partitions to keep as images, with blanks between")));
        return done();
    }

    Status ask_database(const FoundDatabase& database) {
        const std::string place = printable(database.place);
        if (database.kind == "sqlite") {
            TRY_ASSIGN(const bool wanted, ask_yes(terminal_, say("Back up the SQLite database {}?", place), true));
            if (wanted) answers_.sqlite.push_back(database.place);
            return done();
        }
        if (database.kind == "postgresql") {
            TRY_ASSIGN(std::string conninfo,
                       ask(say("PostgreSQL at {}: connection string without a password, as service=portal (empty: "
                               "not now)",
                               place)));
            return conninfo.empty() ? done() : postgresql(std::move(conninfo));
        }
        TRY_ASSIGN(std::string defaults,
                   ask(say("MariaDB at {}: file with user and password, as /etc/custody/mariadb.cnf (empty: not now)", place)));
        if (!defaults.empty()) answers_.mariadb.push_back(std::move(defaults));
        return done();
    }

    // Root is nobody to a server that goes by who asks.
    Status postgresql(std::string conninfo) {
        const std::string likely = peer_user_of(conninfo);
        if (!likely.empty()) {
            TRY_ASSIGN(std::string user,
                       ask(say("User of the system that it is asked as, for its peer authentication ('-': none)"), likely));
            if (user != "-") answers_.asked_as[conninfo] = std::move(user);
        }
        answers_.postgresql.push_back(std::move(conninfo));
        return done();
    }

    // ---- who is told, and the kit

    Status alert() {
        const AlertSettings& settings = config_.alert.settings;
        if (settings.smtp || settings.syslog || settings.command) return done();
        TRY_ASSIGN(const std::string server, ask(say("Mail server for alerts, as smtps://mail.example:465 (empty: none)")));
        if (server.empty()) return done();
        TRY_ASSIGN(const std::string from, ask(say("Sender of alerts"), "custody@localhost"));
        std::vector<std::string> to;
        while (to.empty()) {
            TRY_ASSIGN(const std::string answer, ask(say("Who gets them, with blanks between")));
            to = words_of(answer);
        }
        TomlEntry section{
            "alert",
            {},
            toml_table(
                {{"smtp", toml_table({{"server", toml_text(server)}, {"from", toml_text(from)}, {"to", toml_texts(to)}})}})};
        answers_.sections.push_back(std::move(section));
        return done();
    }

    Status kit() {
        for (;;) {
            TRY_ASSIGN(answers_.kit,
                       ask(say("File for the recovery kit, on another disk than the vaults, as /media/usb/custody-kit (empty: "
                               "later)")));
            if (answers_.kit.empty()) return done();
            if (answers_.kit.starts_with('/')) break;
            tell(say("A whole path is needed, beginning with '/'."));
        }
        TRY_ASSIGN(const bool page, ask_yes(terminal_, say("Also a page to print?"), true));
        if (page) answers_.kit_page = answers_.kit + ".pdf";
        return done();
    }

    Terminal& terminal_;
    const Config& config_;
    const Discovered& found_;
    SetupAnswers answers_;
    std::vector<NamedPath> others_;  // media that were named now
    std::vector<NamedPath> taken_;   // and those of the configuration
};

}  // namespace

Result<bool> ask_yes(Terminal& terminal, const std::string& question, bool otherwise) {
    for (;;) {
        TRY_ASSIGN(const std::string line, terminal.ask_line(question + (otherwise ? say(" [Y/n]: ") : say(" [y/N]: "))));
        const std::string answer = fold_for_match(trimmed(line), true, true);
        if (answer.empty()) return otherwise;
        for (const char* yes : {"y", "yes", "c", "co"}) {
            if (answer == yes) return true;
        }
        for (const char* no : {"n", "no", "k", "khong"}) {
            if (answer == no) return false;
        }
        terminal.write(say("Answer y or n; an empty answer takes the capital one.") + "\n");
    }
}

Result<SetupAnswers> ask_setup(Terminal& terminal, const Config& config, const Discovered& found) {
    return Questions(terminal, config, found).run();
}

}  // namespace custody
