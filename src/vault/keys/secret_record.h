// Records with a checksum that hold keys (keyring, writer export): their text lives in locked memory only, and what goes through
// the JSON library has a place, 64 digits, where the text has a key. The library copies and frees strings as it likes, unwiped.
//
// Keys are the values of the fields "chunk_id_key", "gear_key", "summary_key" and "signing_seed", wherever they stand.
// Ownership: values. Threads: none. Errors: corrupt, failed. Units: bytes.
#pragma once

#include "base/file.h"
#include "base/records/canonical_json.h"
#include "base/secret.h"

#include <string>
#include <string_view>
#include <vector>

namespace custody {

class KeyPlaces {
public:
    // The place that stands for the key from now on.
    [[nodiscard]] std::string put(const Secret& key);
    // Null: no such place.
    [[nodiscard]] const Secret* at(std::string_view place) const;

private:
    std::vector<Secret> keys_;
};

struct SecretRecord {
    Json body;
    KeyPlaces keys;
};

// {"body": ..., "checksum": hex} as encode_checksummed (keyring_file.h) writes it, places filled in.
[[nodiscard]] Result<Secret> encode_secret_record(const Json& body, const KeyPlaces& keys, std::string_view purpose);
[[nodiscard]] Result<SecretRecord> decode_secret_record(ByteView bytes, std::string_view purpose, std::size_t max_size);

// The whole file, into locked memory at once. corrupt when larger than max_size, or when it shrinks meanwhile.
[[nodiscard]] Result<Secret> read_secret_file(FileSystem& files, const std::string& path, std::size_t max_size);

}  // namespace custody
