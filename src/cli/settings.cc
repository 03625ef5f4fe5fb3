#include "cli/settings.h"

#include "base/file.h"

#include <unistd.h>
#include <cstdlib>

#include <toml++/toml.h>

namespace custody {
namespace {

constexpr const char* kDefaultConfig = "/etc/custody/custody.toml";
constexpr std::uint64_t kMaxConfigSize = 1024 * 1024;

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

// A key that is there must be a text.
Result<std::string> text_at(const toml::table& table, const char* section, const char* key, const std::string& path) {
    const toml::node_view<const toml::node> node = section ? table[section][key] : table[key];
    if (!node) return std::string();
    if (const auto value = node.value<std::string>(); value && node.is_string()) return *value;
    return Error{Code::usage, say("{}, line {}: '{}' must be a text in quotes", path, node.node()->source().begin.line, key)};
}

Result<std::vector<Medium>> read_media(const toml::table& table, const std::string& path) {
    std::vector<Medium> media;
    const toml::array* array = table["medium"].as_array();
    if (array == nullptr) return media;
    for (const toml::node& node : *array) {
        const toml::table* entry = node.as_table();
        if (entry == nullptr)
            return Error{Code::usage, say("{}, line {}: [[medium]] must be a table", path, node.source().begin.line)};
        Medium medium;
        TRY_ASSIGN(medium.name, text_at(*entry, nullptr, "name", path));
        TRY_ASSIGN(medium.vault, text_at(*entry, nullptr, "vault", path));
        media.push_back(std::move(medium));
    }
    return media;
}

Result<Settings> read_config(const std::string& path, const std::string& text) {
    try {
        const toml::table table = toml::parse(text, path);
        Settings settings;
        TRY_ASSIGN(settings.language, text_at(table, nullptr, "language", path));
        TRY_ASSIGN(settings.keyring, text_at(table, "keys", "keyring", path));
        TRY_ASSIGN(settings.organisation, text_at(table, "organisation", "name", path));
        TRY_ASSIGN(settings.media, read_media(table, path));
        if (!settings.media.empty()) settings.vault = settings.media.front().vault;
        return settings;
    } catch (const toml::parse_error& error) {
        return Error{Code::usage, say("{}, line {}: {}", path, error.source().begin.line, std::string(error.description()))};
    } catch (const std::exception& error) {
        return Error{Code::usage, say("cannot read the configuration {}: {}", path, error.what())};
    }
}

// A file that was named by flag must be there; the default, and one that the environment names, need not.
Result<Settings> load_file(const std::string& flag) {
    TRY_ASSIGN(const std::string path, absolute_path(first_of(flag, "CUSTODY_CONFIG", kDefaultConfig)));
    auto bytes = read_file(posix_file_system(), path, kMaxConfigSize);
    if (bytes.ok()) return read_config(path, std::string(as_text(bytes.value())));
    if (flag.empty() && bytes.error().code == Code::not_found) return Settings{};
    return Error{Code::usage, say("cannot read the configuration: {}", bytes.error().message)};
}

}  // namespace

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // read before any thread starts
    return value ? value : "";
}

Result<Settings> load_settings(const GlobalFlags& flags) {
    TRY_ASSIGN(Settings settings, load_file(flags.config));
    settings.vault = first_of(flags.vault, "CUSTODY_VAULT", settings.vault);
    const std::string configured = settings.keyring.empty() ? default_keyring() : settings.keyring;
    TRY_ASSIGN(settings.keyring, absolute_path(first_of(flags.keyring, "CUSTODY_KEYRING", configured)));
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
