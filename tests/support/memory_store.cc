#include "tests/support/memory_store.h"

#include "vault/store/local_store.h"

#include <algorithm>

namespace custody::test {

namespace {

using Shared = MemoryStore::Shared;
using SharedPtr = std::shared_ptr<Shared>;

Status check_name(const std::string& name) {
    if (is_object_name(name)) return done();
    return Error{Code::corrupt, "'" + name + "' is not a name of an object in a vault"};
}

// Names are hashes of content: what is there is the same, unless it was cut short.
void put_kept(Shared& shared, const std::string& name, Bytes content) {
    Bytes& held = shared.objects[name];
    if (held.size() != content.size()) held = std::move(content);
}

Error missing(const std::string& name) { return Error{Code::not_found, "no object " + name}; }

class Reader final : public ObjectReader {
public:
    explicit Reader(Bytes content) : content_(std::move(content)) {}
    std::uint64_t size() const override { return content_.size(); }
    Status read(std::uint64_t offset, MutableByteView into) override {
        if (offset > content_.size() || content_.size() - offset < into.size())
            return Error{Code::corrupt, "object is cut short"};
        std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
        return done();
    }

private:
    const Bytes content_;
};

class Writer final : public ObjectWriter {
public:
    explicit Writer(SharedPtr shared) : shared_(std::move(shared)) {}
    Status append(ByteView bytes) override {
        const std::lock_guard lock(shared_->mutex);
        if (shared_->appends_left == 0) return Error{Code::no_space, "cannot write: the medium is full"};
        if (shared_->appends_left > 0) --shared_->appends_left;
        if (!shared_->discards) custody::append(content_, bytes);
        return done();
    }
    Status finish(const std::string& name) override {
        TRY(check_name(name));
        const std::lock_guard lock(shared_->mutex);
        put_kept(*shared_, name, std::move(content_));
        return done();
    }
    Status finish_over(const std::string& name) override {
        TRY(check_name(name));
        const std::lock_guard lock(shared_->mutex);
        shared_->objects[name] = std::move(content_);
        return done();
    }

private:
    SharedPtr shared_;
    Bytes content_;
};

class Session final : public SessionLock {
public:
    Session(SharedPtr shared, std::string name) : shared_(std::move(shared)), name_(std::move(name)) {}
    ~Session() override {
        const std::lock_guard lock(shared_->mutex);
        shared_->sessions.erase(name_);
    }
    Status carry_generation(std::uint64_t generation) override {
        const std::lock_guard lock(shared_->mutex);
        auto& session = shared_->sessions[name_];
        session.has_generation = true;
        session.generation = generation;
        return done();
    }

private:
    SharedPtr shared_;
    std::string name_;
};

class PruneLock final : public SessionLock {
public:
    explicit PruneLock(SharedPtr shared) : shared_(std::move(shared)) {}
    ~PruneLock() override {
        const std::lock_guard lock(shared_->mutex);
        shared_->pruning = false;
    }
    Status carry_generation(std::uint64_t) override { return done(); }

private:
    SharedPtr shared_;
};

}  // namespace

Result<std::unique_ptr<ObjectReader>> MemoryStore::open(const std::string& name) {
    TRY(check_name(name));
    const std::lock_guard lock(shared_->mutex);
    const auto found = shared_->objects.find(name);
    if (found == shared_->objects.end()) return missing(name);
    ++shared_->opens;
    return std::unique_ptr<ObjectReader>(std::make_unique<Reader>(found->second));
}

Result<ObjectInfo> MemoryStore::info(const std::string& name) {
    TRY(check_name(name));
    const std::lock_guard lock(shared_->mutex);
    const auto found = shared_->objects.find(name);
    if (found == shared_->objects.end()) return missing(name);
    return ObjectInfo{name, found->second.size()};
}

Result<Bytes> MemoryStore::get(const std::string& name, std::uint64_t max_size) {
    TRY(check_name(name));
    const std::lock_guard lock(shared_->mutex);
    const auto found = shared_->objects.find(name);
    if (found == shared_->objects.end()) return missing(name);
    if (found->second.size() > max_size) return Error{Code::corrupt, name + " is too large"};
    return found->second;
}

Result<std::unique_ptr<ObjectWriter>> MemoryStore::begin() {
    return std::unique_ptr<ObjectWriter>(std::make_unique<Writer>(shared_));
}

Status MemoryStore::put(const std::string& name, ByteView content) {
    TRY(check_name(name));
    const std::lock_guard lock(shared_->mutex);
    put_kept(*shared_, name, Bytes(content.begin(), content.end()));
    return done();
}

Status MemoryStore::put_new(const std::string& name, ByteView content) {
    TRY(check_name(name));
    const std::lock_guard lock(shared_->mutex);
    if (shared_->objects.contains(name)) return Error{Code::exists, name + " exists"};
    shared_->objects.try_emplace(name, content.begin(), content.end());
    return done();
}

Status MemoryStore::replace(const std::string& name, ByteView content) {
    TRY(check_name(name));
    const std::lock_guard lock(shared_->mutex);
    shared_->objects[name] = Bytes(content.begin(), content.end());
    return done();
}

Status MemoryStore::remove(const std::string& name) {
    TRY(check_name(name));
    const std::lock_guard lock(shared_->mutex);
    if (shared_->objects.erase(name) == 0) return missing(name);
    return done();
}

// Nothing but objects lies here; list("") shows it too.
Result<std::string> MemoryStore::set_aside(const std::string& name) {
    TRY(check_name(name));
    const std::lock_guard lock(shared_->mutex);
    auto object = shared_->objects.extract(name);
    if (object.empty()) return missing(name);
    object.key() = "aside/" + name;
    const std::string to = object.key();
    shared_->objects.insert(std::move(object));
    return to;
}

Status MemoryStore::bring_back(const std::string& from, const std::string& to) {
    TRY(check_name(to));
    const std::lock_guard lock(shared_->mutex);
    if (shared_->objects.contains(to)) return Error{Code::exists, to};
    auto object = shared_->objects.extract(from);
    if (object.empty()) return missing(from);
    object.key() = to;
    shared_->objects.insert(std::move(object));
    return done();
}

Status MemoryStore::barrier() {
    const std::lock_guard lock(shared_->mutex);
    ++shared_->barriers;
    return done();
}

Result<std::vector<ObjectInfo>> MemoryStore::list(const std::string& folder) {
    const std::lock_guard lock(shared_->mutex);
    std::vector<ObjectInfo> found;
    for (const auto& [name, content] : shared_->objects) {
        if (folder.empty() || name.starts_with(folder + "/")) found.push_back({name, content.size()});
    }
    return found;
}

Result<std::unique_ptr<SessionLock>> MemoryStore::begin_session() {
    const std::lock_guard lock(shared_->mutex);
    const std::string name = "sessions/" + std::to_string(shared_->next_session++);
    shared_->sessions[name] = SessionInfo{name, true, false, 0};
    return std::unique_ptr<SessionLock>(std::make_unique<Session>(shared_, name));
}

Result<std::vector<SessionInfo>> MemoryStore::list_sessions() {
    const std::lock_guard lock(shared_->mutex);
    std::vector<SessionInfo> found;
    for (const auto& [name, session] : shared_->sessions) found.push_back(session);
    return found;
}

Status MemoryStore::remove_dead_session(const std::string& name) {
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->sessions.contains(name)) return missing(name);
    return Error{Code::busy, name + " belongs to a running program"};  // all sessions here live
}

Result<std::unique_ptr<SessionLock>> MemoryStore::lock_prune() {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->pruning) return Error{Code::busy, "another prune runs"};
    shared_->pruning = true;
    return std::unique_ptr<SessionLock>(std::make_unique<PruneLock>(shared_));
}

}  // namespace custody::test
