// libcurl's easy handle, owned; what mail and syslog have in common: time-outs, TLS with the peer verified, no proxy, no signal.
//
// Ownership: one handle, one transfer. Threads: one. Errors: busy (the other side is away or slow), denied (TLS or the login does
// not work), interrupted; messages name the server and libcurl's own words. Units: milliseconds.
#pragma once

#include "base/result.h"
#include "base/stop.h"
#include "daemon/alerts/settings.h"

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>

namespace custody {

// How long a server may take.
struct AlertTimes {
    long connect_ms = 20'000;  // name, TCP, TLS
    long total_ms = 60'000;    // all of it, so that a server that stalls at any stage is left
};

class CurlHandle {
public:
    // `server`: as it is named in messages. `stop` outlives the handle.
    CurlHandle(const AlertEndpoint& endpoint, const AlertTimes& times, const StopFlag& stop);

    template <class Value>
    void set(CURLoption option, Value value) {
        if (status_ == CURLE_OK) status_ = curl_easy_setopt(handle_.get(), option, value);
    }
    // Peer verified by name against these authorities; TLS 1.2 at least.
    void require_tls(const std::string& ca_file, const std::string& certificate_file, const std::string& key_file);
    // The first option that libcurl refused, else how the transfer went.
    [[nodiscard]] CURLcode perform();
    [[nodiscard]] CURL* get() { return handle_.get(); }
    // What a failed transfer says; `also` is added (a server's reply).
    [[nodiscard]] Error error(CURLcode code, const std::string& also = "") const;

private:
    struct Free {
        void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    };
    std::unique_ptr<std::array<char, CURL_ERROR_SIZE>> words_;  // outlives the handle
    std::unique_ptr<CURL, Free> handle_;
    std::string server_;
    CURLcode status_ = CURLE_OK;
};

}  // namespace custody
