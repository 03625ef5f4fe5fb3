// Where a command finds its vault, keyring and language: flag, else environment, else configuration file.
//
// The configuration file is read by the service's own reader (daemon/config/reader). Only what the command line uses may stop it:
// language, [organisation], [keys], [[medium]] and what is no known key at the top; faults of plans, labels, alerts and their
// like are custodyd's to refuse. An environment variable that is empty counts as not set (POSIX); an empty flag is refused before
// this is asked. Errors: usage, with file:line:column at fault.
#pragma once

#include "base/result.h"
#include "base/text.h"
#include "daemon/config/config.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

// What stood on the command line; empty: not given.
struct GlobalFlags {
    std::string vault, keyring, config, language, officer_key;
    std::string progress;  // "", "none", "plain", "json"
    bool json = false;
    bool makes_config = false;  // setup, recover: a configuration that is missing or at fault stops nothing
};

struct Medium {
    std::string name, vault;  // [[medium]]
};

struct Settings {
    std::string vault;           // reference; empty: none named anywhere
    std::string keyring;         // folder, always set
    std::string officer_key;     // file; empty: passphrases open things
    std::string organisation;    // [organisation] name, for the kit's page
    std::string language;        // "vi", "en" or empty
    std::vector<Medium> media;   // as configured; the first is the default vault
    std::string config_file;     // absolute; need not exist
    std::string socket;          // of the service
    bool vault_named = false;    // by flag or environment, not only by the configuration
    bool keyring_named = false;  // the same of the keyring
    bool has_plans = false;      // the configuration has some: a service should run
    std::string state_folder;    // of the service
    ScanConfig scan;             // [scan]: what restored files pass
};

[[nodiscard]] Result<Settings> load_settings(const GlobalFlags& flags);

// --lang, else `language` of the settings, else LC_ALL, LC_MESSAGES, LANG.
[[nodiscard]] Result<Language> choose_language(const std::string& flag, const std::string& configured);
// $XDG_CACHE_HOME etc.: an environment variable, or "".
[[nodiscard]] std::string environment(const char* name);

}  // namespace custody
