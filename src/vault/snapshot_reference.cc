// Which snapshot a person means: an id, a prefix, `latest`, `latest:NAME`, `NAME@time`.
#include "base/text.h"
#include "vault/repository.h"

#include <algorithm>
#include <ctime>
#include <tuple>

namespace custody {
namespace {

using Listed = Repository::Listed;
constexpr std::size_t kMinPrefix = 6;

Error no_snapshot(std::string_view reference, std::string_view hint) {
    return {Code::not_found, say("no snapshot {}: {}; `custody snapshots` lists them", printable(reference), hint)};
}

bool is_hex(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

// The span of time that a reference's text means: [first, last].
struct Span {
    Time first, last;
};

// Local midnight after the day of `time`; days have 23 to 25 hours.
Time next_midnight(Time time) {
    const std::time_t seconds = time.seconds();
    std::tm calendar{};
    localtime_r(&seconds, &calendar);
    calendar.tm_mday += 1;
    calendar.tm_hour = calendar.tm_min = calendar.tm_sec = 0;
    calendar.tm_isdst = -1;
    return Time{std::mktime(&calendar) * kSecond};
}

// A date is that day; a minute or a second is everything up to its end: who types 02:00 means the run of 02:00:03.
Result<Span> span_of(std::string_view text) {
    TRY_ASSIGN(const Time time, parse_time(text));
    const std::size_t clock_at = text.find_first_of("Tt ");
    if (clock_at == std::string_view::npos) return Span{time, Time{next_midnight(time).ns - 1}};
    const Time begin{INT64_MIN};
    const std::string_view clock = text.substr(clock_at + 1);
    if (clock.find('.') != std::string_view::npos) return Span{begin, time};
    const bool has_seconds = clock.size() >= 6 && clock[5] == ':';
    return Span{begin, Time{time.ns + (has_seconds ? kSecond : kMinute) - 1}};
}

bool named(const Listed& listed, std::string_view name) { return to_nfc(listed.snapshot.summary.name) == to_nfc(name); }

// The newest, whatever clocks said (`is_older`). What is damaged might have been newer: then nothing is chosen in silence.
Result<Listed> newest(const std::vector<Listed>& listed, const std::vector<Repository::DamagedSnapshot>& damaged,
                      std::string_view reference, std::optional<std::string_view> name) {
    const Listed* found = nullptr;
    for (const Listed& each : listed) {
        if (!name || named(each, *name)) found = &each;
    }
    for (const Repository::DamagedSnapshot& each : damaged) {
        if (found == nullptr || is_older(found->ledger, each.ledger)) {
            return Error{Code::corrupt, say("{}; name the snapshot to use instead by its id", each.error.message)};
        }
    }
    if (found == nullptr && name) return no_snapshot(reference, say("none has the name {}", printable(*name)));
    if (found == nullptr) return no_snapshot(reference, say("there is none that the keys here can read"));
    return *found;
}

Result<Listed> at_time(const std::vector<Listed>& listed, std::string_view reference, std::size_t at) {
    const std::string_view name = reference.substr(0, at);
    TRY_ASSIGN(const Span span, span_of(reference.substr(at + 1)));
    const Listed* found = nullptr;
    bool name_known = false;
    for (const Listed& each : listed) {
        if (!named(each, name)) continue;
        name_known = true;
        const Time time = each.snapshot.summary.time;
        if (time < span.first || time > span.last) continue;
        if (found == nullptr || time >= found->snapshot.summary.time) found = &each;  // of equal ones the newer: they come last
    }
    if (found != nullptr) return *found;
    return no_snapshot(
        reference, name_known ? say("{} has none of that time", printable(name)) : say("none has the name {}", printable(name)));
}

// latest:NAME or NAME@time.
Result<Listed> by_name(const std::vector<Listed>& listed, const std::vector<Repository::DamagedSnapshot>& damaged,
                       std::string_view reference) {
    constexpr std::string_view kLatestOf = "latest:";
    if (reference.starts_with(kLatestOf)) return newest(listed, damaged, reference, reference.substr(kLatestOf.size()));
    if (const std::size_t at = reference.rfind('@'); at != std::string_view::npos) return at_time(listed, reference, at);
    return no_snapshot(reference, say("give an id, at least {} digits of one, latest, latest:NAME or NAME@time", kMinPrefix));
}

void add_other_labels(const std::vector<Listed>& listed, const SnapshotSummary& chosen, std::set<std::string>& labels) {
    for (const Listed& each : listed) {
        const SnapshotSummary& summary = each.snapshot.summary;
        if (summary.label != chosen.label && to_nfc(summary.name) == to_nfc(chosen.name)) labels.insert(summary.label);
    }
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

Error ambiguous(std::string_view prefix, const std::vector<ObjectId>& matches) {
    std::string ids;
    for (const ObjectId& id : matches) {
        if (!ids.empty()) ids += ", ";
        ids += id.hex().substr(0, prefix.size() + 6);
    }
    return {Code::usage, say("snapshot prefix {} is ambiguous: {}; give more digits", prefix, ids)};
}

}  // namespace

std::string describe(const Snapshot& snapshot) {
    const SnapshotSummary& summary = snapshot.summary;
    return summary.label + '/' + printable(summary.name) + ' ' + to_rfc3339_local(summary.time) + " (" +
           snapshot.id.hex().substr(0, 8) + ')';
}

Result<ObjectId> Repository::find_id(std::string_view reference) const {
    if (!is_hex(reference)) {
        return Error{Code::usage, say("{} is no snapshot's id, nor the beginning of one", printable(reference))};
    }
    if (reference.size() < kMinPrefix) {
        return Error{Code::usage, say("snapshot prefix {} is too short: give at least {} digits", reference, kMinPrefix)};
    }
    const std::string prefix = lower(reference);
    std::vector<ObjectId> matches;
    for (const auto& [id, in_ledger] : state().snapshots) {
        if (id.hex().starts_with(prefix)) matches.push_back(id);
    }
    if (matches.size() > 1) return ambiguous(prefix, matches);
    if (matches.size() == 1) return matches.front();
    for (const ObjectId& id : state().forgotten) {
        if (id.hex().starts_with(prefix)) return no_snapshot(reference, say("it was forgotten"));
    }
    return no_snapshot(reference, say("no id begins so"));
}

Result<Listed> Repository::find_snapshot(std::string_view reference, std::set<std::string>* other_labels) {
    if (is_hex(reference)) {
        TRY_ASSIGN(const ObjectId id, find_id(reference));
        TRY_ASSIGN(Snapshot snapshot, read_snapshot(id));
        return Listed{std::move(snapshot), state().snapshots.at(id)};
    }
    std::vector<DamagedSnapshot> damaged;
    TRY_ASSIGN(const std::vector<Listed> listed, snapshots(nullptr, &damaged));
    if (reference == "latest") return newest(listed, damaged, reference, std::nullopt);
    TRY_ASSIGN(Listed found, by_name(listed, damaged, reference));
    if (other_labels != nullptr) add_other_labels(listed, found.snapshot.summary, *other_labels);
    return found;
}

}  // namespace custody
