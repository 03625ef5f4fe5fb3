// An open vault: store, header, ledger and keyring together. What every command starts from.
//
// Ownership: refers to file system, clock and keyring, which outlive it; owns the store. Threads: one thread; the store may be
// shared with workers. Errors: not_found, usage (not a vault, newer format), corrupt, wrong_key (a vault of another family).
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "vault/history/ledger.h"
#include "vault/history/snapshot.h"
#include "vault/keys/keyring.h"
#include "vault/packs/index.h"
#include "vault/store/object_store.h"
#include "vault/store/vault_header.h"

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace custody {

struct ClockState {
    bool behind_floor = false;  // now is more than 5 minutes before the floor: backups are marked, forget wants --clock-is-right
    bool far_ahead = false;     // now is more than 40 days after the floor: forget wants --clock-is-right
    Time now, floor;
};

struct OpenOptions {
    // For commands that only read: a ledger or header that is damaged is salvaged as far as it goes, ledger_damage() says what is
    // wrong, and publish() refuses. Without it such a vault is Code::corrupt.
    bool tolerate_damage = false;
    // That vault is at hand in another place: whatever a replaced file says, this is not it.
    std::optional<VaultId> elsewhere = std::nullopt;
};

class Repository {
public:
    // A new vault of the keyring's family: folders, reserve, header, ledger entry 1.
    static Result<Repository> create(FileSystem& files, const Clock& clock, const std::string& reference, Keyring& keyring);
    // The same in a store that is given and empty.
    static Result<Repository> create_in(std::unique_ptr<ObjectStore> store, const Clock& clock, Keyring& keyring);
    // `keyring` null: keyless (verify --keyless, restore by kit later). Head compared with the remembered one; `head_witnessed`
    // says whether there was one.
    static Result<Repository> open(FileSystem& files, const Clock& clock, const std::string& reference, Keyring* keyring,
                                   OpenOptions options = {});
    // For tests and verify: over a given store.
    static Result<Repository> open_store(std::unique_ptr<ObjectStore> store, const Clock& clock, Keyring* keyring,
                                         OpenOptions options = {});

    [[nodiscard]] ObjectStore& store() const { return *store_; }
    [[nodiscard]] const VaultHeader& header() const { return header_; }
    [[nodiscard]] Ledger& ledger() { return *ledger_; }
    [[nodiscard]] const LedgerState& state() const { return ledger_->state(); }
    [[nodiscard]] Keyring* keyring() const { return keyring_; }
    [[nodiscard]] const Clock& clock() const { return *clock_; }
    [[nodiscard]] bool head_witnessed() const { return head_witnessed_; }
    [[nodiscard]] const std::vector<LedgerDamage>& ledger_damage() const { return ledger_damage_; }
    // The remembered head that this ledger, sound in itself, does not reach; ledger_damage() says so in words.
    [[nodiscard]] const std::optional<RememberedHead>& lost_head() const { return lost_head_; }
    // A person accepts that the vault went back and ends at entry `n`: entered in the ledger, then this head is remembered. For a
    // vault opened with tolerate_damage. usage: it did not go back, or ends elsewhere; corrupt: something else is damaged too.
    [[nodiscard]] Status accept_rollback(std::uint64_t n);
    [[nodiscard]] ClockState clock_state() const;
    // Header and ledger are read again, as with tolerate_damage: after a repair of the ledger's files.
    [[nodiscard]] Status reload();
    // Writes vault.json again as ledger entry 1 keeps it. False: it was sound. For repair of a vault opened with tolerate_damage.
    [[nodiscard]] Result<bool> heal_header();

    // Publishes and remembers the head. A time of zero is filled in with now. That the head could not be remembered does not
    // undo what was published: it is told by take_warnings().
    [[nodiscard]] Result<LedgerEntry> publish(LedgerEntry draft, const Ledger::Check& still_valid);
    [[nodiscard]] std::vector<std::string> take_warnings() { return std::exchange(warnings_, {}); }

    // Live snapshots of labels whose writer keys are here, oldest first (`is_older`); others are counted in `unreadable`.
    struct Listed {
        Snapshot snapshot;
        LedgerSnapshot ledger;
    };
    struct DamagedSnapshot {
        ObjectId id;
        LedgerSnapshot ledger;
        Error error;
    };
    // Snapshots whose object is damaged or missing go to `damaged`; where that is null, the first of them is the error.
    [[nodiscard]] Result<std::vector<Listed>> snapshots(std::size_t* unreadable = nullptr,
                                                        std::vector<DamagedSnapshot>* damaged = nullptr);
    [[nodiscard]] Result<Snapshot> read_snapshot(const ObjectId& id);
    // The live snapshot that an id or a prefix of at least 6 hex digits names, also when its record is lost. not_found; usage:
    // too short, no id, ambiguous (lists them).
    [[nodiscard]] Result<ObjectId> find_id(std::string_view prefix) const;
    // id, prefix of at least 6 hex digits, `latest`, `latest:NAME`, `NAME@time`. A date means the newest within that day, a time
    // the newest at or before it, to the precision it is given in. not_found; usage: ambiguous (lists them).
    // `other_labels`: filled with the labels under which further snapshots have the chosen one's name, where it was chosen by
    // name.
    [[nodiscard]] Result<Listed> find_snapshot(std::string_view reference, std::set<std::string>* other_labels = nullptr);
    [[nodiscard]] bool signer_trusted(const SignerId& signer) const;

private:
    Repository() = default;
    Status read_header(bool tolerate_damage);
    Status salvage_header(const VaultId& vault, std::string problem);
    Status read_ledger(bool tolerate_damage);
    Status salvage_ledger(const std::optional<RememberedHead>& expected);
    Status check_family() const;
    void remember_head();
    void recognise_custodians();
    void remember_destroyed_labels();
    void forget_unfounded_marks();
    void warn_of_strangers();
    void warn_of_released_holds();

    std::unique_ptr<ObjectStore> store_;
    VaultHeader header_;
    Digest header_digest_;
    std::unique_ptr<Ledger> ledger_;
    Keyring* keyring_ = nullptr;
    const Clock* clock_ = nullptr;
    bool head_witnessed_ = false;
    std::optional<RememberedHead> lost_head_;
    std::optional<VaultId> elsewhere_;
    std::vector<LedgerDamage> ledger_damage_;
    std::vector<std::string> warnings_;
};

// A snapshot in one line for messages: "config/etc 2026-11-03T02:00:00+07:00 (12ab34cd)".
[[nodiscard]] std::string describe(const Snapshot& snapshot);

// wrong_key, naming the family whose keyring would open the vault.
[[nodiscard]] Error wrong_family(const std::string& location, const FamilyId& family, const Keyring& keyring);

}  // namespace custody
