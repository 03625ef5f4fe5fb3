#include "daemon/api/server.h"

#include "daemon/api/connection_guard.h"
#include "daemon/api/error_form.h"
#include "daemon/api/unix_listener.h"

#include <microhttpd.h>

#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>
#include <new>

namespace custody {

// What the callbacks of libmicrohttpd share. Its threads use it until MHD_stop_daemon has returned.
struct ApiServer::Inner {
    Inner(ApiSettings given, RouteTable table)
        : settings(std::move(given)), routes(std::move(table)), guard(settings.limits.connections_per_user) {}

    ApiSettings settings;
    RouteTable routes;
    StopFlag stop;
    ConnectionGuard guard;
    std::unique_ptr<UnixListener> listener;
    MHD_Daemon* daemon = nullptr;
};

namespace {

using Connection = ConnectionGuard::Connection;

constexpr std::size_t kThreadStack = std::size_t{1} << 20;  // a handler reads the catalogue; memory is taken only when touched

// One request on its way: made with its header, given to the handler with its last byte.
struct Exchange {
    RouteTable::Match match;
    ApiRequest request;
    std::string body;
    std::size_t announced = 0;  // bytes of body
    std::shared_ptr<JsonStream> stream;
};

// What a stream's callbacks need; owned by libmicrohttpd's response.
struct StreamReader {
    ApiServer::Inner& inner;
    Connection& connection;
    std::shared_ptr<JsonStream> stream;
    std::string line;  // what is being sent of the present line
    std::size_t sent = 0;
};

Connection* connection_of(MHD_Connection* connection) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == nullptr ? nullptr : static_cast<Connection*>(info->socket_context);
}

std::string_view header(MHD_Connection* connection, const char* name) {
    const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

MHD_Result send_response(MHD_Connection* connection, unsigned status, MHD_Response* response, const char* type) {
    if (response == nullptr) return MHD_NO;  // out of memory: the connection is closed
    const bool complete = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES &&
                          MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") == MHD_YES;
    const MHD_Result queued = complete ? MHD_queue_response(connection, status, response) : MHD_NO;
    MHD_destroy_response(response);
    return queued;
}

MHD_Result answer(ApiServer::Inner& inner, MHD_Connection* connection, unsigned status, const Json& document) {
    if (Connection* known = connection_of(connection)) inner.guard.set_deadline(*known, inner.settings.limits.answer_ns);
    std::string text = json_line(document);
    return send_response(connection, status, MHD_create_response_from_buffer(text.size(), text.data(), MHD_RESPMEM_MUST_COPY),
                         "application/json");
}

MHD_Result answer(ApiServer::Inner& inner, MHD_Connection* connection, const Error& error, unsigned status = 0) {
    return answer(inner, connection, status == 0 ? http_status_of(error.code) : status, error_document(error));
}

ssize_t read_stream(void* given, std::uint64_t, char* into, std::size_t room) {
    auto& reader = *static_cast<StreamReader*>(given);
    ConnectionGuard& guard = reader.inner.guard;
    if (reader.sent == reader.line.size()) {
        guard.clear_deadline(reader.connection);  // the job takes its time
        auto next = reader.stream->next(reader.connection.fd);
        if (next.kind == JsonStream::Next::Kind::ended) return MHD_CONTENT_READER_END_OF_STREAM;
        if (next.kind == JsonStream::Next::Kind::cut) return MHD_CONTENT_READER_END_WITH_ERROR;
        reader.line = std::move(next.line);
        reader.sent = 0;
        guard.set_deadline(reader.connection, reader.inner.settings.limits.answer_ns);
    }
    const std::size_t size = std::min(room, reader.line.size() - reader.sent);
    std::memcpy(into, reader.line.data() + reader.sent, size);
    reader.sent += size;
    return static_cast<ssize_t>(size);
}

void free_reader(void* given) { delete static_cast<StreamReader*>(given); }

MHD_Result answer_stream(ApiServer::Inner& inner, MHD_Connection* connection, std::shared_ptr<JsonStream> stream) {
    Connection* known = connection_of(connection);
    if (known == nullptr) return MHD_NO;
    if (!inner.guard.begin_stream(*known, stream)) {
        stream->cut();
        return answer(inner, connection, {Code::interrupted, say("the service is ending; start it again and ask again")});
    }
    inner.guard.set_deadline(*known, inner.settings.limits.answer_ns);
    constexpr std::size_t kBlock = 16 * 1024;
    auto reader = std::make_unique<StreamReader>(StreamReader{inner, *known, std::move(stream), {}, 0});
    MHD_Response* response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kBlock, read_stream, reader.get(), free_reader);
    if (response != nullptr) (void)reader.release();  // the response owns it
    return send_response(connection, MHD_HTTP_OK, response, "application/x-ndjson");
}

ApiReply call(const ApiHandler& handler, const ApiRequest& request) {
    try {
        return handler(request);
    } catch (const std::bad_alloc&) {
        return Error{Code::failed, say("out of memory")};
    } catch (const std::exception& error) {
        return Error{Code::failed, say("an error that should not happen: {}", error.what())};
    }
}

MHD_Result answer_request(ApiServer::Inner& inner, MHD_Connection* connection, Exchange& exchange) {
    const LanguageScope speak(exchange.request.language);
    if (!exchange.body.empty()) {
        Json body = Json::parse(exchange.body, nullptr, false);
        if (!body.is_object())
            return answer(inner, connection, {Code::usage, say("the body of the request is no JSON object; see docs/API.md")});
        exchange.request.body = std::move(body);
    }
    if (Connection* known = connection_of(connection)) inner.guard.clear_deadline(*known);
    const ApiReply reply = call(exchange.match.route->handler, exchange.request);
    if (const auto* error = std::get_if<Error>(&reply.content())) return answer(inner, connection, *error);
    if (const auto* document = std::get_if<ApiDocument>(&reply.content())) {
        return answer(inner, connection, document->status, document->content);
    }
    return answer_stream(inner, connection, std::get<std::shared_ptr<JsonStream>>(reply.content()));
}

MHD_Result add_query(void* given, MHD_ValueKind, const char* key, const char* value) {
    auto& raw = *static_cast<std::map<std::string, std::string>*>(given);
    raw[key] = value == nullptr ? "" : value;
    return MHD_YES;
}

Result<std::map<std::string, std::string>> query_of(MHD_Connection* connection) {
    std::map<std::string, std::string> raw, decoded;
    (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_query, &raw);
    for (const auto& [key, value] : raw) {
        TRY_ASSIGN(std::string name, decode_percent(key));
        TRY_ASSIGN(std::string content, decode_percent(value));
        decoded[std::move(name)] = std::move(content);
    }
    return decoded;
}

// Why the request is not taken on: an error, and its HTTP status where that says more than the error's code.
struct Refusal {
    Error error;
    unsigned status = 0;
};

std::optional<Refusal> check_size(MHD_Connection* connection, std::size_t most, std::size_t& announced) {
    if (!header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING).empty()) {
        return Refusal{{Code::usage, say("a request must say the length of its body (Content-Length)")},
                       MHD_HTTP_LENGTH_REQUIRED};
    }
    const std::string_view length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const auto end = std::from_chars(length.data(), length.data() + length.size(), announced);
    if (length.empty() || (end.ec == std::errc() && announced <= most)) return std::nullopt;
    return Refusal{{Code::usage, say("the body of the request is larger than {} bytes", most)}, MHD_HTTP_CONTENT_TOO_LARGE};
}

std::optional<Refusal> check_access(const Connection& connection, const RouteTable::Match* match) {
    if (connection.refusal) return Refusal{*connection.refusal, MHD_HTTP_FORBIDDEN};
    if (!connection.peer.may_ask()) {
        return Refusal{
            {Code::denied, say("only root and members of the group '{}' may ask the service; user {} is none: add the user "
                               "with 'usermod -aG {} USER' and log in again",
                               kApiGroup, connection.peer.uid, kApiGroup)}};
    }
    if (match != nullptr && match->route->access == ApiAccess::root_only && !connection.peer.is_root) {
        return Refusal{{Code::denied, say("only root may do this; run the command as root")}};
    }
    return std::nullopt;
}

std::optional<Refusal> check_route(const RouteTable::Match& match, std::string_view method, std::string_view path) {
    if (match.route != nullptr) return std::nullopt;
    if (match.path_exists) {
        return Refusal{{Code::usage, say("{} does not serve {}; see docs/API.md", printable(path), printable(method))},
                       MHD_HTTP_METHOD_NOT_ALLOWED};
    }
    return Refusal{
        {Code::not_found, say("the service has nothing at {}; see docs/API.md, and whether command and service are of one "
                              "version",
                              printable(path))}};
}

std::optional<Refusal> prepare(ApiServer::Inner& inner, MHD_Connection* connection, Exchange& exchange, std::string_view method,
                               std::string_view path) {
    const Connection* known = connection_of(connection);
    if (known == nullptr)
        return Refusal{
            {Code::busy,
             say("too many connections of this user to the service at once; end some of them and run the command again")}};
    exchange.request.language = language_of(header(connection, MHD_HTTP_HEADER_ACCEPT_LANGUAGE), language());
    const LanguageScope speak(exchange.request.language);
    if (auto refusal = check_access(*known, nullptr)) return refusal;
    auto match = inner.routes.find(method, path);
    if (!match.ok()) return Refusal{match.error()};
    if (auto refusal = check_route(*match, method, path)) return refusal;
    if (auto refusal = check_access(*known, &*match)) return refusal;
    if (auto refusal = check_size(connection, inner.settings.limits.body_bytes, exchange.announced)) return refusal;
    auto query = query_of(connection);
    if (!query.ok()) return Refusal{query.error()};
    exchange.request.peer = known->peer;
    exchange.request.path = std::string(path);
    exchange.request.parameters = match->parameters;
    exchange.request.query = *std::move(query);
    exchange.request.stop = &inner.stop;
    exchange.match = *std::move(match);
    return std::nullopt;
}

MHD_Result handle(ApiServer::Inner& inner, MHD_Connection* connection, const char* url, const char* method, const char* data,
                  std::size_t* size, void** kept) {
    if (*kept == nullptr) {
        auto exchange = std::make_unique<Exchange>();
        if (auto refusal = prepare(inner, connection, *exchange, method, url)) {
            return answer(inner, connection, refusal->error, refusal->status);
        }
        *kept = exchange.release();
        return MHD_YES;
    }
    auto& exchange = *static_cast<Exchange*>(*kept);
    if (*size == 0) return answer_request(inner, connection, exchange);
    if (exchange.body.size() + *size > exchange.announced) return MHD_NO;  // the library keeps the length; a belt for its braces
    exchange.body.append(data, *size);
    *size = 0;
    return MHD_YES;
}

MHD_Result on_request(void* given, MHD_Connection* connection, const char* url, const char* method, const char*, const char* data,
                      std::size_t* size, void** kept) {
    try {
        return handle(*static_cast<ApiServer::Inner*>(given), connection, url, method, data, size, kept);
    } catch (const std::exception&) {
        return MHD_NO;  // no memory even for the error: the connection is closed
    }
}

void on_completed(void* given, MHD_Connection* connection, void** kept, MHD_RequestTerminationCode) {
    auto& inner = *static_cast<ApiServer::Inner*>(given);
    if (Connection* known = connection_of(connection)) {
        inner.guard.end_stream(*known);
        inner.guard.set_deadline(*known, inner.settings.limits.request_ns);
    }
    delete static_cast<Exchange*>(*kept);
    *kept = nullptr;
}

void on_connection(void* given, MHD_Connection* connection, void** context, MHD_ConnectionNotificationCode what) {
    auto& inner = *static_cast<ApiServer::Inner*>(given);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        inner.guard.closed(static_cast<Connection*>(*context));
        return;
    }
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == nullptr) return;
    try {
        *context = inner.guard.opened(info->connect_fd, inner.settings.group, inner.settings.limits.request_ns);
    } catch (const std::bad_alloc&) {
        (void)::shutdown(info->connect_fd, SHUT_RDWR);
    }
}

// Paths and queries are decoded by decode_percent, part by part, so that an escaped '/' or zero byte makes no other path.
std::size_t leave_escaped(void*, MHD_Connection*, char* text) { return std::strlen(text); }

MHD_Daemon* start_daemon(ApiServer::Inner& inner) {
    constexpr unsigned kFlags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC;
    const ApiLimits& limits = inner.settings.limits;
    return MHD_start_daemon(kFlags, 0, nullptr, nullptr, on_request, &inner,                      //
                            MHD_OPTION_LISTEN_SOCKET, inner.listener->fd(),                       //
                            MHD_OPTION_CONNECTION_LIMIT, limits.connections,                      //
                            MHD_OPTION_CONNECTION_TIMEOUT, 0U,                                    // the guard's business
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.header_bytes + 16 * 1024,  // and a block of the answer
                            MHD_OPTION_THREAD_STACK_SIZE, kThreadStack,                           //
                            MHD_OPTION_STRICT_FOR_CLIENT, 1,                                      //
                            MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, static_cast<void*>(nullptr),  //
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, static_cast<void*>(&inner),     //
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, static_cast<void*>(&inner),   //
                            MHD_OPTION_END);
}

}  // namespace

Result<std::unique_ptr<ApiServer>> ApiServer::start(ApiSettings settings, RouteTable routes) {
    TRY_ASSIGN(auto listener, UnixListener::open(settings.socket, settings.group));
    auto inner = std::make_unique<Inner>(std::move(settings), std::move(routes));
    inner->listener = std::move(listener);
    inner->daemon = start_daemon(*inner);
    if (inner->daemon == nullptr) {
        return Error{Code::failed,
                     say("cannot serve {}: libmicrohttpd does not start; look whether memory and threads are left, and "
                         "start custodyd again",
                         printable(inner->settings.socket))};
    }
    (void)inner->listener->release();  // MHD_stop_daemon closes it
    return std::unique_ptr<ApiServer>(new ApiServer(std::move(inner)));
}

ApiServer::ApiServer(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
ApiServer::~ApiServer() { stop(); }

void ApiServer::stop() {
    if (inner_->daemon == nullptr) return;
    inner_->stop.request();
    inner_->guard.cut_streams();
    MHD_stop_daemon(inner_->daemon);  // shuts the connections down and joins their threads
    inner_->daemon = nullptr;
    inner_->listener.reset();
}

std::size_t ApiServer::connections() const { return inner_->guard.count(); }

}  // namespace custody
