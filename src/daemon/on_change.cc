#include "daemon/on_change.h"

#include "base/block_device.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <set>
#include <thread>

namespace custody {
namespace {

constexpr int kRest_ms = 250;  // between two readings: a busy file system is looked at four times a second, not at each write
constexpr std::size_t kMaxNotes = 200;

// The kernel tells of files by their real paths.
std::string real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    return real ? std::string(real.get()) : path;
}

bool is_disk_like(const std::string& file_system) {
    static constexpr std::array kMadeUp = {"proc",    "sysfs",   "devtmpfs", "devpts",      "cgroup",    "cgroup2", "securityfs",
                                           "debugfs", "tracefs", "mqueue",   "hugetlbfs",   "bpf",       "pstore",  "configfs",
                                           "autofs",  "fusectl", "efivarfs", "binfmt_misc", "rpc_pipefs"};
    return std::find(kMadeUp.begin(), kMadeUp.end(), file_system) == kMadeUp.end();
}

// The watched paths themselves, and what is mounted below them.
std::set<std::string> roots_of(const std::vector<WatchedPlan>& plans, const std::vector<MountInfo>& mounts) {
    std::set<std::string> roots;
    for (const WatchedPlan& plan : plans) {
        for (const std::string& path : plan.paths) {
            const std::string real = real_path(path);
            roots.insert(real);
            for (const MountInfo& mount : mounts) {
                const bool is_wanted = !plan.one_file_system && is_disk_like(mount.file_system);
                if (is_wanted && mount.point != real && lies_in(mount.point, real)) roots.insert(mount.point);
            }
        }
    }
    return roots;
}

class ThreadedWatch final : public ChangeWatch {
public:
    ThreadedWatch(const std::vector<WatchedPlan>& plans, const OnChangeOptions& options,
                  std::function<void(const std::string&)> due)
        : judge_(plans, options.own_folders), settler_(options.quiet_ns, options.max_wait_ns), due_(std::move(due)) {}
    ~ThreadedWatch() override {
        if (!thread_.joinable()) return;
        const std::uint64_t one = 1;
        (void)!::write(end_.get(), &one, sizeof one);
        thread_.join();
    }
    [[nodiscard]] Status open(const std::vector<WatchedPlan>& plans, const OnChangeOptions& options);
    [[nodiscard]] std::vector<std::string> notes() const override {
        const std::lock_guard lock(mutex_);
        return notes_;
    }

private:
    void note(std::string line) {
        const std::lock_guard lock(mutex_);
        if (notes_.size() < kMaxNotes) notes_.push_back(std::move(line));
    }
    [[nodiscard]] Status watch(const std::string& root, const OnChangeOptions& options);
    void run();
    void read_all();
    [[nodiscard]] int wait_ms() const;
    // True: this is to end.
    [[nodiscard]] bool wait(bool for_events);

    const ChangeJudge judge_;
    ChangeSettler settler_;
    std::function<void(const std::string&)> due_;
    std::unique_ptr<ChangeEvents> fanotify_, inotify_;
    Fd end_;
    std::thread thread_;
    mutable std::mutex mutex_;
    std::vector<std::string> notes_;
};

Status ThreadedWatch::watch(const std::string& root, const OnChangeOptions& options) {
    if (fanotify_ && fanotify_->watch(root).ok()) return done();
    if (!inotify_) {
        TRY_ASSIGN(inotify_,
                   open_inotify([this](const std::string& folder) { return judge_.may_concern(folder); }, options.max_folders));
    }
    return inotify_->watch(root);
}

Status ThreadedWatch::open(const std::vector<WatchedPlan>& plans, const OnChangeOptions& options) {
    end_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!end_.valid()) return system_error(errno, "make", "an eventfd");
    if (options.allow_fanotify) {
        auto opened = open_fanotify();
        if (opened.ok()) fanotify_ = std::move(*opened);  // else folders are watched one by one
    }
    TRY_ASSIGN(const std::vector<MountInfo> mounts, list_mounts());
    for (const std::string& root : roots_of(plans, mounts)) {
        const Status watched = watch(root, options);
        if (!watched.ok())
            note(say("changes in {} are not watched: {}; the schedule covers it", printable(root), watched.error().message));
    }
    if (inotify_) {
        for (std::string& line : inotify_->take_notes()) note(std::move(line));
    }
    thread_ = std::thread([this] { run(); });
    return done();
}

void ThreadedWatch::read_all() {
    const std::int64_t now = system_clock().monotonic_ns();
    for (ChangeEvents* events : {fanotify_.get(), inotify_.get()}) {
        if (events == nullptr) continue;
        const auto overflown = events->read([&](const FileChange& change) {
            for (const std::string& plan : judge_.plans_of(change)) settler_.changed(plan, now);
        });
        if (!overflown.ok()) note(overflown.error().message);
        if (!overflown.ok() || *overflown) {
            for (const std::string& plan : judge_.all_plans()) settler_.changed(plan, now);
        }
        for (std::string& line : events->take_notes()) note(std::move(line));
    }
}

int ThreadedWatch::wait_ms() const {
    const auto next = settler_.next_due_ns();
    if (!next) return -1;
    const std::int64_t ms = (*next - system_clock().monotonic_ns()) / 1'000'000 + 1;
    return static_cast<int>(std::clamp<std::int64_t>(ms, 0, 3'600'000));
}

bool ThreadedWatch::wait(bool for_events) {
    std::array<pollfd, 3> all = {pollfd{end_.get(), POLLIN, 0},
                                 pollfd{for_events && fanotify_ ? fanotify_->descriptor() : -1, POLLIN, 0},
                                 pollfd{for_events && inotify_ ? inotify_->descriptor() : -1, POLLIN, 0}};
    const int limit = for_events ? wait_ms() : kRest_ms;
    (void)::poll(all.data(), all.size(), limit);  // an error shows when it is read
    return (all[0].revents & POLLIN) != 0;
}

void ThreadedWatch::run() {
    while (!wait(true)) {
        read_all();
        for (const std::string& plan : settler_.take_due(system_clock().monotonic_ns())) due_(plan);
        if (wait(false)) return;
    }
}

}  // namespace

ChangeJudge::ChangeJudge(const std::vector<WatchedPlan>& plans, std::vector<std::string> own_folders) {
    for (const WatchedPlan& plan : plans) {
        Plan judged{plan.plan, {}, std::make_unique<Excludes>(plan.excludes)};
        for (const std::string& path : plan.paths) judged.paths.push_back(real_path(path));
        plans_.push_back(std::move(judged));
    }
    for (const std::string& folder : own_folders) own_.push_back(real_path(folder));
}

bool ChangeJudge::is_own(const std::string& path) const {
    return std::any_of(own_.begin(), own_.end(), [&](const std::string& folder) { return lies_in(path, folder); });
}

// What is named is backed up whatever an exclude says; what lies below it only when no folder on the way is left out.
bool ChangeJudge::concerns(const Plan& plan, const std::string& path) {
    for (const std::string& named : plan.paths) {
        if (!lies_in(path, named)) continue;
        bool is_left_out = false;
        for (std::string at = path; at != named && at != "/" && !is_left_out; at = parent_path(at)) {
            is_left_out = plan.excludes->matches(parent_path(at), base_name(at));
        }
        if (!is_left_out) return true;
    }
    return false;
}

std::vector<std::string> ChangeJudge::plans_of(const FileChange& change) const {
    const std::string path = change.name.empty() ? change.folder : join_path(change.folder, change.name);
    std::vector<std::string> names;
    if (is_own(path)) return names;
    for (const Plan& plan : plans_) {
        if (concerns(plan, path)) names.push_back(plan.name);
    }
    return names;
}

bool ChangeJudge::may_concern(const std::string& folder) const {
    return !is_own(folder) && std::any_of(plans_.begin(), plans_.end(), [&](const Plan& plan) { return concerns(plan, folder); });
}

std::vector<std::string> ChangeJudge::all_plans() const {
    std::vector<std::string> names;
    for (const Plan& plan : plans_) names.push_back(plan.name);
    return names;
}

Result<std::unique_ptr<ChangeWatch>> ChangeWatch::start(const std::vector<WatchedPlan>& plans, const OnChangeOptions& options,
                                                        std::function<void(const std::string& plan)> due) {
    auto watch = std::make_unique<ThreadedWatch>(plans, options, std::move(due));
    TRY(watch->open(plans, options));
    return std::unique_ptr<ChangeWatch>(std::move(watch));
}

}  // namespace custody
