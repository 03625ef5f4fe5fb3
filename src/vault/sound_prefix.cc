#include "vault/sound_prefix.h"

#include "base/crypto.h"
#include "vault/object_check.h"

namespace custody {

Result<std::optional<Bytes>> sound_prefix(ObjectStore& store, const ObjectInfo& expected) {
    const auto id = id_in_name(expected.name);
    const auto reader = id ? store.open(expected.name) : Result<std::unique_ptr<ObjectReader>>(Error{Code::not_found, ""});
    if (!reader.ok()) return is_damage(reader.error()) ? std::optional<Bytes>() : Result<std::optional<Bytes>>(reader.error());
    if ((*reader)->size() <= expected.size) return std::optional<Bytes>();
    Bytes first(static_cast<std::size_t>(expected.size));  // no more than what lies there
    const Status read = (*reader)->read(0, first);
    if (!read.ok()) return is_damage(read.error()) ? std::optional<Bytes>() : Result<std::optional<Bytes>>(read.error());
    if (id_of<ObjectId>(sha256(first)) != *id) return std::optional<Bytes>();
    return std::optional<Bytes>(std::move(first));
}

}  // namespace custody
