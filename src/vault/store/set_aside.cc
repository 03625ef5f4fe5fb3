#include "vault/store/set_aside.h"

#include "base/dangling_link.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace custody {
namespace {

constexpr const char* kAside = "aside";
constexpr int kMaxTries = 10'000;

}  // namespace

Result<std::string> set_aside(FileSystem& files, const std::string& root, const std::string& name) {
    TRY(make_directories(files, join_path(root, kAside), kPrivateFolder, Owner::folder));
    std::string flat = name;
    std::replace(flat.begin(), flat.end(), '/', '-');
    const std::string path = join_path(root, name);
    for (int n = 1; n <= kMaxTries; ++n) {
        const std::string to = n == 1 ? fmt::format("{}/{}", kAside, flat) : fmt::format("{}/{}.{}", kAside, flat, n);
        const Status moved = files.rename_new(path, join_path(root, to));
        if (!moved.ok() && moved.error().code == Code::exists) continue;
        TRY(moved);
        // The new name first: between the two a power cut may leave both, never neither.
        TRY(files.sync_directory(join_path(root, kAside)));
        TRY(files.sync_directory(parent_path(path)));
        return to;
    }
    return Error{Code::failed, say("{} holds too many of one name; clear it away", printable(join_path(root, kAside)))};
}

Status bring_back(FileSystem& files, const std::string& root, const std::string& from, const std::string& to) {
    const std::string source = join_path(root, from), target = join_path(root, to);
    TRY(make_directories(files, parent_path(target), kPrivateFolder, Owner::folder));
    TRY(files.rename_new(source, target));
    TRY(files.sync_directory(parent_path(target)));
    return files.sync_directory(parent_path(source));
}

bool file_in_the_way(FileSystem& files, const std::string& root, std::string path) {
    for (; path.size() > root.size(); path = parent_path(path)) {
        const auto info = files.info(path);
        if (info.ok()) return !info->is_directory;
        if (leads_nowhere(path)) return true;
    }
    return false;
}

}  // namespace custody
