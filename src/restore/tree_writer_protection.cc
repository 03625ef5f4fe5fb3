// TreeWriter's lifting of what forbids to write, and putting it back: flags and modes of what was there before.
#include "base/text.h"
#include "restore/proc_path.h"
#include "restore/protection.h"
#include "restore/tree_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <set>
#include <utility>

namespace custody {
namespace {

std::size_t depth_of(const TargetFolders& folders, FolderId folder) {
    std::size_t depth = 0;
    for (; folder != kTargetFolder; folder = folders.parent(folder)) ++depth;
    return depth;
}

// As chmod takes it.
std::string octal(mode_t mode) {
    std::array<char, 16> text = {};
    std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode));
    return text.data();
}

bool is_under(int folder, const std::string& name, Identity identity) {
    struct stat status = {};
    return ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           Identity{status.st_dev, status.st_ino} == identity;
}

Error replaced_by_another(const std::string& path) {
    return {Code::io, say("{} was replaced by another while restoring: run it again", printable(path))};
}

}  // namespace

void TreeWriter::tell_flags_lost(const std::string& path, const std::string& why) {
    shortfalls_.tell(
        say("the immutable or append-only flag of {} was lifted for the restore and could not be put back ({}): set "
            "it again with chattr, on its other name where it was replaced",
            printable(path), why));
}

void TreeWriter::note_put_back(LiftedFlags& lifted, const ShownPath& path) {
    if (const int reason = lifted.put_back(); reason != 0) tell_flags_lost(path.text(), reason_of(reason));
}

int TreeWriter::remove_protected(int folder, const char* name, const std::string& path) {
    const std::lock_guard lock(lifting_);
    LiftedFlags lifted(folder, name);
    const int reason = ::unlinkat(folder, name, 0) == 0 ? 0 : errno;
    if (const int lost = lifted.put_back(); lost != 0) tell_flags_lost(path, reason_of(lost));
    return reason;
}

void TreeWriter::put_back_folder(FolderId folder) {
    const auto eased = eased_.extract(folder);
    const auto lifted = lifted_.extract(folder);
    if (eased.empty() && lifted.empty()) return;
    const std::string path = folders_.path_of(folder);
    const auto handle = folders_.open(folder);
    const int at = handle.ok() ? (*handle)->get() : -1;
    const auto why = [&](int reason) { return handle.ok() ? reason_of(reason) : handle.error().message; };
    // Before its mode keeps us out again.
    const Fd readable(lifted.empty() ? -1 : ::openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const int unreadable = errno;
    // Immutable, it would refuse the mode.
    if (!eased.empty() && (!handle.ok() || ::chmod(ProcPath(at).text(), eased.mapped()) != 0)) {
        shortfalls_.tell(
            say("the mode of {} was changed for the restore and could not be put back ({}): set it again with chmod {}",
                printable(path), why(errno), octal(eased.mapped())));
    }
    if (lifted.empty()) return;
    const int reason = readable.valid() ? protect_again(readable.get(), lifted.mapped()) : unreadable;
    if (reason != 0) tell_flags_lost(path, why(reason));
}

// Children before what they lie in, which may keep us out again. Numbers say nothing of that: they are given anew.
void TreeWriter::put_back_folders() {
    std::set<std::pair<std::size_t, FolderId>> by_depth;
    for (const auto& [folder, mode] : eased_) by_depth.emplace(depth_of(folders_, folder), folder);
    for (const auto& [folder, flags] : lifted_) by_depth.emplace(depth_of(folders_, folder), folder);
    for (auto next = by_depth.rbegin(); next != by_depth.rend(); ++next) put_back_folder(next->second);
}

std::optional<FolderId> TreeWriter::unfinished_above(FolderId folder) const {
    while (folder != kTargetFolder && !marks_.contains(folder)) folder = folders_.parent(folder);
    return marks_.contains(folder) ? std::optional(folder) : std::nullopt;
}

// Killed with the flags of a file lifted, a run costs it them: one that nobody wants overwritten is not touched. What lies in an
// unfinished folder gets them from the next run, as long as that has its mark.
Status TreeWriter::check_linkable(FolderId from, const std::string& from_name, const Placement& place) {
    TRY_ASSIGN(const TargetFolders::Handle source, folders_.open(from));
    if (overwrite_ != Overwrite::never || !is_protected(source->get(), from_name.c_str())) return done();
    return Error{Code::denied,
                 say("cannot make {} a further name of {}, which carries the immutable or append-only flag; restore as "
                     "root with --overwrite changed or always, which lifts it",
                     printable(path_of(place)), printable(folders_.path_of(from, from_name)))};
}

Result<int> TreeWriter::make_hard_link(FolderId from, const std::string& from_name, Identity of, const Placement& place) {
    TRY_ASSIGN(const TargetFolders::Handle source, folders_.open(from));
    LiftedFlags lifted;  // of the file itself
    NewFile made;
    TRY_ASSIGN(made.folder, folders_.open(place.folder));
    const int at = made.folder->get();
    if (folders_.facts(place.folder).lets_no_name_go) return hindered("make", place, EPERM, at);
    std::string temporary = temporary_name();
    const auto link_it = [&] { return ::linkat(source->get(), from_name.c_str(), at, temporary.c_str(), 0) == 0 ? 0 : errno; };
    std::unique_lock lock(lifting_, std::defer_lock);
    int reason = link_it();
    if (reason == EPERM && is_protected(source->get(), from_name.c_str())) {
        if (!unfinished_above(from)) TRY(check_linkable(from, from_name, place));
        lock.lock();
        if (is_under(source->get(), from_name, of)) lifted = LiftedFlags(source->get(), from_name.c_str());
        reason = link_it();
    }
    const auto name_it = [&]() -> Status {
        made.temporary_name = std::move(temporary);
        if (!is_under(at, made.temporary_name, of)) return replaced_by_another(folders_.path_of(from, from_name));
        return give_name(made.folder, made.temporary_name, place);
    };
    const Status named = reason == 0 ? name_it() : done();
    made.discard();  // with its flags it could not go
    note_put_back(lifted, {folders_, from, &from_name});
    TRY(named);
    return reason;
}

Status TreeWriter::set_late_flags(FolderId folder, const std::string& name, Identity of, std::uint32_t flags) {
    const ShownPath path{folders_, folder, &name};
    const auto note = [&](int reason) {
        shortfalls_.note(Shortfall::flags, path.text(), reason);
        return done();
    };
    const auto handle = folders_.open(folder);
    if (!handle.ok()) return note(EIO);
    const Fd there(::openat((*handle)->get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat status = {};
    if (!there.valid() || ::fstat(there.get(), &status) != 0) return note(errno);
    // Where inodes are not the medium's own their numbers may change; there are no flags there.
    const bool is_it = powers_.coarse_attributes || Identity{status.st_dev, status.st_ino} == of;
    if (!is_it) return replaced_by_another(path.text());
    if (!S_ISREG(status.st_mode)) return note(EOPNOTSUPP);
    const Fd file(::open(ProcPath(there.get()).text(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!file.valid()) return note(errno);
    set_flags(file.get(), flags, path, shortfalls_);
    return done();
}

}  // namespace custody
