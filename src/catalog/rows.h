// Between rows and values: ids, times and words of a column, and texts made fit to be stored.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "base/sqlite.h"
#include "catalog/words.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace custody::catalog {

// What comes from elsewhere, as one line of valid UTF-8 of at most max_size bytes; longer ones end in "…".
[[nodiscard]] std::string storable(std::string_view text, std::size_t max_size);
[[nodiscard]] std::optional<std::string> storable_if(const std::optional<std::string>& text, std::size_t max_size);

inline constexpr std::size_t kMaxName = 255;    // of plans, labels, media, hosts, places
inline constexpr std::size_t kMaxText = 2'000;  // of messages

template <class AnyId>
AnyId id_column(sqlite::Columns& row) {
    const ByteView bytes = row.blob();
    if (bytes.size() == AnyId::size) return AnyId::from(bytes);
    row.fail();
    return {};
}
template <class AnyId>
std::optional<AnyId> optional_id_column(sqlite::Columns& row) {
    const auto bytes = row.optional_blob();
    if (!bytes) return std::nullopt;
    if (bytes->size() == AnyId::size) return AnyId::from(*bytes);
    row.fail();
    return std::nullopt;
}
inline Time time_column(sqlite::Columns& row) { return {row.integer()}; }
inline std::optional<Time> optional_time_column(sqlite::Columns& row) {
    const auto ns = row.optional_integer();
    return ns ? std::optional<Time>(Time{*ns}) : std::nullopt;
}
inline std::optional<std::uint64_t> optional_count_column(sqlite::Columns& row) {
    const auto value = row.optional_integer();
    if (!value) return std::nullopt;
    if (*value < 0) row.fail();
    return static_cast<std::uint64_t>(*value < 0 ? 0 : *value);
}
template <class Enum>
Enum word_column(sqlite::Columns& row) {
    const auto value = from_word<Enum>(row.text());
    if (!value) row.fail();
    return value.value_or(Enum{});
}
inline std::optional<std::int64_t> ns_of(const std::optional<Time>& time) {
    return time ? std::optional<std::int64_t>(time->ns) : std::nullopt;
}
template <class AnyId>
std::optional<ByteView> view_of(const std::optional<AnyId>& id) {
    return id ? std::optional<ByteView>(id->view()) : std::nullopt;
}

// One statement with its values, run to the end.
template <class... Values>
[[nodiscard]] Status run_sql(sqlite::Database& database, std::string_view sql, const Values&... values) {
    TRY_ASSIGN(sqlite::Statement statement, sqlite::Statement::prepare(database, sql));
    TRY(statement.bind(values...));
    return statement.run();
}

// Every row of a query through `take`, which reads its columns; a value of a wrong kind ends it with corrupt. The statement may
// be used again and again: preparing costs more than a look into an index.
template <class... Values>
[[nodiscard]] Status each_row(sqlite::Statement& statement, const std::function<void(sqlite::Columns&)>& take,
                              const Values&... values) {
    statement.reset();
    TRY(statement.bind(values...));
    for (;;) {
        TRY_ASSIGN(const bool row, statement.step());
        if (!row) break;
        sqlite::Columns columns = statement.columns();
        take(columns);
        TRY(columns.status());
    }
    statement.reset();
    return done();
}
template <class... Values>
[[nodiscard]] Status each_row(sqlite::Database& database, std::string_view sql, const std::function<void(sqlite::Columns&)>& take,
                              const Values&... values) {
    TRY_ASSIGN(sqlite::Statement statement, sqlite::Statement::prepare(database, sql));
    return each_row(statement, take, values...);
}

}  // namespace custody::catalog
