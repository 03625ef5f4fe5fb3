// What the API serves: a table of routes, each with its method, its path, who may ask, and the function that answers.
//
// A handler gets a typed request and gives a document, a stream, or an error. It runs on the connection's own thread, beside
// others: it takes its own locks, and may take its time (it blocks nobody else), but looks at `stop` when it waits. It does not
// throw; what is thrown all the same is answered as an error. What it says is in the language of who asked. Ownership: the table
// is filled before the server starts and not changed after. Threads: read from many.
#pragma once

#include "base/records/canonical_json.h"
#include "base/result.h"
#include "base/stop.h"
#include "base/text.h"
#include "daemon/api/json_stream.h"
#include "daemon/api/peer.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace custody {

enum class ApiMethod { get, post, remove };  // remove: DELETE

// group: root and the group `custody`; root_only: what changes keys or media.
enum class ApiAccess { group, root_only };

struct ApiRequest {
    ApiPeer peer;
    std::string path;                               // as it was asked for, decoded
    std::map<std::string, std::string> parameters;  // of the path's {name}s: UTF-8, no control characters, not empty
    std::map<std::string, std::string> query;       // ?key=value, as parameters; the last of a key counts
    Json body = Json::object();                     // always an object
    Language language = Language::english;
    const StopFlag* stop = nullptr;  // the service ends; lives longer than the handler runs

    // Of the query or body; usage, naming the field, where it is missing or of another type.
    [[nodiscard]] Result<std::string> text(std::string_view field) const;
    [[nodiscard]] Result<bool> flag(std::string_view field, bool otherwise) const;  // otherwise: where it is missing
    [[nodiscard]] Result<std::uint64_t> number(std::string_view field, std::uint64_t otherwise, std::uint64_t most) const;
};

// A job that was started is answered with 202 and its record, a thing that was made with 201.
struct ApiDocument {
    Json content = Json::object();
    unsigned status = 200;
};

// What a handler gives. Made of any of them, and of a bare Json (status 200); so TRY works in a handler.
class ApiReply {
public:
    ApiReply(Json content) : content_(ApiDocument{std::move(content)}) {}          // NOLINT: implicit on purpose
    ApiReply(ApiDocument document) : content_(std::move(document)) {}              // NOLINT
    ApiReply(std::shared_ptr<JsonStream> stream) : content_(std::move(stream)) {}  // NOLINT
    ApiReply(Error error) : content_(std::move(error)) {}                          // NOLINT
    using Content = std::variant<ApiDocument, std::shared_ptr<JsonStream>, Error>;
    [[nodiscard]] const Content& content() const { return content_; }

private:
    Content content_;
};

using ApiHandler = std::function<ApiReply(const ApiRequest&)>;

struct ApiRoute {
    ApiMethod method = ApiMethod::get;
    std::string pattern;  // "/v1/plans/{name}/run": a {name} stands for one part of the path
    ApiAccess access = ApiAccess::group;
    ApiHandler handler;
};

class RouteTable {
public:
    void add(ApiRoute route) { routes_.push_back(std::move(route)); }
    [[nodiscard]] const std::vector<ApiRoute>& routes() const { return routes_; }

    struct Match {
        const ApiRoute* route = nullptr;  // null: none
        std::map<std::string, std::string> parameters;
        bool path_exists = false;  // with another method
    };
    // `raw_path` as it stands in the request. usage: it cannot be decoded.
    [[nodiscard]] Result<Match> find(std::string_view method, std::string_view raw_path) const;

private:
    std::vector<ApiRoute> routes_;
};

[[nodiscard]] std::string_view word_of(ApiMethod method);  // "GET"
// %41 and the like. usage: a bad escape, bytes that are not UTF-8, or a control character.
[[nodiscard]] Result<std::string> decode_percent(std::string_view text);
// All but letters, digits and -._~ as %41: one part of a path, or a value of a query.
[[nodiscard]] std::string encode_percent(std::string_view text);
// The first language of an Accept-Language header (RFC 9110, 12.5.4) that is one of ours, by weight; `otherwise` where none is.
[[nodiscard]] Language language_of(std::string_view accept_language, Language otherwise);

}  // namespace custody
