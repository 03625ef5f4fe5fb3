#include "base/records/officer_key.h"

#include "base/passphrase_text.h"
#include "base/records/canonical_json.h"
#include "base/text.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::string_view kOfficerKeyPurpose = "custody officer key 1";
constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kPlainSize = 2 * kKeySize;  // signing seed, sealing secret

// What the file says in clear, and the sealed part.
struct StoredOfficer {
    OfficerIdentity identity;
    Bytes salt;
    Argon2Cost cost;
    Bytes sealed;
};

bool is_officer_name(std::string_view name) {
    const auto is_control = [](char c) { return static_cast<Byte>(c) < 0x20 || c == 0x7F; };
    return !name.empty() && name.size() <= kMaxOfficerName && is_utf8(name) &&
           name.find_first_not_of(' ') != std::string_view::npos && std::none_of(name.begin(), name.end(), is_control) &&
           printable(name) == name;
}

Json clear_part(const StoredOfficer& officer) {
    return {{"format", kFormat},
            {"name", officer.identity.name},
            {"made", to_rfc3339_utc(officer.identity.made)},
            {"sealing", to_hex(officer.identity.sealing)},
            {"salt", to_hex(officer.salt)},
            {"memory_kib", officer.cost.memory_kib},
            {"passes", officer.cost.passes}};
}

Result<Bytes> associated_data(const StoredOfficer& officer) {
    TRY_ASSIGN(const std::string clear, to_canonical_json(clear_part(officer)));
    Bytes aad;
    append(aad, as_bytes(kOfficerKeyPurpose));
    append(aad, as_bytes("\n"));
    append(aad, officer.identity.signer.view());
    append(aad, as_bytes(clear));
    return aad;
}

Error no_officer_key(std::string_view why) {
    return {Code::corrupt, say("this is no officer's key file, or a damaged one: {}", why)};
}

Result<Bytes> hex_field(const Json& body, const char* key, std::size_t size) {
    TRY_ASSIGN(const std::string text, json_text(body, key, "officer's key"));
    auto bytes = from_hex(text);
    if (!bytes || bytes->size() != size) return Error{Code::corrupt, std::string("field '") + key + "' has the wrong length"};
    return std::move(*bytes);
}

Result<std::uint32_t> cost_field(const Json& body, const char* key) {
    TRY_ASSIGN(const std::uint64_t value, json_number(body, key, "officer's key"));
    if (value > 0xFFFFFFFF) return Error{Code::corrupt, std::string("field '") + key + "' is too large"};
    return static_cast<std::uint32_t>(value);
}

Result<StoredOfficer> officer_from_json(const Json& body, const SignerId& signer) {
    StoredOfficer officer;
    officer.identity.signer = signer;
    TRY_ASSIGN(officer.identity.name, json_text(body, "name", "officer's key"));
    if (!is_officer_name(officer.identity.name)) return Error{Code::corrupt, "field 'name' is no name"};
    TRY_ASSIGN(const std::string made, json_text(body, "made", "officer's key"));
    TRY_ASSIGN(officer.identity.made, parse_time(made));
    TRY_ASSIGN(const Bytes sealing, hex_field(body, "sealing", officer.identity.sealing.size()));
    std::copy(sealing.begin(), sealing.end(), officer.identity.sealing.begin());
    TRY_ASSIGN(officer.salt, hex_field(body, "salt", kSaltSize));
    TRY_ASSIGN(officer.cost.memory_kib, cost_field(body, "memory_kib"));
    TRY_ASSIGN(officer.cost.passes, cost_field(body, "passes"));
    TRY_ASSIGN(officer.sealed, hex_field(body, "sealed", kPlainSize + kTagSize));
    // Nothing beside these: what is not read is not in the associated data either.
    Json expected = clear_part(officer);
    expected["sealed"] = to_hex(officer.sealed);
    if (expected != body) return Error{Code::corrupt, "it has fields of another form"};
    return officer;
}

Result<StoredOfficer> parse_officer(ByteView file) {
    const auto record = open_record(file, kOfficerKeyPurpose, kMaxOfficerKeySize);
    if (!record.ok()) return no_officer_key(record.error().message);
    const auto format = json_number(record->body, "format", "officer's key");
    if (format.ok() && *format > kFormat) {
        return Error{Code::usage,
                     say("the officer's key needs Custody that reads format {}; this one reads {}", *format, kFormat)};
    }
    auto officer = officer_from_json(record->body, record->signer);
    if (!officer.ok()) return no_officer_key(officer.error().message);
    return officer;
}

}  // namespace

Result<OfficerKey> make_officer_key(std::string_view name, Time made) {
    OfficerKey key;
    key.identity.name = to_nfc(name);
    if (!is_officer_name(key.identity.name)) {
        return Error{Code::usage,
                     say("'{}' is no officer's name: one line of at most {} bytes", printable(name), kMaxOfficerName)};
    }
    // As the file keeps it.
    TRY_ASSIGN(key.identity.made, parse_time(to_rfc3339_utc(made)));
    key.signing_seed = Secret::random(kKeySize);
    key.sealing_secret = make_x25519_secret();
    key.identity.signer = signer_id(key.signing_seed);
    key.identity.sealing = x25519_public(key.sealing_secret);
    return key;
}

Result<Bytes> encode_officer_key(const OfficerKey& key, const Secret& passphrase, Argon2Cost cost) {
    if (passphrase.empty()) return Error{Code::usage, say("the passphrase is empty; choose one")};
    StoredOfficer officer{key.identity, Bytes(kSaltSize), cost, Bytes(kPlainSize + kTagSize)};
    fill_random(officer.salt);
    Secret plain(kPlainSize);
    const auto after_seed =
        std::copy(key.signing_seed.view().begin(), key.signing_seed.view().end(), plain.mutable_view().begin());
    std::copy(key.sealing_secret.view().begin(), key.sealing_secret.view().end(), after_seed);
    TRY_ASSIGN(const Bytes aad, associated_data(officer));
    TRY_ASSIGN(const Secret wrapping, stretch_passphrase(normalized_passphrase(passphrase), officer.salt, cost));
    Aead(Suite::standard, wrapping.view()).seal(0, aad, plain.view(), officer.sealed);  // the salt makes the key new
    Json body = clear_part(officer);
    body["sealed"] = to_hex(officer.sealed);
    return sign_record(body, kOfficerKeyPurpose, key.signing_seed);
}

bool looks_like_officer_key(ByteView file) {
    const auto record = parse_json(file, kMaxOfficerKeySize);
    if (!record.ok() || !record->is_object() || !record->contains("body") || !record->contains("signer")) return false;
    const Json& body = (*record)["body"];
    return body.is_object() && body.contains("sealing") && body.contains("sealed");
}

Result<OfficerIdentity> read_officer_identity(ByteView file) {
    TRY_ASSIGN(StoredOfficer officer, parse_officer(file));
    return std::move(officer.identity);
}

Result<OfficerKey> open_officer_key(ByteView file, const Secret& passphrase) {
    TRY_ASSIGN(StoredOfficer officer, parse_officer(file));
    TRY_ASSIGN(const Bytes aad, associated_data(officer));
    const Error wrong_key{Code::wrong_key, say("wrong passphrase for the key of officer {}", officer.identity.name)};
    if (passphrase.empty()) return wrong_key;
    TRY_ASSIGN(const Secret wrapping, stretch_passphrase(normalized_passphrase(passphrase), officer.salt, officer.cost));
    Secret plain(kPlainSize);
    if (!Aead(Suite::standard, wrapping.view()).open(0, aad, officer.sealed, plain.mutable_view())) return wrong_key;
    OfficerKey key;
    key.identity = std::move(officer.identity);
    key.signing_seed = Secret::copy_of(plain.view().first(kKeySize));
    key.sealing_secret = Secret::copy_of(plain.view().subspan(kKeySize));
    const bool is_pair =
        signer_id(key.signing_seed) == key.identity.signer && x25519_public(key.sealing_secret) == key.identity.sealing;
    if (!is_pair) return no_officer_key("its keys are not those it names");
    return key;
}

std::string short_fingerprint(const PublicKey& key) { return to_hex(key).substr(0, 16); }

}  // namespace custody
