// The real file system without waiting for the disk, in which some deeds are refused: what may not be read, what does not fit.
//
// Fault model: open, remove and write, one by one, as the function says; all else passes. `info` passes, as it does for a file
// that may not be read. Ownership: what the function refers to outlives the file system and its files. Threads: as safe as the
// function.
#pragma once

#include "tests/support/unsynced_file_system.h"

#include <functional>
#include <optional>
#include <string>

namespace custody::test {

class RefusingFileSystem final : public FileSystem {
public:
    enum class Deed { open, remove, write };
    // `end`: of a write, how long the file would be.
    using Refuses = std::function<std::optional<Code>(Deed deed, const std::string& path, std::uint64_t end)>;
    explicit RefusingFileSystem(Refuses refuses) : refuses_(std::move(refuses)) {}

    Result<std::unique_ptr<File>> open(const std::string& path) override {
        TRY(ask(Deed::open, path));
        return real_.open(path);
    }
    Result<std::unique_ptr<File>> open_writable(const std::string& path) override { return real_.open_writable(path); }
    Result<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override {
        TRY_ASSIGN(auto file, real_.create(path, mode));
        return std::unique_ptr<File>(std::make_unique<LimitedFile>(*this, path, std::move(file)));
    }
    Status rename(const std::string& from, const std::string& to) override { return real_.rename(from, to); }
    Status rename_new(const std::string& from, const std::string& to) override { return real_.rename_new(from, to); }
    Status remove(const std::string& path) override {
        TRY(ask(Deed::remove, path));
        return real_.remove(path);
    }
    Status remove_directory(const std::string& path) override { return real_.remove_directory(path); }
    Status make_directory(const std::string& path, std::uint32_t mode) override { return real_.make_directory(path, mode); }
    Status sync_directory(const std::string& path) override { return real_.sync_directory(path); }
    Result<FileInfo> info(const std::string& path) override { return real_.info(path); }
    Result<std::vector<DirectoryItem>> list(const std::string& path) override { return real_.list(path); }

private:
    class LimitedFile final : public File {
    public:
        LimitedFile(RefusingFileSystem& files, std::string path, std::unique_ptr<File> file)
            : files_(files), path_(std::move(path)), file_(std::move(file)) {}
        Result<std::size_t> read_some(std::uint64_t offset, MutableByteView into) override {
            return file_->read_some(offset, into);
        }
        Result<std::size_t> write_some(std::uint64_t offset, ByteView from) override {
            TRY(files_.ask(Deed::write, path_, offset + from.size()));
            return file_->write_some(offset, from);
        }
        Status sync() override { return file_->sync(); }
        Result<FileInfo> info() override { return file_->info(); }
        Result<bool> try_lock(bool exclusive) override { return file_->try_lock(exclusive); }

    private:
        RefusingFileSystem& files_;
        std::string path_;
        std::unique_ptr<File> file_;
    };

    Status ask(Deed deed, const std::string& path, std::uint64_t end = 0) const {
        const std::optional<Code> code = refuses_(deed, path, end);
        return code ? Status(Error{*code, "refused: " + path}) : done();
    }

    UnsyncedFileSystem real_;
    Refuses refuses_;
};

}  // namespace custody::test
