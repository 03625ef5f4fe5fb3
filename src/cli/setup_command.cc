// custody setup: the first configuration, by questions or by an answers file; can be run again.
#include "base/counts.h"
#include "base/process.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/command_table.h"
#include "cli/making.h"
#include "cli/setup_questions.h"
#include "cli/setup_steps.h"
#include "cli/terminal.h"
#include "daemon/config/load.h"
#include "daemon/config/reader.h"
#include "daemon/discover/setup_draft.h"
#include "daemon/service/powers.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace custody {
namespace {

constexpr const char* kDropInsFrom = "/usr/share/custody/systemd";
constexpr const char* kDropInsTo = "/etc/systemd/system/custodyd.service.d";

struct SetupFlags {
    std::string answers;
    bool print_answers = false, dry_run = false;
};

// From a file, or standard input: bounded.
Result<std::string> read_answers_text(FileSystem& files, const std::string& given, const StopFlag& stop) {
    if (given != "-") {
        TRY_ASSIGN(const std::string path, absolute_path(given));
        auto content = read_file(files, path, kMaxConfigSize);
        if (!content.ok()) return Error{Code::usage, say("cannot read the answers: {}", content.error().message)};
        return std::string(as_text(*content));
    }
    std::string text(kMaxConfigSize + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(STDIN_FILENO, text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) {
            TRY(stop.check());
            continue;
        }
        if (got < 0) return system_error(errno, "read", say("standard input"));
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return text;
}

class Setup {
public:
    Setup(Context& context, const SetupFlags& flags) : context_(context), flags_(flags) {}

    Result<int> run() {
        TRY_ASSIGN(found_, discover());
        if (flags_.print_answers) {
            context_.output().line(answers_template(found_));
            context_.output().document({{"answers", answers_template(found_)}});
            return kExitDone;
        }
        TRY(read_what_is_there());
        TRY(take_answers());
        TRY(settle_keyring());
        TRY(draft());
        TRY(check_media_apart(config_, notes_));
        TRY_ASSIGN(const bool wanted, show_and_ask());
        if (!wanted || flags_.dry_run) {
            finish();
            return kExitDone;
        }
        TRY(check_it_can_go_on());
        TRY(write());
        TRY(make());
        finish();
        return first_.failed != 0 ? kExitSomeUnread : kExitDone;
    }

private:
    Status read_what_is_there() {
        const auto there = read_file(context_.files(), path_, kMaxConfigSize);
        if (there.ok()) existing_ = std::string(as_text(*there));
        if (!there.ok() && there.error().code != Code::not_found) return there.error();
        before_ = read_config(path_, existing_).config;
        return done();
    }

    Status take_answers() {
        if (!flags_.answers.empty()) {
            TRY_ASSIGN(const std::string text, read_answers_text(context_.files(), flags_.answers, context_.stop()));
            AnswersReading reading = read_answers(flags_.answers == "-" ? say("standard input") : flags_.answers, text);
            TRY(refuse_faults(reading.faults));
            answers_ = std::move(reading.answers);
        } else {
            terminal_ = Terminal::open();
            if (!terminal_) {
                return Error{Code::usage,
                             say("there is no terminal to ask on: 'custody setup --print-answers > FILE' writes a file to "
                                 "fill in, 'custody setup --answers FILE' takes it")};
            }
            TRY_ASSIGN(answers_, ask_setup(*terminal_, before_, found_));
        }
        if (!answers_.passphrase_file.empty()) context_.passphrases().use_file(PassphraseKind::keyring, answers_.passphrase_file);
        if (!answers_.kit_passphrase_file.empty())
            context_.passphrases().use_file(PassphraseKind::kit, answers_.kit_passphrase_file);
        return done();
    }

    Status refuse_faults(const std::vector<std::string>& faults) {
        if (faults.empty()) return done();
        for (std::size_t i = 1; i < faults.size(); ++i) context_.progress().warn(faults[i]);
        return Error{Code::usage, faults.front()};
    }

    // One keyring: the flag's, the file's, the answers', the default.
    Status settle_keyring() {
        const std::string& named = context_.settings().keyring;
        std::string configured = before_.keys.keyring;
        for (const TomlEntry& section : answers_.sections) {
            const TomlEntry* answer = section.key == "keys" ? section.value.find("keyring") : nullptr;
            if (configured.empty() && answer != nullptr) configured = answer->value.text;
        }
        if (configured.empty()) {
            answer_text(answers_, "keys", "keyring", named);
            return done();
        }
        if (!context_.settings().keyring_named || configured == named) return done();
        return Error{Code::usage,
                     say("the configuration has the keyring {}, and --keyring or CUSTODY_KEYRING names {}: leave one out",
                         printable(configured), printable(named))};
    }

    Status draft() {
        const auto local = system_zone(context_.files());
        const ZoneRules zone = local.ok() ? *local : ZoneRules();
        const RotationPlaces rotation;
        const std::string logs = choose_log_schedule(context_.files(), zone, rotation);
        TRY_ASSIGN(draft_, draft_config(path_, existing_, answers_, found_, logs));
        LoadedConfig loaded = load_config_text(context_.files(), path_, draft_.text, zone, law_folders(), &rotation);
        if (!loaded.sound()) {
            for (const std::string& line : draft_.added) context_.progress().note("+ " + printable(line));
            context_.progress().note(say("note: the lines above would be added to {}, and were not", printable(path_)));
        }
        TRY(refuse_faults(loaded.faults));
        for (const std::string& note : loaded.notes) notes_.push_back(note);
        notes_.insert(notes_.end(), draft_.kept.begin(), draft_.kept.end());
        config_ = std::move(loaded.config);
        Settings settings = context_.settings();
        settings.keyring = config_.keys.keyring.empty() ? settings.keyring : config_.keys.keyring;
        settings.organisation = config_.organisation.name;
        settings.media.clear();
        for (const MediumConfig& medium : config_.media) settings.media.push_back({medium.name, medium.vault});
        if (!settings.media.empty()) settings.vault = settings.media.front().vault;
        context_.use_settings(std::move(settings));
        return done();
    }

    // False: a person does not want it.
    Result<bool> show_and_ask() {
        for (const std::string& line : draft_.added) context_.progress().note("+ " + printable(line));
        if (draft_.added.empty()) {
            context_.progress().note(say("note: {} needs no change", printable(path_)));
            return true;
        }
        context_.progress().note(existing_.empty()
                                     ? say("note: these lines make {}", printable(path_))
                                     : say("note: these lines are added to {}; all else in it stays", printable(path_)));
        if (!terminal_ || flags_.dry_run) return true;
        return ask_yes(*terminal_, say("Write this configuration, and make what it names?"), true);
    }

    // Nothing is written that could then not go on.
    Status check_it_can_go_on() {
        if (!answers_.vaults) return done();
        TRY(check_media_mounted(config_, context_.files()));
        TRY_ASSIGN(const bool exists, context_.keyring_exists());
        if (!exists && !context_.passphrases().is_given(PassphraseKind::keyring) && !somebody_can_be_asked()) {
            return Error{Code::usage,
                         say("the keyring needs a passphrase: name a file with it as passphrase_file in [setup], or in "
                             "CUSTODY_PASSPHRASE_FILE")};
        }
        TRY_ASSIGN(const bool is_kit_due, kit_is_due());
        return is_kit_due ? check_kit_can_be_made(exists) : done();
    }

    [[nodiscard]] bool somebody_can_be_asked() const { return terminal_ != nullptr || Terminal::open() != nullptr; }

    Status check_kit_can_be_made(bool keyring_exists) {
        for (const std::string& file : {answers_.kit, answers_.kit_page}) {
            if (file.empty()) continue;
            TRY(check_outside_vaults(file, context_.settings().keyring));
            for (const MediumConfig& medium : config_.media) {  // that is not made yet
                if (!lies_in(file, medium.vault)) continue;
                return Error{Code::refused,
                             say("{} lies inside the vault {}: name a place outside", printable(file), printable(medium.vault))};
            }
            TRY(check_new_file(context_.files(), file));
        }
        if (!context_.passphrases().is_given(PassphraseKind::kit) && !somebody_can_be_asked()) {
            return Error{Code::usage, say("the kit needs a passphrase of its own: name a file with it as kit_passphrase_file in "
                                          "[setup], or in CUSTODY_KIT_PASSPHRASE_FILE")};
        }
        if (!keyring_exists || context_.can_unlock()) return done();
        return Error{Code::usage, say("a kit is made of an opened keyring: name a file with its passphrase as passphrase_file in "
                                      "[setup], or in CUSTODY_PASSPHRASE_FILE")};
    }

    // One that was made and not proven yet stays the one to prove.
    Result<bool> kit_is_due() {
        if (answers_.kit.empty()) return false;
        TRY_ASSIGN(const bool exists, context_.keyring_exists());
        if (!exists) return true;
        TRY_ASSIGN(const Keyring* keyring, context_.keyring());
        const KitState state = kit_state(*keyring);
        return state != KitState::proven && (state != KitState::unproven || !context_.files().info(answers_.kit).ok());
    }

    Status write() {
        if (draft_.added.empty()) return done();
        TRY_ASSIGN(set_aside_, write_config(context_.files(), path_, draft_.text, context_.clock().now()));
        is_written_ = true;
        return done();
    }

    Status make() {
        if (answers_.vaults) {
            TRY_ASSIGN(vaults_, make_vaults(context_, config_, keyring_made_, notes_));
            TRY(make_kit());
        }
        if (answers_.vaults && answers_.first_backup) {
            TRY_ASSIGN(first_, first_backup(context_, config_, vaults_, notes_));
        }
        return install();
    }

    Status make_kit() {
        TRY_ASSIGN(Keyring * keyring, context_.keyring());
        TRY_ASSIGN(const bool is_due, kit_is_due());
        if (!is_due) {
            if (std::string line = kit_warning(*keyring); !line.empty()) notes_.push_back(std::move(line));
            return done();
        }
        TRY(check_none_destroyed(context_, *keyring, {}));
        TRY_ASSIGN(const ExportedKit kit,
                   write_recovery_kit(context_, *keyring, KitRequest{answers_.kit, answers_.kit_page, {}}));
        kit_number_ = kit.contents.number;
        return done();
    }

    // As root, where systemd runs; elsewhere it is among what is to be typed.
    Status install() {
        if (drop_ins_for(config_).empty()) return done();
        if (::geteuid() != 0 || !context_.files().info("/run/systemd/system").ok()) {
            for (const std::string& name : drop_ins_for(config_)) {
                next_.push_back(
                    fmt::format("install -D -m 0644 {0}/{2} {1}/{2} && systemctl daemon-reload", kDropInsFrom, kDropInsTo, name));
            }
            return done();
        }
        TRY_ASSIGN(drop_ins_, install_drop_ins(context_.files(), config_, kDropInsFrom, kDropInsTo, notes_));
        if (drop_ins_.empty()) return done();
        ProcessOptions reload;
        reload.arguments = {"systemctl", "daemon-reload"};
        reload.time_limit_ns = kMinute;
        const auto ended = run_process(reload, context_.stop());
        if (!ended.ok() && ended.error().code == Code::interrupted) return ended.error();
        if (!ended.ok()) notes_.push_back(ended.error().message);
        if (ended.ok() && !ended->succeeded()) notes_.push_back(failure_of("systemctl daemon-reload", *ended).message);
        return done();
    }

    // ---- telling

    void finish() {
        if (is_written_ || draft_.added.empty()) plan_next_steps();
        context_.progress().clear();
        for (const std::string& line : notes_) context_.progress().warn(line);
        context_.output().document(json());
        if (!context_.output().json()) print();
    }

    void plan_next_steps() {
        if (kit_number_) {
            if (!answers_.kit_page.empty()) next_.push_back(say("print {}, and delete the file", printable(answers_.kit_page)));
            next_.push_back(fmt::format("custody key import {} --check", printable(answers_.kit)));
        }
        next_.push_back("systemctl enable --now custodyd");
        next_.push_back("custody status");
    }

    void print() {
        Output& out = context_.output();
        if (is_written_) out.line(say("configuration written: {}", printable(path_)));
        if (!set_aside_.empty()) out.line(say("the old one is now {}", printable(set_aside_)));
        if (!is_written_ && !draft_.added.empty()) out.line(say("nothing was changed"));
        if (keyring_made_) out.line(say("keyring made: {}", printable(context_.settings().keyring)));
        for (const SetupVault& vault : vaults_) {
            if (vault.state == "made")
                out.line(say("vault made on medium {}: {}", printable(vault.medium), printable(vault.vault)));
            if (vault.state == "there")
                out.line(say("vault on medium {} is there: {}", printable(vault.medium), printable(vault.vault)));
        }
        if (kit_number_) {
            out.line(say("recovery kit {} written: {}", *kit_number_, printable(answers_.kit)));
            out.line(say("keep it apart from the vault and from its passphrase; whoever has both opens every backup"));
        }
        if (first_.snapshot) out.line(say("first backup made: snapshot {}", short_id(*first_.snapshot)));
        if (!first_.proven.empty()) out.line(say("{} came back from it as it is", printable(first_.proven)));
        for (const std::string& name : drop_ins_) out.line(say("systemd drop-in put in place: {}/{}", kDropInsTo, name));
        if (next_.empty()) return;
        out.line(say("Next:"));
        for (const std::string& line : next_) out.line("  " + line);
    }

    Json json() const {
        Json vaults = Json::array();
        for (const SetupVault& vault : vaults_)
            vaults.push_back({{"medium", vault.medium}, {"vault", vault.vault}, {"state", vault.state}});
        return {{"config", path_},
                {"written", is_written_},
                {"added", draft_.added},
                {"set_aside", set_aside_.empty() ? Json(nullptr) : Json(set_aside_)},
                {"keyring", context_.settings().keyring},
                {"keyring_made", keyring_made_},
                {"vaults", vaults},
                {"kit", kit_number_ ? Json(answers_.kit) : Json(nullptr)},
                {"kit_number", kit_number_ ? Json(*kit_number_) : Json(nullptr)},
                {"snapshot", first_.snapshot ? Json(first_.snapshot->hex()) : Json(nullptr)},
                {"proven", first_.proven.empty() ? Json(nullptr) : Json(first_.proven)},
                {"drop_ins", drop_ins_},
                {"next", next_},
                {"warnings", notes_},
                {"dry_run", flags_.dry_run}};
    }

    Context& context_;
    const SetupFlags& flags_;
    const std::string path_ = context_.settings().config_file;
    std::string existing_, set_aside_;
    Config before_, config_;
    Discovered found_;
    SetupAnswers answers_;
    SetupDraft draft_;
    std::unique_ptr<Terminal> terminal_;  // where a person answers
    bool is_written_ = false, keyring_made_ = false;
    std::vector<SetupVault> vaults_;
    std::optional<std::uint32_t> kit_number_;
    FirstBackup first_;
    std::vector<std::string> drop_ins_, next_, notes_;
};

Result<int> run_setup(Context& context, const SetupFlags& flags) { return Setup(context, flags).run(); }

}  // namespace

void add_setup_command(CommandTable& table) {
    auto flags = std::make_shared<SetupFlags>();
    CLI::App& setup = table.add(
        table.root(), "setup",
        say("First configuration: finds what there is, asks, writes the settings, and proves a first backup"),
        {"setup [--answers F] [--print-answers] [--dry-run]",
         {"custody setup", "custody setup --print-answers > answers.toml", "custody setup --answers answers.toml",
          "custody setup --answers - --dry-run < answers.toml"},
         say("Asks one question after the other on the terminal, or takes a TOML file: sections as in custody.toml, and [setup] "
             "(docs/SERVICE.md, First configuration). What is in the configuration already stays and is extended; the lines that "
             "are "
             "new are shown first, and the old file stays beside the new one. Then come keyring, vaults, the recovery kit and a "
             "first "
             "backup of /etc, of which one file is restored and compared. It can be run again. A medium on the disk of the data "
             "or the "
             "system is refused (duty B1) unless it has an exception. Passphrases: asked for, or from files that the answers, "
             "CUSTODY_PASSPHRASE_FILE and CUSTODY_KIT_PASSPHRASE_FILE name.")});
    add_value(setup, "--answers", flags->answers, "F", say("Answers in a file instead of questions; - for standard input"));
    setup.add_flag("--print-answers", flags->print_answers, say("Prints an answers file with what was found, to fill in"));
    setup.add_flag("--dry-run", flags->dry_run, say("Only shows what would be written"));
    table.runs(setup, flags, run_setup);
}

}  // namespace custody
