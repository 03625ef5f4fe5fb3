#include "daemon/api/client.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "daemon/api/error_form.h"
#include "daemon/api/http_response.h"
#include "daemon/api/unix_listener.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace custody {
namespace {

constexpr int kLookEveryMs = 200;  // at the stop flag, while nothing comes
constexpr std::int64_t kNoDeadline = -1;

Result<Fd> connect(const std::string& socket) {
    auto connected = connect_to_unix_socket(socket);
    if (connected.ok()) return connected;
    if (connected.error().code == Code::not_found) {
        return Error{Code::not_found,
                     say("the service does not run (nobody listens on {}); start it with 'systemctl start custodyd', and "
                         "look with 'systemctl status custodyd' why it ended",
                         printable(socket))};
    }
    if (connected.error().code == Code::denied) {
        return Error{Code::denied,
                     say("this user may not ask the service on {}: run the command as root, or let root add the user to the "
                         "group with 'usermod -aG custody USER' and log in again",
                         printable(socket))};
    }
    return connected;
}

std::string request_text(std::string_view method, std::string_view path, const std::optional<Json>& body) {
    std::string content = body ? json_line(*body) : std::string();
    std::string text;
    text.append(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: custody\r\nConnection: close\r\nAccept-Language: ");
    text += language() == Language::vietnamese ? "vi" : "en";
    if (body) text += "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(content.size());
    return text + "\r\n\r\n" + content;
}

class Conversation {
public:
    Conversation(Fd fd, const StopFlag* stop, std::int64_t within_ns)
        : fd_(std::move(fd)), stop_(stop), deadline_ns_(system_clock().monotonic_ns() + within_ns) {}

    // A stream has come: from now on the job takes its time.
    void drop_deadline() { deadline_ns_ = kNoDeadline; }
    [[nodiscard]] Status send(std::string_view bytes) const;
    // 0: the other end has closed.
    [[nodiscard]] Result<std::size_t> receive(std::array<char, 65536>& into) const;

private:
    [[nodiscard]] Status wait(short events) const;

    Fd fd_;
    const StopFlag* stop_;
    std::int64_t deadline_ns_;
};

Status Conversation::wait(short events) const {
    for (;;) {
        if (stop_ != nullptr) TRY(stop_->check());
        if (deadline_ns_ != kNoDeadline && system_clock().monotonic_ns() > deadline_ns_) {
            return Error{Code::failed,
                         say("the service did not answer in time; look with 'systemctl status custodyd' what it does")};
        }
        pollfd one = {fd_.get(), events, 0};
        const int ready = ::poll(&one, 1, kLookEveryMs);
        if (ready > 0) return done();
        if (ready < 0 && errno != EINTR) return system_error(errno, "wait for", "custodyd");
    }
}

Status Conversation::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        TRY(wait(POLLOUT));
        const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return done();  // turned away before it heard us out: its answer is there to be read
        } else if (errno != EINTR && errno != EAGAIN) {
            return system_error(errno, "send to", "custodyd");
        }
    }
    return done();
}

Result<std::size_t> Conversation::receive(std::array<char, 65536>& into) const {
    for (;;) {
        TRY(wait(POLLIN));
        const ssize_t size = ::recv(fd_.get(), into.data(), into.size(), MSG_DONTWAIT);
        if (size >= 0) return static_cast<std::size_t>(size);
        if (errno == ECONNRESET) return std::size_t{0};
        if (errno != EINTR && errno != EAGAIN) return system_error(errno, "receive from", "custodyd");
    }
}

// {"error": {...}} and nothing else: a job's record has a field of that name, too.
bool is_error(const Json& line) { return line.is_object() && line.size() == 1 && line.contains("error"); }

// The lines of a stream, taken out of what came. The last one is kept, it is the result.
class Lines {
public:
    explicit Lines(const ApiClient::Line& line) : line_(line) {}
    [[nodiscard]] Status take(std::string& body) {
        std::size_t from = 0;
        for (std::size_t end = body.find('\n'); end != std::string::npos; end = body.find('\n', from)) {
            TRY(one(std::string_view(body).substr(from, end - from)));
            from = end + 1;
        }
        body.erase(0, from);
        if (body.size() <= ApiClient::kMaxLine) return done();
        return Error{Code::failed, say("the service sent a line of more than {} bytes", ApiClient::kMaxLine)};
    }
    [[nodiscard]] Json last() { return std::move(last_); }

private:
    [[nodiscard]] Status one(std::string_view text) {
        last_ = Json::parse(text, nullptr, false);
        if (last_.is_discarded()) return Error{Code::failed, say("the service sent a line that is no JSON")};
        if (is_error(last_)) return error_of_answer(500, text);
        return line_ ? line_(last_) : done();
    }

    const ApiClient::Line& line_;
    Json last_;
};

// Until the response is complete. `lines`: where a stream goes; null: the body is a document.
Status receive_all(Conversation& conversation, HttpResponseParser& parser, std::string& body, Lines* lines) {
    const auto buffer = std::make_unique<std::array<char, 65536>>();
    while (!parser.complete()) {
        TRY_ASSIGN(const std::size_t size, conversation.receive(*buffer));
        if (size == 0) return parser.end();
        TRY(parser.feed({buffer->data(), size}, body));
        const bool is_stream =
            parser.header_complete() && parser.status() == 200 && parser.content_type() == "application/x-ndjson";
        if (is_stream) conversation.drop_deadline();
        if (is_stream && lines != nullptr) {
            TRY(lines->take(body));
        } else if (body.size() > ApiClient::kMaxDocument) {
            return Error{Code::failed, say("the answer of the service is larger than {} bytes", ApiClient::kMaxDocument)};
        }
    }
    return done();
}

Result<Json> document_of(const HttpResponseParser& parser, const std::string& body) {
    if (parser.status() < 200 || parser.status() > 299) return error_of_answer(parser.status(), body);
    Json document = Json::parse(body, nullptr, false);
    if (document.is_discarded()) return Error{Code::failed, say("the answer of the service is no JSON")};
    return document;
}

Result<Json> ask(const std::string& socket, std::int64_t within_ns, const std::string& text, Lines* lines, const StopFlag* stop) {
    TRY_ASSIGN(Fd fd, connect(socket));
    Conversation conversation(std::move(fd), stop, within_ns);
    TRY(conversation.send(text));
    HttpResponseParser parser;
    std::string body;
    TRY(receive_all(conversation, parser, body, lines));
    if (lines != nullptr && parser.status() == 200 && parser.content_type() == "application/x-ndjson") return lines->last();
    return document_of(parser, body);
}

}  // namespace

Result<Json> ApiClient::get(std::string_view path, const StopFlag* stop) const {
    return ask(socket_, answer_within_ns_, request_text("GET", path, std::nullopt), nullptr, stop);
}

Result<Json> ApiClient::post(std::string_view path, const Json& body, const StopFlag* stop) const {
    return ask(socket_, answer_within_ns_, request_text("POST", path, body), nullptr, stop);
}

Result<Json> ApiClient::remove(std::string_view path, const StopFlag* stop) const {
    return ask(socket_, answer_within_ns_, request_text("DELETE", path, std::nullopt), nullptr, stop);
}

Result<Json> ApiClient::stream(std::string_view method, std::string_view path, const std::optional<Json>& body, const Line& line,
                               const StopFlag* stop) const {
    Lines lines(line);
    return ask(socket_, answer_within_ns_, request_text(method, path, body), &lines, stop);
}

}  // namespace custody
