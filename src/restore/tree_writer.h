// Making files, links, special things and folders below a target, each whole or not at all.
//
// Everything but a folder is made under a temporary name beside its place, given its attributes, and only then named, so that
// an interrupted restore leaves nothing under a real name that is not complete. A name that nobody decided to replace is never
// replaced (RENAME_NOREPLACE). Folders are made with mode 0700 and get their attributes when everything below them is done; until
// then the topmost folder of those that were made carries a mark (unfinished_folder.h), and all below it are known by that. A
// folder that was there before and carries none keeps what it has where nothing may be overwritten.
// Immutable and append-only flags of what may be overwritten, and of the folders it lies in, are lifted first, as is a mode that
// keeps this user out of a folder of his own. A folder that the snapshot does not hold as a whole gets both back when it is done,
// or when the run ends early; a file that has other names gets its flags back at once. Where nothing may be overwritten no flag
// is lifted but of what lies in a folder that has the mark: a run that is killed meanwhile could not put it back.
//
// Ownership: refers to folders and shortfalls, which outlive it. Threads: enter_folder() and finish_folder() from one; the rest
// from many. Durable: nothing, until TargetFolders::sync_all(). Errors name the path below the target.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "restore/attributes.h"
#include "restore/leftovers.h"
#include "restore/protection.h"
#include "restore/restorer.h"
#include "restore/target_folders.h"
#include "restore/unfinished_folder.h"
#include "vault/history/tree.h"

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace custody {

// A file under a temporary name. Dropped unfinished, it is removed.
struct NewFile {
    NewFile() = default;
    ~NewFile();
    NewFile(NewFile&& other) noexcept;
    NewFile& operator=(NewFile&& other) noexcept;

    void discard();

    TargetFolders::Handle folder;
    std::shared_ptr<const Fd> descriptor;  // null: closed meanwhile, see reopen()
    std::string temporary_name;            // empty: named, or never made
    std::uint64_t device = 0, inode = 0;
};

// What lies under a name. Taken once and compared again by inode where it matters.
struct InPlace {
    bool exists = false;
    struct stat status = {};
};

struct Placement {
    FolderId folder = 0;
    const Entry* entry = nullptr;
    bool replace = false;      // what is there may be replaced
    bool flags_later = false;  // more names of this inode are to come: protection would forbid them
};

struct Identity {
    std::uint64_t device = 0, inode = 0;
    auto operator<=>(const Identity&) const = default;
};

struct FilePart {
    std::uint64_t offset = 0;
    ByteView bytes;
};

class TreeWriter {
public:
    TreeWriter(TargetFolders& folders, Overwrite overwrite, const Powers& powers, Shortfalls& shortfalls);
    ~TreeWriter() { put_back_folders(); }
    TreeWriter(const TreeWriter&) = delete;
    TreeWriter& operator=(const TreeWriter&) = delete;

    // What the target gives to what is made in it; leftovers of an interrupted run directly in it go. Once, before all else.
    // `snapshot`: its id, for the marks of what is unfinished. `entry`: what the target stands for (a stripped prefix), null:
    // nothing.
    void enter_target(const std::string& snapshot, bool dry_run, const Entry* entry = nullptr);
    // When everything below it is done. The attributes of `entry` go to a target that this restore made.
    [[nodiscard]] Status finish_target(const Entry* entry);
    // Makes the folder or takes the one that is there; `dry_run` makes nothing. The number is always good: what cannot be made
    // is a blocked folder, with the reason in `problem`.
    struct Entered {
        FolderId folder = 0;
        std::optional<Error> problem;
    };
    [[nodiscard]] Entered enter_folder(FolderId parent, const Entry& entry, bool dry_run);
    // Attributes and flags, unless it keeps what it has: it was there before and the snapshot does not hold it as a whole, or
    // nothing is to be overwritten.
    [[nodiscard]] Status finish_folder(FolderId folder, const Entry& entry);

    // Folders that differed and kept what they have.
    [[nodiscard]] std::uint64_t kept_folders() const { return kept_folders_; }
    [[nodiscard]] const std::string& first_kept() const { return first_kept_; }
    // Files and links that a folder took, or in a dry run would take, the place of.
    [[nodiscard]] std::uint64_t replaced() const { return replaced_; }
    [[nodiscard]] const std::string& first_replaced() const { return first_replaced_; }

    // Whether what is there could be replaced, looked at without doing anything; the same words as when it is tried.
    [[nodiscard]] Status check_room(const Placement& place);
    // Whether anything could be made in the folder, in the same way.
    [[nodiscard]] Status check_writable(const Placement& place);
    [[nodiscard]] Result<InPlace> look(FolderId folder, const std::string& name);

    // A regular file in one go: parts in any order, the rest of its size is a hole.
    [[nodiscard]] Result<Identity> write_file(const Placement& place, std::span<const FilePart> parts);
    // ... or in many: begin, write from any thread, finish once. reopen() gives it a descriptor again after the one it had was
    // dropped to save numbers.
    [[nodiscard]] Result<NewFile> begin_file(const Placement& place, bool many_parts);
    [[nodiscard]] Status reopen(NewFile& file, const std::string& path);
    [[nodiscard]] Status write_part(int descriptor, const FilePart& part, const Placement& place) const;
    [[nodiscard]] Result<Identity> finish_file(NewFile& file, const Placement& place);

    // Symbolic links, FIFOs, sockets, device nodes.
    [[nodiscard]] Result<Identity> make_special(const Placement& place);
    // Another name of `of`, which lies under `from_name`, and keeps its flags. 0, or the errno with which the file system refused
    // it. denied: a flag that may not be lifted forbids it. From the thread of enter_folder().
    [[nodiscard]] Result<int> make_hard_link(FolderId from, const std::string& from_name, Identity of, const Placement& place);
    // Whether that flag is in the way, looked at without doing anything, where no folder is unfinished.
    [[nodiscard]] Status check_linkable(FolderId from, const std::string& from_name, const Placement& place);
    // Of folders that are not finished, the target itself among them: the flags and modes that were lifted. What could not be put
    // back is told to the shortfalls' sink.
    void put_back_folders();
    // Of the file whose flags were left for later. io: another is in its place, which gets none.
    [[nodiscard]] Status set_late_flags(FolderId folder, const std::string& name, Identity of, std::uint32_t flags);

    // The folder itself or the nearest above it that has a mark. From the thread of enter_folder().
    [[nodiscard]] std::optional<FolderId> unfinished_above(FolderId folder) const;

    [[nodiscard]] const Powers& powers() const { return powers_; }
    [[nodiscard]] TargetFolders& folders() { return folders_; }
    [[nodiscard]] std::string path_of(const Placement& place) const;

private:
    std::string temporary_name();
    // `is_marked`: from the moment on that it has its name.
    MadeFolder make_folder(int parent, const char* name, bool is_marked);
    struct NewFolder {
        std::string path;  // for messages
        bool is_marked = false;
        bool replaces = false;  // the file or link in its place
    };
    // Made, or with the reason EEXIST: somebody else made a folder of that name meanwhile.
    Result<MadeFolder> make_absent_folder(int parent, const Entry& entry, const NewFolder& how);
    // Why what is in the folder's place stays.
    static std::optional<Error> why_left(const Entry& entry, Overwrite overwrite, const std::string& path);
    FolderFacts meet_existing(FolderId folder, const Entry& entry, bool dry_run);
    Status give_attributes(FolderId folder, const Entry& entry);
    Status remove_marks(FolderId folder, const std::vector<std::string>& marks);
    // ... of one that has its attributes, of which that takes the time away, and maybe what its mode lacks for it: these are
    // given again. Meanwhile one lies beside it, where that can be.
    Status remove_marks_last(FolderId folder, const std::vector<std::string>& marks, const AttributeTask& task, FileTime time);
    FolderFacts facts_of_existing(FolderId folder, bool dry_run);
    // Whether a mode keeps this user out of a folder of his own that he wants changed, or that a restore made.
    [[nodiscard]] bool may_ease(FolderId folder, int descriptor) const;
    void ease_mode(FolderId folder, int descriptor);
    void put_back_folder(FolderId folder);
    void note_put_back(LiftedFlags& lifted, const ShownPath& path);
    void tell_flags_lost(const std::string& path, const std::string& why);
    // 0, or the errno.
    int remove_protected(int folder, const char* name, const std::string& path);
    int replace_protected(int folder, const char* temporary, const Placement& place);
    // 0, or the errno that making something in it would meet.
    int why_unwritable(FolderId folder);
    // Says where old and new have to fit side by side.
    Error cannot_write(const Placement& place, int reason) const;
    // What went wrong with `place` in the folder; names the flag where one forbids it.
    Error hindered(std::string_view verb, const Placement& place, int reason, int folder) const;
    // Leftovers of temporary names go, unless it is a dry run; marks of the folder are remembered. True: it has one that counts.
    // `entry`: of the folder, null: none.
    bool look_for_leftovers(FolderId folder, const Entry* entry, bool dry_run);
    // In the same way where this user may not list it: only the mark of this very snapshot can be known.
    bool look_for_mark(FolderId folder, const Entry* entry, bool dry_run);
    // The mark beside it, of a run that was killed over its last attributes. True: there is one that counts.
    bool look_beside(FolderId folder, const Entry* entry);
    // The folder above it, as long as that is not finished and marks can lie in it; not valid: they cannot.
    Fd open_beside(FolderId folder);
    void move_beside(FolderId folder, const std::string& mark);
    Status remove_beside(FolderId folder);
    [[nodiscard]] MarkSigns signs_of(const Entry* entry) const;
    Status give_name(const TargetFolders::Handle& folder, std::string& temporary, const Placement& place);

    TargetFolders& folders_;
    Overwrite overwrite_;
    Powers powers_;
    Shortfalls& shortfalls_;
    Leftovers leftovers_;
    std::string run_prefix_;
    std::atomic<std::uint64_t> next_number_{0};
    std::string snapshot_;
    std::recursive_mutex lifting_;                        // held while flags of files are lifted: two may be names of one
    std::map<FolderId, std::uint32_t> lifted_;            // flags that folders had which were there
    std::map<FolderId, mode_t> eased_;                    // modes, in the same way
    std::map<FolderId, std::vector<std::string>> marks_;  // of folders that are not finished
    struct MarkBeside {
        Fd place;
        std::string name;
    };
    std::map<FolderId, MarkBeside> beside_;
    std::uint64_t kept_folders_ = 0;
    std::string first_kept_;
    std::uint64_t replaced_ = 0;
    std::string first_replaced_;
};

}  // namespace custody
