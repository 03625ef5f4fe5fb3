// The metrics over HTTP on a loopback port: GET /metrics, nothing else, nobody else. Names of plans and media stand in them, so
// they leave the machine only through a door that somebody else guards (duty E6).
//
// Ownership: the server owns its socket and its one thread; `facts` is called in that thread, and must outlive it. At rest the
// thread sleeps. Threads: start and destroy from one. Errors: refused (an address that is not loopback), busy (the port is
// taken).
#pragma once

#include "base/file.h"
#include "daemon/api/metrics.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

struct MHD_Daemon;

namespace custody {

class MetricsServer {
public:
    using Facts = std::function<Result<MetricsFacts>()>;

    // `address`: "127.0.0.1" (or another of 127.0.0.0/8) or "::1". `port` 0: any that is free.
    [[nodiscard]] static Result<std::unique_ptr<MetricsServer>> start(const std::string& address, std::uint16_t port,
                                                                      Facts facts);
    ~MetricsServer();
    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] const Facts& facts() const { return facts_; }

private:
    explicit MetricsServer(Facts facts) : facts_(std::move(facts)) {}

    Facts facts_;
    std::uint16_t port_ = 0;
    MHD_Daemon* daemon_ = nullptr;
};

}  // namespace custody
