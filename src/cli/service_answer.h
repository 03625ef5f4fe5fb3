// Fields of what the service answers, for people. A field that is missing, null or of another kind (an older or newer service) is
// shown as not known; it is no error. Values; threads: any.
#pragma once

#include "base/clock.h"
#include "base/records/canonical_json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace custody {

[[nodiscard]] std::string text_field(const Json& object, const char* key);  // printable; "" where there is none
[[nodiscard]] std::uint64_t number_field(const Json& object, const char* key);
[[nodiscard]] bool flag_field(const Json& object, const char* key);
[[nodiscard]] const Json& list_field(const Json& object, const char* key);  // an array, empty where there is none
[[nodiscard]] std::string texts_of(const Json& list);                       // its texts, printable: "a, b"
[[nodiscard]] const Json& object_field(const Json& object, const char* key);
[[nodiscard]] std::optional<Time> time_field(const Json& object, const char* key);
// "2026-11-21 01:30", local; "-" where there is none.
[[nodiscard]] std::string minute_field(const Json& object, const char* key);
// "12 s"; "-" where there is none.
[[nodiscard]] std::string seconds_field(const Json& object, const char* key);

// "2026-11-21 01:30", local.
[[nodiscard]] std::string to_minute(Time time);
// A job's state, or a plan's or a medium's, in words of the chosen language.
[[nodiscard]] std::string state_text(const std::string& word);
// The name of a job's phase ("copy disk-b"), and why a job was made ("schedule", or a person's own words).
[[nodiscard]] std::string phase_text(std::string_view name);
[[nodiscard]] std::string reason_text(std::string_view reason);

}  // namespace custody
