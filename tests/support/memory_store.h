// An ObjectStore in memory, for tests of what lies above a store. Keeps the contract of object_store.h, fsync aside (it counts
// barriers). objects() lets a test damage, remove or swap what was stored.
#pragma once

#include "vault/store/object_store.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace custody::test {

class MemoryStore final : public ObjectStore {
public:
    MemoryStore() : shared_(std::make_shared<Shared>()) {}

    std::string location() const override { return "memory"; }
    Result<std::unique_ptr<ObjectReader>> open(const std::string& name) override;
    Result<ObjectInfo> info(const std::string& name) override;
    Result<Bytes> get(const std::string& name, std::uint64_t max_size) override;
    Result<std::unique_ptr<ObjectWriter>> begin() override;
    Status put(const std::string& name, ByteView content) override;
    Status put_new(const std::string& name, ByteView content) override;
    Status replace(const std::string& name, ByteView content) override;
    Status remove(const std::string& name) override;
    Result<std::string> set_aside(const std::string& name) override;
    Status bring_back(const std::string& from, const std::string& to) override;
    Status barrier() override;
    Status settle(const std::string&) override { return done(); }
    Result<std::vector<ObjectInfo>> list(const std::string& folder) override;
    Result<std::vector<std::string>> list_temporary() override { return std::vector<std::string>{}; }
    Result<std::unique_ptr<SessionLock>> begin_session() override;
    Result<std::vector<SessionInfo>> list_sessions() override;
    Status remove_dead_session(const std::string& name) override;
    Result<std::unique_ptr<SessionLock>> lock_prune() override;

    // For tests; while no other thread uses the store.
    std::map<std::string, Bytes>& objects() { return shared_->objects; }
    std::size_t opens() const { return shared_->opens; }
    std::size_t barriers() const { return shared_->barriers; }
    // The next `appends` appends succeed, all after them fail with no_space. Negative: never.
    void fail_after_appends(int appends) { shared_->appends_left = appends; }

    // Appends are counted as done and forgotten, for benchmarks.
    void discard_appends() { shared_->discards = true; }

    struct Shared {
        std::mutex mutex;
        std::map<std::string, Bytes> objects;
        std::map<std::string, SessionInfo> sessions;
        std::size_t opens = 0, barriers = 0, next_session = 0;
        int appends_left = -1;
        bool pruning = false, discards = false;
    };

private:
    std::shared_ptr<Shared> shared_;
};

}  // namespace custody::test
