// vault.json: what a folder must hold to be a vault. Signed canonical JSON (purpose "custody vault header 1"); its SHA-256 is in
// ledger entry 1. Creating and recognising vaults; vault references (path, file://).
#pragma once

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/ids.h"
#include "base/result.h"
#include "vault/store/object_store.h"

#include <memory>
#include <string>

namespace custody {

struct VaultHeader {
    std::uint16_t format_version = 1;
    VaultId vault;
    FamilyId family;
    Suite suite = Suite::standard;
    Time created;
    SignerId signer;
};
[[nodiscard]] Result<Bytes> encode(const VaultHeader& header, const Secret& signing_seed);
// corrupt: damaged; usage: newer format, "needs Custody that reads format N".
[[nodiscard]] Result<VaultHeader> decode_vault_header(ByteView bytes);

// "/mnt/a/vault" or "file:///mnt/a/vault" to an absolute path; sftp:// and s3:// are Code::usage in words that say what to
// do instead (a mounted folder, or `custody copy` to a disk).
[[nodiscard]] Result<std::string> parse_vault_reference(std::string_view reference);

// Opens the store of an existing vault folder. not_found: nothing there; not_found too: "is a folder but not a vault".
[[nodiscard]] Result<std::unique_ptr<ObjectStore>> open_local_store(FileSystem& files, const std::string& path);
// Whether init may take the folder: absent, empty, or left by an init that did not get to its first entry. usage: it holds a
// vault, or something else. Changes nothing.
[[nodiscard]] Status check_free_for_vault(FileSystem& files, const std::string& path);
// An empty folder (made if absent) becomes an empty store with its folders, empty marks and the 4 MiB reserve. refused/usage: not
// empty. The vault exists once vault.json and ledger entry 1 do; a crash before leaves a folder that init takes again.
[[nodiscard]] Result<std::unique_ptr<ObjectStore>> create_local_store(FileSystem& files, const std::string& path);

}  // namespace custody
