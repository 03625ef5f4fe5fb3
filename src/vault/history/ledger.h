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
#include <utility>
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
    // Operation's own: {"until","reason"} of a hold, {"lost": [{"snapshot","label"}]} of a forget, {"label", "begun",
    // "outstanding"} of a destroy, {"header", "header_text"} (SHA-256 and content of vault.json, "witnessed": true) of an init,
    // {"clock": "behind"} where the writer's clock was before the floor, {"clock": "right"} of a forget where a person said that
    // it is right, {"label", "order"} of what adds a snapshot, {"healed": [name], "damaged": [pack]} of a repair.
    Json details = Json::object();
    SignerId signer;
};

// What the entries add up to.
struct HoldState {
    std::string reason;
    std::optional<Time> until;  // none: until released
    Time since;
    std::set<SignerId> by;  // who laid it, and who laid more on it
};
// Who ended a hold and had laid no part of it. Whether he may is the reader's question: a custodian may.
struct ReleaseByOther {
    std::uint64_t n = 0;  // of the entry
    SignerId signer;
};
struct LedgerSnapshot {
    std::uint64_t sequence = 0;  // n of the entry that added it (here)
    Time added;
    Time order;  // which of two is newer, here and wherever it was copied to: next_order() of where it was made
    std::uint64_t size = 0;
    std::optional<HoldState> hold;
    std::optional<LabelId> label;  // as its entry says; entries of early versions do not
};
// A snapshot whose record was lost or damaged when it was forgotten: only the ledger remembers it.
struct LostSnapshot {
    std::uint64_t n = 0;  // of the entry that forgot it
    Time forgotten;
    LedgerSnapshot was;
    std::optional<LabelId> label;  // as far as it could be told
};
// That a label was destroyed, as the first entry of one signer says.
struct DestructionClaim {
    std::uint64_t n = 0;
    Digest hash;  // of the entry's file
    Time time;
};
// What a signer whose own keys of a label are gone says, last, of the copies of its keys that he knows of.
struct DestructionWord {
    Time time;
    std::optional<std::uint64_t> copies;  // kits, pages and exports that are outstanding; none: he does not say (early versions)
    std::set<SignerId> keyrings;          // others that had not said so when he did
};
struct LedgerState {
    std::uint64_t n = 0;                           // head
    Digest head;                                   // SHA-256 of the head entry's file
    std::optional<Digest> header;                  // SHA-256 of vault.json, as entry 1 says
    Time latest;                                   // the latest time of any entry
    Time floor;                                    // of the clock: the same, but begun anew where a person vouched for the clock
    Time latest_order;                             // of any snapshot ever added
    std::map<std::string, std::uint64_t> objects;  // live: name -> size (vault.json, packs, index, snapshots)
    std::map<ObjectId, LedgerSnapshot> snapshots;  // live
    std::set<ObjectId> forgotten;
    std::map<ObjectId, LostSnapshot> lost;  // of the forgotten; one that a copy brings back is lost no more
    // Since when, by the word of `custodians`; anybody's where nobody said whose word counts (a reader without a keyring).
    std::map<LabelId, Time> destroyed_labels;
    std::map<LabelId, std::map<SignerId, DestructionClaim>> destruction_claims;  // whoever signed them
    std::map<LabelId, std::map<SignerId, DestructionWord>> label_destroyers;     // who says that his own keys of it are gone
    std::map<ObjectId, ReleaseByOther> releases_by_others;                       // of snapshots that were not held again since
    std::optional<std::set<SignerId>> custodians;                                // recognise_custodians()
    bool witnessed = false;  // entry 1 promises a witness of every entry before the newest (vault/history/witness.h)
    // By whom, and up to which entry, it was accepted that newest entries are lost; whether he may is the reader's question.
    std::map<SignerId, std::uint64_t> accepted_rollbacks;
    // Live packs that a repair proved bad and nobody healed since, with n of its entry: no writer relies on them, and readers ask
    // them last. Which entry was the last to name any, also one that is gone or healed by now; 0: none.
    std::map<ObjectId, std::uint64_t> damaged_packs;
    std::uint64_t last_damage = 0;
};

struct RememberedHead {
    std::uint64_t n = 0;
    Digest hash;
};

// One object of a ledger that does not replay.
struct LedgerDamage {
    std::string object;
    std::string problem;
};

class Ledger {
public:
    // Replays everything: gaps, bad links, bad signatures, a wrong vault id, removal of what was never added: corrupt.
    // `expected`: a head remembered elsewhere; a shorter ledger or another hash at that n is corrupt, "rolled back or cut".
    static Result<Ledger> load(ObjectStore& store, const VaultId& vault, std::optional<RememberedHead> expected);
    // For reading what is left of a vault whose ledger is damaged: every entry that can be read is taken at its word, what
    // contradicts is listed. What cannot be read is taken from the vault's own witness, where that follows on. Such a ledger must
    // not be published to.
    static Result<Ledger> salvage(ObjectStore& store, const VaultId& vault, std::vector<LedgerDamage>& damage);

    [[nodiscard]] const LedgerState& state() const { return state_; }
    // From now on, and of what was read before: see recognise_custodians() below.
    void recognise(std::set<SignerId> custodians);
    [[nodiscard]] RememberedHead head() const { return {state_.n, state_.head}; }
    // Entries published by others since are read in.
    [[nodiscard]] Status refresh();
    // Signs and publishes `draft` (n, previous and signer are filled in here). Before each attempt calls `still_valid` (may be
    // null) with the state it builds on; an error ends the attempt. On a lost race refreshes, signs again and retries.
    // Durable when it returns. Returns the entry as published; failed: the entry would contradict the ledger, or take away the
    // record of a snapshot that stays live (which a reader bears: verification tells of it). The witness of the
    // entry before is durable first; that of the new one is written without waiting for its name to be durable, and its failure
    // is told by take_warning(): the next run makes up for it.
    using Check = std::function<Status(const LedgerState& now, LedgerEntry& draft)>;
    [[nodiscard]] Result<LedgerEntry> publish(LedgerEntry draft, const Secret& signing_seed, const Check& still_valid);
    // Of the last publish; empty: none.
    [[nodiscard]] std::string take_warning() { return std::exchange(warning_, {}); }
    // SHA-256 of entry n's file; none where it could not be read, or there is none.
    [[nodiscard]] std::optional<Digest> digest_of(std::uint64_t n) const;
    // Signers seen, with the first entry of each.
    [[nodiscard]] const std::map<SignerId, std::uint64_t>& signers() const { return signers_; }

private:
    Ledger(ObjectStore& store, VaultId vault) : store_(&store), vault_(vault) {}
    Status apply(const LedgerEntry& entry, const Digest& hash);
    Result<bool> read_next();  // false: there is none
    void take(const LedgerEntry& entry, const Digest& hash);
    bool take_witness(std::uint64_t n);
    Status settle_witness();
    Status check_cut();
    ObjectStore* store_;
    VaultId vault_;
    LedgerState state_;
    std::map<SignerId, std::uint64_t> signers_;
    std::map<std::uint64_t, Digest> digests_;  // of the entries' files
    std::string warning_;
};

// The order of a snapshot whose run began at `began`, when the ledger stood so: that time, or just after everything before it
// where the clock was set back. So what is newer stays newer whatever a clock said, and in whatever order copies are made.
[[nodiscard]] Time next_order(const LedgerState& state, Time began);
// Older than the other; the entries' sequence decides between equals.
[[nodiscard]] bool is_older(const LedgerSnapshot& a, const LedgerSnapshot& b);
// What keeps `entry` from following on `state`, in words; nothing when it may.
[[nodiscard]] std::optional<std::string> contradiction(const LedgerState& state, const LedgerEntry& entry);
// Precondition: no contradiction (or a salvage that knows). `hash`: of the entry's file.
void absorb(LedgerState& state, const LedgerEntry& entry, const Digest& hash);
// Only what these signers say of a label's destruction counts, also of entries absorbed later. Everybody can sign an entry, and
// whoever writes to a vault holds a key that others know: the end of a label is the custodians' to declare.
void recognise_custodians(LedgerState& state, std::set<SignerId> custodians);
// Of a `destroy-label` entry that ends a destruction.
void set_destruction_word(LedgerEntry& entry, std::uint64_t copies, const std::set<SignerId>& keyrings);
// The hold that an entry of operation `hold` lays: details {"reason": text, "until": RFC 3339 or absent}.
[[nodiscard]] Result<HoldState> hold_of(const LedgerEntry& entry);
[[nodiscard]] std::set<ObjectId> known_damaged(const LedgerState& state);  // for Index::ask_last
// Held at that time: a hold with `until` in the past is over.
[[nodiscard]] bool is_held(const LedgerSnapshot& snapshot, Time at);

// A first backup of 10 TB names 250,000 packs in 30 MB.
inline constexpr std::uint64_t kMaxLedgerEntrySize = 256ull * 1024 * 1024;
[[nodiscard]] Result<Bytes> encode(const LedgerEntry& entry, const VaultId& vault, const Secret& signing_seed);
struct DecodedEntry {
    LedgerEntry entry;
    VaultId vault;
};
[[nodiscard]] Result<DecodedEntry> decode_ledger_entry(ByteView bytes);
[[nodiscard]] std::string_view operation_name(Operation operation);  // "destroy-label"

}  // namespace custody
