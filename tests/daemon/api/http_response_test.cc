// Every response in every way of cutting it into pieces gives the same, and what is no response gives an error.
#include "daemon/api/http_response.h"
#include "tests/support/results.h"

#include <gtest/gtest.h>

#include <string>

namespace custody {
namespace {

using test::fails_with;
using test::is_ok;

struct Read {
    Status status = done();
    unsigned code = 0;
    std::string type, body;
};

// Fed in two pieces, cut at `at`, then ended.
Read read_cut(const std::string& text, std::size_t at) {
    HttpResponseParser parser;
    Read read;
    read.status = parser.feed(std::string_view(text).substr(0, at), read.body);
    if (read.status.ok()) read.status = parser.feed(std::string_view(text).substr(at), read.body);
    if (read.status.ok()) read.status = parser.end();
    if (parser.header_complete()) read.code = parser.status();
    read.type = parser.content_type();
    return read;
}

void expect_everywhere(const std::string& text, unsigned code, const std::string& body) {
    for (std::size_t at = 0; at <= text.size(); ++at) {
        const Read read = read_cut(text, at);
        ASSERT_TRUE(is_ok(read.status)) << "cut at " << at;
        ASSERT_EQ(code, read.code);
        ASSERT_EQ(body, read.body) << "cut at " << at;
    }
}

TEST(HttpResponse, BodiesByLengthByChunksAndToTheEnd) {
    expect_everywhere("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello");
    expect_everywhere("HTTP/1.1 404 Not Found\r\ncontent-LENGTH:0\r\n\r\n", 404, "");
    expect_everywhere("HTTP/1.1 204\r\n\r\n", 204, "");
    expect_everywhere("HTTP/1.0 200 OK\r\n\r\nto the end", 200, "to the end");
    expect_everywhere(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n \r\n000A\r\n0123456789\r\n0\r\nA: "
        "b\r\n\r\n",
        200, "hello 0123456789");
    expect_everywhere("HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}", 201, "{}");
}

TEST(HttpResponse, TheTypeWithoutItsParameters) {
    EXPECT_EQ(
        "application/json",
        read_cut("HTTP/1.1 200 OK\r\nContent-Type:  Application/JSON ; charset=utf-8\r\nContent-Length: 0\r\n\r\n", 3).type);
}

TEST(HttpResponse, WhatIsNoneIsRefused) {
    for (const std::string& text : {
             std::string("SSH-2.0-OpenSSH_9.2\r\n"),
             std::string("HTTP/2 200\r\n\r\n"),
             std::string("HTTP/1.1 20 OK\r\n\r\n"),
             std::string("HTTP/1.1 2000 OK\r\n\r\n"),
             std::string("HTTP/1.1 999 OK\r\n\r\n"),
             std::string("HTTP/1.1 200 OK\n\n"),
             std::string("HTTP/1.1 200 OK\r\n: x\r\n\r\n"),
             std::string("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
             std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
             std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"),
             std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
             std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
             std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"),
             std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
             std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"),
             std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"),
             std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab"),
             "HTTP/1.1 200 OK\r\nA: " + std::string(10'000, 'x') + "\r\n\r\n",
         }) {
        EXPECT_TRUE(fails_with(Code::failed, read_cut(text, text.size() / 2).status)) << text.substr(0, 100);
    }
    std::string many = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 10'000; ++i) many += "A: b\r\n";
    EXPECT_TRUE(fails_with(Code::failed, read_cut(many, 1).status));
}

TEST(HttpResponse, OneThatEndsTooEarlyIsTold) {
    for (const std::string text : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
                                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"}) {
        EXPECT_TRUE(fails_with(Code::failed, read_cut(text, 0).status)) << text;
    }
}

}  // namespace
}  // namespace custody
