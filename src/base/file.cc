#include "base/file.h"

#include "base/text.h"

#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

namespace custody {
namespace {

Code code_of(int error_number) {
    switch (error_number) {
        case ENOSPC:
        case EDQUOT:
            return Code::no_space;
        case EROFS:
            return Code::read_only;
        case EACCES:
        case EPERM:
            return Code::denied;
        case ENOENT:
            return Code::not_found;
        case EEXIST:
            return Code::exists;
        case EINTR:
            return Code::interrupted;
        case EBUSY:
        case ETXTBSY:
            return Code::busy;
        case EMFILE:
        case ENFILE:
        case ENOMEM:
            return Code::failed;  // of this moment, and no word about the medium: ends the command
        default:
            return Code::io;
    }
}

std::string temporary_name_beside(const std::string& path) {
    std::array<Byte, 8> random{};
    // A short answer only makes the name less random; creation is exclusive anyway.
    if (getrandom(random.data(), random.size(), 0) < 0) random[0] = static_cast<Byte>(getpid());
    return path + ".tmp-" + to_hex(random);
}

Status write_temporary(FileSystem& files, const std::string& path, ByteView content, std::uint32_t mode, Owner owner) {
    TRY_ASSIGN(const auto file, owner == Owner::folder ? files.create_as_owner(path, mode) : files.create(path, mode));
    TRY(write_all(*file, 0, content));
    return file->sync();
}

// The error that led here is the one to report; a temporary file that cannot be removed is left for the next run.
Error after_removing(FileSystem& files, const std::string& path, Error error) {
    const Status removed = files.remove(path);
    static_cast<void>(removed);
    return error;
}

}  // namespace

std::string reason_of(int error_number) {
    const char* known = strerrordesc_np(error_number);
    return known != nullptr ? std::string(translate(known)) : fmt::format("error {}", error_number);
}

Error system_error(int error_number, std::string_view operation, std::string_view path) {
    std::string message = say("cannot {} {}: {}", translate(operation), printable(path), reason_of(error_number));
    if (error_number == EMFILE) message = say("{}; raise the limit (`ulimit -n`) and run the command again", message);
    if (error_number == ENFILE || error_number == ENOMEM)
        message = say("{}; end other programs and run the command again", message);
    return {code_of(error_number), std::move(message)};
}

Status read_exactly(File& file, std::uint64_t offset, MutableByteView into, std::string_view path) {
    TRY_ASSIGN(const std::size_t count, read_up_to(file, offset, into));
    if (count == into.size()) return done();
    return Error{Code::corrupt,
                 say("{} ends at byte {}, {} bytes too early", printable(path), offset + count, into.size() - count)};
}

Result<std::size_t> read_up_to(File& file, std::uint64_t offset, MutableByteView into) {
    std::size_t count = 0;
    while (count < into.size()) {
        auto step = file.read_some(offset + count, into.subspan(count));
        if (!step.ok()) {
            if (step.error().code == Code::interrupted) continue;
            return std::move(step).error();
        }
        if (*step == 0) break;
        count += *step;
    }
    return count;
}

Status write_all(File& file, std::uint64_t offset, ByteView from) {
    while (!from.empty()) {
        auto step = file.write_some(offset, from);
        if (!step.ok()) {
            if (step.error().code == Code::interrupted) continue;
            return std::move(step).error();
        }
        if (*step == 0) return Error{Code::io, say("a write stored nothing; the medium may be failing")};
        offset += *step;
        from = from.subspan(*step);
    }
    return done();
}

Result<Bytes> read_file(FileSystem& files, const std::string& path, std::uint64_t max_size) {
    TRY_ASSIGN(const auto file, files.open(path));
    TRY_ASSIGN(const FileInfo info, file->info());
    if (info.size > max_size)
        return Error{Code::corrupt, say("{} holds {} bytes, at most {} are expected", printable(path), info.size, max_size)};
    Bytes content(static_cast<std::size_t>(info.size));
    TRY(read_exactly(*file, 0, content, path));
    return content;
}

Status replace_file(FileSystem& files, const std::string& path, ByteView content, std::uint32_t mode, Owner owner) {
    const std::string temporary = temporary_name_beside(path);
    Status written = write_temporary(files, temporary, content, mode, owner);
    if (written.ok()) written = files.rename(temporary, path);
    if (!written.ok()) {
        if (written.error().code == Code::exists) return written;  // not our temporary file
        return after_removing(files, temporary, std::move(written).error());
    }
    return files.sync_directory(parent_path(path));
}

Status make_directories(FileSystem& files, const std::string& path, std::uint32_t mode, Owner owner) {
    const auto existing = files.info(path);
    if (existing.ok()) {
        if (existing->is_directory) return done();
        return Error{Code::usage, say("{} is not a folder", printable(path))};
    }
    if (existing.error().code != Code::not_found) return existing.error();
    const std::string parent = parent_path(path);
    if (parent == path) return existing.error();
    TRY(make_directories(files, parent, mode, owner));
    const Status made = owner == Owner::folder ? files.make_directory_as_owner(path, mode) : files.make_directory(path, mode);
    if (!made.ok() && made.error().code != Code::exists) return made;  // exists: somebody else made it just now
    return files.sync_directory(parent);
}

std::string join_path(std::string_view folder, std::string_view name) {
    std::string path(folder);
    if (!path.empty() && path.back() != '/' && !name.empty()) path += '/';
    path += name;
    return path;
}

std::string parent_path(std::string_view path) {
    while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos) return ".";
    return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

bool lies_in(std::string_view path, std::string_view folder) {
    return folder == "/" || path == folder ||
           (path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/');
}

std::string_view base_name(std::string_view path) {
    while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos || path.size() == 1 ? path : path.substr(slash + 1);
}

namespace {

// Where a link leads, in full.
Result<std::string> followed(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    if (!real) return system_error(errno, "follow", path);
    return std::string(real.get());
}

// Of a clean path, what ".." behind it is to the kernel: where a link leads, the folder that holds that, not the link.
Result<std::string> folder_above(const std::string& path) {
    if (path.empty()) return path;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return system_error(errno, "look at", path);
    if (S_ISDIR(status.st_mode)) return path.substr(0, path.rfind('/'));
    if (!S_ISLNK(status.st_mode)) return system_error(ENOTDIR, "look at", path);
    TRY_ASSIGN(const std::string led, followed(path));
    if (::stat(led.c_str(), &status) != 0) return system_error(errno, "follow", path);
    if (!S_ISDIR(status.st_mode)) return system_error(ENOTDIR, "follow", path);
    return led.substr(0, led.rfind('/'));
}

// ".." at the end means a folder, which a link must not stand for.
Result<std::string> without_link_at_end(std::string path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return path;
    return followed(path);
}

}  // namespace

Result<std::string> absolute_path(std::string_view path) {
    if (path.empty()) return Error{Code::usage, say("an empty path names nothing")};
    std::string full;
    if (path.front() != '/') {
        const std::unique_ptr<char, decltype(&std::free)> folder(getcwd(nullptr, 0), &std::free);
        if (!folder) return system_error(errno, "find", "the working folder");
        full = folder.get();
    }
    full += '/';
    full += path;
    std::string clean;
    bool ends_above = false;
    for (std::size_t at = 0; at < full.size();) {
        const std::size_t end = std::min(full.find('/', at), full.size());
        const std::string_view part = std::string_view(full).substr(at, end - at);
        if (part == "..") {
            TRY_ASSIGN(clean, folder_above(clean));
            ends_above = true;
        } else if (!part.empty() && part != ".") {
            clean += '/';
            clean += part;
            ends_above = false;
        }
        at = end + 1;
    }
    if (clean.empty()) return std::string("/");
    if (ends_above) return without_link_at_end(std::move(clean));
    return clean;
}

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        reset();
        fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
}

Fd::~Fd() { reset(); }

void Fd::reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

}  // namespace custody
