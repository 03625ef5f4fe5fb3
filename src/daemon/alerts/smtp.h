// Alerts by mail: one connection a message and recipient, through libcurl.
//
// STARTTLS or TLS as smtp_security (settings.h) demands, never less; AUTH by what the server offers. The password is read for
// each delivery into locked memory; libcurl holds a copy of its own, on its heap, for as long as the connection lasts. Errors: as
// channel.h says. A 5xx answer to sender, recipient or content is `refused`; a 4xx answer, a server that is away or that takes
// longer than AlertTimes at any stage is `busy`; TLS, login and what the server wants to be asked first are `denied`.
#pragma once

#include "daemon/alerts/channel.h"
#include "daemon/alerts/curl_handle.h"

#include <memory>
#include <string>
#include <string_view>

namespace custody {

[[nodiscard]] std::string smtp_target(std::string_view recipient);
// Precondition: judge_alert_settings has no fault. `files` outlives the channel.
[[nodiscard]] std::unique_ptr<AlertChannel> make_smtp_channel(FileSystem& files, const SmtpSettings& settings,
                                                              const std::string& recipient, const std::string& credentials,
                                                              const AlertTimes& times = {});

}  // namespace custody
