// Alerts to a command (an argument vector, no shell), for what has no channel of its own: a short-message gateway, a ticket.
//
// On its standard input it reads one JSON document: the message as it lies in the outbox (message.h), above all "subject", "text"
// (both languages), "severity", "kind", "class" (first, reminder, end, digest, test), "id" (equal when it is sent twice) and
// "fields". Exit 0: delivered. Anything else, and a command that takes longer than its limit, is tried again later.
// Errors: as channel.h says; `refused` on exit 65 (EX_DATAERR of sysexits.h: this message can never be delivered).
#pragma once

#include "daemon/alerts/channel.h"

#include <memory>
#include <string>
#include <string_view>

namespace custody {

inline constexpr std::string_view kCommandTarget = "command";
// Precondition: judge_alert_settings has no fault.
[[nodiscard]] std::unique_ptr<AlertChannel> make_command_channel(const CommandSettings& settings);

}  // namespace custody
