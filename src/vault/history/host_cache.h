// What this host backed up last time: unchanged files, chunk lists and whole folders are taken over without being read.
//
// A file outside keyring and vault (mode 0600), one per (vault, label, name): records of folder pieces in the order in which
// their folders were completed, then a table of 24 bytes a record, in memory while the cache is open. Checksummed; damaged,
// foreign or writable by others: as if absent. Bound to vault, plan (label, name, paths, excludes), base snapshot and newest
// key; the caller checks that the base is live (session first) and the key at hand. Not synced: losing it costs a re-read.
//
// The same records, whether kept or not, are what the items are compared with in the second look at the end of a run.
// Threads: one each.
#pragma once

#include "base/file.h"
#include "base/result.h"
#include "vault/history/host_cache_record.h"
#include "vault/keys/key_tag.h"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

struct CacheBinding {
    VaultId vault;
    Digest plan;    // of label, name, kind, paths, excludes, options
    ObjectId base;  // the snapshot that the run published
    KeyTag key;     // the label's newest that the run held: without it, what is taken over may be sealed to what is not here
    Time written;   // a cache from the future is not believed: the clock went back
};

// 24 bytes: where the record of a folder's piece lies.
struct CacheSlot {
    std::uint64_t key_high = 0, key_low = 0;  // checksum128 of path and piece number
    std::uint64_t offset = 0;
    auto operator<=>(const CacheSlot&) const = default;
};

class HostCacheReader {
public:
    // nullptr: none, damaged, or bound to another vault or plan.
    static std::unique_ptr<HostCacheReader> open(FileSystem& files, const std::string& path, const VaultId& vault,
                                                 const Digest& plan);
    [[nodiscard]] const CacheBinding& binding() const { return binding_; }
    [[nodiscard]] bool knows(const std::string& path, std::uint64_t number) const;
    // nullptr: not known. Cheap when asked for in about the order of writing.
    [[nodiscard]] std::shared_ptr<const CachedPiece> piece(const std::string& path, std::uint64_t number);

private:
    HostCacheReader() = default;
    [[nodiscard]] bool load(const VaultId& vault, const Digest& plan, std::uint64_t size);
    [[nodiscard]] const CacheSlot* find(const std::string& path, std::uint64_t number) const;
    [[nodiscard]] bool bring(std::uint64_t offset, std::size_t size);

    std::unique_ptr<File> file_;
    CacheBinding binding_;
    std::vector<CacheSlot> slots_;  // sorted
    std::uint64_t records_end_ = 0;
    Bytes window_;  // of the file, from window_offset_
    std::uint64_t window_offset_ = 0;
};

class HostCacheWriter {
public:
    // An empty path: in memory only. A failure to write is kept for finish(); records then stay in memory. What runs that were
    // killed left in the folder is removed.
    HostCacheWriter(FileSystem& files, std::string path);
    ~HostCacheWriter();  // drops what is unfinished; the old cache stays
    HostCacheWriter(const HostCacheWriter&) = delete;
    HostCacheWriter& operator=(const HostCacheWriter&) = delete;

    void add(const std::string& path, std::uint64_t number, ByteView record);
    // Every record so far, in order, as read back.
    using Visit = std::function<Status(std::shared_ptr<const CachedPiece>)>;
    [[nodiscard]] Status for_each(const Visit& visit);
    // Files of these inodes are taken for changed by the next run, which reads and stores them anew.
    [[nodiscard]] Status distrust(const std::set<std::uint64_t>& inodes);
    // Takes the old cache's place.
    [[nodiscard]] Status finish(const CacheBinding& binding);

private:
    void spill();
    FileSystem& files_;
    std::string path_, temporary_;
    std::unique_ptr<File> file_;
    std::optional<Error> failure_;
    Bytes buffer_;               // what follows the first written_ bytes
    std::uint64_t written_ = 0;  // bytes in file_
    std::vector<CacheSlot> slots_;
};

// /var/cache/custody for root, else $XDG_CACHE_HOME/custody or ~/.cache/custody; CUSTODY_CACHE overrides.
[[nodiscard]] std::string default_cache_folder();
[[nodiscard]] std::string cache_path(const std::string& folder, const VaultId& vault, std::string_view label,
                                     std::string_view name);

}  // namespace custody
