// When a change is worth a backup: after it has been quiet for a while, so that a package upgrade or somebody who edits ten files
// is one backup and not ten; but not later than a set time after the first change, so that what never rests is backed up, too.
// Pure: times come from the caller. Ownership: values. Threads: none. Units: ns of a monotonic clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace custody {

class ChangeSettler {
public:
    ChangeSettler(std::int64_t quiet_ns, std::int64_t max_wait_ns) : quiet_ns_(quiet_ns), max_wait_ns_(max_wait_ns) {}
    void changed(const std::string& plan, std::int64_t now_ns);
    // The plans whose changes have settled, by name; each is told once for all of its changes so far.
    [[nodiscard]] std::vector<std::string> take_due(std::int64_t now_ns);
    // When the next one settles, if nothing more happens.
    [[nodiscard]] std::optional<std::int64_t> next_due_ns() const;

private:
    struct Pending {
        std::int64_t first_ns = 0, last_ns = 0;
    };
    [[nodiscard]] std::int64_t due_ns(const Pending& pending) const;
    std::int64_t quiet_ns_, max_wait_ns_;
    std::map<std::string, Pending> pending_;
};

}  // namespace custody
