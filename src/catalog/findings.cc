#include "catalog/findings.h"

#include "base/text.h"
#include "catalog/rows.h"

#include <fmt/args.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace custody::catalog {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxArguments = 16;
constexpr const char* kFindingColumns =
    "id, kind, object, severity, text, times, first_seen_at, last_seen_at, acknowledged_at, acknowledged_by, resolved_at";

Message message_column(sqlite::Columns& row) {
    const Json pieces = Json::parse(row.text(), nullptr, false);
    Message message;
    if (!pieces.is_array() || pieces.empty() ||
        !std::all_of(pieces.begin(), pieces.end(), [](const Json& p) { return p.is_string(); })) {
        row.fail();
        return message;
    }
    message.english = pieces.front().get<std::string>();
    for (std::size_t at = 1; at < pieces.size(); ++at) message.arguments.push_back(pieces[at].get<std::string>());
    return message;
}

Finding finding_of(sqlite::Columns& row) {
    Finding finding;
    finding.id = row.integer();
    finding.seen.kind = row.text();
    finding.seen.object = row.text();
    finding.seen.severity = word_column<Severity>(row);
    finding.seen.text = message_column(row);
    finding.times = row.count();
    finding.first_seen_at = time_column(row);
    finding.last_seen_at = time_column(row);
    finding.acknowledged_at = optional_time_column(row);
    finding.acknowledged_by = row.optional_text();
    finding.resolved_at = optional_time_column(row);
    return finding;
}

template <class... Values>
Result<std::vector<Finding>> findings_where(Catalog& catalog, std::string_view condition, const Values&... values) {
    std::vector<Finding> found;
    const std::string sql = fmt::format("SELECT {} FROM findings WHERE {}", kFindingColumns, condition);
    TRY(catalog.read([&](sqlite::Database& database) {
        return each_row(
            database, sql, [&](sqlite::Columns& row) { found.push_back(finding_of(row)); }, values...);
    }));
    return found;
}

}  // namespace

std::string stored_form(const Message& message) {
    Json pieces = Json::array({storable(message.english, kMaxText)});
    for (std::size_t at = 0; at < std::min(message.arguments.size(), kMaxArguments); ++at)
        pieces.push_back(storable(message.arguments[at], kMaxText));
    return pieces.dump();
}

std::string Message::shown() const {
    fmt::dynamic_format_arg_store<fmt::format_context> store;
    for (const std::string& argument : arguments) store.push_back(argument);
    try {
        return fmt::vformat(translate(english), store);
    } catch (const fmt::format_error&) {  // kept by another version, whose text had other places
        std::string joined = english;
        for (const std::string& argument : arguments) joined += " · " + argument;
        return joined;
    }
}

Result<SeenAgain> Findings::see(const Seen& seen) {
    SeenAgain again;
    const std::string kind = storable(seen.kind, kMaxName), object = storable(seen.object, kMaxText);
    const auto enter = [&](sqlite::Database& database) -> Status {
        TRY_ASSIGN(const auto open, findings_where(catalog_, "kind = ? AND object = ? AND resolved_at IS NULL", kind, object));
        const std::int64_t now = catalog_.now().ns;
        again.first = open.empty();
        if (open.empty()) {
            TRY(run_sql(database,
                        "INSERT INTO findings(kind, object, severity, text, times, first_seen_at, last_seen_at) "
                        "VALUES(?1, ?2, ?3, ?4, 1, ?5, ?5)",
                        kind, object, word_of(seen.severity), stored_form(seen.text), now));
            again.id = database.last_insert_id();
            return done();
        }
        again.id = open.front().id;
        again.graver = seen.severity > open.front().seen.severity;
        TRY(run_sql(database, "UPDATE findings SET severity = ?, text = ?, times = times + 1, last_seen_at = ? WHERE id = ?",
                    word_of(seen.severity), stored_form(seen.text), now, again.id));
        if (!again.graver) return done();
        return run_sql(database, "UPDATE findings SET acknowledged_at = NULL, acknowledged_by = NULL WHERE id = ?", again.id);
    };
    TRY(catalog_.write(enter));
    return again;
}

Result<bool> Findings::resolve(std::string_view kind, std::string_view object) {
    bool any = false;
    const auto resolve_open = [&](sqlite::Database& database) -> Status {
        TRY(run_sql(database, "UPDATE findings SET resolved_at = ? WHERE kind = ? AND object = ? AND resolved_at IS NULL",
                    catalog_.now().ns, storable(kind, kMaxName), storable(object, kMaxText)));
        any = database.changes() > 0;
        return done();
    };
    TRY(catalog_.write(resolve_open));
    return any;
}

Status Findings::acknowledge(FindingId id, std::string_view by) {
    return catalog_.write([&](sqlite::Database& database) -> Status {
        TRY(run_sql(database, "UPDATE findings SET acknowledged_at = ?, acknowledged_by = ? WHERE id = ? AND resolved_at IS NULL",
                    catalog_.now().ns, storable(by, kMaxName), id));
        if (database.changes() == 1) return done();
        return Error{Code::not_found, say("there is no open finding {}; see `custody status`", id)};
    });
}

Result<std::vector<Finding>> Findings::open() {
    return findings_where(catalog_,
                          "resolved_at IS NULL ORDER BY CASE severity WHEN 'urgent' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, id");
}

Result<std::vector<Finding>> Findings::resolved(std::size_t limit) {
    return findings_where(catalog_, "resolved_at IS NOT NULL ORDER BY resolved_at DESC, id DESC LIMIT ?",
                          std::min<std::size_t>(limit, 1000));
}

}  // namespace custody::catalog
