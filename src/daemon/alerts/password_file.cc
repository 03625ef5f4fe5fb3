#include "daemon/alerts/password_file.h"

#include "base/text.h"

#include <algorithm>

namespace custody {
namespace {
constexpr std::size_t kMostBytes = 1024;
}

Result<Secret> read_password_file(FileSystem& files, const std::string& path) {
    TRY_ASSIGN(const auto file, files.open(path));
    TRY_ASSIGN(const FileInfo info, file->info());
    if (!info.is_regular) return Error{Code::usage, say("{} is no file with a password", printable(path))};
    if ((info.mode & 077u) != 0) {
        return Error{Code::denied, say("others may read the password in {}: chmod 600 it", printable(path))};
    }
    Secret read(kMostBytes + 2);
    TRY_ASSIGN(std::size_t size, read_up_to(*file, 0, read.mutable_view()));
    if (size > 0 && read.view()[size - 1] == '\n') --size;
    if (size > 0 && read.view()[size - 1] == '\r') --size;
    const ByteView text = read.view().first(size);
    if (size == 0 || size > kMostBytes || std::find(text.begin(), text.end(), Byte{0}) != text.end()) {
        return Error{Code::usage, say("{} holds no password of 1 to {} bytes in one line", printable(path), kMostBytes)};
    }
    Secret password(size + 1);
    std::copy(text.begin(), text.end(), password.mutable_view().begin());
    return password;
}

Result<Secret> read_smtp_password(FileSystem& files, const SmtpSettings& settings, const std::string& credentials) {
    if (!settings.password_file.empty()) return read_password_file(files, settings.password_file);
    if (credentials.empty()) {
        return Error{Code::usage, say("the password for mail is the systemd credential {}, but the service was started without "
                                      "credentials (LoadCredential= in its unit)",
                                      printable(settings.password_credential))};
    }
    return read_password_file(files, join_path(credentials, settings.password_credential));
}

}  // namespace custody
