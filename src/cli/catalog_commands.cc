// custody catalog rebuild: a new catalogue from what the vaults say, and the service's records in them, where its own is lost or
// damaged.
#include "base/counts.h"
#include "base/text.h"
#include "catalog/rebuild.h"
#include "cli/command_table.h"
#include "cli/recovery.h"
#include "daemon/api/unix_listener.h"
#include "daemon/config/law.h"
#include "daemon/config/load.h"
#include "daemon/jobs/catalog_backup.h"

namespace custody {
namespace {

struct RebuildFlags {
    bool without_records = false;
};

Result<Config> sound_config(Context& context) {
    auto zone = system_zone(context.files());
    const ZoneRules rules = zone.ok() ? std::move(zone).value() : ZoneRules();
    TRY_ASSIGN(LoadedConfig loaded, load_config(context.files(), context.settings().config_file, rules, law_folders()));
    if (loaded.faults.size() > 1) {
        return Error{Code::usage,
                     say_count(loaded.faults.size() - 1, "{1}; and {0} more fault, which 'custodyd --check-config' names",
                               "{1}; and {0} more faults, which 'custodyd --check-config' names", loaded.faults.front())};
    }
    if (!loaded.sound()) return Error{Code::usage, loaded.faults.front()};
    return std::move(loaded.config);
}

// The catalogue's own lock is the safety; this spares reading every vault before it refuses.
Status refuse_beside_service(const Config& config) {
    if (!connect_to_unix_socket(config.service.socket).ok()) return done();
    return Error{
        Code::busy,
        say("a service runs (it listens on {}) and holds the catalogue: end it with 'systemctl stop custodyd', rebuild, and "
            "start it again",
            printable(config.service.socket))};
}

// The medium with the newest records, and these, newest first.
struct NewestRecords {
    std::optional<Repository> repository;
    std::vector<Repository::Listed> candidates;
    std::vector<std::string> passed_over;
};

// Of this host; where it has none (the machine was recovered under another name, and had no night yet), of the only one there is.
Result<RecordsFound> records_of_this_service(Repository& repository, const std::string& host) {
    auto own = records_in(repository, host);
    return !own.ok() && own.error().code == Code::not_found ? records_in(repository, "") : std::move(own);
}

Result<NewestRecords> newest_records(Context& context, const Config& config) {
    NewestRecords newest;
    TRY_ASSIGN(Keyring * keyring, context.keyring());
    for (const MediumConfig& medium : config.media) {
        auto opened =
            Repository::open(context.files(), context.clock(), medium.vault, keyring, OpenOptions{.tolerate_damage = true});
        if (!opened.ok()) continue;  // that it cannot be read is told with its snapshots
        auto found = records_of_this_service(*opened, keyring->host_name());
        if (!found.ok()) {
            newest.passed_over.push_back(say("{}: {}", printable(medium.name), found.error().message));
            continue;
        }
        for (std::string& line : found->passed_over)
            newest.passed_over.push_back(say("{}: {}", printable(medium.name), std::move(line)));
        if (found->candidates.empty()) continue;
        const Time last = found->candidates.front().snapshot.summary.time;
        if (newest.repository && last <= newest.candidates.front().snapshot.summary.time) continue;
        newest.candidates = std::move(found->candidates);
        newest.repository.emplace(std::move(*opened));
    }
    return newest;
}

// Nothing without a key: the vaults tell enough to go on with, and the command runs where nobody is asked, too.
Result<std::optional<UnlockedKeyring>> key_of_records(Context& context, std::vector<std::string>& passed_over) {
    TRY_ASSIGN(const Keyring* keyring, context.keyring());
    const auto log = keyring->writer_keys("log");
    if (!log.ok()) {
        passed_over.push_back(log.error().message);
        return std::optional<UnlockedKeyring>();
    }
    auto unlocked = context.unlock_labels({(*log)->label});
    if (unlocked.ok()) return std::optional<UnlockedKeyring>(std::move(*unlocked));
    const bool was_given = context.can_unlock() && keyring->is_custodian();
    if (unlocked.error().code != Code::wrong_key || was_given) return std::move(unlocked).error();
    passed_over.push_back(unlocked.error().message);
    return std::optional<UnlockedKeyring>();
}

Result<RegisterFound> recorded_register(Context& context, const Config& config) {
    RegisterFound none;
    TRY_ASSIGN(NewestRecords newest, newest_records(context, config));
    none.passed_over = std::move(newest.passed_over);
    if (!newest.repository) return none;
    TRY_ASSIGN(const auto unlocked, key_of_records(context, none.passed_over));
    if (!unlocked) return none;
    TRY_ASSIGN(RegisterFound found, register_in(*newest.repository, *unlocked, newest.candidates, context));
    found.passed_over.insert(found.passed_over.begin(), none.passed_over.begin(), none.passed_over.end());
    return found;
}

struct Rebuilt {
    catalog::RebuildReport report;
    std::vector<std::string> lacking;      // media
    std::vector<std::string> passed_over;  // of the records
    std::optional<Snapshot> records;
};

Json json_of(const Rebuilt& rebuilt, const std::string& folder) {
    const catalog::RebuildReport& report = rebuilt.report;
    Json not_known = {"jobs", "places", "custodians", "moves", "acknowledgements", "settings"};
    if (rebuilt.records) not_known = {"jobs", "settings"};
    return {{"folder", folder},
            {"media", report.media},
            {"snapshots", report.snapshots},
            {"copies", report.copies},
            {"records", rebuilt.records ? Json(rebuilt.records->id.hex()) : Json(nullptr)},
            {"records_time", rebuilt.records ? json_time(rebuilt.records->summary.time) : Json(nullptr)},
            {"media_completed", report.media_completed},
            {"media_recorded", report.media_recorded},
            {"moves", report.moves},
            {"findings", report.findings},
            {"set_aside", report.set_aside.empty() ? Json(nullptr) : Json(report.set_aside)},
            {"not_read", rebuilt.lacking},
            {"passed_over", rebuilt.passed_over},
            {"not_known", not_known}};
}

void print_records(Output& output, const Rebuilt& rebuilt) {
    const catalog::RebuildReport& report = rebuilt.report;
    const std::string when = human_time(rebuilt.records->summary.time);
    output.line(
        say("back from the service's records of {}: places and custodians of media {}, lines of their hand-over record "
            "{}, findings {}",
            when, report.media_completed + report.media_recorded, report.moves, report.findings));
    if (report.media_recorded > 0)
        output.line(
            say("media known from these records alone: {}; what they hold shows when they are here, and until then they "
                "count as owing",
                report.media_recorded));
    output.line(
        say("not known any more: jobs and their results, hand-overs and acknowledgements since {}, when the digest was "
            "sent last",
            when));
}

void print(Output& output, const Rebuilt& rebuilt) {
    const catalog::RebuildReport& report = rebuilt.report;
    output.line(say("back from the vaults: media {}, snapshots {}, copies {}", report.media, report.snapshots, report.copies));
    if (rebuilt.records) print_records(output, rebuilt);
    if (!rebuilt.records)
        output.line(
            say("not known any more: jobs and their results, places and custodians of media and their hand-over record, what was "
                "acknowledged, when the digest was sent last"));
    for (const std::string& why : rebuilt.passed_over) output.line(say("not taken from the records: {}", why));
    for (const std::string& why : rebuilt.lacking) output.line(say("not read, and entered when it is here again: {}", why));
    if (!report.set_aside.empty()) output.line(say("the old catalogue is kept: {}", printable(report.set_aside)));
    output.line(rebuilt.records
                    ? say("look at places and custodians with 'custody media list'; then 'systemctl start custodyd'")
                    : say("enter places and custodians anew with 'custody media move'; then 'systemctl start custodyd'"));
}

Result<int> run_rebuild(Context& context, const RebuildFlags& flags) {
    TRY_ASSIGN(Config config, sound_config(context));
    config.keys.keyring = context.settings().keyring;  // a flag or the environment may name another
    TRY(refuse_beside_service(config));
    Rebuilt rebuilt;
    TRY_ASSIGN(VaultFactsFound found, vault_facts(context.files(), context.clock(), config));
    rebuilt.lacking = std::move(found.lacking);
    if (found.facts.empty()) {
        for (const std::string& why : rebuilt.lacking) context.progress().warn(why);
        return Error{Code::not_found,
                     say("no medium of {} can be read, so that nothing would be known: attach one, and run this again",
                         printable(config.file))};
    }
    RegisterFound recorded;
    if (!flags.without_records) {
        TRY_ASSIGN(recorded, recorded_register(context, config));
    }
    rebuilt.passed_over = std::move(recorded.passed_over);
    rebuilt.records = std::move(recorded.from);
    const std::string& folder = config.service.state_folder;
    TRY_ASSIGN(rebuilt.report, catalog::rebuild_catalog(folder, context.clock(), found.facts, recorded.facts));
    for (const std::string& line : rebuilt.report.passed_over) rebuilt.passed_over.push_back(line);
    context.output().document(json_of(rebuilt, folder));
    if (!context.output().json()) print(context.output(), rebuilt);
    return kExitDone;
}

}  // namespace

void add_catalog_commands(CommandTable& table) {
    CLI::App& family = table.add_family(table.root(), "catalog", say("What the service knows of jobs, media and copies"));
    auto flags = std::make_shared<RebuildFlags>();
    CLI::App& rebuild = table.add(
        family, "rebuild", say("Makes a new catalogue from what the vaults say"),
        {"catalog rebuild [--without-records]",
         {"systemctl stop custodyd && custody catalog rebuild && systemctl start custodyd",
          "custody catalog rebuild --config /etc/custody/custody.toml"},
         say("For a catalogue that is lost or damaged: no backup needs it. Refused while the service runs. Every medium of the "
             "configuration that is here is read: snapshots, which medium holds them and which vault a medium has are back then. "
             "Places and custodians of media, their hand-over record and findings come from the newest records that the service "
             "stored in the vaults (label log, name custody-records); these need the keyring's passphrase (asked for, or "
             "CUSTODY_PASSPHRASE_FILE), and without it the vaults alone tell. Jobs and their results are not known any more. "
             "What "
             "came from where is said. The old file is kept beside the new one.")});
    rebuild.add_flag("--without-records", flags->without_records, say("Only what the vaults say; no passphrase is asked for"));
    table.runs(rebuild, flags, run_rebuild);
}

}  // namespace custody
