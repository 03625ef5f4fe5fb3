#include "restore/comparer.h"

#include "base/crypto.h"
#include "restore/proc_path.h"
#include "vault/sources/local_item.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace custody {
namespace {

constexpr std::size_t kProbeBytes = 64 * 1024;

bool read_fully(int descriptor, std::uint64_t offset, MutableByteView into) {
    while (!into.empty()) {
        const ssize_t got = ::pread(descriptor, into.data(), into.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        offset += static_cast<std::uint64_t>(got);
        into = into.subspan(static_cast<std::size_t>(got));
    }
    return true;
}

// True when [from, to) reads as zeros; real holes are passed over unread.
bool reads_as_zeros(int descriptor, std::uint64_t from, std::uint64_t to) {
    std::vector<Byte> buffer;
    while (from < to) {
        const off_t data = ::lseek(descriptor, static_cast<off_t>(from), SEEK_DATA);
        if (data < 0 && errno == ENXIO) return true;
        if (data >= 0) from = std::max(from, static_cast<std::uint64_t>(data));
        if (from >= to) return true;
        buffer.resize(kProbeBytes);
        const std::size_t step = static_cast<std::size_t>(std::min<std::uint64_t>(kProbeBytes, to - from));
        if (!read_fully(descriptor, from, {buffer.data(), step})) return false;
        if (std::any_of(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(step), [](Byte b) { return b != 0; })) {
            return false;
        }
        from += step;
    }
    return true;
}

bool same_target(int folder, const Entry& entry) {
    std::string target(entry.target.size() + 1, '\0');
    const ssize_t size = ::readlinkat(folder, entry.name.c_str(), target.data(), target.size());
    return size >= 0 && target.compare(0, static_cast<std::size_t>(size), entry.target) == 0;
}

// Where numbers may change while nobody has it open, by what was judged by the earlier look.
bool is_one_inode(const struct stat& now, const struct stat& before, const Powers& powers) {
    if (now.st_dev != before.st_dev) return false;
    const bool looks_alike = now.st_mode == before.st_mode && now.st_size == before.st_size && now.st_uid == before.st_uid &&
                             now.st_rdev == before.st_rdev;
    return now.st_ino == before.st_ino || (powers.coarse_attributes && looks_alike);
}

Verdict different(const char* what) { return {what, false, false, false}; }

// What the O_PATH descriptor stands for, and nothing that has taken its name since.
Fd open_to_read(int there) {
    const ProcPath path(there);
    const int how = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    Fd file(::open(path.text(), how | O_NOATIME));
    return file.valid() ? std::move(file) : Fd(::open(path.text(), how));
}

// ... while its owner has the right to read it, for no longer than that takes. Not valid: he may not even give it to himself.
Result<Fd> open_to_owner(int there, mode_t mode, const std::string& name) {
    const ProcPath path(there);
    if (::chmod(path.text(), mode | S_IRUSR) != 0) return Fd();
    Fd file = open_to_read(there);
    if (::chmod(path.text(), mode) != 0) return system_error(errno, "set the mode of", name);
    return file;
}

}  // namespace

Result<Verdict> Comparer::compare(FolderId folder, const Entry& entry, const InPlace& in_place) const {
    const struct stat& status = in_place.status;
    if (entry_type_of(status.st_mode) != entry.type) return different("type");
    const bool is_file = entry.type == EntryType::file;
    if (is_file && static_cast<std::uint64_t>(status.st_size) != entry.content.size) return different("size");
    const bool is_device = entry.type == EntryType::character_device || entry.type == EntryType::block_device;
    if (is_device && status.st_rdev != entry.device) return different("device number");
    TRY_ASSIGN(const TargetFolders::Handle handle, folders_.open(folder));
    if (entry.type == EntryType::symlink && !same_target(handle->get(), entry)) return different("link target");
    // Another name of it may be the one that is opened to its owner just now.
    std::unique_lock alone(opening_, std::defer_lock);
    if (is_file && status.st_nlink > 1 && (status.st_mode & S_IRUSR) == 0) alone.lock();
    const Fd there(::openat(handle->get(), entry.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat now = {};
    const bool is_same = there.valid() && ::fstat(there.get(), &now) == 0 && is_one_inode(now, status, powers_);
    if (!is_same || entry_type_of(now.st_mode) != entry.type) return different("type");
    const AttributeComparison found = compare_attributes(there.get(), now, entry.type, entry.attributes, powers_);
    if (found.difference != nullptr) return different(found.difference);
    if (!is_file) return Verdict{nullptr, false, found.lacks_large, false};
    Fd file = open_to_read(there.get());
    if (!file.valid() && errno == EACCES && may_open_to_himself(now)) {
        if (dry_run_) return Verdict{nullptr, false, found.lacks_large, true};
        TRY_ASSIGN(file, open_to_owner(there.get(), now.st_mode & 07777, entry.name));
    }
    if (alone.owns_lock()) alone.unlock();
    return compare_file(file, entry, found.lacks_large);
}

// As with folders; chmod() would take the set-group-id bit away for good from a file whose group is not his.
bool Comparer::may_open_to_himself(const struct stat& status) const {
    return status.st_uid == powers_.uid && !powers_.coarse_attributes && (status.st_mode & S_IRUSR) == 0 &&
           ((status.st_mode & S_ISGID) == 0 || ::group_member(status.st_gid) != 0);
}

Result<Verdict> Comparer::compare_file(const Fd& file, const Entry& entry, bool lacks_large) const {
    if (!file.valid()) return different("content that cannot be read");
    const FlagComparison flags = compare_flags(file.get(), entry.attributes.flags);
    if (flags == FlagComparison::different) return different("file flags");
    TRY_ASSIGN(const bool same, same_content(file.get(), entry.content));
    if (!same) return different("content");
    return Verdict{nullptr, flags == FlagComparison::some_missing, lacks_large, false};
}

Result<bool> Comparer::same_content(int descriptor, const Content& content) const {
    KeyedHash hash(keys_.suite, keys_.chunk_id_key);
    Bytes bytes;
    bool same = true;
    std::uint64_t covered = 0;
    const Status read = trees_.content(content, [&](const TreeReader::ContentPiece& piece) -> Status {
        bytes.resize(piece.chunk.length);
        std::size_t filled = 0;
        for (const Hole& range : piece.ranges) {
            if (range.length > bytes.size() - filled) return Error{Code::corrupt, "content ranges exceed their chunk"};
            const MutableByteView into(bytes.data() + filled, range.length);
            same = same && reads_as_zeros(descriptor, covered, range.offset) && read_fully(descriptor, range.offset, into);
            if (!same) return Error{Code::interrupted, ""};  // ends the walk; told apart by `same`
            filled += range.length;
            covered = range.offset + range.length;
        }
        same = hash.hash(kChunkDomain, bytes) == piece.chunk.id.bytes;
        return same ? done() : Status(Error{Code::interrupted, ""});
    });
    if (!same) return false;
    TRY(read);
    return reads_as_zeros(descriptor, covered, content.size);
}

}  // namespace custody
