// Input of a target whose bytes are a signed record: as they are, or as the body, which is signed here as a hostile writer would.
//   byte 0: 0 the record itself | else the body, as JSON
#pragma once

#include "base/records/canonical_json.h"
#include "tests/fuzz/seeds.h"

#include <string>
#include <string_view>

namespace custody::fuzz {

inline Secret zero_seed() { return Secret(kKeySize); }

// Nothing when the input is no JSON that can be signed.
inline Bytes signed_input(ByteView input, std::string_view purpose) {
    if (input.empty()) return {};
    const ByteView rest = input.subspan(1);
    if (input[0] == 0) return Bytes(rest.begin(), rest.end());
    const auto body = parse_json(rest, 1 << 20);
    if (!body.ok()) return {};
    auto record = sign_record(*body, purpose, zero_seed());
    return record.ok() ? std::move(*record) : Bytes{};
}

// Both forms of a good record.
inline void write_signed_seeds(const std::string& name, ByteView record, std::string_view purpose) {
    Bytes seed = {0};
    append(seed, record);
    write_seed(name, seed);
    const auto opened = open_record(record, purpose, 1 << 24);
    if (!opened.ok()) std::abort();
    const auto body = to_canonical_json(opened->body);
    if (!body.ok()) std::abort();
    seed = {1};
    append(seed, as_bytes(*body));
    write_seed(name + "-body", seed);
}

}  // namespace custody::fuzz
