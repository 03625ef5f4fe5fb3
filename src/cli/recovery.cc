#include "cli/recovery.h"

#include "base/text.h"
#include "catalog/database.h"
#include "catalog/files.h"
#include "daemon/jobs/catalog_backup.h"
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
#include <set>

#include <fmt/ranges.h>

namespace custody {
namespace {

constexpr const char* kLogLabel = "log";
constexpr const char* kCatalogFile = "catalog.db";
constexpr std::size_t kMostNames = 1000;

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

}  // namespace

Result<std::vector<Repository::Listed>> records_in(Repository& repository, const std::string& host,
                                                   std::vector<std::string>& passed_over) {
    std::vector<Repository::DamagedSnapshot> damaged;
    TRY_ASSIGN(const auto all, repository.snapshots(nullptr, &damaged));
    std::vector<Repository::Listed> records;
    std::set<std::string> hosts;
    for (const Repository::Listed& each : all) {
        const SnapshotSummary& summary = each.snapshot.summary;
        if (summary.label != kLogLabel || summary.name != kRecordsName) continue;
        if (!repository.signer_trusted(each.snapshot.clear.signer)) {
            const std::string id = each.snapshot.id.hex().substr(0, 8);
            passed_over.push_back(
                say("the records {} of {} on {} are signed by nobody whom the keyring trusts, and were passed over; "
                    "look at them with 'custody restore {} --target DIR' before anything of them is used",
                    id, printable(summary.host), to_rfc3339_local(summary.time), id));
            continue;
        }
        hosts.insert(summary.host);
        if (host.empty() || summary.host == host) records.push_back(each);
    }
    const std::string known = printable(fmt::format("{}", fmt::join(hosts, ", ")));
    if (host.empty() && hosts.size() > 1) {
        return Error{Code::usage,
                     say("the vault holds the records of several services: name one with --host; there are {}", known)};
    }
    if (!host.empty() && records.empty() && !hosts.empty()) {
        return Error{Code::not_found, say("the vault holds no records of {}; there are those of {}", printable(host), known)};
    }
    std::reverse(records.begin(), records.end());
    return records;
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
    if (there.ok()) {
        const auto old = read_file(files, path, kMaxSmallRecord);
        if (old.ok() && std::equal(old->begin(), old->end(), content.begin(), content.end())) return aside;
        TRY_ASSIGN(aside, free_name(files, path + ".before-" + stamp_of(now)));
        TRY(files.rename_new(path, aside));
    }
    TRY(make_directories(files, parent_path(path), 0750));
    TRY(replace_file(files, path, content, 0640));
    // Whoever may enter its folder by his group reads it, too: who asks the service finds the socket so.
    struct stat folder {};
    const bool is_given =
        ::stat(parent_path(path).c_str(), &folder) == 0 && ::chown(path.c_str(), ::geteuid(), folder.st_gid) == 0;
    if (!is_given) return system_error(errno, "change the group of", path);
    return aside;
}

Result<std::string> put_catalog(Context& context, RecordsReader& records, const std::string& state_folder) {
    FileSystem& files = context.files();
    TRY(make_directories(files, state_folder, 0700));
    std::string aside;
    {
        TRY_ASSIGN(const ScratchArea scratch, ScratchArea::make(join_path(state_folder, "scratch")));
        const std::string copy = join_path(scratch.path(), kCatalogFile);
        TRY(records.copy_file(kCatalogFile, copy));
        TRY_ASSIGN(const std::unique_ptr<File> lock, catalog::lock_catalog(state_folder));
        TRY_ASSIGN(aside, catalog::set_catalog_aside(state_folder, "replaced", context.clock().now()));
        TRY(files.rename_new(copy, catalog::catalog_path(state_folder)));
        TRY(files.sync_directory(state_folder));
        TRY(catalog::mark_made(*lock));
    }
    TRY(catalog::Catalog::open(state_folder, context.clock()));  // every page is read
    return aside;
}

const MediumConfig* medium_of(const Config& config, Repository& repository) {
    for (const MediumConfig& medium : config.media) {
        if (medium.vault == repository.store().location()) return &medium;
    }
    const auto identity = read_medium_identity(repository.store());
    return identity.ok() && *identity ? config.find_medium((*identity)->name) : nullptr;
}

Result<catalog::RebuildReport> rebuild_from_vaults(Context& context, Repository& repository, const Config& config,
                                                   const std::string& state_folder, std::vector<std::string>& lacking) {
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
    return catalog::rebuild_catalog(state_folder, context.clock(), found.facts);
}

}  // namespace custody
