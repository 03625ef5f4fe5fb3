#include "daemon/config/law.h"

#include "base/counts.h"
#include "base/text.h"
#include "daemon/config/law_embedded.h"
#include "daemon/config/table_reader.h"
#include "daemon/config/toml_tree.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace custody {
namespace {

constexpr std::array<std::string_view, 3> kStatuses = {"in force", "draft", "ended"};
constexpr std::string_view kEnding = ".toml";
// The most days that so many months in a row can have.
constexpr std::array<std::int64_t, 13> kLongestMonths = {0, 31, 62, 92, 123, 153, 184, 215, 245, 276, 306, 337, 366};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_duty_id(std::string_view id) {
    return id.size() >= 2 && id.size() <= 4 && is_upper(id[0]) && std::all_of(id.begin() + 1, id.end(), is_digit);
}

bool is_regulation_id(std::string_view id) {
    return !id.empty() && id.size() <= 16 && is_upper(id[0]) &&
           std::all_of(id.begin(), id.end(), [](char c) { return is_upper(c) || is_digit(c) || c == '-'; });
}

void read_span(TableReader& reader, std::string_view key, std::optional<LawSpan>& into) {
    reader.parsed(key, [&](const std::string& text) -> Status {
        TRY_ASSIGN(into, parse_law_span(text));
        return done();
    });
}

LawDuty read_duty(const TomlEntry& entry, ConfigFaults& faults) {
    LawDuty duty;
    duty.id = entry.key;
    if (!is_duty_id(entry.key)) {
        faults.add(entry.at, say("'{}' is no id of a duty; it is a capital letter and a number, as B6", printable(entry.key)));
    }
    if (entry.value.kind != TomlValue::Kind::table) {
        faults.add(entry.at, say("'{}' must be a section, [{}] or {} = {{ ... }}, not {}", printable(entry.key),
                                 "duty." + printable(entry.key), printable(entry.key), word_of(entry.value.kind)));
        return duty;
    }
    Places places;
    TableReader reader(entry.value, places, faults);
    if (reader.require("cite", say("the articles that ask for it, as [\"24.1b\"]"))) reader.texts("cite", duty.cite);
    if (reader.require("words", say("the words of the regulation"))) reader.text("words", duty.words);
    read_span(reader, "every", duty.every);
    read_span(reader, "keep", duty.keep);
    read_span(reader, "within", duty.within);
    std::uint32_t copies = 0;
    if (reader.whole("copies", copies, 1, 100)) duty.copies = copies;
    reader.text("note", duty.note);
    reader.finish();
    return duty;
}

Regulation read_regulation(const TomlValue& root, ConfigFaults& faults) {
    Regulation regulation;
    Places places;
    TableReader reader(root, places, faults);
    if (reader.require("id", say("what [law] apply calls it"))) {
        reader.parsed("id", [&](const std::string& text) -> Status {
            if (!is_regulation_id(text)) {
                return Error{Code::usage,
                             say("'{}' is no id of a regulation; it is capital letters, digits and '-', as DS", printable(text))};
            }
            regulation.id = text;
            return done();
        });
    }
    if (reader.require("title", say("the title of the regulation"))) reader.text("title", regulation.title);
    reader.text("issuer", regulation.issuer);
    reader.text("document", regulation.document);
    std::size_t status = 0;
    if (reader.require("status", say("one of \"in force\", \"draft\", \"ended\"")) &&
        reader.choice("status", kStatuses, status)) {
        regulation.status = static_cast<LawStatus>(status);
    }
    if (const TomlValue* duties = reader.table("duty")) {
        for (const TomlEntry& entry : duties->entries) regulation.duties.push_back(read_duty(entry, faults));
    }
    reader.finish();
    return regulation;
}

}  // namespace

std::int64_t LawSpan::longest_ns() const {
    const auto number = static_cast<std::int64_t>(count);
    if (unit == Unit::hours) return number * kHour;
    if (unit == Unit::days) return number * kDay;
    return (number / 12 * 366 + kLongestMonths[static_cast<std::size_t>(number % 12)]) * kDay;
}

std::string LawSpan::words() const {
    if (unit == Unit::hours) return say_count(count, "{} hour", "{} hours");
    if (unit == Unit::days) return say_count(count, "{} day", "{} days");
    return say_count(count, "{} month", "{} months");
}

Result<LawSpan> parse_law_span(std::string_view text) {
    constexpr std::uint32_t kMost = 1200;  // a hundred years of months
    const Error refused{Code::usage,
                        say("'{}' is no term; write it like \"6 months\", \"30 days\" or \"24 hours\"", printable(text))};
    LawSpan span;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), span.count);
    if (fault != std::errc{} || span.count == 0 || span.count > kMost) return refused;
    std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    if (!unit.starts_with(' ')) return refused;
    unit.remove_prefix(1);
    if (unit.ends_with('s')) unit.remove_suffix(1);
    if (unit == "hour") {
        span.unit = LawSpan::Unit::hours;
    } else if (unit == "month") {
        span.unit = LawSpan::Unit::months;
    } else if (unit != "day") {
        return refused;
    }
    return span;
}

const LawDuty* Regulation::find(std::string_view duty) const {
    const auto found = std::find_if(duties.begin(), duties.end(), [&](const LawDuty& each) { return each.id == duty; });
    return found == duties.end() ? nullptr : &*found;
}

LawBook LawBook::built_in() {
    LawBook book;
    ConfigFaults faults;  // none: a test reads them all
    for (const EmbeddedLaw& law : embedded_law()) book.add(std::string(law.file), law.text, faults);
    return book;
}

bool LawBook::add(const std::string& file, std::string_view text, ConfigFaults& faults) {
    auto parsed = parse_toml(text);
    if (auto* fault = std::get_if<TomlFault>(&parsed)) {
        faults.add(fault->at, std::move(fault->words));
        return false;
    }
    ConfigFaults own;
    Regulation regulation = read_regulation(std::get<TomlValue>(parsed), own);
    if (!own.empty()) {
        for (ConfigFault& fault : std::move(own).sorted()) faults.add(fault.at, std::move(fault.words));
        return false;
    }
    regulation.file = file;
    const auto place = std::lower_bound(regulations_.begin(), regulations_.end(), regulation,
                                        [](const Regulation& a, const Regulation& b) { return a.id < b.id; });
    if (place != regulations_.end() && place->id == regulation.id) {
        *place = std::move(regulation);
    } else {
        regulations_.insert(place, std::move(regulation));
    }
    return true;
}

const Regulation* LawBook::find(std::string_view id) const {
    const auto found =
        std::find_if(regulations_.begin(), regulations_.end(), [&](const Regulation& each) { return each.id == id; });
    return found == regulations_.end() ? nullptr : &*found;
}

std::vector<std::string_view> LawBook::ids() const {
    std::vector<std::string_view> ids;
    for (const Regulation& regulation : regulations_) ids.push_back(regulation.id);
    return ids;
}

std::vector<const Regulation*> LawBook::applying(const std::vector<std::string>& apply) const {
    std::vector<const Regulation*> found;
    for (const std::string& id : apply) {
        if (const Regulation* regulation = find(id)) found.push_back(regulation);
    }
    return found;
}

std::vector<std::string> law_folders() { return {"/usr/share/custody/law", "/etc/custody/law"}; }

LawReading load_law(FileSystem& files, const std::vector<std::string>& folders) {
    LawReading reading;
    reading.book = LawBook::built_in();
    for (const std::string& folder : folders) {
        auto items = files.list(folder);
        if (!items.ok()) {
            if (items.error().code != Code::not_found) reading.faults.push_back(items.error().message);
            continue;
        }
        std::sort(items->begin(), items->end(), [](const DirectoryItem& a, const DirectoryItem& b) { return a.name < b.name; });
        std::size_t count = 0;
        for (const DirectoryItem& item : *items) {
            if (item.is_directory || !item.name.ends_with(kEnding) || item.name.starts_with('.')) continue;
            const std::string path = join_path(folder, item.name);
            if (++count > kMostLawFiles) {
                reading.faults.push_back(say("{} has more than {} files", printable(folder), kMostLawFiles));
                break;
            }
            const auto bytes = read_file(files, path, kMaxConfigSize);
            if (!bytes.ok()) {
                reading.faults.push_back(bytes.error().message);
                continue;
            }
            ConfigFaults faults;
            reading.book.add(path, as_text(*bytes), faults);
            for (const ConfigFault& fault : std::move(faults).sorted()) reading.faults.push_back(fault.line(path));
        }
    }
    return reading;
}

}  // namespace custody
