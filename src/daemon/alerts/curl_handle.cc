#include "daemon/alerts/curl_handle.h"

#include "base/text.h"
#include "daemon/alerts/event.h"

namespace custody {
namespace {

// Once a process, before the first handle; thread-safe since libcurl 7.84.
CURLcode library_ready() {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    return ready;
}

// libcurl asks about once a second, also while nothing moves.
int stop_asked(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const StopFlag*>(stop)->requested() ? 1 : 0;
}

bool is_tls_trouble(CURLcode code) {
    switch (code) {
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_USE_SSL_FAILED:
            return true;
        default:
            return false;
    }
}

}  // namespace

CurlHandle::CurlHandle(const AlertEndpoint& endpoint, const AlertTimes& times, const StopFlag& stop)
    : words_(std::make_unique<std::array<char, CURL_ERROR_SIZE>>()), server_(endpoint.text()) {
    words_->fill('\0');
    status_ = library_ready();
    if (status_ == CURLE_OK) handle_.reset(curl_easy_init());
    if (status_ == CURLE_OK && !handle_) status_ = CURLE_OUT_OF_MEMORY;
    set(CURLOPT_ERRORBUFFER, words_->data());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROXY, "");  // not even one that the environment names: alerts go where the configuration says
    set(CURLOPT_CONNECTTIMEOUT_MS, times.connect_ms);
    set(CURLOPT_TIMEOUT_MS, times.total_ms);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &stop_asked);
    set(CURLOPT_XFERINFODATA, const_cast<StopFlag*>(&stop));
}

void CurlHandle::require_tls(const std::string& ca_file, const std::string& certificate_file, const std::string& key_file) {
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!ca_file.empty()) {
        set(CURLOPT_CAINFO, ca_file.c_str());
        set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // this authority and no other
    }
    if (!certificate_file.empty()) {
        set(CURLOPT_SSLCERT, certificate_file.c_str());
        set(CURLOPT_SSLKEY, key_file.c_str());
    }
}

CURLcode CurlHandle::perform() { return status_ == CURLE_OK ? curl_easy_perform(handle_.get()) : status_; }

Error CurlHandle::error(CURLcode code, const std::string& also) const {
    std::string why = words_->front() != '\0' ? words_->data() : curl_easy_strerror(code);
    if (!also.empty()) why += " (" + also + ")";
    why = one_line(why, kMaxAlertName);
    if (code == CURLE_ABORTED_BY_CALLBACK) return Error{Code::interrupted, say("asked to stop while talking to {}", server_)};
    if (code == CURLE_LOGIN_DENIED || code == CURLE_AUTH_ERROR) {
        return Error{Code::denied, say("{} refuses user or password: {}", server_, why)};
    }
    if (is_tls_trouble(code)) {
        return Error{Code::denied, say("no trusted encryption with {}: {}; nothing was sent. Check its certificate, its name and "
                                       "ca_file",
                                       server_, why)};
    }
    return Error{Code::busy, say("cannot deliver to {}: {}", server_, why)};
}

}  // namespace custody
