// The bytes of a ledger entry: signed canonical JSON, so that anyone can read it with no key and no program of ours.
#include "base/text.h"
#include "vault/history/ledger.h"

#include <array>

namespace custody {
namespace {

constexpr std::string_view kEntryPurpose = "custody ledger entry 1";
constexpr std::uint64_t kEntryFormat = 1;

struct OperationName {
    Operation operation;
    std::string_view name;
};
constexpr std::array<OperationName, 10> kOperationNames = {{{Operation::init, "init"},
                                                            {Operation::add, "add"},
                                                            {Operation::copy, "copy"},
                                                            {Operation::repair, "repair"},
                                                            {Operation::forget, "forget"},
                                                            {Operation::prune, "prune"},
                                                            {Operation::hold, "hold"},
                                                            {Operation::release, "release"},
                                                            {Operation::destroy_label, "destroy-label"},
                                                            {Operation::checkpoint, "checkpoint"}}};

Error malformed_entry(std::string_view why) { return {Code::corrupt, say("ledger entry: {}", why)}; }

Result<Operation> parse_operation(std::string_view name) {
    for (const OperationName& each : kOperationNames) {
        if (each.name == name) return each.operation;
    }
    return malformed_entry("unknown operation");
}

// The array under `key`; every record of this format has it, be it empty.
Result<const Json*> array_field(const Json& body, const char* key) {
    const auto found = body.find(key);
    if (found == body.end() || !found->is_array())
        return malformed_entry(std::string("field '") + key + "' is missing or no list");
    return &*found;
}

Result<std::vector<ObjectId>> read_snapshots(const Json& body) {
    TRY_ASSIGN(const Json* list, array_field(body, "snapshots"));
    std::vector<ObjectId> ids;
    for (const Json& item : *list) {
        const auto id = item.is_string() ? ObjectId::from_hex(item.get_ref<const std::string&>()) : std::nullopt;
        if (!id) return malformed_entry("a snapshot id is malformed_entry");
        ids.push_back(*id);
    }
    return ids;
}

Result<std::vector<ObjectInfo>> read_added(const Json& body) {
    TRY_ASSIGN(const Json* list, array_field(body, "added"));
    std::vector<ObjectInfo> added;
    for (const Json& item : *list) {
        if (!item.is_object()) return malformed_entry("an added object is malformed_entry");
        ObjectInfo info;
        TRY_ASSIGN(info.name, json_text(item, "name", "ledger entry"));
        TRY_ASSIGN(info.size, json_number(item, "size", "ledger entry"));
        added.push_back(std::move(info));
    }
    return added;
}

Result<std::vector<std::string>> read_removed(const Json& body) {
    TRY_ASSIGN(const Json* list, array_field(body, "removed"));
    std::vector<std::string> removed;
    for (const Json& item : *list) {
        if (!item.is_string()) return malformed_entry("a removed object is malformed_entry");
        removed.push_back(item.get<std::string>());
    }
    return removed;
}

Json body_of(const LedgerEntry& entry, const VaultId& vault) {
    Json body = {{"format", kEntryFormat},
                 {"vault", vault.hex()},
                 {"n", entry.n},
                 {"previous", entry.previous.hex()},
                 {"time", to_rfc3339_utc(entry.time)},
                 {"operation", std::string(operation_name(entry.operation))},
                 {"snapshots", Json::array()},
                 {"added", Json::array()},
                 {"removed", entry.removed},
                 {"details", entry.details}};
    for (const ObjectId& id : entry.snapshots) body["snapshots"].push_back(id.hex());
    for (const ObjectInfo& info : entry.added) body["added"].push_back({{"name", info.name}, {"size", info.size}});
    return body;
}

}  // namespace

std::string_view operation_name(Operation operation) {
    for (const OperationName& each : kOperationNames) {
        if (each.operation == operation) return each.name;
    }
    return "?";
}

Result<Bytes> encode(const LedgerEntry& entry, const VaultId& vault, const Secret& signing_seed) {
    return sign_record(body_of(entry, vault), kEntryPurpose, signing_seed);
}

Result<DecodedEntry> decode_ledger_entry(ByteView bytes) {
    TRY_ASSIGN(const SignedRecord record, open_record(bytes, kEntryPurpose, kMaxLedgerEntrySize));
    const Json& body = record.body;
    if (!body.is_object()) return malformed_entry("not an object");
    DecodedEntry decoded;
    LedgerEntry& entry = decoded.entry;
    TRY_ASSIGN(const std::uint64_t format, json_number(body, "format", "ledger entry"));
    if (format != kEntryFormat) return Error{Code::usage, say("this ledger needs Custody that reads format {}", format)};
    TRY_ASSIGN(decoded.vault, json_id<VaultId>(body, "vault", "ledger entry"));
    TRY_ASSIGN(entry.n, json_number(body, "n", "ledger entry"));
    TRY_ASSIGN(entry.previous, json_id<Digest>(body, "previous", "ledger entry"));
    TRY_ASSIGN(const std::string time, json_text(body, "time", "ledger entry"));
    const auto parsed = parse_time(time);
    // One time has one spelling: what was signed is what is shown.
    if (!parsed.ok() || to_rfc3339_utc(*parsed) != time) return malformed_entry("the time is malformed_entry");
    entry.time = *parsed;
    TRY_ASSIGN(const std::string operation, json_text(body, "operation", "ledger entry"));
    TRY_ASSIGN(entry.operation, parse_operation(operation));
    TRY_ASSIGN(entry.snapshots, read_snapshots(body));
    TRY_ASSIGN(entry.added, read_added(body));
    TRY_ASSIGN(entry.removed, read_removed(body));
    const auto details = body.find("details");
    if (details == body.end() || !details->is_object()) return malformed_entry("field 'details' is missing or no object");
    entry.details = *details;
    entry.signer = record.signer;
    return decoded;
}

}  // namespace custody
