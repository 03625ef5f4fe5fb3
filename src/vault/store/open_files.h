// The files that a store's readers read from. However many readers there are (an index has one for each of its segments), only a
// bounded number of files is open at a time: the one unused for longest is closed, and opened again when it is read next.
//
// Ownership: `files` outlives it; readers share it. Threads: safe from many; a file in use is closed when its user is done, so
// that each thread may add one to the bound. Errors: those of opening; not_found when the file was removed meanwhile.
#pragma once

#include "base/file.h"
#include "base/lru_cache.h"
#include "vault/store/object_store.h"

#include <atomic>
#include <memory>
#include <string>

namespace custody {

class OpenFiles : public std::enable_shared_from_this<OpenFiles> {
public:
    OpenFiles(FileSystem& files, std::size_t at_most) : files_(files), open_(at_most) {}

    // A reader of `file`, just opened from `path`.
    [[nodiscard]] Result<std::unique_ptr<ObjectReader>> reader(std::unique_ptr<File> file, const std::string& path);

private:
    class Reader;
    using Shared = std::shared_ptr<File>;
    [[nodiscard]] Result<Shared> file_of(std::uint64_t reader, const std::string& path);

    FileSystem& files_;
    std::atomic<std::uint64_t> last_reader_{0};
    LruCache<std::uint64_t, Shared, std::hash<std::uint64_t>> open_;
};

inline constexpr std::size_t kOpenFilesOfAStore = 128;  // where the process may have so many (share_of_open_files)

}  // namespace custody
