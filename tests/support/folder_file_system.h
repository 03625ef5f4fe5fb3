// The real file system below one folder: "/a/vault" is <folder>/a/vault. With a hook around every sync.
//
// Ownership: independent; its Files may outlive it. Threads: safe as the real one; the hook is called by the syncing thread.
#pragma once

#include "base/file.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace custody::test {

class FolderFileSystem final : public FileSystem {
public:
    // Called just before each sync() and sync_directory(), with its path.
    using BarrierHook = std::function<void(const std::string& path)>;

    explicit FolderFileSystem(std::string folder, BarrierHook hook = nullptr)
        : folder_(std::move(folder)), hook_(std::make_shared<BarrierHook>(std::move(hook))) {}

    Result<std::unique_ptr<File>> open(const std::string& path) override { return wrap(real().open(below(path)), path); }
    Result<std::unique_ptr<File>> open_writable(const std::string& path) override {
        return wrap(real().open_writable(below(path)), path);
    }
    Result<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override {
        return wrap(real().create(below(path), mode), path);
    }
    Status rename(const std::string& from, const std::string& to) override { return real().rename(below(from), below(to)); }
    Status rename_new(const std::string& from, const std::string& to) override {
        return real().rename_new(below(from), below(to));
    }
    Status remove(const std::string& path) override { return real().remove(below(path)); }
    Status remove_directory(const std::string& path) override { return real().remove_directory(below(path)); }
    Status make_directory(const std::string& path, std::uint32_t mode) override {
        return real().make_directory(below(path), mode);
    }
    Status sync_directory(const std::string& path) override {
        if (*hook_) (*hook_)(path);
        return real().sync_directory(below(path));
    }
    Result<FileInfo> info(const std::string& path) override { return real().info(below(path)); }
    Result<std::vector<DirectoryItem>> list(const std::string& path) override { return real().list(below(path)); }

private:
    class HookedFile final : public File {
    public:
        HookedFile(std::unique_ptr<File> file, std::string path, std::shared_ptr<BarrierHook> hook)
            : file_(std::move(file)), path_(std::move(path)), hook_(std::move(hook)) {}
        Result<std::size_t> read_some(std::uint64_t offset, MutableByteView into) override {
            return file_->read_some(offset, into);
        }
        Result<std::size_t> write_some(std::uint64_t offset, ByteView from) override { return file_->write_some(offset, from); }
        Status sync() override {
            if (*hook_) (*hook_)(path_);
            return file_->sync();
        }
        Result<FileInfo> info() override { return file_->info(); }
        Result<bool> try_lock(bool exclusive) override { return file_->try_lock(exclusive); }

    private:
        std::unique_ptr<File> file_;
        std::string path_;
        std::shared_ptr<BarrierHook> hook_;
    };

    static FileSystem& real() { return posix_file_system(); }
    [[nodiscard]] std::string below(const std::string& path) const { return path == "/" ? folder_ : folder_ + path; }
    [[nodiscard]] Result<std::unique_ptr<File>> wrap(Result<std::unique_ptr<File>> file, const std::string& path) const {
        if (!file.ok()) return std::move(file).error();
        return std::unique_ptr<File>(std::make_unique<HookedFile>(std::move(*file), path, hook_));
    }

    std::string folder_;
    std::shared_ptr<BarrierHook> hook_;
};

}  // namespace custody::test
