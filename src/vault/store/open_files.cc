#include "vault/store/open_files.h"

namespace custody {

class OpenFiles::Reader final : public ObjectReader {
public:
    Reader(std::shared_ptr<OpenFiles> files, std::uint64_t number, std::uint64_t size, std::string path)
        : files_(std::move(files)), number_(number), size_(size), path_(std::move(path)) {}
    ~Reader() override { files_->open_.erase(number_); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    std::uint64_t size() const override { return size_; }
    Status read(std::uint64_t offset, MutableByteView into) override {
        TRY_ASSIGN(const Shared file, files_->file_of(number_, path_));
        return read_exactly(*file, offset, into, path_);
    }

private:
    const std::shared_ptr<OpenFiles> files_;
    const std::uint64_t number_;
    const std::uint64_t size_;
    const std::string path_;
};

Result<std::unique_ptr<ObjectReader>> OpenFiles::reader(std::unique_ptr<File> file, const std::string& path) {
    TRY_ASSIGN(const FileInfo info, file->info());
    const std::uint64_t number = ++last_reader_;
    open_.insert(number, Shared(std::move(file)));
    return std::unique_ptr<ObjectReader>(std::make_unique<Reader>(shared_from_this(), number, info.size, path));
}

Result<OpenFiles::Shared> OpenFiles::file_of(std::uint64_t reader, const std::string& path) {
    if (auto known = open_.find(reader)) return std::move(*known);
    TRY_ASSIGN(auto opened, files_.open(path));
    Shared file(std::move(opened));
    open_.insert(reader, file);
    return file;
}

}  // namespace custody
