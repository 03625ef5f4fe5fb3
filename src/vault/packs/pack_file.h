// One pack while it is written: header, segment headers where the segment changes, blocks; hashed as it grows. Used by
// PackWriter and PackAssembler.
//
// Ownership: owns the temporary object, which goes with it unless finish() succeeded. Threads: one at a time.
// Errors: those of ObjectWriter; Code::failed beyond kMaxPack. Durable: see ObjectWriter::finish.
#pragma once

#include "base/crypto.h"
#include "base/result.h"
#include "vault/packs/format.h"
#include "vault/store/object_store.h"

#include <memory>
#include <optional>

namespace custody {

class PackFile {
public:
    static Result<std::unique_ptr<PackFile>> begin(ObjectStore& store);

    struct Placed {
        std::uint32_t segment_offset = 0;
        std::uint32_t block_offset = 0;
    };
    // The segment's header goes first when it is not the one before.
    [[nodiscard]] Result<Placed> add(const SegmentHeader& segment, ByteView block_bytes);
    [[nodiscard]] std::uint64_t size() const { return size_; }
    // Ends the digest; nothing is added after.
    [[nodiscard]] ObjectId seal();
    // fsync and name. After seal().
    [[nodiscard]] Status finish();
    [[nodiscard]] Status finish_over();  // ObjectWriter::finish_over

private:
    explicit PackFile(std::unique_ptr<ObjectWriter> writer) : writer_(std::move(writer)) {}
    [[nodiscard]] Status append(ByteView bytes);

    std::unique_ptr<ObjectWriter> writer_;
    Sha256 hash_;
    std::uint64_t size_ = 0;
    std::optional<SegmentHeader> segment_;
    std::uint32_t segment_offset_ = 0;
    ObjectId id_;
};

}  // namespace custody
