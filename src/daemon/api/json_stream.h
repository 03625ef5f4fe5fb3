// Lines of JSON from a running job to one client: the producer's thread pushes, the connection's thread sends. The producer never
// waits for a client: a progress line replaces the progress line that was not sent yet, and a client that does not take the other
// lines in time loses the stream, not the job its pace.
//
// Ownership: shared by both sides (std::shared_ptr); the job goes on whether anybody looks on or not, unless the producer decides
// otherwise when is_open() says no. Threads: any for each call; next() belongs to the connection's.
// Errors: none; push() tells whether anybody is still there.
#pragma once

#include "base/file.h"
#include "base/records/canonical_json.h"
#include "base/result.h"

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace custody {

class JsonStream {
public:
    static constexpr std::size_t kMaxLines = 1024;
    static constexpr std::size_t kMaxBytes = std::size_t{4} << 20;

    [[nodiscard]] static Result<std::shared_ptr<JsonStream>> make();

    // The latest state: only the newest is kept until it is sent. False: nobody is there any more.
    bool push_progress(const Json& line);
    // A line that must arrive, in order. False: nobody is there any more, or the client was too slow and has lost the stream.
    bool push(const Json& line);
    // The last line; then the answer ends well. Nothing can be pushed after.
    void finish(const Json& line);
    // The same with an error: {"error": {...}}. The client returns it as its result.
    void fail(const Error& error);
    [[nodiscard]] bool is_open() const;

    // For the server: the next line; nothing when the stream has ended well (`ended`) or the client is gone, too slow or to be
    // dismissed (`cut`). Waits without a time-out; `socket` is the client's, so that its going is noticed.
    struct Next {
        enum class Kind { line, ended, cut } kind = Kind::cut;
        std::string line;
    };
    [[nodiscard]] Next next(int socket);
    // The server ends, or the client is gone: next() returns `cut`.
    void cut();

private:
    JsonStream() = default;
    bool add(std::string line, bool is_progress);
    void wake() const;
    [[nodiscard]] std::optional<Next> take();

    Fd wake_;  // eventfd: something changed
    mutable std::mutex mutex_;
    std::deque<std::string> lines_;
    std::size_t bytes_ = 0;
    bool last_is_progress_ = false;
    bool finished_ = false;
    bool cut_ = false;
};

}  // namespace custody
