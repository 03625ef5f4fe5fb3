// Where work that nobody watches takes the secret of a label from: drills, full verification, history.
//
// From the keyring's passphrase in a systemd credential, where the service was given one (a custodian server); else from what a
// person unlocked for a time (`custody key unlock`). In either case only the secrets of the labels that are asked for leave this
// place, for the time that the caller holds them; the passphrase is read anew each time and kept nowhere.
// Without either the work stands as "waiting for key", in words that say what to type: it is never skipped in silence.
//
// Ownership: a LabelSecretsDoor owns strings only. Threads: safe. Errors: those of reading a credential and opening a keyring
// (wrong_key: the credential's passphrase opens no slot), which are faults to be alerted, other than waiting.
#pragma once

#include "vault/keys/keyring.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

inline constexpr const char* kPassphraseCredential = "custody.passphrase";

struct LabelKeys {
    std::optional<UnlockedKeyring> keys;
    std::string waiting;  // without keys: "waiting for key: ..."
};

class LabelSecretsDoor {
public:
    // `credentials`: the folder of credentials_folder(), empty for none. `name`: the credential that is the keyring's passphrase.
    explicit LabelSecretsDoor(std::string credentials, std::string name = kPassphraseCredential)
        : credentials_(std::move(credentials)), name_(std::move(name)) {}
    // By the labels' names. usage: the keyring has no such label.
    [[nodiscard]] Result<LabelKeys> keys_for(const Keyring& keyring, const std::vector<std::string>& labels) const;
    // Whether the service was given a credential, so that it waits for nobody.
    [[nodiscard]] Result<bool> has_credential() const;

private:
    std::string credentials_, name_;
};

}  // namespace custody
