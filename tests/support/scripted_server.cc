#include "tests/support/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace custody::test {

ScriptedServer::ScriptedServer(std::vector<std::string> script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, any, size) != 0 || ::listen(listener_, 8) != 0 || ::getsockname(listener_, any, &size) != 0)
        std::abort();
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
    ends_ = true;
    thread_.join();
    ::close(listener_);
}

bool ScriptedServer::readable(int fd) const {
    while (!ends_) {
        pollfd one{fd, POLLIN, 0};
        if (::poll(&one, 1, 20) > 0) return true;
    }
    return false;
}

void ScriptedServer::serve() {
    while (readable(listener_)) {
        const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) continue;
        ++connections_;
        talk(connection);
        ::close(connection);
    }
}

void ScriptedServer::talk(int connection) {
    std::string pending;
    bool in_data = false;
    for (std::size_t step = 0;; ++step) {
        const std::string line = step < script_.size() ? script_[step] : "";
        if (line == "close") return;
        if (!line.empty()) {
            const std::string text = line + "\r\n";
            if (::send(connection, text.data(), text.size(), MSG_NOSIGNAL) < 0) return;
        }
        in_data = line.starts_with("354");
        const std::string end = in_data ? "\r\n.\r\n" : "\n";
        // Silence: read on, say nothing more.
        while (line.empty() || pending.find(end) == std::string::npos) {
            char bytes[4096];
            if (!readable(connection)) return;
            const ssize_t got = ::recv(connection, bytes, sizeof bytes, 0);
            if (got <= 0) return;
            pending.append(bytes, static_cast<std::size_t>(got));
        }
        pending.erase(0, pending.find(end) + end.size());
    }
}

}  // namespace custody::test
