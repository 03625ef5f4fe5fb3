#include "daemon/log_rotation.h"

#include "base/text.h"

#include <fnmatch.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

namespace custody {
namespace {

constexpr std::int64_t kMonth = 28 * kDay, kYear = 365 * kDay;  // the shortest there are
constexpr std::uint64_t kMaxCount = 100'000;

// Words that bound no time.
constexpr std::array kNeutral = {"addextension",
                                 "allowhardlink",
                                 "compress",
                                 "compresscmd",
                                 "compressext",
                                 "compressoptions",
                                 "copy",
                                 "copytruncate",
                                 "create",
                                 "createolddir",
                                 "dateext",
                                 "dateformat",
                                 "datehourago",
                                 "dateyesterday",
                                 "delaycompress",
                                 "extension",
                                 "ifempty",
                                 "ignoreduplicates",
                                 "mail",
                                 "mailfirst",
                                 "maillast",
                                 "minage",
                                 "minsize",
                                 "missingok",
                                 "noallowhardlink",
                                 "nocompress",
                                 "nocopy",
                                 "nocopytruncate",
                                 "nocreate",
                                 "nocreateolddir",
                                 "nodateext",
                                 "nodelaycompress",
                                 "nomail",
                                 "nomissingok",
                                 "noolddir",
                                 "norenamecopy",
                                 "nosharedscripts",
                                 "noshred",
                                 "notifempty",
                                 "olddir",
                                 "renamecopy",
                                 "sharedscripts",
                                 "shred",
                                 "shredcycles",
                                 "start",
                                 "su",
                                 "tabooext",
                                 "taboopat",
                                 "uncompresscmd",
                                 "unlink"};
constexpr std::array kScripts = {"prerotate", "postrotate", "firstaction", "lastaction", "preremove"};
// Not read in a folder that is included (logrotate's tabooext).
constexpr std::array kTaboo = {".bak",       ".bkp",          ".cfsaved",  ".disabled", ".dpkg-bak", ".dpkg-del",
                               ".dpkg-dist", ".dpkg-new",     ".dpkg-old", ".dpkg-tmp", ".new",      ".old",
                               ".orig",      ".rhn-cfg-tmp-", ".rpmnew",   ".rpmorig",  ".rpmsave",  ".swp",
                               ".ucf-dist",  ".ucf-new",      ".ucf-old",  "~",         ",v"};

template <class List>
bool is_one_of(const List& list, std::string_view word) {
    return std::any_of(list.begin(), list.end(), [&](const char* one) { return word == one; });
}

std::string_view without_blanks(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\f\v";
    const std::size_t begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < -1 || value > static_cast<std::int64_t>(kMaxCount))
        return std::nullopt;
    return value;
}

// What of logrotate's settings bounds time; global ones are taken over by each group of files.
struct Rotation {
    std::optional<std::int64_t> period_ns;  // none: by size, and so at each run
    std::int64_t count = 0;                 // -1: never removed
    std::optional<std::int64_t> max_age_ns;
    bool at_any_run = false;  // maxsize: before the period is over

    [[nodiscard]] std::optional<std::int64_t> horizon_ns() const {
        const std::int64_t period = period_ns && !at_any_run ? *period_ns : std::min(period_ns.value_or(kDay), kDay);
        std::optional<std::int64_t> horizon;
        if (count >= 0) horizon = count * period;
        if (max_age_ns) horizon = std::min(horizon.value_or(*max_age_ns), *max_age_ns);
        return horizon;
    }
};

class Logrotate {
public:
    Logrotate(FileSystem& files, const std::vector<std::string>& paths, RotationReport& report)
        : files_(files), paths_(paths), report_(report) {}

    Status read(const std::string& path, int depth);

private:
    struct Place {
        const std::string& file;
        std::size_t line = 0;
        int depth = 0;
    };
    void say_unclear(const Place& place, const std::string& why) {
        report_.not_understood.push_back(fmt::format("{}:{}: {}", printable(place.file), place.line, why));
    }
    void include(const Place& place, const std::string& what);
    void take_word(const Place& place, std::string_view line, Rotation& into);
    void take_value(const Place& place, const std::string& word, std::string_view value, Rotation& into);
    void take_patterns(std::string_view text);
    void end_group(const Place& begin, const Rotation& rotation);
    [[nodiscard]] bool concerns(const std::string& pattern) const;

    FileSystem& files_;
    const std::vector<std::string>& paths_;
    RotationReport& report_;
    Rotation global_;
    std::vector<std::string> patterns_;  // of the group that is being read
    std::size_t files_read_ = 0;
};

// A pattern of which nothing lies there yet counts, too: by the folder that it leads to.
bool Logrotate::concerns(const std::string& pattern) const {
    const std::size_t wild = pattern.find_first_of("*?[");
    const std::string fixed = wild == std::string::npos ? pattern : pattern.substr(0, pattern.rfind('/', wild));
    return std::any_of(paths_.begin(), paths_.end(), [&](const std::string& path) {
        return lies_in(fixed, path) || ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0 ||
               (wild != std::string::npos && lies_in(path, fixed));
    });
}

// Blanks part them; quotes hold blanks.
void Logrotate::take_patterns(std::string_view text) {
    std::string pattern;
    char quote = 0;
    for (const char c : text) {
        if (quote != 0 ? c == quote : c == '"' || c == '\'') {
            quote = quote == 0 ? c : '\0';
        } else if (quote == 0 && (c == ' ' || c == '\t')) {
            if (!pattern.empty()) patterns_.push_back(std::exchange(pattern, {}));
        } else {
            pattern += c;
        }
    }
    if (!pattern.empty()) patterns_.push_back(std::move(pattern));
}

void Logrotate::end_group(const Place& begin, const Rotation& rotation) {
    for (const std::string& pattern : std::exchange(patterns_, {})) {
        if (!concerns(pattern)) continue;
        report_.horizons.push_back({pattern, fmt::format("{}:{}", begin.file, begin.line), rotation.horizon_ns()});
    }
}

void Logrotate::take_value(const Place& place, const std::string& word, std::string_view value, Rotation& into) {
    if (word == "size") {
        into.period_ns.reset();
    } else if (word == "maxsize") {
        into.at_any_run = true;
    } else if (word == "rotate" || word == "maxage") {
        const auto count = number_of(value);
        if (!count) return say_unclear(place, say("'{}' needs a number", word));
        if (word == "rotate") into.count = *count;
        if (word == "maxage") into.max_age_ns = *count > 0 ? std::optional(*count * kDay) : std::nullopt;
    } else if (!is_one_of(kNeutral, word)) {
        say_unclear(place, say("'{}' is not known here: it may bound how long logs are kept", printable(word)));
    }
}

void Logrotate::take_word(const Place& place, std::string_view line, Rotation& into) {
    const std::size_t end = std::min(line.find_first_of(" \t="), line.size());
    const std::string word(line.substr(0, end));
    std::string_view value = without_blanks(line.substr(end));
    if (value.starts_with('=')) value = without_blanks(value.substr(1));
    static constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kPeriods = {
        {{"hourly", kHour}, {"daily", kDay}, {"weekly", 7 * kDay}, {"monthly", kMonth}, {"yearly", kYear}}};
    for (const auto& [name, period] : kPeriods) {
        if (word == name) into.period_ns = period;
        if (word == name) return;
    }
    take_value(place, word, value, into);
}

void Logrotate::include(const Place& place, const std::string& what) {
    const auto info = files_.info(what);
    if (!info.ok()) return say_unclear(place, info.error().message);
    if (place.depth >= kMaxIncludeDepth) return say_unclear(place, say("files include each other too deep"));
    std::vector<std::string> found = {what};
    if (info->is_directory) {
        found.clear();
        const auto listed = files_.list(what);
        if (!listed.ok()) return say_unclear(place, listed.error().message);
        for (const DirectoryItem& item : *listed) {
            const bool is_taboo =
                std::any_of(kTaboo.begin(), kTaboo.end(), [&](const char* end) { return item.name.ends_with(end); });
            if (!item.is_directory && !is_taboo && !item.name.starts_with('.')) found.push_back(join_path(what, item.name));
        }
        std::sort(found.begin(), found.end());
    }
    for (const std::string& file : found) {
        const Status read_it = read(file, place.depth + 1);
        if (!read_it.ok()) say_unclear(place, read_it.error().message);
    }
}

Status Logrotate::read(const std::string& path, int depth) {
    if (++files_read_ > kMaxConfigFiles) return Error{Code::failed, say("more than {} configuration files", kMaxConfigFiles)};
    TRY_ASSIGN(const Bytes bytes, read_file(files_, path, kMaxRotationConfig));
    std::istringstream lines{std::string(as_text(bytes))};
    Place place{path, 0, depth}, group{path, 0, depth};
    Rotation rotation;
    bool in_group = false, in_script = false;
    for (std::string raw; std::getline(lines, raw);) {
        ++place.line;
        const std::string_view line = without_blanks(raw);
        const std::string first(line.substr(0, line.find_first_of(" \t=")));
        if (in_script) {
            in_script = line != "endscript";
        } else if (line.empty() || line.starts_with('#')) {
            continue;
        } else if (in_group) {
            in_script = is_one_of(kScripts, first);
            if (line.starts_with('}')) {
                end_group(group, rotation);
                in_group = false;
            } else if (!in_script) {
                take_word(place, line, rotation);
            }
        } else if (line.starts_with('/') || line.starts_with('"') || line.starts_with('\'') || line.starts_with('{')) {
            const std::size_t brace = line.find('{');
            if (patterns_.empty()) group.line = place.line;
            take_patterns(line.substr(0, brace));
            in_group = brace != std::string_view::npos;
            if (in_group) rotation = global_;
            const std::string_view rest = in_group ? without_blanks(line.substr(brace + 1)) : std::string_view();
            if (rest.ends_with('}') && rest.size() == 1) {
                end_group(group, rotation);
                in_group = false;
            } else if (!rest.empty()) {
                say_unclear(place, say("settings on the line of '{{' are not read"));
            }
        } else if (first == "include") {
            include(place, std::string(without_blanks(line.substr(std::min(line.size(), first.size() + 1)))));
        } else {
            take_word(place, line, global_);
        }
    }
    if (in_group || !patterns_.empty()) say_unclear(group, say("this group of files has no end"));
    patterns_.clear();
    return done();
}

// systemd.time(7): "1month", "2 weeks 3d", a number alone is seconds. None: not understood.
std::optional<std::int64_t> time_span(std::string_view text) {
    struct Unit {
        std::string_view names;  // each in blanks
        std::int64_t ns;
    };
    static constexpr std::array kUnits = {Unit{" s sec second seconds ", kSecond},
                                          Unit{" m min minute minutes ", kMinute},
                                          Unit{" h hr hour hours ", kHour},
                                          Unit{" d day days ", kDay},
                                          Unit{" w week weeks ", 7 * kDay},
                                          Unit{" M month months ", 30 * kDay},
                                          Unit{" y year years ", kYear}};
    std::int64_t total = 0;
    for (text = without_blanks(text); !text.empty(); text = without_blanks(text)) {
        const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
        const auto count = number_of(text.substr(0, digits));
        text = without_blanks(text.substr(digits));
        const std::size_t letters = std::min(text.find_first_of(" \t0123456789"), text.size());
        const std::string unit = fmt::format(" {} ", letters == 0 ? "s" : text.substr(0, letters));
        text.remove_prefix(letters);
        const auto found = std::find_if(kUnits.begin(), kUnits.end(),
                                        [&](const Unit& each) { return each.names.find(unit) != std::string_view::npos; });
        if (!count || digits == 0 || found == kUnits.end()) return std::nullopt;
        total += *count * found->ns;
    }
    return total;
}

struct Journald {
    std::optional<std::int64_t> max_retention_ns;  // none: bounded by size alone
    std::string from;
    bool is_off = false;  // Storage=none
};

void read_journald_file(FileSystem& files, const std::string& path, Journald& into, RotationReport& report) {
    const auto bytes = read_file(files, path, kMaxRotationConfig);
    if (!bytes.ok() && bytes.error().code == Code::not_found) return;
    if (!bytes.ok()) return report.not_understood.push_back(bytes.error().message);
    std::istringstream lines{std::string(as_text(*bytes))};
    std::size_t number = 0;
    for (std::string raw; std::getline(lines, raw);) {
        ++number;
        const std::string_view line = without_blanks(raw);
        const std::size_t equals = line.find('=');
        if (line.empty() || line.starts_with('#') || line.starts_with(';') || equals == std::string_view::npos) continue;
        const std::string_view key = without_blanks(line.substr(0, equals)), value = without_blanks(line.substr(equals + 1));
        if (key == "Storage") into.is_off = value == "none";
        if (key != "MaxRetentionSec") continue;
        const auto span = time_span(value);
        into.from = fmt::format("{}:{}", path, number);
        into.max_retention_ns = span && *span > 0 ? span : std::nullopt;
        if (!span)
            report.not_understood.push_back(fmt::format("{}: {}", into.from, say("'{}' is no length of time", printable(value))));
    }
}

// Drop-ins of all folders count after all main files, by their names; one of a later folder stands for its namesake.
void read_journald(FileSystem& files, const std::vector<std::string>& paths, const RotationPlaces& places,
                   RotationReport& report) {
    std::vector<std::string> covered;
    for (const std::string& journal : places.journals) {
        const bool is_wanted = std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
            return lies_in(journal, path) || lies_in(path, journal);
        });
        if (is_wanted && files.info(journal).ok()) covered.push_back(journal);
    }
    if (covered.empty()) return;
    Journald journald;
    std::vector<std::pair<std::string, std::string>> drop_ins;  // name, path
    for (const std::string& folder : places.journald) {
        read_journald_file(files, join_path(folder, "journald.conf"), journald, report);
        const std::string below = join_path(folder, "journald.conf.d");
        const auto listed = files.list(below);
        if (!listed.ok()) continue;
        for (const DirectoryItem& item : *listed) {
            if (!item.name.ends_with(".conf") || drop_ins.size() >= kMaxConfigFiles) continue;
            std::erase_if(drop_ins, [&](const auto& known) { return known.first == item.name; });
            drop_ins.emplace_back(item.name, join_path(below, item.name));
        }
    }
    std::sort(drop_ins.begin(), drop_ins.end());
    for (const auto& [name, path] : drop_ins) read_journald_file(files, path, journald, report);
    if (journald.is_off) return;
    for (const std::string& journal : covered) report.horizons.push_back({journal, journald.from, journald.max_retention_ns});
}

}  // namespace

Result<RotationReport> read_rotation(FileSystem& files, const std::vector<std::string>& paths, const RotationPlaces& places) {
    RotationReport report;
    const Status read_it = Logrotate(files, paths, report).read(places.logrotate, 0);
    if (!read_it.ok() && read_it.error().code != Code::not_found) return read_it.error();
    read_journald(files, paths, places, report);
    return report;
}

const RotationHorizon* shortest_horizon(const RotationReport& report) {
    const RotationHorizon* shortest = nullptr;
    for (const RotationHorizon& each : report.horizons) {
        if (each.horizon_ns && (shortest == nullptr || *each.horizon_ns < *shortest->horizon_ns)) shortest = &each;
    }
    return shortest;
}

Status check_log_interval(const RotationReport& report, const std::string& plan, std::int64_t interval_ns) {
    const RotationHorizon* shortest = shortest_horizon(report);
    if (shortest == nullptr || interval_ns <= *shortest->horizon_ns) return done();
    return Error{Code::refused,
                 say("B12: plan {} runs every {}, and {} keeps entries for {} only ({}): some would be lost in between; run "
                     "the plan more often, or keep more rotated files",
                     printable(plan), human_seconds(static_cast<double>(interval_ns) / 1e9), printable(shortest->what),
                     human_seconds(static_cast<double>(*shortest->horizon_ns) / 1e9), printable(shortest->from))};
}

}  // namespace custody
