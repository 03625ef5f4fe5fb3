#include "vault/sources/btrfs_volume.h"

#include "base/text.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace custody::btrfs {
namespace {

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

Result<Subvolume> describe(const std::string& top) {
    const Fd fd(::open(top.c_str(), kFolder));
    if (!fd.valid()) return system_error(errno, "open", top);
    btrfs_ioctl_ino_lookup_args lookup{};
    lookup.objectid = BTRFS_FIRST_FREE_OBJECTID;
    if (::ioctl(fd.get(), BTRFS_IOC_INO_LOOKUP, &lookup) != 0) return system_error(errno, "look at", top);
    std::uint64_t flags = 0;
    if (::ioctl(fd.get(), BTRFS_IOC_SUBVOL_GETFLAGS, &flags) != 0) return system_error(errno, "look at", top);
    return Subvolume{top, lookup.treeid, (flags & BTRFS_SUBVOL_RDONLY) != 0};
}

// Of a folder in the subvolume, below its top; empty for the top.
Result<std::string> path_in(int subvolume, std::uint64_t tree, std::uint64_t folder, const std::string& top) {
    btrfs_ioctl_ino_lookup_args lookup{};
    lookup.treeid = tree;
    lookup.objectid = folder;
    if (::ioctl(subvolume, BTRFS_IOC_INO_LOOKUP, &lookup) != 0) return system_error(errno, "look at", top);
    std::string path(lookup.name, ::strnlen(lookup.name, sizeof lookup.name));
    while (path.ends_with('/')) path.pop_back();
    return path;
}

struct Reference {
    std::uint64_t folder = 0;
    std::string name;
};

// The references of a subvolume to those in it lie in the tree of trees.
Result<std::vector<Reference>> references_of(int subvolume, const Subvolume& parent) {
    std::vector<Reference> found;
    btrfs_ioctl_search_args search{};
    search.key.tree_id = BTRFS_ROOT_TREE_OBJECTID;
    search.key.min_objectid = search.key.max_objectid = parent.id;
    search.key.min_type = search.key.max_type = BTRFS_ROOT_REF_KEY;
    search.key.max_offset = search.key.max_transid = ~std::uint64_t{0};
    for (;;) {
        search.key.nr_items = 64;
        if (::ioctl(subvolume, BTRFS_IOC_TREE_SEARCH, &search) != 0) return system_error(errno, "look at", parent.top);
        std::size_t at = 0;
        for (std::uint32_t i = 0; i < search.key.nr_items; ++i) {
            btrfs_ioctl_search_header header{};
            if (at + sizeof header > sizeof search.buf) break;
            std::memcpy(&header, search.buf + at, sizeof header);
            at += sizeof header;
            btrfs_root_ref reference{};
            if (header.len < sizeof reference || at + header.len > sizeof search.buf) break;
            std::memcpy(&reference, search.buf + at, sizeof reference);
            const std::size_t length = std::min<std::size_t>(reference.name_len, header.len - sizeof reference);
            found.push_back({reference.dirid, std::string(search.buf + at + sizeof reference, length)});
            at += header.len;
            search.key.min_offset = header.offset + 1;
        }
        if (search.key.nr_items == 0) return found;
        if (found.size() > kMaxNested) {
            return Error{Code::failed, say("{} has more than {} nested subvolumes", printable(parent.top), kMaxNested)};
        }
    }
}

}  // namespace

bool is_btrfs(int fd) {
    struct statfs status {};
    return ::fstatfs(fd, &status) == 0 && status.f_type == BTRFS_SUPER_MAGIC;
}

Result<Subvolume> subvolume_of(const std::string& path) {
    struct stat here {};
    if (::lstat(path.c_str(), &here) != 0) return system_error(errno, "look at", path);
    for (std::string at = path;; at = parent_path(at)) {
        struct stat status {};
        if (::lstat(at.c_str(), &status) != 0) return system_error(errno, "look at", at);
        if (status.st_dev != here.st_dev) break;  // beyond what is mounted
        if (status.st_ino == kTopInode && S_ISDIR(status.st_mode)) return describe(at);
        if (at == "/") break;
    }
    return Error{Code::not_found, say("the top of its btrfs subvolume is not mounted there")};
}

Result<std::vector<Subvolume>> nested_in(const Subvolume& parent, const std::string& below) {
    const Fd fd(::open(parent.top.c_str(), kFolder));
    if (!fd.valid()) return system_error(errno, "open", parent.top);
    TRY_ASSIGN(const auto references, references_of(fd.get(), parent));
    std::vector<Subvolume> nested;
    for (const Reference& reference : references) {
        TRY_ASSIGN(const std::string folder, path_in(fd.get(), parent.id, reference.folder, parent.top));
        const std::string place = join_path(folder.empty() ? parent.top : join_path(parent.top, folder), reference.name);
        const bool is_below = below == "/" || place == below || place.starts_with(below + "/");
        struct stat status {};
        // Something else may be mounted there.
        const bool is_seen = is_below && ::lstat(place.c_str(), &status) == 0 && status.st_ino == kTopInode;
        if (!is_seen) continue;
        TRY_ASSIGN(Subvolume found, describe(place));
        nested.push_back(std::move(found));
    }
    return nested;
}

Status make_snapshot(int folder, const std::string& name, int of_subvolume) {
    btrfs_ioctl_vol_args_v2 arguments{};
    arguments.fd = of_subvolume;
    arguments.flags = BTRFS_SUBVOL_RDONLY;
    name.copy(arguments.name, sizeof arguments.name - 1);
    if (::ioctl(folder, BTRFS_IOC_SNAP_CREATE_V2, &arguments) == 0) return done();
    return system_error(errno, "make", "a btrfs snapshot");
}

Status destroy_snapshot(int folder, const std::string& name) {
    btrfs_ioctl_vol_args arguments{};
    name.copy(arguments.name, sizeof arguments.name - 1);
    if (::ioctl(folder, BTRFS_IOC_SNAP_DESTROY, &arguments) == 0) return done();
    return system_error(errno, "remove", "a btrfs snapshot");
}

}  // namespace custody::btrfs
