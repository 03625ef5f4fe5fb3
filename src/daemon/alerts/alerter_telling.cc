// The alerter's telling: what is due of whom, held for a moment so that what belongs together is one message, queued, and noted.
#include "daemon/alerts/alerter.h"
#include "daemon/alerts/group_text.h"

#include <algorithm>
#include <utility>

namespace custody {
namespace {

// Reminders that come due within this part of their interval go along with one that is due.
constexpr std::int64_t kRemindTogether = 24;

}  // namespace

Status Alerter::queue(AlertMessage message, AlertSeverity severity) {
    std::vector<std::string> targets;
    for (AlertTarget& target : alert_targets(settings_)) {
        if (target.least <= severity) targets.push_back(std::move(target.name));
    }
    if (targets.empty()) return done();  // nobody is to be told: status and digest have it
    TRY(outbox_->put(std::move(message), targets));
    return done();
}

Alerter::Due Alerter::due(Time now) const {
    Due all;
    const std::int64_t every_ns = settings_.remind_every_ns;
    for (const auto& [key, record] : records_) {
        const auto which = due_now(record, now, every_ns);
        if (which) all[{*which, record.event.kind, severity_of(record.event)}].push_back(key);
    }
    for (auto& [group, keys] : all) {
        if (group.which != AlertClass::reminder) continue;
        keys.clear();
        for (const auto& [key, record] : records_) {
            if (record.event.kind != group.kind || severity_of(record.event) != group.severity) continue;
            if (due_now(record, now, every_ns - every_ns / kRemindTogether) == AlertClass::reminder) keys.push_back(key);
        }
    }
    return all;
}

Status Alerter::tell_or_hold(const std::string& key, bool was_held) {
    const AlertRecord& record = records_.at(key);
    const auto which = due_now(record, clock_.now(), settings_.remind_every_ns);
    if (!which) return done();
    const AlertGroup group{*which, record.event.kind, severity_of(record.event)};
    if (*which != AlertClass::reminder && !windows_.begin(group, clock_.monotonic_ns())) {
        return was_held ? done() : write_record(key, record);
    }
    Status told = tell(group, {key});
    // The queue is full: it is told when there is room, after a crash, too.
    if (!told.ok() && told.error().code == Code::busy && !was_held)
        return first_error(std::move(told), write_record(key, record));
    return told;
}

Status Alerter::tell(const AlertGroup& group, const std::vector<std::string>& keys) {
    Status status = done();
    for (std::span<const std::string> left = keys; !left.empty();) {
        const std::size_t count = std::min(left.size(), kMostGroupEvents);
        status = first_error(std::move(status), tell_some(group, left.first(count)));
        left = left.subspan(count);
    }
    return status;
}

Status Alerter::tell_some(const AlertGroup& group, std::span<const std::string> keys) {
    const Time now = clock_.now();
    std::vector<const AlertRecord*> records;
    for (const std::string& key : keys) records.push_back(&records_.at(key));
    const AlertRecord& first = *records.front();
    AlertMessage message = records.size() == 1 ? render_alert(first.event, group.which, standing_of(first, now), sender_)
                                               : render_group(records, group.which, now, sender_);
    message.id = new_message_id();
    const bool one_thread =
        std::all_of(records.begin(), records.end(), [&](const AlertRecord* record) { return record->thread == first.thread; });
    if (one_thread) message.thread = first.thread;
    const std::string id = message.id;
    Status status = queue(std::move(message), group.severity);
    // Not taken: told by a later tick(). Any other error: it is on its way, only not yet durable.
    if (!status.ok() && status.error().code == Code::busy) return status;
    for (const std::string& key : keys) status = first_error(std::move(status), note_told(key, group.which, id));
    return status;
}

Status Alerter::note_told(const std::string& key, AlertClass which, const std::string& message) {
    AlertRecord& record = records_.at(key);
    if (record.over || which == AlertClass::end || !alert_kind_rule(record.event.kind).lasts) return remove_record(key);
    if (record.thread.empty()) record.thread = message;
    record.told = clock_.now();
    record.told_severity = std::max(record.told_severity, severity_of(record.event));
    return write_record(key, record);
}

Status Alerter::tick() {
    const std::lock_guard lock(mutex_);
    const std::int64_t now_ns = clock_.monotonic_ns();
    Status status = done();
    for (const auto& [group, keys] : due(clock_.now())) {
        const bool is_held = group.which != AlertClass::reminder;
        if (is_held && !windows_.is_over(group, now_ns)) continue;
        status = first_error(std::move(status), tell(group, keys));
        if (is_held) windows_.told(group, now_ns);
    }
    windows_.close_idle(now_ns);
    return first_error(std::move(status), outbox_->write_pending());
}

std::optional<std::int64_t> Alerter::held_ns() const {
    const std::lock_guard lock(mutex_);
    const std::int64_t now_ns = clock_.monotonic_ns();
    std::optional<std::int64_t> soonest;
    for (const auto& [group, keys] : due(clock_.now())) {
        if (group.which == AlertClass::reminder) continue;
        const std::int64_t left = windows_.left(group, now_ns);
        soonest = soonest ? std::min(*soonest, left) : left;
    }
    return soonest;
}

}  // namespace custody
