#include "vault/object_check.h"

#include "base/crypto.h"
#include "base/text.h"
#include "base/worker_pool.h"
#include "vault/store/local_store.h"
#include "vault/store/reserve.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kPieceSize = 1024 * 1024;

ObjectCheck with_problem(std::string problem, std::uint64_t bytes_read = 0) {
    return {std::move(problem), bytes_read, std::nullopt};
}

ObjectCheck not_opened(const Error& error) {
    ObjectCheck check = with_problem(say("cannot be read: {}", error.message));
    if (error.code == Code::denied || error.code == Code::io) check.unopened = error;
    return check;
}

std::string size_problem(std::uint64_t found, std::uint64_t expected) {
    return found < expected ? say("was cut: has {} bytes instead of {}", found, expected)
                            : say("has grown: has {} bytes instead of {}", found, expected);
}

}  // namespace

Result<ObjectId> hash_first(ObjectReader& reader, std::uint64_t size, const std::function<Status(ByteView)>& take) {
    Sha256 hash;
    Bytes piece(std::min<std::uint64_t>(size, kPieceSize));
    for (std::uint64_t at = 0; at < size;) {
        const MutableByteView into(piece.data(), std::min<std::uint64_t>(size - at, piece.size()));
        TRY(reader.read(at, into));
        hash.update(into);
        if (take) TRY(take(into));
        at += into.size();
    }
    return id_of<ObjectId>(hash.finish());
}

bool is_damage(const Error& error) {
    return error.code == Code::corrupt || error.code == Code::io || error.code == Code::not_found || error.code == Code::denied;
}

std::optional<ObjectId> id_in_name(std::string_view name) {
    const std::size_t slash = name.rfind('/');
    if (slash == std::string_view::npos || name.starts_with("ledger/")) return std::nullopt;
    return ObjectId::from_hex(name.substr(slash + 1));
}

std::string_view object_kind(std::string_view name) {
    if (name.starts_with("packs/")) return "pack";
    if (name.starts_with("index/")) return "index";
    if (name.starts_with("snapshots/")) return "snapshot";
    if (name.starts_with("ledger/")) return "ledger";
    if (name.starts_with("witness/")) return "witness";
    if (name == kMarksObject) return "marks";
    if (name == kReserveObject) return "reserve";
    if (name == kHeaderObject) return "header";
    if (name == kMediumObject) return "medium";
    return "object";
}

std::optional<LabelId> label_in_name(std::string_view name) {
    constexpr std::string_view kFolder = "index/";
    constexpr std::size_t kHexSize = 2 * LabelId::size;
    if (!name.starts_with(kFolder) || name.size() < kFolder.size() + kHexSize) return std::nullopt;
    return LabelId::from_hex(name.substr(kFolder.size(), kHexSize));
}

Result<ObjectCheck> check_presence(ObjectStore& store, const ObjectInfo& expected) {
    const auto info = store.info(expected.name);
    if (!info.ok() && info.error().code == Code::not_found) return with_problem(say("is missing"));
    if (!info.ok() && is_damage(info.error())) return not_opened(info.error());
    if (!info.ok()) return info.error();
    if (info->size != expected.size) return with_problem(size_problem(info->size, expected.size));
    return ObjectCheck{};
}

Result<ObjectCheck> check_whole(ObjectStore& store, const ObjectInfo& expected) {
    TRY_ASSIGN(ObjectCheck presence, check_presence(store, expected));
    const auto id = id_in_name(expected.name);
    if (presence.problem || !id) return presence;
    store.forget_cached(expected.name);
    auto reader = store.open(expected.name);
    if (!reader.ok() && reader.error().code == Code::not_found) return with_problem(say("is missing"));
    if (!reader.ok() && is_damage(reader.error())) return not_opened(reader.error());
    if (!reader.ok()) return reader.error();
    const auto hash = hash_first(**reader, expected.size, nullptr);
    if (!hash.ok() && is_damage(hash.error())) return with_problem(say("cannot be read: {}", hash.error().message));
    if (!hash.ok()) return hash.error();
    if (*hash != *id) return with_problem(say("its bytes do not hash to its name"), expected.size);
    return ObjectCheck{std::nullopt, expected.size, std::nullopt};
}

Status prove_written(ObjectStore& store, const ObjectInfo& written) {
    TRY_ASSIGN(const ObjectCheck check, check_whole(store, written));
    if (!check.problem) return done();
    return Error{Code::corrupt, say("{} in {} reads back differently than it was written ({}): do not trust this medium",
                                    written.name, printable(store.location()), *check.problem)};
}

Status check_many(ObjectStore& store, const CheckMany& what, const StopFlag& stop) {
    struct Checked {
        ObjectInfo object;
        Result<ObjectCheck> check = ObjectCheck{};
    };
    WorkerPool pool(what.threads);
    OrderedPipeline<Checked> pipe(pool, pool.size() * std::size_t{4});
    const auto take_next = [&]() -> Status {
        Checked checked = pipe.next();
        if (!checked.check.ok()) return std::move(checked.check).error();
        return what.take(checked.object, *checked.check);
    };
    for (const auto& [name, size] : *what.objects) {
        TRY(stop.check());
        if (pipe.full()) TRY(take_next());
        pipe.push([&store, object = ObjectInfo{name, size}, whole = what.is_whole(name)] {
            return Checked{object, whole ? check_whole(store, object) : check_presence(store, object)};
        });
    }
    while (!pipe.empty()) TRY(take_next());
    return done();
}

}  // namespace custody
