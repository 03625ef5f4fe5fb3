#include "cli/setup_steps.h"

#include "base/mounts.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/making.h"
#include "cli/recovery.h"
#include "daemon/jobs/own_folders.h"
#include "daemon/jobs/plan_source.h"
#include "daemon/media/medium_probe.h"
#include "daemon/service/powers.h"
#include "restore/restorer.h"
#include "vault/archiver.h"
#include "vault/sources/file_tree.h"
#include "vault/store/vault_header.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace custody {
namespace {

constexpr std::uint64_t kMaxProof = 16 * 1024 * 1024;
constexpr int kMaxProofDepth = 4;
constexpr std::size_t kMostProofs = 16;  // files that are tried

// A removable one whose mount point holds no file system of its own: away.
bool is_away(const MediumConfig& medium) {
    if (!medium.removable) return false;
    const auto mounted = list_mounts();
    return mounted.ok() && std::none_of(mounted->begin(), mounted->end(),
                                        [&](const MountInfo& mount) { return mount.point == medium.mount_point; });
}

bool goes_to(const PlanConfig& plan, const std::string& medium) {
    return std::find(plan.media.begin(), plan.media.end(), medium) != plan.media.end();
}

ProbeRequest request_for(const Config& config, const MediumConfig& medium) {
    ProbeRequest request;
    request.medium.name = medium.name;
    request.medium.vault = medium.vault;
    request.medium.exception = medium.exception.text;
    for (const PlanConfig& plan : config.plans) {
        if (!goes_to(plan, medium.name)) continue;
        const auto places = places_of(plan.source);
        request.sources.insert(request.sources.end(), places.begin(), places.end());
    }
    for (const MediumConfig& other : config.media) {
        if (other.name != medium.name && !is_away(other)) request.others.push_back({other.name, other.vault});
    }
    return request;
}

const PlanConfig* plan_of_etc(const Config& config) {
    for (const PlanConfig& plan : config.plans) {
        const auto* files = std::get_if<FilesSource>(&plan.source);
        if (files != nullptr && plan.label == "config") return &plan;
    }
    return nullptr;
}

Result<BackupResult> back_up(Context& context, const Config& config, const PlanConfig& plan, Repository& repository) {
    const auto& source = std::get<FilesSource>(plan.source);
    FileTreeOptions tree;
    tree.paths = source.paths;
    tree.excludes = source.exclude;
    tree.one_file_system = source.one_file_system;
    tree.count_ahead = context.progress().is_shown();
    for (const std::string& folder : own_folders(config)) {
        if (const auto info = context.files().info(folder); info.ok())
            tree.excluded_inodes.emplace_back(info->device, info->inode);
    }
    FileTreeNotes notes;
    TRY_ASSIGN(const std::unique_ptr<Source> opened, open_file_tree(tree, notes));
    BackupOptions options;
    options.label = plan.label;
    options.name = plan.name;
    options.read_back = true;
    return run_backup(repository, *opened, options, context.progress(), context.stop());
}

// Small regular files that everybody may read: what is restored for a moment is no secret. In order of their names, files first.
void find_files_to_prove(FileSystem& files, const std::string& path, int depth, std::vector<std::string>& found) {
    const auto info = files.info(path);
    if (!info.ok() || found.size() >= kMostProofs) return;
    if (info->is_regular && info->size > 0 && info->size <= kMaxProof && (info->mode & 0004) != 0) found.push_back(path);
    if (!info->is_directory || depth > kMaxProofDepth) return;
    auto listed = files.list(path);
    if (!listed.ok()) return;
    std::sort(listed->begin(), listed->end(), [](const DirectoryItem& a, const DirectoryItem& b) {
        return std::tuple(a.is_directory, std::string_view(a.name)) < std::tuple(b.is_directory, std::string_view(b.name));
    });
    for (const DirectoryItem& item : *listed) {
        const std::string below = join_path(path, item.name);
        std::error_code failed;
        if (std::filesystem::is_symlink(below, failed) || failed) continue;
        find_files_to_prove(files, below, depth + 1, found);
    }
}

// A private folder, removed with what is in it.
class ProofFolder {
public:
    static Result<ProofFolder> make(const std::string& base) {
        TRY(make_directories(posix_file_system(), base, 0700));
        std::string name = join_path(base, "setup-proof-XXXXXX");
        if (::mkdtemp(name.data()) == nullptr) return system_error(errno, "create", name);
        return ProofFolder(std::move(name));
    }
    ~ProofFolder() {
        std::error_code failed;  // what stays is a copy of a file that everybody may read
        if (!path_.empty()) std::filesystem::remove_all(path_, failed);
    }
    ProofFolder(ProofFolder&& other) noexcept : path_(std::exchange(other.path_, "")) {}
    ProofFolder& operator=(ProofFolder&&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    explicit ProofFolder(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

struct Proof {
    Context& context;
    Repository& repository;
    const Snapshot& taken;
    const UnlockedKeyring& unlocked;
    const std::string& folder;
};

// False: this file says nothing, for the plan leaves it out or it was changed since.
Result<bool> proves(const Proof& proof, const std::string& file) {
    RestoreOptions options;
    options.target = proof.folder;
    options.paths = {file};
    const auto restored =
        restore_files(proof.repository, proof.taken, proof.unlocked, options, proof.context.progress(), proof.context.stop());
    if (!restored.ok() && restored.error().code == Code::not_found) return false;
    TRY(restored);
    if (restored->failed != 0) {
        return Error{Code::corrupt, say("{} did not come back whole from the first backup: {}", printable(file),
                                        restored->warnings.empty() ? std::string() : restored->warnings.front())};
    }
    TRY_ASSIGN(const Bytes after, read_file(proof.context.files(), proof.folder + file, kMaxProof));
    const auto before = read_file(proof.context.files(), file, kMaxProof);
    if (before.ok() && *before == after) return true;
    const auto info = proof.context.files().info(file);
    if (!before.ok() || !info.ok() || info->modified >= proof.taken.summary.time) return false;
    return Error{Code::corrupt,
                 say("{} came back other than it is, and nobody changed it since: test the disks and the memory of "
                     "this machine, then type 'custody verify --level full'",
                     printable(file))};
}

// The file that came back the same; empty: there was none to try.
Result<std::string> prove(Context& context, const Config& config, const PlanConfig& plan, Repository& repository,
                          const ObjectId& snapshot) {
    std::vector<std::string> candidates;
    for (const std::string& path : std::get<FilesSource>(plan.source).paths)
        find_files_to_prove(context.files(), path, 0, candidates);
    if (candidates.empty()) return std::string();
    TRY_ASSIGN(const UnlockedKeyring unlocked, context.unlock());
    TRY(repository.ledger().refresh());
    TRY_ASSIGN(const Snapshot taken, repository.read_snapshot(snapshot));
    TRY_ASSIGN(const ProofFolder folder, ProofFolder::make(config.service.state_folder));
    const Proof proof{context, repository, taken, unlocked, folder.path()};
    for (const std::string& file : candidates) {
        TRY_ASSIGN(const bool is_proven, proves(proof, file));
        if (is_proven) return file;
    }
    return std::string();
}

}  // namespace

Status check_media_apart(const Config& config, std::vector<std::string>& notes) {
    for (const MediumConfig& medium : config.media) {
        if (is_away(medium)) continue;
        bool is_told = false;  // once a medium: its exception is recorded
        for (const MediumFinding& finding : judge_independence(request_for(config, medium))) {
            if (!finding.stops()) {
                if (!is_told) notes.push_back(finding.words);
                is_told = is_told || finding.excepted;
                continue;
            }
            return Error{finding.code,
                         say("{}; where a decision on paper allows it, write under [[medium]] {}: exception = \"{}\"",
                             finding.words, printable(medium.name), say("12/QD-UBND: one server room until May 2027"))};
        }
    }
    return done();
}

Status check_media_mounted(const Config& config, FileSystem& files) {
    for (const MediumConfig& medium : config.media) {
        if (is_away(medium) || files.info(parent_path(medium.vault)).ok()) continue;
        return Error{Code::not_found, say("the medium {} is not there: no folder {}; mount it, and run 'custody setup' again",
                                          printable(medium.name), printable(parent_path(medium.vault)))};
    }
    return done();
}

Result<std::string> write_config(FileSystem& files, const std::string& path, const std::string& text, Time now) {
    return put_config(files, path, as_bytes(text), now);
}

Result<std::vector<SetupVault>> make_vaults(Context& context, const Config& config, bool& keyring_made,
                                            std::vector<std::string>& notes) {
    std::vector<std::string> weak;
    TRY_ASSIGN(keyring_made, open_or_make_keyring(context, "", weak));
    notes.insert(notes.end(), weak.begin(), weak.end());
    std::vector<SetupVault> vaults;
    for (const MediumConfig& medium : config.media) {
        SetupVault one{medium.name, medium.vault, "away"};
        if (is_away(medium)) {
            notes.push_back(say("the medium {} is not here: attach it, and run 'custody setup' again", printable(medium.name)));
        } else if (context.files().info(join_path(medium.vault, kHeaderObject)).ok()) {
            TRY_ASSIGN(Keyring * keyring, context.keyring());
            TRY(context.open_vault(medium.vault, keyring));
            one.state = "there";
        } else {
            TRY_ASSIGN(const MadeVault made, make_vault(context, medium.vault, ""));
            one.state = "made";
        }
        vaults.push_back(std::move(one));
    }
    return vaults;
}

Result<FirstBackup> first_backup(Context& context, const Config& config, const std::vector<SetupVault>& vaults,
                                 std::vector<std::string>& notes) {
    FirstBackup first;
    const PlanConfig* plan = plan_of_etc(config);
    if (plan == nullptr) return first;
    for (const SetupVault& vault : vaults) {
        if (vault.state == "away" || !goes_to(*plan, vault.medium)) continue;
        TRY_ASSIGN(Keyring * keyring, context.keyring());
        TRY_ASSIGN(Repository repository, context.open_vault(vault.vault, keyring));
        TRY_ASSIGN(const auto there, repository.snapshots());
        const bool has_one = std::any_of(there.begin(), there.end(), [&](const Repository::Listed& each) {
            return each.snapshot.summary.label == plan->label && each.snapshot.summary.name == plan->name;
        });
        if (has_one) return first;
        TRY_ASSIGN(const BackupResult result, back_up(context, config, *plan, repository));
        first.snapshot = result.snapshot;
        first.failed = result.files.failed;
        for (const std::string& line : result.failed_items) notes.push_back(line);
        if (context.can_unlock()) {
            TRY_ASSIGN(first.proven, prove(context, config, *plan, repository, result.snapshot));
        }
        if (first.proven.empty()) {
            notes.push_back(
                say("nothing of the first backup was restored for proof: type 'custody restore {} --target DIR', and "
                    "look at what comes back",
                    short_id(result.snapshot)));
        }
        return first;
    }
    return first;
}

Result<std::vector<std::string>> install_drop_ins(FileSystem& files, const Config& config, const std::string& from,
                                                  const std::string& to, std::vector<std::string>& notes) {
    std::vector<std::string> installed;
    for (const std::string& name : drop_ins_for(config)) {
        const std::string source = join_path(from, name), target = join_path(to, name);
        const auto content = read_file(files, source, kMaxProof);
        if (!content.ok()) {
            notes.push_back(say("systemd's drop-in {} is needed and cannot be read: {}", name, content.error().message));
            continue;
        }
        const auto there = read_file(files, target, kMaxProof);
        if (there.ok() && *there == *content) continue;
        TRY(make_directories(files, to, 0755));
        TRY(replace_file(files, target, *content, 0644));
        installed.push_back(name);
    }
    return installed;
}

}  // namespace custody
