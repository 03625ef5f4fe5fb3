// What a command works with: settings, the two outputs, the stop flag, and the keyring and vault it asked for.
//
// Ownership: a Context lives for one command; it owns the keyring, which repositories opened from it refer to. Threads: one.
#pragma once

#include "base/clock.h"
#include "base/exit_code.h"
#include "base/file.h"
#include "base/records/officer_key.h"
#include "base/result.h"
#include "base/stop.h"
#include "cli/output.h"
#include "cli/passphrase.h"
#include "cli/progress_line.h"
#include "cli/settings.h"
#include "vault/keys/recovery_kit.h"
#include "vault/repository.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace custody {

// Owns what opens a kit.
struct KitKey {
    Secret passphrase;
    const OfficerKey* officer = nullptr;  // the context's
    [[nodiscard]] KitOpener opener() const {
        return officer != nullptr ? KitOpener::officer(officer->sealing_secret) : KitOpener(passphrase);
    }
};

class Context {
public:
    Context(Settings settings, Passphrases passphrases, bool json, ProgressMode progress_mode, StopFlag& stop)
        : settings_(std::move(settings)),
          passphrases_(std::move(passphrases)),
          output_(json),
          progress_(progress_mode, system_clock(), 2),
          stop_(stop) {}
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    [[nodiscard]] const Settings& settings() const { return settings_; }
    // `setup` learns of them only while it runs.
    void use_settings(Settings settings) { settings_ = std::move(settings); }
    [[nodiscard]] const Passphrases& passphrases() const { return passphrases_; }
    [[nodiscard]] Passphrases& passphrases() { return passphrases_; }
    [[nodiscard]] Output& output() { return output_; }
    [[nodiscard]] ProgressLine& progress() { return progress_; }
    [[nodiscard]] const StopFlag& stop() const { return stop_; }
    [[nodiscard]] FileSystem& files() const { return posix_file_system(); }
    [[nodiscard]] const Clock& clock() const { return system_clock(); }

    // Whether there is a keyring at all.
    [[nodiscard]] Result<bool> keyring_exists() const;
    // Opened on first use; the same afterwards. not_found says how to make one.
    [[nodiscard]] Result<Keyring*> keyring();
    // Replaces the one that is held (after init or import).
    Keyring& adopt(Keyring keyring);

    // usage: no vault named anywhere.
    [[nodiscard]] Result<std::string> vault_reference() const;
    // The named vault with the keyring, to write to: a damaged ledger is corrupt.
    [[nodiscard]] Result<Repository> open_vault();
    // To read from: what is left of a damaged ledger is used, and what is wrong with it is warned of. `elsewhere`: OpenOptions.
    [[nodiscard]] Result<Repository> open_vault_to_read(std::optional<VaultId> elsewhere = std::nullopt);
    [[nodiscard]] Result<Repository> open_vault(const std::string& reference, Keyring* with, OpenOptions options = {});

    // A second vault, to copy to or to heal from. refused: not of the family of the first.
    [[nodiscard]] Result<Repository> open_relative(const std::string& reference, const Repository& first);

    // The keyring's secret, by the officer's key that --officer-key names, else by passphrase. wrong_key names what would open
    // it. `prompt`: what to ask with, when not for "Passphrase of the keyring".
    [[nodiscard]] Result<UnlockedKeyring> unlock(const std::string& prompt = "");
    // Whether unlock() has what to try with: a passphrase or an officer's key was given, or somebody can be asked.
    [[nodiscard]] bool can_unlock() const;
    // To read what these labels hold: with what was unlocked for a time (`key unlock`), where no passphrase was given and all of
    // them are; else as above.
    [[nodiscard]] Result<UnlockedKeyring> unlock_labels(const std::vector<LabelId>& labels);
    // The same for a kit.
    [[nodiscard]] Result<KitKey> kit_key(const KitContents& kit, const std::string& prompt);

    // For filters: usage lists the labels there are; wrong_key says when the one that is meant was destroyed.
    [[nodiscard]] Status check_label(const std::string& name);

    // The snapshot a reference names; says on standard error which one it is unless it was named by id.
    [[nodiscard]] Result<Repository::Listed> find_snapshot(Repository& repository, const std::string& reference);

private:
    // Opened on first use; its passphrase is not asked for when none of `slots` is its own. `what` has the slots, in words.
    Result<const OfficerKey*> officer_key_for(const std::vector<SlotInfo>& slots, const std::string& what);

    Settings settings_;
    Passphrases passphrases_;
    Output output_;
    ProgressLine progress_;
    const StopFlag& stop_;
    std::unique_ptr<Keyring> keyring_;
    std::optional<OfficerKey> officer_;
};

// Hexadecimal digits only: it is meant as an id, or the beginning of one.
[[nodiscard]] bool is_id_or_prefix(const std::string& reference);
// The problem begins with the object's name: it is shown by itself.
[[nodiscard]] bool names_its_object(const std::string& object, const std::string& problem);
// "business/srv 2026-11-03 02:00:05"
[[nodiscard]] std::string title_of(const Snapshot& snapshot);

}  // namespace custody
