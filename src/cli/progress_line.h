// Standard error: notes, warnings and the progress line (rate and time left), so that none tears the other.
//
// Threads: one at a time, as base/progress.h promises. Never fails: what cannot be shown is dropped.
#pragma once

#include "base/clock.h"
#include "base/progress.h"
#include "base/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace custody {

enum class ProgressMode { none, line, plain, json };

// "" -> line on a terminal, else none. usage: another word.
[[nodiscard]] Result<ProgressMode> parse_progress_mode(const std::string& word, int fd);

class ProgressLine final : public Progress {
public:
    ProgressLine(ProgressMode mode, const Clock& clock, int fd) : mode_(mode), clock_(clock), fd_(fd) {}
    ~ProgressLine() override { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    [[nodiscard]] bool is_shown() const { return mode_ != ProgressMode::none; }
    void update(const ProgressState& state) override;
    // "warning: ..."; a line that was shown before is not shown again.
    void warn(std::string_view one_line) override;
    void note(std::string_view one_line);
    void error(std::string_view one_line);
    void clear();  // takes the progress line away

private:
    void show_line(const ProgressState& state);
    void show_plain(const ProgressState& state);
    void show_json(const ProgressState& state);
    void write(std::string_view text);
    [[nodiscard]] double phase_seconds() const;
    // Of bytes where the total is known, else of items; nullopt: cannot be told yet.
    [[nodiscard]] std::optional<double> seconds_left(const ProgressState& state) const;

    ProgressMode mode_;
    const Clock& clock_;
    int fd_;
    bool began_ = false;  // a phase, which may have no name
    std::string phase_;
    std::int64_t phase_began_ns_ = 0;
    std::uint64_t phase_bytes_ = 0, phase_items_ = 0;  // done when the phase began: resumed work is no rate
    std::int64_t shown_ns_ = 0;
    bool line_shown_ = false;
    std::unordered_set<std::string> warned_;  // at most kMaxRemembered
};

}  // namespace custody
