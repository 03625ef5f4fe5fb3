#include "vault/sources/image_keys.h"

#include "base/host_name.h"
#include "base/text.h"

#include <fmt/format.h>

namespace custody {

std::string image_keys_warning(const std::string& image) {
    return say(
        "the keyring lies on {} or beside it on its disk: this image may hold a copy of the keys, and whoever may open "
        "label and vault gets them",
        printable(image));
}

Status register_image_as_copy(Keyring& keyring, const std::string& image, const std::string& label) {
    const std::string note = fmt::format("image of {} on {}, label {}", printable(image), host_name(), label);
    for (const CopyInfo& copy : keyring.copies()) {
        if (copy.note == note && copy.keys_generation == keyring.keys_generation()) return done();
    }
    TRY(keyring.register_copy("keyring", note));
    return done();
}

}  // namespace custody
