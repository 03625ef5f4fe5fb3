#include "vault/keys/key_tag.h"

#include "base/text.h"

namespace custody {
namespace {

constexpr std::string_view kDomain = "custody epoch key 1";

}  // namespace

KeyTag key_tag(const PublicKey& epoch_public) {
    Sha256 hash;
    hash.update(as_bytes(kDomain));
    hash.update(epoch_public);
    return KeyTag::from(hash.finish().view().first(KeyTag::size));
}

std::string why_keys_lack(bool is_custodian) {
    if (!is_custodian) {
        return say(
            "this writer's keyring is older than the newest 'key rotate': take over the custodian's 'custody key export "
            "--public' here with 'custody key import'");
    }
    return say(
        "this keyring is older than the newest 'key rotate', or another keyring of the family was rotated; use the keyring "
        "that has the key, or its newest recovery kit: 'custody key import KIT --keyring FOLDER'");
}

}  // namespace custody
