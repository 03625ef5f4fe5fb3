#include "vault/history/snapshot.h"

#include <algorithm>

#include "base/records/canonical_json.h"
#include "base/text.h"

namespace custody {
namespace {

constexpr std::string_view kSnapshotPurpose = "custody snapshot 1";
constexpr std::string_view kSummaryInfo = "custody snapshot summary 1";
constexpr std::string_view kSnapshotWord = "snapshot";
constexpr std::uint64_t kSnapshotFormat = 1;
using Salt = Id<16, struct SnapshotSaltTag>;

Error malformed_snapshot(std::string_view why) { return {Code::corrupt, say("snapshot: {}", why)}; }

Bytes summary_aad(const SnapshotClear& clear, const Salt& salt) {
    Bytes aad;
    append(aad, clear.family.view());
    append(aad, clear.label.view());
    append(aad, clear.host.view());
    append(aad, salt.view());
    return aad;
}

// Raw bytes in JSON: text when they are UTF-8, else {"base64": ...}.
Json raw_to_json(const std::string& raw) {
    if (is_utf8(raw)) return raw;
    return {{"base64", to_base64(as_bytes(raw))}};
}

Result<std::string> raw_from_json(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    TRY_ASSIGN(const std::string text, json_text(value, "base64", kSnapshotWord));
    const auto raw = from_base64(text);
    if (!raw) return malformed_snapshot("a name is no base64");
    return std::string(as_text(*raw));
}

Result<std::string> raw_field(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end()) return malformed_snapshot(std::string("field '") + key + "' is missing");
    return raw_from_json(*found);
}

// Sparse files can add up to more than canonical JSON has numbers for: the total is then the largest there is.
constexpr std::uint64_t kLargestNumber = std::uint64_t{1} << 53;

Result<Json> summary_to_json(const SnapshotSummary& summary) {
    Json json = {{"time", to_rfc3339_utc(summary.time)},
                 {"label", summary.label},
                 {"name", raw_to_json(summary.name)},
                 {"host", raw_to_json(summary.host)},
                 {"kind", summary.kind},
                 {"paths", Json::array()},
                 {"files", summary.files},
                 {"bytes", std::min(summary.bytes, kLargestNumber)},
                 {"root", summary.root.hex()},
                 {"clock_suspect", summary.clock_suspect},
                 {"failed", summary.failed},
                 {"changed_while_read", summary.changed_while_read}};
    for (const std::string& path : summary.paths) json["paths"].push_back(raw_to_json(path));
    return json;
}

Result<SnapshotSummary> summary_from_json(const Json& json) {
    if (!json.is_object()) return malformed_snapshot("the summary is no object");
    SnapshotSummary summary;
    TRY_ASSIGN(const std::string time, json_text(json, "time", kSnapshotWord));
    const auto parsed = parse_time(time);
    if (!parsed.ok()) return malformed_snapshot("the time is malformed_snapshot");
    summary.time = *parsed;
    TRY_ASSIGN(summary.label, json_text(json, "label", kSnapshotWord));
    TRY_ASSIGN(summary.name, raw_field(json, "name"));
    TRY_ASSIGN(summary.host, raw_field(json, "host"));
    TRY_ASSIGN(summary.kind, json_text(json, "kind", kSnapshotWord));
    const auto paths = json.find("paths");
    if (paths == json.end() || !paths->is_array()) return malformed_snapshot("field 'paths' is missing or no list");
    for (const Json& path : *paths) {
        TRY_ASSIGN(std::string raw, raw_from_json(path));
        summary.paths.push_back(std::move(raw));
    }
    TRY_ASSIGN(summary.files, json_number(json, "files", kSnapshotWord));
    TRY_ASSIGN(summary.bytes, json_number(json, "bytes", kSnapshotWord));
    TRY_ASSIGN(summary.root, json_id<TreeId>(json, "root", kSnapshotWord));
    TRY_ASSIGN(summary.clock_suspect, json_bool(json, "clock_suspect", kSnapshotWord));
    TRY_ASSIGN(summary.failed, json_number(json, "failed", kSnapshotWord));
    TRY_ASSIGN(summary.changed_while_read, json_number(json, "changed_while_read", kSnapshotWord));
    return summary;
}

Bytes seal_summary(ByteView plain, const WriterKeys& keys, const SnapshotClear& clear, const Salt& salt) {
    // A key of its own for each snapshot, by the random salt; so the nonce is always 0.
    const Secret key = hkdf(keys.summary_key.view(), salt.view(), kSummaryInfo);
    Bytes sealed(plain.size() + kTagSize);
    Aead(clear.suite, key.view()).seal(0, summary_aad(clear, salt), plain, sealed);
    return sealed;
}

// What a record without keys yields.
struct OpenedForm {
    SnapshotClear clear;
    Salt salt;
    Bytes sealed;
};

Result<OpenedForm> open_form(const ObjectId& id, ByteView bytes) {
    if (bytes.size() > kMaxSnapshotSize) return malformed_snapshot("it is too large");
    if (id_of<ObjectId>(sha256(bytes)) != id) return malformed_snapshot("its content does not match its name");
    TRY_ASSIGN(const SignedRecord record, open_record(bytes, kSnapshotPurpose, kMaxSnapshotSize));
    const Json& body = record.body;
    if (!body.is_object()) return malformed_snapshot("not an object");
    TRY_ASSIGN(const std::uint64_t format, json_number(body, "format", kSnapshotWord));
    if (format != kSnapshotFormat) return Error{Code::usage, say("this snapshot needs Custody that reads format {}", format)};
    OpenedForm form;
    TRY_ASSIGN(const std::uint64_t suite, json_number(body, "suite", kSnapshotWord));
    if (suite != 1 && suite != 2) return malformed_snapshot("unknown suite");
    form.clear.suite = static_cast<Suite>(suite);
    TRY_ASSIGN(form.clear.family, json_id<FamilyId>(body, "family", kSnapshotWord));
    TRY_ASSIGN(form.clear.label, json_id<LabelId>(body, "label", kSnapshotWord));
    TRY_ASSIGN(form.clear.host, json_id<HostId>(body, "host", kSnapshotWord));
    TRY_ASSIGN(const std::uint64_t epoch, json_number(body, "epoch", kSnapshotWord));
    if (epoch > UINT32_MAX) return malformed_snapshot("the number of the epoch is too high");
    form.clear.epoch = static_cast<std::uint32_t>(epoch);
    TRY_ASSIGN(form.clear.key, json_id<KeyTag>(body, "key", kSnapshotWord));
    TRY_ASSIGN(form.salt, json_id<Salt>(body, "nonce", kSnapshotWord));
    TRY_ASSIGN(const std::string summary, json_text(body, "summary", kSnapshotWord));
    auto sealed = from_base64(summary);
    if (!sealed || sealed->size() < kTagSize) return malformed_snapshot("the summary is no base64");
    form.sealed = std::move(*sealed);
    form.clear.signer = record.signer;
    return form;
}

}  // namespace

Result<EncodedSnapshot> encode_snapshot(const SnapshotSummary& summary, const WriterKeys& keys, const HostId& host,
                                        const Secret& signing_seed) {
    const SnapshotClear clear{
        keys.family, keys.label, host, keys.suite, signer_id(signing_seed), keys.epoch, key_tag(keys.epoch_public)};
    const Salt salt = random_id<Salt>();
    TRY_ASSIGN(const Json json, summary_to_json(summary));
    TRY_ASSIGN(const std::string plain, to_canonical_json(json));
    const Json body = {{"format", kSnapshotFormat},
                       {"suite", static_cast<int>(clear.suite)},
                       {"family", clear.family.hex()},
                       {"label", clear.label.hex()},
                       {"host", clear.host.hex()},
                       {"epoch", clear.epoch},
                       {"key", clear.key.hex()},
                       {"nonce", salt.hex()},
                       {"summary", to_base64(seal_summary(as_bytes(plain), keys, clear, salt))}};
    EncodedSnapshot encoded;
    TRY_ASSIGN(encoded.bytes, sign_record(body, kSnapshotPurpose, signing_seed));
    if (encoded.bytes.size() > kMaxSnapshotSize) {
        return Error{Code::usage, say("the list of paths is too long for one snapshot; back up a folder above them")};
    }
    encoded.id = id_of<ObjectId>(sha256(encoded.bytes));
    return encoded;
}

Result<SnapshotClear> decode_snapshot_clear(const ObjectId& id, ByteView bytes) {
    TRY_ASSIGN(const OpenedForm form, open_form(id, bytes));
    return form.clear;
}

Result<Snapshot> decode_snapshot(const ObjectId& id, ByteView bytes, const WriterKeys& keys) {
    TRY_ASSIGN(const OpenedForm form, open_form(id, bytes));
    if (form.clear.label != keys.label || form.clear.family != keys.family) {
        return Error{Code::wrong_key, say("snapshot {} is not of label {}", id.hex(), keys.name)};
    }
    const Secret key = hkdf(keys.summary_key.view(), form.salt.view(), kSummaryInfo);
    Bytes plain(form.sealed.size() - kTagSize);
    if (!Aead(form.clear.suite, key.view()).open(0, summary_aad(form.clear, form.salt), form.sealed, plain)) {
        return malformed_snapshot("its summary does not open with the label's key");
    }
    TRY_ASSIGN(const Json json, parse_json(plain, kMaxSnapshotSize));
    TRY_ASSIGN(SnapshotSummary summary, summary_from_json(json));
    return Snapshot{id, form.clear, std::move(summary)};
}

}  // namespace custody
