#include "daemon/work/key_routes.h"

#include "base/credential.h"
#include "daemon/jobs/own_folders.h"
#include "daemon/label_secrets.h"
#include "vault/keys/unlocked_labels.h"

namespace custody {
namespace {

// {"label", "unlocked_until", "by_credential", "has_key"}: one that nobody unlocked is opened by the credential all the same.
ApiReply list_keys(ServiceControl& control) {
    const std::shared_ptr<const Config> config = control.config();
    TRY_ASSIGN(const Keyring keyring, Keyring::open(posix_file_system(), control.clock(), keyring_folder(*config)));
    bool by_credential = false;
    if (config->keys.role == KeyRole::custodian) {
        TRY_ASSIGN(by_credential, LabelSecretsDoor(credentials_folder(), config->keys.credential).has_credential());
    }
    Json labels = Json::array();
    for (const LabelInfo& label : keyring.labels()) {
        TRY_ASSIGN(const auto unlocked, unlocked_label(keyring.family(), label.id));
        const bool opens = by_credential && label.has_secret;
        labels.push_back({{"label", label.name},
                          {"unlocked_until", unlocked ? Json(to_rfc3339_local(unlocked->until)) : Json(nullptr)},
                          {"by_credential", opens},
                          {"has_key", opens || unlocked.has_value()}});
    }
    return labels;
}

}  // namespace

void add_key_routes(RouteTable& routes, ServiceControl& control) {
    routes.add({ApiMethod::get, "/v1/keys", ApiAccess::group, [&control](const ApiRequest&) { return list_keys(control); }});
}

}  // namespace custody
