#include "vault/sources/file_selection.h"

#include "base/text.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <utility>

namespace custody {
namespace {

Result<std::string> real_path(const std::string& path, const std::string& named) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    if (!real) return system_error(errno, "follow", named);
    return std::string(real.get());
}

}  // namespace

Result<std::string> named_path(const std::string& given, std::vector<std::string>& warnings) {
    TRY_ASSIGN(std::string path, absolute_path(given));
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return path;  // what is wrong with it is said when it is opened
    const bool is_link = S_ISLNK(status.st_mode), means_folder = given.ends_with('/') || given.ends_with("/.");
    if (!is_link && !means_folder) return path;
    const bool leads_somewhere = ::stat(path.c_str(), &status) == 0;
    if (!leads_somewhere && means_folder && errno != ENOENT) return system_error(errno, "follow", path);
    const bool is_folder = leads_somewhere && S_ISDIR(status.st_mode);
    if (means_folder) {
        if (!is_folder) {
            return Error{Code::not_found,
                         say("cannot back up {}: there is no such folder, which the '/' at its end asks for", printable(given))};
        }
        if (!is_link) return path;
        return real_path(path, path);
    }
    warnings.push_back(is_folder ? say("{} is a symbolic link, and only the link itself is stored; {}/ would be its folder",
                                       printable(path), printable(given))
                                 : say("{} is a symbolic link, and only the link itself is stored", printable(path)));
    return path;
}

Status lead_around_stored_links(std::vector<std::string>& paths, std::vector<std::string>& warnings) {
    const auto is_stored = [&, named = paths](const std::string& at) {
        return std::any_of(named.begin(), named.end(), [&](const std::string& path) { return lies_in(at, path); });
    };
    for (std::string& path : paths) {
        for (std::string at = parent_path(path); is_stored(at) && at != "/"; at = parent_path(at)) {
            struct stat status {};
            if (::lstat(at.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) continue;
            TRY_ASSIGN(const std::string real, real_path(parent_path(path), path));
            std::string own = join_path(real, base_name(path));
            warnings.push_back(say("{} lies behind the symbolic link {}, of which only the link is stored: it is stored as {}",
                                   printable(path), printable(at), printable(own)));
            path = std::move(own);
            break;
        }
    }
    return done();
}

void exclude_always(FileSystem& files, const std::vector<std::string>& paths, FileTreeOptions& options) {
    for (const std::string& path : paths) {
        if (const auto info = files.info(path); info.ok()) options.excluded_inodes.emplace_back(info->device, info->inode);
    }
}

bool is_excluded_always(const std::string& path, const FileTreeOptions& options) {
    for (std::string at = path;; at = parent_path(at)) {
        struct stat status {};
        if (::lstat(at.c_str(), &status) == 0) {
            const std::pair<std::uint64_t, std::uint64_t> here{status.st_dev, status.st_ino};
            const auto& own = options.excluded_inodes;
            if (std::find(own.begin(), own.end(), here) != own.end()) return true;
        }
        if (at == "/" || at.empty()) return false;
    }
}

std::vector<std::string> plan_facts_of(const FileTreeOptions& options) {
    std::vector<std::string> facts;
    for (const std::string& exclude : options.excludes) facts.push_back("exclude " + exclude);
    if (options.one_file_system) facts.emplace_back("one-file-system");
    return facts;
}

}  // namespace custody
