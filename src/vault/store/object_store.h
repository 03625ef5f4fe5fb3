// Where a vault's objects lie. Objects are immutable once named, except gc/marks, reserve and medium.json, which are replaced
// whole. One conformance suite (tests/vault/store/object_store_suite.h) is passed by every implementation.
//
// Names are relative, of [a-z0-9/._-]: vault.json, medium.json, packs/ab/<64>, index/<32>/<64>, snapshots/<64>, ledger/<16>,
// witness/<32>/<16>, gc/marks, sessions/<32>[-<generation>], tmp/<32>, reserve, aside/<any>. Ownership: a store outlives its
// readers, writers and sessions. Threads: safe from many; a writer or reader serves one thread, except ObjectReader::read, which
// is safe from many. Errors: io, no_space, denied, read_only, exists, not_found, busy; corrupt for a name of another form.
// Durable: see each function.
#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

#include <memory>
#include <string>
#include <vector>

namespace custody {

struct ObjectInfo {
    std::string name;
    std::uint64_t size = 0;
    Time modified = {};  // when it was written, as far as the store knows: for prune's grace, never for safety
};

class ObjectReader {
public:
    virtual ~ObjectReader() = default;
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    // Exactly into.size() bytes, else Code::corrupt (the object is shorter than promised) or io.
    [[nodiscard]] virtual Status read(std::uint64_t offset, MutableByteView into) = 0;
};

// A file under a temporary name, invisible to list(), gone when dropped before finish().
class ObjectWriter {
public:
    virtual ~ObjectWriter() = default;
    [[nodiscard]] virtual Status append(ByteView bytes) = 0;
    // fsync, then named. The name is durable only after ObjectStore::barrier(). An object of that name already there is
    // success: names are hashes of content (the temporary file is dropped; one of another length is damaged and replaced).
    [[nodiscard]] virtual Status finish(const std::string& name) = 0;
    // The same; but an object of that name is replaced, in one step and whatever its length: it is known to be damaged.
    [[nodiscard]] virtual Status finish_over(const std::string& name) = 0;
};

// An empty locked file sessions/<random>; the lock goes with the process. Renamed once to carry a generation.
class SessionLock {
public:
    virtual ~SessionLock() = default;  // removes its file
    [[nodiscard]] virtual Status carry_generation(std::uint64_t generation) = 0;
};
struct SessionInfo {
    std::string name;    // "sessions/..."
    bool alive = false;  // locked by a running process
    bool has_generation = false;
    std::uint64_t generation = 0;
};

class ObjectStore {
public:
    virtual ~ObjectStore() = default;
    [[nodiscard]] virtual std::string location() const = 0;  // for messages: "/mnt/disk-a/vault"
    [[nodiscard]] virtual Result<std::unique_ptr<ObjectReader>> open(const std::string& name) = 0;
    // Before a proof: the next reading of the object comes from the medium, not from what the system remembers of it, where the
    // system lets itself be told.
    virtual void forget_cached(const std::string& /*name*/) {}
    // corrupt: what bears the name is no file.
    [[nodiscard]] virtual Result<ObjectInfo> info(const std::string& name) = 0;
    // What bears this name of a folder is none, nor a link to one: a file, a pipe, a link that leads nowhere.
    [[nodiscard]] virtual Result<bool> is_blocked(const std::string& folder) { return info(folder).ok(); }
    // The whole object; Code::corrupt above max_size.
    [[nodiscard]] virtual Result<Bytes> get(const std::string& name, std::uint64_t max_size) = 0;
    [[nodiscard]] virtual Result<std::unique_ptr<ObjectWriter>> begin() = 0;
    // Durable when it returns. put: same rule as finish(); put_new: Code::exists; replace: whole and atomic.
    [[nodiscard]] virtual Status put(const std::string& name, ByteView content) = 0;
    [[nodiscard]] virtual Status put_new(const std::string& name, ByteView content) = 0;
    [[nodiscard]] virtual Status replace(const std::string& name, ByteView content) = 0;
    // not_found is an error. busy: a temporary file of a living writer. Durable after barrier().
    [[nodiscard]] virtual Status remove(const std::string& name) = 0;
    // Whatever bears the name, a folder too, leaves the vault's content: renamed to the name that is returned, aside/..., which
    // list("") leaves out and nobody removes. not_found. Durable when it returns.
    [[nodiscard]] virtual Result<std::string> set_aside(const std::string& name) = 0;
    // A rename, which needs no room: whatever bears `from` bears `to` instead. exists: something bears `to`; not_found. Durable
    // when it returns.
    [[nodiscard]] virtual Status bring_back(const std::string& from, const std::string& to) = 0;
    // Every name finished or removed before is durable after this. Nothing pending: no fsync.
    [[nodiscard]] virtual Status barrier() = 0;
    // The names that are in this folder now, whoever made them, are durable after the next barrier().
    [[nodiscard]] virtual Status settle(const std::string& folder) = 0;
    // All objects below a folder ("packs", "index/<32>", "" for all), sorted by name; temporary files are left out.
    [[nodiscard]] virtual Result<std::vector<ObjectInfo>> list(const std::string& folder) = 0;
    [[nodiscard]] virtual Result<std::vector<std::string>> list_temporary() = 0;  // leftovers of dead writers, for prune
    // Locked before its name appears.
    [[nodiscard]] virtual Result<std::unique_ptr<SessionLock>> begin_session() = 0;
    [[nodiscard]] virtual Result<std::vector<SessionInfo>> list_sessions() = 0;
    [[nodiscard]] virtual Status remove_dead_session(const std::string& name) = 0;
    // Exclusive right to prune; dropped with the object. Code::busy: another prune runs.
    [[nodiscard]] virtual Result<std::unique_ptr<SessionLock>> lock_prune() = 0;
};

}  // namespace custody
