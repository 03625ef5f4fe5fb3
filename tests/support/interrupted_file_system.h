// The real file system, with somebody who acts on the same files in the middle of what is tested: just before the n-th time that
// a path is opened, looked at or removed.
//
// Ownership: `meddle` and what it refers to outlive the file system. Threads: none.
#pragma once

#include "tests/support/unsynced_file_system.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace custody::test {

class InterruptedFileSystem final : public FileSystem {
public:
    enum class When { opens, looks_at, removes };
    InterruptedFileSystem(When when, std::string part, int nth, std::function<void()> meddle)
        : when_(when), part_(std::move(part)), left_(nth), meddle_(std::move(meddle)) {}
    [[nodiscard]] bool has_meddled() const { return left_ <= 0; }

    Result<std::unique_ptr<File>> open(const std::string& path) override {
        note(When::opens, path);
        return real_.open(path);
    }
    Result<FileInfo> info(const std::string& path) override {
        note(When::looks_at, path);
        return real_.info(path);
    }
    Status remove(const std::string& path) override {
        note(When::removes, path);
        return real_.remove(path);
    }
    Result<std::unique_ptr<File>> open_writable(const std::string& path) override { return real_.open_writable(path); }
    Result<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override {
        return real_.create(path, mode);
    }
    Status rename(const std::string& from, const std::string& to) override { return real_.rename(from, to); }
    Status rename_new(const std::string& from, const std::string& to) override { return real_.rename_new(from, to); }
    Status remove_directory(const std::string& path) override { return real_.remove_directory(path); }
    Status make_directory(const std::string& path, std::uint32_t mode) override { return real_.make_directory(path, mode); }
    Status sync_directory(const std::string& path) override { return real_.sync_directory(path); }
    Result<std::vector<DirectoryItem>> list(const std::string& path) override { return real_.list(path); }

private:
    void note(When what, const std::string& path) {
        if (what != when_ || left_ <= 0 || path.find(part_) == std::string::npos) return;
        if (--left_ == 0) meddle_();
    }

    UnsyncedFileSystem real_;
    const When when_;
    const std::string part_;
    int left_;
    const std::function<void()> meddle_;
};

}  // namespace custody::test
