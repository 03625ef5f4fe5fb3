#include "base/passphrase_text.h"

#include "base/text.h"

namespace custody {

Secret normalized_passphrase(const Secret& passphrase) {
    std::string text = to_nfc(as_text(passphrase.view()));
    Secret out = Secret::copy_of(as_bytes(text));
    wipe({reinterpret_cast<Byte*>(text.data()), text.size()});
    return out;
}

}  // namespace custody
