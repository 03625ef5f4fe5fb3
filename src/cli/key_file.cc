#include "cli/key_file.h"

#include "base/records/canonical_json.h"
#include "base/secret.h"
#include "vault/keys/recovery_kit.h"

#include <sstream>

namespace custody {
namespace {

constexpr std::uint64_t kMaxKeyFile = 16 * 1024 * 1024;

Result<Bytes> bytes_of_lines(ByteView text) {
    std::istringstream stream{std::string(as_text(text))};
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
        if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(line);
    }
    return kit_from_lines(lines);
}

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

Result<KeyFile> read_key_file(FileSystem& files, const std::string& path, bool typed_lines) {
    KeyFile file;
    TRY_ASSIGN(file.bytes, read_file(files, path, kMaxKeyFile));
    if (typed_lines) {
        TRY_ASSIGN(Bytes decoded, bytes_of_lines(file.bytes));
        wipe(file.bytes);
        file.bytes = std::move(decoded);
    }
    file.kind = kind_of_key_file(file.bytes);
    return file;
}

}  // namespace custody
