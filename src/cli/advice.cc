#include "cli/advice.h"

#include "base/file.h"
#include "base/text.h"
#include "vault/keys/keyring_file.h"
#include "vault/store/local_store.h"

#include <sys/stat.h>
#include <unistd.h>
#include <array>

namespace custody {
namespace {

bool is_below(const std::string& path, const std::string& folder) {
    return path == folder || path.starts_with(folder.ends_with('/') ? folder : folder + "/");
}

}  // namespace

std::string keyring_rights_warning(const std::string& keyring_folder) {
    struct stat folder {};
    struct stat file {};
    if (::stat(keyring_folder.c_str(), &folder) != 0 || ::stat(keyring_path(keyring_folder).c_str(), &file) != 0) return "";
    const bool is_open = (file.st_mode & 077) != 0 || (folder.st_mode & 022) != 0;
    const bool is_anothers = folder.st_uid != file.st_uid && folder.st_uid != 0;
    if (!is_open && !is_anothers) return "";
    return say(
        "others may read or change the keyring {} (owners {} and {}, modes {:o} and {:o}): whoever does can sign, forget and "
        "prune without a passphrase; give it to the user who backs up, then chmod 700 {}, chmod 600 {}",
        printable(keyring_folder), folder.st_uid, file.st_uid, folder.st_mode & 07777u, file.st_mode & 07777u,
        printable(keyring_folder), printable(keyring_path(keyring_folder)));
}

std::vector<std::string> likely_sources() {
    constexpr std::array kFolders = {"/", "/etc", "/home", "/srv", "/var", "/opt", "/usr/share"};
    std::vector<std::string> found;
    for (const char* folder : kFolders) {
        if (::access(folder, F_OK) == 0) found.emplace_back(folder);
    }
    return found;
}

Status check_apart(const std::string& keyring_folder, const std::string& vault_path) {
    if (!is_below(keyring_folder, vault_path) && !is_below(vault_path, keyring_folder)) return done();
    return Error{Code::usage,
                 say("the keyring {} and the vault {} lie one inside the other: keys are kept apart from the data; name "
                     "another folder with --keyring or --vault",
                     printable(keyring_folder), printable(vault_path))};
}

Status check_outside_vaults(const std::string& path, const std::string& keyring_folder) {
    std::string at = path;
    while (true) {
        struct stat header {};
        const bool is_vault = ::stat(join_path(at, kHeaderObject).c_str(), &header) == 0 &&
                              ::stat(join_path(at, "ledger").c_str(), &header) == 0 && S_ISDIR(header.st_mode);
        if (is_vault) {
            return Error{Code::refused, say("{} lies inside the vault {}: name a place outside", printable(path), printable(at))};
        }
        if (at == keyring_folder) {
            return Error{Code::refused,
                         say("{} lies inside the keyring {}: name a place outside", printable(path), printable(at))};
        }
        if (at == "/") return done();
        at = parent_path(at);
    }
}

}  // namespace custody
