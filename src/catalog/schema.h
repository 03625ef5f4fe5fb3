// The tables of the catalogue, as the migrations that make them, in order. docs/CATALOG.md says what each column means.
// A migration that was ever released is never changed: the next one is added.
#pragma once

#include "base/sqlite.h"
#include "catalog/database.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace custody::catalog {

inline constexpr std::int64_t kCatalogApplicationId = 0x43755374;  // "CuSt" in the file's header

[[nodiscard]] const std::vector<Migration>& catalog_migrations();
[[nodiscard]] int newest_version(const std::vector<Migration>& migrations);

// What a file says of itself. corrupt: it is a database, but no catalogue.
[[nodiscard]] Result<int> catalog_version(sqlite::Database& database);
// Those above `from`, each in a transaction of its own that also sets the version.
[[nodiscard]] Status migrate(sqlite::Database& database, int from, const std::vector<Migration>& migrations);
// refused: the file's version is above what this program knows; in words that name the Custody that is needed.
[[nodiscard]] Status refuse_newer(sqlite::Database& database, int version, int newest);

}  // namespace custody::catalog
