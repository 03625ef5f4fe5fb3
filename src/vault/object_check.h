// Whether an object of a vault is what its name says. Shared by verification and repair; needs no key.
//
// Threads: safe from many. Memory: one buffer of 1 MiB a call. Errors: `interrupted` and `memory` only; whatever is wrong with
// the object, reading it included, is a problem in words.
#pragma once

#include "base/result.h"
#include "base/stop.h"
#include "vault/store/object_store.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace custody {

struct ObjectCheck {
    std::optional<std::string> problem;  // "is missing", "has 12 bytes instead of 34" ...; none: sound
    std::uint64_t bytes_read = 0;
    // It may not be looked at or opened (denied, io): whether its bytes are sound is not known. `problem` says so too.
    std::optional<Error> unopened;
};

// Damage of the medium, as opposed to an order to stop or failing memory: corrupt, io, not_found, denied.
[[nodiscard]] bool is_damage(const Error& error);
// The hash that the name of a pack, index segment or snapshot carries; none for other objects.
[[nodiscard]] std::optional<ObjectId> id_in_name(std::string_view name);
// "pack", "index", "snapshot", "ledger", "witness", "marks", "reserve", "header", "medium"; "object" for anything else.
[[nodiscard]] std::string_view object_kind(std::string_view name);
// The label that an index segment's name carries.
[[nodiscard]] std::optional<LabelId> label_in_name(std::string_view name);

// The hash of an object's first `size` bytes, read in pieces of 1 MiB; `take` (may be null) is given each of them.
[[nodiscard]] Result<ObjectId> hash_first(ObjectReader& reader, std::uint64_t size, const std::function<Status(ByteView)>& take);
// There and of its size; nothing is read.
[[nodiscard]] Result<ObjectCheck> check_presence(ObjectStore& store, const ObjectInfo& expected);
// Also read whole, from the medium (ObjectStore::forget_cached), and hashed to its name, where the name is a hash.
[[nodiscard]] Result<ObjectCheck> check_whole(ObjectStore& store, const ObjectInfo& expected);

// What was read back of what was written.
struct ReadBack {
    std::uint64_t objects = 0, bytes = 0;
    void add(const ObjectInfo& object) {
        ++objects;
        bytes += object.size;
    }
};
// An object that was just written, as check_whole(). corrupt, naming it and the medium: it reads back as something else.
[[nodiscard]] Status prove_written(ObjectStore& store, const ObjectInfo& written);

// Many objects (name -> size) in workers; whole where `is_whole` says so. `take` is called in this thread, in order of name.
// `threads` 0: one a processor.
struct CheckMany {
    const std::map<std::string, std::uint64_t>* objects = nullptr;
    std::function<bool(const std::string& name)> is_whole;
    std::function<Status(const ObjectInfo& object, const ObjectCheck& check)> take;
    unsigned threads = 0;
};
[[nodiscard]] Status check_many(ObjectStore& store, const CheckMany& what, const StopFlag& stop);

}  // namespace custody
