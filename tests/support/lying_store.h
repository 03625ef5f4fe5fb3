// A store whose medium lies: what was written under some names reads back with a bit turned, and nothing says so. As with a real
// one, nobody notices while the system remembers what was written: only whoever asks for the medium itself does.
//
// Ownership: shares the objects of the store it is made from. Threads: as that store.
#pragma once

#include "tests/support/memory_store.h"

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace custody::test {

class LyingStore final : public ObjectStore {
public:
    // Of the objects whose name begins with `prefix`, every read after forget_cached turns the lowest bit of its last byte.
    LyingStore(const MemoryStore& inner, std::string prefix) : inner_(inner), prefix_(std::move(prefix)) {}

    std::string location() const override { return inner_.location(); }
    Result<std::unique_ptr<ObjectReader>> open(const std::string& name) override {
        TRY_ASSIGN(auto reader, inner_.open(name));
        if (!lies_about(name)) return reader;
        return std::unique_ptr<ObjectReader>(std::make_unique<LyingReader>(std::move(reader)));
    }
    void forget_cached(const std::string& name) override {
        const std::lock_guard lock(mutex_);
        if (name.starts_with(prefix_)) forgotten_.insert(name);
    }
    Result<ObjectInfo> info(const std::string& name) override { return inner_.info(name); }
    Result<Bytes> get(const std::string& name, std::uint64_t max_size) override {
        TRY_ASSIGN(Bytes bytes, inner_.get(name, max_size));
        if (lies_about(name) && !bytes.empty()) bytes.back() ^= 1;
        return bytes;
    }
    Result<std::unique_ptr<ObjectWriter>> begin() override { return inner_.begin(); }
    Status put(const std::string& name, ByteView content) override { return inner_.put(name, content); }
    Status put_new(const std::string& name, ByteView content) override { return inner_.put_new(name, content); }
    Status replace(const std::string& name, ByteView content) override { return inner_.replace(name, content); }
    Status remove(const std::string& name) override { return inner_.remove(name); }
    Result<std::string> set_aside(const std::string& name) override { return inner_.set_aside(name); }
    Status bring_back(const std::string& from, const std::string& to) override { return inner_.bring_back(from, to); }
    Status barrier() override { return inner_.barrier(); }
    Status settle(const std::string&) { return done(); }  // in memory every name is as durable as it gets
    Result<std::vector<ObjectInfo>> list(const std::string& folder) override { return inner_.list(folder); }
    Result<std::vector<std::string>> list_temporary() override { return inner_.list_temporary(); }
    Result<std::unique_ptr<SessionLock>> begin_session() override { return inner_.begin_session(); }
    Result<std::vector<SessionInfo>> list_sessions() override { return inner_.list_sessions(); }
    Status remove_dead_session(const std::string& name) override { return inner_.remove_dead_session(name); }
    Result<std::unique_ptr<SessionLock>> lock_prune() override { return inner_.lock_prune(); }

private:
    class LyingReader final : public ObjectReader {
    public:
        explicit LyingReader(std::unique_ptr<ObjectReader> inner) : inner_(std::move(inner)) {}
        std::uint64_t size() const override { return inner_->size(); }
        Status read(std::uint64_t offset, MutableByteView into) override {
            TRY(inner_->read(offset, into));
            if (!into.empty()) into.back() ^= 1;
            return done();
        }

    private:
        std::unique_ptr<ObjectReader> inner_;
    };

    bool lies_about(const std::string& name) {
        const std::lock_guard lock(mutex_);
        return forgotten_.contains(name);
    }

    MemoryStore inner_;
    std::string prefix_;
    std::mutex mutex_;
    std::set<std::string> forgotten_;
};

}  // namespace custody::test
