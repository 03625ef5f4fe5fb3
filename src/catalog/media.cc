#include "catalog/media.h"

#include "base/text.h"
#include "catalog/rows.h"

namespace custody::catalog {
namespace {

constexpr const char* kMediumColumns =
    "id, name, identity, vault, kind, serial, filesystem_uuid, place, custodian, state, rotation_set, registered_at, "
    "first_used_at, "
    "last_used_at, (SELECT count(*) FROM copies WHERE medium = media.id AND state = 'present'), "
    "(SELECT count(*) FROM copies WHERE medium = media.id AND state = 'owed')";

RegisteredMedium medium_of(sqlite::Columns& row) {
    RegisteredMedium medium;
    medium.key = row.integer();
    medium.entry.name = row.text();
    medium.entry.facts.identity = optional_id_column<MediumId>(row);
    medium.entry.facts.vault = optional_id_column<VaultId>(row);
    medium.entry.facts.kind = row.text();
    medium.entry.facts.serial = row.optional_text();
    medium.entry.facts.filesystem_uuid = row.optional_text();
    medium.entry.place = row.text();
    medium.entry.custodian = row.text();
    medium.entry.state = word_column<MediumState>(row);
    medium.entry.rotation_set = row.optional_text();
    medium.registered_at = time_column(row);
    medium.first_used_at = optional_time_column(row);
    medium.last_used_at = optional_time_column(row);
    medium.copies_present = row.count();
    medium.copies_owed = row.count();
    return medium;
}

Error no_such_medium(std::string_view name) {
    return {Code::not_found, say("no medium {} is registered; see `custody media list`", printable(name))};
}

Error number_unknown(MediumKey key) { return no_such_medium(std::to_string(key)); }

// SQLite says which of the three it was: "UNIQUE constraint failed: media.vault".
Status named(Status entered, const std::string& name) {
    if (entered.ok() || entered.error().code != Code::exists) return entered;
    return Error{Code::exists, say("medium {} cannot be registered so: its name, identity or vault is that of another one ({})",
                                   printable(name), entered.error().message)};
}

Status changed_one(sqlite::Database& database, MediumKey key) {
    return database.changes() == 1 ? done() : Status(number_unknown(key));
}

}  // namespace

Result<MediumKey> Media::add(const NewMedium& medium) {
    MediumKey key = 0;
    const MediumFacts& facts = medium.facts;
    const auto insert = [&](sqlite::Database& database) -> Status {
        TRY(run_sql(
            database,
            "INSERT INTO media(name, identity, vault, kind, serial, filesystem_uuid, place, custodian, state, rotation_set, "
            "registered_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            storable(medium.name, kMaxName), view_of(facts.identity), view_of(facts.vault), storable(facts.kind, kMaxName),
            storable_if(facts.serial, kMaxName), storable_if(facts.filesystem_uuid, kMaxName), storable(medium.place, kMaxName),
            storable(medium.custodian, kMaxName), word_of(medium.state), storable_if(medium.rotation_set, kMaxName),
            catalog_.now().ns));
        key = database.last_insert_id();
        return done();
    };
    TRY(named(catalog_.write(insert), medium.name));
    return key;
}

Result<std::vector<RegisteredMedium>> Media::where(const std::string& condition, const std::optional<std::string>& text,
                                                   const std::optional<ByteView>& bytes) {
    std::vector<RegisteredMedium> found;
    const std::string sql =
        fmt::format("SELECT {} FROM media WHERE {} AND coalesce(?1, ?2, 1) IS NOT NULL ORDER BY name", kMediumColumns, condition);
    TRY(catalog_.read([&](sqlite::Database& database) {
        return each_row(
            database, sql, [&](sqlite::Columns& row) { found.push_back(medium_of(row)); }, text, bytes);
    }));
    return found;
}

Result<RegisteredMedium> Media::find(const std::string& name) {
    TRY_ASSIGN(std::vector<RegisteredMedium> found, where("name = ?1", name, std::nullopt));
    if (found.empty()) return no_such_medium(name);
    return std::move(found.front());
}

Result<RegisteredMedium> Media::find(MediumKey key) {
    TRY_ASSIGN(std::vector<RegisteredMedium> found, where(fmt::format("id = {}", key), std::nullopt, std::nullopt));
    if (found.empty()) return number_unknown(key);
    return std::move(found.front());
}

Result<std::optional<RegisteredMedium>> Media::find_by_identity(const MediumId& identity) {
    TRY_ASSIGN(std::vector<RegisteredMedium> found, where("identity = ?2", std::nullopt, identity.view()));
    return found.empty() ? std::nullopt : std::optional<RegisteredMedium>(std::move(found.front()));
}

Result<std::optional<RegisteredMedium>> Media::find_by_vault(const VaultId& vault) {
    TRY_ASSIGN(std::vector<RegisteredMedium> found, where("vault = ?2", std::nullopt, vault.view()));
    return found.empty() ? std::nullopt : std::optional<RegisteredMedium>(std::move(found.front()));
}

Result<std::vector<RegisteredMedium>> Media::list() { return where("1", std::nullopt, std::nullopt); }

Status Media::set_facts(MediumKey key, const MediumFacts& facts) {
    const auto update = [&](sqlite::Database& database) -> Status {
        TRY(run_sql(database, "UPDATE media SET identity = ?, vault = ?, kind = ?, serial = ?, filesystem_uuid = ? WHERE id = ?",
                    view_of(facts.identity), view_of(facts.vault), storable(facts.kind, kMaxName),
                    storable_if(facts.serial, kMaxName), storable_if(facts.filesystem_uuid, kMaxName), key));
        return changed_one(database, key);
    };
    return named(catalog_.write(update), std::to_string(key));
}

Status Media::rename(MediumKey key, const std::string& name) {
    const auto update = [&](sqlite::Database& database) -> Status {
        TRY(run_sql(database, "UPDATE media SET name = ? WHERE id = ?", storable(name, kMaxName), key));
        return changed_one(database, key);
    };
    return named(catalog_.write(update), name);
}

Status Media::set_rotation(MediumKey key, const std::optional<std::string>& rotation_set) {
    return catalog_.write([&](sqlite::Database& database) -> Status {
        TRY(run_sql(database, "UPDATE media SET rotation_set = ? WHERE id = ?", storable_if(rotation_set, kMaxName), key));
        return changed_one(database, key);
    });
}

Status Media::move(MediumKey key, const MediumMove& move) {
    return catalog_.write([&](sqlite::Database& database) -> Status {
        TRY(run_sql(
            database,
            "INSERT INTO media_moves(medium, moved_at, state_before, state_after, place_before, place_after, custodian_before, "
            "custodian_after, entered_by, note) SELECT id, ?, state, ?, place, ?, custodian, ?, ?, ? FROM media WHERE id = ?",
            catalog_.now().ns, word_of(move.state), storable(move.place, kMaxName), storable(move.custodian, kMaxName),
            storable(move.entered_by, kMaxName), storable(move.note, kMaxText), key));
        TRY(run_sql(database, "UPDATE media SET state = ?, place = ?, custodian = ? WHERE id = ?", word_of(move.state),
                    storable(move.place, kMaxName), storable(move.custodian, kMaxName), key));
        return changed_one(database, key);
    });
}

Status Media::follow(MediumKey key, MediumState state, const std::string& note) {
    return catalog_.write([&](sqlite::Database&) -> Status {
        TRY_ASSIGN(const RegisteredMedium medium, find(key));
        if (medium.entry.state == state) return done();
        return move(key, {state, medium.entry.place, medium.entry.custodian, "service", note});
    });
}

Result<std::vector<MediumMoved>> Media::moves(MediumKey key) {
    std::vector<MediumMoved> moves;
    TRY(catalog_.read([&](sqlite::Database& database) {
        return each_row(
            database,
            "SELECT moved_at, state_before, place_before, custodian_before, state_after, place_after, custodian_after, "
            "entered_by, note "
            "FROM media_moves WHERE medium = ? ORDER BY id",
            [&](sqlite::Columns& row) {
                MediumMoved& moved = moves.emplace_back();
                moved.moved_at = time_column(row);
                moved.state_before = word_column<MediumState>(row);
                moved.place_before = row.text();
                moved.custodian_before = row.text();
                moved.after.state = word_column<MediumState>(row);
                moved.after.place = row.text();
                moved.after.custodian = row.text();
                moved.after.entered_by = row.text();
                moved.after.note = row.text();
            },
            key);
    }));
    return moves;
}

Status Media::used(MediumKey key) {
    return catalog_.write([&](sqlite::Database& database) -> Status {
        TRY(run_sql(database, "UPDATE media SET first_used_at = coalesce(first_used_at, ?1), last_used_at = ?1 WHERE id = ?2",
                    catalog_.now().ns, key));
        return changed_one(database, key);
    });
}

Status Media::enter_verification(const Verification& verification) {
    return catalog_.write([&](sqlite::Database& database) {
        return run_sql(
            database,
            "INSERT INTO verifications(medium, job, level, begun_at, ended_at, objects_all, objects_checked, bytes_read, "
            "damaged) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
            verification.medium, verification.job, storable(verification.level, kMaxName), verification.begun_at.ns,
            verification.ended_at.ns, verification.objects_all, verification.objects_checked, verification.bytes_read,
            verification.damaged);
    });
}

}  // namespace custody::catalog
