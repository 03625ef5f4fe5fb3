// Content in order, decoded ahead: chunks go in, their proven bytes come out in the same order, while the pool opens the blocks
// to come. Neighbouring chunks of one block are decoded once.
//
// Ownership: refers to access and pool, which outlive it. Threads: one; the sink is called in it. Memory: kReadAhead blocks.
#pragma once

#include "base/result.h"
#include "base/worker_pool.h"
#include "restore/chunk_fetch.h"
#include "restore/snapshot_access.h"

#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <vector>

namespace custody {

class ContentStream {
public:
    // `tag` as given to add(). An error in `bytes` is what is wrong with this chunk; the sink's own error ends the stream.
    using Sink = std::function<Status(std::uint64_t tag, const TreeReader::ContentPiece& piece, const Result<ByteView>& bytes)>;
    ContentStream(SnapshotAccess& access, WorkerPool& pool, Sink sink) : access_(access), pool_(pool), sink_(std::move(sink)) {}
    ~ContentStream();
    ContentStream(const ContentStream&) = delete;
    ContentStream& operator=(const ContentStream&) = delete;

    // May call the sink for chunks added before.
    [[nodiscard]] Status add(std::uint64_t tag, const TreeReader::ContentPiece& piece);
    // Everything added comes out.
    [[nodiscard]] Status flush();

private:
    struct Group {
        std::vector<LocatedPiece> pieces;  // of one block
        std::vector<std::uint64_t> tags;
        Bytes raw;
        BlockProof proof;
        std::future<void> job;  // none: `lost`
        std::optional<Error> lost;
    };
    void submit();
    Status take_oldest();

    SnapshotAccess& access_;
    WorkerPool& pool_;
    Sink sink_;
    std::unique_ptr<Group> gathering_;
    std::deque<std::unique_ptr<Group>> ahead_;
    std::vector<Bytes> spare_;
};

// All of one file, in file order, holes as gaps between the pieces' ranges.
[[nodiscard]] Status stream_content(SnapshotAccess& access, WorkerPool& pool, const Content& content,
                                    const ContentStream::Sink& sink);

}  // namespace custody
