// The real file system, with somebody who acts on the same files in the middle of what is tested: just before a path is looked
// at.
//
// Ownership: `meddle` and what it refers to outlive the file system. Threads: safe from many; `meddle` runs once, in the thread
// that came first, and others that look at such a path wait for it.
#pragma once

#include "tests/support/unsynced_file_system.h"

#include <functional>
#include <mutex>
#include <string>

namespace custody::test {

class MeddlingFileSystem final : public FileSystem {
public:
    // `part`: of the path that is waited for.
    MeddlingFileSystem(std::string part, std::function<void()> meddle) : part_(std::move(part)), meddle_(std::move(meddle)) {}
    [[nodiscard]] bool has_meddled() const { return done_; }

    Result<std::unique_ptr<File>> open(const std::string& path) override {
        look(path);
        return real_.open(path);
    }
    Result<FileInfo> info(const std::string& path) override {
        look(path);
        return real_.info(path);
    }
    Result<std::unique_ptr<File>> open_writable(const std::string& path) override { return real_.open_writable(path); }
    Result<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override {
        return real_.create(path, mode);
    }
    Status rename(const std::string& from, const std::string& to) override { return real_.rename(from, to); }
    Status rename_new(const std::string& from, const std::string& to) override { return real_.rename_new(from, to); }
    Status remove(const std::string& path) override { return real_.remove(path); }
    Status remove_directory(const std::string& path) override { return real_.remove_directory(path); }
    Status make_directory(const std::string& path, std::uint32_t mode) override { return real_.make_directory(path, mode); }
    Status sync_directory(const std::string& path) override { return real_.sync_directory(path); }
    Result<std::vector<DirectoryItem>> list(const std::string& path) override { return real_.list(path); }

private:
    void look(const std::string& path) {
        if (path.find(part_) == std::string::npos) return;
        const std::lock_guard one_at_a_time(mutex_);
        if (done_) return;
        done_ = true;
        meddle_();
    }

    UnsyncedFileSystem real_;
    const std::string part_;
    const std::function<void()> meddle_;
    std::mutex mutex_;
    bool done_ = false;
};

}  // namespace custody::test
