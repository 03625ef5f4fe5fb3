// The parser of the API's client: an HTTP/1.1 response, fed in pieces as they come from the socket.
//
// Why an own one: linking libcurl costs every `custody` command some 5 ms of start-up (docs/ARCHITECTURE.md), and of HTTP the
// client needs one response a connection: no TLS, no proxies, no redirects, no compression, no keep-alive. RFC 9112: status line,
// header, and a body by Content-Length, by chunks, or until the end of the connection. What is not understood is refused, not
// guessed. Ownership: a value. Threads: one. Errors: failed, for anything that is no such response or exceeds its bounds.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace custody {

class HttpResponseParser {
public:
    static constexpr std::size_t kMaxHeader = 32 * 1024;  // status line and header together; trailers and chunk lines singly
    static constexpr std::size_t kMaxLine = 8 * 1024;

    // Takes the next bytes. Body bytes that they contain are appended to `body`: the caller takes them out as it likes, and
    // bounds them.
    [[nodiscard]] Status feed(std::string_view bytes, std::string& body);
    // The connection has ended. An error where the response is not complete.
    [[nodiscard]] Status end();

    [[nodiscard]] bool header_complete() const { return state_ > State::header; }
    [[nodiscard]] bool complete() const { return state_ == State::complete; }
    // Once header_complete().
    [[nodiscard]] unsigned status() const { return status_; }
    [[nodiscard]] const std::string& content_type() const { return content_type_; }

private:
    enum class State { status_line, header, body_by_length, body_to_end, chunk_size, chunk, chunk_end, trailer, complete };

    [[nodiscard]] Status take_line(std::string_view line);
    [[nodiscard]] Status take_status(std::string_view line);
    [[nodiscard]] Status take_field(std::string_view line);
    [[nodiscard]] Status take_chunk_size(std::string_view line);
    void begin_body();
    [[nodiscard]] std::size_t take_body(std::string_view bytes, std::string& body);

    State state_ = State::status_line;
    std::string line_;  // what came of the present one
    std::size_t header_bytes_ = 0;
    unsigned status_ = 0;
    std::string content_type_;
    bool chunked_ = false, has_length_ = false;
    std::uint64_t left_ = 0;  // of the body or the chunk
};

}  // namespace custody
