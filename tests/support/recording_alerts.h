// An AlertSink that keeps what it was told, for tests of who reports. Threads: safe.
#pragma once

#include "daemon/alerts/alert_sink.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace custody::test {

class RecordingAlerts final : public AlertSink {
public:
    void raise(AlertEvent event) override {
        const std::lock_guard lock(mutex_);
        standing_[alert_key(event)] = event;
        raised_.push_back(std::move(event));
    }
    void resolve(AlertKind kind, std::string_view object) override {
        const std::lock_guard lock(mutex_);
        standing_.erase(alert_key(kind, object));
        resolved_.push_back(alert_key(kind, object));
    }

    // All that were raised, in that order; of one kind only.
    [[nodiscard]] std::vector<AlertEvent> raised() const {
        const std::lock_guard lock(mutex_);
        return raised_;
    }
    [[nodiscard]] std::vector<AlertEvent> raised(AlertKind kind) const {
        std::vector<AlertEvent> found = raised();
        std::erase_if(found, [kind](const AlertEvent& event) { return event.kind != kind; });
        return found;
    }
    // Keys, "copy_owed/disk-b", as often as it was said.
    [[nodiscard]] std::vector<std::string> resolved() const {
        const std::lock_guard lock(mutex_);
        return resolved_;
    }
    [[nodiscard]] bool was_resolved(AlertKind kind, std::string_view object) const {
        const std::vector<std::string> keys = resolved();
        return std::find(keys.begin(), keys.end(), alert_key(kind, object)) != keys.end();
    }
    // Raised and not resolved since; as raised last.
    [[nodiscard]] std::optional<AlertEvent> standing(AlertKind kind, std::string_view object) const {
        const std::lock_guard lock(mutex_);
        const auto found = standing_.find(alert_key(kind, object));
        return found == standing_.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] std::size_t standing_count() const {
        const std::lock_guard lock(mutex_);
        return standing_.size();
    }

private:
    mutable std::mutex mutex_;
    std::vector<AlertEvent> raised_;
    std::map<std::string, AlertEvent> standing_;  // by key
    std::vector<std::string> resolved_;
};

}  // namespace custody::test
