// Keyrings, vaults and recovery kits as `init`, `key export`, `key import`, `setup` and `recover` make them: what is refused,
// what is asked, what is warned of is the same whichever command does it.
//
// Threads: one. Errors: those of Keyring, Repository and kits; usage, refused before anything is written. Durable on return.
#pragma once

#include "cli/context.h"
#include "cli/key_commands.h"
#include "cli/key_file.h"
#include "vault/store/medium_check.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

// The context's keyring, made where there is none; its passphrase is asked for. True: it was made now. `suite`: "standard",
// "modern", empty (standard for a new one, any for one that is there).
[[nodiscard]] Result<bool> open_or_make_keyring(Context& context, const std::string& suite, std::vector<std::string>& warnings);

struct MadeVault {
    Repository repository;
    MediumReport medium;
    bool keyring_made = false;
    std::vector<std::string> warnings;
};
// An empty vault, and the keyring where there is none. A refusal leaves everything as it was.
[[nodiscard]] Result<MadeVault> make_vault(Context& context, const std::string& reference, const std::string& suite);

struct KitRequest {
    std::string output, page;  // absolute; page empty: none
    std::vector<PublicKey> officers;
};
// A recovery kit, and its page, in new files, registered; the keyring's passphrase is asked for, and the kit's unless officers
// open it. On an error nothing of it stays, or it is said what does.
[[nodiscard]] Result<ExportedKit> write_recovery_kit(Context& context, Keyring& keyring, const KitRequest& request);
// An export failed: nothing of it stays, neither the files that it made nor the copies that it registered; or else it is said
// what stays.
[[nodiscard]] Error export_taken_back(Keyring& keyring, NewFiles& files, const std::vector<std::uint32_t>& registered,
                                      Error error);
// refused: a label was destroyed whose keys the keyring still holds (all labels when `labels` is empty).
[[nodiscard]] Status check_none_destroyed(Context& context, Keyring& keyring, const std::vector<std::string>& labels);

// The kit's own passphrase, or the officer's key that opens it.
[[nodiscard]] Result<KitKey> ask_kit_key(Context& context, ByteView file);
// exists: a keyring that opens is there already.
[[nodiscard]] Status check_no_keyring(Context& context);
struct KeyringFromKit {
    Keyring* keyring = nullptr;  // the context's
    UnlockedKeyring unlocked;
};
// A custodian's keyring out of a kit, under a passphrase that is asked for; a damaged one in its place is set aside, and told.
[[nodiscard]] Result<KeyringFromKit> make_keyring_from_kit(Context& context, const KeyFile& file);
void tell_set_aside(Context& context, const std::string& path);

}  // namespace custody
