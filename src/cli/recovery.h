// What `custody recover` brings back out of one vault: the service's records (daemon/jobs/catalog_backup.h) or, where they are
// missing or damaged, a catalogue built from the vault itself.
//
// Ownership: a RecordsReader refers to repository and keys, which outlive it. Threads: one. Errors: busy (a service runs on the
// state folder), corrupt, those of vault and files. Durable: each step, when its call returns; run again after an interruption,
// what is there by then is set aside like anything else, and nothing is ever deleted.
#pragma once

#include "catalog/rebuild.h"
#include "cli/context.h"
#include "daemon/config/config.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

// Snapshots of the records. usage: several hosts' lie in the vault and `host` names none; not_found: none of `host`. A
// configuration names commands that run as root: what nobody signed whom the keyring trusts is passed over, and named.
struct RecordsFound {
    std::vector<Repository::Listed> candidates;  // newest first
    std::vector<std::string> passed_over;        // in words
    std::optional<Time> newest_passed_over;
};
[[nodiscard]] Result<RecordsFound> records_in(Repository& repository, const std::string& host);

class RecordsReader {
public:
    RecordsReader(Repository& repository, const UnlockedKeyring& unlocked, Snapshot snapshot, Context& context)
        : repository_(repository), unlocked_(unlocked), snapshot_(std::move(snapshot)), context_(context) {}
    [[nodiscard]] const Snapshot& snapshot() const { return snapshot_; }
    // A file of the records, at most kMaxSmallRecord bytes. not_found: they have none of that name.
    [[nodiscard]] Result<Bytes> small_file(const std::string& name);
    // Any, into a new file of mode 0600, durable.
    [[nodiscard]] Status copy_file(const std::string& name, const std::string& to);

private:
    Status write(const std::string& name, int fd);
    Repository& repository_;
    const UnlockedKeyring& unlocked_;
    const Snapshot snapshot_;
    Context& context_;
};
inline constexpr std::uint64_t kMaxSmallRecord = 16 * 1024 * 1024;

// `content` as the file `path`, mode 0640, of its folder's group. Another file of that name is kept under another one, which is
// returned; empty: there was none, or the same. After a crash either lies under `path`, whole.
[[nodiscard]] Result<std::string> put_config(FileSystem& files, const std::string& path, ByteView content, Time now);

// The records' catalogue into the state folder. Every page is read before the one that is there gives way: corrupt (damaged) and
// refused (of a newer version) change nothing. Returns where the one that was there is; empty: there was none.
[[nodiscard]] Result<std::string> put_catalog(Context& context, RecordsReader& records, const std::string& state_folder);
// Register of media and findings out of the newest of these records that has sound ones, for a catalogue that is rebuilt. Errors:
// interrupted; all else is told in words.
struct RegisterFound {
    catalog::RecordedFacts facts;
    std::optional<Snapshot> from;          // none: none has
    std::vector<std::string> passed_over;  // what could not be used, and why
};
[[nodiscard]] Result<RegisterFound> register_in(Repository& repository, const UnlockedKeyring& unlocked,
                                                const std::vector<Repository::Listed>& candidates, Context& context);
// A catalogue from what the vault, and other media of the configuration that are here, tell, and these records. `lacking`: media
// that are not here.
[[nodiscard]] Result<catalog::RebuildReport> rebuild_from_vaults(Context& context, Repository& repository, const Config& config,
                                                                 const std::string& state_folder,
                                                                 const catalog::RecordedFacts& recorded,
                                                                 std::vector<std::string>& lacking);
// The one host whose snapshots lie in the vault, as far as the keyring trusts their signers; empty: there are several, or none.
[[nodiscard]] Result<std::string> only_host_in(Repository& repository);

// The configuration's medium that this vault is, by its path or by the name on it; null: none.
[[nodiscard]] const MediumConfig* medium_of(const Config& config, Repository& repository);

}  // namespace custody
