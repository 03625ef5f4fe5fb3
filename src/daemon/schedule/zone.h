// Local time of one zone, by its rules: what the local clock shows at a moment, and when it shows a time. The C library knows one
// zone a process and changes it for all threads; here a zone is a value, so that tests use several and the scheduler none that a
// library may change under it.
//
// Ownership: values. Threads: immutable, safe from any. Units: seconds since 1970-01-01T00:00:00Z; "local seconds" are the
// seconds since 1970-01-01T00:00 that a clock on the wall would count. Offsets are seconds east of Greenwich, under 26 hours.
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "daemon/schedule/zone_rule.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

class ZoneRules {
public:
    ZoneRules() = default;  // UTC
    // Code::usage as ZoneRule::parse.
    [[nodiscard]] static Result<ZoneRules> from_rule(std::string_view posix);
    // A zone file (TZif, RFC 8536, versions 1 to 4). Code::corrupt: not one, cut off, or contradicting itself; refused: it counts
    // leap seconds (a "right/" zone), which the system's clock does not. `name` is for messages.
    [[nodiscard]] static Result<ZoneRules> from_file(ByteView content, std::string_view name);

    [[nodiscard]] std::int32_t offset_at(std::int64_t seconds) const;
    [[nodiscard]] std::int64_t local_at(std::int64_t seconds) const { return seconds + offset_at(seconds); }
    // The first change after, and the last one at or before.
    [[nodiscard]] std::optional<ZoneChange> next_change(std::int64_t seconds) const;
    [[nodiscard]] std::optional<ZoneChange> last_change(std::int64_t seconds) const;

    // The first moment at which the local clock shows `local` or later: of a time that occurs twice the first, of a time that a
    // change jumps over the change itself.
    [[nodiscard]] std::int64_t first_showing(std::int64_t local) const;
    // The latest local time that the clock has shown up to this moment: after it was put back that is still the time before.
    // first_showing(l) <= seconds exactly when l <= furthest_shown(seconds).
    [[nodiscard]] std::int64_t furthest_shown(std::int64_t seconds) const;

private:
    void append(const ZoneRule& rule);
    [[nodiscard]] std::vector<ZoneChange>::const_iterator after(std::int64_t seconds) const;

    std::int32_t before_ = 0;  // before the first change
    // For all years that Time has: a rule is written out when it is read, about 1,200 changes, so that a search asks one table.
    std::vector<ZoneChange> changes_;
};

// The zone of that name below /usr/share/zoneinfo. usage: no such name; corrupt, io: as from_file and reading.
[[nodiscard]] Result<ZoneRules> load_zone(FileSystem& files, std::string_view name);
// The zone of this machine: TZ where it is set (a name, a path or a rule), else /etc/localtime, else UTC, as the C library takes
// it. Read once by the caller, and again at a reload. An error where TZ or the file cannot be understood: the C library shows UTC
// then, and a caller that goes on with ZoneRules() agrees with it.
[[nodiscard]] Result<ZoneRules> system_zone(FileSystem& files);

}  // namespace custody
