// custody catalog rebuild: a new catalogue from what the vaults say, where the service's own is lost or damaged.
#include "base/counts.h"
#include "base/text.h"
#include "catalog/rebuild.h"
#include "cli/command_table.h"
#include "daemon/api/unix_listener.h"
#include "daemon/config/law.h"
#include "daemon/config/load.h"
#include "daemon/jobs/catalog_backup.h"

namespace custody {
namespace {

struct RebuildFlags {};

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

Json json_of(const catalog::RebuildReport& report, const std::vector<std::string>& lacking, const std::string& folder) {
    return {{"folder", folder},
            {"media", report.media},
            {"snapshots", report.snapshots},
            {"copies", report.copies},
            {"set_aside", report.set_aside.empty() ? Json(nullptr) : Json(report.set_aside)},
            {"not_read", lacking},
            {"not_known", {"jobs", "places", "custodians", "moves", "acknowledgements", "settings"}}};
}

void print(Output& output, const catalog::RebuildReport& report, const std::vector<std::string>& lacking) {
    output.line(say("back from the vaults: media {}, snapshots {}, copies {}", report.media, report.snapshots, report.copies));
    output.line(
        say("not known any more: jobs and their results, places and custodians of media and their hand-over record, what was "
            "acknowledged, when the digest was sent last"));
    for (const std::string& why : lacking) output.line(say("not read, and entered when it is here again: {}", why));
    if (!report.set_aside.empty()) output.line(say("the old catalogue is kept: {}", printable(report.set_aside)));
    output.line(say("enter places and custodians anew with 'custody media move'; then 'systemctl start custodyd'"));
}

Result<int> run_rebuild(Context& context, const RebuildFlags&) {
    TRY_ASSIGN(Config config, sound_config(context));
    config.keys.keyring = context.settings().keyring;  // a flag or the environment may name another
    TRY(refuse_beside_service(config));
    TRY_ASSIGN(const VaultFactsFound found, vault_facts(context.files(), context.clock(), config));
    if (found.facts.empty()) {
        for (const std::string& why : found.lacking) context.progress().warn(why);
        return Error{Code::not_found,
                     say("no medium of {} can be read, so that nothing would be known: attach one, and run this again",
                         printable(config.file))};
    }
    const std::string& folder = config.service.state_folder;
    TRY_ASSIGN(const catalog::RebuildReport report, catalog::rebuild_catalog(folder, context.clock(), found.facts));
    context.output().document(json_of(report, found.lacking, folder));
    if (!context.output().json()) print(context.output(), report, found.lacking);
    return kExitDone;
}

}  // namespace

void add_catalog_commands(CommandTable& table) {
    CLI::App& family = table.add_family(table.root(), "catalog", say("What the service knows of jobs, media and copies"));
    auto flags = std::make_shared<RebuildFlags>();
    CLI::App& rebuild = table.add(
        family, "rebuild", say("Makes a new catalogue from what the vaults say"),
        {"catalog rebuild",
         {"systemctl stop custodyd && custody catalog rebuild && systemctl start custodyd",
          "custody catalog rebuild --config /etc/custody/custody.toml"},
         say("For a catalogue that is lost or damaged: no backup needs it. Refused while the service runs. Every medium of the "
             "configuration that is here is read, without a passphrase; snapshots, which medium holds them and which vault a "
             "medium "
             "has are back then. What only the catalogue knew is not: jobs and their results, where media were and who had them, "
             "what was acknowledged. The old file is kept beside the new one.")});
    table.runs(rebuild, flags, run_rebuild);
}

}  // namespace custody
