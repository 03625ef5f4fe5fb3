// custody recover: on a bare machine, with one medium and one recovery kit, the keyring, the settings and the catalogue come
// back.
#include "base/counts.h"
#include "base/text.h"
#include "catalog/files.h"
#include "cli/advice.h"
#include "cli/command_table.h"
#include "cli/making.h"
#include "cli/recovery.h"
#include "daemon/config/load.h"
#include "daemon/service/powers.h"

namespace custody {
namespace {

struct RecoverFlags {
    std::string kit, state, host;
    bool dry_run = false;
};

class Recovery {
public:
    Recovery(Context& context, const RecoverFlags& flags) : context_(context), flags_(flags) {}

    Result<int> run() {
        TRY(look_at_what_was_named());
        if (flags_.dry_run) return tell_plan();
        TRY(bring_keyring());
        TRY_ASSIGN(Repository repository, context_.open_vault_to_read());
        repository_ = &repository;
        if (!repository.signer_trusted(repository.header().signer)) {
            warn(say("the vault's header was signed by nobody that the kit knows: is it the right vault?"));
        }
        TRY(bring_settings());
        TRY(bring_catalog());
        TRY(put_settings());
        TRY_ASSIGN(host_before_, host_before());
        TRY_ASSIGN(const Keyring* keyring, context_.keyring());
        host_now_ = keyring->host_name();
        for (const SignerInfo& signer : keyring->trusted_signers()) {
            if (signer.id == keyring->signer()) signs_since_ = signer.since;
        }
        tell();
        return is_whole_ ? kExitDone : kExitSomeUnread;
    }

private:
    Status look_at_what_was_named() {
        if (!context_.settings().vault_named) {
            return Error{Code::usage, say("which vault? name the medium's with --vault, as --vault /mnt/disk-a/vault")};
        }
        TRY_ASSIGN(kit_path_, absolute_path(flags_.kit));
        if (!flags_.state.empty()) {
            TRY_ASSIGN(state_, absolute_path(flags_.state));
            TRY(check_outside_vaults(state_, context_.settings().keyring));
        }
        TRY(check_outside_vaults(context_.settings().config_file, context_.settings().keyring));
        TRY_ASSIGN(kit_, read_key_file(context_.files(), kit_path_));
        if (kit_.kind != KeyFile::Kind::kit) {
            return Error{Code::usage, say("{} is no recovery kit", printable(kit_path_))};
        }
        TRY_ASSIGN(contents_, describe_kit(kit_.bytes));
        TRY_ASSIGN(has_keyring_, sound_keyring());
        // Without keys: whether kit and vault belong together is known before anything is made.
        TRY_ASSIGN(const std::string reference, context_.vault_reference());
        TRY_ASSIGN(const Repository vault, Repository::open(context_.files(), context_.clock(), reference, nullptr,
                                                            OpenOptions{.tolerate_damage = true}));
        location_ = vault.store().location();
        TRY(check_apart(context_.settings().keyring, location_));
        if (vault.header().family == contents_.family) return done();
        return Error{Code::wrong_key,
                     say("the kit {} is of family {}, and the vault {} of family {}: another kit opens it", printable(kit_path_),
                         contents_.family.hex(), printable(location_), vault.header().family.hex())};
    }

    // A keyring that is there and opens stays; a damaged one gives way to the kit's.
    Result<bool> sound_keyring() {
        const Status replaceable = Keyring::check_replaceable(context_.files(), context_.clock(), context_.settings().keyring);
        if (replaceable.ok()) return false;
        if (replaceable.error().code != Code::exists) return replaceable.error();
        TRY_ASSIGN(const Keyring* keyring, context_.keyring());
        if (keyring->family() == contents_.family && keyring->is_custodian()) return true;
        return Error{Code::exists, say("there is another keyring in {}: name another folder with --keyring",
                                       printable(context_.settings().keyring))};
    }

    Status bring_keyring() {
        if (has_keyring_) {
            TRY_ASSIGN(const Keyring* keyring, context_.keyring());
            TRY_ASSIGN(UnlockedKeyring unlocked, context_.unlock());
            unlocked_.emplace(std::move(unlocked));
            keyring_line_ = say("keyring: {}, which was there already", printable(keyring->folder()));
            return done();
        }
        TRY_ASSIGN(KeyringFromKit made, make_keyring_from_kit(context_, kit_));
        unlocked_.emplace(std::move(made.unlocked));
        keyring_line_ = say("keyring: {}, out of recovery kit {} of {}; this machine signs with a key of its own, {}",
                            printable(made.keyring->folder()), contents_.number, human_time(contents_.made),
                            made.keyring->signer().hex().substr(0, 16));
        return done();
    }

    // The newest records that can be read; the configuration out of them.
    Status bring_settings() {
        TRY_ASSIGN(RecordsFound found, records_in(*repository_, flags_.host));
        warnings_.insert(warnings_.end(), found.passed_over.begin(), found.passed_over.end());
        candidates_ = std::move(found.candidates);
        while (!candidates_.empty() && !records_) {
            const Snapshot& candidate = candidates_.front().snapshot;
            RecordsReader reader(*repository_, *unlocked_, candidate, context_);
            const auto text = reader.small_file("custody.toml");
            if (text.ok() || text.error().code == Code::not_found) {
                records_ = candidate;
                if (text.ok()) TRY(read_settings(*text));
                break;
            }
            if (text.error().code == Code::interrupted) return text.error();
            warn(say("the records of {} cannot be read: {}", human_time(candidate.summary.time), text.error().message));
            is_whole_ = false;
            candidates_.erase(candidates_.begin());
        }
        if (!records_) lack(say("the service's own records: none that can be read lie in {}", printable(location_)));
        if (records_ && !has_config_) lack(say("the configuration: the records hold none"));
        if (records_ && found.newest_passed_over && *found.newest_passed_over > records_->summary.time) {
            lack(
                say("records of {}, newer than these: nobody whom the kit knows signed them; was this machine recovered "
                    "before, and no new kit made?",
                    human_time(*found.newest_passed_over)));
        }
        if (state_.empty()) state_ = config_.service.state_folder;
        return done();
    }

    Status read_settings(Bytes text) {
        const auto zone = system_zone(context_.files());
        LoadedConfig loaded = load_config_text(context_.files(), context_.settings().config_file, as_text(text),
                                               zone.ok() ? *zone : ZoneRules(), law_folders());
        for (const std::string& fault : loaded.faults) warn(fault);
        config_ = std::move(loaded.config);
        config_text_ = std::move(text);
        has_config_ = true;
        return check_no_service();
    }

    // Last of all: a service does not start without it, and so never on half of what comes back.
    Status put_settings() {
        if (!has_config_) return done();
        const std::string& path = context_.settings().config_file;
        TRY_ASSIGN(config_aside_, put_config(context_.files(), path, config_text_, context_.clock().now()));
        if (!config_aside_.empty()) {
            warn(say("another configuration was in {}: it is now {}", printable(path), printable(config_aside_)));
        }
        return done();
    }

    // busy: a service works with what would be replaced.
    Status check_no_service() {
        const std::string& state = state_.empty() ? config_.service.state_folder : state_;
        if (!context_.files().info(catalog::catalog_path(state)).ok()) return done();
        TRY(catalog::lock_catalog(state));
        return done();
    }

    // The newest of the records' catalogues that is sound; else one from the vaults.
    Status bring_catalog() {
        for (const Repository::Listed& candidate : candidates_) {
            const Snapshot& records = candidate.snapshot;
            RecordsReader reader(*repository_, *unlocked_, records, context_);
            auto put = put_catalog(context_, reader, state_);
            if (put.ok()) {
                catalog_aside_ = std::move(*put);
                catalog_ = "restored";
                catalog_time_ = records.summary.time;
                tell_aside();
                return done();
            }
            const Code code = put.error().code;
            if (code != Code::corrupt && code != Code::not_found) return put.error();
            lack(say("the catalogue of the records of {}: {}", human_time(records.summary.time), put.error().message));
        }
        return rebuild();
    }

    Status rebuild() {
        TRY_ASSIGN(RegisterFound recorded, register_in(*repository_, *unlocked_, candidates_, context_));
        for (std::string& line : recorded.passed_over) warn(std::move(line));
        if (recorded.facts.host.empty()) {
            TRY_ASSIGN(recorded.facts.host, host_before());
        }
        std::vector<std::string> lacking;
        TRY_ASSIGN(rebuilt_, rebuild_from_vaults(context_, *repository_, config_, state_, recorded.facts, lacking));
        catalog_ = "rebuilt";
        catalog_aside_ = rebuilt_.set_aside;
        if (recorded.from) register_time_ = recorded.from->summary.time;
        tell_aside();
        for (const std::string& line : lacking) warn(say("not asked for its snapshots: {}", line));
        for (const std::string& line : rebuilt_.passed_over) warn(say("not taken from the records: {}", line));
        lack(register_time_ ? say("jobs and their results: only the catalogue knew them")
                            : say("jobs and their results, places and custodians of media, findings that people acknowledged: "
                                  "only the catalogue knew them"));
        return done();
    }

    // Whose plans this machine goes on with, where it can be told.
    Result<std::string> host_before() {
        if (records_) return records_->summary.host;
        if (!flags_.host.empty()) return flags_.host;
        return only_host_in(*repository_);
    }

    void tell_aside() {
        if (catalog_aside_.empty()) return;
        warn(say("a catalogue was in {}: it is now {}", printable(state_), printable(catalog_aside_)));
    }

    // ---- telling

    void tell() {
        lack(say("what was never in the vault: the systemd credential of a custodian's server, passwords in files that [alert] "
                 "and "
                 "database plans name, unless a plan backed them up"),
             false);
        context_.progress().clear();
        tell_media();
        plan_next_steps();
        tell_new_kit();
        for (const std::string& line : warnings_) context_.progress().warn(line);
        context_.output().document(json());
        if (context_.output().json()) return;
        print();
    }

    void print() {
        Output& out = context_.output();
        out.line(say("Back:"));
        out.line("  " + keyring_line_);
        if (has_config_) {
            out.line("  " + say("configuration: {}, with {} plans and {} media", printable(context_.settings().config_file),
                                config_.plans.size(), config_.media.size()));
        }
        if (catalog_ == "restored") {
            out.line("  " + say("catalogue: in {}, as it was on {}", printable(state_), human_time(catalog_time_)));
        } else {
            out.line("  " + say("catalogue: in {}, built anew from the vault: {} snapshots on {} media", printable(state_),
                                rebuilt_.snapshots, rebuilt_.media));
        }
        if (register_time_) {
            out.line("  " + say("register of media and findings: as on {} (media that are not here: {}, findings: {})",
                                human_time(*register_time_), rebuilt_.media_recorded, rebuilt_.findings));
        }
        if (!host_before_.empty() && host_before_ != host_now_) {
            out.line("  " + say("plans: this machine ({}) goes on with those of {}; their retention goes on over the snapshots "
                                "of both",
                                printable(host_now_), printable(host_before_)));
        }
        out.line(say("Not back:"));
        for (const std::string& line : lacking_) out.line("  " + line);
        out.line(say("Next:"));
        for (const std::string& line : next_) out.line("  " + line);
    }

    void tell_media() {
        for (const MediumConfig& medium : config_.media) {
            const bool is_here = context_.files().info(medium.vault).ok();
            media_.push_back({{"name", medium.name}, {"vault", medium.vault}, {"here", is_here}});
        }
        const MediumConfig* known = medium_of(config_, *repository_);
        if (has_config_ && known != nullptr && known->vault != location_) {
            warn(say("the medium {} lies in {} now, and the configuration expects it in {}: mount it there",
                     printable(known->name), printable(location_), printable(known->vault)));
        }
        const std::string& folder = config_.keys.keyring;
        if (has_config_ && !folder.empty() && folder != context_.settings().keyring) {
            warn(say("the configuration names the keyring {}, and it was made in {}: move it, or change [keys] keyring",
                     printable(folder), printable(context_.settings().keyring)));
            must_move_keyring_ = !context_.files().info(folder).ok();
        }
        if (has_config_ && config_.service.state_folder != state_) {
            warn(say("the configuration names the state folder {}, and the catalogue was put into {}",
                     printable(config_.service.state_folder), printable(state_)));
        }
    }

    void plan_next_steps() {
        const std::string config = printable(context_.settings().config_file);
        if (has_config_) {
            if (must_move_keyring_) {
                const std::string folder = printable(config_.keys.keyring);
                next_.push_back(fmt::format("mkdir -p {} && mv {} {}", printable(parent_path(config_.keys.keyring)),
                                            printable(context_.settings().keyring), folder));
            }
            next_.push_back("custodyd --check-config --config " + config);
            for (const Json& medium : media_) {
                if (medium["here"].get<bool>()) continue;
                next_.push_back(say("attach the medium {}: its vault belongs in {}", printable(medium["name"].get<std::string>()),
                                    printable(medium["vault"].get<std::string>())));
            }
            for (const std::string& name : drop_ins_for(config_)) {
                next_.push_back(
                    fmt::format("install -D -m 0644 /usr/share/custody/systemd/{} "
                                "/etc/systemd/system/custodyd.service.d/{} && systemctl daemon-reload",
                                name, name));
            }
        } else {
            next_.push_back("custody setup");
        }
        next_.push_back("systemctl enable --now custodyd");
        next_.push_back("custody status");
        next_.push_back("custody restore latest:NAME --target DIR --vault " + printable(location_));
    }

    // The kit knows the signing keys of its day. What this machine signs, its records too, the next recovery would not trust.
    void tell_new_kit() {
        if (has_keyring_ && signs_since_ < contents_.made) return;
        next_.push_back("custody key export --recovery --output KIT && custody key import KIT --check");
        warn(
            say("kit {} does not know the key with which this machine signs from now on: make a new kit, as said below, or a "
                "recovery after this one passes over what it signed",
                contents_.number));
    }

    Json json() const {
        return {{"keyring", context_.settings().keyring},
                {"keyring_made", !has_keyring_},
                {"kit", contents_.number},
                {"vault", location_},
                {"records", records_ ? Json(records_->id.hex()) : Json(nullptr)},
                {"records_time", records_ ? json_time(records_->summary.time) : Json(nullptr)},
                {"config", has_config_ ? Json(context_.settings().config_file) : Json(nullptr)},
                {"config_set_aside", config_aside_.empty() ? Json(nullptr) : Json(config_aside_)},
                {"state_folder", state_},
                {"catalog", catalog_},
                {"catalog_time", catalog_ == "restored" ? json_time(catalog_time_) : Json(nullptr)},
                {"register_time", register_time_ ? json_time(*register_time_) : Json(nullptr)},
                {"host_before", host_before_.empty() ? Json(nullptr) : Json(host_before_)},
                {"catalog_set_aside", catalog_aside_.empty() ? Json(nullptr) : Json(catalog_aside_)},
                {"media", media_},
                {"lacking", lacking_},
                {"next", next_},
                {"warnings", warnings_},
                {"dry_run", false}};
    }

    // What would be done. Nothing is written, so nothing that the kit alone opens can be looked at.
    Result<int> tell_plan() {
        std::vector<std::string> lines;
        const std::string keyring = printable(context_.settings().keyring);
        lines.push_back(has_keyring_ ? say("the keyring {} is there and would stay", keyring)
                                     : say("a keyring would be made in {} out of recovery kit {} of {}", keyring,
                                           contents_.number, human_time(contents_.made)));
        std::optional<ObjectId> found;
        if (has_keyring_) {
            TRY_ASSIGN(Repository repository, context_.open_vault_to_read());
            TRY_ASSIGN(const RecordsFound records, records_in(repository, flags_.host));
            const auto& candidates = records.candidates;
            warnings_.insert(warnings_.end(), records.passed_over.begin(), records.passed_over.end());
            if (!candidates.empty()) found = candidates.front().snapshot.id;
            lines.push_back(candidates.empty()
                                ? say("the vault {} holds no records of a service: a catalogue would be built from its snapshots",
                                      printable(location_))
                                : say("the records of {} would come back", human_time(candidates.front().snapshot.summary.time)));
        } else {
            lines.push_back(say("which records the vault {} holds shows when the kit is opened", printable(location_)));
        }
        const std::string& config = context_.settings().config_file;
        lines.push_back(
            context_.files().info(config).ok()
                ? say("{} is there: where the records differ it would be renamed, and theirs put in its place", printable(config))
                : say("the configuration would be put into {}", printable(config)));
        lines.push_back(say("dry run: nothing was changed"));
        context_.output().document({{"keyring", context_.settings().keyring},
                                    {"keyring_made", false},
                                    {"kit", contents_.number},
                                    {"vault", location_},
                                    {"records", found ? Json(found->hex()) : Json(nullptr)},
                                    {"dry_run", true}});
        for (const std::string& line : warnings_) context_.progress().warn(line);
        for (const std::string& line : lines) context_.output().line(line);
        return kExitDone;
    }

    void warn(std::string line) { warnings_.push_back(std::move(line)); }
    void lack(std::string line, bool is_loss = true) {
        lacking_.push_back(std::move(line));
        if (is_loss) is_whole_ = false;
    }

    Context& context_;
    const RecoverFlags& flags_;
    std::string kit_path_, location_, state_, config_aside_, catalog_aside_, keyring_line_, catalog_;
    KeyFile kit_;
    KitContents contents_;
    bool has_keyring_ = false, has_config_ = false, is_whole_ = true, must_move_keyring_ = false;
    std::optional<UnlockedKeyring> unlocked_;
    Repository* repository_ = nullptr;            // while run() has it open
    std::vector<Repository::Listed> candidates_;  // records, newest first, those that cannot be read left out
    std::optional<Snapshot> records_;             // that the configuration is of
    Time catalog_time_;
    std::optional<Time> register_time_;
    std::string host_before_, host_now_;
    Time signs_since_;  // since when there is this machine's key
    Config config_;
    Bytes config_text_;
    catalog::RebuildReport rebuilt_;
    Json media_ = Json::array();
    std::vector<std::string> lacking_, next_, warnings_;
};

Result<int> run_recover(Context& context, const RecoverFlags& flags) { return Recovery(context, flags).run(); }

}  // namespace

void add_recover_command(CommandTable& table) {
    auto flags = std::make_shared<RecoverFlags>();
    CLI::App& recover = table.add(
        table.root(), "recover",
        say("On a bare machine: brings back keyring, settings and catalogue from one medium and one kit"),
        {"recover --vault V --kit F [--state DIR] [--host H] [--dry-run]",
         {"custody recover --vault /mnt/disk-a/vault --kit /media/usb/kit",
          "custody recover --vault /mnt/disk-a/vault --kit typed.txt --dry-run"},
         say("Needs the kit's passphrase (CUSTODY_KIT_PASSPHRASE_FILE), or an officer's key, and a new one for the keyring "
             "(CUSTODY_PASSPHRASE_FILE). The configuration and the catalogue are those that the service backed up last (label "
             "log, "
             "name custody-records). What is in their place is renamed, never overwritten; a keyring of the same family that "
             "opens "
             "stays, so that the command can be run again. Where the records are missing or damaged the catalogue is built from "
             "the "
             "vault, and what only the old one knew is named: exit code 3. It ends with what to type next.")});
    add_value(recover, "--kit", flags->kit, "F", say("A recovery kit, or a text file with its typed lines or scanned codes"))
        ->required();
    add_value(recover, "--state", flags->state, "DIR",
              say("The service's state folder; default: as the configuration that comes back says, else /var/lib/custody"));
    add_value(recover, "--host", flags->host, "H", say("Whose records, where several services wrote to the vault"));
    recover.add_flag("--dry-run", flags->dry_run, say("Only says what would be done"));
    table.runs(recover, flags, run_recover);
}

}  // namespace custody
