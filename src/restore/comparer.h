// Is what lies under a name already what the snapshot holds? By type, attributes and content: bytes are read and hashed
// against the chunk ids, never guessed from size and time. Nothing is written and nothing is read from the vault but trees; a
// file of this user's own whose mode keeps him out is opened to him for the moment of opening it, except in a dry run.
//
// Ownership: refers to folders and trees, which outlive it. Threads: safe from many. Memory: one chunk a call.
#pragma once

#include "base/result.h"
#include "restore/attributes.h"
#include "restore/target_folders.h"
#include "restore/tree_writer.h"
#include "vault/keys/label_keys.h"
#include "vault/tree_reader.h"

#include <sys/stat.h>

#include <mutex>

namespace custody {

struct Verdict {
    // What differs first, as an English word known to the translations ("content", "owner"); nullptr: identical.
    const char* difference = nullptr;
    // Identical but for file flags that a restore sets last of all: an interrupted restore ended just before.
    bool flags_missing = false;
    bool lacks_large = false;  // identical as far as AttributeComparison says
    bool is_unread = false;    // identical in all but its content, which only a run that is no dry one opens
};

class Comparer {
public:
    Comparer(TargetFolders& folders, TreeReader& trees, const WriterKeys& keys, const Powers& powers, bool dry_run = false)
        : folders_(folders), trees_(trees), keys_(keys), powers_(powers), dry_run_(dry_run) {}
    // Precondition: in_place.exists, and the entry is no folder. Errors: of reading the trees; a mode that is not put back.
    [[nodiscard]] Result<Verdict> compare(FolderId folder, const Entry& entry, const InPlace& in_place) const;

private:
    Result<Verdict> compare_file(const Fd& file, const Entry& entry, bool lacks_large) const;
    [[nodiscard]] bool may_open_to_himself(const struct stat& status) const;
    Result<bool> same_content(int descriptor, const Content& content) const;

    TargetFolders& folders_;
    TreeReader& trees_;
    const WriterKeys& keys_;
    Powers powers_;
    bool dry_run_;
    mutable std::mutex opening_;  // held while the mode of a file with several names may be another one
};

}  // namespace custody
