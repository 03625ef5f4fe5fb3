#include "vault/sources/stream.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <thread>

namespace custody {
namespace {

// What a pipe that is fed `text` and closed holds as a source.
std::string read_stream(const std::string& text, std::vector<std::string>* order = nullptr) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    std::thread feeder([&] {
        for (std::size_t at = 0; at < text.size();)
            at += static_cast<std::size_t>(::write(ends[1], text.data() + at, text.size() - at));
        ::close(ends[1]);
    });
    auto source = open_stream(ends[0], "dump.sql", system_clock());
    EXPECT_TRUE(source.ok());
    std::string read;
    for (SourceStep step;;) {
        EXPECT_TRUE((*source)->next(step).ok());
        if (step.what == SourceStep::What::end) break;
        if (step.what != SourceStep::What::piece) continue;
        if (order) order->push_back(step.items[0].name);
        auto opened = (*source)->open(*step.folder, step.items[0]);
        EXPECT_TRUE(opened.ok());
        EXPECT_EQ(opened->content->size(), kUnknownSize);
        for (Bytes buffer(70'000);;) {
            const auto got = opened->content->read(buffer);
            EXPECT_TRUE(got.ok());
            read += as_text(ByteView(buffer).first(*got));
            if (*got < buffer.size()) break;
        }
    }
    feeder.join();
    ::close(ends[0]);
    return read;
}

TEST(StreamTest, IsOneFileOfWhateverLength) {
    std::vector<std::string> order;
    const std::string long_text(1'000'000, 's');
    EXPECT_EQ(read_stream(long_text, &order), long_text);
    EXPECT_EQ(order, std::vector<std::string>{"dump.sql"});
    EXPECT_EQ(read_stream(""), "");
}

TEST(StreamTest, AStopEndsTheWaitForASilentWriter) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    StopFlag stop;
    auto source = open_stream(ends[0], "dump.sql", system_clock(), &stop);
    SourceStep step;
    while (step.what != SourceStep::What::piece) ASSERT_TRUE((*source)->next(step).ok());
    auto opened = (*source)->open(*step.folder, step.items[0]);
    stop.request();
    Bytes buffer(10);
    const auto got = opened->content->read(buffer);
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.error().code, Code::interrupted);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST(StreamTest, RefusesNamesThatAreNoFileName) {
    for (const char* name : {"", ".", "..", "a/b"})
        EXPECT_EQ(open_stream(0, name, system_clock()).error().code, Code::usage) << name;
    EXPECT_FALSE(open_stream(0, std::string(256, 'n'), system_clock()).ok());
}

}  // namespace
}  // namespace custody
