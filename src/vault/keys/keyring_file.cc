#include "vault/keys/keyring_file.h"

#include "base/text.h"
#include "vault/keys/json_fields.h"

#include <algorithm>
#include <set>

namespace custody {
namespace {

constexpr std::string_view kKeyringPurpose = "custody keyring 1";
constexpr std::size_t kSealedSecretSize = kKeySize + kSealOverhead;
constexpr std::size_t kSlotSaltSize = 16;
constexpr std::size_t kMaxNote = 4096;

Json epoch_to_json(const StoredEpoch& epoch) {
    return {{"number", epoch.number}, {"public", to_hex(epoch.public_key)}, {"sealed", to_hex(epoch.sealed_secret)}};
}

Result<StoredEpoch> epoch_from_json(const Json& json) {
    JsonFields fields(json, "epoch");
    StoredEpoch epoch;
    epoch.number = fields.number32("number");
    epoch.public_key = fields.public_key("public");
    epoch.sealed_secret = fields.bytes("sealed", kSealedSecretSize);
    if (!epoch.sealed_secret.empty() && epoch.sealed_secret.size() != kSealedSecretSize)
        fields.fail("sealed", "has the wrong length");
    TRY(fields.status());
    return epoch;
}

Json slot_to_json(const StoredSlot& slot) {
    Json json = {{"number", slot.info.number},
                 {"kind", slot.info.kind},
                 {"note", slot.info.note},
                 {"holder", to_hex(slot.info.holder)},
                 {"wrapped", to_hex(slot.wrapped)}};
    if (slot.info.kind == "passphrase") {
        json["salt"] = to_hex(slot.salt);
        json["memory_kib"] = slot.cost.memory_kib;
        json["passes"] = slot.cost.passes;
    }
    return json;
}

Result<StoredSlot> slot_from_json(const Json& json) {
    JsonFields fields(json, "slot");
    StoredSlot slot;
    slot.info.number = fields.number32("number");
    slot.info.kind = fields.text("kind");
    slot.info.note = fields.text("note", kMaxNote);
    slot.info.holder = fields.public_key("holder");
    slot.wrapped = fields.bytes_exactly("wrapped", kSealedSecretSize);
    if (slot.info.kind == "passphrase") {
        slot.salt = fields.bytes_exactly("salt", kSlotSaltSize);
        slot.cost.memory_kib = fields.number32("memory_kib");
        slot.cost.passes = fields.number32("passes");
    } else if (slot.info.kind != "officer") {
        fields.fail("kind", "is unknown");
    }
    TRY(fields.status());
    return slot;
}

Json copy_to_json(const CopyInfo& copy) {
    Json json = {{"number", copy.number},
                 {"kind", copy.kind},
                 {"note", copy.note},
                 {"made", to_rfc3339_utc(copy.made)},
                 {"generation", copy.keys_generation},
                 {"labels", Json::array()}};
    if (copy.proven) json["proven"] = to_rfc3339_utc(*copy.proven);
    if (copy.destroyed) json["destroyed"] = to_rfc3339_utc(*copy.destroyed);
    for (const auto& [label, settled] : copy.labels) json["labels"].push_back({{"id", label.hex()}, {"settled", settled}});
    return json;
}

Result<CopyInfo> copy_from_json(const Json& json) {
    JsonFields fields(json, "copy of keys");
    CopyInfo copy;
    copy.number = fields.number32("number");
    copy.kind = fields.text("kind");
    copy.note = fields.text("note", kMaxNote);
    copy.made = fields.time("made");
    copy.proven = fields.optional_time("proven");
    copy.destroyed = fields.optional_time("destroyed");
    copy.keys_generation = fields.number("generation", std::uint64_t{1} << 53);
    for (const Json& item : fields.array("labels", 2 * kMaxLabels)) {
        JsonFields label(item, "label of a copy");
        copy.labels.emplace_back(label.id<LabelId>("id"), label.truth("settled"));
        fields.take(label.status());
    }
    TRY(fields.status());
    return copy;
}

Json destruction_to_json(const StoredDestruction& destroyed) {
    return {{"label", destroyed.label.hex()}, {"name", destroyed.name}, {"when", to_rfc3339_utc(destroyed.when)}};
}

Result<StoredDestruction> destruction_from_json(const Json& json) {
    JsonFields fields(json, "destroyed label");
    StoredDestruction destroyed{fields.id<LabelId>("label"), fields.text("name"), fields.time("when")};
    TRY(fields.status());
    return destroyed;
}

template <class T, class ToJson>
Json list_to_json(const std::vector<T>& items, ToJson to_json) {
    Json list = Json::array();
    for (const T& item : items) list.push_back(to_json(item));
    return list;
}

// The first item at fault is the fault of the whole.
template <class FromJson>
auto read_list(JsonFields& fields, const char* key, std::size_t max_count, FromJson from_json) {
    std::vector<std::decay_t<decltype(from_json(Json()).value())>> items;
    for (const Json& json : fields.array(key, max_count)) {
        auto item = from_json(json);
        if (item.ok()) {
            items.push_back(std::move(item).value());
        } else {
            fields.take(std::move(item).error());
        }
    }
    return items;
}

// What the fields alone do not say.
Status check_whole(const KeyringContent& content) {
    const auto bad = [](const char* why) { return Error{Code::corrupt, std::string("keyring: ") + why}; };
    std::set<LabelId> ids;
    std::set<std::string> names;
    for (const StoredLabel& label : content.labels) {
        if (!ids.insert(label.id).second || !names.insert(label.name).second) return bad("a label occurs twice");
        for (const StoredEpoch& epoch : label.epochs) {
            if (epoch.sealed_secret.empty() == content.is_custodian)
                return bad("a label's secret does not fit the keyring's role");
        }
    }
    if (content.is_custodian == content.slots.empty()) return bad("its slots do not fit its role");
    for (const StoredSlot& slot : content.slots) {
        if (slot.info.number >= content.next_slot) return bad("a slot's number was never given");
    }
    for (const CopyInfo& copy : content.copies) {
        if (copy.number >= content.next_copy) return bad("a copy's number was never given");
    }
    return done();
}

}  // namespace

StoredLabel StoredLabel::clone() const { return {id, name, chunk_id_key.clone(), gear_key.clone(), summary_key.clone(), epochs}; }

KeyringContent KeyringContent::clone() const {
    KeyringContent copy;
    copy.is_custodian = is_custodian;
    copy.family = family;
    copy.suite = suite;
    copy.host = host;
    copy.host_name = host_name;
    copy.created = created;
    copy.signing_seed = signing_seed.clone();
    copy.public_key = public_key;
    copy.generation = generation;
    copy.next_slot = next_slot;
    copy.next_copy = next_copy;
    copy.slots_mac = slots_mac;
    for (const StoredLabel& label : labels) copy.labels.push_back(label.clone());
    copy.slots = slots;
    copy.signers = signers;
    copy.copies = copies;
    copy.destroyed = destroyed;
    return copy;
}

// 200 bytes may become three times as many where they are not UTF-8; the reader's bound is above that.
std::string note_text(std::string_view text) { return printable(text.substr(0, 200)); }

Json label_to_json(const StoredLabel& label, KeyPlaces& keys) {
    return {{"id", label.id.hex()},
            {"name", label.name},
            {"chunk_id_key", keys.put(label.chunk_id_key)},
            {"gear_key", keys.put(label.gear_key)},
            {"summary_key", keys.put(label.summary_key)},
            {"epochs", list_to_json(label.epochs, epoch_to_json)}};
}

bool are_rising(const std::vector<StoredEpoch>& epochs) {
    const auto not_rising = [](const StoredEpoch& a, const StoredEpoch& b) { return a.number >= b.number; };
    return std::adjacent_find(epochs.begin(), epochs.end(), not_rising) == epochs.end();
}

Result<StoredLabel> label_from_json(const Json& json, const KeyPlaces& keys) {
    JsonFields fields(json, "label");
    StoredLabel label;
    label.id = fields.id<LabelId>("id");
    label.name = fields.text("name");
    label.chunk_id_key = fields.secret("chunk_id_key", keys);
    label.gear_key = fields.secret("gear_key", keys);
    label.summary_key = fields.secret("summary_key", keys);
    label.epochs = read_list(fields, "epochs", kMaxEpochs, epoch_from_json);
    if (label.epochs.empty()) fields.fail("epochs", "is empty");
    if (!are_rising(label.epochs)) fields.fail("epochs", "is not in order");
    TRY(fields.status());
    return label;
}

Json slots_to_json(const std::vector<StoredSlot>& slots) { return list_to_json(slots, slot_to_json); }

Json signers_to_json(const std::vector<SignerInfo>& signers) {
    return list_to_json(signers, [](const SignerInfo& signer) -> Json {
        Json json = {{"id", signer.id.hex()}, {"host", signer.host}, {"since", to_rfc3339_utc(signer.since)}};
        if (signer.writer) json["writer"] = true;
        return json;
    });
}

Result<std::vector<SignerInfo>> signers_from_json(const Json& list) {
    std::vector<SignerInfo> signers;
    for (const Json& json : list) {
        JsonFields fields(json, "signer");
        SignerInfo signer{fields.id<SignerId>("id"), fields.text("host", kMaxNote), fields.time("since"), false};
        if (json.is_object() && json.contains("writer")) signer.writer = fields.truth("writer");
        signers.push_back(std::move(signer));
        TRY(fields.status());
    }
    return signers;
}

Result<Bytes> encode_checksummed(const Json& body, std::string_view purpose) {
    TRY_ASSIGN(const std::string text, to_canonical_json(body));
    Sha256 hash;
    hash.update(as_bytes(purpose));
    hash.update(as_bytes("\n"));
    hash.update(as_bytes(text));
    Bytes out;
    out.reserve(text.size() + 128);
    append(out, as_bytes("{\"body\":"));
    append(out, as_bytes(text));
    append(out, as_bytes(",\"checksum\":\"" + hash.finish().hex() + "\"}"));
    return out;
}

Result<Json> decode_checksummed(ByteView bytes, std::string_view purpose, std::size_t max_size) {
    TRY_ASSIGN(Json record, parse_json(bytes, max_size));
    if (!record.is_object() || record.size() != 2 || !record.contains("body")) {
        return Error{Code::corrupt, "this is no record with a checksum"};
    }
    Json body = std::move(record["body"]);
    TRY_ASSIGN(const Bytes expected, encode_checksummed(body, purpose));
    if (!std::equal(bytes.begin(), bytes.end(), expected.begin(), expected.end())) {
        return Error{Code::corrupt, "its checksum does not match"};
    }
    return body;
}

Result<Secret> encode_keyring(const KeyringContent& content) {
    KeyPlaces keys;
    Json body = {{"format", kKeyringFormat},
                 {"role", content.is_custodian ? "custodian" : "writer"},
                 {"family", content.family.hex()},
                 {"suite", static_cast<int>(content.suite)},
                 {"host", content.host.hex()},
                 {"host_name", content.host_name},
                 {"created", to_rfc3339_utc(content.created)},
                 {"signing_seed", keys.put(content.signing_seed)},
                 {"public", to_hex(content.public_key)},
                 {"generation", content.generation},
                 {"next_slot", content.next_slot},
                 {"next_copy", content.next_copy},
                 {"labels", list_to_json(content.labels, [&](const StoredLabel& label) { return label_to_json(label, keys); })},
                 {"slots", slots_to_json(content.slots)},
                 {"slots_mac", content.slots_mac.hex()},
                 {"signers", signers_to_json(content.signers)},
                 {"copies", list_to_json(content.copies, copy_to_json)},
                 {"destroyed", list_to_json(content.destroyed, destruction_to_json)}};
    return encode_secret_record(body, keys, kKeyringPurpose);
}

namespace {

Result<KeyringContent> content_from_json(const Json& body, const KeyPlaces& keys) {
    JsonFields fields(body, "keyring");
    const std::uint64_t format = fields.number("format", std::uint64_t{1} << 53);
    if (fields.ok() && format > kKeyringFormat) {
        return Error{Code::usage,
                     say("the keyring needs Custody that reads keyring format {}; this one reads {}", format, kKeyringFormat)};
    }
    KeyringContent content;
    const std::string role = fields.text("role");
    if (role != "custodian" && role != "writer") fields.fail("role", "is unknown");
    content.is_custodian = role == "custodian";
    content.family = fields.id<FamilyId>("family");
    const std::uint64_t suite = fields.number("suite", 2);
    if (suite == 0) fields.fail("suite", "is unknown");
    content.suite = static_cast<Suite>(suite);
    content.host = fields.id<HostId>("host");
    content.host_name = fields.text("host_name", kMaxNote);
    content.created = fields.time("created");
    content.signing_seed = fields.secret("signing_seed", keys);
    content.public_key = fields.public_key("public");
    content.generation = fields.number("generation", std::uint64_t{1} << 53);
    content.next_slot = fields.number32("next_slot");
    content.next_copy = fields.number32("next_copy");
    content.labels = read_list(fields, "labels", kMaxLabels, [&](const Json& json) { return label_from_json(json, keys); });
    content.slots = read_list(fields, "slots", kMaxSlots, slot_from_json);
    content.slots_mac = fields.id<Digest>("slots_mac");
    auto signers = signers_from_json(fields.array("signers", kMaxSigners));
    fields.take(signers.ok() ? done() : Status(signers.error()));
    if (signers.ok()) content.signers = std::move(signers).value();
    content.copies = read_list(fields, "copies", kMaxCopies, copy_from_json);
    content.destroyed = read_list(fields, "destroyed", kMaxLabels, destruction_from_json);
    TRY(fields.status());
    TRY(check_whole(content));
    return content;
}

}  // namespace

Result<KeyringContent> decode_keyring(ByteView bytes) {
    TRY_ASSIGN(const SecretRecord record, decode_secret_record(bytes, kKeyringPurpose, kMaxKeyringSize));
    return content_from_json(record.body, record.keys);
}

void overwrite_with_zeros(File& file, std::size_t max_size) {
    const auto info = file.info();
    if (!info.ok() || info->size > max_size) return;
    const Bytes zeros(static_cast<std::size_t>(info->size));
    if (write_all(file, 0, zeros).ok()) (void)file.sync();
}

std::string keyring_path(const std::string& folder) { return join_path(folder, "keyring"); }

}  // namespace custody
