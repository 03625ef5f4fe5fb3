#include "tests/support/exotic_tree.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace custody::test {
namespace {

void must(bool worked, const std::string& what) {
    if (worked) return;
    std::fprintf(stderr, "cannot set up the test: %s: %s\n", what.c_str(), std::strerror(errno));
    std::abort();
}

void put_u16(std::string& out, unsigned value) {
    out += static_cast<char>(value & 255);
    out += static_cast<char>(value >> 8 & 255);
}
void put_u32(std::string& out, std::uint32_t value) {
    put_u16(out, value & 0xffff);
    put_u16(out, value >> 16);
}

// The kernel's form of "user::rw-,user:UID:r--,group::r--,mask::r--,other::---" (linux/posix_acl_xattr.h).
std::string access_list(std::uint32_t uid) {
    struct Row {
        unsigned tag, permissions;
        std::uint32_t id;
    };
    const Row rows[] = {{1, 6, ~0u}, {2, 4, uid}, {4, 4, ~0u}, {16, 4, ~0u}, {32, 0, ~0u}};
    std::string out;
    put_u32(out, 2);
    for (const Row& row : rows) {
        put_u16(out, row.tag);
        put_u16(out, row.permissions);
        put_u32(out, row.id);
    }
    return out;
}

// cap_net_raw+ep as VFS_CAP_REVISION_2 (linux/capability.h).
std::string net_raw_capability() {
    std::string out;
    put_u32(out, 0x02000001);
    put_u32(out, 1u << 13);
    for (int zero = 0; zero < 3; ++zero) put_u32(out, 0);
    return out;
}

class Maker {
public:
    Maker(std::string top, const ExoticOptions& options) : top_(std::move(top)), options_(options) {}

    std::vector<std::string> make() {
        must(::mkdir(top_.c_str(), 0755) == 0, top_);
        plain_files();
        names();
        sparse_files();
        hard_links();
        symbolic_links();
        special_files();
        owners_and_modes();
        attributes();
        if (options_.deep_paths) deep_path();
        times();
        if (options_.immutable_flags) flags();
        return std::move(omitted_);
    }

private:
    [[nodiscard]] std::string at(const std::string& name) const { return top_ + "/" + name; }
    void folder(const std::string& name, mode_t mode = 0755) const {
        must(::mkdir(at(name).c_str(), 0700) == 0 && ::chmod(at(name).c_str(), mode) == 0, name);
    }
    void try_to(bool worked, const std::string& what) {
        if (!worked) omitted_.push_back(what + ": " + std::strerror(errno));
    }
    void set_times(const std::string& name, std::int64_t seconds, long nanoseconds) {
        const timespec both[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
        must(::utimensat(AT_FDCWD, at(name).c_str(), both, AT_SYMLINK_NOFOLLOW) == 0, name);
    }

    void plain_files() {
        folder("plain");
        write_file(at("plain/empty"), "");
        write_file(at("plain/one byte"), "x");
        write_file(at("plain/text"), "the quick brown fox\n");
        write_file(at("plain/a chunk less one"), noise(256 * 1024 - 1, 1));
        write_file(at("plain/a chunk"), noise(256 * 1024, 2));
        write_file(at("plain/many chunks"), noise(9 * 1024 * 1024 + 17, 3));
        write_file(at("plain/many chunks again"), noise(9 * 1024 * 1024 + 17, 3));
        write_file(at("plain/zeros written"), std::string(300'000, '\0'));
        folder("plain/empty folder");
        folder("plain/nested");
        folder("plain/nested/nested");
        write_file(at("plain/nested/nested/leaf"), "leaf");
        for (int i = 0; i < 40; ++i) write_file(at("plain/nested/small " + std::to_string(i)), noise(100 + 37u * unsigned(i), 9));
    }

    void names() {
        folder("names");
        const std::string longest(255, 'n');
        std::string almost(255, '\xc3');
        almost.back() = '\xa9';
        const std::string_view odd[] = {"\xff\xfe not utf-8 \x80",
                                        "new\nline",
                                        "tab\tand\x01 control",
                                        " leading space",
                                        "trailing space ",
                                        "-rf",
                                        "*?[glob]",
                                        "quote'\"`$(x)\\",
                                        "công chứng",
                                        "co\xcc\x82ng",
                                        longest,
                                        almost,
                                        "...",
                                        ".hidden",
                                        "~"};
        for (const std::string_view view : odd) {
            const std::string name(view);
            write_file(at("names/" + name), name);
        }
        folder("names/fold\ner \xf0\x28");
        write_file(at("names/fold\ner \xf0\x28/in it"), "in it");
    }

    void sparse_file(const std::string& name, off_t size, const std::vector<std::pair<off_t, std::string>>& parts) {
        const int fd = ::open(at(name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        must(fd >= 0 && ::ftruncate(fd, size) == 0, name);
        for (const auto& [offset, bytes] : parts) {
            must(::pwrite(fd, bytes.data(), bytes.size(), offset) == static_cast<ssize_t>(bytes.size()), name);
        }
        ::close(fd);
    }

    void sparse_files() {
        folder("sparse");
        const off_t mib = 1024 * 1024;
        sparse_file("sparse/only a hole", 5 * mib + 123, {});
        sparse_file("sparse/hole first", 2 * mib + 7, {{2 * mib, "at end"}});
        sparse_file("sparse/hole last", 3 * mib, {{0, noise(5000, 4)}});
        sparse_file("sparse/huge", off_t{1} << 40, {{off_t{1} << 39, "in the middle"}});
        std::vector<std::pair<off_t, std::string>> comb;
        for (int tooth = 0; tooth < 64; ++tooth) comb.emplace_back(tooth * mib / 4 + 8192, noise(4096, 100u + unsigned(tooth)));
        sparse_file("sparse/comb", 16 * mib, comb);
    }

    void link(const std::string& from, const std::string& to) const { must(::link(at(from).c_str(), at(to).c_str()) == 0, to); }
    void hard_links() {
        folder("links a");
        folder("links b");
        write_file(at("links a/first"), noise(70'000, 5));
        link("links a/first", "links a/second");
        link("links a/first", "links b/third");
        write_file(at("links b/large"), noise(3 * 1024 * 1024, 6));
        link("links b/large", "links a/large too");
        write_file(at("links a/empty"), "");
        link("links a/empty", "links b/empty");
        must(::symlink("anywhere", at("links a/symlink").c_str()) == 0, "symlink");
        link("links a/symlink", "links b/symlink");
        must(::mkfifo(at("links a/fifo").c_str(), 0600) == 0, "fifo");
        link("links a/fifo", "links b/fifo");
    }

    void symbolic_links() {
        folder("symlinks");
        const std::pair<std::string, std::string> links[] = {
            {"to a file", "../plain/text"},   {"to a folder", "../plain"},         {"dangling", "/nowhere/at all"},
            {"to itself", "to itself"},       {"absolute", "/etc/passwd"},         {"upwards", "../../../../../../etc"},
            {"long", std::string(4000, 'l')}, {"longest", std::string(4095, 'L')}, {"odd", std::string("\xff\n\x01 target")},
            {"slashes", "a//b/./c/../d///"},
        };
        for (const auto& [name, target] : links) {
            must(::symlink(target.c_str(), at("symlinks/" + name).c_str()) == 0, name);
        }
        set_times("symlinks/dangling", 1'000'000'000, 1);
        try_to(::lchown(at("symlinks/to a file").c_str(), 1234, 4321) == 0, "owner of a symbolic link");
    }

    void special_files() {
        folder("special");
        must(::mkfifo(at("special/fifo").c_str(), 0640) == 0, "fifo");
        must(::mknod(at("special/socket").c_str(), S_IFSOCK | 0755, 0) == 0, "socket");
        try_to(::mknod(at("special/null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0, "character device");
        try_to(::mknod(at("special/large numbers").c_str(), S_IFCHR | 0600, makedev(4000, 1'000'000)) == 0, "large device");
        try_to(::mknod(at("special/loop").c_str(), S_IFBLK | 0660, makedev(7, 200)) == 0, "block device");
    }

    void owners_and_modes() {
        folder("modes");
        const std::pair<const char*, mode_t> modes[] = {{"none", 0},       {"read only", 0444}, {"setuid", 04755},
                                                        {"setgid", 02755}, {"both", 06711},     {"sticky", 01644},
                                                        {"all", 07777}};
        for (const auto& [name, mode] : modes) {
            const std::string path = at(std::string("modes/") + name);
            write_file(path, name);
            try_to(::chown(path.c_str(), 12345, 54321) == 0, std::string("owner of ") + name);
            must(::chmod(path.c_str(), mode) == 0, name);
        }
        folder("modes/sticky folder", 01777);
        folder("modes/setgid folder", 02775);
        write_file(at("modes/setgid folder/inherits"), "group");
        folder("modes/read-only folder", 0700);
        write_file(at("modes/read-only folder/inside"), "inside");
        must(::chmod(at("modes/read-only folder").c_str(), 0555) == 0, "read-only folder");
        try_to(::chown(at("modes/sticky folder").c_str(), 4294967000u, 65534) == 0, "large owner");
    }

    void attribute(const std::string& name, const char* key, const std::string& value) {
        try_to(::lsetxattr(at(name).c_str(), key, value.data(), value.size(), 0) == 0, name + ": " + key);
    }
    void attributes() {
        folder("attributes");
        write_file(at("attributes/user"), "user");
        attribute("attributes/user", "user.custody.plain", "value");
        attribute("attributes/user", "user.custody.empty", "");
        attribute("attributes/user", "user.custody.binary", std::string("\0\xff\n", 3));
        attribute("attributes/user", "user.custody.long", std::string(1500, 'v'));
        folder("attributes/folder", 0750);
        attribute("attributes/folder", "user.custody.folder", "yes");
        attribute("attributes/folder", "system.posix_acl_access", access_list(1001));
        attribute("attributes/folder", "system.posix_acl_default", access_list(1002));
        write_file(at("attributes/folder/inherits an ACL"), "acl");
        write_file(at("attributes/acl"), "acl");
        attribute("attributes/acl", "system.posix_acl_access", access_list(1003));
        write_file(at("attributes/capability"), "capability");
        attribute("attributes/capability", "security.capability", net_raw_capability());
        write_file(at("attributes/trusted"), "trusted");
        attribute("attributes/trusted", "trusted.custody", "only root sees this");
        must(::symlink("nowhere", at("attributes/link").c_str()) == 0, "link");
        attribute("attributes/link", "trusted.custody", "on a link");
        must(::mkfifo(at("attributes/fifo").c_str(), 0600) == 0, "fifo");
        attribute("attributes/fifo", "trusted.custody", "on a fifo");
        write_file(at("attributes/owned with capability"), "both");
        try_to(::chown(at("attributes/owned with capability").c_str(), 777, 888) == 0, "owner");
        attribute("attributes/owned with capability", "security.capability", net_raw_capability());
    }

    // 25 levels of 200 bytes: 5,000 bytes, reached only step by step.
    void deep_path() const {
        int at_fd = ::open(top_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        for (int level = 0; level < 25; ++level) {
            const std::string name = "deep " + std::to_string(level) + std::string(200 - 7, 'd');
            must(::mkdirat(at_fd, name.c_str(), 0755) == 0, "deep folder");
            const int next = ::openat(at_fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            must(next >= 0, "deep folder");
            ::close(at_fd);
            at_fd = next;
        }
        const int file = ::openat(at_fd, "at the bottom", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        must(file >= 0 && ::write(file, "deep", 4) == 4, "deep file");
        ::close(file);
        must(::symlinkat("up", at_fd, "link") == 0 && ::mkfifoat(at_fd, "fifo", 0600) == 0, "deep link");
        must(::linkat(at_fd, "at the bottom", at_fd, "a second name", 0) == 0, "deep hard link");
        ::close(at_fd);
    }

    void times() {
        folder("times");
        write_file(at("times/with nanoseconds"), "t");
        set_times("times/with nanoseconds", 1'700'000'000, 123'456'789);
        write_file(at("times/before 1970"), "t");
        set_times("times/before 1970", -86'400, 999'999'999);
        write_file(at("times/after 2038"), "t");
        set_times("times/after 2038", 4'000'000'000, 1);
        folder("times/folder");
        write_file(at("times/folder/file"), "t");
        set_times("times/folder", 1'234'567'890, 987'654'321);
        for (const char* name :
             {"plain", "plain/nested", "names", "sparse", "links a", "links b", "modes", "attributes", "special"}) {
            set_times(name, 1'600'000'000, 42);
        }
    }

    void flag(const std::string& name, int wanted) {
        const int fd = ::open(at(name).c_str(), O_RDONLY | O_CLOEXEC);
        int flags = 0;
        const bool worked = fd >= 0 && ::ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
        flags |= wanted;
        try_to(worked && ::ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0, name);
        if (fd >= 0) ::close(fd);
    }
    void flags() {
        folder("flags");
        folder("flags/immutable folder");
        folder("flags/top");
        for (const char* name : {"immutable", "append", "nodump", "shredded", "linked immutable", "immutable folder/inside"}) {
            write_file(at(std::string("flags/") + name), name);
        }
        link("flags/linked immutable", "plain/linked immutable");
        flag("flags/append", FS_APPEND_FL);
        flag("flags/nodump", FS_NODUMP_FL | FS_NOATIME_FL);
        flag("flags/shredded", FS_SECRM_FL | FS_UNRM_FL | FS_NOTAIL_FL);
        flag("flags/top", FS_TOPDIR_FL);
        flag("flags/immutable", FS_IMMUTABLE_FL);
        flag("flags/linked immutable", FS_IMMUTABLE_FL);
        flag("flags/immutable folder", FS_IMMUTABLE_FL);
        flag("flags", FS_APPEND_FL);
    }

    std::string top_;
    ExoticOptions options_;
    std::vector<std::string> omitted_;
};

}  // namespace

std::vector<std::string> make_exotic_tree(const std::string& path, const ExoticOptions& options) {
    return Maker(path, options).make();
}

void write_file(const std::string& path, const std::string& content) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    must(fd >= 0, path);
    std::size_t at = 0;
    while (at < content.size()) {
        const ssize_t wrote = ::write(fd, content.data() + at, content.size() - at);
        must(wrote > 0, path);
        at += static_cast<std::size_t>(wrote);
    }
    ::close(fd);
}

std::string read_file_text(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    must(fd >= 0, path);
    std::string out;
    char buffer[65536];
    for (ssize_t got = 0; (got = ::read(fd, buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<std::size_t>(got));
    ::close(fd);
    return out;
}

std::string noise(std::size_t size_bytes, unsigned seed) {
    std::uint64_t state = 0x9e3779b97f4a7c15ull * (seed + 1);  // xorshift64* (Vigna 2014)
    std::string out;
    out.reserve(size_bytes + 8);
    while (out.size() < size_bytes) {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        const std::uint64_t value = state * 0x2545f4914f6cdd1dull;
        out.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    out.resize(size_bytes);
    return out;
}

}  // namespace custody::test
