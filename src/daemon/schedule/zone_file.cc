// Reads TZif (RFC 8536): a header with six counts, the data that they describe with times of 4 bytes, and from version 2 on the
// same again with times of 8 bytes and a footer: the rule for all time after the last change. No count is believed: each block
// must fit in what is there.
#include "base/text.h"
#include "daemon/schedule/zone.h"

namespace custody {
namespace {

constexpr std::size_t kHeaderBytes = 44;
constexpr std::size_t kTypeBytes = 6;
constexpr std::int64_t kSmallestOffset = -89'999, kLargestOffset = 93'599;  // RFC 8536 3.2: more than -25, less than 26 hours

struct Counts {
    char version = 0;
    std::size_t utc_marks = 0, standard_marks = 0, leaps = 0, times = 0, types = 0, letters = 0;
    [[nodiscard]] std::size_t block_bytes(std::size_t time_bytes) const {
        return times * (time_bytes + 1) + types * kTypeBytes + letters + leaps * (time_bytes + 4) + standard_marks + utc_marks;
    }
};

std::uint64_t big_endian(ByteView bytes) {
    std::uint64_t value = 0;
    for (const Byte byte : bytes) value = value << 8 | static_cast<std::uint64_t>(byte);
    return value;
}
std::int64_t signed_value(ByteView bytes) {
    const std::uint64_t value = big_endian(bytes);
    return bytes.size() == 4 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(value)) : static_cast<std::int64_t>(value);
}

// Each step takes what it reads from the front of `rest_`; false: this is no zone file.
class ZoneFileReader {
public:
    explicit ZoneFileReader(ByteView content) : rest_(content) {}

    bool read() {
        if (!header()) return false;
        if (counts.version < '2') return rest_.size() >= counts.block_bytes(4) && block(4);
        if (rest_.size() < counts.block_bytes(4)) return false;
        rest_ = rest_.subspan(counts.block_bytes(4));
        return header() && rest_.size() >= counts.block_bytes(8) && block(8) && footer();
    }

    Counts counts;
    std::int32_t before = 0;
    std::vector<ZoneChange> changes;
    std::string_view rule;

private:
    bool header() {
        if (rest_.size() < kHeaderBytes || as_text(rest_.first(4)) != "TZif") return false;
        counts.version = as_text(rest_)[4];
        std::size_t* const fields[] = {&counts.utc_marks, &counts.standard_marks, &counts.leaps,
                                       &counts.times,     &counts.types,          &counts.letters};
        for (std::size_t i = 0; i < 6; ++i) *fields[i] = big_endian(rest_.subspan(20 + 4 * i, 4));  // each below 2^32
        rest_ = rest_.subspan(kHeaderBytes);
        return counts.types >= 1 && counts.types <= 256;
    }
    // Precondition: as many bytes as the counts say are there.
    bool block(std::size_t time_bytes) {
        const ByteView times = rest_.first(counts.times * time_bytes);
        const ByteView kinds = rest_.subspan(times.size(), counts.times);
        const ByteView types = rest_.subspan(times.size() + kinds.size(), counts.types * kTypeBytes);
        if (!offset_of(types, 0, before)) return false;
        changes.reserve(counts.times);
        for (std::size_t i = 0; i < counts.times; ++i) {
            ZoneChange change{signed_value(times.subspan(i * time_bytes, time_bytes)), 0};
            if (!offset_of(types, static_cast<std::size_t>(kinds[i]), change.offset)) return false;
            if (!changes.empty() && change.at <= changes.back().at) return false;
            changes.push_back(change);
        }
        rest_ = rest_.subspan(counts.block_bytes(time_bytes));
        return true;
    }
    static bool offset_of(ByteView types, std::size_t type, std::int32_t& offset) {
        if (type >= types.size() / kTypeBytes) return false;
        const std::int64_t value = signed_value(types.subspan(type * kTypeBytes, 4));
        offset = static_cast<std::int32_t>(value);
        return value >= kSmallestOffset && value <= kLargestOffset;
    }
    bool footer() {
        const std::string_view text = as_text(rest_);
        if (text.empty() || text.front() != '\n') return false;
        const std::size_t end = text.find('\n', 1);
        if (end == std::string_view::npos) return false;
        rule = text.substr(1, end - 1);
        return true;
    }

    ByteView rest_;
};

}  // namespace

Result<ZoneRules> ZoneRules::from_file(ByteView content, std::string_view name) {
    ZoneFileReader reader(content);
    const Error damaged{Code::corrupt,
                        say("{} is no zone file, or a damaged one; install the package tzdata again", printable(name))};
    if (!reader.read()) return damaged;
    if (reader.counts.leaps > 0) {
        return Error{Code::refused,
                     say("{} counts leap seconds, which the system's clock does not; choose the zone of the same name "
                         "outside of right/",
                         printable(name))};
    }
    ZoneRules zone;
    zone.before_ = reader.before;
    zone.changes_ = std::move(reader.changes);
    if (!reader.rule.empty()) {
        const auto rule = ZoneRule::parse(reader.rule);
        if (!rule) return damaged;
        zone.append(*rule);
    }
    return zone;
}

}  // namespace custody
