// Reading the fields of a record with one error for all: the first fault sticks, and every getter after it yields an empty value.
// Ownership: refers to the object. Threads: none. Errors: corrupt, naming record and field.
#pragma once

#include "base/clock.h"
#include "base/records/canonical_json.h"
#include "vault/keys/secret_record.h"

#include <algorithm>
#include <array>
#include <optional>

namespace custody {

class JsonFields {
public:
    JsonFields(const Json& object, std::string_view what) : object_(object), what_(what) {}

    [[nodiscard]] Status status() const { return error_ ? Status(*error_) : done(); }
    [[nodiscard]] bool ok() const { return !error_; }
    void fail(const char* key, std::string_view why) {
        if (!error_) error_ = Error{Code::corrupt, what_ + ": field '" + key + "' " + std::string(why)};
    }
    void take(Status status) {
        if (!error_ && !status.ok()) error_ = std::move(status).error();
    }

    std::string text(const char* key, std::size_t max_size = 256) {
        std::string value = take_value(json_text(object_, key, what_));
        if (value.size() > max_size) fail(key, "is too long");
        return ok() ? value : std::string();
    }
    std::uint64_t number(const char* key, std::uint64_t max) {
        const std::uint64_t value = take_value(json_number(object_, key, what_));
        if (value > max) fail(key, "is too large");
        return ok() ? value : 0;
    }
    std::uint32_t number32(const char* key) { return static_cast<std::uint32_t>(number(key, 0xFFFFFFFF)); }
    bool truth(const char* key) { return take_value(json_bool(object_, key, what_)); }
    template <class AnyId>
    AnyId id(const char* key) {
        return take_value(json_id<AnyId>(object_, key, what_));
    }
    Time time(const char* key) {
        const auto value = parse_time(text(key));
        if (!value.ok()) fail(key, "is no time");
        return value.ok() ? *value : Time{};
    }
    std::optional<Time> optional_time(const char* key) {
        return object_.is_object() && object_.contains(key) ? std::optional(time(key)) : std::nullopt;
    }
    Bytes bytes(const char* key, std::size_t max_size) {
        auto value = custody::from_hex(text(key, 2 * max_size));
        if (!value) fail(key, "is not hexadecimal");
        return value && ok() ? std::move(*value) : Bytes();
    }
    Bytes bytes_exactly(const char* key, std::size_t size) {
        Bytes value = bytes(key, size);
        if (value.size() != size) fail(key, "has the wrong length");
        return value;
    }
    Secret secret(const char* key, const KeyPlaces& keys) {
        const Secret* value = keys.at(text(key));
        if (value == nullptr) fail(key, "is no key");
        return value != nullptr && ok() ? value->clone() : Secret();
    }
    PublicKey public_key(const char* key) {
        const Bytes value = bytes_exactly(key, PublicKey{}.size());
        PublicKey out{};
        if (ok()) std::copy(value.begin(), value.end(), out.begin());
        return out;
    }
    const Json& array(const char* key, std::size_t max_count) {
        static const Json nothing = Json::array();
        const auto field = object_.is_object() ? object_.find(key) : object_.end();
        if (!object_.is_object() || field == object_.end() || !field->is_array()) {
            fail(key, "is missing or no list");
            return nothing;
        }
        if (field->size() > max_count) fail(key, "is too long");
        return ok() ? *field : nothing;
    }

private:
    template <class T>
    T take_value(Result<T> result) {
        if (result.ok()) return ok() ? std::move(result).value() : T{};
        if (!error_) error_ = std::move(result).error();
        return T{};
    }
    const Json& object_;
    std::string what_;
    std::optional<Error> error_;
};

}  // namespace custody
