#include "restore/verifier.h"

#include "base/text.h"
#include "restore/verification.h"
#include "vault/object_check.h"
#include "vault/store/local_store.h"
#include "vault/store/session.h"
#include "vault/store/vault_header.h"
#include "vault/vault_identity.h"

namespace custody {
namespace {

// What the ledger named while this ran, and no longer names at its end, prune took away: that is no damage; an index
// segment does harm as long as it is there. Of what no entry ever named (a run crashed) nobody needs anything. But the record of
// a live snapshot must be there whatever entries say, and what was found lost while the ledger stood still is lost: it goes down
// to the snapshots that need it.
Status settle(Verification& run) {
    if (!run.ledger_sound || run.book.empty()) return done();
    TRY(run.ledger->refresh());
    const auto is_settled = [&](const std::string& object) {
        const auto id = id_in_name(object);
        if (!id || run.state().objects.contains(object)) return false;
        if (object_kind(object) == "snapshot") return !run.state().snapshots.contains(*id);
        if (object_kind(object) == "index") return !run.store().info(object).ok();
        return run.named.contains(object) || !run.book.affects_any(object);
    };
    const auto still_live = [&](const std::string& snapshot) {
        const auto id = ObjectId::from_hex(snapshot);
        return id && run.state().snapshots.contains(*id);
    };
    if (run.losses_confirmed) run.book.move_losses_to_snapshots(is_settled, still_live);
    run.book.drop_if(is_settled);
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
        if (run.result.locked_packs != 0) TRY(name_locked(run));
    }
    TRY(settle(run));
    run.result.damaged = run.book.take(run.result.notes);
    for (const auto& [object, why] : run.unopened) run.result.unopened.push_back({object, why});
    return std::move(run.result);
}

// A header that was swapped for a foreign one is damage, not a reason to refuse.
Status check_family(ObjectStore& store, const VaultId& vault, const Keyring& keyring) {
    const auto bytes = store.get("vault.json", kMaxHeaderBytes);
    if (!bytes.ok()) return done();
    const auto header = decode_vault_header(*bytes);
    if (!header.ok() || header->vault != vault || header->family == keyring.family()) return done();
    return wrong_family(store.location(), header->family, keyring);
}

}  // namespace

void Verification::report(const std::string& object, const Error& why, const std::string& problem) {
    if (why.code != Code::denied) return book.report(object, problem);
    unopened.try_emplace(object, why.message);
}

Result<VerifyResult> verify(Repository& repository, const VerifyOptions& options, Progress& progress, const StopFlag& stop) {
    VerifySubject subject;
    subject.store = &repository.store();
    subject.vault = repository.header().vault;
    subject.keyring = repository.keyring();
    // A ledger that had to be salvaged is compared with what was remembered, one that replayed with what it was when opened.
    if (repository.ledger_damage().empty()) {
        subject.head = repository.ledger().head();
    } else if (subject.keyring) {
        TRY_ASSIGN(subject.head, subject.keyring->remembered_head(subject.vault));
    }
    subject.head_witnessed = repository.head_witnessed();
    return run_verification(std::move(subject), options, progress, stop);
}

Result<VerifyResult> verify_location(FileSystem& files, const std::string& reference, Keyring* keyring,
                                     const VerifyOptions& options, Progress& progress, const StopFlag& stop) {
    TRY_ASSIGN(const std::string path, parse_vault_reference(reference));
    auto opened = open_local_store(files, path);
    if (!opened.ok() && opened.error().code != Code::corrupt) return std::move(opened).error();
    // Without its header it is still worth looking at.
    const std::unique_ptr<ObjectStore> store = opened.ok() ? std::move(*opened) : make_local_store(files, path);
    VerifySubject subject;
    subject.store = store.get();
    subject.keyring = keyring;
    TRY_ASSIGN(subject.vault, identify_vault(*store, {keyring, std::nullopt}));
    if (keyring) {
        TRY(check_family(*store, subject.vault, *keyring));
        TRY_ASSIGN(subject.head, keyring->remembered_head(subject.vault));
    }
    subject.head_witnessed = subject.head.has_value();
    return run_verification(std::move(subject), options, progress, stop);
}

}  // namespace custody
