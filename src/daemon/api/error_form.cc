#include "daemon/api/error_form.h"

#include "base/exit_code.h"
#include "base/text.h"

namespace custody {
namespace {

// For the answers of libmicrohttpd itself (a header that is too large, a request that is none).
Code code_of_status(unsigned status) {
    switch (status) {
        case 400:
        case 405:
        case 411:
        case 413:
        case 414:
        case 431:
            return Code::usage;
        case 403:
            return Code::denied;
        case 404:
            return Code::not_found;
        case 503:
            return Code::busy;
        default:
            return Code::failed;
    }
}

}  // namespace

unsigned http_status_of(Code code) {
    switch (code) {
        case Code::usage:
            return 400;
        case Code::denied:
            return 403;
        case Code::not_found:
            return 404;
        case Code::exists:
        case Code::refused:
        case Code::wrong_key:
            return 409;
        case Code::busy:
        case Code::interrupted:
            return 503;
        case Code::no_space:
            return 507;
        case Code::failed:
        case Code::io:
        case Code::read_only:
        case Code::memory:
        case Code::corrupt:
            return 500;
    }
    return 500;
}

Json error_document(const Error& error) {
    return {{"error", {{"code", code_word(error.code)}, {"exit", exit_code_of(error.code)}, {"message", error.message}}}};
}

Error error_of_answer(unsigned status, std::string_view body) {
    const Json document = Json::parse(body, nullptr, false);
    if (document.is_object() && document.contains("error") && document["error"].is_object()) {
        const Json& error = document["error"];
        const auto word = error.find("code");
        const auto message = error.find("message");
        if (word != error.end() && word->is_string() && message != error.end() && message->is_string()) {
            const auto code = code_of_word(word->get_ref<const std::string&>());
            return {code.value_or(Code::failed), printable(message->get_ref<const std::string&>())};
        }
    }
    return {code_of_status(status), say("the service answered with HTTP status {} and no message of its own", status)};
}

std::string json_line(const Json& document) { return document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace custody
