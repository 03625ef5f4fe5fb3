#include "vault/sources/folder_scan.h"

#include "base/crypto.h"
#include "base/text.h"
#include "vault/sources/local_item.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace custody {
namespace {

constexpr std::size_t kMaxPathLength = 64 * 1024;  // deeper is no use to anyone and costs memory a level
constexpr std::size_t kMinPieceItems = 1024;
constexpr unsigned kMaxThreads = 4;

Result<std::vector<std::string>> list_names(int folder, const LocalFolder& where) {
    alignas(struct dirent64) char buffer[64 * 1024];
    std::vector<std::string> names;
    if (::lseek(folder, 0, SEEK_SET) < 0) {
        // So does a descriptor answer that only passes.
        return system_error(errno == EBADF ? EACCES : errno, "list", where.path());
    }
    for (;;) {
        const ssize_t got = ::getdents64(folder, buffer, sizeof buffer);
        if (got < 0) return system_error(errno, "list", where.path());
        if (got == 0) break;
        for (ssize_t at = 0; at < got;) {
            const auto* entry = reinterpret_cast<const struct dirent64*>(buffer + at);
            at += entry->d_reclen;
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..") names.emplace_back(name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

// Another vault than the one that is written to, or a copy of one: its packs fill every backup anew.
bool is_vault(const std::vector<std::string>& sorted_names) {
    constexpr std::array kMarks = {"ledger", "packs", "snapshots", "vault.json"};
    return std::all_of(kMarks.begin(), kMarks.end(),
                       [&](const char* mark) { return std::binary_search(sorted_names.begin(), sorted_names.end(), mark); });
}

// Where the piece that begins at `begin` ends. Cut after names chosen by their hash, so that a new name moves one boundary only.
std::size_t piece_end(const std::vector<std::string>& names, std::size_t begin) {
    if (names.size() <= kMaxPieceItems) return names.size();
    const std::size_t latest = std::min(names.size(), begin + kMaxPieceItems);
    for (std::size_t at = std::min(latest, begin + kMinPieceItems); at < latest; ++at)
        if (checksum64(as_bytes(names[at - 1])) % kMinPieceItems == 0) return at;
    return latest;
}

// What was named at or below `name` in the folder; null: nothing.
const PlannedPath* planned(const FolderScan& scan, std::string_view name) {
    if (scan.plan == nullptr) return nullptr;
    const auto found = scan.plan->below.find(name);
    return found == scan.plan->below.end() ? nullptr : &found->second;
}

}  // namespace

FolderScanner::FolderScanner(const FileTreeOptions& options) : options_(options), excludes_(options.excludes) {
    const unsigned count = std::clamp(std::thread::hardware_concurrency(), 1u, kMaxThreads);
    for (unsigned i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
}

FolderScanner::~FolderScanner() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void FolderScanner::work() {
    for (;;) {
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return closing_ || (!queue_.empty() && ahead_ < kMaxAheadItems); });
            if (closing_) return;
        }
        if (const auto scan = take(false)) run(*scan);
    }
}

std::shared_ptr<FolderScan> FolderScanner::take(bool even_if_far_ahead) {
    const std::lock_guard lock(mutex_);
    while (!queue_.empty() && (even_if_far_ahead || ahead_ < kMaxAheadItems)) {
        auto scan = std::move(queue_.front());
        queue_.pop_front();
        int expected = FolderScan::waiting;
        if (scan->state.compare_exchange_strong(expected, FolderScan::taken)) return scan;
    }
    return nullptr;
}

void FolderScanner::prepare(const FolderPiece& piece) {
    if (piece.subfolders.empty()) return;
    {
        const std::lock_guard lock(mutex_);
        queue_.insert(queue_.begin(), piece.subfolders.begin(), piece.subfolders.end());
    }
    piece.subfolders.size() == 1 ? wake_.notify_one() : wake_.notify_all();
}

void FolderScanner::finish(FolderScan& scan) {
    int expected = FolderScan::waiting;
    if (scan.state.compare_exchange_strong(expected, FolderScan::taken)) return run(scan);
    while (scan.state.load() != FolderScan::finished) {
        if (const auto other = take(false))
            run(*other);
        else
            scan.state.wait(FolderScan::taken);
    }
}

void FolderScanner::consumed(FolderScan& scan) {
    bool was_full;
    {
        const std::lock_guard lock(mutex_);
        was_full = ahead_ >= kMaxAheadItems;
        ahead_ -= scan.counted;
    }
    if (was_full) wake_.notify_all();
}

void FolderScanner::run(FolderScan& scan) {
    FolderPiece listed;
    if (const Status status = list(scan, listed); status.ok())
        scan.first = next_piece(scan);
    else
        scan.error = status.error();
    scan.first.notes.insert(scan.first.notes.begin(), listed.notes.begin(), listed.notes.end());
    scan.first.excluded += listed.excluded;
    scan.counted = scan.first.items.size();
    {
        const std::lock_guard lock(mutex_);
        ahead_ += scan.counted;
    }
    prepare(scan.first);
    scan.state.store(FolderScan::finished);
    scan.state.notify_all();
}

Status FolderScanner::list(FolderScan& scan, FolderPiece& notes) {
    if (scan.folder->path_length() > kMaxPathLength)
        return Error{Code::failed,
                     say("cannot read {}...: folders are nested too deep", printable(scan.folder->path().substr(0, 200)))};
    std::vector<std::string> planned_names;  // sorted; some folders list less than can be found in them
    if (scan.plan)
        for (const auto& [name, below] : scan.plan->below) planned_names.push_back(name);
    if (scan.only_planned) {
        scan.names = std::move(planned_names);
        return done();
    }
    TRY_ASSIGN(const auto fd, scan.folder->use());
    if (!scan.named && scan.device != scan.parent_device && is_kernel_made(fd->get())) {
        notes.notes.push_back(say("left out: {} is made up by the kernel", printable(scan.folder->path())));
        scan.only_planned = true;
        scan.names = std::move(planned_names);
        return done();
    }
    auto listed = list_names(fd->get(), *scan.folder);
    if (!listed.ok()) {
        if (planned_names.empty()) return listed.error();
        scan.error = listed.error();  // what was named below it is found without the list
        scan.names = std::move(planned_names);
        return done();
    }
    scan.names = std::move(*listed);
    if (is_vault(scan.names)) {
        notes.notes.push_back(say("{} is a vault and is backed up as it lies there; leave it out with --exclude {}",
                                  printable(scan.folder->path()), printable(scan.folder->path())));
    }
    if (!excludes_.empty()) {
        const std::string path = excludes_.needs_path() ? scan.folder->path() : std::string();
        notes.excluded = std::erase_if(
            scan.names, [&](const std::string& name) { return !planned(scan, name) && excludes_.matches(path, name); });
    }
    for (std::string& name : planned_names) {
        const auto at = std::lower_bound(scan.names.begin(), scan.names.end(), name);
        if (at == scan.names.end() || *at != name) scan.names.insert(at, std::move(name));
    }
    return done();
}

FolderPiece FolderScanner::next_piece(FolderScan& scan) {
    FolderPiece piece;
    if (scan.next >= scan.names.size()) return piece;
    const std::size_t end = piece_end(scan.names, scan.next);
    piece.items.reserve(end - scan.next);
    const auto fd = scan.folder->use();
    Where where{fd.ok() ? (*fd)->get() : -1};
    struct stat status {};
    if (fd.ok() && !options_.left_out.empty() && ::fstat(where.folder, &status) == 0) {
        where.device = status.st_dev;
        where.inode = status.st_ino;
    }
    for (; scan.next < end; ++scan.next) {
        if (fd.ok() && look(scan, where, std::move(scan.names[scan.next]), piece)) continue;
        if (!fd.ok()) {
            SourceItem lost;
            lost.name = std::move(scan.names[scan.next]);
            lost.is_named = planned(scan, lost.name) != nullptr;
            lost.error = fd.error();
            piece.items.push_back(std::move(lost));
        }
    }
    return piece;
}

bool FolderScanner::is_own(const FolderScan& scan, const std::string& name, const struct stat& status) const {
    for (const auto& [device, inode] : options_.excluded_inodes)
        if (status.st_ino == inode && status.st_dev == device) return true;
    if (!S_ISDIR(status.st_mode)) return false;
    return std::any_of(options_.excluded_paths.begin(), options_.excluded_paths.end(), [&](const std::string& path) {
        return base_name(path) == name && path == join_path(scan.folder->path(), name);
    });
}

const LeftOutFile* FolderScanner::left_out(const Where& where, const std::string& name, const struct stat& status) const {
    for (const LeftOutFile& file : options_.left_out) {
        const bool is_it = file.inode != 0 && file.inode == status.st_ino && file.device == status.st_dev;
        const bool has_its_place = file.folder_inode == where.inode && file.folder_device == where.device && file.name == name;
        if (is_it || has_its_place) return &file;
    }
    return nullptr;
}

// False: left out.
bool FolderScanner::look(FolderScan& scan, const Where& where, std::string&& name, FolderPiece& piece) const {
    SourceItem item;
    item.name = std::move(name);
    const PlannedPath* plan = planned(scan, item.name);
    item.is_named = plan != nullptr;  // or stands above one that is
    if (plan && !plan->named) {
        item.attributes_only = scan.only_planned || (!excludes_.empty() && excludes_.matches(scan.folder->path(), item.name));
    }
    struct stat status {};
    const int follow = item.attributes_only ? 0 : AT_SYMLINK_NOFOLLOW;
    if (::fstatat(where.folder, item.name.c_str(), &status, follow | AT_NO_AUTOMOUNT) != 0) {
        item.error = system_error(errno, "look at", join_path(scan.folder->path(), item.name));
        piece.items.push_back(std::move(item));
        return true;
    }
    if (is_own(scan, item.name, status)) {
        if (item.is_named) {  // the user asked for it, or for what is in it
            item.error = Error{Code::refused, say("cannot back up {}: it belongs to Custody itself, as keyring, vault or cache",
                                                  printable(join_path(scan.folder->path(), item.name)))};
            piece.items.push_back(std::move(item));
            return true;
        }
        piece.notes.push_back(
            say("left out: {} belongs to Custody itself", printable(join_path(scan.folder->path(), item.name))));
        ++piece.excluded;
        return false;
    }
    if (const LeftOutFile* file = left_out(where, item.name, status)) {
        const std::string path = printable(join_path(scan.folder->path(), item.name));
        if (item.is_named) {
            item.error = Error{Code::refused, say("cannot back up {}: {}", path, file->why)};
            piece.items.push_back(std::move(item));
            return true;
        }
        piece.notes.push_back(say("left out: {}: {}", path, file->why));
        ++piece.excluded;
        return false;
    }
    fill_from_stat(status, item);
    if (plan && !plan->below.empty() && item.type != EntryType::folder) {  // what was named below it would be missing unsaid
        item.error = system_error(ENOTDIR, "look at", join_path(scan.folder->path(), item.name));
        piece.items.push_back(std::move(item));
        return true;
    }
    piece.items.push_back(std::move(item));
    if (piece.items.back().type == EntryType::folder) descend(scan, plan, piece);
    return true;
}

void FolderScanner::descend(FolderScan& scan, const PlannedPath* plan, FolderPiece& piece) const {
    const SourceItem& item = piece.items.back();
    const bool named = plan && plan->named;
    bool only_planned = !named && (scan.only_planned || item.attributes_only);
    if (options_.one_file_system && !named && !only_planned && item.stamp.device != scan.device) {
        piece.notes.push_back(
            say("not crossed: {} lies on another file system", printable(join_path(scan.folder->path(), item.name))));
        if (!plan) return;
        only_planned = true;
    }
    auto below = std::make_shared<FolderScan>();
    below->folder = LocalFolder::below(scan.folder, item.name, {item.stamp.device, item.stamp.inode},
                                       {item.attributes_only, plan != nullptr && !plan->below.empty()});
    below->plan = plan;
    below->only_planned = only_planned;
    below->named = named;
    below->device = item.stamp.device;
    below->parent_device = scan.device;
    below->item = piece.items.size() - 1;
    piece.subfolders.push_back(std::move(below));
}

}  // namespace custody
