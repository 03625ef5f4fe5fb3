#include "vault/store/session.h"

#include "base/crypto.h"
#include "base/text.h"
#include "vault/store/local_store.h"

#include <algorithm>
#include <vector>

namespace custody {
namespace {

constexpr std::string_view kMagic = "custody marks 1";
constexpr std::size_t kMaxMarksSize = std::size_t{256} * 1024 * 1024;  // eight million packs

Error damaged(std::string_view why) {
    return {Code::corrupt, say("{} is damaged: {}; run 'custody repair', or 'custody prune', which writes it anew", kMarksObject,
                               translate(why))};
}

// What stands in the place of one of the vault's folders hinders every writer, and the system's words do not say what to do.
Error with_wrong_place(ObjectStore& store, Error error) {
    for (const char* folder : {"tmp", "sessions"}) {
        const auto blocked = store.is_blocked(folder);
        if (!blocked.ok() || !*blocked) continue;
        return {Code::corrupt, say("'{}' in {} is no folder, and the vault needs one there: nothing can be written; run "
                                   "`custody repair`",
                                   folder, store.location())};
    }
    return error;
}

}  // namespace

Bytes encode(const Marks& marks) {
    std::vector<ObjectId> sorted(marks.packs.begin(), marks.packs.end());
    std::sort(sorted.begin(), sorted.end());
    Bytes bytes;
    ByteWriter writer(bytes);
    writer.raw(as_bytes(kMagic));
    writer.u64(marks.generation);
    writer.u32(static_cast<std::uint32_t>(sorted.size()));
    for (const auto& id : sorted) writer.raw(id.view());
    const Digest digest = sha256(bytes);
    writer.raw(digest.view());
    return bytes;
}

Result<Marks> decode_marks(ByteView bytes) {
    if (bytes.size() < kMagic.size() + Digest::size) return damaged("it is too short");
    const ByteView body = bytes.first(bytes.size() - Digest::size);
    if (sha256(body) != Digest::from(bytes.last(Digest::size))) return damaged("its checksum does not match");
    ByteReader reader(body);
    if (as_text(reader.raw(kMagic.size())) != kMagic) return damaged("it does not begin as it should");
    Marks marks;
    marks.generation = reader.u64();
    const std::size_t count = reader.u32();
    if (!reader.ok() || reader.remaining() != count * ObjectId::size) return damaged("its length does not match its count");
    marks.packs.reserve(count);
    for (std::size_t i = 0; i < count; ++i) marks.packs.insert(ObjectId::from(reader.raw(ObjectId::size)));
    return marks;
}

Result<Marks> read_marks(ObjectStore& store) {
    auto bytes = store.get(kMarksObject, kMaxMarksSize);
    if (bytes.ok()) return decode_marks(*bytes);
    if (bytes.error().code == Code::not_found) return Marks{};
    return std::move(bytes).error();
}

Result<Session> Session::begin(ObjectStore& store) {
    Session session;
    auto lock = store.begin_session();
    if (!lock.ok()) return with_wrong_place(store, std::move(lock).error());
    session.lock_ = std::move(*lock);
    TRY_ASSIGN(session.marks_, read_marks(store));
    TRY(session.lock_->carry_generation(session.marks_.generation));
    return session;
}

}  // namespace custody
