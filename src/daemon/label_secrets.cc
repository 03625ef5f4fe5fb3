#include "daemon/label_secrets.h"

#include "base/credential.h"
#include "base/passphrase_text.h"
#include "base/text.h"
#include "vault/keys/unlocked_labels.h"

namespace custody {
namespace {

std::string waiting_text(const std::vector<std::string>& labels) {
    std::string named;
    for (const std::string& label : labels) named += (named.empty() ? "" : ", ") + printable(label);
    return say(
        "waiting for key: nobody has unlocked label {}, or its time is over, or its keys were rotated since; type 'custody "
        "key unlock --label {} --for 4h' as the user of the service",
        named, printable(labels.empty() ? "L" : labels.front()));
}

}  // namespace

Result<bool> LabelSecretsDoor::has_credential() const {
    TRY_ASSIGN(const auto text, read_credential(credentials_, name_));
    return text.has_value();
}

Result<LabelKeys> LabelSecretsDoor::keys_for(const Keyring& keyring, const std::vector<std::string>& labels) const {
    std::vector<LabelId> ids;
    for (const std::string& label : labels) {
        TRY_ASSIGN(const auto keys, keyring.writer_keys(label));
        ids.push_back(keys->label);
    }
    TRY_ASSIGN(const auto credential, read_credential(credentials_, name_));
    LabelKeys answer;
    if (!credential) {
        TRY_ASSIGN(answer.keys, open_with_unlocked(keyring, ids));
        if (!answer.keys) answer.waiting = waiting_text(labels);
        return answer;
    }
    auto unlocked = keyring.unlock(normalized_passphrase(first_line_of(*credential)));
    if (!unlocked.ok()) {
        return Error{unlocked.error().code, say("the systemd credential {}: {}", printable(name_), unlocked.error().message)};
    }
    TRY_ASSIGN(answer.keys, narrowed(*unlocked, ids));
    return answer;
}

}  // namespace custody
