// A real server on a socket of the test's own, and the ways of asking it: curl, the project's client, and bytes by hand.
#pragma once

#include "daemon/api/client.h"
#include "daemon/api/server.h"
#include "daemon/api/unix_listener.h"
#include "tests/support/program.h"
#include "tests/support/results.h"
#include "tests/support/scratch_folder.h"

#include <gtest/gtest.h>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace custody::test {

inline constexpr gid_t kTestGroup = 54321;  // of no user; a client has it as supplementary group
inline constexpr uid_t kOtherUser = 65534;  // nobody

// A raw connection to a socket.
class RawClient {
public:
    explicit RawClient(const std::string& socket) {
        auto connected = connect_to_unix_socket(socket);
        EXPECT_TRUE(is_ok(connected));
        if (connected.ok()) fd_ = std::move(connected).value();
    }
    // False when the other end has closed.
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    // Until the text contains `wanted`, or the end of the connection (or 20 s, which fails the test).
    std::string read_until(const std::string& wanted) {
        while (wanted.empty() || text_.find(wanted) == std::string::npos) {
            pollfd one = {fd_.get(), POLLIN, 0};
            if (::poll(&one, 1, 20'000) != 1) {
                ADD_FAILURE() << "nothing came within 20 s after: " << text_;
                break;
            }
            char buffer[4096];
            const ssize_t size = ::recv(fd_.get(), buffer, sizeof buffer, 0);
            if (size <= 0) break;
            text_.append(buffer, static_cast<std::size_t>(size));
        }
        return text_;
    }
    void forget() { text_.clear(); }
    std::string read_to_end() { return read_until(""); }
    void close() { fd_.reset(); }

private:
    Fd fd_;
    std::string text_;
};

// Something that one thread says and another waits for, 20 s at most.
class Signal {
public:
    void set() {
        {
            const std::lock_guard lock(mutex_);
            set_ = true;
        }
        changed_.notify_all();
    }
    bool wait() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20), [this] { return set_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool set_ = false;
};

class ApiFixture : public testing::Test {
protected:
    void SetUp() override {
        settings_.socket = scratch_ / "api.sock";
        settings_.group = kTestGroup;
        add(ApiMethod::get, "/v1/version", [](const ApiRequest&) -> ApiReply { return Json{{"version", "1"}}; });
    }
    // Before what the handlers of a derived fixture refer to.
    void TearDown() override { server_.reset(); }
    void add(ApiMethod method, const std::string& pattern, ApiHandler handler, ApiAccess access = ApiAccess::group) {
        routes_.add({method, pattern, access, std::move(handler)});
    }
    void start() {
        auto started = ApiServer::start(settings_, routes_);
        ASSERT_TRUE(is_ok(started));
        server_ = std::move(started).value();
    }
    // As a user types it; "STATUS BODY". `before` runs curl by another program (setpriv).
    Outcome curl(const std::string& path, std::vector<std::string> more = {}, std::vector<std::string> before = {}) const {
        std::vector<std::string> words = std::move(before);
        words.insert(words.end(),
                     {"curl", "-q", "-sS", "--max-time", "30", "--unix-socket", settings_.socket, "-w", "\n%{http_code}"});
        words.insert(words.end(), more.begin(), more.end());
        words.push_back("http://custody" + path);
        const std::string program = words.front();
        words.erase(words.begin());
        return run({program, words, {}, {}, std::nullopt});
    }
    [[nodiscard]] ApiClient client() const { return ApiClient(settings_.socket); }

    ScratchFolder scratch_{"api"};
    ApiSettings settings_;
    RouteTable routes_;
    std::unique_ptr<ApiServer> server_;
};

}  // namespace custody::test
