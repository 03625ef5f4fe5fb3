// Telling apart the files that `key export` and `key officer` write.
#pragma once

#include "base/file.h"
#include "base/records/officer_key.h"
#include "base/result.h"
#include "vault/keys/recovery_kit.h"

#include <string>

namespace custody {

struct KeyFile {
    enum class Kind { kit, page, writer, public_keys, officer };
    Kind kind = Kind::kit;
    KitForm form = KitForm::file;  // of a kit: as it came; `bytes` is always the file
    Bytes bytes;                   // wiped when dropped

    KeyFile() = default;
    KeyFile(KeyFile&&) noexcept = default;
    KeyFile& operator=(KeyFile&&) noexcept = default;
    ~KeyFile();
};

// A kit may also be a text file with its typed lines or the texts of its QR codes; a page (PDF) is not read. A file of no known
// form is taken for a kit, whose reader says what is wrong.
[[nodiscard]] Result<KeyFile> read_key_file(FileSystem& files, const std::string& path);
[[nodiscard]] KeyFile::Kind kind_of_key_file(ByteView bytes);

// An officer's file as it is. usage: it cannot be read.
[[nodiscard]] Result<Bytes> read_officer_file(FileSystem& files, const std::string& path);
// Whom `--officer` names: a public key in hex (no name), or an officer's file. usage: neither.
struct NamedOfficer {
    PublicKey sealing{};
    std::string name;
};
[[nodiscard]] Result<NamedOfficer> find_officer(FileSystem& files, const std::string& given);
// "PATH: what is wrong".
[[nodiscard]] Error at_file(const std::string& path, const Error& error);

}  // namespace custody
