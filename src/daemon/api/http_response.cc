#include "daemon/api/http_response.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>

namespace custody {
namespace {

// No length beyond this is believed: 2^48 bytes.
constexpr std::uint64_t kMaxLength = std::uint64_t{1} << 48;

Error no_answer(std::string_view what) {
    return {Code::failed,
            say("what answers on the socket does not speak as custodyd does ({}); look which program listens there, and "
                "whether command and service are of one version",
                what)};
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

bool parse(std::string_view digits, int base, std::uint64_t& value) {
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    return !digits.empty() && end.ec == std::errc() && end.ptr == digits.data() + digits.size() && value <= kMaxLength;
}

}  // namespace

Status HttpResponseParser::take_status(std::string_view line) {
    std::uint64_t code = 0;
    const bool shaped =
        line.starts_with("HTTP/1.") && line.size() >= 12 && line[8] == ' ' && (line.size() == 12 || line[12] == ' ');
    if (!shaped || !parse(line.substr(9, 3), 10, code) || code < 100 || code > 599) return no_answer("status line");
    status_ = static_cast<unsigned>(code);
    state_ = State::header;
    return done();
}

Status HttpResponseParser::take_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return no_answer("header");
    const std::string name = lower(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (name == "content-length") {
        std::uint64_t length = 0;
        // Two that differ would make two readings of where the response ends.
        if (!parse(value, 10, length) || (has_length_ && length != left_)) return no_answer("Content-Length");
        has_length_ = true;
        left_ = length;
    } else if (name == "transfer-encoding") {
        if (lower(value) != "chunked" || chunked_) return no_answer("Transfer-Encoding");
        chunked_ = true;
    } else if (name == "content-type") {
        content_type_ = lower(trimmed(value.substr(0, value.find(';'))));
    }
    return done();
}

void HttpResponseParser::begin_body() {
    const bool interim = status_ < 200;  // 100 Continue: the response itself follows
    if (interim) {
        state_ = State::status_line;
        chunked_ = has_length_ = false;
        left_ = 0;
    } else if (status_ == 204 || status_ == 304) {
        state_ = State::complete;
    } else if (chunked_) {
        state_ = State::chunk_size;
    } else if (has_length_) {
        state_ = left_ == 0 ? State::complete : State::body_by_length;
    } else {
        state_ = State::body_to_end;
    }
}

Status HttpResponseParser::take_chunk_size(std::string_view line) {
    // Extensions after a ';' say nothing to us.
    if (!parse(trimmed(line.substr(0, line.find(';'))), 16, left_)) return no_answer("chunk");
    state_ = left_ == 0 ? State::trailer : State::chunk;
    return done();
}

Status HttpResponseParser::take_line(std::string_view line) {
    switch (state_) {
        case State::status_line:
            return take_status(line);
        case State::header:
            if (!line.empty()) return take_field(line);
            if (chunked_ && has_length_) return no_answer("Content-Length, Transfer-Encoding");
            begin_body();
            return done();
        case State::chunk_size:
            return take_chunk_size(line);
        case State::chunk_end:
            if (!line.empty()) return no_answer("chunk");
            state_ = State::chunk_size;
            return done();
        case State::trailer:
            if (line.empty()) state_ = State::complete;
            return done();
        default:
            return no_answer("header");
    }
}

std::size_t HttpResponseParser::take_body(std::string_view bytes, std::string& body) {
    if (state_ == State::body_to_end) {
        body += bytes;
        return bytes.size();
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    body += bytes.substr(0, size);
    left_ -= size;
    if (left_ == 0) state_ = state_ == State::chunk ? State::chunk_end : State::complete;
    return size;
}

Status HttpResponseParser::feed(std::string_view bytes, std::string& body) {
    while (!bytes.empty()) {
        if (state_ == State::complete) return no_answer("bytes after the end");
        if (state_ == State::body_by_length || state_ == State::body_to_end || state_ == State::chunk) {
            bytes.remove_prefix(take_body(bytes, body));
            continue;
        }
        const std::size_t end = bytes.find('\n');
        const std::string_view part = bytes.substr(0, end);
        if (state_ <= State::header || state_ == State::trailer) header_bytes_ += part.size() + 1;
        if (line_.size() + part.size() > kMaxLine || header_bytes_ > kMaxHeader) return no_answer("header");
        line_ += part;
        if (end == std::string_view::npos) return done();
        bytes.remove_prefix(end + 1);
        if (line_.empty() || line_.back() != '\r') return no_answer("header");
        line_.pop_back();
        TRY(take_line(line_));
        line_.clear();
    }
    return done();
}

Status HttpResponseParser::end() {
    if (state_ == State::body_to_end) state_ = State::complete;
    if (state_ == State::complete) return done();
    return Error{Code::failed, say("the service ended the connection before its answer was complete; look with 'systemctl status "
                                   "custodyd' whether it runs, and run the command again")};
}

}  // namespace custody
