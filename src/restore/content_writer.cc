// write_content(): one file's bytes to a descriptor, for `cat` and `restore --stdout`.
#include "base/text.h"
#include "restore/content_stream.h"
#include "restore/proc_path.h"
#include "restore/restorer.h"
#include "vault/unreadable.h"

#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace custody {
namespace {

constexpr std::size_t kZeroBytes = 256 * 1024;

// A reader that went away is an error of write(), not the end of this process.
class PipeSignalBlocked {
public:
    PipeSignalBlocked() {
        sigset_t pipe;
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        (void)pthread_sigmask(SIG_BLOCK, &pipe, &before_);
    }
    ~PipeSignalBlocked() {
        sigset_t pipe;
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        const timespec now = {0, 0};
        if (sigismember(&before_, SIGPIPE) == 0) {
            while (sigtimedwait(&pipe, nullptr, &now) > 0) {
            }
        }
        (void)pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    PipeSignalBlocked(const PipeSignalBlocked&) = delete;
    PipeSignalBlocked& operator=(const PipeSignalBlocked&) = delete;

private:
    sigset_t before_{};
};

class Output {
public:
    Output(int descriptor, Progress& progress, std::uint64_t total)
        : descriptor_(descriptor), progress_(progress), total_(total) {}

    [[nodiscard]] std::uint64_t written() const { return at_; }
    Status write(ByteView bytes) {
        while (!bytes.empty()) {
            const ssize_t wrote = ::write(descriptor_, bytes.data(), bytes.size());
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote < 0 && errno == EPIPE) return Error{Code::interrupted, say("the reader of the output went away")};
            if (wrote <= 0) return system_error(wrote == 0 ? EIO : errno, "write", say("the output"));
            at_ += static_cast<std::uint64_t>(wrote);
            bytes = bytes.subspan(static_cast<std::size_t>(wrote));
        }
        progress_.update({"restoring", 0, 1, at_, total_, {}});
        return done();
    }
    Status zeros_up_to(std::uint64_t offset) {
        if (zeros_.empty() && at_ < offset) zeros_.resize(kZeroBytes);
        while (at_ < offset) {
            const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(kZeroBytes, offset - at_));
            TRY(write({zeros_.data(), step}));
        }
        return done();
    }

private:
    int descriptor_;
    Progress& progress_;
    std::uint64_t total_;
    std::uint64_t at_ = 0;
    Bytes zeros_;
};

}  // namespace

Result<RestoreResult> write_content(Repository& repository, const Snapshot& snapshot, const UnlockedKeyring& unlocked,
                                    const std::string& path, int fd, Progress& progress, const StopFlag& stop) {
    const std::int64_t begun_ns = repository.clock().monotonic_ns();
    TRY_ASSIGN(const auto access, SnapshotAccess::open(repository, snapshot, unlocked));
    TRY_ASSIGN(const FoundFile file, find_file(*access, path));
    const std::uint64_t size = file.entry.content.size;
    const PipeSignalBlocked blocked;
    Output output(fd, progress, size);
    WorkerPool pool(0);
    const auto ends_early = [&](const Error& why) {
        return with_way_out(say("{} ends after {} bytes: {}", printable(file.path), output.written(), why.message), why.code);
    };
    const ContentStream::Sink write = [&](std::uint64_t, const TreeReader::ContentPiece& piece,
                                          const Result<ByteView>& bytes) -> Status {
        TRY(stop.check());
        if (!bytes.ok()) {
            return is_unreadable(bytes.error()) ? ends_early(bytes.error()) : bytes.error();
        }
        ByteView left = *bytes;
        for (const Hole& range : piece.ranges) {
            TRY(output.zeros_up_to(range.offset));
            TRY(output.write(left.first(range.length)));
            left = left.subspan(range.length);
        }
        return done();
    };
    bool is_told = false;
    const ContentStream::Sink tell = [&](std::uint64_t tag, const TreeReader::ContentPiece& piece,
                                         const Result<ByteView>& bytes) -> Status {
        const Status written = write(tag, piece, bytes);
        is_told = !written.ok();
        return written;
    };
    const Status streamed = stream_content(*access, pool, file.entry.content, tell);
    if (!streamed.ok() && !is_told && is_unreadable(streamed.error())) return ends_early(streamed.error());
    TRY(streamed);
    TRY(output.zeros_up_to(size));
    RestoreResult result;
    result.files = 1;
    result.bytes = size;
    result.seconds = static_cast<double>(repository.clock().monotonic_ns() - begun_ns) / 1e9;
    return result;
}

}  // namespace custody
