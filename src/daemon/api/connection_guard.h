// Who is connected to the API, and until when a connection may take its time. One that does not send its request, or does not
// take its answer, within its time is shut down, however slowly it drips; a user who holds too many gets no more.
//
// Deadlines belong to phases: the request must be complete, the answer must be taken; while a handler works or a stream waits for
// its job there is none. One thread of the guard's own sleeps until the first deadline; without connections it sleeps for good.
// Ownership: the guard owns its records; a record lives from opened() to closed(). Threads: any. Units: nanoseconds.
#pragma once

#include "base/result.h"
#include "daemon/api/peer.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace custody {

class JsonStream;

class ConnectionGuard {
public:
    struct Connection {
        ApiPeer peer;
        int fd = -1;
        std::optional<Error> refusal;  // the kernel does not say who it is
        std::optional<std::chrono::steady_clock::time_point> deadline;
        std::shared_ptr<JsonStream> stream;  // that it looks on to
    };

    explicit ConnectionGuard(unsigned per_user);
    ~ConnectionGuard();  // precondition: every connection was closed
    ConnectionGuard(const ConnectionGuard&) = delete;
    ConnectionGuard& operator=(const ConnectionGuard&) = delete;

    // Null: this user has too many; its socket was told so and shut down. The record lives until closed().
    Connection* opened(int fd, std::optional<gid_t> group, std::int64_t request_within_ns);
    // Before the descriptor is closed: after this it is never touched.
    void closed(Connection* connection);

    void set_deadline(Connection& connection, std::int64_t within_ns);
    void clear_deadline(Connection& connection);
    // False: the service ends, no stream is begun any more.
    [[nodiscard]] bool begin_stream(Connection& connection, std::shared_ptr<JsonStream> stream);
    void end_stream(Connection& connection);
    // Every stream is cut, and none begun after.
    void cut_streams();

    [[nodiscard]] std::size_t count() const;

private:
    void watch();

    const unsigned per_user_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<Connection*, std::unique_ptr<Connection>> connections_;
    std::map<uid_t, unsigned> of_user_;
    bool no_more_streams_ = false;
    bool ending_ = false;
    std::thread thread_;  // last: it uses all the others
};

}  // namespace custody
