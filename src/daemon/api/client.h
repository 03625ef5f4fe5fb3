// The client of the local API, for `custody plan|job|media|status` and for tests: one request, one connection.
//
// Ownership: values; a call holds its connection until it returns. Threads: any; each call has a connection of its own.
// Errors: those that the service answered with, as they were there (same code, same message, in the language of this thread);
// not_found: no service runs there, with what to type; denied: this user may not ask; interrupted: `stop` was requested; failed:
// the service went away, or is none. Time: a document is waited for `answer_within_ns`, a stream for as long as it lasts.
#pragma once

#include "base/records/canonical_json.h"
#include "base/result.h"
#include "base/stop.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace custody {

class ApiClient {
public:
    static constexpr std::size_t kMaxDocument = std::size_t{256} << 20;  // 100,000 job records
    static constexpr std::size_t kMaxLine = std::size_t{8} << 20;        // of a stream

    explicit ApiClient(std::string socket, std::int64_t answer_within_ns = 60'000'000'000)
        : socket_(std::move(socket)), answer_within_ns_(answer_within_ns) {}

    // `path` with its query, encoded (encode_percent in route.h).
    [[nodiscard]] Result<Json> get(std::string_view path, const StopFlag* stop = nullptr) const;
    [[nodiscard]] Result<Json> post(std::string_view path, const Json& body, const StopFlag* stop = nullptr) const;
    [[nodiscard]] Result<Json> remove(std::string_view path, const StopFlag* stop = nullptr) const;

    // Each line as it comes; the last is returned. A line {"error": ...} is returned as that error. `line` gives an error to end.
    using Line = std::function<Status(const Json&)>;
    [[nodiscard]] Result<Json> stream(std::string_view method, std::string_view path, const std::optional<Json>& body,
                                      const Line& line, const StopFlag* stop = nullptr) const;

private:
    std::string socket_;
    std::int64_t answer_within_ns_;
};

}  // namespace custody
