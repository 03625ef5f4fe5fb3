// A writer's or reader's presence in a vault, and the marks of prune: DESIGN.md vault decision 6, docs/LOCKING.md.
//
// The order of the steps is the safety; tests/crash/prune_model checks every interleaving of it, and that removing any one
// step breaks it. Ownership: a Session lives for one run. Threads: immutable after begin.
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "vault/store/object_store.h"

#include <memory>
#include <unordered_set>

namespace custody {

// gc/marks: "custody marks 1" | u64 generation | u32 count | ids | SHA-256 of all before. Absent: generation 0, none.
struct Marks {
    std::uint64_t generation = 0;
    std::unordered_set<ObjectId, IdHash> packs;
};
[[nodiscard]] Bytes encode(const Marks& marks);
[[nodiscard]] Result<Marks> decode_marks(ByteView bytes);
[[nodiscard]] Result<Marks> read_marks(ObjectStore& store);

class Session {
public:
    // Locked session file, then marks, then the file renamed to carry their generation; in that order.
    static Result<Session> begin(ObjectStore& store);
    [[nodiscard]] const Marks& marks() const { return marks_; }
    // A pack that this session may not deduplicate against.
    [[nodiscard]] bool is_marked(const ObjectId& pack) const { return marks_.packs.contains(pack); }

private:
    std::unique_ptr<SessionLock> lock_;
    Marks marks_;
};

}  // namespace custody
