#include "vault/keys/key_destruction.h"

#include "base/text.h"
#include "vault/history/lawful_term.h"
#include "vault/keys/keyring_file.h"
#include "vault/keys/kit_file.h"
#include "vault/keys/outstanding_copies.h"
#include "vault/keys/unlocked_labels.h"
#include "vault/lost_snapshot.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace custody {
namespace {

constexpr std::uint32_t kCopyMode = 0600;
constexpr std::size_t kProbeSize = 16 * 1024;  // more than an entry and its witness take

// A time that the writer's own clock already doubted does not begin a term; the ledger's does.
Time begin_of_term(const Repository::Listed& listed) {
    return listed.snapshot.summary.clock_suspect ? listed.ledger.added : listed.snapshot.summary.time;
}

std::string short_id(const ObjectId& id) { return id.hex().substr(0, 12); }

Status clock_can_be_believed(const Repository& repository) {
    const ClockState clock = repository.clock_state();
    if (!clock.behind_floor && !clock.far_ahead) return done();
    return Error{Code::refused,
                 say("the clock says {}, but vault {} last saw {}: set the clock before a label is destroyed; if it is right, "
                     "enter that with 'custody forget --keep-last 1000000 --clock-is-right'",
                     to_rfc3339_local(clock.now), repository.header().vault.hex().substr(0, 12), to_rfc3339_local(clock.floor))};
}

Status ask(Repository& repository, const WriterKeys& label) {
    TRY(repository.ledger().refresh());
    // Also where the ledger says that it was destroyed: that was answered to another, and may be another's word.
    TRY(clock_can_be_believed(repository));
    TRY_ASSIGN(const std::vector<std::string> obstacles, obstacles_to_destruction(repository, label));
    if (obstacles.empty()) return done();
    const std::string more = obstacles.size() > 1 ? say(" (and {} more)", obstacles.size() - 1) : std::string();
    return Error{Code::refused, say("label '{}' cannot be destroyed: {}{}", label.name, obstacles.front(), more)};
}

// A hold in a vault that nobody looked at would be broken unseen.
Status every_vault_is_here(const Keyring& keyring, const std::string& label, std::span<Repository* const> reachable,
                           std::span<const VaultId> lost) {
    std::string missing;
    for (const VaultId& known : keyring.known_vaults()) {
        const auto is_it = [&](const Repository* repository) { return repository->header().vault == known; };
        if (std::any_of(reachable.begin(), reachable.end(), is_it)) continue;
        if (std::find(lost.begin(), lost.end(), known) != lost.end()) continue;
        missing += (missing.empty() ? "" : ", ") + known.hex();
    }
    if (missing.empty()) return done();
    return Error{Code::refused, say("label '{}' cannot be destroyed: a snapshot of it may be held or within its lawful term in a "
                                    "vault that was not looked at: {}; name its folder with --also, or, where it exists no more, "
                                    "its id with --vault-lost",
                                    label, missing)};
}

// This keyring's own word: what other keyrings say of the label does not speak for this one.
bool has_begun(const Repository& repository, const LabelId& label) {
    const auto who = repository.state().destruction_claims.find(label);
    return who != repository.state().destruction_claims.end() && who->second.contains(repository.keyring()->signer());
}

bool has_told(Repository& repository, const LabelId& label, const DestructionWord& now) {
    Repository* const here[] = {&repository};
    const DestructionWord* const said = last_word(here, label, repository.keyring()->signer());
    return said != nullptr && says_the_same(*said, now);
}

// The last step: the keys are gone, and nothing that a snapshot says could bring them back. Again when what is outstanding has
// changed: other keyrings go by it. Of copies that are not known nothing is said: to others that is as good as outstanding.
Status tell_end(Repository& repository, const LabelId& label, const DestructionWord& word) {
    LedgerEntry draft;
    draft.operation = Operation::destroy_label;
    draft.time = repository.clock().now();
    draft.details = {{"label", label.hex()}};
    if (word.copies) set_destruction_word(draft, *word.copies, word.keyrings);
    TRY(repository.publish(std::move(draft), [](const LedgerState&, LedgerEntry&) { return done(); }));
    return done();
}

// The entry is valid only for the snapshots that were looked at: one that appeared or was held since is looked at first.
Status tell(Repository& repository, const LabelId& label, std::span<const VaultId> lost) {
    if (has_begun(repository, label)) return done();
    const std::map<ObjectId, LedgerSnapshot> seen = repository.state().snapshots;
    const Time time = repository.clock().now();
    LedgerEntry draft;
    draft.operation = Operation::destroy_label;
    draft.details = {{"label", label.hex()}, {"begun", true}};
    for (const VaultId& vault : lost) draft.details["vaults_lost"].push_back(vault.hex());
    const auto still_valid = [&](const LedgerState& now, LedgerEntry&) -> Status {
        for (const auto& [id, snapshot] : now.snapshots) {
            if (seen.contains(id) && !is_held(snapshot, time)) continue;
            // Held ones of other labels were held before, too.
            const auto before = seen.find(id);
            if (before != seen.end() && is_held(before->second, time)) continue;
            return Error{Code::busy, say("snapshot {} was added or held meanwhile; try again", short_id(id))};
        }
        return done();
    };
    TRY(repository.publish(std::move(draft), still_valid));
    return done();
}

// The right to write is had before anything is entered anywhere: a vault that could not be told would be left behind by the
// others.
Result<std::unique_ptr<SessionLock>> make_ready(Repository& repository) {
    if (!repository.ledger_damage().empty()) {
        return Error{Code::corrupt,
                     say("{} of {} is damaged, nothing may be written: {}", repository.ledger_damage().front().object,
                         repository.store().location(), repository.ledger_damage().front().problem)};
    }
    TRY_ASSIGN(auto session, repository.store().begin_session());
    // Where the session's empty file has room, an entry may have none.
    TRY_ASSIGN(const auto probe, repository.store().begin());
    TRY(probe->append(Bytes(kProbeSize)));
    return session;
}

Result<std::vector<std::unique_ptr<SessionLock>>> make_all_ready(Keyring& keyring, const std::string& label,
                                                                 std::span<Repository* const> reachable) {
    const auto untouched = [&](const Error& error) {
        return Error{error.code,
                     say("nothing of label '{}' was destroyed, and nothing was entered in any vault: {}; mend that, then "
                         "run this again",
                         label, error.message)};
    };
    std::vector<std::unique_ptr<SessionLock>> sessions;
    for (Repository* repository : reachable) {
        auto ready = make_ready(*repository);
        if (!ready.ok()) return untouched(ready.error());
        sessions.push_back(std::move(*ready));
    }
    const Status writable = keyring.change([](KeyringContent&) { return done(); });
    if (!writable.ok()) return untouched(writable.error());
    return sessions;
}

// What is entered already stays entered: nobody reads the label there, and the keys are still here.
Error half_told(const std::string& label, const std::vector<VaultId>& told, const std::string& where, const Error& error) {
    if (told.empty()) return error;
    std::string ids;
    for (const VaultId& vault : told) ids += (ids.empty() ? "" : ", ") + vault.hex();
    return {error.code,
            say("the destruction of label '{}' has begun and is not done: it is entered in the ledger of vault {}, its "
                "keys are still here, and {}: {}; mend that, then run 'custody key destroy --label {}' again with the "
                "same vaults",
                label, ids, where, error.message, label)};
}

// Who signed entries of other vaults, whose witnesses lie here.
Status add_witness_signers(Repository& repository, std::map<SignerId, Time>& signers) {
    TRY_ASSIGN(const std::vector<ObjectInfo> witnesses, repository.store().list("witness"));
    const std::string own = "witness/" + repository.header().vault.hex() + "/";
    for (const ObjectInfo& object : witnesses) {
        if (object.name.starts_with(own)) continue;  // the ledger has them
        const auto bytes = repository.store().get(object.name, kMaxLedgerEntrySize);
        const auto decoded = bytes.ok() ? decode_ledger_entry(*bytes) : Result<DecodedEntry>(bytes.error());
        if (decoded.ok()) signers.try_emplace(decoded->entry.signer, decoded->entry.time);  // verify names one that is damaged
    }
    return done();
}

// Whoever wrote to these vaults, or is trusted, and is neither this keyring nor a writer that it exported may be a keyring made
// from a recovery kit: it holds the label until it says that it destroyed it, and that no copy it made is left.
Result<std::vector<SignerInfo>> other_keyrings(const Keyring& keyring, const LabelId& label,
                                               std::span<Repository* const> reachable) {
    std::map<SignerId, Time> seen;
    for (Repository* repository : reachable) {
        for (const auto& [signer, n] : repository->ledger().signers()) seen.try_emplace(signer, repository->clock().now());
        TRY(add_witness_signers(*repository, seen));
    }
    std::vector<SignerInfo> others;
    for (const SignerInfo& known : keyring.trusted_signers()) {
        seen.erase(known.id);
        if (!known.writer) others.push_back(known);
    }
    for (const auto& [signer, since] : seen) others.push_back({signer, {}, since});
    std::erase_if(others,
                  [&](const SignerInfo& one) { return one.id == keyring.signer() || has_passed(reachable, label, one.id); });
    return others;
}

Status add_unknown_witness_signers(Repository& repository, const std::map<SignerId, SignerInfo>& trusted,
                                   std::map<SignerId, Time>& seen) {
    std::map<SignerId, Time> signers;
    TRY(add_witness_signers(repository, signers));
    for (const auto& [signer, time] : signers) {
        if (!trusted.contains(signer)) seen.try_emplace(signer, time);
    }
    return done();
}

// The entry with which this vault learned of it from a custodian; none: after all there are.
std::uint64_t destroyed_at(const Repository& repository, const LabelId& label) {
    std::uint64_t first = std::numeric_limits<std::uint64_t>::max();
    const auto claims = repository.state().destruction_claims.find(label);
    if (claims == repository.state().destruction_claims.end()) return first;
    const std::set<SignerId> custodians = repository.keyring()->custodians();
    for (const auto& [signer, claim] : claims->second) {
        if (custodians.contains(signer)) first = std::min(first, claim.n);
    }
    return first;
}

Status opens_this_one(const Keyring& keyring, const UnlockedKeyring& unlocked) {
    if (opens_keyring(unlocked, keyring.content())) return done();
    return Error{Code::wrong_key, say("the keyring that was unlocked is another one")};
}

// The old file stays open over the rename, so that its bytes can be overwritten once the new ones are durable.
Status replace_copy(FileSystem& files, const std::string& path, ByteView content) {
    TRY_ASSIGN(const auto old_file, files.open_writable(path));
    TRY(replace_file(files, path, content, kCopyMode));
    overwrite_with_zeros(*old_file, kMaxKitSize);
    TRY_ASSIGN(const Secret read_back, read_secret_file(files, path, kMaxKitSize));
    if (equal_in_constant_time(read_back.view(), content)) return done();
    return Error{Code::io, say("{} does not read back as it was written; the medium may be failing", printable(path))};
}

Error at_path(const std::string& path, const Error& error) { return {error.code, say("{}: {}", printable(path), error.message)}; }

}  // namespace

Result<std::vector<std::string>> obstacles_to_destruction(Repository& repository, const WriterKeys& label) {
    const Time now = repository.clock().now();
    std::vector<std::string> obstacles;
    std::vector<std::string> damaged;
    for (const auto& [id, in_ledger] : repository.state().snapshots) {
        const auto bytes = repository.store().get(snapshot_name(id), kMaxSnapshotSize);
        if (!bytes.ok() && bytes.error().code != Code::not_found && bytes.error().code != Code::corrupt) return bytes.error();
        const auto clear = bytes.ok() ? decode_snapshot_clear(id, *bytes) : Result<SnapshotClear>(bytes.error());
        if (clear.ok() && clear->label != label.label) continue;
        // With the keys that are to go, whatever the ledger says of the label: a closed one is held all the same.
        const auto snapshot = clear.ok() ? decode_snapshot(id, *bytes, label) : Result<Snapshot>(clear.error());
        if (!snapshot.ok()) {
            TRY_ASSIGN(const LostRecord lost, look_at_lost(repository, id));
            if (lost.label && *lost.label != label.label) continue;
            damaged.push_back(lost.label
                                  ? say("snapshot {} of it is damaged: {}", short_id(id), way_out_of_lost(repository, id, now))
                                  : say("snapshot {} is damaged, and nobody can tell its label: {}", short_id(id),
                                        way_out_of_lost(repository, id, now)));
            continue;
        }
        const std::string which = say("snapshot {} in vault {}", short_id(id), repository.header().vault.hex().substr(0, 12));
        if (is_held(in_ledger, now)) {
            obstacles.push_back(say("{} is held: {}", which, printable(in_ledger.hold->reason)));
        } else if (is_within_lawful_term(label.name, begin_of_term({*snapshot, in_ledger}), now)) {
            obstacles.push_back(say("{} is within the lawful term of its label ({})", which, lawful_term(label.name).duty));
        }
    }
    obstacles.insert(obstacles.end(), damaged.begin(), damaged.end());
    return obstacles;
}

Result<DestructionResult> destroy_label(Keyring& keyring, const UnlockedKeyring& unlocked, std::string_view label_name,
                                        std::span<Repository* const> reachable, std::span<const VaultId> lost) {
    TRY_ASSIGN(const auto label, keyring.writer_keys(label_name));
    TRY(opens_this_one(keyring, unlocked));
    TRY(every_vault_is_here(keyring, label->name, reachable, lost));
    for (Repository* repository : reachable) {
        if (repository->header().family != keyring.family()) {
            return Error{Code::refused, say("vault {} is of another keyring's family", repository->header().vault.hex())};
        }
        TRY(ask(*repository, *label));
    }
    TRY_ASSIGN(const auto sessions, make_all_ready(keyring, label->name, reachable));
    DestructionResult result;
    std::set<VaultId> told;
    for (Repository* repository : reachable) {
        const Status entered = tell(*repository, label->label, lost);
        if (!entered.ok()) {
            const std::string where = say("vault {} was not told", repository->header().vault.hex());
            return half_told(label->name, result.told, where, entered.error());
        }
        if (told.insert(repository->header().vault).second) result.told.push_back(repository->header().vault);
    }
    TRY_ASSIGN(const std::vector<SignerInfo> others, other_keyrings(keyring, label->label, reachable));
    if (const Status gone = keyring.destroy_label(unlocked, label_name, others); !gone.ok()) {
        return half_told(label->name, result.told, say("the keyring {} was not changed", printable(keyring.folder())),
                         gone.error());
    }
    // What was unlocked for a time is this user's copy of the secret in the kernel's memory.
    if (const auto locked = lock_label(keyring.family(), label->label); !locked.ok()) {
        result.warnings.push_back(locked.error().message);
    }
    const DestructionWord word = own_word(keyring, reachable, label->label);
    for (Repository* repository : reachable) {
        const Status ended = has_told(*repository, label->label, word) ? done() : tell_end(*repository, label->label, word);
        if (ended.ok()) continue;
        result.warnings.push_back(say("the keys of label {} are gone, and vault {} was not told of it: {}; run this again",
                                      printable(label->name), repository->header().vault.hex(), ended.error().message));
    }
    for (const VaultId& vault : keyring.known_vaults()) {
        if (!told.contains(vault)) result.unreached.push_back(vault);
    }
    TRY(keyring.settle_keyrings(passed_keyrings(keyring, reachable)));  // who waited for this one alone
    result.label = *keyring.destroyed(label->label);
    result.exceptions = destruction_exceptions(keyring, label->label);
    return result;
}

Status look_for_other_keyrings(Keyring& keyring, std::span<Repository* const> reachable, bool witnesses) {
    if (!keyring.is_custodian()) return done();
    std::map<SignerId, SignerInfo> trusted;
    for (SignerInfo& known : keyring.trusted_signers()) trusted.emplace(known.id, std::move(known));
    for (const DestroyedLabel& destroyed : keyring.destroyed_labels()) {
        std::map<SignerId, Time> seen;
        for (Repository* repository : reachable) {
            for (const auto& [signer, n] : repository->ledger().signers()) {
                // Who was trusted at the destruction was counted then; an unknown one counts whenever it wrote.
                const bool later = n > destroyed_at(*repository, destroyed.label);
                if (!trusted.contains(signer) || later) seen.try_emplace(signer, repository->clock().now());
            }
            if (witnesses) TRY(add_unknown_witness_signers(*repository, trusted, seen));
        }
        std::vector<SignerInfo> others;
        for (const auto& [signer, since] : seen) {
            const auto known = trusted.find(signer);
            const bool is_writer = known != trusted.end() && known->second.writer;
            if (signer == keyring.signer() || is_writer || has_passed(reachable, destroyed.label, signer)) continue;
            others.push_back(known == trusted.end() ? SignerInfo{signer, {}, since} : known->second);
        }
        TRY(keyring.register_keyrings(destroyed.label, others));
    }
    return done();
}

Result<std::size_t> announce_destructions(Repository& repository, std::span<Repository* const> reachable) {
    // A writer's word counts nowhere.
    if (repository.keyring() == nullptr || !repository.keyring()->is_custodian()) return std::size_t{0};
    std::size_t published = 0;
    for (const DestroyedLabel& destroyed : repository.keyring()->destroyed_labels()) {
        const DestructionWord word = own_word(*repository.keyring(), reachable, destroyed.label);
        if (has_told(repository, destroyed.label, word)) continue;
        TRY(tell_end(repository, destroyed.label, word));
        ++published;
    }
    return published;
}

std::vector<std::string> destruction_exceptions(const Keyring& keyring, const LabelId& label) {
    std::vector<std::string> lines = {
        say("the storage that holds the keyring {}: overwritten bytes may survive there (SSD, copy-on-write) until it is "
            "sanitised itself",
            printable(keyring.folder()))};
    std::string kits;
    for (const CopyInfo& copy : keyring.copies()) {
        const auto is_it = [&](const auto& each) { return each.first == label; };
        const bool held = copy.kind == "kit" && std::any_of(copy.labels.begin(), copy.labels.end(), is_it);
        if (held) kits += (kits.empty() ? "" : ", ") + std::to_string(copy.number);
    }
    if (!kits.empty()) {
        lines.push_back(
            say("a keyring that was made from a recovery kit ({}) and never wrote to a vault looked at here: nobody "
                "can tell of it; 'custody status' with it says what to do as soon as it sees one of these vaults",
                kits));
    }
    return lines;
}

std::vector<LabelInfo> destroyed_but_held(const Repository& repository) {
    std::vector<LabelInfo> held;
    if (repository.keyring() == nullptr) return held;
    for (LabelInfo& label : repository.keyring()->labels()) {
        if (repository.state().destroyed_labels.contains(label.id)) held.push_back(std::move(label));
    }
    return held;
}

Error page_is_not_rewritten(const Keyring& keyring, const std::string& path) {
    std::string number = "N";  // 'custody key list' tells which
    std::size_t pages = 0;
    for (const CopyInfo& copy : keyring.copies()) {
        if (!kit_of(copy) || copy.destroyed) continue;
        number = ++pages == 1 ? std::to_string(copy.number) : "N";
    }
    return {Code::refused,
            say("{} is a printed page of a recovery kit, or was typed from one: rewriting it would leave the paper as it is; "
                "destroy the paper and this file, declare the page, whose number 'custody key list' shows, with 'custody key "
                "settle --declared-destroyed {} --reason R', and print a new one with the next 'custody key export --recovery "
                "--page'",
                printable(path), number)};
}

Result<KitContents> present_kit(FileSystem& files, Keyring& keyring, const std::string& path, const KitOpener& opener) {
    TRY_ASSIGN(const Bytes content, read_file(files, path, kMaxKitSize));
    auto kit = read_kit(content);
    if (kit.ok() && kit_form(content) == KitForm::text) return page_is_not_rewritten(keyring, path);
    if (!kit.ok()) return at_path(path, kit.error());
    auto rewritten = rewrite_kit(keyring, *kit, opener);
    if (!rewritten.ok()) return at_path(path, rewritten.error());
    TRY(replace_copy(files, path, *rewritten));
    TRY_ASSIGN(const KitContents contents, describe_kit(*rewritten));
    const auto copies = keyring.copies();
    const bool registered = std::any_of(copies.begin(), copies.end(), [&](const CopyInfo& copy) {
        return copy.kind == "kit" && copy.number == contents.number && copy.made == contents.made;
    });
    if (!registered) {
        return Error{Code::refused, say("recovery kit {} was rewritten, but is not registered in this keyring", contents.number)};
    }
    TRY(keyring.settle_copy(contents.number, true, {}));
    return contents;
}

Status present_writer_export(FileSystem& files, Keyring& keyring, const std::string& path) {
    TRY_ASSIGN(const Secret content, read_secret_file(files, path, kMaxKitSize));
    const auto rewritten = keyring.rewrite_writer_export(content.view());
    if (!rewritten.ok()) return at_path(path, rewritten.error());
    TRY(replace_copy(files, path, rewritten->file.view()));
    return keyring.settle_writer(rewritten->number, rewritten->writer, rewritten->labels);
}

}  // namespace custody
