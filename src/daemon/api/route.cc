#include "daemon/api/route.h"

#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace custody {
namespace {

constexpr std::size_t kMaxParts = 16;      // no path of ours has more
constexpr std::size_t kMaxLanguages = 16;  // what a browser sends has five

std::vector<std::string_view> split(std::string_view text, char separator, std::size_t most) {
    std::vector<std::string_view> parts;
    while (parts.size() < most) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return parts;
}

bool is_parameter(std::string_view part) { return part.size() > 2 && part.front() == '{' && part.back() == '}'; }

bool shape_fits(const std::vector<std::string_view>& pattern, const std::vector<std::string_view>& path) {
    return pattern.size() == path.size() && std::equal(pattern.begin(), pattern.end(), path.begin(), [](auto wanted, auto given) {
               return is_parameter(wanted) ? !given.empty() : wanted == given;
           });
}

int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// ";q=0.8" in thousandths; 1000 where there is none, 0 where it is nonsense.
int weight_of(std::string_view parameters) {
    const std::size_t at = parameters.find("q=");
    if (at == std::string_view::npos) return 1000;
    const std::string_view digits = trimmed(parameters.substr(at + 2));
    double weight = 0;
    const auto end =
        std::from_chars(digits.data(), digits.data() + std::min<std::size_t>(digits.size(), 5), weight, std::chars_format::fixed);
    return end.ec == std::errc() && weight >= 0 && weight <= 1 ? static_cast<int>(weight * 1000) : 0;
}

std::optional<Language> language_of_tag(std::string_view tag) {
    std::string primary(tag.substr(0, tag.find('-')));
    std::transform(primary.begin(), primary.end(), primary.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (primary == "vi") return Language::vietnamese;
    return primary == "en" ? std::optional(Language::english) : std::nullopt;
}

Error bad_field(std::string_view field, std::string_view wanted) {
    return {Code::usage, say("'{}' must be {}; see docs/API.md", printable(field), wanted)};
}

}  // namespace

std::string_view word_of(ApiMethod method) {
    switch (method) {
        case ApiMethod::get:
            return "GET";
        case ApiMethod::post:
            return "POST";
        case ApiMethod::remove:
            return "DELETE";
    }
    return "GET";
}

Result<std::string> decode_percent(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex(text[i + 1]) : -1;
        const int low = high >= 0 ? hex(text[i + 2]) : -1;
        if (low < 0) return Error{Code::usage, say("'{}' has a '%' that is not followed by two hex digits", printable(text))};
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    if (!is_utf8(decoded) || has_control(decoded)) {
        return Error{Code::usage, say("'{}' is not UTF-8 text of one line", printable(text))};
    }
    return decoded;
}

std::string encode_percent(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                           c == '_' || c == '~';
        const auto byte = static_cast<unsigned char>(c);
        if (plain) {
            encoded += c;
        } else {
            encoded += {'%', kDigits[byte / 16], kDigits[byte % 16]};
        }
    }
    return encoded;
}

Result<RouteTable::Match> RouteTable::find(std::string_view method, std::string_view raw_path) const {
    const auto path = split(raw_path, '/', kMaxParts);
    Match match;
    for (const ApiRoute& route : routes_) {
        const auto pattern = split(route.pattern, '/', kMaxParts);
        if (!shape_fits(pattern, path)) continue;
        match.path_exists = true;
        if (word_of(route.method) != method) continue;
        for (std::size_t i = 0; i < path.size(); ++i) {
            if (!is_parameter(pattern[i])) continue;
            TRY_ASSIGN(std::string value, decode_percent(path[i]));
            match.parameters.emplace(pattern[i].substr(1, pattern[i].size() - 2), std::move(value));
        }
        match.route = &route;
        break;
    }
    return match;
}

Language language_of(std::string_view accept_language, Language otherwise) {
    int best = 0;
    Language chosen = otherwise;
    for (const std::string_view part : split(accept_language, ',', kMaxLanguages)) {
        const std::size_t end = part.find(';');
        const auto language = language_of_tag(trimmed(part.substr(0, end)));
        const int weight = end == std::string_view::npos ? 1000 : weight_of(part.substr(end));
        if (!language || weight <= best) continue;
        best = weight;
        chosen = *language;
    }
    return chosen;
}

Result<std::string> ApiRequest::text(std::string_view field) const {
    const std::string name(field);
    if (const auto found = query.find(name); found != query.end()) return found->second;
    const auto found = body.find(name);
    if (found == body.end() || !found->is_string()) return bad_field(field, translate("a text"));
    return found->get<std::string>();
}

Result<bool> ApiRequest::flag(std::string_view field, bool otherwise) const {
    const std::string name(field);
    if (const auto found = query.find(name); found != query.end()) {
        if (found->second == "true" || found->second == "1") return true;
        if (found->second == "false" || found->second == "0") return false;
        return bad_field(field, translate("true or false"));
    }
    const auto found = body.find(name);
    if (found == body.end()) return otherwise;
    if (!found->is_boolean()) return bad_field(field, translate("true or false"));
    return found->get<bool>();
}

Result<std::uint64_t> ApiRequest::number(std::string_view field, std::uint64_t otherwise, std::uint64_t most) const {
    const std::string name(field);
    const std::string wanted = say("a whole number of at most {}", most);
    std::uint64_t value = otherwise;
    if (const auto found = query.find(name); found != query.end()) {
        const std::string& digits = found->second;
        const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (end.ec != std::errc() || end.ptr != digits.data() + digits.size()) return bad_field(field, wanted);
    } else if (const auto given = body.find(name); given != body.end()) {
        if (!given->is_number_unsigned()) return bad_field(field, wanted);
        value = given->get<std::uint64_t>();
    }
    if (value > most) return bad_field(field, wanted);
    return value;
}

}  // namespace custody
