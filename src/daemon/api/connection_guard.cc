#include "daemon/api/connection_guard.h"

#include "base/text.h"
#include "daemon/api/error_form.h"
#include "daemon/api/json_stream.h"

#include <sys/socket.h>

#include <string>

namespace custody {
namespace {

// Best effort: a client that has sent nothing yet reads it as the answer to what it is about to send.
void turn_away(int fd) {
    const std::string body = json_line(error_document(
        {Code::busy,
         say("too many connections of this user to the service at once; end some of them and run the command again")}));
    const std::string answer =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    const ssize_t sent = ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;  // who has gone already needs no answer
    (void)::shutdown(fd, SHUT_RDWR);
}

}  // namespace

ConnectionGuard::ConnectionGuard(unsigned per_user) : per_user_(per_user), thread_([this] { watch(); }) {}

ConnectionGuard::~ConnectionGuard() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

ConnectionGuard::Connection* ConnectionGuard::opened(int fd, std::optional<gid_t> group, std::int64_t request_within_ns) {
    auto made = std::make_unique<Connection>();
    made->fd = fd;
    auto peer = peer_of(fd, group);
    if (peer.ok()) {
        made->peer = *peer;
    } else {
        made->refusal = peer.error();
    }
    Connection* connection = made.get();
    {
        const std::lock_guard lock(mutex_);
        unsigned& held = of_user_[made->peer.uid];
        if (held >= per_user_) {
            turn_away(fd);
            return nullptr;
        }
        ++held;
        connections_.emplace(connection, std::move(made));
    }
    set_deadline(*connection, request_within_ns);
    return connection;
}

void ConnectionGuard::closed(Connection* connection) {
    const std::lock_guard lock(mutex_);
    const auto found = connections_.find(connection);
    if (found == connections_.end()) return;
    const auto user = of_user_.find(connection->peer.uid);
    if (user != of_user_.end() && --user->second == 0) of_user_.erase(user);
    if (connection->stream) connection->stream->cut();
    connections_.erase(found);
}

void ConnectionGuard::set_deadline(Connection& connection, std::int64_t within_ns) {
    {
        const std::lock_guard lock(mutex_);
        connection.deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(within_ns);
    }
    changed_.notify_all();
}

void ConnectionGuard::clear_deadline(Connection& connection) {
    const std::lock_guard lock(mutex_);
    connection.deadline.reset();  // the watching thread finds nothing due, and sleeps on
}

bool ConnectionGuard::begin_stream(Connection& connection, std::shared_ptr<JsonStream> stream) {
    const std::lock_guard lock(mutex_);
    if (no_more_streams_) return false;
    connection.stream = std::move(stream);
    return true;
}

void ConnectionGuard::end_stream(Connection& connection) {
    const std::lock_guard lock(mutex_);
    if (connection.stream) connection.stream->cut();
    connection.stream.reset();
}

void ConnectionGuard::cut_streams() {
    const std::lock_guard lock(mutex_);
    no_more_streams_ = true;
    for (const auto& [connection, owned] : connections_) {
        if (owned->stream) owned->stream->cut();
    }
}

std::size_t ConnectionGuard::count() const {
    const std::lock_guard lock(mutex_);
    return connections_.size();
}

void ConnectionGuard::watch() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
        const auto now = std::chrono::steady_clock::now();
        std::optional<std::chrono::steady_clock::time_point> first;
        for (const auto& [connection, owned] : connections_) {
            if (!owned->deadline) continue;
            if (*owned->deadline <= now) {
                // Only shut down: its own thread notices, and closes it.
                (void)::shutdown(owned->fd, SHUT_RDWR);
                owned->deadline.reset();
            } else if (!first || *owned->deadline < *first) {
                first = owned->deadline;
            }
        }
        if (first) {
            changed_.wait_until(lock, *first);
        } else {
            changed_.wait(lock);
        }
    }
}

}  // namespace custody
