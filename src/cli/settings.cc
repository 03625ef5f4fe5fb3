#include "cli/settings.h"

#include "base/file.h"

#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <utility>

#include <fmt/ranges.h>
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

// "/etc/custody/custody.toml:3:1"
std::string place(const std::string& path, const toml::source_region& source) {
    return fmt::format("{}:{}:{}", printable(path), source.begin.line, source.begin.column);
}

enum class Kind { text, table, tables };

struct Known {
    std::string_view name;
    Kind kind;
};
// What may stand at the top of the file. What the service reads in its sections is the service's to check; of the sections that
// the command line reads too, slips of the hand are refused here.
constexpr std::array kTop = {Known{"language", Kind::text}, Known{"organisation", Kind::table}, Known{"law", Kind::table},
                             Known{"keys", Kind::table},    Known{"medium", Kind::tables},      Known{"label", Kind::table},
                             Known{"plan", Kind::tables},   Known{"scan", Kind::table},         Known{"alert", Kind::table},
                             Known{"journal", Kind::table}};
constexpr std::array<std::string_view, 3> kOrganisation = {"name", "superior", "place"};
constexpr std::array<std::string_view, 2> kKeys = {"keyring", "role"};
constexpr std::array<std::string_view, 4> kMedium = {"name", "vault", "place", "removable"};

// Levenshtein's.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

constexpr std::size_t kNear = 2;

// Empty: none is near.
template <class Names>
std::string_view nearest(std::string_view key, const Names& names) {
    std::string_view best;
    std::size_t least = std::min(kNear, key.size() / 2) + 1;
    for (const std::string_view name : names) {
        const std::size_t away = distance(key, name);
        if (away >= least) continue;
        least = away;
        best = name;
    }
    return best;
}

std::array<std::string_view, kTop.size()> top_names() {
    std::array<std::string_view, kTop.size()> names;
    std::transform(kTop.begin(), kTop.end(), names.begin(), [](const Known& known) { return known.name; });
    return names;
}

// What a key that is not known at the top was probably meant to be.
std::string advice_for(std::string_view key) {
    for (const auto& [name, where] :
         {std::pair<std::string_view, std::string_view>{"keyring", "[keys]"}, {"role", "[keys]"}, {"vault", "[[medium]]"}}) {
        if (key == name) return say("it belongs below {}", where);
    }
    const std::string_view near = nearest(key, top_names());
    if (!near.empty()) return say("is '{}' meant?", near);
    return say("known are {}", fmt::format("{}", fmt::join(top_names(), ", ")));
}

Status check_kind(const Known& known, const toml::node& node, const std::string& path) {
    if (known.kind == Kind::table && !node.is_table()) {
        return Error{Code::usage, say("{}: '{}' must be a section: [{}]", place(path, node.source()), known.name, known.name)};
    }
    if (known.kind == Kind::tables && !node.is_array_of_tables()) {
        return Error{Code::usage,
                     say("{}: '{}' must be a list of sections: [[{}]]", place(path, node.source()), known.name, known.name)};
    }
    return done();
}

Status check_top(const toml::table& table, const std::string& path) {
    for (const auto& [key, node] : table) {
        const auto known = std::find_if(kTop.begin(), kTop.end(), [&](const Known& each) { return each.name == key.str(); });
        if (known == kTop.end()) {
            return Error{Code::usage,
                         say("{}: unknown key '{}': {}", place(path, key.source()), printable(key.str()), advice_for(key.str()))};
        }
        TRY(check_kind(*known, node, path));
    }
    return done();
}

// A key that is not known here may be the service's; one that is nearly a known one is a slip of the hand.
template <class Names>
Status check_slips(const toml::table* section, const Names& names, const std::string& path) {
    if (section == nullptr) return done();
    for (const auto& [key, node] : *section) {
        if (std::find(names.begin(), names.end(), key.str()) != names.end()) continue;
        const std::string_view near = nearest(key.str(), names);
        if (near.empty()) continue;
        return Error{Code::usage, say("{}: unknown key '{}': {}", place(path, key.source()), printable(key.str()),
                                      say("is '{}' meant?", near))};
    }
    return done();
}

Status check_keys(const toml::table& table, const std::string& path) {
    TRY(check_top(table, path));
    TRY(check_slips(table["organisation"].as_table(), kOrganisation, path));
    return check_slips(table["keys"].as_table(), kKeys, path);
}

// A key that is there must be a text.
Result<std::string> text_at(const toml::table& table, const char* section, const char* key, const std::string& path) {
    const toml::node_view<const toml::node> node = section ? table[section][key] : table[key];
    if (!node) return std::string();
    if (const auto value = node.value<std::string>(); value && node.is_string()) return *value;
    return Error{Code::usage, say("{}: '{}' must be a text in quotes", place(path, node.node()->source()), key)};
}

Result<std::vector<Medium>> read_media(const toml::table& table, const std::string& path) {
    std::vector<Medium> media;
    const toml::array* array = table["medium"].as_array();
    if (array == nullptr) return media;
    for (const toml::node& node : *array) {
        const toml::table* entry = node.as_table();
        if (entry == nullptr) return Error{Code::usage, say("{}: [[medium]] must be a table", place(path, node.source()))};
        TRY(check_slips(entry, kMedium, path));
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
        TRY(check_keys(table, path));
        Settings settings;
        TRY_ASSIGN(settings.language, text_at(table, nullptr, "language", path));
        TRY_ASSIGN(settings.keyring, text_at(table, "keys", "keyring", path));
        TRY_ASSIGN(settings.organisation, text_at(table, "organisation", "name", path));
        TRY_ASSIGN(settings.media, read_media(table, path));
        if (!settings.media.empty()) settings.vault = settings.media.front().vault;
        return settings;
    } catch (const toml::parse_error& error) {
        return Error{Code::usage, say("{}: {}", place(path, error.source()), std::string(error.description()))};
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
