#include "vault/store/local_store.h"

#include "base/crypto.h"
#include "base/dangling_link.h"
#include "base/open_file_limit.h"
#include "base/text.h"
#include "vault/store/dirty_folders.h"
#include "vault/store/locked_file.h"
#include "vault/store/open_files.h"
#include "vault/store/reserve.h"
#include "vault/store/set_aside.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <thread>

namespace custody {
namespace {

constexpr int kMaxDepth = 4;
constexpr const char* kLockObject = "gc/lock";
constexpr int kMaxReplacementWaits = 20;
constexpr auto kReplacementWait = std::chrono::milliseconds(10);
constexpr const char* kSessions = "sessions";
constexpr const char* kTemporary = "tmp";
constexpr std::array kTopFolders = {"packs", "index", "snapshots", "ledger", "witness", "gc"};
constexpr std::size_t kSessionIdDigits = 32;
constexpr std::size_t kGenerationDigits = 16;

// What writers and sessions need of their store.
struct StoreFolders {
    FileSystem& files;
    std::string root;
    DirtyFolders dirty;

    [[nodiscard]] std::string path_of(const std::string& name) const { return join_path(root, name); }
    [[nodiscard]] Result<LockedFile> create_temporary() {
        const std::string folder = path_of(kTemporary);
        auto made = LockedFile::create(files, folder);
        if (made.ok() || made.error().code != Code::not_found) return made;
        TRY(make_directories(files, folder, kPrivateFolder, Owner::folder));
        return LockedFile::create(files, folder);
    }
};

enum class Naming { keep_equal, only_new, replace };

// keep_equal: the name is a hash of the content, so that an object already there is the same one, unless it was cut short;
// a whole copy then takes its place.
Status name_object(StoreFolders& store, LockedFile& file, const std::string& path, Naming naming, std::uint64_t size) {
    if (naming == Naming::replace) return file.rename_over(path);
    const Status named = file.rename_new(path);
    if (named.ok() || naming == Naming::only_new || named.error().code != Code::exists) return named;
    const auto existing = store.files.info(path);
    if (!existing.ok() && !leads_nowhere(path)) return existing.error();
    if (existing.ok() && existing->is_regular && existing->size == size) return file.remove();
    return file.rename_over(path);
}

Status name_object_in_folder(StoreFolders& store, LockedFile& file, const std::string& name, Naming naming, std::uint64_t size) {
    if (!is_object_name(name)) return Error{Code::corrupt, say("'{}' is not a name of an object in a vault", printable(name))};
    const std::string path = store.path_of(name);
    const std::string folder = parent_path(path);
    Status named = name_object(store, file, path, naming, size);
    if (!named.ok() && named.error().code == Code::not_found) {
        TRY(make_directories(store.files, folder, kPrivateFolder, Owner::folder));
        named = name_object(store, file, path, naming, size);
    }
    TRY(named);
    file.keep();
    store.dirty.add(folder);  // also when somebody else named it: that name may not be durable yet
    return done();
}

class LocalWriter final : public ObjectWriter {
public:
    LocalWriter(std::shared_ptr<StoreFolders> store, LockedFile file) : store_(std::move(store)), file_(std::move(file)) {}

    Status append(ByteView bytes) override {
        TRY(write_all(file_.file(), size_, bytes));
        size_ += bytes.size();
        return done();
    }

    Status finish(const std::string& name) override { return finish_as(name, Naming::keep_equal); }
    Status finish_over(const std::string& name) override { return finish_as(name, Naming::replace); }

    Status finish_as(const std::string& name, Naming naming) {
        TRY(file_.file().sync());
        return name_object_in_folder(*store_, file_, name, naming, size_);
    }

private:
    std::shared_ptr<StoreFolders> store_;
    LockedFile file_;  // dropped before it was named: removed
    std::uint64_t size_ = 0;
};

class LocalSession final : public SessionLock {
public:
    LocalSession(std::shared_ptr<StoreFolders> store, LockedFile file, std::string id)
        : store_(std::move(store)), file_(std::move(file)), id_(std::move(id)) {}

    Status carry_generation(std::uint64_t generation) override {
        return file_.rename_over(store_->path_of(fmt::format("{}/{}-{:016x}", kSessions, id_, generation)));
    }

private:
    std::shared_ptr<StoreFolders> store_;
    LockedFile file_;
    std::string id_;
};

class PruneLock final : public SessionLock {
public:
    explicit PruneLock(std::unique_ptr<File> file) : file_(std::move(file)) {}
    Status carry_generation(std::uint64_t) override { return done(); }  // the marks carry it

private:
    std::unique_ptr<File> file_;
};

struct SessionName {
    std::string id;
    std::optional<std::uint64_t> generation;
};

bool is_lower_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::optional<SessionName> parse_session_name(std::string_view name) {
    if (name.size() < kSessionIdDigits || !is_lower_hex(name.substr(0, kSessionIdDigits))) return std::nullopt;
    SessionName parsed{std::string(name.substr(0, kSessionIdDigits)), std::nullopt};
    if (name.size() == kSessionIdDigits) return parsed;
    const std::string_view rest = name.substr(kSessionIdDigits + 1);
    if (name[kSessionIdDigits] != '-' || rest.size() != kGenerationDigits || !is_lower_hex(rest)) return std::nullopt;
    parsed.generation = std::stoull(std::string(rest), nullptr, 16);
    return parsed;
}

class LocalStore final : public ObjectStore {
public:
    LocalStore(FileSystem& files, const std::string& root)
        : files_(files),
          store_(new StoreFolders{files, root, DirtyFolders(files)}),
          open_(std::make_shared<OpenFiles>(files, share_of_open_files(kOpenFilesOfAStore))) {}

    std::string location() const override { return store_->root; }

    Result<std::unique_ptr<ObjectReader>> open(const std::string& name) override {
        TRY_ASSIGN(const std::string path, checked_path(name));
        auto file = files_.open(path);
        if (is_absent(file) && name == kMarksObject) file = wait_for_replacement(path);
        if (!file.ok() && (file.error().code == Code::io || leads_nowhere(path))) TRY(info(name));  // says so where it is no file
        TRY(file);
        return open_->reader(std::move(*file), path);
    }

    void forget_cached(const std::string& name) override {
        const auto path = checked_path(name);
        if (path.ok()) files_.forget_cached(*path);
    }

    Result<ObjectInfo> info(const std::string& name) override {
        TRY_ASSIGN(const std::string path, checked_path(name));
        const auto info = files_.info(path);
        if (!info.ok() && file_in_the_way(files_, store_->root, parent_path(path)))
            return Error{Code::not_found, info.error().message};
        if (!info.ok() && leads_nowhere(path)) return Error{Code::corrupt, say("{} is not a file", printable(path))};
        TRY(info);
        if (!info->is_regular) return Error{Code::corrupt, say("{} is not a file", printable(path))};
        return ObjectInfo{name, info->size, info->modified};
    }

    Result<bool> is_blocked(const std::string& folder) override {
        TRY_ASSIGN(const std::string path, checked_path(folder));
        const auto info = files_.info(path);
        if (info.ok()) return !info->is_directory;
        if (leads_nowhere(path)) return true;
        if (info.error().code == Code::not_found || info.error().code == Code::denied) return false;
        return info.error();
    }

    Result<Bytes> get(const std::string& name, std::uint64_t max_size) override {
        TRY_ASSIGN(const auto reader, open(name));
        if (reader->size() > max_size) {
            return Error{Code::corrupt, say("{} holds {} bytes, at most {} are expected", printable(store_->path_of(name)),
                                            reader->size(), max_size)};
        }
        Bytes content(static_cast<std::size_t>(reader->size()));
        TRY(reader->read(0, content));
        return content;
    }

    Result<std::unique_ptr<ObjectWriter>> begin() override {
        TRY_ASSIGN(auto writer, begin_local());
        return std::unique_ptr<ObjectWriter>(std::move(writer));
    }

    Status put(const std::string& name, ByteView content) override { return store_whole(name, content, Naming::keep_equal); }
    Status put_new(const std::string& name, ByteView content) override { return store_whole(name, content, Naming::only_new); }
    Status replace(const std::string& name, ByteView content) override { return store_whole(name, content, Naming::replace); }

    Status remove(const std::string& name) override {
        TRY_ASSIGN(const std::string path, checked_path(name));
        // A leftover may belong to a living writer; its lock tells.
        if (name.starts_with("tmp/")) return remove_if_unlocked(files_, path);
        TRY(files_.remove(path));
        store_->dirty.add(parent_path(path));
        return done();
    }

    Result<std::string> set_aside(const std::string& name) override {
        TRY(checked_path(name));
        return custody::set_aside(files_, store_->root, name);
    }

    Status bring_back(const std::string& from, const std::string& to) override {
        TRY(checked_path(from));
        TRY(checked_path(to));
        return custody::bring_back(files_, store_->root, from, to);
    }

    Status barrier() override { return store_->dirty.sync_all(); }

    Status settle(const std::string& folder) override {
        TRY_ASSIGN(const std::string path, checked_path(folder));
        const auto info = files_.info(path);
        if (!info.ok()) return info.error().code == Code::not_found ? done() : Status(info.error());
        store_->dirty.add(path);
        return done();
    }

    Result<std::vector<ObjectInfo>> list(const std::string& folder) override {
        std::vector<ObjectInfo> found;
        if (folder.empty()) {
            for (const char* top : kTopFolders) TRY(list_below(top, 0, found));
            for (const char* top : {kHeaderObject, kReserveObject}) TRY(list_one(top, found));
        } else {
            TRY_ASSIGN(const std::string path, checked_path(folder));
            TRY(list_below(folder, 0, found));
        }
        std::sort(found.begin(), found.end(), [](const ObjectInfo& a, const ObjectInfo& b) { return a.name < b.name; });
        return found;
    }

    Result<std::vector<std::string>> list_temporary() override {
        std::vector<std::string> leftovers;
        TRY_ASSIGN(const auto names, names_in(kTemporary));
        for (const auto& name : names) {
            const std::string object = fmt::format("{}/{}", kTemporary, name);
            TRY_ASSIGN(const LockState state, look_at_lock(files_, store_->path_of(object)));
            if (state == LockState::free || state == LockState::no_file) leftovers.push_back(object);
        }
        return leftovers;
    }

    Result<std::unique_ptr<SessionLock>> begin_session() override;
    Result<std::vector<SessionInfo>> list_sessions() override;

    Status remove_dead_session(const std::string& name) override {
        const std::string file_name(base_name(name));
        if (name != fmt::format("{}/{}", kSessions, file_name) || !parse_session_name(file_name))
            return Error{Code::usage, say("'{}' is not a session", printable(name))};
        return remove_if_unlocked(files_, store_->path_of(name));
    }

    Result<std::unique_ptr<SessionLock>> lock_prune() override;

private:
    static bool is_absent(const Result<std::unique_ptr<File>>& file) {
        return !file.ok() && file.error().code == Code::not_found;
    }

    // NTFS and exFAT through FUSE remove the old file before they rename the new one over it, so that the name is missing for a
    // moment. Every vault is made with marks, so that nobody waits here in vain.
    Result<std::unique_ptr<File>> wait_for_replacement(const std::string& path) {
        auto file = files_.open(path);
        for (int attempt = 0; attempt < kMaxReplacementWaits && is_absent(file); ++attempt) {
            std::this_thread::sleep_for(kReplacementWait);
            file = files_.open(path);
        }
        return file;
    }

    Result<std::string> checked_path(const std::string& name) const {
        if (!is_object_name(name))
            return Error{Code::corrupt, say("'{}' is not a name of an object in a vault", printable(name))};
        return store_->path_of(name);
    }

    Result<std::unique_ptr<LocalWriter>> begin_local() {
        TRY_ASSIGN(LockedFile file, store_->create_temporary());
        return std::make_unique<LocalWriter>(store_, std::move(file));
    }

    Status store_whole(const std::string& name, ByteView content, Naming naming) {
        TRY_ASSIGN(const auto writer, begin_local());
        TRY(writer->append(content));
        TRY(writer->finish_as(name, naming));
        return store_->dirty.sync_one(parent_path(store_->path_of(name)));
    }

    // A missing folder is an empty one, and so is a file in its place: verify names that, and repair sets it aside.
    Result<std::vector<DirectoryItem>> items_in(const std::string& folder) {
        const std::string path = store_->path_of(folder);
        auto items = files_.list(path);
        if (items.ok() || items.error().code == Code::not_found || file_in_the_way(files_, store_->root, path))
            return items.ok() ? std::move(*items) : std::vector<DirectoryItem>();
        return items;
    }

    Result<std::vector<std::string>> names_in(const std::string& folder) {
        TRY_ASSIGN(auto items, items_in(folder));
        std::vector<std::string> names;
        for (auto& item : items) {
            if (is_object_name(item.name)) names.push_back(std::move(item.name));
        }
        return names;
    }

    Status list_below(const std::string& folder, int depth, std::vector<ObjectInfo>& found) {
        TRY_ASSIGN(const auto items, items_in(folder));
        for (const auto& item : items) {
            const std::string name = fmt::format("{}/{}", folder, item.name);
            if (!is_object_name(item.name) || name == kLockObject) continue;  // what other programs leave in folders
            if (!item.is_directory) {
                TRY(list_one(name, found));
            } else if (depth < kMaxDepth) {
                TRY(list_below(name, depth + 1, found));
            }
        }
        return done();
    }

    // An object that went away since its folder was read is simply not there.
    Status list_one(const std::string& name, std::vector<ObjectInfo>& found) {
        const auto info = files_.info(store_->path_of(name));
        if (info.ok()) {
            if (info->is_regular) found.push_back({name, info->size, info->modified});
            return done();
        }
        return info.error().code == Code::not_found ? done() : Status(info.error());
    }

    using SessionNames = std::map<std::string, std::optional<std::uint64_t>>;  // id -> generation
    Status add_session_names(SessionNames& names);

    FileSystem& files_;
    std::shared_ptr<StoreFolders> store_;
    std::shared_ptr<OpenFiles> open_;
};

Result<std::unique_ptr<SessionLock>> LocalStore::begin_session() {
    TRY_ASSIGN(LockedFile file, store_->create_temporary());
    const std::string id = random_id<Id<kSessionIdDigits / 2, struct SessionTag>>().hex();
    const std::string path = store_->path_of(fmt::format("{}/{}", kSessions, id));
    Status named = file.rename_over(path);
    if (!named.ok() && named.error().code == Code::not_found) {
        TRY(make_directories(files_, parent_path(path), kPrivateFolder, Owner::folder));
        named = file.rename_over(path);
    }
    TRY(named);
    return std::unique_ptr<SessionLock>(std::make_unique<LocalSession>(store_, std::move(file), id));
}

Status LocalStore::add_session_names(SessionNames& names) {
    TRY_ASSIGN(const auto found, names_in(kSessions));
    for (const auto& name : found) {
        const auto parsed = parse_session_name(name);
        if (!parsed) continue;
        auto& generation = names[parsed->id];
        if (parsed->generation) generation = parsed->generation;
    }
    return done();
}

// A folder that is read while a file in it is renamed may show neither name. A session is renamed once only, so that one of
// two readings shows it; and one whose plain name vanished between is shown by a third.
Result<std::vector<SessionInfo>> LocalStore::list_sessions() {
    SessionNames names;
    for (int reading = 0; reading < 3; ++reading) TRY(add_session_names(names));
    std::vector<SessionInfo> sessions;
    for (auto& [id, generation] : names) {
        const auto name_with = [&id = id](const std::optional<std::uint64_t>& carried) {
            return carried ? fmt::format("{}/{}-{:016x}", kSessions, id, *carried) : fmt::format("{}/{}", kSessions, id);
        };
        TRY_ASSIGN(LockState state, look_at_lock(files_, store_->path_of(name_with(generation))));
        if (state == LockState::gone && !generation) {
            TRY(add_session_names(names));
            if (!generation) continue;
            TRY_ASSIGN(state, look_at_lock(files_, store_->path_of(name_with(generation))));
        }
        if (state == LockState::gone || state == LockState::no_file) continue;
        sessions.push_back({name_with(generation), state == LockState::held, generation.has_value(), generation.value_or(0)});
    }
    return sessions;
}

Result<std::unique_ptr<SessionLock>> LocalStore::lock_prune() {
    const std::string path = store_->path_of(kLockObject);
    auto file = files_.open_writable(path);
    if (!file.ok() && file.error().code == Code::not_found) {
        TRY(make_directories(files_, parent_path(path), kPrivateFolder, Owner::folder));
        file = files_.create_as_owner(path, kPrivateFile);
        if (!file.ok() && file.error().code == Code::exists) file = files_.open_writable(path);
    }
    TRY(file);
    TRY_ASSIGN(const bool locked, (*file)->try_lock(true));
    if (!locked) {
        return Error{Code::busy, say("a prune, or a copy waiting for one, is at work in {}; try again when it has ended",
                                     printable(store_->root))};
    }
    return std::unique_ptr<SessionLock>(std::make_unique<PruneLock>(std::move(*file)));
}

Status make_folder(FileSystem& files, const std::string& path) {
    const Status made = files.make_directory_as_owner(path, kPrivateFolder);
    return !made.ok() && made.error().code == Code::exists ? done() : made;
}

}  // namespace

std::unique_ptr<ObjectStore> make_local_store(FileSystem& files, const std::string& root) {
    return std::make_unique<LocalStore>(files, root);
}

Status make_store_folders(FileSystem& files, const std::string& root) {
    for (const char* folder : kTopFolders) TRY(make_folder(files, join_path(root, folder)));
    for (const char* folder : {kSessions, kTemporary}) TRY(make_folder(files, join_path(root, folder)));
    const std::string packs = join_path(root, "packs");
    for (int i = 0; i < 256; ++i) TRY(make_folder(files, join_path(packs, fmt::format("{:02x}", i))));
    auto lock = files.create_as_owner(join_path(root, kLockObject), kPrivateFile);
    if (!lock.ok() && lock.error().code != Code::exists) return std::move(lock).error();
    TRY(files.sync_directory(packs));
    TRY(files.sync_directory(join_path(root, "gc")));
    return files.sync_directory(root);
}

bool is_object_name(std::string_view name) {
    if (name.empty() || name.size() > 255) return false;
    char before = '/';
    for (const char c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        // No part begins with a dot: ".", "..", and what file managers hide.
        if (!plain && !(before != '/' && (c == '.' || c == '/'))) return false;
        before = c;
    }
    return before != '/';
}

}  // namespace custody
