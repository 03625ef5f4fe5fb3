// The local API: HTTP/1.1 with JSON over a Unix socket (docs/API.md), by libmicrohttpd on a socket that unix_listener made.
//
// Every connection has a thread of its own, so that no request waits for another; at rest there are two threads asleep (one in
// accept, one that guards deadlines), and nothing wakes them. Who asks is what the kernel says (peer.h): root, and the members of
// the group; others get 403. All is bounded (ApiLimits). Ownership: a server owns its socket, its threads and its table. stop()
// (or the destructor) takes no more connections, cuts the streams, asks the handlers that still work to end (ApiRequest::stop),
// and waits for them. Threads: start() and stop() from one thread; handlers are called on many (route.h). Errors of start():
// those of UnixListener, failed.
#pragma once

#include "base/result.h"
#include "daemon/api/route.h"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace custody {

inline constexpr const char* kDefaultApiSocket = "/run/custody/custody.sock";
inline constexpr const char* kApiGroup = "custody";

struct ApiLimits {
    unsigned connections = 128;                     // of all users; more wait in the kernel's queue
    unsigned connections_per_user = 32;             // more are turned away with 503
    std::size_t header_bytes = 16 * 1024;           // with path and query
    std::size_t body_bytes = std::size_t{1} << 20;  // of a request
    std::int64_t request_ns = 10'000'000'000;       // from connecting, or from the last answer, to the end of a request
    std::int64_t answer_ns = 30'000'000'000;        // for the client to take an answer, or one line of a stream
};

struct ApiSettings {
    std::string socket = kDefaultApiSocket;
    std::optional<gid_t> group;  // may ask besides root
    ApiLimits limits;
};

class ApiServer {
public:
    [[nodiscard]] static Result<std::unique_ptr<ApiServer>> start(ApiSettings settings, RouteTable routes);
    ~ApiServer();
    ApiServer(const ApiServer&) = delete;
    ApiServer& operator=(const ApiServer&) = delete;

    void stop();
    [[nodiscard]] std::size_t connections() const;

    struct Inner;  // server.cc

private:
    explicit ApiServer(std::unique_ptr<Inner> inner);
    std::unique_ptr<Inner> inner_;
};

}  // namespace custody
