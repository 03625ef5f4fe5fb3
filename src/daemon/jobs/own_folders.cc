#include "daemon/jobs/own_folders.h"

namespace custody {

std::string keyring_folder(const Config& config) {
    return config.keys.keyring.empty() ? "/etc/custody/keyring" : config.keys.keyring;
}

std::vector<std::string> own_folders(const Config& config) {
    std::vector<std::string> folders = {keyring_folder(config), config.service.cache_folder, config.service.state_folder};
    for (const MediumConfig& medium : config.media) folders.push_back(medium.vault);
    return folders;
}

}  // namespace custody
