#include "daemon/change_settler.h"

#include <algorithm>

namespace custody {

void ChangeSettler::changed(const std::string& plan, std::int64_t now_ns) {
    pending_.try_emplace(plan, Pending{now_ns, now_ns}).first->second.last_ns = now_ns;
}

std::int64_t ChangeSettler::due_ns(const Pending& pending) const {
    return std::min(pending.last_ns + quiet_ns_, pending.first_ns + max_wait_ns_);
}

std::vector<std::string> ChangeSettler::take_due(std::int64_t now_ns) {
    std::vector<std::string> due;
    for (auto at = pending_.begin(); at != pending_.end();) {
        if (due_ns(at->second) > now_ns) {
            ++at;
            continue;
        }
        due.push_back(at->first);
        at = pending_.erase(at);
    }
    return due;
}

std::optional<std::int64_t> ChangeSettler::next_due_ns() const {
    std::optional<std::int64_t> next;
    for (const auto& [plan, pending] : pending_) next = std::min(next.value_or(due_ns(pending)), due_ns(pending));
    return next;
}

}  // namespace custody
