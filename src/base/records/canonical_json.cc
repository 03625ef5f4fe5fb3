#include "base/records/canonical_json.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace custody {
namespace {

constexpr std::int64_t kLargestInteger = 9'007'199'254'740'992;  // 2^53
constexpr int kDeepestValue = 64;

Error not_canonical(std::string_view why) { return Error{Code::failed, "cannot write a record: " + std::string(why)}; }

// RFC 8785 section 3.2.3 sorts keys by UTF-16 code units. nullopt: not UTF-8.
std::optional<std::u16string> to_utf16(std::string_view text) {
    std::u16string out;
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<Byte>(text[i]);
        const std::size_t length = lead < 0x80 ? 1 : (lead >> 5) == 6 ? 2 : (lead >> 4) == 14 ? 3 : (lead >> 3) == 30 ? 4 : 0;
        if (length == 0 || text.size() - i < length) return std::nullopt;
        std::uint32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
        for (std::size_t k = 1; k < length; ++k) {
            const auto next = static_cast<Byte>(text[i + k]);
            if ((next >> 6) != 2) return std::nullopt;
            point = (point << 6) | (next & 0x3Fu);
        }
        constexpr std::uint32_t kLeastOfLength[] = {0, 0, 0x80, 0x800, 0x10000};
        const bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
        if (point < kLeastOfLength[length] || point > 0x10FFFF || is_surrogate) return std::nullopt;
        if (point < 0x10000) {
            out.push_back(static_cast<char16_t>(point));
        } else {
            out.push_back(static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10)));
            out.push_back(static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FF)));
        }
        i += length;
    }
    return out;
}

// RFC 8785 section 3.2.2.2.
void write_text(std::string& out, std::string_view text) {
    out.push_back('"');
    for (const char c : text) {
        switch (c) {
            case '"':
                out += "\\\"";
                break;
            case '\\':
                out += "\\\\";
                break;
            case '\b':
                out += "\\b";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\n':
                out += "\\n";
                break;
            case '\f':
                out += "\\f";
                break;
            case '\r':
                out += "\\r";
                break;
            default:
                if (static_cast<Byte>(c) < 0x20) {
                    const auto control = static_cast<Byte>(c);
                    out += "\\u00" + to_hex({&control, 1});
                } else {
                    out.push_back(c);
                }
        }
    }
    out.push_back('"');
}

bool is_representable(const Json& number) {
    if (number.is_number_unsigned()) return number.get<std::uint64_t>() <= static_cast<std::uint64_t>(kLargestInteger);
    const auto value = number.get<std::int64_t>();
    return value >= -kLargestInteger && value <= kLargestInteger;
}

Status write_value(std::string& out, const Json& value, int depth);

Status write_object(std::string& out, const Json& object, int depth) {
    std::vector<std::pair<std::u16string, Json::const_iterator>> fields;
    for (auto field = object.begin(); field != object.end(); ++field) {
        auto key = to_utf16(field.key());
        if (!key) return not_canonical("a key is not UTF-8");
        fields.emplace_back(std::move(*key), field);
    }
    std::sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    out.push_back('{');
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i > 0) out.push_back(',');
        write_text(out, fields[i].second.key());
        out.push_back(':');
        TRY(write_value(out, fields[i].second.value(), depth + 1));
    }
    out.push_back('}');
    return done();
}

Status write_value(std::string& out, const Json& value, int depth) {
    if (depth > kDeepestValue) return not_canonical("it is nested too deeply");
    switch (value.type()) {
        case Json::value_t::null:
            out += "null";
            return done();
        case Json::value_t::boolean:
            out += value.get<bool>() ? "true" : "false";
            return done();
        case Json::value_t::number_integer:
        case Json::value_t::number_unsigned:
            if (!is_representable(value)) return not_canonical("an integer is beyond 2^53");
            out += value.is_number_unsigned() ? std::to_string(value.get<std::uint64_t>())
                                              : std::to_string(value.get<std::int64_t>());
            return done();
        case Json::value_t::string:
            if (!to_utf16(value.get_ref<const std::string&>())) return not_canonical("a text is not UTF-8");
            write_text(out, value.get_ref<const std::string&>());
            return done();
        case Json::value_t::object:
            return write_object(out, value, depth);
        case Json::value_t::array:
            out.push_back('[');
            for (std::size_t i = 0; i < value.size(); ++i) {
                if (i > 0) out.push_back(',');
                TRY(write_value(out, value[i], depth + 1));
            }
            out.push_back(']');
            return done();
        default:
            return not_canonical("it holds a number that is no integer, or bytes");
    }
}

// Watches the library's parser: depth, duplicate keys, numbers. The parser itself keeps its stack on the heap, so depth cannot
// overflow the machine's stack before it is refused.
class StrictWatch {
public:
    explicit StrictWatch(int max_depth) : max_depth_(max_depth) {}

    bool see(int depth, Json::parse_event_t event, const Json& value) {
        using ParseEvent = Json::parse_event_t;
        if (!fault_.empty()) return false;
        switch (event) {
            case ParseEvent::object_start:
                keys_.emplace_back();
                [[fallthrough]];
            case ParseEvent::array_start:
                if (depth >= max_depth_) fault_ = "it is nested too deeply";
                break;
            case ParseEvent::object_end:
                keys_.pop_back();
                break;
            case ParseEvent::key:
                if (!keys_.back().insert(value.get_ref<const std::string&>()).second) fault_ = "a key occurs twice";
                break;
            case ParseEvent::value:
                if (value.is_number_float() || (value.is_number() && !is_representable(value))) {
                    fault_ = "a number is no integer within 2^53";
                }
                break;
            default:
                break;
        }
        return fault_.empty();
    }
    [[nodiscard]] const std::string& fault() const { return fault_; }

private:
    int max_depth_;
    std::vector<std::set<std::string>> keys_;
    std::string fault_;
};

Error no_json(std::string_view why) { return Error{Code::corrupt, "this is no valid record: " + std::string(why)}; }

Error bad_field(const char* key, std::string_view what, std::string_view kind) {
    return Error{Code::corrupt, std::string(what) + ": field '" + key + "' is missing or no " + std::string(kind)};
}

const Json* find_field(const Json& object, const char* key) {
    if (!object.is_object()) return nullptr;
    const auto field = object.find(key);
    return field == object.end() ? nullptr : &*field;
}

std::string signed_text(std::string_view purpose, const std::string& canonical_body) {
    return std::string(purpose) + "\n" + canonical_body;
}

}  // namespace

Result<std::string> to_canonical_json(const Json& value) {
    std::string out;
    TRY(write_value(out, value, 0));
    return out;
}

Result<Json> parse_json(ByteView bytes, std::size_t max_size, int max_depth) {
    if (bytes.size() > max_size) return no_json("it is longer than " + std::to_string(max_size) + " bytes");
    // The library takes a NUL for the end of input, and skips a byte order mark; neither may stand in a record.
    if (std::find(bytes.begin(), bytes.end(), Byte{0}) != bytes.end()) return no_json("a zero byte");
    if (!bytes.empty() && bytes.front() == 0xEF) return no_json("a byte order mark");
    StrictWatch watch(max_depth);
    const auto callback = [&watch](int depth, Json::parse_event_t event, Json& value) { return watch.see(depth, event, value); };
    Json value = Json::parse(bytes.begin(), bytes.end(), callback, /*allow_exceptions=*/false);
    if (!watch.fault().empty()) return no_json(watch.fault());
    if (value.is_discarded()) return no_json("it is not JSON");
    return value;
}

Result<std::string> json_text(const Json& object, const char* key, std::string_view what) {
    const Json* field = find_field(object, key);
    if (field == nullptr || !field->is_string()) return bad_field(key, what, "text");
    return field->get<std::string>();
}

Result<std::uint64_t> json_number(const Json& object, const char* key, std::string_view what) {
    const Json* field = find_field(object, key);
    const bool is_natural =
        field != nullptr && field->is_number_integer() && (field->is_number_unsigned() || field->get<std::int64_t>() >= 0);
    if (!is_natural) return bad_field(key, what, "number");
    return field->get<std::uint64_t>();
}

Result<bool> json_bool(const Json& object, const char* key, std::string_view what) {
    const Json* field = find_field(object, key);
    if (field == nullptr || !field->is_boolean()) return bad_field(key, what, "truth value");
    return field->get<bool>();
}

Result<Bytes> sign_record(const Json& body, std::string_view purpose, const Secret& seed) {
    TRY_ASSIGN(const std::string canonical_body, to_canonical_json(body));
    const Signature signature = sign(seed, as_bytes(signed_text(purpose, canonical_body)));
    // Keys in canonical order, so that the body is serialised once.
    const std::string record = "{\"body\":" + canonical_body + ",\"signature\":\"" + to_hex(signature) + "\",\"signer\":\"" +
                               signer_id(seed).hex() + "\"}";
    return Bytes(record.begin(), record.end());
}

Result<SignedRecord> open_record(ByteView bytes, std::string_view purpose, std::size_t max_size) {
    TRY_ASSIGN(Json record, parse_json(bytes, max_size));
    if (!record.is_object() || record.size() != 3 || !record.contains("body")) return no_json("it is not signed");
    TRY_ASSIGN(const std::string signature_hex, json_text(record, "signature", "signed record"));
    TRY_ASSIGN(const SignerId signer, json_id<SignerId>(record, "signer", "signed record"));
    const auto signature_bytes = from_hex(signature_hex);
    if (!signature_bytes || signature_bytes->size() != kSignatureSize) return no_json("its signature has the wrong length");
    // Hex has two spellings, and the signature covers neither; a record has one.
    const bool is_lower_case = to_hex(*signature_bytes) == signature_hex && signer.hex() == record["signer"];
    if (!is_lower_case) return no_json("it is not in canonical form");
    TRY_ASSIGN(const std::string canonical, to_canonical_json(record));
    if (canonical != as_text(bytes)) return no_json("it is not in canonical form");
    Signature signature{};
    std::copy(signature_bytes->begin(), signature_bytes->end(), signature.begin());
    TRY_ASSIGN(const std::string canonical_body, to_canonical_json(record["body"]));
    if (!verify_signature(signer, as_bytes(signed_text(purpose, canonical_body)), signature)) {
        return no_json("its signature does not match");
    }
    return SignedRecord{std::move(record["body"]), signer};
}

}  // namespace custody
