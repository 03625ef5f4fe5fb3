// Exports for other hosts: a writer's keys, and public halves.
#include "base/text.h"
#include "vault/keys/json_fields.h"
#include "vault/keys/keyring_file.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::string_view kWriterPurpose = "custody writer export 1";
constexpr std::string_view kPublicPurpose = "custody public keys 1";
constexpr std::size_t kMaxExportSize = kMaxKeyringSize;

// A writer gets the epochs' public halves (of older ones to know what it may rely on), and no sealed secret.
StoredLabel as_writer_sees(const StoredLabel& label) {
    StoredLabel copy = label.clone();
    for (StoredEpoch& epoch : copy.epochs) epoch.sealed_secret.clear();
    return copy;
}

Result<std::vector<StoredLabel>> chosen_labels(const KeyringContent& content, const std::vector<std::string>& names) {
    std::vector<StoredLabel> chosen;
    for (const StoredLabel& label : content.labels) {
        if (names.empty() || std::find(names.begin(), names.end(), label.name) != names.end()) {
            chosen.push_back(as_writer_sees(label));
        }
    }
    for (const std::string& name : names) {
        const auto same = [&](const StoredLabel& label) { return label.name == name; };
        if (std::none_of(chosen.begin(), chosen.end(), same)) {
            return Error{Code::usage, say("there is no label '{}'; 'custody label list' shows those there are", printable(name))};
        }
    }
    return chosen;
}

Result<Secret> encode_writer(const KeyringContent& from, std::uint32_t number, const HostId& host, const std::string& host_name,
                             const Secret& seed, const std::vector<StoredLabel>& labels, const std::vector<SignerInfo>& signers,
                             Time made) {
    KeyPlaces keys;
    Json body = {{"format", kKeyringFormat},
                 {"number", number},
                 {"made", to_rfc3339_utc(made)},
                 {"family", from.family.hex()},
                 {"suite", static_cast<int>(from.suite)},
                 {"host", host.hex()},
                 {"host_name", host_name},
                 {"signing_seed", keys.put(seed)},
                 {"generation", from.generation},
                 {"labels", Json::array()},
                 {"signers", signers_to_json(signers)}};
    for (const StoredLabel& label : labels) body["labels"].push_back(label_to_json(label, keys));
    return encode_secret_record(body, keys, kWriterPurpose);
}

struct WriterExport {
    std::uint32_t number = 0;
    Time made;
    KeyringContent content;
};

Result<WriterExport> writer_from_json(const Json& body, const KeyPlaces& keys) {
    JsonFields fields(body, "writer export");
    const std::uint64_t format = fields.number("format", std::uint64_t{1} << 53);
    if (fields.ok() && format > kKeyringFormat) {
        return Error{Code::usage, say("the writer export needs Custody that reads keyring format {}", format)};
    }
    WriterExport out;
    out.number = fields.number32("number");
    out.made = fields.time("made");
    KeyringContent& content = out.content;
    content.family = fields.id<FamilyId>("family");
    content.suite = static_cast<Suite>(fields.number("suite", 2));
    if (content.suite != Suite::standard && content.suite != Suite::modern) fields.fail("suite", "is unknown");
    content.host = fields.id<HostId>("host");
    content.host_name = fields.text("host_name", 4096);
    content.signing_seed = fields.secret("signing_seed", keys);
    content.generation = fields.number("generation", std::uint64_t{1} << 53);
    for (const Json& json : fields.array("labels", kMaxLabels)) {
        auto label = label_from_json(json, keys);
        if (label.ok())
            content.labels.push_back(std::move(label).value());
        else
            fields.take(std::move(label).error());
    }
    auto signers = signers_from_json(fields.array("signers", kMaxSigners));
    fields.take(signers.ok() ? done() : Status(signers.error()));
    TRY(fields.status());
    content.signers = std::move(signers).value();
    for (StoredLabel& label : content.labels) {
        for (StoredEpoch& epoch : label.epochs) epoch.sealed_secret.clear();
    }
    return out;
}

Result<WriterExport> decode_writer(ByteView bytes) {
    const auto record = decode_secret_record(bytes, kWriterPurpose, kMaxExportSize);
    if (!record.ok()) {
        return Error{Code::corrupt, say("this is no writer export, or a damaged one: {}", record.error().message)};
    }
    return writer_from_json(record->body, record->keys);
}

// Who is said to be a writer has no say in the destruction of labels any more; the other way round, nobody gets one.
void add_signer(std::vector<SignerInfo>& signers, SignerInfo signer) {
    const auto same = [&](const SignerInfo& known) { return known.id == signer.id; };
    const auto known = std::find_if(signers.begin(), signers.end(), same);
    if (known == signers.end()) {
        signers.push_back(std::move(signer));
    } else {
        known->writer = known->writer || signer.writer;
    }
}

struct PublicLabel {
    LabelId id;
    std::vector<StoredEpoch> epochs;  // oldest first, never empty
};
struct PublicKeys {
    FamilyId family;
    std::vector<PublicLabel> labels;
    std::vector<SignerInfo> signers;
    std::vector<StoredDestruction> destroyed;
    std::uint64_t generation = 0;
    SignerId signer;
};

Result<PublicLabel> public_label_from_json(const Json& json) {
    JsonFields fields(json, "public label");
    PublicLabel label;
    label.id = fields.id<LabelId>("id");
    for (const Json& item : fields.array("epochs", kMaxEpochs)) {
        JsonFields epoch(item, "epoch");
        label.epochs.push_back({epoch.number32("number"), epoch.public_key("public"), {}});
        fields.take(epoch.status());
    }
    if (label.epochs.empty()) fields.fail("epochs", "is empty");
    if (!are_rising(label.epochs)) fields.fail("epochs", "is not in order");
    TRY(fields.status());
    return label;
}

Result<PublicKeys> decode_public(ByteView bytes) {
    auto record = open_record(bytes, kPublicPurpose, kMaxExportSize);
    if (!record.ok()) {
        return Error{Code::corrupt, say("this is no export of public keys, or a damaged one: {}", record.error().message)};
    }
    JsonFields fields(record->body, "public keys");
    PublicKeys keys;
    keys.signer = record->signer;
    keys.family = fields.id<FamilyId>("family");
    keys.generation = fields.number("generation", std::uint64_t{1} << 53);
    for (const Json& json : fields.array("labels", kMaxLabels)) {
        auto label = public_label_from_json(json);
        if (label.ok())
            keys.labels.push_back(std::move(label).value());
        else
            fields.take(std::move(label).error());
    }
    for (const Json& json : fields.array("destroyed", kMaxLabels)) {
        JsonFields label(json, "destroyed label");
        keys.destroyed.push_back({label.id<LabelId>("label"), label.text("name"), label.time("when")});
        fields.take(label.status());
    }
    auto signers = signers_from_json(fields.array("signers", kMaxSigners));
    fields.take(signers.ok() ? done() : Status(signers.error()));
    TRY(fields.status());
    keys.signers = std::move(signers).value();
    return keys;
}

// What a writer learns from its custodian: newer epochs to seal to, and labels whose keys must go.
void follow_custodian(KeyringContent& writer, const PublicKeys& keys) {
    for (StoredLabel& label : writer.labels) {
        for (const PublicLabel& known : keys.labels) {
            // The whole list: an epoch of ours that is not in it is one that this custodian cannot open.
            const bool is_newer = known.id == label.id && known.epochs.back().number > label.epochs.back().number;
            if (is_newer) label.epochs = known.epochs;
        }
    }
    for (const StoredDestruction& destroyed : keys.destroyed) {
        const auto gone = std::remove_if(writer.labels.begin(), writer.labels.end(),
                                         [&](const StoredLabel& label) { return label.id == destroyed.label; });
        if (gone == writer.labels.end()) continue;
        writer.labels.erase(gone, writer.labels.end());
        writer.destroyed.push_back(destroyed);
    }
    writer.generation = std::max(writer.generation, keys.generation);
}

}  // namespace

Result<Secret> Keyring::export_writer(const std::vector<std::string>& labels, std::string_view host, std::uint32_t* registered) {
    if (!is_custodian()) {
        return Error{Code::refused,
                     say("{} holds a writer's keys only; do this with the custodian's keyring", printable(folder()))};
    }
    TRY_ASSIGN(const std::vector<StoredLabel> chosen, chosen_labels(content(), labels));
    const Time now = clock().now();
    const Secret seed = Secret::random(kKeySize);
    const std::string host_name = note_text(host);
    const std::uint32_t number = content().next_copy;
    TRY(change([&](KeyringContent& next) {
        next.signers.push_back({signer_id(seed), host_name, now, true});
        CopyInfo copy;
        copy.number = next.next_copy++;
        copy.kind = "writer";
        copy.note = host_name;
        copy.made = now;
        copy.keys_generation = next.generation;
        for (const StoredLabel& label : chosen) copy.labels.emplace_back(label.id, false);
        next.copies.push_back(std::move(copy));
        return done();
    }));
    if (registered != nullptr) *registered = number;
    return encode_writer(content(), number, random_id<HostId>(), host_name, seed, chosen, trusted_signers(), now);
}

Result<Keyring> Keyring::import_writer(FileSystem& files, const Clock& clock, const std::string& folder, ByteView exported,
                                       std::string* set_aside) {
    TRY_ASSIGN(WriterExport decoded, decode_writer(exported));
    decoded.content.created = clock.now();
    TRY_ASSIGN(const std::string aside, set_aside_damaged(files, clock, folder));
    if (set_aside != nullptr) *set_aside = aside;
    return create_with(files, clock, folder, std::move(decoded.content));
}

Result<Keyring::RewrittenExport> Keyring::rewrite_writer_export(ByteView exported) const {
    TRY_ASSIGN(WriterExport decoded, decode_writer(exported));
    if (decoded.content.family != family()) return Error{Code::refused, say("this export is of another keyring's family")};
    const auto is_destroyed = [&](const StoredLabel& label) { return destroyed(label.id).has_value(); };
    auto& labels = decoded.content.labels;
    labels.erase(std::remove_if(labels.begin(), labels.end(), is_destroyed), labels.end());
    const KeyringContent& writer = decoded.content;
    TRY_ASSIGN(Secret rewritten, encode_writer(writer, decoded.number, writer.host, writer.host_name, writer.signing_seed, labels,
                                               writer.signers, decoded.made));
    RewrittenExport out{std::move(rewritten), decoded.number, {}, {}};
    out.writer = {signer_id(writer.signing_seed), writer.host_name, decoded.made, true};
    for (const StoredLabel& label : labels) out.labels.push_back(label.id);
    return out;
}

Result<Bytes> Keyring::export_public() const {
    Json body = {{"family", family().hex()},
                 {"suite", static_cast<int>(suite())},
                 {"generation", keys_generation()},
                 {"labels", Json::array()},
                 {"signers", signers_to_json(trusted_signers())},
                 {"destroyed", Json::array()}};
    for (const StoredLabel& label : content().labels) {
        Json epochs = Json::array();
        for (const StoredEpoch& epoch : label.epochs) {
            epochs.push_back({{"number", epoch.number}, {"public", to_hex(epoch.public_key)}});
        }
        body["labels"].push_back({{"id", label.id.hex()}, {"name", label.name}, {"epochs", std::move(epochs)}});
    }
    for (const StoredDestruction& destroyed : content().destroyed) {
        body["destroyed"].push_back(
            {{"label", destroyed.label.hex()}, {"name", destroyed.name}, {"when", to_rfc3339_utc(destroyed.when)}});
    }
    return sign_record(body, kPublicPurpose, signing_seed());
}

Status Keyring::import_public(ByteView exported) {
    TRY_ASSIGN(const PublicKeys keys, decode_public(exported));
    if (keys.family != family()) return Error{Code::refused, say("these public keys are of another keyring's family")};
    // Another writer's word ends no label here.
    const auto is_signer = [&](const SignerInfo& known) { return known.id == keys.signer && !known.writer; };
    return change([&](KeyringContent& next) {
        const bool trusted_before = std::any_of(next.signers.begin(), next.signers.end(), is_signer);
        if (trusted_before && !next.is_custodian) follow_custodian(next, keys);
        for (const SignerInfo& signer : keys.signers) add_signer(next.signers, signer);
        settle_known_writers(next, [&](const SignerId& writer) { return trusted_before || writer == keys.signer; });
        return done();
    });
}

}  // namespace custody
