// A message as mail (RFC 5322, MIME): ASCII only on the wire, whatever it holds.
//
// Subject in encoded words (RFC 2047), body text/plain; charset=utf-8 in base64, Message-ID from the message's id, References to
// the event's first message, so that reminders stay in its thread; Auto-Submitted (RFC 3834), so that no out-of-office answers.
// A header cannot be forged: addresses were judged (is_mail_address), everything else is encoded or made of known characters.
// Ownership: values. Threads: safe. Errors: none.
#pragma once

#include "daemon/alerts/message.h"

#include <string>
#include <string_view>
#include <vector>

namespace custody {

// Lines end in CRLF. Preconditions: is_mail_address of `from` and each of `to`.
[[nodiscard]] std::string mail_text(const AlertMessage& message, const std::string& from, const std::vector<std::string>& to);

// "=?utf-8?B?...?=" words of at most 75 characters, none splitting a character, folded; ASCII without specials stays as it is.
[[nodiscard]] std::string encoded_header(std::string_view text);
// "Tue, 03 Nov 2026 09:00:00 +0700": English whatever the locale, with the local offset.
[[nodiscard]] std::string mail_date(Time time);

}  // namespace custody
