// One item of this machine's file system, read through its folder's descriptor: what lstat says, attributes, content.
//
// Threads: free functions are safe; a content serves one thread. Errors: denied, not_found (it vanished), io, failed (something
// else took its place).
#pragma once

#include "vault/sources/local_folder.h"
#include "vault/sources/source.h"

#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

namespace custody {

[[nodiscard]] EntryType entry_type_of(mode_t mode);
// Name aside.
void fill_from_stat(const struct stat& status, SourceItem& item);
[[nodiscard]] FileStamp stamp_of(const struct stat& status);
// On a file system that the kernel makes up (procfs, sysfs and the like).
[[nodiscard]] bool is_kernel_made(int descriptor);

[[nodiscard]] Result<OpenedItem> open_local_item(const std::shared_ptr<LocalFolder>& folder, const SourceItem& item);
// Empty: `now` is what was seen; else how it differs, in words.
[[nodiscard]] std::string difference(const SeenItem& seen, int folder);

// Holes of an open file, ascending; none where the file system does not tell.
[[nodiscard]] Result<std::vector<Hole>> find_holes(int fd, std::uint64_t size);

// Reads the data ranges of a descriptor in order, skipping holes.
class RangeReader {
public:
    RangeReader(int fd, std::uint64_t size, const std::vector<Hole>& holes) : fd_(fd), size_(size), holes_(&holes) {}
    // Bytes read, fewer only at the end; -1 and errno on failure.
    [[nodiscard]] ssize_t read(MutableByteView into);

private:
    int fd_;
    std::uint64_t size_;
    const std::vector<Hole>* holes_;
    std::size_t hole_ = 0;
    std::uint64_t offset_ = 0;
};

}  // namespace custody
