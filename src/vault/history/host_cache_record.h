// One record of the host cache: a piece of a folder as a run stored it. Fixed fields come first, so that comparing with what
// lstat says needs no decoding; an entry is decoded only when its folder has to be written anew.
//
//   record := u32 payload size | u64 checksum64 of payload | payload
//   payload := blob path | varint piece | u8 has tree | [tree id 32] | varint count | count x item
//   item   := u32 item size, itself included | u8 type | u8 marks | u16 name size | u64 size, inode, device
//             | mtime, ctime: i64 seconds, u32 ns | name | rest
//   rest   := varint mode, uid, gid, flags | varint xattrs | xattrs x (blob name, blob value) | varint hard link | by type:
//             symlink blob target, device varint rdev, file content
//   content := varint size | u8 long | long: node id 32, else varint holes | holes x (varint offset, varint length)
//             | varint chunks | chunks x (id 32, varint length)
// Threads: values. Errors: a record that does not parse is as if absent.
#pragma once

#include "base/bytes.h"
#include "vault/history/tree.h"
#include "vault/sources/source.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

inline constexpr std::size_t kCacheRecordHead = 12;

struct CachedItem {
    std::string_view name;  // views into the record
    EntryType type = EntryType::file;
    bool racy = false;  // read too soon after it was written: not to be trusted
    bool changed_while_read = false, attributes_only = false;
    FileStamp stamp;
    ByteView rest;

    // As it was stored, without children.
    [[nodiscard]] std::optional<Entry> entry() const;
};

class CachedPiece {
public:
    // `record`: head and payload. nullptr: damaged.
    static std::shared_ptr<const CachedPiece> parse(Bytes record);
    CachedPiece(const CachedPiece&) = delete;
    CachedPiece& operator=(const CachedPiece&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::uint64_t number() const { return number_; }  // of the piece in its folder, from 0
    [[nodiscard]] const std::optional<TreeId>& tree() const { return tree_; }
    [[nodiscard]] const std::vector<CachedItem>& items() const { return items_; }
    [[nodiscard]] ByteView record() const { return record_; }

private:
    CachedPiece() = default;
    [[nodiscard]] bool read();
    Bytes record_;
    std::string path_;
    std::uint64_t number_ = 0;
    std::optional<TreeId> tree_;
    std::vector<CachedItem> items_;
};

class CacheRecordBuilder {
public:
    void add(const Entry& entry, const FileStamp& stamp, bool racy);
    // The record; the builder is empty again.
    [[nodiscard]] Bytes finish(const std::string& path, std::uint64_t number, const std::optional<TreeId>& tree);

private:
    Bytes items_;
    std::uint64_t count_ = 0;
};

}  // namespace custody
