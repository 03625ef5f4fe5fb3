// The keyring: a folder apart from every vault (duty E2) with one file `keyring` (mode 0600, replaced whole), `heads/<vault id>`
// (remembered ledger heads) and nothing else.
//
// The keyring has an X25519 pair of its own. Its public half seals label secrets, so adding a label or rotating needs no
// passphrase; its secret half is sealed in slots, each to a public key: an officer's, or one whose secret a passphrase stretches
// to (Argon2id). The pair is made anew whenever somebody or something is shut out (a slot removed, a passphrase changed, a label
// destroyed): what an old copy of the keyring opened does not open what is written afterwards.
// Writer keys and the host's signing seed lie in it unwrapped: nightly backups need no passphrase.
// A keyring is of role `custodian` (holds secrets) or `writer` (made by `key import` of a writer export: holds none).
//
// Ownership: a Keyring owns its keys; WriterKeys are shared pointers that may outlive it. Threads: one thread changes it.
// Errors: not_found, corrupt, wrong_key, refused, io. Durable: every change is, when it returns (replace_file; the old file's
// bytes are overwritten best-effort).
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "vault/history/ledger.h"
#include "vault/keys/label_keys.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace custody {

inline constexpr std::string_view kBuiltInLabels[] = {"config", "image", "database", "business", "log"};

struct SlotInfo {
    std::uint32_t number = 0;
    std::string kind;    // "passphrase", "officer"
    std::string note;    // an officer's name or public key, or what the user wrote
    PublicKey holder{};  // X25519: an officer's; in a keyring also what a passphrase stretches to
};
// "slot 1 (passphrase), slot 2 (officer Lan, 8f3c12ab34cd56ef)": for messages that say what would open it.
[[nodiscard]] std::string describe_slots(const std::vector<SlotInfo>& slots);
struct SignerInfo {
    SignerId id;
    std::string host;  // where it writes
    Time since;
    bool writer = false;  // a writer's, made by an export: it has no say in the destruction of labels
};
// Every kit, printed page and keyring copy is registered by number. A page is a copy of its own: rewriting its kit leaves the
// paper as it is.
struct CopyInfo {
    std::uint32_t number = 0;
    std::string kind;  // "kit", "page", "writer", "keyring"
    std::string note;  // a writer's host, a page's kit, where a keyring's copy lies, how a copy was destroyed
    Time made;
    std::optional<Time> destroyed;                 // declared destroyed: it proves nothing and owes nothing any more
    std::optional<Time> proven;                    // read back by `key import --check`
    std::uint64_t keys_generation = 0;             // of the keyring when made: older than now means stale
    std::vector<std::pair<LabelId, bool>> labels;  // second: rewritten or declared destroyed since the label's destruction
};
// The signer of a registered keyring, which its note begins with; none for other copies, and one met inside an image.
[[nodiscard]] std::optional<SignerId> signer_of(const CopyInfo& copy);
// The number of the kit that a page shows, which its note begins with; none for other copies.
[[nodiscard]] std::optional<std::uint32_t> kit_of(const CopyInfo& copy);
struct DestroyedLabel {
    LabelId label;
    std::string name;
    Time when;
    std::string state;  // "pending", "passed with exceptions", "passed"
    std::vector<std::uint32_t> outstanding_copies;
};
struct LabelInfo {
    LabelId id;
    std::string name;
    std::uint32_t epoch = 0;
    bool has_secret = false;
};

// Secrets opened for one command or one process; wiped when dropped.
class UnlockedKeyring;
struct KeyringContent;
struct StoredSlot;

class Keyring {
public:
    // Creates folder, family, host id, signing seed, the five built-in labels, slot 1 from `passphrase`.
    static Result<Keyring> create(FileSystem& files, const Clock& clock, const std::string& folder, Suite suite, std::string host,
                                  const Secret& passphrase, Argon2Cost cost);
    static Result<Keyring> open(FileSystem& files, const Clock& clock, const std::string& folder);
    static Result<bool> exists(FileSystem& files, const std::string& folder);
    ~Keyring();
    Keyring(Keyring&&) noexcept;
    Keyring& operator=(Keyring&&) noexcept;

    [[nodiscard]] const std::string& folder() const;
    [[nodiscard]] const FamilyId& family() const;
    [[nodiscard]] Suite suite() const;
    [[nodiscard]] const HostId& host_id() const;
    [[nodiscard]] const std::string& host_name() const;
    [[nodiscard]] const Secret& signing_seed() const;
    [[nodiscard]] SignerId signer() const;
    [[nodiscard]] bool is_custodian() const;
    [[nodiscard]] std::uint64_t keys_generation() const;  // grows with each new label, epoch or destruction

    [[nodiscard]] std::vector<LabelInfo> labels() const;
    // usage, listing the labels there are.
    [[nodiscard]] Result<std::shared_ptr<const WriterKeys>> writer_keys(std::string_view label_name) const;
    [[nodiscard]] std::shared_ptr<const WriterKeys> writer_keys(const LabelId& label) const;  // null: not ours, or destroyed
    [[nodiscard]] std::optional<DestroyedLabel> destroyed(const LabelId& label) const;
    [[nodiscard]] std::vector<DestroyedLabel> destroyed_labels() const;
    [[nodiscard]] std::vector<SignerInfo> trusted_signers() const;  // `writer` as far as this keyring can tell
    [[nodiscard]] std::vector<SlotInfo> slots() const;
    [[nodiscard]] std::vector<CopyInfo> copies() const;
    // A copy of keys that was met elsewhere (a keyring inside an image): registered with all labels. Returns its number.
    [[nodiscard]] Result<std::uint32_t> register_copy(std::string_view kind, std::string_view note);
    // Copies that were registered and then never came to be, or are gone again before anybody had them; with them the signers of
    // writers. Their numbers are not given again.
    [[nodiscard]] Status withdraw_copies(const std::vector<std::uint32_t>& numbers);
    [[nodiscard]] std::vector<VaultId> known_vaults() const;

    [[nodiscard]] Status add_label(std::string_view name);  // lower-case letters, digits, '-': usage otherwise
    [[nodiscard]] Status rotate(std::string_view label);    // new epoch; new packs only
    // Opens the keyring's secret by passphrase (any slot) or officer secret. wrong_key otherwise, naming the slots that would; a
    // writer's keyring is wrong_key too. corrupt: the slots were changed by who does not hold the secret.
    [[nodiscard]] Result<UnlockedKeyring> unlock(const Secret& passphrase) const;
    [[nodiscard]] Result<UnlockedKeyring> unlock_as_officer(const Secret& officer_secret) const;
    [[nodiscard]] Result<std::uint32_t> add_passphrase_slot(const UnlockedKeyring& unlocked, const Secret& passphrase,
                                                            Argon2Cost cost, std::string_view note);
    [[nodiscard]] Result<std::uint32_t> add_officer_slot(const UnlockedKeyring& unlocked, const PublicKey& officer,
                                                         std::string_view note);  // exists: has one
    // The three below make the keyring's pair anew: `unlocked` still reads, and changes nothing any more.
    // refused: the last one; the last passphrase, unless an officer's key opened the keyring just now.
    [[nodiscard]] Status remove_slot(const UnlockedKeyring& unlocked, std::uint32_t number);
    // A new passphrase for the slot that was opened with, or for passphrase slot `number`. usage: an officer opened it, and no
    // number says which of several; not_found: no passphrase slot of that number.
    [[nodiscard]] Status change_passphrase(const UnlockedKeyring& unlocked, std::optional<std::uint32_t> number,
                                           const Secret& new_passphrase, Argon2Cost cost);

    // A writer export: writer keys of `labels` (all when empty), a fresh signing seed for `host`, trusted here from now on.
    // `registered` gets the number of the copy.
    [[nodiscard]] Result<Secret> export_writer(const std::vector<std::string>& labels, std::string_view host,
                                               std::uint32_t* registered = nullptr);
    // The same export without labels that were destroyed since; the caller replaces the file and settles its copy.
    struct RewrittenExport {
        Secret file;
        std::uint32_t number = 0;
        SignerInfo writer;
        std::vector<LabelId> labels;  // that it still carries
    };
    [[nodiscard]] Result<RewrittenExport> rewrite_writer_export(ByteView exported) const;
    [[nodiscard]] Result<Bytes> export_public() const;  // family, label ids and publics, signers: no secret
    // Makes a keyring folder of role writer out of a writer export.
    static Result<Keyring> import_writer(FileSystem& files, const Clock& clock, const std::string& folder, ByteView exported,
                                         std::string* set_aside = nullptr);
    // Where the keyring's file is damaged (or missing), a new one may take its place: it is renamed to keyring.damaged[-<n>],
    // whose path is returned (empty: there was none). exists: a keyring that opens, which stays. Durable when it returns.
    [[nodiscard]] static Result<std::string> set_aside_damaged(FileSystem& files, const Clock& clock, const std::string& folder);
    // exists: a keyring that opens. What is damaged may be set aside.
    [[nodiscard]] static Status check_replaceable(FileSystem& files, const Clock& clock, const std::string& folder);
    // Its signers become trusted; a registered keyring that turns out to be a writer, by its own or a trusted keyring's word,
    // owes nothing any more: it opens nothing. A writer's keyring also takes over new epochs and destroyed labels, if it trusted
    // the signer of the export before. refused: another family's.
    [[nodiscard]] Status import_public(ByteView exported);
    [[nodiscard]] Status trust_signer(const SignerInfo& signer);

    // Removes every key of the label from this keyring, and makes its pair anew. The caller has checked holds, terms and other
    // vaults (see key_destruction.h). `others`: keyrings that hold the label's keys as well, by the signers that they write with;
    // each is registered as a copy of kind "keyring", which owes the label.
    [[nodiscard]] Status destroy_label(const UnlockedKeyring& unlocked, std::string_view label,
                                       const std::vector<SignerInfo>& others = {});
    // Who may declare that a label was destroyed: this keyring, and the trusted signers that are not writers'.
    [[nodiscard]] std::set<SignerId> custodians() const;
    // A custodian's entry in a vault's ledger says that the label was destroyed: remembered beside the keyring, also for when no
    // vault is at hand. A mark keeps keys from being exported; nothing is ever destroyed for its sake. Durable; nothing to do
    // when a sound mark is there.
    struct Condemned {
        LabelId label;
        VaultId vault;
        std::uint64_t n = 0;
        Digest entry;  // of the entry's file
        SignerId signer;
        std::string path;  // of the mark, which a person may delete
    };
    [[nodiscard]] Status condemn(const Condemned& evidence);
    // The marks of labels whose keys are here, by signers whose word counts; marks that cannot be read are none.
    [[nodiscard]] Result<std::vector<Condemned>> condemned() const;
    // The evidence is no longer there.
    [[nodiscard]] Status absolve(const Condemned& mark);
    // Keyrings that only now turned out to hold keys of a destroyed label owe it from now on, unless they were registered with
    // it before.
    [[nodiscard]] Status register_keyrings(const LabelId& label, const std::vector<SignerInfo>& others);
    // The keys file of a writer was presented, and rewritten without destroyed labels: what it owes is settled, whichever keyring
    // of the family exported it, and its signer is a writer's from now on. `labels`: what it still carries.
    [[nodiscard]] Status settle_writer(std::uint32_t number, const SignerInfo& writer, const std::vector<LabelId>& labels);
    // Registered keyrings owe no longer what ledgers say that they destroyed themselves, with all copies that they know of.
    [[nodiscard]] Status settle_keyrings(const std::map<LabelId, std::set<SignerId>>& passed);
    // What copy `number` owes to destroyed labels is settled: it was rewritten without them, or (false) declared destroyed,
    // `how`.
    [[nodiscard]] Status settle_copy(std::uint32_t number, bool rewritten_without_label, std::string_view how);

    [[nodiscard]] Result<std::optional<RememberedHead>> remembered_head(const VaultId& vault) const;
    [[nodiscard]] Status remember_head(const VaultId& vault, const RememberedHead& head);  // one fsync; never goes back
    // A head that a person accepted in place of the remembered one: the only way back (Repository::accept_rollback).
    [[nodiscard]] Status accept_head(const VaultId& vault, const RememberedHead& head);

    // For the files beside this one (keyring_file.h).
    [[nodiscard]] const KeyringContent& content() const;
    [[nodiscard]] const Clock& clock() const;
    // Edits a copy of the content, makes it durable, then takes it over; on an error nothing has changed here. busy: another
    // process changed the file since it was read.
    [[nodiscard]] Status change(const std::function<Status(KeyringContent&)>& edit);
    // A keyring folder out of ready content. exists: there is one.
    static Result<Keyring> create_with(FileSystem& files, const Clock& clock, const std::string& folder, KeyringContent content);
    struct State;

private:
    explicit Keyring(std::unique_ptr<State> state);
    Status add_slot(const UnlockedKeyring& unlocked, StoredSlot slot);
    std::unique_ptr<State> state_;
};

// Opens the epochs that the keyring had when it was unlocked; or only some labels (unlocked_labels.h).
class UnlockedKeyring {
public:
    // Null when the label's secret is not in the keyring.
    [[nodiscard]] Result<std::shared_ptr<const LabelSecrets>> secrets(const LabelId& label) const;
    struct State;
    explicit UnlockedKeyring(std::shared_ptr<const State> state) : state_(std::move(state)) {}
    [[nodiscard]] const State& state() const { return *state_; }

private:
    std::shared_ptr<const State> state_;
};

}  // namespace custody
