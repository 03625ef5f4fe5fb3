// Recovery kits: with one vault and a kit, everything comes back (DESIGN.md "Recovery kit").
//
// A kit file (kit_file.h): a clear JSON header (number, family, vault ids and heads, slots), then the sealed payload: all label
// keys of all epochs, writer keys, signers' and officers' public keys, registered copies. It opens by its own passphrase, or by
// an officer's key.
// Ownership: values; a KitOpener refers to its secret. Threads: one thread uses a keyring. Errors as keyring.h. Durable: the
// keyring's side is, on return; files are the caller's (key_destruction.h rewrites them in place).
#pragma once

#include "base/result.h"
#include "vault/keys/keyring.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

struct KitContents {
    std::uint32_t number = 0;
    FamilyId family;
    Time made;
    std::vector<LabelInfo> labels;
    std::vector<std::pair<VaultId, RememberedHead>> vaults;
    Digest fingerprint;           // SHA-256 of the kit file
    std::vector<SlotInfo> slots;  // what opens it; without notes
};

// What opens a kit: its passphrase, or an officer's X25519 secret.
class KitOpener {
public:
    KitOpener(const Secret& passphrase) : secret_(&passphrase) {}  // implicit: the passphrase is what mostly opens it
    [[nodiscard]] static KitOpener officer(const Secret& sealing_secret) {
        KitOpener opener(sealing_secret);
        opener.is_officer_ = true;
        return opener;
    }
    [[nodiscard]] const Secret& secret() const { return *secret_; }
    [[nodiscard]] bool is_officer() const { return is_officer_; }

private:
    const Secret* secret_;
    bool is_officer_ = false;
};

// A passphrase of seven words' strength (80 random bits, four groups of four letters): shown once, where none was chosen.
[[nodiscard]] Secret make_kit_passphrase();
// Registers the kit as copy `number` in the keyring, and with it its page, where one is to be printed; neither is proven until
// check_kit. What then fails to be written is withdrawn (Keyring::withdraw_copies). usage: neither passphrase nor officers.
struct ExportedKit {
    Bytes file;
    KitContents contents;
    std::optional<std::uint32_t> page;  // the number of the page, a copy of its own
};
[[nodiscard]] Result<ExportedKit> export_kit(Keyring& keyring, const UnlockedKeyring& unlocked, const Secret& kit_passphrase,
                                             const std::vector<PublicKey>& officers, Argon2Cost cost, bool with_page = false);
// How a kit was handed in: the file itself, or text, which comes from its page where one was printed.
enum class KitForm { file, text };
[[nodiscard]] KitForm kit_form(ByteView content);
// Opens it, compares every key with the keyring's, marks the copy (the file, or the page) proven. corrupt; wrong_key, naming its
// slots; refused: older than the keyring (stale), of another family, not registered here, or it holds destroyed labels: a copy
// that was settled owes those again.
[[nodiscard]] Result<KitContents> check_kit(Keyring& keyring, ByteView file, const KitOpener& opener,
                                            KitForm form = KitForm::file);
// On a bare machine: a custodian keyring out of a kit, with a new slot 1 and a new signing seed (the old one is trusted). A
// damaged keyring in its place is set aside, once the kit has opened; `set_aside` gets its path.
[[nodiscard]] Result<Keyring> import_kit(FileSystem& files, const Clock& clock, const std::string& folder, ByteView file,
                                         const KitOpener& opener, const Secret& new_passphrase, Argon2Cost cost, std::string host,
                                         std::string* set_aside = nullptr, KitForm form = KitForm::file);
// The same kit without labels that were destroyed since. Only its bytes: present_kit (key_destruction.h) also replaces the file
// and settles the copy, in the order that never claims too much.
[[nodiscard]] Result<Bytes> rewrite_kit(const Keyring& keyring, ByteView file, const KitOpener& opener);
// What is in clear: number, family, vaults, fingerprint, slots; no labels.
[[nodiscard]] Result<KitContents> describe_kit(ByteView file);

// Typeable form: lines of five-letter Crockford base32 groups, each line with its number and a checksum group. from_lines accepts
// lower case, O for 0, I and L for 1, any spacing; names the first line that does not check.
[[nodiscard]] std::vector<std::string> kit_to_lines(ByteView file);
[[nodiscard]] Result<Bytes> kit_from_lines(const std::vector<std::string>& lines);

// The texts of the page's QR codes, each at most `max_letters` long; kit_from_lines takes them, too, in any order.
[[nodiscard]] std::vector<std::string> kit_to_qr_parts(ByteView file, std::size_t max_letters);
// A kit however it comes: the file itself, or a text file with its lines or its QR codes' texts.
[[nodiscard]] Result<Bytes> read_kit(ByteView content);

// One A4 page (Cairo, Pango, libqrencode; kit_page.cc): QR of the kit file, the lines, fingerprints, number, what to type.
// Vietnamese first. PDF bytes.
[[nodiscard]] Result<Bytes> render_kit_page(ByteView file, const KitContents& contents, std::string_view organisation);

}  // namespace custody
