#include "cli/settings.h"

#include "base/counts.h"
#include "base/file.h"
#include "daemon/config/reader.h"

#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>

namespace custody {
namespace {

constexpr const char* kDefaultConfig = "/etc/custody/custody.toml";

std::string default_keyring() {
    if (::geteuid() == 0) return "/etc/custody/keyring";
    if (const std::string data = environment("XDG_DATA_HOME"); !data.empty()) return join_path(data, "custody/keyring");
    return join_path(environment("HOME"), ".local/share/custody/keyring");
}

std::string first_of(const std::string& flag, const char* variable, const std::string& configured) {
    if (!flag.empty()) return flag;
    if (std::string value = environment(variable); !value.empty()) return value;
    return configured;
}

// The sections that the command line uses: a fault in a plan must not keep anybody from restoring. custodyd refuses it.
constexpr std::array<std::string_view, 6> kOurs = {"", "language", "organisation", "keys", "medium", "scan"};

bool is_ours(const ConfigFault& fault) { return std::find(kOurs.begin(), kOurs.end(), fault.section) != kOurs.end(); }

Result<Settings> settings_of(const ConfigReading& reading) {
    const auto first = std::find_if(reading.faults.begin(), reading.faults.end(), is_ours);
    if (first != reading.faults.end()) {
        const std::string line = first->line(reading.config.file);
        const auto others = static_cast<std::size_t>(std::count_if(std::next(first), reading.faults.end(), is_ours));
        if (others == 0) return Error{Code::usage, line};
        return Error{Code::usage, say_count(others, "{1}; and {0} more fault, which 'custodyd --check-config' names",
                                            "{1}; and {0} more faults, which 'custodyd --check-config' names", line)};
    }
    Settings settings;
    settings.language = reading.config.language;
    settings.keyring = reading.config.keys.keyring;
    settings.organisation = reading.config.organisation.name;
    for (const MediumConfig& medium : reading.config.media) settings.media.push_back({medium.name, medium.vault});
    if (!settings.media.empty()) settings.vault = settings.media.front().vault;
    settings.socket = reading.config.service.socket;
    settings.has_plans = !reading.config.plans.empty();
    settings.state_folder = reading.config.service.state_folder;
    settings.scan = reading.config.scan;
    return settings;
}

// A file that was named by flag must be there; the default, and one that the environment names, need not.
Result<Settings> load_file(const GlobalFlags& flags, const std::string& path) {
    const std::string& flag = flags.config;
    if (flags.makes_config) {
        const auto there = read_config_file(posix_file_system(), path);
        auto settings = there.ok() ? settings_of(*there) : Result<Settings>(Settings{});
        return settings.ok() ? std::move(settings) : Result<Settings>(Settings{});
    }
    const auto reading = read_config_file(posix_file_system(), path);
    if (reading.ok()) return settings_of(*reading);
    if (flag.empty() && reading.error().code == Code::not_found) return Settings{};
    return Error{Code::usage, reading.error().message};
}

}  // namespace

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // read before any thread starts
    return value ? value : "";
}

Result<Settings> load_settings(const GlobalFlags& flags) {
    TRY_ASSIGN(const std::string config_file, absolute_path(first_of(flags.config, "CUSTODY_CONFIG", kDefaultConfig)));
    TRY_ASSIGN(Settings settings, load_file(flags, config_file));
    settings.config_file = config_file;
    if (settings.socket.empty()) settings.socket = ServiceConfig().socket;
    if (settings.state_folder.empty()) settings.state_folder = ServiceConfig().state_folder;
    const std::string named = first_of(flags.vault, "CUSTODY_VAULT", "");
    settings.vault_named = !named.empty();
    if (settings.vault_named) settings.vault = named;
    const std::string configured = settings.keyring.empty() ? default_keyring() : settings.keyring;
    TRY_ASSIGN(settings.keyring, absolute_path(first_of(flags.keyring, "CUSTODY_KEYRING", configured)));
    settings.keyring_named = !first_of(flags.keyring, "CUSTODY_KEYRING", "").empty();
    if (const std::string file = first_of(flags.officer_key, "CUSTODY_OFFICER_KEY", ""); !file.empty()) {
        TRY_ASSIGN(settings.officer_key, absolute_path(file));
    }
    return settings;
}

Result<Language> choose_language(const std::string& flag, const std::string& configured) {
    for (const std::string& chosen : {flag, configured}) {
        if (chosen == "vi") return Language::vietnamese;
        if (chosen == "en") return Language::english;
        if (!chosen.empty()) return Error{Code::usage, say("unknown language '{}': use vi or en", chosen)};
    }
    for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const std::string locale = environment(variable);
        if (locale.empty()) continue;
        return locale.starts_with("vi") ? Language::vietnamese : Language::english;
    }
    return Language::english;
}

}  // namespace custody
