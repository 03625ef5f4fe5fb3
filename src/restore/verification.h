// The parts of one verification and what they share. Only verifier*.cc include this.
//
// Order: ledger -> objects -> labels (snapshots, indexes) -> packs -> reachability -> settle. Each part adds to the book of
// damage; only what ends the run is an error. Threads: one, with a pool of workers inside the parts that read much.
#pragma once

#include "restore/damage_book.h"
#include "restore/verifier.h"
#include "vault/pack_health.h"
#include "vault/packs/pack_reader.h"

#include <map>
#include <memory>
#include <optional>
#include <set>

namespace custody {

// What is verified: a store, and what is known about it beforehand.
struct VerifySubject {
    ObjectStore* store = nullptr;
    VaultId vault;
    Keyring* keyring = nullptr;          // null: keyless
    std::optional<RememberedHead> head;  // what the ledger must reach
    bool head_witnessed = false;         // `head` was remembered before this run opened the vault
};

// A label whose writer keys are here.
struct LabelUnderCheck {
    std::shared_ptr<const WriterKeys> keys;
    std::shared_ptr<const LabelSecrets> secrets;  // null: not unlocked here
    std::unique_ptr<SegmentOpener> opener;
    std::unique_ptr<Index> index;
    std::vector<Snapshot> snapshots;  // those asked for
};

struct Verification {
    Verification(VerifySubject the_subject, const VerifyOptions& the_options, Progress& the_progress, const StopFlag& the_stop)
        : subject(std::move(the_subject)), options(the_options), progress(the_progress), stop(the_stop) {}

    VerifySubject subject;
    const VerifyOptions& options;
    Progress& progress;
    const StopFlag& stop;

    std::optional<Ledger> ledger;
    bool ledger_sound = true;
    bool is_steady = false;  // what is looked at stands as the ledger has stood since the look before
    bool losses_confirmed = false;
    std::set<std::string> named;  // by the ledger, at any time of this run
    VerifyResult result;
    DamageBook book;
    std::map<std::string, std::string> unopened;  // objects that this user may not read: why
    PackHealth health;
    WrongEntries wrong;
    std::map<std::string, std::uint64_t> listed;  // objects in the store: name -> size
    std::map<LabelId, LabelUnderCheck> labels;
    std::set<ObjectId> packs_in_question;  // of the snapshots asked for; empty with `all_packs`
    bool all_packs = true;
    std::map<SignerId, std::string> signers;  // seen, and where first

    [[nodiscard]] ObjectStore& store() const { return *subject.store; }
    [[nodiscard]] const LedgerState& state() const { return ledger->state(); }
    [[nodiscard]] bool is_destroyed(const LabelId& label) const;
    [[nodiscard]] bool reads_packs() const { return options.level == VerifyLevel::full || options.level == VerifyLevel::sample; }
    void note(std::string text) { result.notes.push_back(std::move(text)); }
    // Into the book, or, where the reason is that this user may not read it, among the unopened.
    void report(const std::string& object, const Error& why, const std::string& problem);
    void saw_signer(const SignerId& signer, const std::string& where) { signers.try_emplace(signer, where); }
    void remember_named();
    // There, and what the ledger names: what it does not name nobody may rely on, for prune takes it. A damaged ledger cannot
    // tell.
    void add_present(const std::string& object);
    // Reads the ledger, the list of packs and the indexes again.
    [[nodiscard]] Status catch_up();
};

// verifier_objects.cc
[[nodiscard]] Status check_ledger(Verification& run);
[[nodiscard]] Status check_objects(Verification& run);
// verifier_labels.cc
[[nodiscard]] Status check_keys_suffice(const Verification& run);
[[nodiscard]] Status check_labels(Verification& run);
// verifier_packs.cc; the blocks themselves
[[nodiscard]] Status check_packs(Verification& run);
// verifier_reach.cc
[[nodiscard]] Status find_packs_in_question(Verification& run);
[[nodiscard]] Status check_reachability(Verification& run);
// verifier_locked.cc; what of the snapshots lies only under keys that are not here
[[nodiscard]] Status name_locked(Verification& run);

}  // namespace custody
