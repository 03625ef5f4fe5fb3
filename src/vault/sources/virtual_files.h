// A small tree of named contents that exist nowhere as files: each is produced when its turn comes (the dump of a database, the
// output of a program, an evidence record). Base of the live databases and of commands.
//
// Every file has an unknown size until it was read, so run_backup opens and reads them by itself, one after the other, each to
// its end before the next is opened: at most one dump runs at a time. The order is the walk's: in each folder the files by raw
// name bytes, then its subfolders by name, each with all below it. So what tells of the others (evidence) lies in a folder whose
// name comes last, and may be made from what they left behind when they were read; the tree's maker holds that between them.
//
// A tree like this is of use only as a whole: what cannot be opened or read ends the run without a snapshot, with that error.
// Files are of mode 0600, folders of 0700, all owned by whoever runs this; times are those of the run. Nothing can be looked at
// twice. Every run reads everything; what is the same is found so by its content.
//
// Threads: open functions and contents are called by the thread that runs the backup. Errors: usage (a path that is none).
#pragma once

#include "vault/sources/source.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace custody {

struct VirtualFile {
    std::string path;  // below the root, clean: "databases/portal.sql"
    // Called at most once a run.
    std::function<Result<std::unique_ptr<FileContent>>()> open;
};

struct VirtualTree {
    std::string kind;  // "postgresql", "mariadb", "sqlite", "command"
    std::string root;  // absolute and clean: "/postgresql/portal"; the snapshot's one path
    std::vector<VirtualFile> files;
    std::uint64_t expected_bytes = 0;  // for the progress line; 0: unknown
};

[[nodiscard]] Result<std::unique_ptr<Source>> open_virtual_files(VirtualTree tree, const Clock& clock);

// Content that is in memory already.
[[nodiscard]] std::unique_ptr<FileContent> content_of(Bytes bytes);
// Content that was laid down in a file for this run. io: it is shorter than it was when it was made.
struct LaidDownFile {
    std::shared_ptr<const void> owner;  // of descriptor and file, which stay as long as this
    int descriptor = -1;
    std::uint64_t size = 0;
    std::string path;  // for messages
};
[[nodiscard]] std::unique_ptr<FileContent> content_of(LaidDownFile file);

// One component of a path that stands for any name: '/', '%', control characters, and a '.' at its front are written as %2F and
// the like. Names that differ stay different.
[[nodiscard]] std::string path_component(std::string_view name);

}  // namespace custody
