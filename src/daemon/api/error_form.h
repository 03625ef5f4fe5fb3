// How an error travels through the API: Result's code as an HTTP status and as the body
// {"error": {"code": "busy", "exit": 6, "message": "one line"}}; and back again at the client. docs/API.md has the table.
//
// Values. Threads: any.
#pragma once

#include "base/records/canonical_json.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace custody {

[[nodiscard]] unsigned http_status_of(Code code);
[[nodiscard]] Json error_document(const Error& error);
// From an answer that is no success. A body that is not of this form (another program listens there) gives an error that says so.
[[nodiscard]] Error error_of_answer(unsigned status, std::string_view body);
// One line of JSON whatever is in it: bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_line(const Json& document);

}  // namespace custody
