// A fresh local store in a folder of any FileSystem, opened twice.
#pragma once

#include "tests/vault/store/object_store_suite.h"
#include "vault/store/vault_header.h"

#include <stdexcept>

namespace custody::test {

class LocalStoreUnderTest final : public StoreUnderTest {
public:
    LocalStoreUnderTest(FileSystem& files, const std::string& path) {
        auto made = create_local_store(files, path);
        if (!made.ok()) throw std::runtime_error(made.error().message);  // ends the test
        store_ = std::move(*made);
        const Status header = store_->put("vault.json", bytes_of("{}"));
        auto opened = open_local_store(files, path);
        if (!header.ok() || !opened.ok()) throw std::runtime_error("no vault at " + path);
        other_ = std::move(*opened);
    }
    ObjectStore& store() override { return *store_; }
    ObjectStore& other() override { return *other_; }

private:
    std::unique_ptr<ObjectStore> store_, other_;
};

}  // namespace custody::test
