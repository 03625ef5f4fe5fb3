// An open vault: store, header, ledger and keyring together. What every command starts from.
//
// Ownership: refers to file system, clock and keyring, which outlive it; owns the store. Threads: one thread; the store may be
// shared with workers. Errors: not_found, usage (not a vault, newer format), corrupt, refused (a vault of another family).
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
#include <string>
#include <string_view>
#include <vector>

namespace custody {

struct ClockState {
    bool behind_floor = false;  // now is more than 5 minutes before the floor: backups are marked, forget refuses
    bool far_ahead = false;     // now is more than 40 days after the floor: forget wants --clock-is-right
    Time now, floor;
};

class Repository {
public:
    // A new vault of the keyring's family: folders, reserve, header, ledger entry 1.
    static Result<Repository> create(FileSystem& files, const Clock& clock, const std::string& reference, Keyring& keyring);
    // `keyring` null: keyless (verify --keyless, restore by kit later). Head compared with the remembered one; `head_witnessed`
    // says whether there was one.
    static Result<Repository> open(FileSystem& files, const Clock& clock, const std::string& reference, Keyring* keyring);
    // For tests and verify: over a given store.
    static Result<Repository> open_store(std::unique_ptr<ObjectStore> store, const Clock& clock, Keyring* keyring);

    [[nodiscard]] ObjectStore& store() const { return *store_; }
    [[nodiscard]] const VaultHeader& header() const { return header_; }
    [[nodiscard]] Ledger& ledger() { return *ledger_; }
    [[nodiscard]] const LedgerState& state() const { return ledger_->state(); }
    [[nodiscard]] Keyring* keyring() const { return keyring_; }
    [[nodiscard]] const Clock& clock() const { return *clock_; }
    [[nodiscard]] bool head_witnessed() const { return head_witnessed_; }
    [[nodiscard]] ClockState clock_state() const;

    // Publishes and remembers the head.
    [[nodiscard]] Result<LedgerEntry> publish(LedgerEntry draft, const Ledger::Check& still_valid);

    // Live snapshots of labels whose writer keys are here, oldest (lowest sequence) first; others are counted in `unreadable`.
    struct Listed {
        Snapshot snapshot;
        LedgerSnapshot ledger;
    };
    [[nodiscard]] Result<std::vector<Listed>> snapshots(std::size_t* unreadable = nullptr);
    [[nodiscard]] Result<Snapshot> read_snapshot(const ObjectId& id);
    // id, prefix of at least 6 hex digits, `latest`, `latest:NAME`, `NAME@time`. not_found; usage: ambiguous (lists them).
    [[nodiscard]] Result<Listed> find_snapshot(std::string_view reference);
    [[nodiscard]] bool signer_trusted(const SignerId& signer) const;

private:
    Repository() = default;
    std::unique_ptr<ObjectStore> store_;
    VaultHeader header_;
    std::unique_ptr<Ledger> ledger_;
    Keyring* keyring_ = nullptr;
    const Clock* clock_ = nullptr;
    bool head_witnessed_ = false;
};

}  // namespace custody
