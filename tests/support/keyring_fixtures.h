// Keyrings for tests: cheap passphrases, and a clock that says what it is told.
#pragma once

#include "base/clock.h"
#include "vault/keys/keyring.h"

#include <string>
#include <string_view>

namespace custody::test {

class SettableClock final : public Clock {
public:
    [[nodiscard]] Time now() const override { return now_; }
    [[nodiscard]] std::int64_t monotonic_ns() const override { return now_.ns; }
    void set(Time now) { now_ = now; }
    void advance(std::int64_t ns) { now_.ns += ns; }

private:
    Time now_{1'790'000'000 * kSecond};  // 2026-09-21
};

inline constexpr Argon2Cost kCheapCost{8192, 1, 1};

inline Secret secret_text(std::string_view text) { return Secret::copy_of(as_bytes(text)); }

}  // namespace custody::test
