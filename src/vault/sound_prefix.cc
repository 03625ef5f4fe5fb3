#include "vault/sound_prefix.h"

#include "vault/object_check.h"

namespace custody {
namespace {

// None: not longer than expected, or it cannot be read.
Result<std::unique_ptr<ObjectReader>> open_grown(ObjectStore& store, const ObjectInfo& expected) {
    auto reader = store.open(expected.name);
    if (!reader.ok() && !is_damage(reader.error())) return std::move(reader).error();
    if (!reader.ok() || (*reader)->size() <= expected.size) return std::unique_ptr<ObjectReader>();
    return reader;
}

Result<bool> has_sound_prefix(ObjectStore& store, const ObjectInfo& expected, const StopFlag& stop) {
    const auto id = id_in_name(expected.name);
    if (!id) return false;
    TRY_ASSIGN(const auto reader, open_grown(store, expected));
    if (!reader) return false;
    const auto hash = hash_first(*reader, expected.size, [&](ByteView) { return stop.check(); });
    if (!hash.ok() && !is_damage(hash.error())) return hash.error();
    return hash.ok() && *hash == *id;
}

}  // namespace

Result<std::optional<Bytes>> sound_prefix(ObjectStore& store, const ObjectInfo& expected, std::uint64_t max_size) {
    const auto id = id_in_name(expected.name);
    if (!id || expected.size > max_size) return std::optional<Bytes>();
    TRY_ASSIGN(const auto reader, open_grown(store, expected));
    if (!reader) return std::optional<Bytes>();
    Bytes first;
    const auto hash = hash_first(*reader, expected.size, [&](ByteView piece) {
        append(first, piece);
        return done();
    });
    if (!hash.ok() && !is_damage(hash.error())) return hash.error();
    return hash.ok() && *hash == *id ? std::optional(std::move(first)) : std::nullopt;
}

Result<bool> cut_to_sound_prefix(ObjectStore& store, const ObjectInfo& expected, const StopFlag& stop) {
    // Hashed before anything is written: most of what has grown is damaged otherwise too, and room may be short.
    TRY_ASSIGN(const bool is_sound, has_sound_prefix(store, expected, stop));
    if (!is_sound) return false;
    TRY_ASSIGN(const auto reader, open_grown(store, expected));
    if (!reader) return false;
    TRY_ASSIGN(const auto writer, store.begin());
    TRY_ASSIGN(const ObjectId hash, hash_first(*reader, expected.size, [&](ByteView piece) -> Status {
                   TRY(stop.check());
                   return writer->append(piece);
               }));
    if (hash != id_in_name(expected.name)) return false;
    TRY(writer->finish_over(expected.name));
    return true;
}

}  // namespace custody
