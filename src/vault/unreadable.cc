#include "vault/unreadable.h"

#include "base/text.h"

namespace custody {

bool is_unreadable(const Error& error) {
    return error.code == Code::corrupt || error.code == Code::io || error.code == Code::denied;
}

Error with_way_out(const std::string& what, Code why) {
    if (why == Code::failed) return {why, what};  // no word about the vault
    if (why == Code::denied) return {why, say("{}; run it as the user who owns the vault", what)};
    if (why == Code::wrong_key) {  // the pack is sound: no repair changes under which key it lies
        return {why, say("{}; or restore from another vault of the family that has it under a key which is here", what)};
    }
    return {Code::corrupt, say("{}; `custody repair --from` a second vault can bring it back", what)};
}

Error lost_folder(const std::string& path, const Error& why) {
    return with_way_out(say("folder {}: {}", printable(path), why.message), why.code);
}

}  // namespace custody
