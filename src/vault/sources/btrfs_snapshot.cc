#include "vault/sources/btrfs_snapshot.h"

#include "base/block_device.h"
#include "base/crypto.h"
#include "base/ids.h"
#include "base/text.h"
#include "vault/sources/btrfs_volume.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <thread>

namespace custody {
namespace {

constexpr const char* kFolderName = ".custody-snapshots";
constexpr std::string_view kPrefix = "custody-";
constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
using SnapshotName = Id<8, struct SnapshotNameTag>;

bool is_below(const std::string& path, const std::string& folder) {
    return path != folder && (folder == "/" || path.starts_with(folder + "/"));
}

// They lie in the top of the file system, which may be what is backed up: nothing of the source, and not in the moment it is seen
// at.
bool is_ours(const btrfs::Subvolume& one) {
    return base_name(one.top).starts_with(kPrefix) && base_name(parent_path(one.top)) == kFolderName;
}

std::string real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    return real ? std::string(real.get()) : std::string();
}

Status mount_at(const std::string& what, const std::string& at, const char* kind, unsigned long flags, const char* options) {
    if (::mount(what.c_str(), at.c_str(), kind, flags, options) == 0) return done();
    return system_error(errno, "mount", at);
}

// The top of one btrfs file system, mounted where only this view sees it, and the snapshots taken in it.
class Top {
public:
    static Result<std::unique_ptr<Top>> open(const std::string& device, const std::string& at) {
        TRY(mount_at(device, at, "btrfs", MS_NOATIME | MS_NOSUID | MS_NODEV | MS_NOEXEC, "subvolid=5"));
        std::unique_ptr<Top> top(new Top(at));
        const std::string folder = join_path(at, kFolderName);
        if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return system_error(errno, "create", folder);
        top->folder_ = Fd(::open(folder.c_str(), kFolder));
        if (!top->folder_.valid()) return system_error(errno, "open", folder);
        return top;
    }
    ~Top() {
        for (const auto& [name, lock] : taken_) (void)btrfs::destroy_snapshot(folder_.get(), name);
        folder_.reset();
        (void)::rmdir(join_path(at_, kFolderName).c_str());  // unless another run has some there
        taken_.clear();
        (void)::umount2(at_.c_str(), MNT_DETACH);
    }
    // The path of a read-only snapshot of the subvolume whose top folder is `top`.
    Result<std::string> snapshot(const std::string& top) {
        const Fd of(::open(top.c_str(), kFolder));
        if (!of.valid()) return system_error(errno, "open", top);
        const std::string name = std::string(kPrefix) + random_id<SnapshotName>().hex();
        // Nobody looks for leftovers between making and locking.
        if (::flock(folder_.get(), LOCK_EX) != 0) return system_error(errno, "lock", kFolderName);
        Status made = btrfs::make_snapshot(folder_.get(), name, of.get());
        Fd lock(made.ok() ? ::openat(folder_.get(), name.c_str(), kFolder) : -1);
        if (made.ok() && (!lock.valid() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)) made = system_error(errno, "lock", name);
        (void)::flock(folder_.get(), LOCK_UN);
        if (lock.valid()) taken_.emplace_back(name, std::move(lock));
        TRY(made);
        return join_path(join_path(at_, kFolderName), name);
    }
    // Those that nobody holds any more.
    std::size_t remove_leftovers() {
        std::size_t removed = 0;
        if (::flock(folder_.get(), LOCK_EX) != 0) return 0;
        Fd listing(::openat(folder_.get(), ".", kFolder));
        const std::unique_ptr<DIR, int (*)(DIR*)> list(listing.valid() ? ::fdopendir(listing.get()) : nullptr, ::closedir);
        if (list) (void)listing.release();
        while (const dirent* item = list ? ::readdir(list.get()) : nullptr) {
            const std::string name = item->d_name;
            if (!name.starts_with(kPrefix)) continue;
            const Fd snapshot(::openat(folder_.get(), name.c_str(), kFolder));
            if (!snapshot.valid() || ::flock(snapshot.get(), LOCK_EX | LOCK_NB) != 0) continue;
            if (btrfs::destroy_snapshot(folder_.get(), name).ok()) ++removed;
        }
        (void)::flock(folder_.get(), LOCK_UN);
        return removed;
    }

private:
    explicit Top(std::string at) : at_(std::move(at)) {}
    std::string at_;
    Fd folder_;
    std::vector<std::pair<std::string, Fd>> taken_;  // name, and the lock that says that its maker lives
};

// On the calling thread, which has just left the common namespace. Mounts and snapshots are undone when it goes.
class View {
public:
    explicit View(std::string workshop) : workshop_(std::move(workshop)) {}
    ~View() {
        for (auto at = shown_.rbegin(); at != shown_.rend(); ++at) (void)::umount2(at->c_str(), MNT_DETACH);
        tops_.clear();
        (void)::umount2(workshop_.c_str(), MNT_DETACH);
    }
    Status build(const BtrfsViewOptions& options, BtrfsViewNotes& notes);

private:
    struct Shown {
        std::string from, at;
    };
    Result<std::string> place();
    Result<Top*> top_of(const std::string& path);
    Status hold_live(const std::string& path);
    Status take(const btrfs::Subvolume& subvolume, const std::string& at, bool nested_too);
    Status show_all();

    std::string workshop_;                              // a folder, over which a small tmpfs of this view lies
    std::map<std::string, std::unique_ptr<Top>> tops_;  // by device
    std::map<std::string, std::string> snapshots_;      // of a subvolume's top folder
    std::vector<Shown> to_show_;
    std::vector<std::string> shown_;
    std::size_t places_ = 0;
};

Result<std::string> View::place() {
    std::string at = join_path(workshop_, std::to_string(++places_));
    if (::mkdir(at.c_str(), 0700) != 0) return system_error(errno, "create", at);
    return at;
}

Result<Top*> View::top_of(const std::string& path) {
    TRY_ASSIGN(const MountInfo mount, mount_of(path));
    std::unique_ptr<Top>& top = tops_[mount.source];
    if (!top) {
        TRY_ASSIGN(const std::string at, place());
        TRY_ASSIGN(top, Top::open(mount.source, at));
        (void)top->remove_leftovers();
    }
    return top.get();
}

// What lies at `path` now stands there over the snapshot, too.
Status View::hold_live(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return done();  // not there: nothing to hold
    std::string at;
    if (S_ISDIR(status.st_mode)) {
        TRY_ASSIGN(at, place());
    } else {
        at = join_path(workshop_, std::to_string(++places_));
        const Fd file(::open(at.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!file.valid()) return system_error(errno, "create", at);
    }
    TRY(mount_at(path, at, nullptr, MS_BIND, nullptr));
    to_show_.push_back({at, path});
    return done();
}

// `at`: the top folder of the subvolume, or what is named within it.
Status View::take(const btrfs::Subvolume& subvolume, const std::string& at, bool nested_too) {
    std::string& snapshot = snapshots_[subvolume.top];
    if (snapshot.empty()) {
        TRY_ASSIGN(Top * top, top_of(subvolume.top));
        TRY_ASSIGN(snapshot, top->snapshot(subvolume.top));
    }
    const std::string within = at == subvolume.top ? "" : at.substr(subvolume.top == "/" ? 0 : subvolume.top.size());
    to_show_.push_back({snapshot + within, at});
    TRY_ASSIGN(const auto nested, btrfs::nested_in(subvolume, at));
    for (const btrfs::Subvolume& inner : nested) {
        if (is_ours(inner)) continue;
        if (inner.read_only || !nested_too) {
            TRY(hold_live(inner.top));
        } else {
            TRY(take(inner, inner.top, nested_too));
        }
    }
    return done();
}

Status View::show_all() {
    std::stable_sort(to_show_.begin(), to_show_.end(), [](const Shown& a, const Shown& b) { return a.at.size() < b.at.size(); });
    for (const Shown& one : to_show_) {
        TRY(mount_at(one.from, one.at, nullptr, MS_BIND, nullptr));
        shown_.push_back(one.at);
    }
    return done();
}

Status View::build(const BtrfsViewOptions& options, BtrfsViewNotes& notes) {
    TRY(mount_at("none", "/", nullptr, MS_REC | MS_SLAVE,
                 nullptr));  // nothing of this is seen outside; what is unmounted there, is here
    TRY_ASSIGN(const std::vector<MountInfo> mounts, list_mounts());
    TRY(mount_at("custody", workshop_, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=1m,mode=0700"));
    std::vector<std::string> covered;
    for (const std::string& path : options.paths) {
        const std::string real = real_path(path);
        const Fd fd(real.empty() ? -1 : ::open(real.c_str(), O_PATH | O_CLOEXEC));
        if (!fd.valid() || !btrfs::is_btrfs(fd.get())) continue;
        if (real == "/") {  // nothing can be shown over it
            return Error{Code::failed, say("'/' itself is named; name the folders in it")};
        }
        const auto covers = [&](const std::string& other) { return real == other || is_below(real, other); };
        if (std::any_of(covered.begin(), covered.end(), covers)) continue;
        TRY_ASSIGN(const btrfs::Subvolume subvolume, btrfs::subvolume_of(real));
        if (subvolume.read_only) continue;  // it is at rest already
        TRY(take(subvolume, real, !options.one_file_system));
        covered.push_back(real);
        notes.notes.push_back(say("{} is backed up from a read-only snapshot of its btrfs subvolume {}", printable(real),
                                  printable(subvolume.top)));
    }
    const auto is_covered = [&](const std::string& path) {
        return std::any_of(covered.begin(), covered.end(),
                           [&](const std::string& over) { return path == over || is_below(path, over); });
    };
    for (const MountInfo& mount : mounts) {
        const bool is_path = std::find(covered.begin(), covered.end(), mount.point) != covered.end();
        if (!is_path && is_covered(mount.point)) TRY(hold_live(mount.point));
    }
    for (const std::string& own : options.live) {
        const std::string real = real_path(own);
        if (!real.empty() && is_covered(real)) TRY(hold_live(real));
    }
    TRY(show_all());
    notes.from_snapshot = !covered.empty();
    return done();
}

// An empty folder to work over; removed again.
class Workshop {
public:
    Workshop() : path_("/tmp/custody-view-XXXXXX") {
        if (::mkdtemp(path_.data()) == nullptr) path_.clear();
    }
    ~Workshop() {
        if (!path_.empty()) (void)::rmdir(path_.c_str());
    }
    Workshop(const Workshop&) = delete;
    Workshop& operator=(const Workshop&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

bool lies_on_btrfs(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
    return fd.valid() && btrfs::is_btrfs(fd.get());
}

// On a thread that leaves the common namespace. `inside` runs there; not at all when that cannot be.
template <class Inside>
Status with_own_mounts(Inside inside) {
    const Workshop workshop;
    if (workshop.path().empty()) return system_error(errno, "create", "/tmp/custody-view-XXXXXX");
    Status result = done();
    std::thread alone([&] {
        if (::unshare(CLONE_NEWNS) != 0) {
            result = system_error(errno, "make", "a mount namespace");
        } else {
            result = inside(workshop.path());
        }
    });
    alone.join();
    return result;
}

}  // namespace

Status run_in_snapshot_view(const BtrfsViewOptions& options, BtrfsViewNotes& notes, const std::function<Status()>& work) {
    if (std::none_of(options.paths.begin(), options.paths.end(), lies_on_btrfs)) return work();
    std::optional<Status> worked;
    const Status viewed = with_own_mounts([&](const std::string& workshop) -> Status {
        View view(workshop);
        TRY(view.build(options, notes));
        worked = work();
        return done();
    });
    if (worked) return std::move(*worked);
    notes = {};
    if (!viewed.ok()) notes.notes.push_back(say("backed up live, not from a btrfs snapshot: {}", viewed.error().message));
    return work();
}

std::size_t remove_leftover_snapshots(std::vector<std::string>& notes) {
    std::size_t removed = 0;
    const auto mounts = list_mounts();
    if (!mounts.ok() || ::geteuid() != 0) return 0;
    std::vector<std::string> devices;
    for (const MountInfo& mount : *mounts) {
        if (mount.file_system == "btrfs" && !mount.read_only) devices.push_back(mount.source);
    }
    std::sort(devices.begin(), devices.end());
    devices.erase(std::unique(devices.begin(), devices.end()), devices.end());
    for (const std::string& device : devices) {
        const Status swept = with_own_mounts([&](const std::string& workshop) -> Status {
            TRY(mount_at("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr));
            TRY_ASSIGN(const auto top, Top::open(device, workshop));
            removed += top->remove_leftovers();
            return done();
        });
        if (!swept.ok())
            notes.push_back(
                say("leftover btrfs snapshots on {} were not looked for: {}", printable(device), swept.error().message));
    }
    return removed;
}

}  // namespace custody
