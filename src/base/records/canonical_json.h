// Canonical JSON (RFC 8785) of a value, and bounded strict parsing: the form in which records are hashed and signed.
// Numbers are integers within +-2^53 only; larger ones are strings. Keys are unique. nlohmann/json.hpp is used through here.
#pragma once

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/result.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace custody {

using Json = nlohmann::json;

// Code::failed when the value holds a float or an integer beyond 2^53, or a string that is not UTF-8.
[[nodiscard]] Result<std::string> to_canonical_json(const Json& value);
// Code::corrupt on anything but one JSON value: invalid UTF-8, duplicate keys, more than `max_depth` levels, trailing bytes.
[[nodiscard]] Result<Json> parse_json(ByteView bytes, std::size_t max_size, int max_depth = 32);

// Field access that yields Code::corrupt ("<what>: field 'x' is missing or no text") instead of exceptions.
[[nodiscard]] Result<std::string> json_text(const Json& object, const char* key, std::string_view what);
[[nodiscard]] Result<std::uint64_t> json_number(const Json& object, const char* key, std::string_view what);
[[nodiscard]] Result<bool> json_bool(const Json& object, const char* key, std::string_view what);
template <class AnyId>
[[nodiscard]] Result<AnyId> json_id(const Json& object, const char* key, std::string_view what) {
    TRY_ASSIGN(const std::string text, json_text(object, key, what));
    const auto id = AnyId::from_hex(text);
    if (!id) return Error{Code::corrupt, std::string(what) + ": field '" + key + "' is no identifier"};
    return *id;
}

// {"body": <value>, "signature": hex, "signer": hex}: canonical bytes, signed over "<purpose>\n" + canonical body.
// A purpose is never reused for another kind of record ("custody ledger entry 1").
[[nodiscard]] Result<Bytes> sign_record(const Json& body, std::string_view purpose, const Secret& seed);
struct SignedRecord {
    Json body;
    SignerId signer;
};
// Checks form (bytes must be canonical) and signature; whether the signer is trusted is the caller's question.
[[nodiscard]] Result<SignedRecord> open_record(ByteView bytes, std::string_view purpose, std::size_t max_size);

}  // namespace custody
