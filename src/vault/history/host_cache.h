// What this host backed up last time: unchanged files, chunk lists and whole subtrees are taken over without being read.
//
// A file outside keyring and vault (mode 0600), one per (vault, label, name): written in walk order by one run, read in walk
// order by the next, so that memory stays bounded by one folder plus a table of folders (24 bytes each). Checksummed; damaged or
// foreign: as if absent. Bound to vault id, plan (label, name, paths, excludes) and base snapshot; the caller checks that the
// base is live (session first). Not synced: losing it costs a re-read.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "vault/history/tree.h"
#include "vault/sources/source.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace custody {

struct CacheBinding {
    VaultId vault;
    Digest plan;    // of label, name, kind, paths, excludes, options
    ObjectId base;  // the snapshot that this run published
};

struct CachedEntry {
    std::string name;
    EntryType type = EntryType::file;
    FileStamp stamp;
    bool racy = false;
    Content content;  // files
    std::uint64_t hard_link = 0;
    bool changed_while_read = false;
};
struct CachedFolder {
    std::optional<TreeId> tree;          // of its children as stored; none: empty
    std::uint64_t files = 0, bytes = 0;  // below, in all
    Digest attributes;                   // digest over every entry's attributes as encoded, to take the node over unread
    std::vector<CachedEntry> entries;    // by name; folders among them by name and stamp only
};

class HostCacheReader {
public:
    // nullptr: none, damaged, or bound otherwise (base is returned through binding()).
    static Result<std::unique_ptr<HostCacheReader>> open(FileSystem& files, const std::string& path, const VaultId& vault,
                                                         const Digest& plan);
    virtual ~HostCacheReader() = default;
    [[nodiscard]] virtual const ObjectId& base() const = 0;
    [[nodiscard]] virtual Result<std::optional<CachedFolder>> folder(const std::string& path) = 0;
};
class HostCacheWriter {
public:
    static Result<std::unique_ptr<HostCacheWriter>> begin(FileSystem& files, const std::string& path);
    virtual ~HostCacheWriter() = default;  // drops what is unfinished
    [[nodiscard]] virtual Status add(const std::string& path, const CachedFolder& folder) = 0;
    [[nodiscard]] virtual Status finish(const CacheBinding& binding) = 0;
};
// /var/cache/custody for root, else $XDG_CACHE_HOME/custody or ~/.cache/custody; CUSTODY_CACHE overrides.
[[nodiscard]] std::string default_cache_folder();

}  // namespace custody
