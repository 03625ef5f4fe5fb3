#include "vault/store/reserve.h"

#include "base/crypto.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::string_view kReservePurpose = "custody reserve 1";

static_assert(kReserveSize % Digest::size == 0);

}  // namespace

Bytes reserve_content() {
    Bytes content(kReserveSize), message;
    ByteWriter(message).raw(as_bytes(kReservePurpose));
    const std::size_t place = message.size();
    message.resize(place + sizeof(std::uint64_t));
    for (std::size_t at = 0; at < content.size(); at += Digest::size) {
        store_le(message.data() + place, std::uint64_t{at / Digest::size});
        const Digest digest = sha256(message);
        std::copy_n(digest.view().begin(), Digest::size, content.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return content;
}

Status with_reserve(ObjectStore& store, const std::function<Status()>& step) {
    Status ran = step();
    if (ran.ok() || ran.error().code != Code::no_space) return ran;
    const Status removed = store.remove(kReserveObject);
    if (!removed.ok()) return removed.error().code == Code::not_found ? ran : removed;
    TRY(store.barrier());
    return step();
}

}  // namespace custody
