#include "tests/support/fault_file_system.h"

#include <algorithm>
#include <cerrno>

namespace custody::test {
namespace {

using Kind = FaultFileSystem::Kind;
using ControlPtr = std::shared_ptr<FaultFileSystem::Control>;

bool concerns(Fault fault, Kind kind) {
    const bool transfer = kind == Kind::transfer_in || kind == Kind::transfer_out;
    switch (fault) {
        case Fault::none:
            return false;
        case Fault::io:
            return true;
        case Fault::io_after:
            return kind != Kind::look && kind != Kind::transfer_in;
        case Fault::no_space:
            return kind == Kind::transfer_out || kind == Kind::change_needs_room;
        case Fault::denied:
            return kind == Kind::change || kind == Kind::change_needs_room;
        case Fault::interrupted:
        case Fault::short_transfer:
            return transfer;
    }
    return false;
}

Error error_of(Fault fault, std::string_view operation, std::string_view path) {
    switch (fault) {
        case Fault::no_space:
            return system_error(ENOSPC, operation, path);
        case Fault::denied:
            return system_error(EACCES, operation, path);
        case Fault::interrupted:
            return system_error(EINTR, operation, path);
        default:
            return system_error(EIO, operation, path);
    }
}

// Runs `operation` unless a fault comes before it.
template <class Operation>
auto guarded(FaultFileSystem::Control& control, Kind kind, std::string_view what, const std::string& path,
             const Operation& operation) -> decltype(operation()) {
    const Fault fault = control.next(kind);
    if (fault == Fault::none) return operation();
    if (fault == Fault::io_after) {
        auto result = operation();
        if (!result.ok()) return result;
    }
    return error_of(fault, what, path);
}

class FaultFile final : public File {
public:
    FaultFile(std::unique_ptr<File> inner, ControlPtr control, std::string path)
        : inner_(std::move(inner)), control_(std::move(control)), path_(std::move(path)) {}

    Result<std::size_t> read_some(std::uint64_t offset, MutableByteView into) override {
        const Fault fault = control_->next(Kind::transfer_in);
        if (fault == Fault::none) return inner_->read_some(offset, into);
        if (fault == Fault::short_transfer) return inner_->read_some(offset, into.first(part_of(into.size())));
        return error_of(fault, "read", path_);
    }

    Result<std::size_t> write_some(std::uint64_t offset, ByteView from) override {
        const Fault fault = control_->next(Kind::transfer_out);
        if (fault == Fault::none) return inner_->write_some(offset, from);
        if (fault == Fault::short_transfer) return inner_->write_some(offset, from.first(part_of(from.size())));
        if (fault != Fault::interrupted) {
            const ByteView stored = fault == Fault::io_after ? from : from.first(from.size() / 2);
            if (!stored.empty()) static_cast<void>(inner_->write_some(offset, stored).ok());
        }
        return error_of(fault, "write", path_);
    }

    Status sync() override {
        return guarded(*control_, Kind::sync, "sync", path_, [&] { return inner_->sync(); });
    }
    Result<FileInfo> info() override {
        return guarded(*control_, Kind::look, "look at", path_, [&] { return inner_->info(); });
    }
    Result<bool> try_lock(bool exclusive) override { return inner_->try_lock(exclusive); }

private:
    static std::size_t part_of(std::size_t size) { return size <= 64 ? std::min<std::size_t>(size, 1) : size / 2; }

    std::unique_ptr<File> inner_;
    ControlPtr control_;
    std::string path_;
};

Result<std::unique_ptr<File>> wrapped(Result<std::unique_ptr<File>> file, const ControlPtr& control, const std::string& path) {
    if (!file.ok()) return file;
    return std::unique_ptr<File>(std::make_unique<FaultFile>(std::move(*file), control, path));
}

}  // namespace

const char* fault_name(Fault fault) {
    switch (fault) {
        case Fault::none:
            return "none";
        case Fault::io:
            return "io";
        case Fault::io_after:
            return "io_after";
        case Fault::no_space:
            return "no_space";
        case Fault::denied:
            return "denied";
        case Fault::interrupted:
            return "interrupted";
        case Fault::short_transfer:
            return "short_transfer";
    }
    return "?";
}

Fault FaultFileSystem::Control::next(Kind kind) {
    const std::uint64_t number = ++operations;
    const Fault armed = fault;
    if (first == 0 || !concerns(armed, kind) || (sticky ? number < first : number != first)) return Fault::none;
    if (armed == Fault::interrupted && sticky && interrupted_last.exchange(!interrupted_last)) return Fault::none;
    fired = true;
    return armed;
}

void FaultFileSystem::arm(std::uint64_t at, Fault fault, bool sticky) {
    control_->operations = 0;
    control_->fired = false;
    control_->interrupted_last = false;
    control_->fault = fault;
    control_->sticky = sticky;
    control_->first = at;
}

Result<std::unique_ptr<File>> FaultFileSystem::open(const std::string& path) {
    return guarded(*control_, Kind::look, "open", path, [&] { return wrapped(inner_.open(path), control_, path); });
}
Result<std::unique_ptr<File>> FaultFileSystem::open_writable(const std::string& path) {
    return guarded(*control_, Kind::look, "open", path, [&] { return wrapped(inner_.open_writable(path), control_, path); });
}
Result<std::unique_ptr<File>> FaultFileSystem::create(const std::string& path, std::uint32_t mode) {
    return guarded(*control_, Kind::change_needs_room, "create", path,
                   [&] { return wrapped(inner_.create(path, mode), control_, path); });
}
Status FaultFileSystem::rename(const std::string& from, const std::string& to) {
    return guarded(*control_, Kind::change_needs_room, "name", to, [&] { return inner_.rename(from, to); });
}
Status FaultFileSystem::rename_new(const std::string& from, const std::string& to) {
    return guarded(*control_, Kind::change_needs_room, "name", to, [&] { return inner_.rename_new(from, to); });
}
Status FaultFileSystem::remove(const std::string& path) {
    return guarded(*control_, Kind::change, "remove", path, [&] { return inner_.remove(path); });
}
Status FaultFileSystem::remove_directory(const std::string& path) {
    return guarded(*control_, Kind::change, "remove", path, [&] { return inner_.remove_directory(path); });
}
Status FaultFileSystem::make_directory(const std::string& path, std::uint32_t mode) {
    return guarded(*control_, Kind::change_needs_room, "create", path, [&] { return inner_.make_directory(path, mode); });
}
Status FaultFileSystem::sync_directory(const std::string& path) {
    return guarded(*control_, Kind::sync, "sync", path, [&] { return inner_.sync_directory(path); });
}
Result<FileInfo> FaultFileSystem::info(const std::string& path) {
    return guarded(*control_, Kind::look, "look at", path, [&] { return inner_.info(path); });
}
Result<std::vector<DirectoryItem>> FaultFileSystem::list(const std::string& path) {
    return guarded(*control_, Kind::look, "list", path, [&] { return inner_.list(path); });
}

}  // namespace custody::test
