#include "tests/support/power_cut_file_system.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <vector>

namespace custody::test {

namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kNothingSurvives = 0, kEverythingSurvives = 1, kNamesSurvive = 2;

struct DiskNode;
using NodePtr = std::shared_ptr<DiskNode>;

// All states of one name since its folder was synced; the last is the present one. Null: no such name.
using History = std::vector<NodePtr>;

struct DiskNode {
    bool is_directory = false;
    std::uint32_t mode = 0;
    std::uint64_t inode = 0;
    Time modified;
    // A file.
    std::shared_ptr<Bytes> content = std::make_shared<Bytes>();
    std::shared_ptr<const Bytes> durable = std::make_shared<const Bytes>();
    std::set<std::uint64_t> written_sectors;  // since the last sync
    std::set<const void*> shared_locks;       // holders
    const void* exclusive_lock = nullptr;
    // A folder.
    std::map<std::string, History> names;

    [[nodiscard]] NodePtr child(const std::string& name) const {
        const auto found = names.find(name);
        return found == names.end() ? nullptr : found->second.back();
    }
    [[nodiscard]] bool is_empty() const {
        return std::all_of(names.begin(), names.end(), [](const auto& item) { return item.second.back() == nullptr; });
    }
    void set_child(const std::string& name, NodePtr node) {
        auto& history = names[name];
        if (history.empty()) history.push_back(nullptr);
        history.push_back(std::move(node));
    }
    void sync_names() {
        for (auto item = names.begin(); item != names.end();) {
            item->second = {item->second.back()};
            item = item->second.front() == nullptr ? names.erase(item) : std::next(item);
        }
    }
};

NodePtr make_node(bool is_directory, std::uint32_t mode, std::uint64_t inode) {
    auto node = std::make_shared<DiskNode>();
    node->is_directory = is_directory;
    node->mode = mode;
    node->inode = inode;
    node->modified = system_clock().now();
    return node;
}

FileInfo info_of(const DiskNode& node) {
    FileInfo info;
    info.is_directory = node.is_directory;
    info.is_regular = !node.is_directory;
    info.size = node.is_directory ? 0 : node.content->size();
    info.device = 1;
    info.inode = node.inode;
    info.mode = node.mode;
    info.modified = node.modified;
    return info;
}

// Draws one image of what is left.
class Survivors {
public:
    explicit Survivors(std::uint64_t seed) : seed_(seed), random_(seed) {}

    NodePtr copy(const NodePtr& node) {
        auto& made = copies_[node.get()];  // a file may survive under two names
        if (made) return made;
        made = std::make_shared<DiskNode>();
        const NodePtr mine = made;  // `made` moves when the map grows
        mine->is_directory = node->is_directory;
        mine->mode = node->mode;
        mine->inode = node->inode;
        mine->modified = node->modified;
        if (node->is_directory) {
            copy_names(*node, *mine);
        } else {
            mine->durable = content_of(*node);
            mine->content = std::const_pointer_cast<Bytes>(mine->durable);  // shared, so cloned before it is written
        }
        return mine;
    }

private:
    void copy_names(const DiskNode& from, DiskNode& to) {
        for (const auto& [name, history] : from.names) {
            const NodePtr survivor = history[pick(history.size())];
            if (survivor) to.names[name] = {copy(survivor)};
        }
    }

    std::size_t pick(std::size_t states) {
        if (seed_ == kNothingSurvives) return 0;
        if (seed_ == kEverythingSurvives || seed_ == kNamesSurvive) return states - 1;
        return below(states);
    }

    std::shared_ptr<const Bytes> content_of(const DiskNode& node) {
        if (seed_ == kNothingSurvives || seed_ == kNamesSurvive || node.written_sectors.empty()) return node.durable;
        // Else a third each: all, nothing, torn.
        const std::size_t fate = seed_ == kEverythingSurvives ? 1 : below(3);
        if (fate == 0) return node.durable;
        if (fate == 1) return std::make_shared<const Bytes>(*node.content);
        auto content = std::make_shared<Bytes>(*node.durable);
        const std::uint64_t now = node.content->size();
        const std::uint64_t least = std::min<std::uint64_t>(content->size(), now);
        content->resize(least + below(now - least + 1));
        for (const std::uint64_t sector : node.written_sectors) {
            const std::uint64_t begin = sector * kSector;
            const std::uint64_t end = std::min<std::uint64_t>(begin + kSector, content->size());
            if (begin >= end || below(2) == 0) continue;
            std::copy(node.content->begin() + static_cast<std::ptrdiff_t>(begin),
                      node.content->begin() + static_cast<std::ptrdiff_t>(end),
                      content->begin() + static_cast<std::ptrdiff_t>(begin));
        }
        return content;
    }

    std::size_t below(std::uint64_t limit) { return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random_); }

    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::map<const DiskNode*, NodePtr> copies_;
};

}  // namespace

struct PowerCutFileSystem::Disk {
    std::mutex mutex;
    NodePtr root = make_node(true, 0755, 1);
    std::uint64_t next_inode = 2;
    std::uint64_t barriers = 0;
    std::uint64_t capacity = 0;
    std::uint64_t used = 0;  // content bytes of all files ever written and not removed
    BarrierHook hook;

    // Null when there is nothing. Precondition: mutex held, as for all below.
    [[nodiscard]] NodePtr find(const std::string& path) const {
        NodePtr node = root;
        for (std::size_t at = 0; node && at < path.size();) {
            const std::size_t end = std::min(path.find('/', at), path.size());
            if (end > at) node = node->is_directory ? node->child(path.substr(at, end - at)) : nullptr;
            at = end + 1;
        }
        return node;
    }

    [[nodiscard]] Result<NodePtr> folder(const std::string& path, std::string_view operation) const {
        NodePtr node = find(path);
        if (!node) return system_error(ENOENT, operation, path);
        if (!node->is_directory) return system_error(ENOTDIR, operation, path);
        return node;
    }

    // The hook may look at the disk, so it runs without the mutex.
    void before_barrier(const std::string& path) {
        BarrierHook call;
        {
            const std::lock_guard lock(mutex);
            ++barriers;
            call = hook;
        }
        if (call) call(path);
    }
};

namespace {

using Disk = PowerCutFileSystem::Disk;
using Guard = std::lock_guard<std::mutex>;

class MemoryFile final : public File {
public:
    MemoryFile(std::shared_ptr<Disk> disk, NodePtr node, std::string path, bool writable)
        : disk_(std::move(disk)), node_(std::move(node)), path_(std::move(path)), writable_(writable) {}

    ~MemoryFile() override {
        const Guard guard(disk_->mutex);
        node_->shared_locks.erase(this);
        if (node_->exclusive_lock == this) node_->exclusive_lock = nullptr;
    }

    Result<std::size_t> read_some(std::uint64_t offset, MutableByteView into) override {
        const Guard guard(disk_->mutex);
        const Bytes& content = *node_->content;
        if (offset >= content.size()) return std::size_t{0};
        const std::size_t count = std::min<std::size_t>(into.size(), content.size() - offset);
        std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
        return count;
    }

    Result<std::size_t> write_some(std::uint64_t offset, ByteView from) override {
        const Guard guard(disk_->mutex);
        if (!writable_) return system_error(EBADF, "write", path_);
        const std::uint64_t end = offset + from.size();
        const std::uint64_t growth = end > node_->content->size() ? end - node_->content->size() : 0;
        if (disk_->capacity != 0 && disk_->used + growth > disk_->capacity) return system_error(ENOSPC, "write", path_);
        disk_->used += growth;
        if (node_->content == node_->durable) node_->content = std::make_shared<Bytes>(*node_->content);
        if (growth > 0) node_->content->resize(end);
        std::copy(from.begin(), from.end(), node_->content->begin() + static_cast<std::ptrdiff_t>(offset));
        for (std::uint64_t sector = offset / kSector; sector * kSector < end; ++sector) node_->written_sectors.insert(sector);
        node_->modified = system_clock().now();
        return from.size();
    }

    Status sync() override {
        disk_->before_barrier(path_);
        const Guard guard(disk_->mutex);
        node_->durable = node_->content;
        node_->written_sectors.clear();
        return done();
    }

    Result<FileInfo> info() override {
        const Guard guard(disk_->mutex);
        return info_of(*node_);
    }

    Result<bool> try_lock(bool exclusive) override {
        const Guard guard(disk_->mutex);
        if (exclusive && !writable_) return system_error(EBADF, "lock", path_);
        const bool others_share = node_->shared_locks.size() > node_->shared_locks.count(this);
        const bool other_holds = node_->exclusive_lock != nullptr && node_->exclusive_lock != this;
        if (other_holds || (exclusive && others_share)) return false;
        node_->shared_locks.erase(this);
        node_->exclusive_lock = exclusive ? this : nullptr;
        if (!exclusive) node_->shared_locks.insert(this);
        return true;
    }

private:
    std::shared_ptr<Disk> disk_;
    NodePtr node_;
    std::string path_;
    bool writable_;
};

Result<std::unique_ptr<File>> open_node(const std::shared_ptr<Disk>& disk, const std::string& path, bool writable) {
    const Guard guard(disk->mutex);
    const NodePtr node = disk->find(path);
    if (!node) return system_error(ENOENT, "open", path);
    if (node->is_directory) return system_error(EISDIR, "open", path);
    return std::unique_ptr<File>(std::make_unique<MemoryFile>(disk, node, path, writable));
}

void release(Disk& disk, const NodePtr& node) {
    if (node && !node->is_directory) disk.used -= node->content->size();
}

std::string name_in(const std::string& path) { return std::string(base_name(path)); }

}  // namespace

PowerCutFileSystem::PowerCutFileSystem() : PowerCutFileSystem(std::make_shared<Disk>()) {}
PowerCutFileSystem::PowerCutFileSystem(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {}
PowerCutFileSystem::~PowerCutFileSystem() = default;

std::unique_ptr<PowerCutFileSystem> PowerCutFileSystem::cut(std::uint64_t seed) const {
    const Guard guard(disk_->mutex);
    auto image = std::make_shared<Disk>();
    image->root = Survivors(seed).copy(disk_->root);
    image->next_inode = disk_->next_inode;
    return std::unique_ptr<PowerCutFileSystem>(new PowerCutFileSystem(std::move(image)));
}

std::unique_ptr<PowerCutFileSystem> PowerCutFileSystem::kill() const { return cut(kEverythingSurvives); }

void PowerCutFileSystem::set_barrier_hook(BarrierHook hook) {
    const Guard guard(disk_->mutex);
    disk_->hook = std::move(hook);
}

std::uint64_t PowerCutFileSystem::barriers() const {
    const Guard guard(disk_->mutex);
    return disk_->barriers;
}

void PowerCutFileSystem::set_capacity(std::uint64_t bytes) {
    const Guard guard(disk_->mutex);
    disk_->capacity = bytes;
}

Result<std::unique_ptr<File>> PowerCutFileSystem::open(const std::string& path) { return open_node(disk_, path, false); }
Result<std::unique_ptr<File>> PowerCutFileSystem::open_writable(const std::string& path) { return open_node(disk_, path, true); }

Result<std::unique_ptr<File>> PowerCutFileSystem::create(const std::string& path, std::uint32_t mode) {
    const Guard guard(disk_->mutex);
    TRY_ASSIGN(const NodePtr folder, disk_->folder(parent_path(path), "create"));
    const std::string name = name_in(path);
    if (folder->child(name)) return system_error(EEXIST, "create", path);
    auto node = make_node(false, mode, disk_->next_inode++);
    folder->set_child(name, node);
    return std::unique_ptr<File>(std::make_unique<MemoryFile>(disk_, std::move(node), path, true));
}

Status PowerCutFileSystem::rename_to(const std::string& from, const std::string& to, bool may_replace) {
    const Guard guard(disk_->mutex);
    TRY_ASSIGN(const NodePtr old_folder, disk_->folder(parent_path(from), "name"));
    TRY_ASSIGN(const NodePtr new_folder, disk_->folder(parent_path(to), "name"));
    const NodePtr node = old_folder->child(name_in(from));
    const NodePtr replaced = new_folder->child(name_in(to));
    if (!node) return system_error(ENOENT, "name", from);
    if (replaced && !may_replace) return system_error(EEXIST, "name", to);
    if (replaced && replaced->is_directory) return system_error(EISDIR, "name", to);
    if (replaced == node) return done();
    release(*disk_, replaced);
    new_folder->set_child(name_in(to), node);
    old_folder->set_child(name_in(from), nullptr);
    return done();
}

Status PowerCutFileSystem::rename(const std::string& from, const std::string& to) { return rename_to(from, to, true); }
Status PowerCutFileSystem::rename_new(const std::string& from, const std::string& to) { return rename_to(from, to, false); }

Status PowerCutFileSystem::remove(const std::string& path) {
    const Guard guard(disk_->mutex);
    TRY_ASSIGN(const NodePtr folder, disk_->folder(parent_path(path), "remove"));
    const NodePtr node = folder->child(name_in(path));
    if (!node) return system_error(ENOENT, "remove", path);
    if (node->is_directory) return system_error(EISDIR, "remove", path);
    release(*disk_, node);
    folder->set_child(name_in(path), nullptr);
    return done();
}

Status PowerCutFileSystem::remove_directory(const std::string& path) {
    const Guard guard(disk_->mutex);
    TRY_ASSIGN(const NodePtr folder, disk_->folder(parent_path(path), "remove"));
    const NodePtr node = folder->child(name_in(path));
    if (!node) return system_error(ENOENT, "remove", path);
    if (!node->is_directory) return system_error(ENOTDIR, "remove", path);
    if (!node->is_empty()) return system_error(ENOTEMPTY, "remove", path);
    folder->set_child(name_in(path), nullptr);
    return done();
}

Status PowerCutFileSystem::make_directory(const std::string& path, std::uint32_t mode) {
    const Guard guard(disk_->mutex);
    TRY_ASSIGN(const NodePtr folder, disk_->folder(parent_path(path), "create"));
    if (path == "/" || folder->child(name_in(path))) return system_error(EEXIST, "create", path);
    folder->set_child(name_in(path), make_node(true, mode, disk_->next_inode++));
    return done();
}

Status PowerCutFileSystem::sync_directory(const std::string& path) {
    disk_->before_barrier(path);
    const Guard guard(disk_->mutex);
    TRY_ASSIGN(const NodePtr folder, disk_->folder(path, "sync"));
    folder->sync_names();
    return done();
}

Result<FileInfo> PowerCutFileSystem::info(const std::string& path) {
    const Guard guard(disk_->mutex);
    const NodePtr node = disk_->find(path);
    if (!node) return system_error(ENOENT, "look at", path);
    return info_of(*node);
}

Result<std::vector<DirectoryItem>> PowerCutFileSystem::list(const std::string& path) {
    const Guard guard(disk_->mutex);
    TRY_ASSIGN(const NodePtr folder, disk_->folder(path, "list"));
    std::vector<DirectoryItem> items;
    for (const auto& [name, history] : folder->names) {
        if (history.back()) items.push_back({name, history.back()->is_directory});
    }
    return items;
}

}  // namespace custody::test
