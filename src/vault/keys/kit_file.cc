#include "vault/keys/kit_file.h"

#include "base/text.h"
#include "vault/keys/json_fields.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::string_view kPayloadInfo = "custody recovery kit payload 1";
constexpr std::uint64_t kKitFormat = 1;
constexpr std::size_t kMaxName = 4096;
constexpr std::size_t kMaxVaults = 65536;
constexpr std::size_t kKitSaltSize = 16;
constexpr std::uint8_t kPayloadVersion = 1;
// Id, name, three writer keys, the number of epochs, one epoch.
constexpr std::size_t kLeastLabelSize = LabelId::size + 1 + 3 * kKeySize + 1 + 1 + kKeySize;

// ---- payload ----

void write_label(ByteWriter& out, const KitLabel& label) {
    out.raw(label.id.view());
    out.blob(as_bytes(label.name));
    out.raw(label.chunk_id_key.view());
    out.raw(label.gear_key.view());
    out.raw(label.summary_key.view());
    out.varint(label.epochs.size());
    for (const auto& [number, secret] : label.epochs) {
        out.varint(number);
        out.raw(secret.view());
    }
}

void write_optional_time(ByteWriter& out, const std::optional<Time>& time) {
    out.u8(time ? 1 : 0);
    if (time) out.zigzag(time->ns);
}

// Labels of a copy are written as places in the payload's own lists (labels, then destroyed ones): 1 byte instead of 16.
void write_copy(ByteWriter& out, const CopyInfo& copy, const std::vector<LabelId>& places) {
    out.varint(copy.number);
    out.blob(as_bytes(copy.kind));
    out.blob(as_bytes(copy.note));
    out.zigzag(copy.made.ns);
    write_optional_time(out, copy.proven);
    write_optional_time(out, copy.destroyed);
    out.varint(copy.keys_generation);
    Bytes labels;
    std::uint64_t count = 0;
    ByteWriter list(labels);
    for (const auto& [label, settled] : copy.labels) {
        const auto place = std::find(places.begin(), places.end(), label);
        if (place == places.end()) continue;  // no such key exists any more
        list.varint(static_cast<std::uint64_t>(place - places.begin()) * 2 + (settled ? 1 : 0));
        ++count;
    }
    out.varint(count);
    out.raw(labels);
}

std::vector<LabelId> places_of(const KitPayload& payload) {
    std::vector<LabelId> places;
    for (const KitLabel& label : payload.labels) places.push_back(label.id);
    for (const StoredDestruction& destroyed : payload.destroyed) places.push_back(destroyed.label);
    return places;
}

// What the reader is short of stays zero and turns reader.ok() false.
Secret read_secret(ByteReader& in) {
    const ByteView bytes = in.raw(kKeySize);
    return in.ok() ? Secret::copy_of(bytes) : Secret();
}
template <class AnyId>
AnyId read_id(ByteReader& in) {
    const ByteView bytes = in.raw(AnyId::size);
    return in.ok() ? AnyId::from(bytes) : AnyId{};
}
std::string read_text(ByteReader& in) {
    const std::string text(as_text(in.blob(kMaxName)));
    if (!is_utf8(text)) in.fail();
    return text;
}
std::uint32_t read_number(ByteReader& in) {
    const std::uint64_t value = in.varint();
    if (value > 0xFFFFFFFF) in.fail();
    return in.ok() ? static_cast<std::uint32_t>(value) : 0;
}
std::optional<Time> read_optional_time(ByteReader& in) {
    const std::uint8_t present = in.u8();
    if (present > 1) in.fail();
    if (present != 1) return std::nullopt;
    return Time{in.zigzag()};
}

KitLabel read_label(ByteReader& in) {
    KitLabel label;
    label.id = read_id<LabelId>(in);
    label.name = read_text(in);
    label.chunk_id_key = read_secret(in);
    label.gear_key = read_secret(in);
    label.summary_key = read_secret(in);
    const std::size_t count = in.count(1 + kKeySize);
    if (count == 0 || count > kMaxEpochs) in.fail();
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        const std::uint32_t number = read_number(in);
        const bool rises = label.epochs.empty() || label.epochs.rbegin()->first < number;
        Secret secret = read_secret(in);
        if (!rises) in.fail();
        if (in.ok()) label.epochs.emplace(number, std::move(secret));
    }
    return label;
}

CopyInfo read_copy(ByteReader& in, const std::vector<LabelId>& places) {
    CopyInfo copy;
    copy.number = read_number(in);
    copy.kind = read_text(in);
    copy.note = read_text(in);
    copy.made = Time{in.zigzag()};
    copy.proven = read_optional_time(in);
    copy.destroyed = read_optional_time(in);
    copy.keys_generation = in.varint();
    const std::size_t count = in.count(1);
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        const std::uint64_t value = in.varint();
        if (value / 2 >= places.size()) {
            in.fail();
        } else {
            copy.labels.emplace_back(places[static_cast<std::size_t>(value / 2)], value % 2 == 1);
        }
    }
    return copy;
}

template <class T, class ReadOne>
void read_list(ByteReader& in, std::vector<T>& items, std::size_t least_size, std::size_t max_count, ReadOne read_one) {
    const std::size_t count = in.count(least_size);
    if (count > max_count) in.fail();
    for (std::size_t i = 0; i < count && in.ok(); ++i) items.push_back(read_one(in));
}

// ---- header ----

Json kit_slot_to_json(const StoredSlot& slot) {
    Json json = {{"kind", slot.info.kind}, {"key", to_base64(slot.wrapped)}};
    if (slot.info.kind == "officer") {
        json["officer"] = to_base64(slot.info.holder);
    } else {
        json["salt"] = to_base64(slot.salt);
        json["memory_kib"] = slot.cost.memory_kib;
        json["passes"] = slot.cost.passes;
    }
    return json;
}

Bytes base64_field(JsonFields& fields, const char* key, std::size_t size) {
    const auto bytes = from_base64(fields.text(key));
    if (!bytes || bytes->size() != size) fields.fail(key, "has the wrong length");
    return fields.ok() ? *bytes : Bytes(size);
}

StoredSlot kit_slot_from_json(JsonFields& fields) {
    StoredSlot slot;
    slot.info.kind = fields.text("kind");
    if (slot.info.kind == "officer") {
        const Bytes officer = base64_field(fields, "officer", slot.info.holder.size());
        std::copy(officer.begin(), officer.end(), slot.info.holder.begin());
        slot.wrapped = base64_field(fields, "key", kKeySize + kSealOverhead);
    } else {
        if (slot.info.kind != "passphrase") fields.fail("kind", "is unknown");
        slot.salt = base64_field(fields, "salt", kKitSaltSize);
        slot.cost.memory_kib = fields.number32("memory_kib");
        slot.cost.passes = fields.number32("passes");
        slot.wrapped = base64_field(fields, "key", kKeySize + kTagSize);
    }
    return slot;
}

Json header_to_json(const KitHeader& header) {
    Json json = {{"format", kKitFormat},
                 {"number", header.number},
                 {"family", header.family.hex()},
                 {"suite", static_cast<int>(header.suite)},
                 {"made", to_rfc3339_utc(header.made)},
                 {"salt", to_base64(header.salt)},
                 {"vaults", Json::array()},
                 {"slots", Json::array()}};
    for (const auto& [vault, head] : header.vaults) {
        json["vaults"].push_back({{"id", vault.hex()}, {"n", head.n}, {"head", to_base64(head.hash.view())}});
    }
    for (const StoredSlot& slot : header.slots) json["slots"].push_back(kit_slot_to_json(slot));
    return json;
}

Result<KitHeader> header_from_json(const Json& json) {
    JsonFields fields(json, "recovery kit");
    const std::uint64_t format = fields.number("format", std::uint64_t{1} << 53);
    if (fields.ok() && format > kKitFormat) {
        return Error{Code::usage,
                     say("the recovery kit needs Custody that reads kit format {}; this one reads {}", format, kKitFormat)};
    }
    KitHeader header;
    header.number = fields.number32("number");
    header.family = fields.id<FamilyId>("family");
    header.suite = static_cast<Suite>(fields.number("suite", 2));
    if (header.suite != Suite::standard && header.suite != Suite::modern) fields.fail("suite", "is unknown");
    header.made = fields.time("made");
    header.salt = base64_field(fields, "salt", kKitSaltSize);
    for (const Json& item : fields.array("vaults", kMaxVaults)) {
        JsonFields vault(item, "vault of a recovery kit");
        const auto id = vault.id<VaultId>("id");
        const std::uint64_t n = vault.number("n", std::uint64_t{1} << 53);
        header.vaults.emplace_back(id, RememberedHead{n, Digest::from(base64_field(vault, "head", Digest::size))});
        fields.take(vault.status());
    }
    for (const Json& item : fields.array("slots", kMaxSlots)) {
        JsonFields slot(item, "slot of a recovery kit");
        header.slots.push_back(kit_slot_from_json(slot));
        header.slots.back().info.number = static_cast<std::uint32_t>(header.slots.size());
        fields.take(slot.status());
    }
    TRY(fields.status());
    return header;
}

Secret payload_key(const Secret& kit_key, ByteView salt) { return hkdf(kit_key.view(), salt, kPayloadInfo); }

Error damaged_kit(std::string_view why) { return {Code::corrupt, say("the recovery kit is damaged: {}", why)}; }

}  // namespace

Bytes encode_kit_payload(const KitPayload& payload) {
    Bytes bytes;
    std::size_t size = 65536;  // reserved at once: growing would leave copies of the keys behind
    for (const KitLabel& label : payload.labels) size += 4096 + label.epochs.size() * 64;
    bytes.reserve(size + payload.copies.size() * 1024);
    ByteWriter out(bytes);
    out.u8(kPayloadVersion);
    out.varint(payload.generation);
    out.varint(payload.labels.size());
    for (const KitLabel& label : payload.labels) write_label(out, label);
    out.varint(payload.signers.size());
    for (const SignerInfo& signer : payload.signers) {
        out.raw(signer.id.view());
        out.blob(as_bytes(signer.host));
        out.zigzag(signer.since.ns);
    }
    out.varint(payload.officers.size());
    for (const KitOfficer& officer : payload.officers) {
        out.raw(officer.key);
        out.blob(as_bytes(officer.note));
    }
    out.varint(payload.destroyed.size());
    for (const StoredDestruction& destroyed : payload.destroyed) {
        out.raw(destroyed.label.view());
        out.blob(as_bytes(destroyed.name));
        out.zigzag(destroyed.when.ns);
    }
    const std::vector<LabelId> places = places_of(payload);
    out.varint(payload.copies.size());
    for (const CopyInfo& copy : payload.copies) write_copy(out, copy, places);
    return bytes;
}

Result<KitPayload> decode_kit_payload(ByteView bytes) {
    ByteReader in(bytes);
    if (in.u8() != kPayloadVersion) in.fail();
    KitPayload payload;
    payload.generation = in.varint();
    read_list(in, payload.labels, kLeastLabelSize, kMaxLabels, read_label);
    read_list(in, payload.signers, SignerId::size + 2, kMaxSigners, [](ByteReader& from) {
        SignerInfo signer;
        signer.id = read_id<SignerId>(from);
        signer.host = read_text(from);
        signer.since = Time{from.zigzag()};
        return signer;
    });
    read_list(in, payload.officers, sizeof(PublicKey) + 1, kMaxSlots, [](ByteReader& from) {
        KitOfficer officer;
        const ByteView key = from.raw(officer.key.size());
        std::copy(key.begin(), key.end(), officer.key.begin());
        officer.note = read_text(from);
        return officer;
    });
    read_list(in, payload.destroyed, LabelId::size + 2, kMaxLabels, [](ByteReader& from) {
        StoredDestruction destroyed;
        destroyed.label = read_id<LabelId>(from);
        destroyed.name = read_text(from);
        destroyed.when = Time{from.zigzag()};
        return destroyed;
    });
    const std::vector<LabelId> places = places_of(payload);
    read_list(in, payload.copies, 8, kMaxCopies, [&](ByteReader& from) { return read_copy(from, places); });
    if (!in.at_end()) return damaged_kit(say("its content has no valid form"));
    return payload;
}

Result<Bytes> encode_kit(const KitHeader& header, const KitPayload& payload, const Secret& kit_key) {
    TRY_ASSIGN(const std::string header_text, to_canonical_json(header_to_json(header)));
    Bytes file;
    ByteWriter out(file);
    out.raw(as_bytes(kKitMagic));
    out.u32(static_cast<std::uint32_t>(header_text.size()));
    out.raw(as_bytes(header_text));
    Bytes plain = encode_kit_payload(payload);
    Bytes sealed(plain.size() + kTagSize);
    Aead(header.suite, payload_key(kit_key, header.salt).view()).seal(0, file, plain, sealed);
    wipe(plain);
    out.u32(static_cast<std::uint32_t>(sealed.size()));
    out.raw(sealed);
    out.raw(sha256(file).view());
    if (file.size() > kMaxKitSize) return Error{Code::failed, say("the recovery kit would be too large")};
    return file;
}

Result<ParsedKit> parse_kit(ByteView file) {
    if (file.size() > kMaxKitSize) return damaged_kit(say("it is too large"));
    ByteReader in(file);
    if (as_text(in.raw(kKitMagic.size())) != kKitMagic) return Error{Code::corrupt, say("this is no recovery kit")};
    const ByteView header_bytes = in.raw(in.u32());
    ParsedKit kit;
    kit.aad.assign(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(in.position()));
    const ByteView sealed = in.raw(in.u32());
    const std::size_t checked_size = in.position();
    const auto checksum = read_id<Digest>(in);
    if (!in.at_end() || sealed.size() < kTagSize) return damaged_kit(say("its parts do not add up"));
    if (sha256(file.first(checked_size)) != checksum) return damaged_kit(say("its checksum does not match"));
    TRY_ASSIGN(const Json json, parse_json(header_bytes, kMaxKitSize));
    TRY_ASSIGN(kit.header, header_from_json(json));
    kit.sealed.assign(sealed.begin(), sealed.end());
    return kit;
}

Result<KitPayload> open_kit_payload(const ParsedKit& kit, const Secret& kit_key) {
    Secret plain(kit.sealed.size() - kTagSize);
    Aead aead(kit.header.suite, payload_key(kit_key, kit.header.salt).view());
    if (!aead.open(0, kit.aad, kit.sealed, plain.mutable_view())) {
        return Error{Code::wrong_key, say("the key does not open this recovery kit")};
    }
    return decode_kit_payload(plain.view());
}

}  // namespace custody
