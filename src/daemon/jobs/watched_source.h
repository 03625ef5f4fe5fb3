// A source seen through: what is read of it is paced, and it is noticed when it fails, so that who gets an error of a backup can
// tell whether it came from the source or from the medium.
//
// Ownership: refers to all it is given, which outlives it and its contents. Threads: as the source's. Errors: the source's;
// interrupted while pacing.
#pragma once

#include "base/stop.h"
#include "daemon/jobs/throttle.h"
#include "vault/sources/source.h"

#include <atomic>

namespace custody {

class WatchedSource final : public Source {
public:
    // `throttle` null: no limit.
    WatchedSource(Source& inner, Throttle* throttle, const StopFlag& stop) : inner_(inner), throttle_(throttle), stop_(stop) {}

    // It said an error: in the walk, at opening or reading an item.
    [[nodiscard]] bool has_failed() const { return failed_.load(); }

    [[nodiscard]] std::string kind() const override { return inner_.kind(); }
    [[nodiscard]] std::vector<std::string> paths() const override { return inner_.paths(); }
    [[nodiscard]] Status next(SourceStep& step) override;
    [[nodiscard]] Result<OpenedItem> open(const SourceFolder& folder, const SourceItem& item) override;
    [[nodiscard]] bool is_gone(const SourceFolder& folder, const SourceItem& item) override {
        return inner_.is_gone(folder, item);
    }
    [[nodiscard]] bool is_worthless_in_part() const override { return inner_.is_worthless_in_part(); }
    [[nodiscard]] bool can_look_again() const override { return inner_.can_look_again(); }
    [[nodiscard]] std::vector<std::string> look_again(const std::string& folder, std::span<const SeenItem> items) override {
        return inner_.look_again(folder, items);
    }
    [[nodiscard]] bool can_read_again() const override { return inner_.can_read_again(); }
    [[nodiscard]] Result<OpenedItem> open_again(const std::string& folder, const std::string& name) override;
    [[nodiscard]] std::uint64_t expected_bytes() const override { return inner_.expected_bytes(); }

private:
    class Content;
    Source& inner_;
    Throttle* throttle_;
    const StopFlag& stop_;
    std::atomic<bool> failed_{false};
};

}  // namespace custody
