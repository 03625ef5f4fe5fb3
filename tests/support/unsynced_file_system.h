// The real file system without waiting for the disk, for tests of everything but durability.
#pragma once

#include "base/file.h"

#include <memory>
#include <utility>

namespace custody::test {

class UnsyncedFileSystem final : public FileSystem {
public:
    Result<std::unique_ptr<File>> open(const std::string& path) override { return wrap(real().open(path)); }
    Result<std::unique_ptr<File>> open_writable(const std::string& path) override { return wrap(real().open_writable(path)); }
    Result<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override {
        return wrap(real().create(path, mode));
    }
    Status rename(const std::string& from, const std::string& to) override { return real().rename(from, to); }
    Status rename_new(const std::string& from, const std::string& to) override { return real().rename_new(from, to); }
    Status remove(const std::string& path) override { return real().remove(path); }
    Status remove_directory(const std::string& path) override { return real().remove_directory(path); }
    Status make_directory(const std::string& path, std::uint32_t mode) override { return real().make_directory(path, mode); }
    Status sync_directory(const std::string&) override { return done(); }
    Result<FileInfo> info(const std::string& path) override { return real().info(path); }
    Result<std::vector<DirectoryItem>> list(const std::string& path) override { return real().list(path); }

private:
    class UnsyncedFile final : public File {
    public:
        explicit UnsyncedFile(std::unique_ptr<File> file) : file_(std::move(file)) {}
        Result<std::size_t> read_some(std::uint64_t offset, MutableByteView into) override {
            return file_->read_some(offset, into);
        }
        Result<std::size_t> write_some(std::uint64_t offset, ByteView from) override { return file_->write_some(offset, from); }
        Status sync() override { return done(); }
        Result<FileInfo> info() override { return file_->info(); }
        Result<bool> try_lock(bool exclusive) override { return file_->try_lock(exclusive); }

    private:
        std::unique_ptr<File> file_;
    };

    static FileSystem& real() { return posix_file_system(); }
    static Result<std::unique_ptr<File>> wrap(Result<std::unique_ptr<File>> file) {
        if (!file.ok()) return std::move(file).error();
        return std::unique_ptr<File>(std::make_unique<UnsyncedFile>(std::move(*file)));
    }
};

}  // namespace custody::test
