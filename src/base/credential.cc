#include "base/credential.h"

#include "base/file.h"
#include "base/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace custody {
namespace {

Status check_rights(int fd, const std::string& path) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return system_error(errno, "look at", path);
    const bool is_ours = status.st_uid == 0 || status.st_uid == ::geteuid();
    if (S_ISREG(status.st_mode) && is_ours && (status.st_mode & 0077) == 0) return done();
    return Error{Code::refused, say("the credential {} is not taken: it must be a file that nobody but its owner may read (mode "
                                    "0400), of root or of this user",
                                    printable(path))};
}

}  // namespace

std::string credentials_folder() {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    return folder == nullptr || *folder != '/' ? std::string() : std::string(folder);
}

Result<std::optional<Secret>> read_credential(const std::string& folder, const std::string& name) {
    if (name.empty() || name == "." || name == ".." || name.size() > 255 ||
        name.find_first_of(std::string_view("/\0", 2)) != std::string::npos)
        return Error{Code::usage, say("'{}' cannot name a credential: give the name of a file", printable(name))};
    if (folder.empty()) return std::optional<Secret>();
    const std::string path = join_path(folder, name);
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK));
    if (!fd.valid() && errno == ENOENT) return std::optional<Secret>();
    if (!fd.valid()) return system_error(errno, "open", path);
    TRY(check_rights(fd.get(), path));
    Secret all(kMaxCredentialSize + 1);
    std::size_t filled = 0;
    while (filled < all.size()) {
        const ssize_t got = ::read(fd.get(), all.mutable_view().data() + filled, all.size() - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error(errno, "read", path);
        if (got == 0) return std::optional(Secret::copy_of(all.view().first(filled)));
        filled += static_cast<std::size_t>(got);
    }
    return Error{Code::corrupt, say("the credential {} is longer than {}", printable(path), human_bytes(kMaxCredentialSize))};
}

Secret first_line_of(const Secret& text) {
    const ByteView all = text.view();
    auto end = std::find(all.begin(), all.end(), Byte{'\n'});
    if (end != all.begin() && *(end - 1) == '\r') --end;
    return Secret::copy_of(all.first(static_cast<std::size_t>(end - all.begin())));
}

}  // namespace custody
