// A window of files to be written, and the chunks they need, sorted so that each block of the vault is decoded once.
//
// Filled by one thread, then run by the pool. A file whose chunks all lie in one block is written in one go by the job that
// decodes that block; the others are LongFiles, written by offset from any job and finished by whoever writes the last byte.
// Memory: at most kMaxBatchFiles entries and kMaxBatchNeeds chunks, about 300 and 90 bytes each.
#pragma once

#include "restore/tree_writer.h"
#include "vault/packs/format.h"
#include "vault/tree_reader.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace custody {

// Two batches live at once, one being filled and one being written: together a window of 65,536 files.
inline constexpr std::size_t kMaxBatchFiles = 32768;
inline constexpr std::size_t kMaxBatchNeeds = 65536;
inline constexpr std::uint64_t kMaxBatchBytes = 1024ull * 1024 * 1024;

// A file of many blocks, perhaps of many batches.
struct LongFile {
    FolderId folder = 0;
    Entry entry;  // without its chunk list
    bool replace = false;
    bool flags_later = false;

    std::atomic<std::uint32_t> outstanding{1};  // chunks not yet written, and one while it is still being planned
    std::mutex mutex;                           // of what follows
    bool begun = false;
    NewFile file;
    std::string failure;  // why it cannot be complete; empty: so far all is well
    bool damaged = false;
    bool placed = false;  // complete and named
    Identity identity;

    [[nodiscard]] Placement placement() const { return {folder, &entry, replace, flags_later}; }
    // Some of it cannot be read from the vault; the first reason stays.
    void lose(const std::string& path, const Error& why);
};

struct BatchFile {
    FolderId folder = 0;
    Entry entry;
    bool replace = false;
    bool flags_later = false;
    std::uint32_t needs = 0;
    std::shared_ptr<LongFile> long_file;  // null: in one go
    // Set by the job that wrote it.
    bool placed = false;
    Identity identity;

    [[nodiscard]] Placement placement() const { return {folder, &entry, replace, flags_later}; }
};

// One chunk and where its bytes go in one file.
struct Need {
    ChunkId id;
    std::uint32_t pack = 0;  // in Batch::packs
    std::uint32_t segment_offset = 0, block_offset = 0, block_size = 0;
    std::uint32_t offset = 0, length = 0;  // in the block's data
    std::uint32_t file = 0;                // in Batch::files
    std::uint32_t first_range = 0, ranges = 0;
};

class Batch {
public:
    std::uint32_t add_file(BatchFile&& file);
    void add_need(std::uint32_t file, const TreeReader::ContentPiece& piece, const Location& at);
    // All its chunks are known: decides between one go and a LongFile.
    void close_file(std::uint32_t file);
    // Turns it into a LongFile (or leaves it one), holding it open for more chunks when `more`.
    const std::shared_ptr<LongFile>& make_long(std::uint32_t file, bool more);
    [[nodiscard]] bool full() const {
        return files.size() >= kMaxBatchFiles || needs.size() >= kMaxBatchNeeds || bytes >= kMaxBatchBytes;
    }
    [[nodiscard]] bool empty() const { return files.empty() && links.empty() && left_folders.empty(); }
    void sort_needs();
    // The end of the run of needs from `begin` that lie in one block.
    [[nodiscard]] std::size_t end_of_block(std::size_t begin) const;
    [[nodiscard]] Location location_of(const Need& need) const;
    void relocate(Need& need, const Location& at);

    std::vector<BatchFile> files;
    std::vector<Need> needs;
    std::vector<Hole> ranges;
    std::vector<ObjectId> packs;  // in the order in which they were met
    std::uint64_t bytes = 0;

    // Second and later names, made when the first one is there.
    struct Link {
        FolderId folder = 0;
        Entry entry;
    };
    std::vector<Link> links;
    struct LeftFolder {
        FolderId folder = 0;
        Entry entry;
    };
    std::vector<LeftFolder> left_folders;  // children before parents

private:
    std::uint32_t pack_number(const ObjectId& pack);
    std::unordered_map<ObjectId, std::uint32_t, IdHash> numbers_;
};

}  // namespace custody
