#include "cli/recovery.h"

#include "base/text.h"
#include "catalog/database.h"
#include "catalog/files.h"
#include "daemon/jobs/catalog_backup.h"
#include "daemon/jobs/records_reading.h"
#include "daemon/jobs/records_source.h"
#include "restore/restorer.h"
#include "vault/sources/scratch_area.h"
#include "vault/store/medium_identity.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

namespace custody {
namespace {

constexpr const char* kLogLabel = "log";
constexpr const char* kCatalogFile = "catalog.db";
constexpr std::size_t kMostNames = 1000;
constexpr std::size_t kMostRecordsTried = 14;  // nights

// "20261103T020005Z", for names of files.
std::string stamp_of(Time time) {
    std::string text = to_rfc3339_utc(Time{time.seconds() * kSecond});
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

Result<std::string> free_name(FileSystem& files, const std::string& wanted) {
    for (std::size_t i = 1; i < kMostNames; ++i) {
        std::string name = i == 1 ? wanted : fmt::format("{}-{}", wanted, i);
        const auto info = files.info(name);
        if (!info.ok() && info.error().code == Code::not_found) return name;
        if (!info.ok()) return info.error();
    }
    return Error{Code::exists, say("there are too many files named {}: remove what is not needed", printable(wanted))};
}

// A second name for what is there: a crash leaves the old file or the new one under `path`, never none.
Status keep_under(FileSystem& files, const std::string& path, const std::string& aside) {
    if (::linkat(AT_FDCWD, path.c_str(), AT_FDCWD, aside.c_str(), 0) == 0) return files.sync_directory(parent_path(path));
    const int why = errno;
    if (why != EPERM && why != EOPNOTSUPP && why != EMLINK) return system_error(why, "keep", path);
    return files.rename_new(path, aside);  // a folder of that name, or a file system without second names
}

// Whoever may enter its folder by his group reads it, too: who asks the service finds the socket so.
Status give_to_group_of_folder(const std::string& path) {
    struct stat folder {};
    if (::stat(parent_path(path).c_str(), &folder) != 0) return system_error(errno, "look at", parent_path(path));
    if (::chown(path.c_str(), static_cast<uid_t>(-1), folder.st_gid) == 0) return done();
    // Who is not root, and not of that group, writes a file for himself alone.
    if (errno == EPERM && ::geteuid() != 0) return done();
    return system_error(errno, "change the group of", path);
}

// Opened where nothing needs it yet, every page is read, and what is of an older format is brought up: what cannot be used
// displaces nothing.
Status check_copy(const ScratchArea& scratch, const Clock& clock) {
    {
        const auto opened = catalog::Catalog::open(scratch.path(), clock);
        if (!opened.ok() && opened.error().code == Code::corrupt) return Error{Code::corrupt, say("it is damaged")};
        TRY(opened);
    }
    const std::string log = catalog::catalog_path(scratch.path()) + "-wal";
    if (posix_file_system().info(log).ok()) return Error{Code::io, say("it was not written as it should be: {}", printable(log))};
    TRY_ASSIGN(const auto file, posix_file_system().open_writable(catalog::catalog_path(scratch.path())));
    return file->sync();
}

// Both or neither: a register without the findings of the same night would look whole.
Result<catalog::RecordedFacts> recorded_facts_of(Repository& repository, const UnlockedKeyring& unlocked,
                                                 const Snapshot& snapshot, Context& context) {
    RecordsReader reader(repository, unlocked, snapshot, context);
    catalog::RecordedFacts facts;
    TRY_ASSIGN(const Bytes media, reader.small_file("media.json"));
    TRY_ASSIGN(facts.media, read_media_register(media));
    TRY_ASSIGN(const Bytes findings, reader.small_file("findings.json"));
    TRY_ASSIGN(facts.findings, read_findings(findings));
    facts.host = snapshot.summary.host;
    return facts;
}

}  // namespace

Result<RecordsFound> records_in(Repository& repository, const std::string& host) {
    RecordsFound found;
    std::vector<Repository::DamagedSnapshot> damaged;
    TRY_ASSIGN(const auto all, repository.snapshots(nullptr, &damaged));
    std::map<std::string, Time> hosts;  // and the last of each
    for (const Repository::Listed& each : all) {
        const SnapshotSummary& summary = each.snapshot.summary;
        if (summary.label != kLogLabel || summary.name != kRecordsName) continue;
        if (!repository.signer_trusted(each.snapshot.clear.signer)) {
            const std::string id = each.snapshot.id.hex().substr(0, 8);
            found.passed_over.push_back(
                say("the records {} of {} on {} are signed by nobody whom the keyring trusts, and were passed over; "
                    "look at them with 'custody restore {} --target DIR' before anything of them is used",
                    id, printable(summary.host), to_rfc3339_local(summary.time), id));
            found.newest_passed_over = std::max(found.newest_passed_over.value_or(summary.time), summary.time);
            continue;
        }
        hosts[summary.host] = summary.time;
        if (host.empty() || summary.host == host) found.candidates.push_back(each);
    }
    std::string known;
    for (const auto& [name, last] : hosts)
        known += (known.empty() ? "" : ", ") + say("{} (last {})", printable(name), human_time(last));
    if (host.empty() && hosts.size() > 1) {
        return Error{Code::usage,
                     say("the vault holds the records of several services: name one with --host; there are {}", known)};
    }
    if (!host.empty() && found.candidates.empty() && !hosts.empty()) {
        return Error{Code::not_found, say("the vault holds no records of {}; there are those of {}", printable(host), known)};
    }
    std::reverse(found.candidates.begin(), found.candidates.end());
    return found;
}

Status RecordsReader::write(const std::string& name, int fd) {
    const std::vector<std::string>& paths = snapshot_.summary.paths;
    const std::string root = paths.empty() ? kRecordsRoot : paths.front();
    TRY(write_content(repository_, snapshot_, unlocked_, join_path(root, name), fd, context_.progress(), context_.stop()));
    return done();
}

Result<Bytes> RecordsReader::small_file(const std::string& name) {
    // In memory, and no larger than it may be, whatever the vault says.
    const Fd fd(::memfd_create("custody-record", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd.valid()) return system_error(errno, "create", name);
    if (::ftruncate(fd.get(), static_cast<off_t>(kMaxSmallRecord)) != 0 || ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_GROW) != 0)
        return system_error(errno, "create", name);
    TRY(write(name, fd.get()));
    const off_t size = ::lseek(fd.get(), 0, SEEK_CUR);
    if (size < 0) return system_error(errno, "read", name);
    Bytes content(static_cast<std::size_t>(size));
    std::size_t at = 0;
    while (at < content.size()) {
        const ssize_t got = ::pread(fd.get(), content.data() + at, content.size() - at, static_cast<off_t>(at));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return system_error(got == 0 ? EIO : errno, "read", name);
        at += static_cast<std::size_t>(got);
    }
    return content;
}

Status RecordsReader::copy_file(const std::string& name, const std::string& to) {
    const Fd fd(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd.valid()) return system_error(errno, "create", to);
    TRY(write(name, fd.get()));
    if (::fsync(fd.get()) != 0) return system_error(errno, "sync", to);
    return done();
}

Result<std::string> put_config(FileSystem& files, const std::string& path, ByteView content, Time now) {
    std::string aside;
    const auto there = files.info(path);
    if (!there.ok() && there.error().code != Code::not_found) return there.error();
    bool is_same = false;
    if (there.ok()) {
        const auto old = read_file(files, path, kMaxSmallRecord);
        is_same = old.ok() && std::equal(old->begin(), old->end(), content.begin(), content.end());
    }
    if (!is_same) {
        TRY(make_directories(files, parent_path(path), 0750));
        if (there.ok()) {
            TRY_ASSIGN(aside, free_name(files, path + ".before-" + stamp_of(now)));
            TRY(keep_under(files, path, aside));
        }
        TRY(replace_file(files, path, content, 0640));
    }
    TRY(give_to_group_of_folder(path));  // of the same one, too: an earlier try may have ended before it
    return aside;
}

Result<std::string> put_catalog(Context& context, RecordsReader& records, const std::string& state_folder) {
    FileSystem& files = context.files();
    TRY(make_directories(files, state_folder, 0700));
    TRY_ASSIGN(const ScratchArea scratch, ScratchArea::make(join_path(state_folder, "scratch")));
    const std::string copy = catalog::catalog_path(scratch.path());
    TRY(records.copy_file(kCatalogFile, copy));
    TRY(check_copy(scratch, context.clock()));
    TRY_ASSIGN(const std::unique_ptr<File> lock, catalog::lock_catalog(state_folder));
    // Before the old one gives way: an opening between the two finds that a catalogue is lost, and makes no empty one.
    TRY(catalog::mark_made(*lock));
    TRY_ASSIGN(std::string aside, catalog::set_catalog_aside(state_folder, "replaced", context.clock().now()));
    TRY(files.rename_new(copy, catalog::catalog_path(state_folder)));
    TRY(files.sync_directory(state_folder));
    return aside;
}

Result<RegisterFound> register_in(Repository& repository, const UnlockedKeyring& unlocked,
                                  const std::vector<Repository::Listed>& candidates, Context& context) {
    RegisterFound found;
    std::size_t tries = 0;
    for (const Repository::Listed& candidate : candidates) {
        if (++tries > kMostRecordsTried) break;
        auto facts = recorded_facts_of(repository, unlocked, candidate.snapshot, context);
        if (facts.ok()) {
            found.facts = std::move(*facts);
            found.from = candidate.snapshot;
            break;
        }
        if (facts.error().code == Code::interrupted) return std::move(facts).error();
        found.passed_over.push_back(say("the register of media in the records of {}: {}",
                                        human_time(candidate.snapshot.summary.time), facts.error().message));
    }
    return found;
}

const MediumConfig* medium_of(const Config& config, Repository& repository) {
    for (const MediumConfig& medium : config.media) {
        if (medium.vault == repository.store().location()) return &medium;
    }
    const auto identity = read_medium_identity(repository.store());
    return identity.ok() && *identity ? config.find_medium((*identity)->name) : nullptr;
}

Result<catalog::RebuildReport> rebuild_from_vaults(Context& context, Repository& repository, const Config& config,
                                                   const std::string& state_folder, const catalog::RecordedFacts& recorded,
                                                   std::vector<std::string>& lacking) {
    Config here;
    here.keys.keyring = context.settings().keyring;
    here.media = config.media;
    const std::string& location = repository.store().location();
    if (const MediumConfig* known = medium_of(config, repository)) {
        for (MediumConfig& medium : here.media) {
            if (medium.name == known->name) medium.vault = location;
        }
    } else {
        MediumConfig medium;
        const auto identity = read_medium_identity(repository.store());
        medium.name = identity.ok() && *identity ? (*identity)->name : std::string(base_name(parent_path(location)));
        medium.vault = location;
        here.media.push_back(std::move(medium));
    }
    TRY(make_directories(context.files(), state_folder, 0700));
    TRY_ASSIGN(VaultFactsFound found, vault_facts(context.files(), context.clock(), here));
    lacking = std::move(found.lacking);
    return catalog::rebuild_catalog(state_folder, context.clock(), found.facts, recorded);
}

Result<std::string> only_host_in(Repository& repository) {
    std::vector<Repository::DamagedSnapshot> damaged;
    TRY_ASSIGN(const auto all, repository.snapshots(nullptr, &damaged));
    std::set<std::string> hosts;
    for (const Repository::Listed& each : all) {
        if (repository.signer_trusted(each.snapshot.clear.signer)) hosts.insert(each.snapshot.summary.host);
    }
    return hosts.size() == 1 ? *hosts.begin() : std::string();
}

}  // namespace custody
