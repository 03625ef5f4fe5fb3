// A new file that is locked for as long as it lives here; the piece from which object writers and sessions are made
// (local_store.h says why the lock).
//
// Ownership: dropped, it removes its file, unless that has been named for good (rename_new). Threads: one.
#pragma once

#include "base/file.h"

#include <memory>
#include <string>

namespace custody {

class LockedFile {
public:
    // Under a random name in `folder`. not_found: no such folder.
    static Result<LockedFile> create(FileSystem& files, const std::string& folder);
    LockedFile(LockedFile&& other) noexcept;
    LockedFile& operator=(LockedFile&&) = delete;
    LockedFile(const LockedFile&) = delete;
    ~LockedFile();

    [[nodiscard]] File& file() { return *file_; }
    // Both keep the lock.
    [[nodiscard]] Status rename_over(const std::string& path);
    [[nodiscard]] Status rename_new(const std::string& path);
    [[nodiscard]] Status remove();
    // From now on the file stays when this is dropped.
    void keep() { owned_ = false; }

private:
    LockedFile(FileSystem& files, std::unique_ptr<File> file, std::string path)
        : files_(&files), file_(std::move(file)), path_(std::move(path)) {}
    FileSystem* files_;
    std::unique_ptr<File> file_;
    std::string path_;
    bool owned_ = true;
};

enum class LockState { free, held, gone, no_file };  // no_file: a folder, a link, a pipe: nobody locks that
[[nodiscard]] Result<LockState> look_at_lock(FileSystem& files, const std::string& path);
// Removes the file while holding its lock. busy: somebody holds it; not_found.
[[nodiscard]] Status remove_if_unlocked(FileSystem& files, const std::string& path);

}  // namespace custody
