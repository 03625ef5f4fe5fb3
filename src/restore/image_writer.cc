// restore_image(): the one file of an image snapshot back to a file or a device.
//
// Two passes over the chunk list: first whatever the image has as holes is made to read as zeros, then the data are written, in
// windows sorted by block so that each block is decoded once a window and by all processors.
#include "base/text.h"
#include "base/worker_pool.h"
#include "restore/chunk_fetch.h"
#include "restore/image_target.h"
#include "restore/restorer.h"
#include "vault/unreadable.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <tuple>
#include <vector>

namespace custody {
namespace {

constexpr std::size_t kWindowPieces = 4096;  // 4 GiB of an image's 1 MiB chunks
constexpr auto kShownEvery = std::chrono::milliseconds(100);

class ImageRun {
public:
    ImageRun(SnapshotAccess& access, const FoundFile& file, OpenImageTarget& target, Progress& progress, const StopFlag& stop)
        : access_(access), file_(file), target_(target), progress_(progress), stop_(stop) {}

    Status run() {
        if (target_.is_device()) TRY(zero_holes());
        TRY(access_.trees().content(file_.entry.content, [&](const TreeReader::ContentPiece& piece) -> Status {
            TRY_ASSIGN(const Location at, access_.trees().locate(piece.chunk.id.view()));
            window_.push_back({piece, at});
            return window_.size() >= kWindowPieces ? write_window() : stop_.check();
        }));
        return write_window();
    }
    [[nodiscard]] const std::vector<std::string>& damage() const { return damage_; }

private:
    Status zero_holes() {
        std::uint64_t at = 0;
        const auto zero_before = [&](const TreeReader::ContentPiece& piece) -> Status {
            for (const Hole& range : piece.ranges) {
                if (range.offset > at) TRY(target_.zero(at, range.offset - at));
                at = range.offset + range.length;
            }
            return stop_.check();
        };
        TRY(access_.trees().content(file_.entry.content, zero_before));
        const std::uint64_t size = file_.entry.content.size;
        return at < size ? target_.zero(at, size - at) : done();
    }

    Status write_window() {
        std::sort(window_.begin(), window_.end(), [](const LocatedPiece& a, const LocatedPiece& b) {
            return std::tie(a.at.pack, a.at.block_offset, a.at.offset) < std::tie(b.at.pack, b.at.block_offset, b.at.offset);
        });
        std::vector<std::future<void>> jobs;
        for (std::size_t begin = 0; begin < window_.size();) {
            std::size_t end = begin + 1;
            const Location& first = window_[begin].at;
            while (end < window_.size() && window_[end].at.pack == first.pack &&
                   window_[end].at.block_offset == first.block_offset) {
                ++end;
            }
            jobs.push_back(pool_.submit([this, begin, end] { write_block(begin, end); }));
            begin = end;
        }
        for (std::future<void>& job : jobs) {
            while (job.wait_for(kShownEvery) != std::future_status::ready) show_progress();
        }
        TRY(stop_.check());
        show_progress();
        for (const auto& [index, why] : std::exchange(unmet_, {})) TRY(write_from_elsewhere(window_[index], why));
        if (failure_) return *failure_;
        window_.clear();
        return done();
    }

    void write_block(std::size_t begin, std::size_t end) {
        if (stop_.requested() || has_failed_) return;
        Bytes raw;
        const Location& at = window_[begin].at;
        std::vector<WantedChunk> wanted;
        wanted.reserve(end - begin);
        for (std::size_t i = begin; i < end; ++i) {
            wanted.push_back({window_[i].piece.chunk.id, window_[i].at.offset, window_[i].at.length});
        }
        const BlockProof proof = prove_block(access_, at, wanted, raw);
        for (std::size_t i = begin; i < end; ++i) {
            const LocatedPiece& located = window_[i];
            if (proof.holds(i - begin)) {
                const Status written = write_piece(located.piece, ByteView(raw).subspan(located.at.offset, located.at.length));
                if (!written.ok()) fail(written.error());
                continue;
            }
            const std::lock_guard lock(mutex_);
            unmet_.emplace_back(i, proof.why_not());
        }
    }

    Status write_piece(const TreeReader::ContentPiece& piece, ByteView bytes) {
        for (const Hole& range : piece.ranges) {
            TRY(target_.write(range.offset, bytes.first(range.length)));
            bytes = bytes.subspan(range.length);
        }
        written_.fetch_add(piece.chunk.length, std::memory_order_relaxed);
        return done();
    }

    // Damage does not end the run: the rest of a disk is worth having. What is missing reads as zeros and is named.
    Status write_from_elsewhere(const LocatedPiece& located, const Error& why) {
        const auto bytes = chunk_from_elsewhere(access_, located, why);
        if (bytes.ok()) return write_piece(located.piece, *bytes);
        if (bytes.error().code != Code::corrupt) return bytes.error();
        for (const Hole& range : located.piece.ranges) {
            TRY(target_.zero(range.offset, range.length));
            damage_.push_back(say("{}: bytes {} to {} are damaged and were left as zeros: {}", printable(file_.path),
                                  range.offset, range.offset + range.length, bytes.error().message));
        }
        return done();
    }

    void fail(const Error& error) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = error;
        has_failed_ = true;
    }

    void show_progress() { progress_.update({"restoring", 0, 1, written_, file_.entry.content.size, {}}); }

    SnapshotAccess& access_;
    const FoundFile& file_;
    OpenImageTarget& target_;
    Progress& progress_;
    const StopFlag& stop_;
    std::vector<LocatedPiece> window_;
    std::mutex mutex_;
    std::vector<std::pair<std::size_t, Error>> unmet_;
    std::optional<Error> failure_;
    std::atomic<bool> has_failed_{false};
    std::atomic<std::uint64_t> written_{0};
    std::vector<std::string> damage_;
    WorkerPool pool_{0};  // last: its jobs end before what they use
};

}  // namespace

Result<RestoreResult> restore_image(Repository& repository, const Snapshot& snapshot, const UnlockedKeyring& unlocked,
                                    const ImageTarget& target, Progress& progress, const StopFlag& stop) {
    const std::int64_t begun_ns = repository.clock().monotonic_ns();
    TRY_ASSIGN(const auto access, SnapshotAccess::open(repository, snapshot, unlocked));
    TRY_ASSIGN(const FoundFile file, find_file(*access, ""));
    const std::uint64_t size = file.entry.content.size;
    TRY_ASSIGN(OpenImageTarget open, OpenImageTarget::open(target, size));
    RestoreResult result;
    {
        ImageRun run(*access, file, open, progress, stop);
        const Status ended = run.run();
        if (!ended.ok() && ended.error().code == Code::corrupt) {
            return with_way_out(say("{} is not restored: {}", printable(target.path), ended.error().message), Code::corrupt);
        }
        TRY(ended);
        result.warnings = run.damage();
    }
    result.damaged = !result.warnings.empty();
    if (result.damaged && !open.is_device()) {
        // A file with a gap is never given the name that says it is the image.
        return with_way_out(say("{} is not restored: {}", printable(target.path), result.warnings.front()), Code::corrupt);
    }
    progress.update({"syncing", 0, 1, size, size, {}});
    TRY(open.finish());
    result.files = result.damaged ? 0 : 1;
    result.failed = result.damaged ? 1 : 0;
    result.bytes = size;
    if (open.is_device() && open.device_bytes() > size) {
        result.warnings.push_back(say("{} is larger than the image: its last {} were left as they are", printable(target.path),
                                      human_bytes(open.device_bytes() - size)));
    }
    result.seconds = static_cast<double>(repository.clock().monotonic_ns() - begun_ns) / 1e9;
    return result;
}

}  // namespace custody
