#include "cli/key_file.h"

#include "base/records/canonical_json.h"
#include "base/secret.h"
#include "vault/keys/recovery_kit.h"

namespace custody {
namespace {

constexpr std::uint64_t kMaxKeyFile = 16 * 1024 * 1024;

}  // namespace

KeyFile::~KeyFile() { wipe(bytes); }

KeyFile::Kind kind_of_key_file(ByteView bytes) {
    // {"body":...,"checksum":...} and {"body":...,"signature":...,"signer":...}: docs/FORMAT.md, keyring files.
    const auto record = parse_json(bytes, kMaxKeyFile);
    if (!record.ok() || !record->is_object() || !record->contains("body") || !(*record)["body"].is_object())
        return KeyFile::Kind::kit;
    if (record->contains("signature")) return KeyFile::Kind::public_keys;
    return (*record)["body"].contains("signing_seed") ? KeyFile::Kind::writer : KeyFile::Kind::kit;
}

Result<KeyFile> read_key_file(FileSystem& files, const std::string& path) {
    KeyFile file;
    TRY_ASSIGN(file.bytes, read_file(files, path, kMaxKeyFile));
    file.kind = kind_of_key_file(file.bytes);
    if (file.kind != KeyFile::Kind::kit) return file;
    TRY_ASSIGN(Bytes kit, read_kit(file.bytes));
    wipe(file.bytes);
    file.bytes = std::move(kit);
    return file;
}

}  // namespace custody
