// The local API with real clients: who may ask, what is answered, and what a client cannot do to the others.
#include "tests/daemon/api/api_fixture.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <thread>

namespace custody {
namespace {

using test::ApiFixture;
using test::fails_with;
using test::is_ok;
using test::kOtherUser;
using test::kTestGroup;
using test::Outcome;
using test::RawClient;
using test::Signal;

class Api : public ApiFixture {};

ApiReply echo(const ApiRequest& request) {
    return Json{{"parameters", request.parameters},
                {"query", request.query},
                {"body", request.body},
                {"uid", request.peer.uid},
                {"root", request.peer.is_root}};
}

std::vector<std::string> as_user(const std::string& groups) {
    return {"setpriv", "--reuid=" + std::to_string(kOtherUser), "--regid=" + std::to_string(kOtherUser), groups};
}

TEST_F(Api, AnswersCurlWithADocument) {
    add(ApiMethod::post, "/v1/plans/{name}/run", echo);
    start();
    EXPECT_EQ("{\"version\":\"1\"}\n\n200", curl("/v1/version").out);
    const Outcome posted =
        curl("/v1/plans/h%E1%BB%93%20s%C6%A1/run?dry=1&x=a%2Fb", {"--data", R"({"reason": "incident 12/2026"})"});
    EXPECT_EQ(0, posted.exit) << posted.err;
    const Json answer = Json::parse(posted.out.substr(0, posted.out.find('\n')));
    EXPECT_EQ("hồ sơ", answer["parameters"]["name"]);
    EXPECT_EQ("a/b", answer["query"]["x"]);
    EXPECT_EQ("incident 12/2026", answer["body"]["reason"]);
    EXPECT_EQ(::getuid(), answer["uid"].get<uid_t>());
}

TEST_F(Api, ErrorsComeBackToTheClientAsTheyWere) {
    add(ApiMethod::get, "/v1/jobs/{id}", [](const ApiRequest& request) -> ApiReply {
        return Error{static_cast<Code>(std::stoi(request.parameters.at("id"))), "no such job: 7"};
    });
    start();
    for (const Code code :
         {Code::not_found, Code::busy, Code::refused, Code::corrupt, Code::interrupted, Code::wrong_key, Code::usage}) {
        const auto answer = client().get("/v1/jobs/" + std::to_string(static_cast<int>(code)));
        ASSERT_TRUE(fails_with(code, answer));
        EXPECT_EQ("no such job: 7", answer.error().message);
    }
}

TEST_F(Api, WhatIsNotServedOrWrongIsSaidInOneLine) {
    add(ApiMethod::post, "/v1/things", echo);
    start();
    EXPECT_TRUE(fails_with(Code::not_found, client().get("/v1/nothing")));
    EXPECT_TRUE(fails_with(Code::usage, client().remove("/v1/things")));
    EXPECT_NE(std::string::npos, curl("/v1/things", {"-X", "DELETE"}).out.find("405"));
    EXPECT_TRUE(fails_with(Code::usage, client().post("/v1/things", Json::array())));
    EXPECT_NE(std::string::npos, curl("/v1/things", {"--data", "{"}).out.find("no JSON object"));
    EXPECT_NE(std::string::npos, curl("/v1/things?x=%zz", {"--data", "{}"}).out.find("400"));
    EXPECT_NE(std::string::npos, curl("/v1/things?x=%0a", {"--data", "{}"}).out.find("400"));
    EXPECT_NE(std::string::npos, curl("/v1/version%2f", {}).out.find("404"));
    EXPECT_NE(std::string::npos, curl("/v1/version%00x", {}).out.find("404"));
}

TEST_F(Api, AHandlerThatThrowsIsAnErrorAndTheServiceGoesOn) {
    add(ApiMethod::get, "/v1/throws", [](const ApiRequest&) -> ApiReply { throw std::runtime_error("oh"); });
    start();
    EXPECT_TRUE(fails_with(Code::failed, client().get("/v1/throws")));
    EXPECT_TRUE(is_ok(client().get("/v1/version")));
}

TEST_F(Api, SpeaksTheLanguageOfWhoAsks) {
    add(ApiMethod::get, "/v1/memory", [](const ApiRequest&) -> ApiReply { return Error{Code::failed, say("out of memory")}; });
    start();
    EXPECT_NE(std::string::npos, curl("/v1/memory", {"-H", "Accept-Language: fr, vi-VN;q=0.8, en;q=0.3"}).out.find("hết bộ nhớ"));
    EXPECT_NE(std::string::npos, curl("/v1/memory", {"-H", "Accept-Language: en"}).out.find("out of memory"));
    EXPECT_NE(std::string::npos, curl("/v1/nothing", {"-H", "Accept-Language: vi"}).out.find("docs/API.md"));
    const LanguageScope speak(Language::vietnamese);
    EXPECT_EQ("hết bộ nhớ", client().get("/v1/memory").error().message);
}

TEST_F(Api, OnlyRootAndTheGroupMayAsk) {
    if (::getuid() != 0) GTEST_SKIP() << "only root can ask as another user";
    add(ApiMethod::get, "/v1/who", echo);
    add(ApiMethod::get, "/v1/keys", echo, ApiAccess::root_only);
    start();
    struct stat info {};
    ASSERT_EQ(0, ::stat(settings_.socket.c_str(), &info));
    EXPECT_EQ(0660U, info.st_mode & 07777);
    EXPECT_EQ(0U, info.st_uid);
    EXPECT_EQ(kTestGroup, info.st_gid);
    // A supplementary group counts.
    const Outcome member = curl("/v1/who", {}, as_user("--groups=1000," + std::to_string(kTestGroup)));
    EXPECT_NE(std::string::npos, member.out.find("\"uid\":65534")) << member.out << member.err;
    EXPECT_NE(std::string::npos, member.out.find("\"root\":false"));
    const Outcome root_only = curl("/v1/keys", {}, as_user("--groups=" + std::to_string(kTestGroup)));
    EXPECT_NE(std::string::npos, root_only.out.find("\n403")) << root_only.out;
    EXPECT_NE(std::string::npos, curl("/v1/keys").out.find("\n200"));
    // The kernel keeps others from connecting at all.
    EXPECT_EQ(7, curl("/v1/who", {}, as_user("--clear-groups")).exit);
    // And where somebody opened the socket to all, the service does.
    ASSERT_EQ(0, ::chmod(settings_.socket.c_str(), 0666));
    const Outcome stranger = curl("/v1/who", {}, as_user("--clear-groups"));
    EXPECT_NE(std::string::npos, stranger.out.find("\"code\":\"denied\"")) << stranger.out;
    EXPECT_NE(std::string::npos, stranger.out.find("\n403"));
    EXPECT_NE(std::string::npos, curl("/v1/nothing", {}, as_user("--clear-groups")).out.find("\n403"));
}

TEST_F(Api, BoundsHeaderAndBody) {
    add(ApiMethod::post, "/v1/things", echo);
    settings_.limits.body_bytes = 1000;
    start();
    EXPECT_NE(std::string::npos, curl("/v1/things", {"--data", "{\"a\": \"" + std::string(900, 'x') + "\"}"}).out.find("\n200"));
    EXPECT_NE(std::string::npos, curl("/v1/things", {"--data", std::string(1001, ' ')}).out.find("\n413"));
    EXPECT_NE(std::string::npos, curl("/v1/things", {"-H", "Transfer-Encoding: chunked", "--data", "{}"}).out.find("\n411"));
    const std::string answer = curl("/v1/things", {"-H", "X: " + std::string(60'000, 'x')}).out;
    EXPECT_TRUE(answer.find("\n431") != std::string::npos || answer.find("\n413") != std::string::npos) << answer;
    EXPECT_NE(std::string::npos, curl("/v1/" + std::string(60'000, 'x')).out.find("\n414"));
    RawClient nonsense(settings_.socket);
    EXPECT_TRUE(nonsense.send("\r\n\r\n\x01\x02 what\r\n\r\n"));
    (void)nonsense.read_to_end();  // answered or not: it ends
    EXPECT_TRUE(is_ok(client().get("/v1/version")));
}

TEST_F(Api, AThousandRequestsByManyThreads) {
    std::atomic<int> handled{0};
    add(ApiMethod::get, "/v1/count", [&](const ApiRequest&) -> ApiReply {
        ++handled;
        return ApiDocument{};
    });
    start();
    std::atomic<int> answered{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 125; ++i) answered += client().get("/v1/count").ok() ? 1 : 0;
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(1000, answered);
    EXPECT_EQ(1000, handled);
}

TEST_F(Api, AConnectionServesManyRequests) {
    start();
    RawClient kept(settings_.socket);
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(kept.send("GET /v1/version HTTP/1.1\r\nHost: x\r\n\r\n"));
        kept.forget();
        (void)kept.read_until("{\"version\":\"1\"}\n");
    }
    EXPECT_TRUE(kept.send("GET /v1/version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    kept.forget();
    EXPECT_EQ(0U, kept.read_to_end().find("HTTP/1.1 200"));
}

TEST_F(Api, AHandlerThatTakesItsTimeBlocksNobody) {
    Signal begun, go_on;
    add(ApiMethod::get, "/v1/slow", [&](const ApiRequest&) -> ApiReply {
        begun.set();
        EXPECT_TRUE(go_on.wait());
        return ApiDocument{};
    });
    start();
    std::thread slow([&] { EXPECT_TRUE(is_ok(client().get("/v1/slow"))); });
    EXPECT_TRUE(begun.wait());
    EXPECT_TRUE(is_ok(client().get("/v1/version")));
    go_on.set();
    slow.join();
}

TEST_F(Api, AClientThatDripsIsCutOffAndOneThatReadsNothingToo) {
    add(ApiMethod::get, "/v1/large", [](const ApiRequest&) -> ApiReply { return Json{{"x", std::string(8 << 20, 'x')}}; });
    settings_.limits.request_ns = 300'000'000;
    settings_.limits.answer_ns = 300'000'000;
    start();
    RawClient silent(settings_.socket), drips(settings_.socket), deaf(settings_.socket);
    EXPECT_TRUE(deaf.send("GET /v1/large HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_EQ("", silent.read_to_end());
    // Every byte within the time, the whole never.
    const std::string request = "GET /v1/version HTTP/1.1\r\nX: " + std::string(1'000'000, 'x');
    std::size_t sent = 0;
    while (sent < request.size() && drips.send(request.substr(sent, 1))) {
        ++sent;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_LT(sent, request.size());
    const std::string got = deaf.read_to_end();  // what the kernel held, and no more
    EXPECT_LT(got.size(), std::size_t{8} << 20);
    EXPECT_TRUE(is_ok(client().get("/v1/version")));
}

TEST_F(Api, AUserWithTooManyConnectionsIsTurnedAwayInWords) {
    settings_.limits.connections_per_user = 4;
    start();
    std::vector<std::unique_ptr<RawClient>> idle;
    for (int i = 0; i < 4; ++i) {
        idle.push_back(std::make_unique<RawClient>(settings_.socket));
        // An answer shows that the service has taken the connection on.
        EXPECT_TRUE(idle.back()->send("GET /v1/version HTTP/1.1\r\nHost: x\r\n\r\n"));
        (void)idle.back()->read_until("}\n");
    }
    EXPECT_TRUE(fails_with(Code::busy, client().get("/v1/version")));
    if (::getuid() == 0) {
        const Outcome other = curl("/v1/version", {}, as_user("--groups=" + std::to_string(kTestGroup)));
        EXPECT_NE(std::string::npos, other.out.find("\n200")) << other.out << other.err;
    }
    idle[0]->close();
    while (server_->connections() > 3) std::this_thread::yield();
    EXPECT_TRUE(is_ok(client().get("/v1/version")));
}

TEST_F(Api, ALiveSocketIsNotPushedAsideAndADeadOneIsReplaced) {
    start();
    const auto second = ApiServer::start(settings_, routes_);
    EXPECT_TRUE(fails_with(Code::busy, second));
    EXPECT_TRUE(is_ok(client().get("/v1/version")));
    server_.reset();
    EXPECT_NE(0, ::access(settings_.socket.c_str(), F_OK));
    // A service that was killed: its socket lies there, and nobody listens.
    const pid_t child = ::fork();
    if (child == 0) {
        auto left = UnixListener::open(settings_.socket, std::nullopt);
        ::_exit(left.ok() ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(child, ::waitpid(child, &status, 0));
    ASSERT_EQ(0, status);
    ASSERT_EQ(0, ::access(settings_.socket.c_str(), F_OK));
    EXPECT_TRUE(fails_with(Code::not_found, client().get("/v1/version")));
    start();
    EXPECT_TRUE(is_ok(client().get("/v1/version")));
}

TEST_F(Api, WhatIsNoSocketIsLeftAloneAndAPathThatIsTooLongRefused) {
    std::ofstream(settings_.socket) << "somebody's file";
    EXPECT_TRUE(fails_with(Code::exists, ApiServer::start(settings_, routes_)));
    EXPECT_EQ(0, ::access(settings_.socket.c_str(), F_OK));
    settings_.socket = scratch_ / std::string(120, 'x');
    EXPECT_TRUE(fails_with(Code::usage, ApiServer::start(settings_, routes_)));
    EXPECT_TRUE(fails_with(Code::usage, client().get("/v1/version")));
}

TEST_F(Api, StopsWhileAHandlerWorksAndConnectionsAreOpen) {
    Signal begun;
    add(ApiMethod::get, "/v1/slow", [&](const ApiRequest& request) -> ApiReply {
        begun.set();
        while (!request.stop->requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return Error{Code::interrupted, "ended"};
    });
    start();
    RawClient idle(settings_.socket);
    std::thread slow([&] { EXPECT_FALSE(client().get("/v1/slow").ok()); });
    EXPECT_TRUE(begun.wait());
    server_->stop();
    slow.join();
    EXPECT_EQ("", idle.read_to_end());
    EXPECT_TRUE(fails_with(Code::not_found, client().get("/v1/version")));
}

TEST_F(Api, AClientThatAsksNobodyOrAStrangerIsToldSo) {
    const auto nobody = client().get("/v1/version");
    EXPECT_TRUE(fails_with(Code::not_found, nobody));
    EXPECT_NE(std::string::npos, nobody.error().message.find("systemctl start custodyd"));
    const auto listener = UnixListener::open(settings_.socket, std::nullopt);
    ASSERT_TRUE(is_ok(listener));
    std::thread stranger([&] {
        pollfd one = {(*listener)->fd(), POLLIN, 0};
        EXPECT_EQ(1, ::poll(&one, 1, 20'000));
        const Fd fd(::accept((*listener)->fd(), nullptr, nullptr));
        EXPECT_EQ(8, ::send(fd.get(), "220 x y\n", 8, MSG_NOSIGNAL));
    });
    EXPECT_TRUE(fails_with(Code::failed, client().get("/v1/version")));
    stranger.join();
    // One that takes the request and says nothing.
    EXPECT_TRUE(fails_with(Code::failed, ApiClient(settings_.socket, 100'000'000).get("/v1/version")));
    StopFlag stop;
    stop.request();
    EXPECT_TRUE(fails_with(Code::interrupted, client().get("/v1/version", &stop)));
}

}  // namespace
}  // namespace custody
