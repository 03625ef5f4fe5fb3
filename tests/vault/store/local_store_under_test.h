// A fresh local store in a folder of any FileSystem, opened twice.
#pragma once

#include "tests/vault/store/object_store_suite.h"
#include "vault/store/vault_header.h"

#include <stdexcept>

namespace custody::test {

class LocalStoreUnderTest final : public StoreUnderTest {
public:
    // Makes the vault where there is none yet. Throws, which ends the test, when that fails.
    LocalStoreUnderTest(FileSystem& files, const std::string& path) {
        if (!files.info(join_path(path, "vault.json")).ok()) {
            const auto made = create_local_store(files, path);
            if (!made.ok()) throw std::runtime_error(made.error().message);
            if (!(*made)->put("vault.json", bytes_of("{}")).ok()) throw std::runtime_error("no header in " + path);
        }
        store_ = open(files, path);
        other_ = open(files, path);
    }
    ObjectStore& store() override { return *store_; }
    ObjectStore& other() override { return *other_; }

private:
    static std::unique_ptr<ObjectStore> open(FileSystem& files, const std::string& path) {
        auto opened = open_local_store(files, path);
        if (!opened.ok()) throw std::runtime_error(opened.error().message);
        return std::move(*opened);
    }
    std::unique_ptr<ObjectStore> store_, other_;
};

}  // namespace custody::test
