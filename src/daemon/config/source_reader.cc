// source = { files = [...] } and its like: what a plan backs up.
#include "base/nearest.h"
#include "base/text.h"
#include "daemon/config/section_readers.h"
#include "daemon/config/table_reader.h"
#include "daemon/config/values.h"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

namespace custody {
namespace {

constexpr std::array<std::string_view, 6> kKinds = {"files", "image", "postgresql", "mariadb", "sqlite", "command"};

void read_hooks(TableReader& reader, Hooks& hooks) {
    reader.arguments("before", hooks.before);
    reader.arguments("after", hooks.after);
    reader.duration("hook_limit", hooks.limit_ns, kSecond, kDay);
}

FilesSource read_files(TableReader& reader) {
    FilesSource source;
    reader.paths("files", source.paths);
    reader.texts("exclude", source.exclude);
    reader.flag("one_file_system", source.one_file_system);
    reader.flag("snapshot", source.snapshot);
    reader.paths("mounted", source.mounted);
    read_hooks(reader, source.hooks);
    return source;
}

ImageSource read_image(TableReader& reader) {
    ImageSource source;
    reader.path("image", source.path);
    reader.flag("freeze", source.freeze);
    read_hooks(reader, source.hooks);
    return source;
}

// Whether there is such a user is seen when the run begins: the server may be installed later.
Status check_user_name(const std::string& name) {
    constexpr std::size_t kLongest = 256;
    const bool fits = !name.empty() && name.size() <= kLongest && name.front() != '-' &&
                      name.find_first_of(":/ \t") == std::string::npos && printable(name) == name;
    if (fits) return done();
    return Error{Code::usage, say("'{}' is no name of a user of the system, as \"postgres\"", printable(name))};
}

void read_as_user(TableReader& reader, std::string& into) {
    reader.parsed("as_user", [&](const std::string& text) -> Status {
        TRY(check_user_name(text));
        into = text;
        return done();
    });
}

PostgresqlSource read_postgresql(TableReader& reader) {
    PostgresqlSource source;
    reader.parsed("postgresql", [&](const std::string& text) -> Status {
        TRY(check_conninfo(text));
        source.conninfo = text;
        return done();
    });
    read_as_user(reader, source.as_user);
    return source;
}

// The name that the output gets: no folder, nothing that does not show.
Status check_file_name(const std::string& name) {
    if (name != "." && name != ".." && name.find('/') == std::string::npos && name.size() <= 255) return done();
    return Error{Code::usage, say("'{}' is no file name: it names what the command wrote, without a folder", printable(name))};
}

CommandSource read_command(TableReader& reader) {
    CommandSource source;
    reader.arguments("command", source.arguments);
    if (reader.require("file", say("the name under which the output is kept, as \"switch.cfg\""))) {
        reader.parsed("file", [&](const std::string& text) -> Status {
            TRY(check_file_name(text));
            source.file = text;
            return done();
        });
    }
    reader.duration("every", source.every_ns, kMinute, 366 * kDay);
    reader.duration("time_limit", source.limit_ns, kSecond, 7 * kDay);
    return source;
}

SourceConfig read_kind(std::size_t kind, TableReader& reader) {
    switch (kind) {
        case 0:
            return read_files(reader);
        case 1:
            return read_image(reader);
        case 2:
            return read_postgresql(reader);
        case 3: {
            MariadbSource source;
            reader.path("mariadb", source.defaults_file);
            read_as_user(reader, source.as_user);
            return source;
        }
        case 4: {
            SqliteSource source;
            reader.path("sqlite", source.file);
            return source;
        }
        default:
            return read_command(reader);
    }
}

}  // namespace

std::optional<SourceConfig> read_source(const TomlValue& table, Places& places, ConfigFaults& faults) {
    TableReader reader(table, places, faults, "source.");
    std::vector<std::size_t> kinds;
    for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
        if (reader.has(kKinds[kind])) kinds.push_back(kind);
    }
    if (kinds.empty()) {
        // A kind that is misspelt is named as what it was meant to be.
        const bool slip = std::any_of(table.entries.begin(), table.entries.end(),
                                      [](const TomlEntry& entry) { return !nearest(entry.key, kKinds).empty(); });
        // Asked for, none is there: they are known from now on, and the slip is told with the nearest of them.
        for (const std::string_view kind : kKinds) (void)reader.any(kind);
        if (slip) {
            reader.finish();
            return std::nullopt;
        }
        faults.add(table.at,
                   say("'source' does not say what to back up: it has one of {}", fmt::format("{}", fmt::join(kKinds, ", "))));
        reader.finish();
        return std::nullopt;
    }
    if (kinds.size() > 1) {
        faults.add(
            table.find(kKinds[kinds[1]])->at,
            say("'source' names both '{}' and '{}'; a plan has one source, make two plans", kKinds[kinds[0]], kKinds[kinds[1]]));
        return std::nullopt;
    }
    SourceConfig source = read_kind(kinds[0], reader);
    reader.finish();
    return source;
}

}  // namespace custody
