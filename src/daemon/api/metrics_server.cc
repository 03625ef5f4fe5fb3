#include "daemon/api/metrics_server.h"

#include "base/text.h"

#include <microhttpd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <exception>

namespace custody {
namespace {

constexpr unsigned kMaxConnections = 16;
constexpr unsigned kTimeoutSeconds = 10;
constexpr std::size_t kConnectionMemory = 16 * 1024;

// An address with its size; IPv4 or IPv6.
struct Address {
    sockaddr_storage storage = {};
    socklen_t size = 0;
};

Result<Address> loopback_address(const std::string& text, std::uint16_t port) {
    Address address;
    auto* four = reinterpret_cast<sockaddr_in*>(&address.storage);
    auto* six = reinterpret_cast<sockaddr_in6*>(&address.storage);
    if (::inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        address.size = sizeof *four;
        if ((ntohl(four->sin_addr.s_addr) >> 24) == 127) return address;
    } else if (::inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        address.size = sizeof *six;
        if (IN6_IS_ADDR_LOOPBACK(&six->sin6_addr)) return address;
    }
    return Error{Code::refused,
                 say("metrics are served on a loopback address only (127.0.0.1 or ::1), not on {} (E6); let a collector on "
                     "this machine fetch them, or use the text file",
                     printable(text))};
}

Result<Fd> listen_on(const Address& address, const std::string& text, std::uint16_t port) {
    const std::string name = text + ":" + std::to_string(port);
    Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.valid()) return system_error(errno, "open a socket for", name);
    const int one = 1;
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);  // without it a restart waits; nothing worse
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 || ::listen(fd.get(), 16) != 0) {
        if (errno != EADDRINUSE) return system_error(errno, "listen on", name);
        return Error{Code::busy, say("another program listens on {}; give the metrics another port in [metrics]", name)};
    }
    return fd;
}

Result<std::uint16_t> port_of(int fd) {
    Address address;
    address.size = sizeof address.storage;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0) {
        return system_error(errno, "look at", translate("the port of the metrics"));
    }
    // The port stands at the same place in both.
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

MHD_Result send_text(MHD_Connection* connection, unsigned status, std::string text) {
    MHD_Response* response = MHD_create_response_from_buffer(text.size(), text.data(), MHD_RESPMEM_MUST_COPY);
    if (response == nullptr) return MHD_NO;
    MHD_Result queued =
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    if (queued == MHD_YES) queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

MHD_Result answer(const MetricsServer& server, MHD_Connection* connection, const char* url, const char* method) {
    if (std::strcmp(url, "/metrics") != 0) return send_text(connection, MHD_HTTP_NOT_FOUND, "only /metrics is here\n");
    const bool reads = std::strcmp(method, MHD_HTTP_METHOD_GET) == 0 || std::strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    if (!reads) return send_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
    const auto facts = server.facts()();
    if (!facts.ok()) return send_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, facts.error().message + "\n");
    return send_text(connection, MHD_HTTP_OK, metrics_text(*facts, MetricsFor::served));
}

MHD_Result on_scrape(void* given, MHD_Connection* connection, const char* url, const char* method, const char*, const char*,
                     std::size_t* size, void**) {
    if (*size != 0) return MHD_NO;  // nobody sends a body here
    try {
        return answer(*static_cast<const MetricsServer*>(given), connection, url, method);
    } catch (const std::exception&) {
        return MHD_NO;  // no memory: the collector marks a failed scrape
    }
}

}  // namespace

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(const std::string& address, std::uint16_t port, Facts facts) {
    TRY_ASSIGN(const Address where, loopback_address(address, port));
    TRY_ASSIGN(Fd fd, listen_on(where, address, port));
    std::unique_ptr<MetricsServer> server(new MetricsServer(std::move(facts)));
    TRY_ASSIGN(server->port_, port_of(fd.get()));
    server->daemon_ = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0, nullptr, nullptr,
                                       on_scrape, server.get(), MHD_OPTION_LISTEN_SOCKET, fd.get(), MHD_OPTION_CONNECTION_LIMIT,
                                       kMaxConnections, MHD_OPTION_CONNECTION_TIMEOUT, kTimeoutSeconds,
                                       MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory, MHD_OPTION_END);
    if (server->daemon_ == nullptr) {
        return Error{Code::failed,
                     say("cannot serve metrics on {}:{}: libmicrohttpd does not start; look whether memory and threads are "
                         "left, and start custodyd again",
                         address, server->port_)};
    }
    (void)fd.release();  // MHD_stop_daemon closes it
    return server;
}

MetricsServer::~MetricsServer() {
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
}

}  // namespace custody
