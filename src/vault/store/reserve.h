// The 4 MiB `reserve`: room that a vault keeps for what frees room on a full medium. It is given up by forget, prune and repair,
// and made again by prune and repair.
//
// Threads: none. Errors: those of the store. Durable: the end of the reserve is, before what needs its room is tried again.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "vault/store/object_store.h"

#include <functional>

namespace custody {

inline constexpr const char* kReserveObject = "reserve";
inline constexpr std::uint64_t kReserveSize = 4 * 1024 * 1024;

// SHA-256 in counter mode over "custody reserve 1", so that its bytes are under a checksum too.
[[nodiscard]] Bytes reserve_content();
// Runs `step`; when it ends for lack of room, gives up the reserve and runs it once more. Where there is no reserve (any more),
// the first end counts.
[[nodiscard]] Status with_reserve(ObjectStore& store, const std::function<Status()>& step);

}  // namespace custody
