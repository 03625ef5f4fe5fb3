#include "vault/sources/file_tree.h"

#include "base/block_device.h"
#include "base/text.h"
#include "vault/sources/file_selection.h"
#include "vault/sources/folder_scan.h"
#include "vault/sources/local_item.h"
#include "vault/sources/second_reading.h"
#include "vault/sources/tree_count.h"

#include <fcntl.h>
#include <mntent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace custody {
namespace {

constexpr std::size_t kMaxNotes = 1000;

class FileTree final : public Source {
public:
    FileTree(const FileTreeOptions& options, FileTreeNotes& notes)
        : options_(options), notes_(notes), plan_(plan_paths(options_.paths)), scanner_(options_) {}

    [[nodiscard]] std::string kind() const override { return "files"; }
    [[nodiscard]] std::vector<std::string> paths() const override { return options_.paths; }
    [[nodiscard]] Status next(SourceStep& step) override;
    [[nodiscard]] Result<OpenedItem> open(const SourceFolder& folder, const SourceItem& item) override {
        auto& local = static_cast<LocalFolder&>(const_cast<SourceFolder&>(folder));  // every folder here is one of ours
        auto opened = open_local_item(local.shared_from_this(), item);
        if (options_.settle_ns && opened.ok() && opened->content && opened->content->size() != kUnknownSize)
            opened->settle_ns = *options_.settle_ns;
        return opened;
    }
    [[nodiscard]] bool is_gone(const SourceFolder& folder, const SourceItem& item) override {
        return !item.is_named && static_cast<LocalFolder&>(const_cast<SourceFolder&>(folder)).lacks(item.name);
    }
    [[nodiscard]] std::vector<std::string> look_again(const std::string& folder, std::span<const SeenItem> items) override;
    [[nodiscard]] bool can_read_again() const override { return true; }
    [[nodiscard]] Result<OpenedItem> open_again(const std::string& folder, const std::string& name) override {
        return open_file_again(open_folder_path(folder), name, join_path(folder, name));
    }
    // Asked while the walk goes on: the first asking begins the count, and until it is through nothing is known.
    [[nodiscard]] std::uint64_t expected_bytes() const override {
        if (!options_.count_ahead) return 0;
        if (!count_) count_ = std::make_unique<TreeCount>(options_);
        return count_->bytes();
    }

private:
    struct Level {
        std::shared_ptr<FolderScan> scan;
        FolderPiece piece;
        std::size_t subfolder = 0;
        bool shown = false;  // the piece
    };
    void enter(std::shared_ptr<FolderScan> scan, SourceStep& step);
    void show(Level& level, SourceStep& step);
    std::shared_ptr<FolderScan> root();

    const FileTreeOptions options_;
    FileTreeNotes& notes_;
    const PlannedPath plan_;
    FolderScanner scanner_;
    std::vector<Level> levels_;
    bool begun_ = false;
    mutable std::unique_ptr<TreeCount> count_;
};

std::shared_ptr<FolderScan> FileTree::root() {
    auto scan = std::make_shared<FolderScan>();
    scan->folder = LocalFolder::root(std::make_shared<DescriptorBudget>());
    scan->named = plan_.named;
    scan->plan = &plan_;
    scan->only_planned = !plan_.named;
    struct stat status {};
    if (::stat("/", &status) == 0) scan->device = scan->parent_device = status.st_dev;
    return scan;
}

Status FileTree::next(SourceStep& step) {
    step.items.clear();
    step.error.reset();
    if (!begun_) {
        begun_ = true;
        enter(root(), step);
        return done();
    }
    if (levels_.empty()) {
        step.what = SourceStep::What::end;
        step.folder.reset();
        notes_.unmatched_excludes = scanner_.unmatched_excludes();
        return done();
    }
    Level& level = levels_.back();
    if (!level.shown) {
        show(level, step);
    } else if (level.subfolder < level.piece.subfolders.size()) {
        enter(std::move(level.piece.subfolders[level.subfolder++]), step);
    } else if (level.scan->next < level.scan->names.size()) {
        level.piece = scanner_.next_piece(*level.scan);
        level.subfolder = 0;
        scanner_.prepare(level.piece);
        show(level, step);
    } else {
        step.what = SourceStep::What::leave;
        step.folder = level.scan->folder;
        levels_.pop_back();
    }
    return done();
}

void FileTree::enter(std::shared_ptr<FolderScan> scan, SourceStep& step) {
    scanner_.finish(*scan);
    step.what = SourceStep::What::enter;
    step.folder = scan->folder;
    step.item = scan->item;
    step.error = std::move(scan->error);
    step.is_gone = step.error && step.error->code == Code::not_found && scan->plan == nullptr && scan->folder->is_gone();
    Level level;
    level.piece = std::move(scan->first);
    level.shown = level.piece.items.empty() && level.piece.notes.empty() && level.piece.excluded == 0;
    level.scan = std::move(scan);
    scanner_.consumed(*level.scan);
    levels_.push_back(std::move(level));
}

void FileTree::show(Level& level, SourceStep& step) {
    level.shown = true;
    step.what = SourceStep::What::piece;
    step.folder = level.scan->folder;
    step.items = std::move(level.piece.items);
    notes_.excluded += level.piece.excluded;
    for (auto& note : level.piece.notes) {
        if (notes_.warnings.size() < kMaxNotes) {
            notes_.warnings.push_back(std::move(note));
        } else {
            ++notes_.unlisted_warnings;
        }
    }
}

std::vector<std::string> FileTree::look_again(const std::string& folder, std::span<const SeenItem> items) {
    std::vector<std::string> answers(items.size());
    const Fd fd = open_folder_path(folder);
    for (std::size_t i = 0; i < items.size(); ++i)
        answers[i] = fd.valid() ? difference(items[i], fd.get()) : std::string(translate("has vanished with its folder"));
    return answers;
}

bool is_empty_folder(const std::string& path) {
    auto listed = posix_file_system().list(path);
    return listed.ok() && listed->empty();
}

bool is_listed_mount_point(const std::string& table, const std::string& path) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(::setmntent(table.c_str(), "re"), ::endmntent);
    if (!file) return false;
    struct mntent entry {};
    char buffer[16 * 1024];
    while (::getmntent_r(file.get(), &entry, buffer, sizeof buffer)) {
        std::string_view point = entry.mnt_dir;
        while (point.size() > 1 && point.ends_with('/')) point.remove_suffix(1);
        if (path == point) return true;
    }
    return false;
}

Status check_path(const std::string& path, const std::string& mount_table) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 && errno != ENAMETOOLONG) {
        if (errno == ENOENT || errno == ENOTDIR)
            return Error{Code::not_found, say("cannot back up {}: there is no such file or folder", printable(path))};
        return done();  // can_be_read() says what is wrong
    }
    if (!S_ISDIR(status.st_mode) || !is_listed_mount_point(mount_table, path) || !is_empty_folder(path)) return done();
    TRY_ASSIGN(const auto mounts, list_mounts());
    const bool mounted = std::any_of(mounts.begin(), mounts.end(), [&](const MountInfo& mount) { return mount.point == path; });
    if (mounted) return done();
    return Error{Code::not_found, say("cannot back up {}: nothing is mounted there, though {} lists it; mount it first",
                                      printable(path), mount_table)};
}

// By this user, at least its list of names.
Status can_be_read(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENAMETOOLONG) return done();  // the walk goes there step by step
        return system_error(errno, "read", path);
    }
    if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode)) return done();
    const int kind = S_ISDIR(status.st_mode) ? O_DIRECTORY : O_NONBLOCK | O_NOCTTY;
    const Fd fd(open_quietly(AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | kind));
    return fd.valid() ? done() : Status(system_error(errno, "read", path));
}

// Those that cannot be read are left out and named by the walk; a snapshot of nothing but those would only look like one.
Status check_some_readable(const std::vector<std::string>& paths) {
    std::string reasons;
    for (const std::string& path : paths) {
        const Status readable = can_be_read(path);
        if (readable.ok()) return done();
        reasons += (reasons.empty() ? "" : "; ") + readable.error().message;
    }
    return Error{Code::denied, say("no snapshot is made, for nothing that was named can be read: {}", reasons)};
}

// Those that are Custody's own are left out and named by the walk.
Status check_some_foreign(const FileTreeOptions& options) {
    for (const std::string& path : options.paths) {
        if (!is_excluded_always(path, options)) return done();
    }
    return Error{Code::refused,
                 say("no snapshot is made: {} belongs to Custody itself, as keyring, vault or cache; 'custody copy' "
                     "makes a second vault, 'custody key export' a copy of the keys",
                     printable(options.paths.front()))};
}

}  // namespace

Result<std::unique_ptr<Source>> open_file_tree(const FileTreeOptions& options, FileTreeNotes& notes) {
    if (options.paths.empty()) return Error{Code::usage, say("nothing to back up: name at least one path")};
    for (const std::string& path : options.paths) {
        if (!path.starts_with('/')) return Error{Code::usage, say("{} is not an absolute path", printable(path))};
        TRY(check_path(path, options.mount_table));
    }
    TRY(check_some_foreign(options));
    TRY(check_some_readable(options.paths));
    return std::unique_ptr<Source>(std::make_unique<FileTree>(options, notes));
}

}  // namespace custody
