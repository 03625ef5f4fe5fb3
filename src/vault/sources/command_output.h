// What a program writes to its standard output, to be stored as one file: a switch's configuration, the dump of a directory.
//
// The whole output is taken first, in memory that has no name, and nothing of it is stored unless the program ended with exit
// code 0 within its time: so no half of an answer is ever a snapshot. Memory: the output, at most max_bytes.
//
// Ownership: a CommandOutput owns its bytes. Threads: one. Units: ns, bytes.
// Errors: those of base/process.h; failed: non-zero exit, a signal, time over, too much output, none at all; interrupted.
#pragma once

#include "base/file.h"
#include "base/process.h"
#include "vault/repository.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace custody {

inline constexpr std::uint64_t kMaxCommandOutput = std::uint64_t{4} << 30;

struct CommandOptions {
    std::vector<std::string> arguments;
    std::map<std::string, std::string> environment;
    std::optional<ProcessUser> user;
    std::int64_t time_limit_ns = 10 * kMinute;
    std::uint64_t max_bytes = std::uint64_t{256} << 20;  // at most kMaxCommandOutput
};
struct CommandOutput {
    Fd content;  // at its beginning: fit for open_stream()
    std::uint64_t size = 0;
    Digest digest;           // SHA-256
    std::string last_words;  // what the program said on standard error, its last line; empty: nothing
};
[[nodiscard]] Result<CommandOutput> take_output(const CommandOptions& options, const StopFlag& stop);

// Whether the last snapshot of this label and name holds the very same output. A host that holds writer keys only cannot read
// what it wrote, so a keyed digest of it is kept in the cache folder, beside the id of that snapshot, which must still be live in
// this very vault. Nothing kept, or nothing that can be understood: not the same.
struct OutputPlace {
    std::string cache_folder;
    std::string label, name;
};
[[nodiscard]] Result<bool> is_same_as_last(Repository& repository, const OutputPlace& place, const CommandOutput& output);
// After the snapshot was published. Durable when it returns.
[[nodiscard]] Status remember_output(Repository& repository, const OutputPlace& place, const CommandOutput& output,
                                     const ObjectId& snapshot);

}  // namespace custody
