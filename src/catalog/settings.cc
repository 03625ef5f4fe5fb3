#include "catalog/settings.h"

#include "base/text.h"
#include "catalog/rows.h"

namespace custody::catalog {
namespace {

constexpr std::size_t kMaxValue = 64 << 10;

Result<std::optional<std::string>> value_of(Catalog& catalog, std::string_view sql, std::string_view key) {
    std::optional<std::string> value;
    TRY(catalog.read([&](sqlite::Database& database) {
        return each_row(
            database, sql, [&](sqlite::Columns& row) { value = row.text(); }, key);
    }));
    return value;
}

}  // namespace

Result<std::optional<std::string>> Settings::get(std::string_view key) {
    return value_of(catalog_, "SELECT value FROM settings WHERE key = ?", key);
}

Result<std::optional<std::string>> Settings::about(std::string_view key) {
    return value_of(catalog_, "SELECT value FROM meta WHERE key = ?", key);
}

Status Settings::set(std::string_view key, std::string_view value) {
    if (value.size() > kMaxValue || !is_utf8(value))
        return Error{Code::failed, say("the value of {} cannot be kept in the catalogue: too long, or no text", printable(key))};
    return catalog_.write([&](sqlite::Database& database) {
        return run_sql(database, "INSERT OR REPLACE INTO settings(key, value, changed_at) VALUES(?, ?, ?)", key, value,
                       catalog_.now().ns);
    });
}

Status Settings::remove(std::string_view key) {
    return catalog_.write(
        [&](sqlite::Database& database) { return run_sql(database, "DELETE FROM settings WHERE key = ?", key); });
}

}  // namespace custody::catalog
