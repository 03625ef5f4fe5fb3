// What the service has to remember between its starts and that fits nowhere else: when the digest was last sent, and the like.
// Keys are names that the program chooses; values are text of at most 64 KiB. Owner, threads, errors, durability: as Catalog.
#pragma once

#include "catalog/database.h"

#include <optional>
#include <string>
#include <string_view>

namespace custody::catalog {

// The name under which this service stores snapshots, as the keyring has it; what another one left in a shared vault is not its.
inline constexpr std::string_view kHostSetting = "host";

class Settings {
public:
    explicit Settings(Catalog& catalog) : catalog_(catalog) {}
    [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key);
    [[nodiscard]] Status set(std::string_view key, std::string_view value);  // failed: longer than 64 KiB, or no UTF-8
    [[nodiscard]] Status remove(std::string_view key);
    // What the catalogue says of itself: "custody_version", "created_at", "rebuilt_at" (nanoseconds).
    [[nodiscard]] Result<std::optional<std::string>> about(std::string_view key);

private:
    Catalog& catalog_;
};

}  // namespace custody::catalog
