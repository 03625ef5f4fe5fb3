// Listing folders ahead of the walk: names sorted, every item looked at with lstat.
//
// lstat bounds a run that finds nothing changed, so scans run in threads of their own, in walk order, ahead of the walker by at
// most kMaxAheadItems; the walker scans itself whatever no thread has begun, and helps while it waits. So nothing depends on the
// threads but speed. Measured on 83,000 files in the cache, 2 cores: docs/PERFORMANCE.md.
#pragma once

#include "vault/sources/file_tree.h"
#include "vault/sources/local_folder.h"
#include "vault/sources/path_plan.h"

#include <sys/stat.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace custody {

struct FolderScan;

// Up to kMaxPieceItems of a folder.
struct FolderPiece {
    std::vector<SourceItem> items;
    std::vector<std::shared_ptr<FolderScan>> subfolders;  // those to be entered
    std::vector<std::string> notes;
    std::uint64_t excluded = 0;
};

struct FolderScan {
    enum State : int { waiting, taken, finished };

    std::shared_ptr<LocalFolder> folder;
    const PlannedPath* plan = nullptr;  // what was named at or below it; null: nothing
    bool only_planned = false;          // nothing else of it is backed up
    bool named = false;                 // the user named it: its device is the one to stay on
    std::uint64_t device = 0;
    std::uint64_t parent_device = 0;
    std::size_t item = 0;  // in its parent's piece
    std::atomic<int> state = waiting;

    // What finishing gives.
    std::optional<Error> error;
    std::vector<std::string> names;  // sorted; those from `next` on are still to be shown
    std::size_t next = 0;
    FolderPiece first;
    std::size_t counted = 0;  // items held ahead of the walker
};

class FolderScanner {
public:
    explicit FolderScanner(const FileTreeOptions& options);
    ~FolderScanner();
    // Lists `scan`, or waits for who does.
    void finish(FolderScan& scan);
    // The next piece of a finished scan; empty: there is none.
    [[nodiscard]] FolderPiece next_piece(FolderScan& scan);
    // The walker has taken what `finish` prepared.
    void consumed(FolderScan& scan);
    [[nodiscard]] std::vector<std::string> unmatched_excludes() const { return excludes_.unmatched(); }
    // The subfolders of a piece become next in walk order.
    void prepare(const FolderPiece& piece);

private:
    static constexpr std::size_t kMaxAheadItems = 32 * 1024;

    void work();
    [[nodiscard]] std::shared_ptr<FolderScan> take(bool even_if_far_ahead);
    void run(FolderScan& scan);
    [[nodiscard]] Status list(FolderScan& scan, FolderPiece& notes);
    struct Where {
        int folder;
        std::uint64_t device = 0, inode = 0;  // of it; only where files are left out
    };
    [[nodiscard]] bool look(FolderScan& scan, const Where& where, std::string&& name, FolderPiece& piece) const;
    [[nodiscard]] bool is_own(const FolderScan& scan, const std::string& name, const struct stat& status) const;
    [[nodiscard]] const LeftOutFile* left_out(const Where& where, const std::string& name, const struct stat& status) const;
    void descend(FolderScan& scan, const PlannedPath* plan, FolderPiece& piece) const;

    const FileTreeOptions& options_;
    Excludes excludes_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::shared_ptr<FolderScan>> queue_;  // next in walk order first
    std::size_t ahead_ = 0;
    bool closing_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace custody
