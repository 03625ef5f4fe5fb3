// Telling apart the files that `key export` writes.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <string>

namespace custody {

struct KeyFile {
    enum class Kind { kit, writer, public_keys };
    Kind kind = Kind::kit;
    Bytes bytes;  // wiped when dropped

    KeyFile() = default;
    KeyFile(KeyFile&&) noexcept = default;
    KeyFile& operator=(KeyFile&&) noexcept = default;
    ~KeyFile();
};

// `typed_lines`: the file holds a kit's lines as text. A file of no known form is taken for a kit, whose reader says what is
// wrong.
[[nodiscard]] Result<KeyFile> read_key_file(FileSystem& files, const std::string& path, bool typed_lines);
[[nodiscard]] KeyFile::Kind kind_of_key_file(ByteView bytes);

}  // namespace custody
