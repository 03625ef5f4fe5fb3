// The Source seam: something that can be backed up, as a tree of entries in walk order, each file with content that can be
// opened and read. Files, images and streams now; databases later.
//
// Walk order is depth-first, folders' children by raw name bytes; it is the same on every run, which the host cache and dedup
// rely on. Threads: next_*() by one thread; FileContent objects are opened and read in worker threads, each by one.
// Errors: a failure of one item is an item with `error`, not the end of the walk; only what ends the whole run is a Status.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/stop.h"
#include "vault/history/tree.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace custody {

// How a file looked when it was met; what tells changed from unchanged.
struct FileStamp {
    std::uint64_t size = 0;
    std::uint64_t device = 0, inode = 0;
    Time modified, changed;  // mtime, ctime
    auto operator<=>(const FileStamp&) const = default;
};

// Open content of one file. read() is sequential over the data ranges only (holes are skipped).
class FileContent {
public:
    virtual ~FileContent() = default;
    [[nodiscard]] virtual std::uint64_t size() const = 0;              // logical, when opened
    [[nodiscard]] virtual const std::vector<Hole>& holes() const = 0;  // ascending, when opened
    // Fills `into` as far as the data go; 0 at the end.
    [[nodiscard]] virtual Result<std::size_t> read(MutableByteView into) = 0;
    // After the last read: did it change, shrink, grow or get replaced meanwhile? true: mark the entry.
    [[nodiscard]] virtual Result<bool> changed_since_open() = 0;
    // Non-zero: cut at multiples of this logical size instead of by content (images).
    [[nodiscard]] virtual std::uint32_t fixed_chunk() const { return 0; }
    [[nodiscard]] virtual FileStamp stamp() const = 0;  // by fstat when opened
};

struct SourceItem {
    enum class What { enter_folder, leave_folder, entry };
    What what = What::entry;
    std::string path;            // absolute, raw
    Entry entry;                 // attributes filled in; content only for what needs no reading (empty files)
    FileStamp stamp;             // type file: as lstat saw it; folders too
    bool racy = false;           // mtime/ctime less than 2 s (FAT 4 s) before now: not to be trusted next time
    std::optional<Error> error;  // this item could not be read; it is left out and named
};

class Source {
public:
    virtual ~Source() = default;
    [[nodiscard]] virtual std::string kind() const = 0;  // "files", "image", "stream"
    [[nodiscard]] virtual std::vector<std::string> paths() const = 0;
    // false: the walk is over.
    [[nodiscard]] virtual Result<bool> next(SourceItem& item) = 0;
    // Worker threads.
    [[nodiscard]] virtual Result<std::unique_ptr<FileContent>> open(const SourceItem& item) = 0;
    // Looks at an item again at the end (duty B8): nullopt same, else what differs in words ("size 5 -> 7", "vanished").
    // An item whose stamp has a racy or changed mark is expected to differ and is not asked for.
    [[nodiscard]] virtual Result<std::optional<std::string>> look_again(const SourceItem& item) = 0;
    // For a total in the progress line; 0 unknown.
    [[nodiscard]] virtual std::uint64_t expected_bytes() const { return 0; }
};

}  // namespace custody
