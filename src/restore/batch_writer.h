// Runs a batch in the pool: each block read, opened and decompressed once, each chunk re-hashed, each file written.
//
// A chunk that does not hash to its id, or a block that does not open, is looked for in another pack (after a look at the new
// index: a prune may have moved it); when there is none, every file that needs it is dropped and named. Nothing that was not
// proven by its hash is ever given a name.
//
// Ownership: refers to its parts, which outlive it. Threads: start() and finish() from one. Memory: two block buffers a worker.
#pragma once

#include "base/stop.h"
#include "base/worker_pool.h"
#include "restore/batch.h"
#include "restore/report.h"
#include "restore/snapshot_access.h"
#include "restore/tree_writer.h"

#include <functional>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace custody {

// Raw block buffers, handed from job to job.
class BufferStock {
public:
    [[nodiscard]] Bytes take();
    void give_back(Bytes&& buffer);

private:
    std::mutex mutex_;
    std::vector<Bytes> stock_;
};

// Keeps the descriptors of at most kOpenLongFiles files open.
inline constexpr std::size_t kOpenLongFiles = 256;
class OpenLongFiles {
public:
    // Called after `file` got a descriptor, without its mutex held.
    void opened(const std::shared_ptr<LongFile>& file);

private:
    std::mutex mutex_;
    std::list<std::weak_ptr<LongFile>> files_;  // oldest first
};

class BatchWriter {
public:
    BatchWriter(SnapshotAccess& access, TreeWriter& writer, WorkerPool& pool, Report& report, const StopFlag& stop)
        : access_(access), writer_(writer), pool_(pool), report_(report), stop_(stop) {}

    // Precondition: no batch is running.
    void start(std::shared_ptr<Batch> batch);
    // Waits until every file of the running batch is placed or given up; `tick` is called now and then. Null: none was running.
    std::shared_ptr<Batch> finish(const std::function<void()>& tick);
    [[nodiscard]] bool is_running() const { return running_ != nullptr; }
    // The planner is through with a file that it held open over several batches.
    void let_go(const std::shared_ptr<LongFile>& file);

private:
    // A need that was not met, to be tried in another pack. `is_good`: nothing is wrong with it, but with another of its file.
    struct Unmet {
        std::size_t need = 0;
        Error error;
        bool is_good = false;
    };
    void write_light(Batch& batch, std::size_t begin, std::size_t end);
    void write_block(Batch& batch, std::size_t begin, std::size_t end);
    void write_needs(Batch& batch, std::vector<std::size_t>& met, ByteView raw);
    void write_whole(BatchFile& file, const std::vector<FilePart>& parts);
    void write_long(const std::shared_ptr<LongFile>& file, const std::vector<FilePart>& parts, std::uint32_t needs);
    Result<std::shared_ptr<const Fd>> descriptor_of(const std::shared_ptr<LongFile>& file, bool& fresh);
    void settle(const std::shared_ptr<LongFile>& file, std::uint32_t needs);
    void place(LongFile& file);
    void give_up(Batch& batch, std::size_t need, const Error& error);
    void reroute(Batch& batch, const std::vector<Unmet>& unmet);
    void submit_blocks(Batch& batch);
    void wait(const std::function<void()>& tick);
    std::vector<Unmet> take_unmet();
    [[nodiscard]] bool ending() const { return stop_.requested() || report_.has_failed(); }
    [[nodiscard]] std::vector<FilePart> parts_of(const Batch& batch, const Need& need, ByteView raw) const;

    SnapshotAccess& access_;
    TreeWriter& writer_;
    WorkerPool& pool_;
    Report& report_;
    const StopFlag& stop_;
    BufferStock buffers_;
    OpenLongFiles open_files_;
    std::mutex unmet_mutex_;
    std::vector<Unmet> unmet_;
    std::shared_ptr<Batch> running_;
    std::vector<std::future<void>> jobs_;
};

}  // namespace custody
