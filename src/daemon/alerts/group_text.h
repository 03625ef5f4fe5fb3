// Several events of one kind in one message: what failed of each, what is still safe, what to type. Vietnamese first, English
// second, kGroupLines objects a language; how many more there are is said.
// Ownership: values. Threads: safe. Errors: none.
#pragma once

#include "daemon/alerts/event_rules.h"
#include "daemon/alerts/event_text.h"
#include "daemon/alerts/message.h"

#include <string>
#include <vector>

namespace custody {

inline constexpr std::size_t kGroupLines = 30;
// More than these are told in several messages.
inline constexpr std::size_t kMostGroupEvents = kMaxAlertMembers;

// How a message names an event among others: 32 hex digits that its key makes.
[[nodiscard]] std::string member_name(std::string_view key);
// How an event stands when it is told.
[[nodiscard]] AlertStanding standing_of(const AlertRecord& record, Time now);
// The message without id and thread. Preconditions: two records or more, kMostGroupEvents at most, of one kind and severity.
// `which`: first, reminder or end.
[[nodiscard]] AlertMessage render_group(const std::vector<const AlertRecord*>& records, AlertClass which, Time now,
                                        const AlertSender& sender);

}  // namespace custody
