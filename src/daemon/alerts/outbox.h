// The queue of alerts on disk: what was put here is delivered to each of its targets at least once, over crashes and while
// servers are away.
//
// One file a message, `<16-digit number>.json`, canonical JSON {"format", "message", "pending": [targets], "refusals"}; each
// state is replaced whole (temporary name, sync, rename, sync of the folder), and the file goes when no target is pending. A
// message is sent first and struck off afterwards: a process killed in between sends it again with the same Message-ID.
//
// Bounds. Per target, an event has at most one first alert, one reminder and one end waiting: a newer reminder or digest takes
// the place of an older one, nobody is reminded of what he was not told yet, and an event that begins again before anybody heard
// that it was over just goes on. A message of several events (AlertMessage::members) counts for each of them: it is left out when
// others that wait say all of it, and takes the place of those that it says all of. When messages or bytes are too many, the
// oldest reminder goes, then the oldest digest, then the oldest end or test; never the first alert of an event. When only those
// are left a new message is not taken (busy) and its sender keeps it. What was dropped is counted (state()).
//
// Ownership: outlives nothing; the FileSystem and Clock outlive it. One process a folder (busy otherwise). Threads: safe; nothing
// is held while a message is on its way. Errors: those of the file system, busy. A message whose file cannot be written
// is kept in memory, still delivered, and written when the disk lets it; put() tells so by its error.
#pragma once

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "daemon/alerts/message.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace custody {

struct OutboxLimits {
    std::size_t messages = 2000;
    std::uint64_t bytes = 16 * 1024 * 1024;  // of files
    std::uint32_t refusals = 10;             // by a server, of one message to one target, until it is given up
};

// What of the queue people and digests are told.
struct OutboxState {
    std::size_t pending = 0;       // messages
    std::size_t not_durable = 0;   // of those, in memory only: the disk refused them
    std::uint64_t dropped = 0;     // for want of room, since the folder was made
    std::uint64_t given_up = 0;    // refused by a server for good, or its target was taken out of the configuration
    std::uint64_t unreadable = 0;  // files set aside as *.damaged
    struct Target {
        std::string name;
        std::size_t pending = 0;
        std::optional<Time> oldest;
    };
    std::vector<Target> targets;  // those with something pending, by name
};

class Outbox {
public:
    // Makes the folder (0700). Sets damaged files aside and removes temporary ones.
    [[nodiscard]] static Result<std::unique_ptr<Outbox>> open(FileSystem& files, const std::string& folder,
                                                              OutboxLimits limits = {});
    ~Outbox();

    // What became of it.
    enum class Put { queued, merged };  // merged: an alert of the same event that is still waiting says it all
    // busy: not taken. Any other error: taken, but in memory only until the disk lets it be written.
    [[nodiscard]] Result<Put> put(AlertMessage message, const std::vector<std::string>& targets);

    // The oldest message that waits for this target and is not in `skip` (ids), critical alerts before all else; nullopt: none.
    [[nodiscard]] std::optional<AlertMessage> next(std::string_view target, const std::set<std::string>& skip = {}) const;
    [[nodiscard]] bool has_pending(std::string_view target) const;

    [[nodiscard]] Status delivered(const std::string& id, std::string_view target);
    // The server refused this message for good. true: it was given up for this target.
    [[nodiscard]] Result<bool> refused(const std::string& id, std::string_view target);
    // The targets that the configuration names now: what waits for others is given up and counted.
    [[nodiscard]] Status keep_targets(const std::set<std::string>& targets);
    // Writes what is in memory only.
    [[nodiscard]] Status write_pending();

    [[nodiscard]] OutboxState state() const;

private:
    struct Entry {
        AlertMessage message;
        std::set<std::string, std::less<>> pending;
        std::map<std::string, std::uint32_t, std::less<>> refusals;
        std::uint64_t bytes = 0;
        bool durable = false;
    };
    using Entries = std::map<std::uint64_t, Entry>;  // by number: the order in which they were put

    Outbox(FileSystem& files, std::string folder, OutboxLimits limits, std::unique_ptr<File> lock);
    Status load();
    Status load_one(const std::string& name);
    Status load_counts();
    [[nodiscard]] std::string path_of(std::uint64_t number) const;
    Status write(std::uint64_t number, Entry& entry);
    Status write_counts();
    Status remove(Entries::iterator at);
    // The entry without this target; gone when it was the last.
    Status strike(Entries::iterator at, std::string_view target);
    // What waits already and what the new message makes superfluous of it.
    struct Merge {
        std::set<std::string, std::less<>> targets;                   // that the new one is still for
        std::vector<std::pair<std::uint64_t, std::string>> outdated;  // to be struck once the new one is written
    };
    Status merge(const AlertMessage& message, Merge& merge);
    Status merge_target(const AlertMessage& message, const std::string& target, Merge& merge);
    // All of its events have a first alert of this weight or more waiting for the target.
    [[nodiscard]] bool is_untold(const AlertMessage& message, AlertSeverity least, std::string_view target) const;
    // Waiting messages of that class all of whose events are among the message's.
    [[nodiscard]] std::vector<std::uint64_t> within(const AlertMessage& message, AlertClass which, std::string_view target) const;
    [[nodiscard]] bool is_full(std::uint64_t bytes) const;
    Status make_room(std::uint64_t bytes);
    [[nodiscard]] Entries::iterator least_wanted();
    [[nodiscard]] Entries::iterator find_id(const std::string& id);

    FileSystem& files_;
    const std::string folder_;
    const OutboxLimits limits_;
    std::unique_ptr<File> lock_;
    mutable std::mutex mutex_;
    Entries entries_;
    std::uint64_t next_number_ = 1;
    std::uint64_t total_bytes_ = 0;
    std::uint64_t dropped_ = 0, given_up_ = 0, unreadable_ = 0;
};

}  // namespace custody
