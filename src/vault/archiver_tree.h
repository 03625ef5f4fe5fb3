// From what became of each item to the tree of the snapshot, folder by folder, bottom up; and to the records of the host cache.
//
// Threads: one. Memory: the pieces of the folders on the way down, 100 bytes for each finished piece of those.
#pragma once

#include "vault/archiver_content.h"
#include "vault/archiver_links.h"
#include "vault/archiver_reader.h"
#include "vault/archiver_store.h"
#include "vault/history/host_cache.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace custody {

// A piece of a folder on its way from the source into the tree.
struct Piece {
    struct Item {
        enum class Fate { waiting, unchanged, stored, linked, failed };
        Fate fate = Fate::waiting;
        const CachedItem* cached = nullptr;  // the last run's of that name
        std::shared_ptr<StoredItem> stored;
        std::shared_ptr<LinkedItem> link;  // it has other names; linked: one of them was met first
        std::uint64_t hard_link = 0;
    };
    std::shared_ptr<SourceFolder> folder;
    std::uint64_t number = 0;
    std::vector<SourceItem> items;
    std::vector<Item> fates;  // one an item; empty when `same`
    std::vector<std::shared_ptr<const CachedPiece>> cached;
    bool same = false;  // cached.front(), exactly: its node is taken over, unless a folder below changed
    std::vector<std::pair<std::size_t, std::optional<TreeId>>> subfolders;  // by item: what became of those entered
};

class TreeBuilder {
public:
    // Called with the path of an item that cannot be stored, and why.
    using OnFailed = std::function<void(const std::string& path, const Error& error)>;
    // Called for each further name of an inode, in order, after its first name: what it came to. Null: it failed, which was told.
    using OnLinked = std::function<Result<std::shared_ptr<StoredItem>>(const std::shared_ptr<Piece>& piece, std::size_t item)>;
    // `old` may be null.
    TreeBuilder(ChunkStore& store, HostCacheReader* old, HostCacheWriter& records, OnFailed on_failed)
        : store_(store), old_(old), records_(records), on_failed_(std::move(on_failed)) {}

    void resolve_links_with(OnLinked on_linked) { on_linked_ = std::move(on_linked); }
    void enter(std::string path, std::size_t item, bool readable);
    // The folder's next piece; everything in it that is read has a fate before the folder's next piece, or leave().
    [[nodiscard]] Status begin_piece(std::shared_ptr<Piece> piece);
    [[nodiscard]] Status leave();
    // After the last leave().
    [[nodiscard]] Result<TreeId> root();

private:
    struct Level {
        std::size_t item = 0;  // in the parent's piece
        bool same = true;      // so far: nothing below differs from the last run
        std::string path;
        std::shared_ptr<Piece> piece;
        std::uint64_t pieces = 0;
        std::vector<FanoutChild> nodes;
    };
    [[nodiscard]] Status finish_piece(Level& level);
    [[nodiscard]] Status build_piece(Level& level);
    [[nodiscard]] Status close_node(Level& level, Node& node);
    [[nodiscard]] Result<std::optional<StoredItem>> item_of(const Level& level, std::size_t index);

    ChunkStore& store_;
    HostCacheReader* old_;
    HostCacheWriter& records_;
    OnFailed on_failed_;
    OnLinked on_linked_;
    CacheRecordBuilder record_;
    std::vector<Level> levels_;
    std::optional<TreeId> root_;
};

}  // namespace custody
