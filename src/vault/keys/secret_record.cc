#include "vault/keys/secret_record.h"

#include "base/text.h"

#include <algorithm>
#include <array>

namespace custody {
namespace {

constexpr std::string_view kPrefix = "{\"body\":", kMiddle = ",\"checksum\":\"", kEnd = "\"}";
constexpr std::size_t kHexSize = 2 * kKeySize;
constexpr std::string_view kDigits = "0123456789abcdef";

// Where the next value of a key's field begins: 64 characters up to a quotation mark. npos: there is none. A quotation mark
// within a JSON text has a backslash before it, so that nothing but a field looks like one.
std::size_t next_key(std::string_view text, std::size_t from) {
    constexpr std::string_view kBetween = "\":\"";
    constexpr std::array<std::string_view, 4> kFields = {"\"chunk_id_key", "\"gear_key", "\"summary_key", "\"signing_seed"};
    for (std::size_t at = text.find(kBetween, from); at != std::string_view::npos; at = text.find(kBetween, at + 1)) {
        const std::string_view before = text.substr(0, at);
        const std::size_t value = at + kBetween.size();
        const bool is_key =
            std::any_of(kFields.begin(), kFields.end(), [&](std::string_view field) { return before.ends_with(field); });
        if (is_key && text.size() - value > kHexSize && text[value + kHexSize] == '"') return value;
    }
    return std::string_view::npos;
}

// Without a detour over the heap. Empty: not lower-case hex.
Secret from_hex_text(std::string_view hex) {
    Secret key(kKeySize);
    const MutableByteView bytes = key.mutable_view();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::size_t high = kDigits.find(hex[2 * i]), low = kDigits.find(hex[2 * i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return {};
        bytes[i] = static_cast<Byte>(high * 16 + low);
    }
    return key;
}

void write_hex(ByteView key, MutableByteView out) {
    for (std::size_t i = 0; i < key.size(); ++i) {
        out[2 * i] = static_cast<Byte>(kDigits[key[i] >> 4]);
        out[2 * i + 1] = static_cast<Byte>(kDigits[key[i] & 15]);
    }
}

Digest checksum_of(std::string_view purpose, ByteView body) {
    Sha256 hash;
    hash.update(as_bytes(purpose));
    hash.update(as_bytes("\n"));
    hash.update(body);
    return hash.finish();
}

// The body's text with places; a value that is no key stays, and is refused by who reads the field.
std::string without_keys(std::string_view body, KeyPlaces& keys) {
    std::string text;
    text.reserve(body.size());
    std::size_t done_to = 0;
    for (std::size_t at = next_key(body, 0); at != std::string_view::npos; at = next_key(body, at + kHexSize)) {
        const Secret key = from_hex_text(body.substr(at, kHexSize));
        if (key.empty()) continue;
        text += body.substr(done_to, at - done_to);
        text += keys.put(key);
        done_to = at + kHexSize;
    }
    text += body.substr(done_to);
    return text;
}

}  // namespace

std::string KeyPlaces::put(const Secret& key) {
    keys_.push_back(key.clone());
    return fmt::format("{:064}", keys_.size() - 1);
}

const Secret* KeyPlaces::at(std::string_view place) const {
    std::size_t index = 0;
    if (place.size() != kHexSize) return nullptr;
    for (const char c : place) {
        if (c < '0' || c > '9' || index > keys_.size()) return nullptr;
        index = index * 10 + static_cast<std::size_t>(c - '0');
    }
    return index < keys_.size() ? &keys_[index] : nullptr;
}

Result<Secret> encode_secret_record(const Json& body, const KeyPlaces& keys, std::string_view purpose) {
    TRY_ASSIGN(const std::string text, to_canonical_json(body));
    Secret out(kPrefix.size() + text.size() + kMiddle.size() + kHexSize + kEnd.size());
    auto at = out.mutable_view().begin();
    const auto add = [&at](std::string_view part) { at = std::copy(part.begin(), part.end(), at); };
    add(kPrefix);
    add(text);
    const MutableByteView written = out.mutable_view().subspan(kPrefix.size(), text.size());
    for (std::size_t place = next_key(text, 0); place != std::string_view::npos; place = next_key(text, place + kHexSize)) {
        const Secret* key = keys.at(std::string_view(text).substr(place, kHexSize));
        if (key == nullptr || key->size() != kKeySize) return Error{Code::failed, "cannot write a record: a key is missing"};
        write_hex(key->view(), written.subspan(place, kHexSize));
    }
    add(kMiddle);
    add(checksum_of(purpose, written).hex());
    add(kEnd);
    return out;
}

Result<SecretRecord> decode_secret_record(ByteView bytes, std::string_view purpose, std::size_t max_size) {
    const std::size_t tail_size = kMiddle.size() + kHexSize + kEnd.size();
    const std::string_view text = as_text(bytes);
    const bool has_form = bytes.size() <= max_size && bytes.size() > kPrefix.size() + tail_size && text.starts_with(kPrefix) &&
                          text.substr(text.size() - tail_size).starts_with(kMiddle) && text.ends_with(kEnd);
    if (!has_form) return Error{Code::corrupt, "this is no record with a checksum"};
    const std::string_view body = text.substr(kPrefix.size(), text.size() - kPrefix.size() - tail_size);
    const std::string_view checksum = text.substr(text.size() - kEnd.size() - kHexSize, kHexSize);
    if (checksum_of(purpose, as_bytes(body)).hex() != checksum) return Error{Code::corrupt, "its checksum does not match"};
    SecretRecord record;
    const std::string clear = without_keys(body, record.keys);
    TRY_ASSIGN(record.body, parse_json(as_bytes(clear), max_size));
    TRY_ASSIGN(const std::string canonical, to_canonical_json(record.body));
    if (canonical != clear) return Error{Code::corrupt, "it is not in canonical form"};
    return record;
}

Result<Secret> read_secret_file(FileSystem& files, const std::string& path, std::size_t max_size) {
    TRY_ASSIGN(const auto file, files.open(path));
    TRY_ASSIGN(const FileInfo info, file->info());
    if (info.size > max_size)
        return Error{Code::corrupt, say("{} holds {} bytes, at most {} are expected", printable(path), info.size, max_size)};
    Secret content(static_cast<std::size_t>(info.size));
    TRY(read_exactly(*file, 0, content.mutable_view(), path));
    return content;
}

}  // namespace custody
