// Seeds of a fuzz target: when CUSTODY_FUZZ_SEEDS names a folder (scripts/fuzz), the target writes its corpus there at start.
#pragma once

#include "base/bytes.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace custody::fuzz {

inline bool wants_seeds() { return std::getenv("CUSTODY_FUZZ_SEEDS") != nullptr; }

inline void write_seed(const std::string& name, ByteView bytes) {
    const char* folder = std::getenv("CUSTODY_FUZZ_SEEDS");
    if (folder == nullptr) return;
    const std::string path = std::string(folder) + "/seed-" + name;
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) return;
    std::fwrite(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
}

}  // namespace custody::fuzz
