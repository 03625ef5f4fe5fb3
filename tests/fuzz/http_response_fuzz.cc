// The API client's parser: hostile bytes end in an error or a response; whole or cut into two pieces, the reading is the same.
#include "daemon/api/http_response.h"
#include "tests/fuzz/seeds.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using custody::HttpResponseParser;

struct Reading {
    bool complete = false;
    unsigned status = 0;
    std::string type, body;
    bool operator==(const Reading&) const = default;
};

Reading read(std::string_view first, std::string_view second) {
    HttpResponseParser parser;
    Reading reading;
    reading.complete = parser.feed(first, reading.body).ok() && parser.feed(second, reading.body).ok() && parser.end().ok();
    if (!reading.complete) return {};
    reading.status = parser.status();
    reading.type = parser.content_type();
    return reading;
}

void write_seeds() {
    for (const auto& [name, text] : {
             std::pair<const char*, std::string_view>{
                 "length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"},
             {"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;a=b\r\n \r\n0\r\nA: b\r\n\r\n"},
             {"end", "HTTP/1.0 503 Busy\r\n\r\nto the end"},
             {"interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 \r\n\r\n"},
         }) {
        custody::fuzz::write_seed(name, custody::as_bytes(text));
    }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (custody::fuzz::wants_seeds()) write_seeds();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Reading whole = read(text, {});
    if (whole.body.size() > size) std::abort();
    const std::size_t cut = size == 0 ? 0 : data[size - 1] % size;
    if (read(text.substr(0, cut), text.substr(cut)) != whole) std::abort();
    return 0;
}
