#include "base/mounts.h"

#include "base/file.h"
#include "base/sysfs.h"
#include "base/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

namespace custody {
namespace mounts {
namespace {

constexpr std::size_t kFieldsBeforeOptions = 6;

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// The kernel writes blank, tab, newline and backslash as \040 and the like.
std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) && is_octal(text[i + 3])) {
            out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
            i += 3;
        } else {
            out += text[i];
        }
    }
    return out;
}

bool has_flag(std::string_view options, std::string_view flag) {
    const auto parts = sysfs::split(options, ',');
    return std::find(parts.begin(), parts.end(), flag) != parts.end();
}

bool parse_line(std::string_view text, MountLine& line) {
    const auto fields = sysfs::split(text, ' ');
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < kFieldsBeforeOptions || std::distance(dash, fields.end()) < 3) return false;
    line.id = std::atoi(fields[0].c_str());
    line.mount.device = sysfs::parse_device_number(fields[2]);
    line.root = unescaped(fields[3]);
    line.mount.point = unescaped(fields[4]);
    line.mount.file_system = *(dash + 1);
    line.mount.source = unescaped(*(dash + 2));
    if (dash + 3 != fields.end()) line.super_options = unescaped(*(dash + 3));
    line.mount.read_only = has_flag(fields[5], "ro") || has_flag(line.super_options, "ro");
    return true;
}

// The nearest existing parent, without symbolic links.
Result<std::string> existing_parent(const std::string& path) {
    TRY_ASSIGN(std::string at, absolute_path(path));
    for (;;) {
        const std::unique_ptr<char, decltype(&std::free)> real(::realpath(at.c_str(), nullptr), &std::free);
        if (real) return std::string(real.get());
        if (errno != ENOENT && errno != ENOTDIR) return system_error(errno, "look at", at);
        if (at == "/") return system_error(ENOENT, "look at", path);
        at = parent_path(at);
    }
}

bool lies_below(std::string_view path, std::string_view folder) {
    return folder == "/" || path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

// The longest mount point above the path; of equal ones the later, which covers the earlier.
const MountLine* longest_above(const std::vector<MountLine>& lines, const std::string& path) {
    const MountLine* best = nullptr;
    for (const auto& line : lines) {
        const bool longer = best == nullptr || line.mount.point.size() >= best->mount.point.size();
        if (longer && lies_below(path, line.mount.point)) best = &line;
    }
    return best;
}

Error holds_nothing(const std::string& path) {
    return {Code::not_found, say("no mounted file system holds {}", printable(path))};
}

Result<MountLine> recorded_line_of(const std::string& path, const KernelView& view) {
    TRY_ASSIGN(const auto lines, read_mount_lines(view));
    const MountLine* line = longest_above(lines, path);
    return line == nullptr ? Result<MountLine>(holds_nothing(path)) : Result<MountLine>(*line);
}

}  // namespace

std::vector<MountLine> parse_mount_lines(std::string_view text) {
    std::vector<MountLine> lines;
    for (const auto& part : sysfs::split(text, '\n')) {
        MountLine line;
        if (parse_line(part, line)) lines.push_back(std::move(line));
    }
    return lines;
}

Result<std::vector<MountLine>> read_mount_lines(const KernelView& view) {
    // Of this thread: one may have mounts of its own (vault/sources/btrfs_snapshot.h). May be large: one line a mount.
    std::ifstream in(view.is_recorded() ? view.mount_info : "/proc/thread-self/mountinfo", std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (text.empty() && view.is_recorded()) return Error{Code::io, say("cannot read {}", printable(view.mount_info))};
    if (text.empty()) return Error{Code::io, say("cannot read /proc/self/mountinfo; is /proc mounted?")};
    return parse_mount_lines(text);
}

Result<MountLine> line_of(const std::string& path, const KernelView& view) {
    if (view.is_recorded()) return recorded_line_of(path, view);
    TRY_ASSIGN(const std::string existing, existing_parent(path));
    TRY_ASSIGN(const auto lines, read_mount_lines());
    struct statx found {};
    if (statx(AT_FDCWD, existing.c_str(), AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_MNT_ID, &found) != 0)
        return system_error(errno, "look at", existing);
    const MountLine* best = longest_above(lines, existing);
    if ((found.stx_mask & STATX_MNT_ID) != 0) {
        const auto it = std::find_if(lines.begin(), lines.end(),
                                     [&](const MountLine& line) { return line.id == static_cast<int>(found.stx_mnt_id); });
        best = it == lines.end() ? nullptr : &*it;
    }
    if (best == nullptr) return holds_nothing(existing);
    MountLine line = *best;
    line.mount.device = makedev(found.stx_dev_major, found.stx_dev_minor);  // a btrfs subvolume has its own
    return line;
}

std::vector<std::string> names_of(const std::string& path, const MountLine& own, const std::vector<MountLine>& lines) {
    std::vector<std::string> names = {path};
    // Where it lies in its file system, whichever of the mounts shows it.
    const std::string below = own.mount.point == "/" ? path : path.substr(own.mount.point.size());
    const std::string inside = own.root == "/" ? below : own.root + below;
    for (const MountLine& line : lines) {
        if (line.mount.device != own.mount.device || !lies_below(inside, line.root)) continue;
        const std::string rest = line.root == "/" ? inside : inside.substr(line.root.size());
        std::string name = line.mount.point == "/" ? rest : line.mount.point + rest;
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
    }
    return names;
}

Result<std::vector<std::string>> names_of(const std::string& path) {
    TRY_ASSIGN(const std::string whole, absolute_path(path));
    TRY_ASSIGN(const std::string existing, existing_parent(whole));
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(whole.c_str(), nullptr), &std::free);
    TRY_ASSIGN(const MountLine holds, line_of(existing));
    TRY_ASSIGN(const auto lines, read_mount_lines());
    // By its number: line_of() tells a subvolume's own device, and mounts are compared by that of their file system.
    const auto own = std::find_if(lines.begin(), lines.end(), [&](const MountLine& line) { return line.id == holds.id; });
    if (own == lines.end()) return holds_nothing(whole);
    return names_of(real ? std::string(real.get()) : whole, *own, lines);
}

std::string option(std::string_view options, std::string_view key) {
    for (const auto& part : sysfs::split(options, ',')) {
        if (part.size() > key.size() && part.starts_with(key) && part[key.size()] == '=') return part.substr(key.size() + 1);
    }
    return {};
}

}  // namespace mounts

Result<std::vector<MountInfo>> list_mounts() {
    TRY_ASSIGN(auto lines, mounts::read_mount_lines());
    std::vector<MountInfo> all;
    all.reserve(lines.size());
    for (auto& line : lines) all.push_back(std::move(line.mount));
    return all;
}

Result<MountInfo> mount_of(const std::string& path) {
    TRY_ASSIGN(auto line, mounts::line_of(path));
    return std::move(line.mount);
}

}  // namespace custody
