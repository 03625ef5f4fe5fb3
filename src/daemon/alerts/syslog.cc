#include "daemon/alerts/syslog.h"

#include "base/clock.h"
#include "base/text.h"
#include "daemon/alerts/syslog_text.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>

namespace custody {
namespace {

constexpr std::int64_t kLookEveryNs = 100'000'000;  // for a stop
constexpr std::int64_t kAskKernelEveryNs = 5'000'000;
constexpr std::int64_t kObjectionNs = 250'000'000;  // in which a TLS server says that it does not want us

// The stream after libcurl connected it. Everything is bounded by one deadline.
class Stream {
public:
    Stream(CurlHandle& curl, const AlertEndpoint& endpoint, const StopFlag& stop, std::int64_t deadline_ns)
        : curl_(curl), endpoint_(endpoint), stop_(stop), deadline_ns_(deadline_ns) {}

    [[nodiscard]] Status open() {
        if (curl_easy_getinfo(curl_.get(), CURLINFO_ACTIVESOCKET, &socket_) == CURLE_OK && socket_ != CURL_SOCKET_BAD)
            return done();
        return lost("the connection is gone");
    }

    [[nodiscard]] Status send(std::string_view bytes) {
        while (!bytes.empty()) {
            std::size_t sent = 0;
            const CURLcode code = curl_easy_send(curl_.get(), bytes.data(), bytes.size(), &sent);
            if (code != CURLE_OK && code != CURLE_AGAIN) return curl_.error(code);
            bytes.remove_prefix(sent);
            if (!bytes.empty()) TRY(wait(POLLOUT, kLookEveryNs));
        }
        return done();
    }

    [[nodiscard]] Status until_acknowledged() {
        for (;;) {
            int unacknowledged = 0;
            if (::ioctl(socket_, SIOCOUTQ, &unacknowledged) != 0) return lost("the connection is gone");
            if (unacknowledged == 0) return done();
            TRY(wait(0, kAskKernelEveryNs));
        }
    }

    // A server that closes or objects (TLS 1.3: to our certificate, or for want of one) does so right after the handshake.
    [[nodiscard]] Status no_objection(bool tls) {
        if (tls) TRY(wait(POLLIN, kObjectionNs));
        char byte = 0;
        std::size_t received = 0;
        const CURLcode code = curl_easy_recv(curl_.get(), &byte, 1, &received);
        if (code == CURLE_AGAIN || (code == CURLE_OK && received > 0)) return done();
        return code == CURLE_OK ? lost("it closed the connection") : Status(curl_.error(code));
    }

private:
    // Waits for what is asked, a stop or a while; asks for nothing but that it ends.
    [[nodiscard]] Status wait(short events, std::int64_t most_ns) {
        if (stop_.requested()) return curl_.error(CURLE_ABORTED_BY_CALLBACK);
        const std::int64_t left = deadline_ns_ - system_clock().monotonic_ns();
        if (left <= 0) return curl_.error(CURLE_OPERATION_TIMEDOUT);
        pollfd one{socket_, events, 0};
        (void)::poll(&one, 1, static_cast<int>(std::min(left, most_ns) / 1'000'000 + 1));
        return done();
    }

    [[nodiscard]] Error lost(std::string_view why) const {
        return Error{Code::busy, say("cannot deliver to {}: {}", endpoint_.text(), translate(why))};
    }

    CurlHandle& curl_;
    const AlertEndpoint& endpoint_;
    const StopFlag& stop_;
    const std::int64_t deadline_ns_;
    curl_socket_t socket_ = CURL_SOCKET_BAD;
};

class SyslogChannel final : public AlertChannel {
public:
    SyslogChannel(const SyslogSettings& settings, const AlertTimes& times)
        : settings_(settings), times_(times), target_(kSyslogTarget) {}

    [[nodiscard]] const std::string& target() const override { return target_; }
    [[nodiscard]] const std::string& server() const override { return settings_.server; }

    [[nodiscard]] Status deliver(const AlertMessage& message, const StopFlag& stop) override {
        TRY_ASSIGN(const LineSecurity security, syslog_security(settings_));
        TRY_ASSIGN(AlertEndpoint endpoint, parse_syslog_server(settings_.server));
        const std::int64_t deadline = system_clock().monotonic_ns() + times_.total_ms * 1'000'000;
        const bool tls = security == LineSecurity::tls;
        CurlHandle curl(endpoint, times_, stop);
        AlertEndpoint bare = endpoint;
        bare.scheme = tls ? "https" : "http";  // libcurl's names for a bare stream with and without TLS; no HTTP is spoken
        const std::string url = bare.text() + "/";
        curl.set(CURLOPT_URL, url.c_str());
        curl.set(CURLOPT_PROTOCOLS_STR, "http,https");
        curl.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        curl.set(CURLOPT_SSL_ENABLE_ALPN, 0L);
        curl.set(CURLOPT_CONNECT_ONLY, 1L);
        if (tls) curl.require_tls(settings_.ca_file, settings_.certificate_file, settings_.key_file);
        const CURLcode code = curl.perform();
        if (code != CURLE_OK) return curl.error(code);
        Stream stream(curl, endpoint, stop, deadline);
        TRY(stream.open());
        const std::string text = syslog_text(message, this_syslog_sender());
        TRY(stream.send(std::to_string(text.size()) + " " + text));
        TRY(stream.until_acknowledged());
        return stream.no_objection(tls);
    }

private:
    const SyslogSettings settings_;
    const AlertTimes times_;
    const std::string target_;
};

}  // namespace

std::unique_ptr<AlertChannel> make_syslog_channel(const SyslogSettings& settings, const AlertTimes& times) {
    return std::make_unique<SyslogChannel>(settings, times);
}

}  // namespace custody
