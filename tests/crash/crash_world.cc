#include "tests/crash/crash_world.h"

#include "restore/restorer.h"
#include "restore/verifier.h"
#include "vault/collector.h"
#include "vault/replicator.h"
#include "vault/sources/file_tree.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace custody::test {

namespace {

const std::string kKeyringFolder = "/etc/keyring";
const char* const kPassphrase = "một hai ba bốn";
constexpr Argon2Cost kCheap{8192, 1, 1};

Secret passphrase() { return Secret::copy_of(as_bytes(kPassphrase)); }

void write_noise(const std::string& path, std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string content(size, '\0');
    for (auto& c : content) c = static_cast<char>(random());
    std::ofstream(path, std::ios::binary) << content;
}

// "none": it cannot be read.
std::string content_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return "none";
    std::ostringstream content("some: ", std::ios::ate);
    content << in.rdbuf();
    return std::move(content).str();
}

// A set-up step that may not fail.
template <class T>
T must(Result<T> result, const char* what) {
    if (result.ok()) return std::move(result).value();
    std::fprintf(stderr, "crash world: %s: %s\n", what, result.error().message.c_str());
    std::abort();
}

Status copy_below(FileSystem& from, const std::string& folder, FileSystem& to) {
    TRY_ASSIGN(const auto items, from.list(folder));
    for (const DirectoryItem& item : items) {
        const std::string path = join_path(folder, item.name);
        TRY_ASSIGN(const FileInfo info, from.info(path));
        if (item.is_directory) {
            TRY(to.make_directory(path, info.mode & 07777));
            TRY(copy_below(from, path, to));
            continue;
        }
        TRY_ASSIGN(const Bytes content, read_file(from, path, info.size));
        TRY_ASSIGN(const auto file, to.create(path, info.mode & 07777));
        TRY(write_all(*file, 0, content));
    }
    return done();
}

}  // namespace

const char* deed_name(Deed deed) {
    switch (deed) {
        case Deed::backup:
            return "backup";
        case Deed::copy:
            return "copy";
        case Deed::forget:
            return "forget";
        case Deed::prune:
            return "prune";
        case Deed::rotate:
            return "rotate";
    }
    return "";
}

World::World() : scratch_("crash"), source_(scratch_ / "source"), base_(std::make_unique<PowerCutFileSystem>()) {
    std::filesystem::create_directories(source_ + "/folder");
    for (int i = 0; i < 6; ++i) write_noise(source_ + "/folder/" + std::to_string(i), 3000, static_cast<unsigned>(i));
    write_noise(source_ + "/large", 700'000, 99);
    must(make_directories(*base_, "/etc", 0755), "mkdir");
    must(make_directories(*base_, "/a", 0755), "mkdir");
    must(make_directories(*base_, "/b", 0755), "mkdir");
    Keyring keys =
        must(Keyring::create(*base_, clock_, kKeyringFolder, Suite::standard, "host", passphrase(), kCheap), "keyring");
    unlocked_ = std::make_unique<UnlockedKeyring>(must(keys.unlock(passphrase()), "unlock"));
    for (const auto vault : {kFirstVault, kSecondVault}) {
        must(Repository::create(*base_, clock_, std::string(vault), keys), "vault");
    }
    const std::string first(kFirstVault);
    doomed_ = must(back_up_and_promise(*base_, first), "backup").snapshot;
    change_source();
    const ObjectId next_doomed = must(back_up_and_promise(*base_, first), "backup").snapshot;
    change_source();
    promises_.push_back(must(back_up_and_promise(*base_, first), "backup"));
    must(perform(Deed::copy, *base_, promises_), "copy");
    change_source();
    promises_.push_back(must(back_up_and_promise(*base_, first), "backup"));
    must(perform(Deed::forget, *base_, promises_), "forget");  // garbage for prune
    doomed_ = next_doomed;
    // Each trial starts from here with something new to store.
    change_source();
}

Status World::lay_out(FileSystem& files) const { return copy_below(*base_, "/", files); }

void World::change_source() {
    ++changes_;
    write_noise(source_ + "/folder/" + std::to_string(changes_ % 6), 3000, 1000 + static_cast<unsigned>(changes_));
    write_noise(source_ + "/large", 700'000, 2000 + static_cast<unsigned>(changes_));
    clock_.advance(kHour);
}

Result<Keyring> World::keyring(FileSystem& files) const { return Keyring::open(files, clock_, kKeyringFolder); }

Result<BackupResult> World::back_up(FileSystem& files, const std::string& vault) {
    TRY_ASSIGN(Keyring keys, keyring(files));
    TRY_ASSIGN(Repository repository, Repository::open(files, clock_, vault, &keys));
    FileTreeOptions tree;
    tree.paths = {source_};
    FileTreeNotes notes;
    TRY_ASSIGN(auto source, open_file_tree(tree, notes));
    BackupOptions options;
    options.label = "business";
    options.name = "tree";
    options.threads = 1;
    SilentProgress progress;
    const StopFlag stop;
    return run_backup(repository, *source, options, progress, stop);
}

Result<Promise> World::back_up_and_promise(FileSystem& files, const std::string& vault) {
    TRY_ASSIGN(const BackupResult result, back_up(files, vault));
    const std::string copy = scratch_ / ("copy" + std::to_string(changes_));
    if (!std::filesystem::exists(copy)) std::filesystem::copy(source_, copy, std::filesystem::copy_options::recursive);
    ++copies_;
    return Promise{vault, result.snapshot, copy};
}

Status World::perform(Deed deed, FileSystem& files, std::vector<Promise>& made) {
    SilentProgress progress;
    const StopFlag stop;
    if (deed == Deed::backup) {
        TRY_ASSIGN(Promise promise, back_up_and_promise(files, std::string(kFirstVault)));
        made.push_back(std::move(promise));
        return done();
    }
    TRY_ASSIGN(Keyring keys, keyring(files));
    if (deed == Deed::rotate) return keys.rotate("business");
    TRY_ASSIGN(Repository first, Repository::open(files, clock_, std::string(kFirstVault), &keys));
    if (deed == Deed::forget) {
        ForgetOptions options;
        options.references = {doomed_.hex()};
        TRY(forget_snapshots(first, options));
        return done();
    }
    if (deed == Deed::prune) {
        PruneOptions options;
        options.grace_ns = 0;
        options.threads = 1;
        TRY(prune(first, options, progress, stop));
        return done();
    }
    TRY_ASSIGN(Repository second, Repository::open(files, clock_, std::string(kSecondVault), &keys));
    TRY_ASSIGN(const CopyResult copied, copy_snapshots(first, second, {}, progress, stop));
    if (!copied.damaged.empty()) return Error{Code::corrupt, copied.warnings.front()};
    for (const Promise& promise : promises_) {
        if (promise.vault == kFirstVault) made.push_back({std::string(kSecondVault), promise.snapshot, promise.copy});
    }
    return done();
}

std::string World::judge_vault(FileSystem& files, Keyring& keys, const std::string& vault, const std::vector<Promise>& promises) {
    auto repository = Repository::open(files, clock_, vault, &keys);
    if (!repository.ok()) return vault + " does not open: " + repository.error().message;
    SilentProgress progress;
    const StopFlag stop;
    VerifyOptions full;
    full.level = VerifyLevel::full;
    full.unlocked = unlocked_.get();
    full.threads = 1;
    const auto verified = verify(*repository, full, progress, stop);
    if (!verified.ok()) return vault + ": verify: " + verified.error().message;
    for (const auto& damage : verified->damaged) return vault + ": " + damage.object + ": " + damage.problem;
    for (const Promise& promise : promises) {
        if (promise.vault != vault) continue;
        const auto snapshot = repository->read_snapshot(promise.snapshot);
        if (!snapshot.ok()) return vault + ": a promised snapshot is gone: " + snapshot.error().message;
        if (!repository->state().snapshots.contains(promise.snapshot))
            return vault + ": a promised snapshot is not in the ledger";
        RestoreOptions restore;
        restore.target = scratch_ / "restored";
        restore.strip_prefix = source_;
        restore.threads = 1;
        remove_tree(restore.target);
        const auto restored = restore_files(*repository, *snapshot, *unlocked_, restore, progress, stop);
        if (!restored.ok()) return vault + ": restore: " + restored.error().message;
        if (restored->failed != 0) return vault + ": restore: " + restored->warnings.front();
        // The copies are made by plain copying, so times differ; content, names and modes are what is promised here.
        for (const auto& entry : std::filesystem::recursive_directory_iterator(promise.copy)) {
            const auto relative = std::filesystem::relative(entry.path(), promise.copy);
            if (!entry.is_regular_file()) continue;
            if (content_of(entry.path()) != content_of(restore.target + "/" + relative.string()))
                return vault + ": restored file differs: " + relative.string();
        }
    }
    return {};
}

std::string World::judge(FileSystem& disk, const std::vector<Promise>& promises) {
    auto keys = keyring(disk);
    if (!keys.ok()) return "the keyring does not open: " + keys.error().message;
    for (const auto vault : {kFirstVault, kSecondVault}) {
        if (std::string wrong = judge_vault(disk, *keys, std::string(vault), promises); !wrong.empty()) return wrong;
    }
    const auto again = back_up(disk, std::string(kFirstVault));
    if (!again.ok()) return "the next backup fails: " + again.error().message;
    const auto known = back_up(disk, std::string(kFirstVault));
    if (!known.ok()) return "the backup after that fails: " + known.error().message;
    if (known->bytes.added != 0) return "the next backup does not reuse what is stored";
    return {};
}

}  // namespace custody::test
