#include "daemon/alerts/smtp.h"

#include "base/text.h"
#include "daemon/alerts/event.h"
#include "daemon/alerts/mail_text.h"
#include "daemon/alerts/password_file.h"

#include <algorithm>
#include <cstring>

namespace custody {
namespace {

constexpr std::size_t kLongestReply = 200;

// What is sent, and how far that has gone.
struct Upload {
    std::string_view rest;
};

std::size_t hand_over(char* into, std::size_t size, std::size_t count, void* upload_pointer) {
    auto& upload = *static_cast<Upload*>(upload_pointer);
    const std::size_t bytes = std::min(size * count, upload.rest.size());
    std::memcpy(into, upload.rest.data(), bytes);
    upload.rest.remove_prefix(bytes);
    return bytes;
}

// How far it came and the last reply: only they tell a refused message from a server that talks to nobody. Of what we say nothing
// but these verbs is kept: the lines of AUTH carry the password.
struct Dialogue {
    bool about_message = false;  // the last command was MAIL, RCPT or DATA
    bool is_over = false;        // QUIT was sent: what is answered to that says nothing of the message
    std::string reply;
};

int listen(CURL*, curl_infotype type, char* data, std::size_t size, void* dialogue_pointer) {
    auto& dialogue = *static_cast<Dialogue*>(dialogue_pointer);
    if (type == CURLINFO_HEADER_OUT) {
        const std::string_view verb(data, std::min<std::size_t>(size, 4));
        dialogue.is_over = verb == "QUIT";
        if (!dialogue.is_over) dialogue.about_message = verb == "MAIL" || verb == "RCPT" || verb == "DATA";
    }
    if (type == CURLINFO_HEADER_IN && !dialogue.is_over) dialogue.reply.assign(data, std::min(size, kLongestReply));
    return 0;
}

class RecipientList {
public:
    explicit RecipientList(const std::string& recipient) : list_(curl_slist_append(nullptr, recipient.c_str())) {}
    [[nodiscard]] curl_slist* get() const { return list_.get(); }

private:
    struct Free {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    std::unique_ptr<curl_slist, Free> list_;
};

class SmtpChannel final : public AlertChannel {
public:
    SmtpChannel(FileSystem& files, const SmtpSettings& settings, const std::string& recipient, std::string credentials,
                const AlertTimes& times)
        : files_(files),
          settings_(settings),
          recipient_(recipient),
          credentials_(std::move(credentials)),
          times_(times),
          target_(smtp_target(recipient)) {}

    [[nodiscard]] const std::string& target() const override { return target_; }
    [[nodiscard]] const std::string& server() const override { return settings_.server; }

    [[nodiscard]] Status deliver(const AlertMessage& message, const StopFlag& stop) override {
        // Judged again here: whatever way the settings came, E6 holds.
        TRY_ASSIGN(const LineSecurity security, smtp_security(settings_));
        TRY_ASSIGN(const AlertEndpoint endpoint, parse_smtp_server(settings_.server));
        Secret password;
        if (!settings_.user.empty()) {
            TRY_ASSIGN(password, read_smtp_password(files_, settings_, credentials_));
        }
        const std::string mail = mail_text(message, settings_.from, settings_.to);
        const RecipientList recipients(recipient_);
        Upload upload{mail};
        Dialogue dialogue;
        CurlHandle curl(endpoint, times_, stop);
        const std::string url = endpoint.text();
        curl.set(CURLOPT_URL, url.c_str());
        curl.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        if (security == LineSecurity::starttls) curl.set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
        if (security != LineSecurity::plain) {
            curl.require_tls(settings_.ca_file, settings_.certificate_file, settings_.key_file);
        }
        if (!password.empty()) {
            curl.set(CURLOPT_USERNAME, settings_.user.c_str());
            curl.set(CURLOPT_PASSWORD, reinterpret_cast<const char*>(password.view().data()));
        }
        curl.set(CURLOPT_MAIL_FROM, settings_.from.c_str());
        curl.set(CURLOPT_MAIL_RCPT, recipients.get());
        curl.set(CURLOPT_UPLOAD, 1L);
        // The farewell belongs to the delivery: said later, by the clean-up, its answer would be waited for two minutes, whatever
        // the times, and no stop would end that.
        curl.set(CURLOPT_FORBID_REUSE, 1L);
        curl.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, std::max(1L, times_.total_ms / 1000));
        curl.set(CURLOPT_READFUNCTION, &hand_over);
        curl.set(CURLOPT_READDATA, &upload);
        curl.set(CURLOPT_VERBOSE, 1L);  // to listen() only
        curl.set(CURLOPT_DEBUGFUNCTION, &listen);
        curl.set(CURLOPT_DEBUGDATA, &dialogue);
        return judged(curl, curl.perform(), dialogue);
    }

private:
    [[nodiscard]] Status judged(const CurlHandle& curl, CURLcode code, const Dialogue& dialogue) const {
        if (code == CURLE_OK) return done();
        const std::string& reply = dialogue.reply;
        Error error = curl.error(code, one_line(reply.substr(0, reply.find_first_of("\r\n")), kLongestReply));
        const bool answered = code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_RECV_ERROR;
        if (error.code != Code::busy || !answered || !dialogue.about_message || !reply.starts_with('5')) return error;
        // 53x (RFC 4954, 3207): encryption or a login is wanted first. That concerns every message.
        error.code = reply.starts_with("53") ? Code::denied : Code::refused;
        return error;
    }

    FileSystem& files_;
    const SmtpSettings settings_;
    const std::string recipient_, credentials_;
    const AlertTimes times_;
    const std::string target_;
};

}  // namespace

std::string smtp_target(std::string_view recipient) { return "smtp:" + std::string(recipient); }

std::unique_ptr<AlertChannel> make_smtp_channel(FileSystem& files, const SmtpSettings& settings, const std::string& recipient,
                                                const std::string& credentials, const AlertTimes& times) {
    return std::make_unique<SmtpChannel>(files, settings, recipient, credentials, times);
}

}  // namespace custody
