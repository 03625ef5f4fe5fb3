#include "daemon/alerts/group_windows.h"

#include <algorithm>

namespace custody {

bool GroupWindows::begin(const AlertGroup& group, std::int64_t now_ns) {
    Window& window = windows_.try_emplace(group, Window{now_ns + kWindow, kWindow}).first->second;
    const bool is_urgent = group.which == AlertClass::first && group.severity == AlertSeverity::critical;
    return is_urgent && window.at_once < kMostAtOnce && ++window.at_once > 0;
}

std::int64_t GroupWindows::left(const AlertGroup& group, std::int64_t now_ns) const {
    const auto found = windows_.find(group);
    return found == windows_.end() ? 0 : std::max<std::int64_t>(found->second.until_ns - now_ns, 0);
}

void GroupWindows::told(const AlertGroup& group, std::int64_t now_ns) {
    const auto found = windows_.find(group);
    const bool grows = found != windows_.end() && group.severity != AlertSeverity::critical;
    const std::int64_t length = grows ? std::min(2 * found->second.length_ns, kLongestWindow) : kWindow;
    windows_[group] = Window{now_ns + length, length, kMostAtOnce};  // it goes on: together from now on
}

void GroupWindows::close_idle(std::int64_t now_ns) {
    std::erase_if(windows_, [now_ns](const auto& item) { return item.second.until_ns <= now_ns; });
}

}  // namespace custody
