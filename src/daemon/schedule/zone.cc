#include "daemon/schedule/zone.h"

#include "base/text.h"

#include <algorithm>
#include <cstdlib>

namespace custody {
namespace {

constexpr std::int64_t kMostOffset = std::int64_t{26} * 3600;  // also the bound that from_file keeps
constexpr std::uint64_t kMostFileBytes = std::uint64_t{256} * 1024;

bool is_zone_name(std::string_view name) {
    if (name.empty() || name.size() > 128 || name.front() == '/' || name.find("..") != std::string_view::npos) return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '+' ||
               c == '-' || c == '.';
    });
}

Result<ZoneRules> read_zone(FileSystem& files, const std::string& path) {
    TRY_ASSIGN(const Bytes content, read_file(files, path, kMostFileBytes));
    return ZoneRules::from_file(content, path);
}

}  // namespace

Result<ZoneRules> ZoneRules::from_rule(std::string_view posix) {
    TRY_ASSIGN(const ZoneRule rule, ZoneRule::parse(posix));
    ZoneRules zone;
    zone.append(rule);
    return zone;
}

void ZoneRules::append(const ZoneRule& rule) {
    constexpr int kFirstYear = 1676, kLastYear = 2263;
    if (changes_.empty()) before_ = rule.standard_offset();
    for (const ZoneChange& change : rule.changes_within(kFirstYear, kLastYear)) {
        if (changes_.empty() || change.at > changes_.back().at) changes_.push_back(change);
    }
}

std::vector<ZoneChange>::const_iterator ZoneRules::after(std::int64_t seconds) const {
    return std::upper_bound(changes_.begin(), changes_.end(), seconds,
                            [](std::int64_t s, const ZoneChange& change) { return s < change.at; });
}

std::int32_t ZoneRules::offset_at(std::int64_t seconds) const {
    const auto next = after(seconds);
    return next == changes_.begin() ? before_ : std::prev(next)->offset;
}

std::optional<ZoneChange> ZoneRules::next_change(std::int64_t seconds) const {
    const auto next = after(seconds);
    return next == changes_.end() ? std::nullopt : std::optional<ZoneChange>(*next);
}

std::optional<ZoneChange> ZoneRules::last_change(std::int64_t seconds) const {
    const auto next = after(seconds);
    return next == changes_.begin() ? std::nullopt : std::optional<ZoneChange>(*std::prev(next));
}

std::int64_t ZoneRules::first_showing(std::int64_t local) const {
    std::int64_t from = local - kMostOffset;  // the clock shows less than `local` here, whatever the offset
    for (;;) {
        const auto change = next_change(from);
        const std::int64_t shown = std::max(from, local - offset_at(from));
        if (!change || shown < change->at) return shown;
        from = change->at;
    }
}

std::int64_t ZoneRules::furthest_shown(std::int64_t seconds) const {
    std::int64_t furthest = local_at(seconds);
    // What the clock showed more than two offsets ago cannot be later than what it shows now.
    for (std::int64_t at = seconds - 2 * kMostOffset;;) {
        const auto change = next_change(at);
        if (!change || change->at > seconds) return furthest;
        furthest = std::max(furthest, local_at(change->at - 1));
        at = change->at;
    }
}

Result<ZoneRules> load_zone(FileSystem& files, std::string_view name) {
    if (name == "UTC") return ZoneRules();
    const Error unknown{Code::usage, say("there is no time zone '{}' below {}; write a name such as Asia/Ho_Chi_Minh",
                                         printable(name.substr(0, 128)), "/usr/share/zoneinfo")};
    if (!is_zone_name(name)) return unknown;
    auto zone = read_zone(files, "/usr/share/zoneinfo/" + std::string(name));
    if (!zone && zone.error().code == Code::not_found) return unknown;
    return zone;
}

Result<ZoneRules> system_zone(FileSystem& files) {
    const char* variable = std::getenv("TZ");
    if (variable == nullptr) {
        auto zone = read_zone(files, "/etc/localtime");
        if (!zone && zone.error().code == Code::not_found) return ZoneRules();
        return zone;
    }
    std::string_view wanted(variable);
    if (wanted.starts_with(':')) wanted.remove_prefix(1);
    if (wanted.empty()) return ZoneRules();
    if (wanted.starts_with('/')) return read_zone(files, std::string(wanted));
    if (auto zone = load_zone(files, wanted); zone || zone.error().code != Code::usage) return zone;
    return ZoneRules::from_rule(wanted);
}

}  // namespace custody
