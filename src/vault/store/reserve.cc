#include "vault/store/reserve.h"

#include "base/crypto.h"

namespace custody {
namespace {

constexpr std::string_view kPurpose = "custody reserve 1";

}  // namespace

Bytes reserve_content() {
    Bytes content;
    content.reserve(kReserveSize);
    for (std::uint64_t counter = 0; content.size() < kReserveSize; ++counter) {
        Bytes message;
        ByteWriter writer(message);
        writer.raw(as_bytes(kPurpose));
        writer.u64(counter);
        append(content, sha256(message).view());
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
