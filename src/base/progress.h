// Where running work reports what it has done. Called from one thread at a time, at any rate; an implementation limits
// its own output. Units: items and bytes; total 0 means unknown.
#pragma once

#include <cstdint>
#include <string_view>

namespace custody {

struct ProgressState {
    std::string_view phase;  // an English word known to text_vi.cc: "scanning", "backing up", "restoring" ...
    std::uint64_t items_done = 0;
    std::uint64_t items_total = 0;
    std::uint64_t bytes_done = 0;
    std::uint64_t bytes_total = 0;
    std::string_view current;  // a path or object, may be empty; valid during the call only
};

class Progress {
public:
    virtual ~Progress() = default;
    virtual void update(const ProgressState& state) = 0;
    virtual void warn(std::string_view one_line) = 0;  // shown at once, above the progress line
};

// Says nothing.
class SilentProgress final : public Progress {
public:
    void update(const ProgressState&) override {}
    void warn(std::string_view) override {}
};

}  // namespace custody
