// Reading items in worker threads: small files in batches, each with the checksum and chunk id that it will be stored under.
//
// A batch holds about one block of content, so that it usually becomes a block as it is, without a copy. A file that changed
// while it was read is read again once; the second time what came from one open file is kept and marked. A batch whose bytes are
// no longer what was read when they were hashed is read again once as a whole (vault decision 9).
// Threads: read_batch runs in a worker; its requests stay alive until it is done. Memory: one batch.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "vault/keys/label_keys.h"
#include "vault/packs/sealer.h"
#include "vault/sources/source.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace custody {

inline constexpr std::uint64_t kMaxSmallFile = kMinChunk;  // one chunk each

// An item as it will be stored.
struct StoredItem {
    Entry entry;
    FileStamp stamp;
    bool racy = false;  // too young, when it was opened, to be believed next time
};

struct ReadRequest {
    std::shared_ptr<const SourceFolder> folder;
    const SourceItem* item = nullptr;
};
struct ReadOutcome {
    std::optional<Error> error;
    std::shared_ptr<StoredItem> stored;  // content not yet listed
    std::vector<Hole> holes;
    std::optional<ContentChunk> chunk;  // none: no data
    bool too_large = false;             // it grew: to be read as a large file
};
struct ReadBatch {
    std::vector<ReadOutcome> outcomes;  // one a request
    RawBlock block;                     // the chunks in order
    bool read_again = false;            // its bytes had changed in memory the first time
    bool intact = true;                 // false: they did so again
};
// What a test does to a buffer that was filled; mostly empty.
using AfterFill = std::function<void(MutableByteView)>;

// `buffer`: a used one to read into, of any size and content, or none.
[[nodiscard]] ReadBatch read_batch(Source& source, const std::vector<ReadRequest>& requests, const WriterKeys& keys,
                                   const Clock& clock, const AfterFill& after_fill, Bytes buffer);

// A read buffer is no longer what was read.
[[nodiscard]] Error bad_memory();

// What open() told, as it will be stored.
[[nodiscard]] std::shared_ptr<StoredItem> to_store(OpenedItem&& opened, Time opened_at);
// Size and holes of content of which only `data_bytes` could be read.
void cut_short(Content& content, std::uint64_t data_bytes);

}  // namespace custody
