// The sequencer of a run: takes items from the source in walk order, decides which are unchanged, has the others read in worker
// threads, and hands everything on in walk order: chunks to the store, items to the tree.
//
// Work is a queue in walk order. Each piece of work is a batch of small files being read, or a window of a large file being
// hashed, or neither, followed by what happens to the tree behind it. Only its front is waited for.
// Threads: run() in one; jobs in the pool. Memory: kMaxWeight of content on its way, one piece for each folder on the way down.
#pragma once

#include "base/progress.h"
#include "base/stop.h"
#include "base/worker_pool.h"
#include "vault/archiver_large.h"
#include "vault/archiver_reader.h"
#include "vault/archiver_report.h"
#include "vault/archiver_tree.h"
#include "vault/packs/spare_buffers.h"

#include <deque>
#include <future>
#include <memory>
#include <vector>

namespace custody {

class BackupWalk {
public:
    struct Parts {
        Source& source;
        const WriterKeys& keys;
        const Clock& clock;
        WorkerPool& pool;
        ChunkStore& store;
        TreeBuilder& tree;
        HostCacheReader* old;  // null: nothing is known to be unchanged
        RunReport& report;
        Progress& progress;
        const StopFlag& stop;
        const AfterFill& after_fill;
        std::uint64_t expected_bytes;  // for the progress line: what the last run looked at; 0: the source is asked
        unsigned sample_percent;       // of long contents, into long_samples; 0: none
        LongSamples& long_samples;
    };
    explicit BackupWalk(const Parts& parts);
    ~BackupWalk();
    // Code::interrupted, and what ends the run otherwise.
    [[nodiscard]] Status run();

private:
    // Where an item's fate is to be noted.
    struct Target {
        std::shared_ptr<Piece> piece;
        std::size_t item = 0;
    };
    struct LargeFile {
        LargeFile(ChunkStore& store, std::vector<Hole> file_holes) : holes(std::move(file_holes)), content(store, holes) {}
        const std::vector<Hole> holes;
        ContentBuilder content;
        std::shared_ptr<StoredItem> stored;
        std::uint64_t size = 0;
        Target target;
        bool repeatable = true;
        bool suspect = false;  // a window of it changed in memory: what was read of it does not count
    };
    struct Step {  // in the tree
        enum class What { enter, piece, leave, large_file } what = What::leave;
        std::string path;
        std::size_t item = 0;
        bool readable = true;
        std::shared_ptr<Piece> piece;
        std::shared_ptr<LargeFile> large;
    };
    struct Work {
        std::vector<ReadRequest> requests;
        std::vector<Target> targets;
        std::future<ReadBatch> batch;
        std::shared_ptr<LargeFile> large;
        std::shared_ptr<Window> window;  // of `large`
        std::future<Result<std::vector<HashedChunk>>> hashed;
        std::vector<Step> steps;
        std::size_t weight = 0;
    };
    struct Level {
        std::string path;
        std::uint64_t pieces = 0;
        // The last run's items of the folder, read along by name.
        std::shared_ptr<const CachedPiece> cached;
        std::size_t cached_at = 0;
        std::uint64_t cached_next = 0;
    };

    // Producing.
    [[nodiscard]] Status take(SourceStep& step);
    [[nodiscard]] Status take_piece(SourceStep& step);
    [[nodiscard]] bool is_same(Piece& piece, const Level& level);
    [[nodiscard]] const CachedItem* recall(Level& level, std::string_view name, Piece& piece);
    [[nodiscard]] bool is_unchanged(const SourceItem& item, const CachedItem& cached, std::uint64_t link) const;
    [[nodiscard]] bool differs_in_time_alone(const SourceFolder& folder, const SourceItem& item, const CachedItem& cached) const;
    [[nodiscard]] Status dispatch(const std::shared_ptr<Piece>& piece, std::size_t index);
    void count_unchanged(const SourceItem& item);
    void count_read(const Target& target, const StoredItem& stored);
    void count_name(const Target& target, const Entry& entry);
    void plan_step(Step&& step);
    [[nodiscard]] Status submit();
    [[nodiscard]] Status read_large(const Target& target);
    [[nodiscard]] Result<bool> read_large_once(const Target& target, bool last_try);
    [[nodiscard]] Status push_window(const std::shared_ptr<LargeFile>& large, Window&& window);

    // Consuming.
    [[nodiscard]] Status consume(bool all);
    [[nodiscard]] Status consume(Work& work);
    [[nodiscard]] Status consume_batch(Work& work);
    [[nodiscard]] Status consume_window(Work& work);
    [[nodiscard]] Status store_window(const Window& window, const std::vector<HashedChunk>& chunks, ContentBuilder& content);
    [[nodiscard]] Status finish_large(LargeFile& large);
    [[nodiscard]] Status take_step(Step& step);
    [[nodiscard]] Status store_small(const Target& target, ReadOutcome& outcome);
    // Here and now, since its place in the order is here; null: it failed, which was told.
    [[nodiscard]] Result<std::shared_ptr<StoredItem>> read_now(const Target& target);
    [[nodiscard]] Result<std::shared_ptr<StoredItem>> read_now_once(const Target& target);
    [[nodiscard]] Status read_content(const Target& target, FileContent& content, StoredItem& stored,
                                      std::optional<Error>& unread);
    [[nodiscard]] Result<std::shared_ptr<StoredItem>> another_name(const Target& target);
    void keep_drawn(const Target& target, const Content& content, ContentBuilder& builder);
    void note_bad_memory(const Target& target);
    [[nodiscard]] static Error bad_memory_again(const Target& target);
    void settle(const Target& target, std::shared_ptr<StoredItem> stored);
    void fail(const Target& target, const Error& error);
    [[nodiscard]] static std::string path_of(const Target& target);
    void show_progress(std::string_view current);

    Parts parts_;
    GearTable gear_;
    HardLinks links_;
    SpareBuffers windows_{3, kMaxChunk + kWindowRead};
    std::vector<Level> levels_;
    std::unique_ptr<Work> open_ = std::make_unique<Work>();  // growing
    std::deque<std::unique_ptr<Work>> queue_;
    std::size_t weight_ = 0;  // of the queue
    std::uint64_t items_ = 0;
    std::int64_t shown_at_ns_ = 0;
};

}  // namespace custody
