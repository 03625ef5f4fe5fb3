#include "daemon/work/request_fields.h"

#include <pwd.h>

#include <cerrno>
#include <charconv>
#include <vector>

namespace custody {
namespace {

constexpr std::size_t kMaxUserData = std::size_t{1} << 20;

}  // namespace

std::string account_of(const ApiPeer& peer) {
    struct passwd entry {};
    struct passwd* found = nullptr;
    std::vector<char> data(16 * 1024);
    int error = 0;
    while ((error = ::getpwuid_r(peer.uid, &entry, data.data(), data.size(), &found)) == ERANGE && data.size() < kMaxUserData)
        data.resize(data.size() * 2);
    if (error == 0 && found != nullptr && found->pw_name != nullptr && *found->pw_name != '\0') return printable(found->pw_name);
    return "uid " + std::to_string(peer.uid);
}

Result<std::optional<std::string>> optional_text(const ApiRequest& request, std::string_view field) {
    const std::string name(field);
    const auto in_body = request.body.find(name);
    const bool given = request.query.contains(name) || (in_body != request.body.end() && !in_body->is_null());
    if (!given) return std::optional<std::string>();
    TRY_ASSIGN(const std::string text, request.text(field));
    if (text.empty()) return std::optional<std::string>();
    return std::optional<std::string>(printable(text));
}

Result<catalog::JobId> job_of_path(const ApiRequest& request) {
    const std::string& text = request.parameters.at("id");
    catalog::JobId id = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), id);
    if (end.ec == std::errc() && end.ptr == text.data() + text.size() && id > 0) return id;
    return Error{Code::usage, say("'{}' is no job's number; 'custody job list' shows them", printable(text))};
}

}  // namespace custody
