#include "daemon/service/custodyd.h"

#include "base/exit_code.h"
#include "base/file.h"
#include "base/text.h"
#include "daemon/api/peer.h"
#include "daemon/config/check.h"
#include "daemon/config/law.h"
#include "daemon/config/load.h"
#include "daemon/schedule/zone.h"
#include "daemon/service/service.h"
#include "daemon/work/running_service.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

namespace custody {
namespace {

constexpr const char* kDefaultConfig = "/etc/custody/custody.toml";

struct Options {
    std::string config, language;
    bool check_config = false, other_machine = false, help = false, version = false;
};

std::string environment_text(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

// The value of `--config F` or `--config=F` at argv[i]; nothing where it is another flag. An empty value is one that is missing.
std::optional<std::string> value_of(std::string_view flag, int argc, char** argv, int& i) {
    const std::string_view word = argv[i];
    if (word == flag) return i + 1 < argc ? std::string(argv[++i]) : std::string();
    if (word.starts_with(flag) && word.size() > flag.size() && word[flag.size()] == '=')
        return std::string(word.substr(flag.size() + 1));
    return std::nullopt;
}

Result<Options> parse(int argc, char** argv) {
    Options options;
    options.config = environment_text("CUSTODY_CONFIG");
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        std::string* into = nullptr;
        auto value = value_of("--config", argc, argv, i);
        if (value) into = &options.config;
        if (!value && (value = value_of("--lang", argc, argv, i))) into = &options.language;
        if (into != nullptr) {
            if (value->empty())
                return Error{Code::usage, say("{} needs a value; see 'custodyd --help'", word.substr(0, word.find('=')))};
            *into = *value;
        } else if (word == "--check-config") {
            options.check_config = true;
        } else if (word == "--other-machine") {
            options.other_machine = true;
        } else if (word == "--help" || word == "-h") {
            options.help = true;
        } else if (word == "--version") {
            options.version = true;
        } else {
            return Error{Code::usage, say("custodyd does not know '{}'; see 'custodyd --help'", printable(word))};
        }
    }
    if (options.config.empty()) options.config = kDefaultConfig;
    TRY_ASSIGN(options.config, absolute_path(options.config));
    return options;
}

// --lang, else the configuration's, else the locale's: as `custody` does it.
Result<Language> language_from(const std::string& flag, const std::string& configured) {
    for (const std::string& chosen : {flag, configured}) {
        if (chosen == "vi") return Language::vietnamese;
        if (chosen == "en") return Language::english;
        if (!chosen.empty()) return Error{Code::usage, say("unknown language '{}': use vi or en", printable(chosen))};
    }
    for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const std::string locale = environment_text(variable);
        if (!locale.empty()) return locale.starts_with("vi") ? Language::vietnamese : Language::english;
    }
    return Language::english;
}

void print(std::FILE* stream, std::string_view text) {
    std::fprintf(stream, "%.*s\n", static_cast<int>(text.size()), text.data());
}

int fail(const ServiceLog& log, const Error& error) {
    log.error(error.message);
    return exit_code_of(error.code);
}

int check(const Options& options, const ZoneRules& zone) {
    const RotationPlaces rotation;
    const CheckOutcome outcome =
        check_config(posix_file_system(), options.config, zone, law_folders(), options.other_machine ? nullptr : &rotation);
    for (const std::string& line : outcome.out) print(stdout, line);
    for (const std::string& line : outcome.err) print(stderr, line);
    return std::fflush(stdout) == 0 ? outcome.exit : kExitFailed;
}

Result<FreshConfig> read(const std::string& path, const ZoneRules& zone) {
    const RotationPlaces rotation;
    TRY_ASSIGN(LoadedConfig loaded, load_config(posix_file_system(), path, zone, law_folders(), &rotation));
    FreshConfig reading{nullptr, std::move(loaded.faults), std::move(loaded.notes)};
    if (reading.faults.empty()) reading.config = std::make_shared<const Config>(std::move(loaded.config));
    return reading;
}

Status serve(const Options& options, const ZoneRules& zone, const ServiceLog& log) {
    TRY(block_service_signals());
    TRY_ASSIGN(Notifier notifier, Notifier::from_environment());
    TRY_ASSIGN(const auto group, group_id(kApiGroup));
    if (!group) {
        log.warning(
            say("there is no group '{}': only root may ask the service; make it with 'groupadd --system {}' and start custodyd "
                "again",
                kApiGroup, kApiGroup));
    }
    // The first reading also says in which language the service speaks; that is chosen before threads exist, and once.
    bool first = true;
    ServiceParts parts;
    parts.group = group;
    parts.work = std::make_unique<RunningService>(posix_file_system(), system_clock());
    parts.read_config = [&]() -> Result<FreshConfig> {
        TRY_ASSIGN(FreshConfig reading, read(options.config, zone));
        if (first && reading.config != nullptr) {
            TRY_ASSIGN(const Language chosen, language_from(options.language, reading.config->language));
            set_language(chosen);
        }
        first = false;
        return reading;
    };
    Service service(std::move(parts), std::move(notifier), log);
    return service.run();
}

int run_guarded(int argc, char** argv, const ServiceLog& log) {
    const auto early = language_from("", "");
    if (early.ok()) set_language(*early);
    const auto options = parse(argc, argv);
    if (!options.ok()) return fail(log, options.error());
    const auto language = language_from(options->language, "");
    if (!language.ok()) return fail(log, language.error());
    set_language(*language);
    if (options->help) {
        print(
            stdout,
            translate("usage: custodyd [--config FILE] [--check-config [--other-machine]] [--lang vi|en] [--version] [--help]\n\n"
                      "The service of Custody, in the foreground: systemd starts it (custodyd.service).\n"
                      "  --config FILE    configuration; default: CUSTODY_CONFIG, else /etc/custody/custody.toml\n"
                      "  --check-config   names every fault of the configuration with its line, and ends (2 where there is one)\n"
                      "  --other-machine  with --check-config: how this machine keeps its logs is not looked at (B12)\n"
                      "  --lang vi|en     language of messages; default: the configuration's, else the locale's\n"
                      "Signals: HUP reads the configuration again, USR1 writes the status to the log, TERM and INT end it."));
        return std::fflush(stdout) == 0 ? kExitDone : kExitFailed;
    }
    if (options->version) {
        print(stdout, std::string("custodyd ") + CUSTODY_VERSION);
        return std::fflush(stdout) == 0 ? kExitDone : kExitFailed;
    }
    auto zone = system_zone(posix_file_system());
    if (!zone.ok()) log.warning(zone.error().message);  // UTC then, as the scheduler has it
    const ZoneRules rules = zone.ok() ? std::move(zone).value() : ZoneRules();
    if (options->check_config) return check(*options, rules);
    const Status served = serve(*options, rules, log);
    return served.ok() ? kExitDone : fail(log, served.error());
}

}  // namespace

int run_custodyd(int argc, char** argv) {
    const ServiceLog log = ServiceLog::to_standard_error();
    try {
        return run_guarded(argc, argv, log);
    } catch (const std::bad_alloc&) {
        return fail(log, {Code::failed, say("out of memory")});
    } catch (const std::exception& error) {
        return fail(log, {Code::failed, say("an error that should not happen: {}", error.what())});
    }
}

}  // namespace custody
