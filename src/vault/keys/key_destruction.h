// Crypto-erasure of a label: its keys are destroyed, so that no copy of its packs, wherever it lies, opens ever again.
//
// It is `pending` until each registered copy of the keys was presented and rewritten without the label, or was declared destroyed
// (Keyring::settle_copy). Then it is `passed with exceptions`: the exception is the keyring's own storage, where old bytes may
// survive below the file system.
// Copies are kits, their printed pages (which cannot be rewritten: paper is destroyed and declared so), writers' exports, and
// other keyrings of the family, as far as ledgers, witnesses and the list of trusted signers tell of them: each of those owes the
// label until a ledger entry that it signed says that it destroyed it too (destroy_label with that keyring) and that no copy is
// left that it knows of (outstanding_copies.h), or it was declared destroyed. Order: every vault is asked first, and proven to
// take what is written, as is the keyring, then told by a ledger entry that it begins, then the keys go, then every vault is told
// that they are gone. Each step may be repeated after a crash; after one between the first entry and the keys, `status` with this
// keyring says that they are still here, and to others it still owes the label. Only custodians' entries count
// (recognise_custodians, ledger.h). Ownership: refers to keyring and repositories during a call. Threads: one. Errors: refused
// names snapshots and why; others as keyring.h. Durable on return.
#pragma once

#include "base/file.h"
#include "vault/keys/recovery_kit.h"
#include "vault/repository.h"

#include <span>
#include <string>
#include <vector>

namespace custody {

// One line for each snapshot of the label that is held or within its lawful term in this vault; and for each damaged snapshot, of
// which nobody can tell.
[[nodiscard]] Result<std::vector<std::string>> obstacles_to_destruction(Repository& repository, const WriterKeys& label);

struct DestructionResult {
    DestroyedLabel label;
    std::vector<VaultId> told;       // vaults whose ledger names the destruction now
    std::vector<VaultId> unreached;  // vaults this keyring knows that were not told: when they turn up after all
    std::vector<std::string> exceptions;
    std::vector<std::string> warnings;  // what went wrong after the keys were gone
};
// `reachable`: every vault of the family, opened with `keyring`. Nothing changes unless all of them agree; refused, by name,
// while one that this keyring remembers is not among them, for a hold or a term in it would not be seen. `lost`: those that exist
// no more, as a person declares; the ledger entries name them.
[[nodiscard]] Result<DestructionResult> destroy_label(Keyring& keyring, const UnlockedKeyring& unlocked,
                                                      std::string_view label_name, std::span<Repository* const> reachable,
                                                      std::span<const VaultId> lost = {});
// Keyrings that wrote to these vaults and that this one did not know of when it destroyed a label (made from a kit, say): they
// may hold the label and owe it from now on, until they say that they destroyed it. `witnesses`: those of vaults that are not
// here are asked as well. For a custodian's keyring; nothing to do for another.
[[nodiscard]] Status look_for_other_keyrings(Keyring& keyring, std::span<Repository* const> reachable, bool witnesses);
// Tells a vault that was away of the labels destroyed meanwhile, and any of what is outstanding of them by now, as far as the
// `reachable` vaults tell. The number of entries published; 0 when it knew.
[[nodiscard]] Result<std::size_t> announce_destructions(Repository& repository, std::span<Repository* const> reachable);
// What a destruction that passed does not cover, in words.
[[nodiscard]] std::vector<std::string> destruction_exceptions(const Keyring& keyring, const LabelId& label);
// Labels that the vault's ledger says were destroyed, by another keyring, and that the keyring here still holds keys of.
[[nodiscard]] std::vector<LabelInfo> destroyed_but_held(const Repository& repository);

// Why a page, or what was typed from one, is not settled by presenting it, and what to do instead.
[[nodiscard]] Error page_is_not_rewritten(const Keyring& keyring, const std::string& path);
// A copy is presented as a file: rewritten in place without destroyed labels, read back, its old bytes overwritten best effort,
// and only then settled in the keyring. A rewritten kit has to be checked again (key import --check) before it counts as proven.
// refused: text, which a page shows.
[[nodiscard]] Result<KitContents> present_kit(FileSystem& files, Keyring& keyring, const std::string& path,
                                              const KitOpener& opener);
[[nodiscard]] Status present_writer_export(FileSystem& files, Keyring& keyring, const std::string& path);

}  // namespace custody
