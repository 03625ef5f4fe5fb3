// Progress of a long job, pushed by its thread, seen by clients that come, go, and are slow.
#include "tests/daemon/api/api_fixture.h"

#include <csignal>
#include <thread>

namespace custody {
namespace {

using test::ApiFixture;
using test::fails_with;
using test::is_ok;
using test::RawClient;
using test::Signal;

class Streams : public ApiFixture {
protected:
    void SetUp() override {
        ApiFixture::SetUp();
        stream_ = *JsonStream::make();
        add(ApiMethod::get, "/v1/jobs/{id}/stream", [this](const ApiRequest&) -> ApiReply {
            asked_.set();
            return stream_;
        });
    }
    [[nodiscard]] Result<Json> look_on(const ApiClient::Line& line, const StopFlag* stop = nullptr) const {
        return client().stream("GET", "/v1/jobs/7/stream", std::nullopt, line, stop);
    }

    std::shared_ptr<JsonStream> stream_;
    Signal asked_;
};

TEST_F(Streams, LinesComeInOrderWhileTheJobRunsAndTheLastIsTheResult) {
    start();
    std::thread job([this] {
        EXPECT_TRUE(asked_.wait());
        for (int i = 0; i < 500; ++i) EXPECT_TRUE(stream_->push({{"warning", i}}));
        stream_->finish({{"state", "succeeded"}});
        EXPECT_FALSE(stream_->push({{"late", true}}));
    });
    int next = 0;
    const auto last = look_on([&](const Json& line) -> Status {
        if (line.contains("warning")) {
            EXPECT_EQ(next++, line["warning"].get<int>());
        }
        return done();
    });
    job.join();
    ASSERT_TRUE(is_ok(last));
    EXPECT_EQ(500, next);
    EXPECT_EQ("succeeded", (*last)["state"]);
}

TEST_F(Streams, ALineIsSeenBeforeTheNextIsMade) {
    start();
    Signal seen;
    std::thread job([&] {
        EXPECT_TRUE(stream_->push({{"n", 1}}));
        EXPECT_TRUE(seen.wait());
        stream_->finish({{"n", 2}});
    });
    EXPECT_TRUE(is_ok(look_on([&](const Json&) -> Status {
        seen.set();
        return done();
    })));
    job.join();
}

TEST_F(Streams, CurlSeesItToo) {
    start();
    stream_->push_progress({{"done", 1}});
    stream_->push_progress({{"done", 2}});  // the first was not sent yet: it is replaced
    stream_->push({{"warning", "x"}});
    stream_->push_progress({{"done", 3}});
    stream_->finish({{"state", "failed"}});
    EXPECT_EQ("{\"done\":2}\n{\"warning\":\"x\"}\n{\"done\":3}\n{\"state\":\"failed\"}\n\n200",
              curl("/v1/jobs/7/stream", {"-N"}).out);
}

TEST_F(Streams, AnErrorAtTheEndIsTheClientsError) {
    start();
    stream_->fail({Code::no_space, "disk-a is full"});
    const auto last = look_on(nullptr);
    EXPECT_TRUE(fails_with(Code::no_space, last));
    EXPECT_EQ("disk-a is full", last.error().message);
}

TEST_F(Streams, AnErrorBeforeItIsOneToo) {
    add(ApiMethod::get, "/v1/none", [](const ApiRequest&) -> ApiReply { return Error{Code::not_found, "no such job"}; });
    start();
    EXPECT_TRUE(fails_with(Code::not_found, client().stream("GET", "/v1/none", std::nullopt, nullptr)));
}

TEST_F(Streams, AClientThatGoesIsNoticedThoughTheJobIsSilent) {
    start();
    RawClient looker(settings_.socket);
    EXPECT_TRUE(looker.send("GET /v1/jobs/7/stream HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_TRUE(asked_.wait());
    EXPECT_TRUE(stream_->is_open());
    looker.close();
    while (stream_->is_open())
        std::this_thread::sleep_for(std::chrono::milliseconds(1));  // a hang is ended by the test's time-out
    EXPECT_FALSE(stream_->push({{"n", 1}}));
}

TEST_F(Streams, AClientMayEndItself) {
    start();
    stream_->push({{"n", 1}});
    EXPECT_TRUE(fails_with(Code::refused, look_on([](const Json&) -> Status { return Error{Code::refused, "enough"}; })));
    while (stream_->is_open()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_F(Streams, AStopEndsTheLooking) {
    start();
    StopFlag stop;
    EXPECT_TRUE(stream_->push({{"n", 1}}));
    EXPECT_TRUE(fails_with(Code::interrupted, look_on(
                                                  [&](const Json&) -> Status {
                                                      stop.request();
                                                      return done();
                                                  },
                                                  &stop)));
}

TEST_F(Streams, ASlowClientLosesTheStreamAndNotTheJobItsPace) {
    settings_.limits.answer_ns = 200'000'000;
    start();
    RawClient deaf(settings_.socket);
    EXPECT_TRUE(deaf.send("GET /v1/jobs/7/stream HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_TRUE(asked_.wait());
    const std::string large(100'000, 'x');
    int pushed = 0;
    while (stream_->push({{"x", large}})) ++pushed;  // never waits
    EXPECT_LT(pushed, 200);
    const std::string got = deaf.read_to_end();
    EXPECT_EQ(std::string::npos, got.find("\r\n0\r\n\r\n"));  // no good end
}

TEST_F(Streams, ProgressAloneNeverFillsAStream) {
    for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(stream_->push_progress({{"done", i}}));
}

TEST_F(Streams, TheServiceStopsWhileStreamsAreOpen) {
    start();
    std::vector<std::thread> lookers;
    for (int i = 0; i < 5; ++i) lookers.emplace_back([this] { EXPECT_TRUE(fails_with(Code::failed, look_on(nullptr))); });
    while (server_->connections() < 5) std::this_thread::yield();
    EXPECT_TRUE(asked_.wait());
    server_->stop();
    for (auto& looker : lookers) looker.join();
    EXPECT_FALSE(stream_->is_open());
}

}  // namespace
}  // namespace custody
