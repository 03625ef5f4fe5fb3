#include "restore/tree_writer.h"

#include "base/text.h"
#include "restore/protection.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace custody {
namespace {

// Gives what is under the temporary name the other, which somebody else may have and which is to be replaced. 0, or the errno.
int rename_over(int folder, const char* temporary, const char* name) {
    if (::renameat(folder, temporary, folder, name) == 0) return 0;
    // Only an empty folder goes.
    const bool is_gone = errno == EISDIR && ::unlinkat(folder, name, AT_REMOVEDIR) == 0;
    return is_gone && ::renameat(folder, temporary, folder, name) == 0 ? 0 : errno;
}

mode_t type_bits(EntryType type) {
    switch (type) {
        case EntryType::fifo:
            return S_IFIFO;
        case EntryType::socket:
            return S_IFSOCK;
        case EntryType::character_device:
            return S_IFCHR;
        case EntryType::block_device:
            return S_IFBLK;
        case EntryType::symlink:
            return S_IFLNK;
        case EntryType::folder:
            return S_IFDIR;
        case EntryType::file:
            break;
    }
    return S_IFREG;
}

// 0, or the errno that ended it.
int write_fully(int descriptor, FilePart part) {
    while (!part.bytes.empty()) {
        const ssize_t wrote = ::pwrite(descriptor, part.bytes.data(), part.bytes.size(), static_cast<off_t>(part.offset));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return wrote == 0 ? EIO : errno;
        part.offset += static_cast<std::uint64_t>(wrote);
        part.bytes = part.bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return 0;
}

// Where the last part ends: short of the size, the file has to be stretched.
std::uint64_t end_of(std::span<const FilePart> parts) {
    std::uint64_t end = 0;
    for (const FilePart& part : parts) end = std::max(end, part.offset + part.bytes.size());
    return end;
}

// Not empty, or nobody can tell.
bool is_full_folder(int folder, const char* name) {
    const int opened = ::openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (opened < 0) return errno == EACCES;
    DIR* const stream = ::fdopendir(opened);
    if (stream == nullptr) return ::close(opened) == 0;
    int names = 0;
    while (names <= 2 && ::readdir(stream) != nullptr) ++names;  // "." and ".."
    ::closedir(stream);
    return names > 2;
}

Error in_the_way(const std::string& path) {
    return {Code::exists, say("{} is not restored: a folder that is not empty is in its place; move that away and run it again",
                              printable(path))};
}

}  // namespace

NewFile::~NewFile() { discard(); }

NewFile::NewFile(NewFile&& other) noexcept { *this = std::move(other); }

NewFile& NewFile::operator=(NewFile&& other) noexcept {
    if (this == &other) return *this;
    discard();
    folder = std::move(other.folder);
    descriptor = std::move(other.descriptor);
    temporary_name = std::exchange(other.temporary_name, {});
    device = other.device;
    inode = other.inode;
    return *this;
}

void NewFile::discard() {
    if (folder != nullptr && !temporary_name.empty()) (void)::unlinkat(folder->get(), temporary_name.c_str(), 0);
    temporary_name.clear();
    descriptor = nullptr;
}

TreeWriter::TreeWriter(TargetFolders& folders, Overwrite overwrite, const Powers& powers, Shortfalls& shortfalls)
    : folders_(folders), overwrite_(overwrite), powers_(powers), shortfalls_(shortfalls), run_prefix_(make_run_prefix()) {}

std::string TreeWriter::temporary_name() {
    return run_prefix_ + std::to_string(next_number_.fetch_add(1, std::memory_order_relaxed));
}

Error TreeWriter::hindered(std::string_view verb, const Placement& place, int reason, int folder) const {
    if (reason == EPERM) {
        const std::string path = printable(path_of(place));
        if (is_protected(folder, "."))
            return {Code::denied, say("cannot {} {}: its folder carries the immutable or append-only flag; restore as root with "
                                      "--overwrite changed or always, which lifts it",
                                      translate(verb), path)};
        if (is_protected(folder, place.entry->name.c_str()))
            return {Code::denied, say("cannot {} {}: what is there carries the immutable or append-only flag; restore as root "
                                      "with --overwrite changed or always, which lifts it",
                                      translate(verb), path)};
    }
    return system_error(reason, verb, path_of(place));
}

Error TreeWriter::cannot_write(const Placement& place, int reason) const {
    Error error = system_error(reason, "write", path_of(place));
    if (place.replace && (reason == ENOSPC || reason == EDQUOT)) {
        error.message =
            say("{}; what is there stays until the new one is whole, so there has to be room for both: make room, or "
                "remove it, and run the command again",
                error.message);
    }
    return error;
}

std::string TreeWriter::path_of(const Placement& place) const { return folders_.path_of(place.folder, place.entry->name); }

Result<InPlace> TreeWriter::look(FolderId folder, const std::string& name) {
    TRY_ASSIGN(const TargetFolders::Handle handle, folders_.open(folder));
    InPlace in_place;
    if (::fstatat(handle->get(), name.c_str(), &in_place.status, AT_SYMLINK_NOFOLLOW) == 0) {
        in_place.exists = true;
    } else if (errno != ENOENT) {
        return system_error(errno, "look at", folders_.path_of(folder, name));
    }
    return in_place;
}

Status TreeWriter::check_room(const Placement& place) {
    TRY_ASSIGN(const TargetFolders::Handle handle, folders_.open(place.folder));
    if (is_full_folder(handle->get(), place.entry->name.c_str())) return in_the_way(path_of(place));
    return done();
}

// Flags and modes that forbid it are lifted first where overwriting was asked for.
int TreeWriter::why_unwritable(FolderId folder) {
    const auto handle = folders_.open(folder);
    if (!handle.ok() || ::faccessat((*handle)->get(), ".", W_OK | X_OK, 0) == 0) return 0;
    const int reason = errno;
    if (reason == EACCES) return may_ease(folder, (*handle)->get()) ? 0 : reason;
    return reason == EPERM && overwrite_ != Overwrite::never ? 0 : reason;
}

Status TreeWriter::check_writable(const Placement& place) {
    if (folders_.facts(place.folder).state != FolderState::existing) return done();
    const int reason = folders_.facts(place.folder).lets_no_name_go ? EPERM : why_unwritable(place.folder);
    if (reason == 0) return done();
    TRY_ASSIGN(const TargetFolders::Handle handle, folders_.open(place.folder));
    return hindered(place.entry->type == EntryType::file ? "make the file" : "make", place, reason, handle->get());
}

Result<NewFile> TreeWriter::begin_file(const Placement& place, bool many_parts) {
    NewFile file;
    TRY_ASSIGN(file.folder, folders_.open(place.folder));
    if (folders_.facts(place.folder).lets_no_name_go) return hindered("make the file", place, EPERM, file.folder->get());
    file.temporary_name = temporary_name();
    // Nobody but its owner reads it before it has its own owner, group and access list: its folder may give it others.
    Fd made(
        ::openat(file.folder->get(), file.temporary_name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!made.valid()) {
        const int reason = errno;
        file.temporary_name.clear();
        return hindered("make the file", place, reason, file.folder->get());
    }
    file.descriptor = std::make_shared<const Fd>(std::move(made));
    set_early_flags(file.descriptor->get(), place.entry->attributes.flags);
    if (many_parts) {
        const auto size = static_cast<off_t>(place.entry->content.size);
        if (::ftruncate(file.descriptor->get(), size) != 0) return system_error(errno, "set the size of", path_of(place));
        struct stat status = {};
        if (::fstat(file.descriptor->get(), &status) != 0) return system_error(errno, "look at", path_of(place));
        file.device = status.st_dev;
        file.inode = status.st_ino;
    }
    return file;
}

Status TreeWriter::reopen(NewFile& file, const std::string& path) {
    Fd opened(::openat(file.folder->get(), file.temporary_name.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status = {};
    if (!opened.valid() || ::fstat(opened.get(), &status) != 0) return system_error(errno, "open again", path);
    // Somebody who may write in this folder could have put a link to a file of ours there. Where inodes are not the medium's own
    // their numbers may change, and there are no such links.
    const bool is_another = status.st_ino != file.inode && !powers_.coarse_attributes;
    if (status.st_dev != file.device || is_another || !S_ISREG(status.st_mode) || status.st_nlink != 1) {
        return Error{Code::io, say("{} was replaced by another while restoring: run it again", printable(path))};
    }
    file.descriptor = std::make_shared<const Fd>(std::move(opened));
    return done();
}

Status TreeWriter::write_part(int descriptor, const FilePart& part, const Placement& place) const {
    const int reason = write_fully(descriptor, part);
    return reason == 0 ? done() : Status(cannot_write(place, reason));
}

Result<Identity> TreeWriter::write_file(const Placement& place, std::span<const FilePart> parts) {
    TRY_ASSIGN(NewFile file, begin_file(place, false));
    const int descriptor = file.descriptor->get();
    const std::uint64_t size = place.entry->content.size;
    const std::uint64_t end = end_of(parts);
    if (end < size && ::ftruncate(descriptor, static_cast<off_t>(size)) != 0) {
        return system_error(errno, "set the size of", path_of(place));
    }
    // The path is put together only when it is needed: this is the busiest line of a restore.
    for (const FilePart& part : parts) {
        if (const int reason = write_fully(descriptor, part); reason != 0) return cannot_write(place, reason);
    }
    return finish_file(file, place);
}

Result<Identity> TreeWriter::finish_file(NewFile& file, const Placement& place) {
    const Attributes& wanted = place.entry->attributes;
    const FolderFacts facts = folders_.facts(place.folder);
    const int descriptor = file.descriptor->get();
    const AttributeTask task{descriptor, Access::full, EntryType::file, {facts.gives_acl, facts.gives_flags}, false};
    const ShownPath path{folders_, place.folder, &place.entry->name};
    TRY(set_attributes(task, wanted, path, shortfalls_));
    Identity identity;
    if (place.entry->hard_link != 0) {
        struct stat status = {};
        if (::fstat(descriptor, &status) != 0) return system_error(errno, "look at", path_of(place));
        identity = {status.st_dev, status.st_ino};
    }
    TRY(give_name(file.folder, file.temporary_name, place));
    const bool later = place.flags_later && protects(wanted.flags);
    if ((wanted.flags != 0 || facts.gives_flags) && !later) set_flags(descriptor, wanted.flags, path, shortfalls_);
    file.descriptor = nullptr;
    return identity;
}

// One at a time: two may be names of one file.
int TreeWriter::replace_protected(int folder, const char* temporary, const Placement& place) {
    const std::lock_guard lock(lifting_);
    const char* const name = place.entry->name.c_str();
    LiftedFlags lifted(folder, name);
    const int reason = rename_over(folder, temporary, name);
    note_put_back(lifted, {folders_, place.folder, &place.entry->name});
    return reason;
}

Status TreeWriter::give_name(const TargetFolders::Handle& folder, std::string& temporary, const Placement& place) {
    const int at = folder->get();
    const char* const name = place.entry->name.c_str();
    int reason = 0;
    if (place.replace) {
        reason = rename_over(at, temporary.c_str(), name);
        if (reason == EPERM) reason = replace_protected(at, temporary.c_str(), place);
    } else if (rename_exclusively(at, temporary.c_str(), name) != 0) {
        reason = errno;
    }
    if (reason != 0) {
        if (reason == EEXIST && !place.replace) {
            return Error{Code::exists, say("{} appeared while restoring and is left as it is", printable(path_of(place)))};
        }
        if (place.replace && is_full_folder(at, name)) return in_the_way(path_of(place));
        return hindered("name", place, reason, at);
    }
    temporary.clear();
    return done();
}

Result<Identity> TreeWriter::make_special(const Placement& place) {
    const Entry& entry = *place.entry;
    NewFile made;
    TRY_ASSIGN(made.folder, folders_.open(place.folder));
    const int at = made.folder->get();
    if (folders_.facts(place.folder).lets_no_name_go) return hindered("make", place, EPERM, at);
    std::string temporary = temporary_name();
    const mode_t type = type_bits(entry.type);
    const int result = entry.type == EntryType::symlink ? ::symlinkat(entry.target.c_str(), at, temporary.c_str())
                                                        : ::mknodat(at, temporary.c_str(), type | 0600, entry.device);
    const int reason = result == 0 ? 0 : errno;
    if (reason != EEXIST) made.temporary_name = std::move(temporary);  // exfat-fuse says EIO of a FIFO, and leaves a file
    if (reason != 0) return hindered("make", place, reason, at);
    const Fd descriptor(::openat(at, made.temporary_name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat status = {};
    if (!descriptor.valid() || ::fstat(descriptor.get(), &status) != 0) return system_error(errno, "look at", path_of(place));
    if ((status.st_mode & S_IFMT) != type || status.st_nlink != 1) {
        return Error{Code::io, say("{} was replaced by another while restoring: run it again", printable(path_of(place)))};
    }
    const FolderFacts facts = folders_.facts(place.folder);
    const AttributeTask task{descriptor.get(), Access::path_only, entry.type, {facts.gives_acl, false}, false};
    TRY(set_attributes(task, entry.attributes, {folders_, place.folder, &entry.name}, shortfalls_));
    TRY(give_name(made.folder, made.temporary_name, place));
    return Identity{status.st_dev, status.st_ino};
}

}  // namespace custody
