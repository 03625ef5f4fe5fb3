// Setting and comparing what a thing is besides its bytes: owner, mode, time, extended attributes, ACLs, flags.
//
// The order matters and is kept here: owner before mode (chown drops setuid) and before security.capability (chown drops it
// too), ACLs before mode, times after all these, flags last of all (append-only and immutable refuse everything after).
// What this user may not set, or this kind of file system has no place for, is no failure: it is noted in Shortfalls, one warning
// a kind. What anything else keeps from being set (no space, a quota) makes the item a failed one: Shortfalls tells its sink.
// Everything is done on descriptors, never on names, so that nothing swapped in the meantime is touched.
// Threads: Shortfalls is safe from many; the rest are pure functions over descriptors.
#pragma once

#include "base/result.h"
#include "restore/target_folders.h"
#include "vault/history/tree.h"

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace custody {

// Why an item does not have everything it had.
enum class Shortfall : std::uint8_t {
    owner,
    setid_bits,  // not given to another owner's file
    mode,
    time,
    near_time,  // the file system has none like it: the nearest instead
    user_attributes,
    trusted_attributes,
    security_attributes,
    foreign_attributes,  // in a namespace of one kind of file system: btrfs.compression
    large_attributes,    // more than one file may have there
    access_lists,
    flags,
    hard_links,  // the file system has none: separate copies
    unread,      // only a run that is no dry one opens it
};
inline constexpr std::size_t kShortfalls = 14;

// This user may not, or there is no such thing on this kind of file system: the same however often it is tried.
[[nodiscard]] bool is_beyond_reach(int error_number);

// Counts, with the first path and reason of each kind.
class Shortfalls {
public:
    // Takes one line for each item that is not whole for another reason than is_beyond_reach(), from the thread that noted it.
    using Sink = std::function<void(const std::string&)>;
    explicit Shortfalls(Sink incomplete = {}) : incomplete_(std::move(incomplete)) {}
    // An item is noted by one thread at a time, and all that it lacks before another one is.
    void note(Shortfall kind, const std::string& path, int error_number);
    // Something that was there before is not as it was: told to the sink in every case.
    void tell(const std::string& line) const {
        if (incomplete_) incomplete_(line);
    }
    // One line a kind that occurred.
    [[nodiscard]] std::vector<std::string> warnings() const;

private:
    struct Kind {
        std::uint64_t count = 0;
        std::string first_path;
        int error_number = 0;
    };
    // False: the thread has told of this item already.
    bool is_first_of(const std::string& path);

    Sink incomplete_;
    mutable std::mutex mutex_;
    std::array<Kind, kShortfalls> kinds_;
    std::map<std::thread::id, std::string> last_incomplete_;
};

// Who restores, and onto what: what can be set and therefore compared.
struct Powers {
    std::uint32_t uid = 0, gid = 0;
    bool privileged = false;         // root: owners, trusted and security attributes
    bool coarse_attributes = false;  // FAT, exFAT, NTFS: no owners or modes of its own, times rounded
    std::size_t attribute_room = 0;  // bytes for all extended attributes of a file; 0: plenty, or not known
};
// Of this process on the file system of `folder`.
[[nodiscard]] Powers powers_on(int folder);

// How the descriptor was opened: O_PATH descriptors (links, FIFOs, sockets, devices) are reached through /proc.
enum class Access { full, path_only };

// What a new file or folder has got from its folder and must lose again.
struct Inherited {
    bool acl = false, flags = false;
};

struct AttributeTask {
    int descriptor = -1;
    Access access = Access::full;
    EntryType type = EntryType::file;
    Inherited inherited;
    bool was_there = false;  // attributes it has and should not have are taken away
};
// Everything but flags. `path` is for messages. Only io and no_space are errors.
[[nodiscard]] Status set_attributes(const AttributeTask& task, const Attributes& wanted, const ShownPath& path,
                                    Shortfalls& shortfalls);
// Sets those of `wanted` and clears other settable flags; descriptors of files and folders opened for reading or writing.
void set_flags(int descriptor, std::uint32_t wanted, const ShownPath& path, Shortfalls& shortfalls);
// Those that count only when they are set while a file is empty: +C and +c of btrfs. None among `wanted`: nothing is done.
void set_early_flags(int descriptor, std::uint32_t wanted);
// Takes append-only and immutable away, so that what is to be replaced can be. True: something was cleared.
bool clear_protection(int descriptor);
[[nodiscard]] bool protects(std::uint32_t flags);  // append-only or immutable among them

// Notes where a time that was set, or found as good as the same, is only near the wanted one.
void note_time(const struct stat& status, FileTime wanted, const ShownPath& path, Shortfalls& shortfalls);

// Notes that it lacks extended attributes for which the file system has no room, as compare_attributes() found.
void note_large_attributes(const ShownPath& path, Shortfalls& shortfalls);

// Notes that it is identical as far as a dry run can tell, which opens no file whose mode keeps this user out.
void note_unread(const ShownPath& path, Shortfalls& shortfalls);

struct AttributeComparison {
    // What differs first, as an English word known to the translations ("mode", "owner", ...); nullptr: the same as far as this
    // user could have set it and the file system holds it.
    const char* difference = nullptr;
    bool lacks_large = false;  // the same but for extended attributes for which there is no room
};
// `descriptor` may be O_PATH, and `status` is its; flags are compared by compare_flags.
[[nodiscard]] AttributeComparison compare_attributes(int descriptor, const struct stat& status, EntryType type,
                                                     const Attributes& wanted, const Powers& powers);
enum class FlagComparison { same, some_missing, different };
[[nodiscard]] FlagComparison compare_flags(int descriptor, std::uint32_t wanted);

}  // namespace custody
