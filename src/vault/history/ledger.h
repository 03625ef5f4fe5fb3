// The ledger: the numbered, hash-chained, signed, clear-text history of a vault; what a vault holds is what it says.
//
// ledger/<16 digits>: signed record (base/records), purpose "custody ledger entry 1". Publishing an entry by exclusive
// creation is the moment an operation is done. Threads: a Ledger is used by one thread; publish() is safe between processes.
// Errors: corrupt names the entry and what contradicts what; busy after 100 lost races.
#pragma once

#include "base/clock.h"
#include "base/crypto.h"
#include "base/ids.h"
#include "base/records/canonical_json.h"
#include "base/result.h"
#include "vault/store/object_store.h"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace custody {

enum class Operation { init, add, copy, repair, forget, prune, hold, release, destroy_label, checkpoint };

struct LedgerEntry {
    std::uint64_t n = 0;
    Digest previous;  // SHA-256 of entry n-1's file; zero for n = 1
    Time time;
    Operation operation = Operation::add;
    std::vector<ObjectId> snapshots;   // added, forgotten, held ...
    std::vector<ObjectInfo> added;     // every object name that this operation made part of the vault, with its size
    std::vector<std::string> removed;  // every object name that it took away
    Json details = Json::object();     // operation's own: {"until","reason"} of a hold, {"label"} of a destroy, clock mark
    SignerId signer;
};

// What the entries add up to.
struct HoldState {
    std::string reason;
    std::optional<Time> until;  // none: until released
    Time since;
};
struct LedgerSnapshot {
    std::uint64_t sequence = 0;  // n of the entry that added it (here)
    Time added;
    std::uint64_t size = 0;
    std::optional<HoldState> hold;
};
struct LedgerState {
    std::uint64_t n = 0;                           // head
    Digest head;                                   // SHA-256 of the head entry's file
    Time latest;                                   // the latest time of any entry: part of the clock floor
    std::map<std::string, std::uint64_t> objects;  // live: name -> size (vault.json, packs, index, snapshots)
    std::map<ObjectId, LedgerSnapshot> snapshots;  // live
    std::set<ObjectId> forgotten;
    std::set<LabelId> destroyed_labels;
};

struct RememberedHead {
    std::uint64_t n = 0;
    Digest hash;
};

class Ledger {
public:
    // Replays everything: gaps, bad links, bad signatures, a wrong vault id, removal of what was never added: corrupt.
    // `expected`: a head remembered elsewhere; a shorter ledger or another hash at that n is corrupt, "rolled back or cut".
    static Result<Ledger> load(ObjectStore& store, const VaultId& vault, std::optional<RememberedHead> expected);

    [[nodiscard]] const LedgerState& state() const { return state_; }
    [[nodiscard]] RememberedHead head() const { return {state_.n, state_.head}; }
    // Entries published by others since are read in.
    [[nodiscard]] Status refresh();
    // Signs and publishes `draft` (n, previous and signer are filled in here). On a lost race refreshes, calls `still_valid`
    // with the new state (an error ends the attempt), signs again and retries. Returns the entry as published.
    using Check = std::function<Status(const LedgerState&)>;
    [[nodiscard]] Result<LedgerEntry> publish(LedgerEntry draft, const Secret& signing_seed, const Check& still_valid);
    // Signers seen, with the first entry of each.
    [[nodiscard]] const std::map<SignerId, std::uint64_t>& signers() const { return signers_; }

private:
    Ledger(ObjectStore& store, VaultId vault) : store_(&store), vault_(vault) {}
    Status apply(const LedgerEntry& entry, const Digest& hash);
    ObjectStore* store_;
    VaultId vault_;
    LedgerState state_;
    std::map<SignerId, std::uint64_t> signers_;
};

[[nodiscard]] Result<Bytes> encode(const LedgerEntry& entry, const VaultId& vault, const Secret& signing_seed);
struct DecodedEntry {
    LedgerEntry entry;
    VaultId vault;
};
[[nodiscard]] Result<DecodedEntry> decode_ledger_entry(ByteView bytes);
[[nodiscard]] std::string_view operation_name(Operation operation);  // "destroy-label"

}  // namespace custody
