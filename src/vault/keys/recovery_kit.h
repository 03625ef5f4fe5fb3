// Recovery kits: with one vault and a kit, everything comes back (DESIGN.md "Recovery kit").
//
// A kit file: "custody recovery kit 1" container: clear JSON header (number, family, vault ids, heads, Argon2 cost and salt, or
// officers' keys), then AES-256-GCM of the payload: all label keys of all epochs, writer keys, signers' and officers' public
// keys, vault ids and heads. Its own passphrase; where none is given, one of seven words' strength is made and shown once. Errors
// as keyring.h.
#pragma once

#include "base/result.h"
#include "vault/keys/keyring.h"

#include <string>
#include <vector>

namespace custody {

struct KitContents {
    std::uint32_t number = 0;
    FamilyId family;
    Time made;
    std::vector<LabelInfo> labels;
    std::vector<std::pair<VaultId, RememberedHead>> vaults;
    Digest fingerprint;  // SHA-256 of the kit file
};

// Registers the kit as copy `number` in the keyring; not proven until check_kit.
struct ExportedKit {
    Bytes file;
    KitContents contents;
};
[[nodiscard]] Result<ExportedKit> export_kit(Keyring& keyring, const UnlockedKeyring& unlocked, const Secret& kit_passphrase,
                                             const std::vector<PublicKey>& officers, Argon2Cost cost);
// Opens it, compares every key with the keyring's, marks the copy proven. corrupt, wrong_key; refused: older than the keyring
// (stale).
[[nodiscard]] Result<KitContents> check_kit(Keyring& keyring, ByteView file, const Secret& kit_passphrase);
// On a bare machine: a custodian keyring out of a kit, with a new slot 1 and a new signing seed (the old one is trusted).
[[nodiscard]] Result<Keyring> import_kit(FileSystem& files, const Clock& clock, const std::string& folder, ByteView file,
                                         const Secret& kit_passphrase, const Secret& new_passphrase, Argon2Cost cost,
                                         std::string host);
// Rewrites a kit without labels that were destroyed since; the caller replaces the file. Settles copy `number`.
[[nodiscard]] Result<Bytes> rewrite_kit(Keyring& keyring, ByteView file, const Secret& kit_passphrase);

// Typeable form: lines of five-letter Crockford base32 groups, each line with its number and a checksum group. from_lines accepts
// lower case, O for 0, I and L for 1, any spacing; names the first line that does not check.
[[nodiscard]] std::vector<std::string> kit_to_lines(ByteView file);
[[nodiscard]] Result<Bytes> kit_from_lines(const std::vector<std::string>& lines);

// One A4 page (Cairo, Pango, libqrencode; kit_page.cc): QR of the kit file, the lines, fingerprints, number, what to type.
// Vietnamese first. PDF bytes.
[[nodiscard]] Result<Bytes> render_kit_page(ByteView file, const KitContents& contents, std::string_view organisation);

}  // namespace custody
