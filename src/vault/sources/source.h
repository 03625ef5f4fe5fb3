// The Source seam: something that can be backed up, as a tree of items in walk order, each of which can be opened and read.
// Files, images, streams, live databases, the output of programs.
//
// A walk is a sequence of steps. A folder is entered, shows its items in pieces (at most kMaxPieceItems, by raw name bytes; only
// huge folders have more than one), and is left; after a piece its subfolders are entered in order, before the next piece. So the
// files of a folder come before those of its subfolders. The order and the pieces are the same on every run over the same names,
// which host cache and dedup rely on. What a piece says is what lstat says: cheap; the rest is read by open().
//
// Threads: next() by one thread; open(), look_again() and open_again() from many; a FileContent serves one.
// Errors: a failure of one item is said with that item, not the end of the walk; only what ends the whole run is a Status.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "vault/history/tree.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

// How an item looked when it was met; what tells changed from unchanged.
struct FileStamp {
    std::uint64_t size = 0;
    std::uint64_t device = 0, inode = 0;
    FileTime modified, changed;  // mtime, ctime
    auto operator<=>(const FileStamp&) const = default;
};
// Device numbers are not compared: those of btrfs, LVM and loop devices change with every boot.
[[nodiscard]] inline bool same_stamp(const FileStamp& a, const FileStamp& b) {
    return a.inode == b.inode && a.changed == b.changed && a.modified == b.modified && a.size == b.size;
}

// A folder of the walk: what its items are opened through. Shared by whatever still has to open some; its descriptor may be
// closed and reopened meanwhile.
class SourceFolder {
public:
    virtual ~SourceFolder() = default;
    [[nodiscard]] virtual std::string path() const = 0;  // absolute, raw bytes; may be long: put together when asked
};

struct SourceItem {
    std::string name;
    EntryType type = EntryType::file;
    FileStamp stamp;
    std::uint32_t mode = 0, uid = 0, gid = 0;  // mode: 07777
    std::uint32_t links = 1;
    std::uint64_t device_number = 0;  // st_rdev of a device node
    bool attributes_only = false;     // a parent of a backed-up path
    bool is_named = false;            // by the user: a named path that is gone is a failure
    std::optional<Error> error;       // could not even be looked at: left out and named
};

inline constexpr std::size_t kMaxPieceItems = kMaxNodeEntries;

struct SourceStep {
    enum class What { enter, piece, leave, end };
    What what = What::end;
    std::shared_ptr<SourceFolder> folder;  // enter, piece, leave
    std::size_t item = 0;                  // enter: which item of its parent's current piece (the root: 0)
    std::vector<SourceItem> items;         // piece
    std::optional<Error> error;            // enter: the folder cannot be read (no piece follows); leave: not to its end
    bool is_gone = false;                  // ... for it is there no more
};

// Open content of one file. read() is sequential over the data ranges only (holes are skipped).
class FileContent {
public:
    virtual ~FileContent() = default;
    [[nodiscard]] virtual std::uint64_t size() const = 0;              // logical, when opened; kUnknownSize
    [[nodiscard]] virtual const std::vector<Hole>& holes() const = 0;  // ascending, when opened
    // Fills `into` as far as the data go; fewer bytes only at the end, which a file that shrank may reach early.
    [[nodiscard]] virtual Result<std::size_t> read(MutableByteView into) = 0;
    // After the last read: did it change, shrink, grow or get replaced meanwhile?
    [[nodiscard]] virtual Result<bool> changed_since_open() = 0;
    // Non-zero: cut at multiples of this logical size instead of by content (images).
    [[nodiscard]] virtual std::uint32_t fixed_chunk() const { return 0; }
    // False: a second reading is impossible (a stream).
    [[nodiscard]] virtual bool repeatable() const { return true; }

    // Of content opened by Source::open_again() only:
    // Fills `into` with what lies at this logical offset, holes as zeros, read from the disk and not from what the system
    // remembers of it, where it lets itself be told. Fewer bytes only at the end.
    [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, MutableByteView into);
    // Who may have changed the content though neither stamp nor changed_since_open() tells of it, in words ("a program has it
    // open for writing"); empty: nobody has. `settled`: its times had rested long enough when it was read first (settle_ns).
    [[nodiscard]] virtual std::string unseen_writer(bool settled);
};
inline constexpr std::uint64_t kUnknownSize = ~std::uint64_t{0};

// Times do not tell whether it is the same: it is read by every run.
inline constexpr std::int64_t kNeverSettles_ns = 36'500 * kDay;

// An item as it is when opened: everything of its entry but content, children and hard link.
struct OpenedItem {
    Entry entry;
    FileStamp stamp;
    std::unique_ptr<FileContent> content;  // files
    // With a stamp younger than this when it was opened it cannot be taken for the same next time.
    std::int64_t settle_ns = kNeverSettles_ns;
};

// What is asked about at the end (duty B8): items as they were stored, of one folder.
struct SeenItem {
    std::string_view name;
    EntryType type = EntryType::file;
    FileStamp stamp;
};

class Source {
public:
    virtual ~Source() = default;
    [[nodiscard]] virtual std::string kind() const = 0;  // "files", "image", "stream", "postgresql", "mariadb" ...
    [[nodiscard]] virtual std::vector<std::string> paths() const = 0;
    [[nodiscard]] virtual Status next(SourceStep& step) = 0;  // What::end: the walk is over
    [[nodiscard]] virtual Result<OpenedItem> open(const SourceFolder& folder, const SourceItem& item) = 0;
    // After a failure: the name is in its folder no more, nor in its list, and the user did not name it.
    [[nodiscard]] virtual bool is_gone(const SourceFolder&, const SourceItem&) { return false; }
    // True: an item that cannot be opened or read ends the run, without a snapshot: what is left would pass for the whole.
    [[nodiscard]] virtual bool is_worthless_in_part() const { return false; }
    // False: nothing can be looked at twice (a stream).
    [[nodiscard]] virtual bool can_look_again() const { return true; }
    // Looks at items again: one answer each, empty for the same, else what differs in words ("size 5, was 7", "has vanished").
    [[nodiscard]] virtual std::vector<std::string> look_again(const std::string& folder, std::span<const SeenItem> items) = 0;
    // False: no content can be read twice; open_again() is not called.
    [[nodiscard]] virtual bool can_read_again() const { return false; }
    // A file that was stored, for a second reading of its content (duty B8): stamp, and content with read_at(). Its
    // changed_since_open() counts from the first opening where the stamp alone does not tell (devices). not_found: it is there
    // no more, or something else is; other errors: it cannot be read.
    [[nodiscard]] virtual Result<OpenedItem> open_again(const std::string& folder, const std::string& name);
    // For a total in the progress line; 0 unknown.
    [[nodiscard]] virtual std::uint64_t expected_bytes() const { return 0; }
};

}  // namespace custody
