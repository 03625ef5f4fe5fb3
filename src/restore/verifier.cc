#include "restore/verifier.h"

#include "base/text.h"
#include "restore/verification.h"
#include "vault/object_check.h"
#include "vault/store/session.h"
#include "vault/store/vault_header.h"

namespace custody {
namespace {

constexpr std::uint64_t kMaxHeaderSize = 64 * 1024;

// What prune or forget took away while this ran is no damage.
Status settle(Verification& run) {
    if (!run.ledger_sound || run.book.empty()) return done();
    const std::set<std::string> before = [&] {
        std::set<std::string> names;
        for (const auto& [name, size] : run.state().objects) {
            if (run.book.names(name)) names.insert(name);
        }
        return names;
    }();
    TRY(run.ledger->refresh());
    run.book.drop_if([&](const std::string& object) { return before.contains(object) && !run.state().objects.contains(object); });
    return done();
}

Result<VerifyResult> run_verification(VerifySubject subject, const VerifyOptions& options, Progress& progress,
                                      const StopFlag& stop) {
    Verification run(std::move(subject), options, progress, stop);
    run.result.level = options.level;
    TRY(check_keys_suffice(run));
    // So that prune leaves alone what this run reads. A medium that takes no session file is not being pruned either.
    auto session = Session::begin(run.store());
    if (!session.ok() && session.error().code == Code::interrupted) return session.error();
    TRY(check_ledger(run));
    TRY(check_objects(run));
    TRY(check_labels(run));
    if (options.level != VerifyLevel::keyless) {
        if (run.reads_packs()) {
            TRY(find_packs_in_question(run));
            TRY(check_packs(run));
        }
        TRY(check_reachability(run));
    }
    TRY(settle(run));
    run.result.damaged = run.book.take(run.result.notes);
    return std::move(run.result);
}

// The id of a vault whose header does not say it: the ledger's entries do, each signed.
Result<VaultId> vault_id_of_ledger(ObjectStore& store) {
    TRY_ASSIGN(const std::vector<ObjectInfo> entries, store.list("ledger"));
    for (const ObjectInfo& entry : entries) {
        const auto bytes = store.get(entry.name, kMaxLedgerEntrySize);
        if (!bytes.ok()) continue;
        const auto decoded = decode_ledger_entry(*bytes);
        if (decoded.ok()) return decoded->vault;
    }
    return Error{Code::corrupt,
                 say("{}: neither the header nor any ledger entry can be read; nothing here tells which vault this was",
                     store.location())};
}

Result<VaultId> vault_id_of(ObjectStore& store, const Keyring* keyring) {
    const auto bytes = store.get("vault.json", kMaxHeaderSize);
    if (bytes.ok()) {
        const auto header = decode_vault_header(*bytes);
        if (!header.ok() && header.error().code == Code::usage) return header.error();
        if (header.ok() && keyring && header->family != keyring->family()) {
            return Error{Code::refused, say("{} belongs to another family of vaults than this keyring", store.location())};
        }
        // The header may have been swapped for another vault's; the ledger, signed entry by entry, decides.
        if (header.ok()) {
            const auto by_ledger = vault_id_of_ledger(store);
            return by_ledger.ok() ? *by_ledger : header->vault;
        }
    } else if (!is_damage(bytes.error())) {
        return bytes.error();
    }
    return vault_id_of_ledger(store);
}

}  // namespace

Result<VerifyResult> verify(Repository& repository, const VerifyOptions& options, Progress& progress, const StopFlag& stop) {
    VerifySubject subject;
    subject.store = &repository.store();
    subject.vault = repository.header().vault;
    subject.keyring = repository.keyring();
    subject.head = repository.ledger().head();
    subject.head_witnessed = repository.head_witnessed();
    return run_verification(std::move(subject), options, progress, stop);
}

Result<VerifyResult> verify_location(FileSystem& files, const std::string& reference, Keyring* keyring,
                                     const VerifyOptions& options, Progress& progress, const StopFlag& stop) {
    TRY_ASSIGN(const std::string path, parse_vault_reference(reference));
    TRY_ASSIGN(const std::unique_ptr<ObjectStore> store, open_local_store(files, path));
    VerifySubject subject;
    subject.store = store.get();
    subject.keyring = keyring;
    TRY_ASSIGN(subject.vault, vault_id_of(*store, keyring));
    if (keyring) {
        TRY_ASSIGN(subject.head, keyring->remembered_head(subject.vault));
    }
    subject.head_witnessed = subject.head.has_value();
    return run_verification(std::move(subject), options, progress, stop);
}

}  // namespace custody
