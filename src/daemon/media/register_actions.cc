#include "daemon/media/register_actions.h"

#include "base/counts.h"
#include "base/text.h"
#include "catalog/snapshots.h"
#include "daemon/media/lifecycle.h"

#include <utility>

namespace custody {
namespace {

using catalog::MediumState;

std::optional<std::string> if_any(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

catalog::MediumFacts facts_of(const MediumEntry& entry) {
    const IdentityOnMedium& identity = entry.identity;
    return {identity.medium, identity.vault, entry.kind, if_any(identity.place.serial), if_any(identity.place.file_system_uuid)};
}

// Entered before its identity was known, from its vault alone (catalog/rebuild.h).
bool is_awaited(const catalog::RegisteredMedium& medium, const MediumEntry& entry) {
    const auto& facts = medium.entry.facts;
    if (medium.entry.name != entry.identity.name) return false;
    if (entry.is_new_identity) return facts.vault && facts.vault == entry.identity.vault;
    return !facts.identity && (!facts.vault || facts.vault == entry.identity.vault);
}

Status complete(catalog::Media& media, const catalog::RegisteredMedium& medium, const MediumEntry& entry) {
    TRY(media.set_facts(medium.key, facts_of(entry)));
    TRY(media.set_rotation(medium.key, if_any(entry.rotation_set)));
    if (!medium.entry.place.empty() || !medium.entry.custodian.empty()) return done();
    if (entry.place.empty() && entry.custodian.empty()) return done();
    return media.move(medium.key, {medium.entry.state, entry.place, entry.custodian, "service", ""});
}

Status check_hand_over(const catalog::MediumMove& move) {
    const bool is_ended = move.state == MediumState::retired || move.state == MediumState::erased;
    if (!move.entered_by.empty() && (is_ended || (!move.place.empty() && !move.custodian.empty()))) return done();
    return Error{Code::usage, say("a hand-over names the place, the custodian and who enters it")};
}

Status move_checked(catalog::Media& media, const catalog::RegisteredMedium& medium, const catalog::MediumMove& move) {
    TRY(check_hand_over(move));
    TRY(check_transition(medium.entry.name, medium.entry.state, move.state));
    return media.move(medium.key, move);
}

}  // namespace

Status enter_medium(catalog::Catalog& catalog, const MediumEntry& entry) {
    return catalog.write([&](sqlite::Database&) -> Status {
        catalog::Media media(catalog);
        TRY_ASSIGN(const auto known, media.find_by_identity(entry.identity.medium));
        if (!known) {
            const auto same_name = media.find(entry.identity.name);
            if (same_name.ok() && is_awaited(*same_name, entry)) return complete(media, *same_name, entry);
            const auto added = media.add({entry.identity.name, facts_of(entry), MediumState::in_use, entry.place, entry.custodian,
                                          if_any(entry.rotation_set)});
            return added.ok() ? done() : Status(added.error());
        }
        if (known->entry.name != entry.identity.name)
            return Error{Code::exists,
                         say("this is the medium {} of the register: use that name, or retire it and prepare the disk "
                             "anew",
                             printable(known->entry.name))};
        if (known->entry.state == MediumState::erased)
            TRY(check_transition(known->entry.name, MediumState::erased, MediumState::in_use));
        TRY(media.set_facts(known->key, facts_of(entry)));
        return media.set_rotation(known->key, if_any(entry.rotation_set));
    });
}

Status move_medium(catalog::Catalog& catalog, const std::string& name, const catalog::MediumMove& move) {
    return catalog.write([&](sqlite::Database&) -> Status {
        catalog::Media media(catalog);
        TRY_ASSIGN(const auto medium, media.find(name));
        return move_checked(media, medium, move);
    });
}

Status retire_medium(catalog::Catalog& catalog, const std::string& name, const std::string& entered_by, const std::string& reason,
                     bool accept_loss) {
    return catalog.write([&](sqlite::Database&) -> Status {
        catalog::Media media(catalog);
        catalog::Snapshots snapshots(catalog);
        TRY_ASSIGN(const auto medium, media.find(name));
        TRY_ASSIGN(const std::uint64_t last_copies, snapshots.only_on(medium.key));
        if (last_copies > 0 && !accept_loss)
            return Error{
                Code::refused,
                say_count(last_copies,
                          "the medium {1} holds the last copy of {0} snapshot: bring another one into step first, or move "
                          "all to a new disk with 'custody media replace'",
                          "the medium {1} holds the last copies of {0} snapshots: bring another one into step first, or "
                          "move all to a new disk with 'custody media replace'",
                          printable(name))};
        std::string note = reason;
        if (last_copies > 0)
            note +=
                " (" + say_count(last_copies, "with the last copy of {} snapshot", "with the last copies of {} snapshots") + ")";
        TRY(move_checked(media, medium, {MediumState::retired, medium.entry.place, medium.entry.custodian, entered_by, note}));
        return snapshots.drop_debts_of(medium.key);
    });
}

Status replace_in_register(catalog::Catalog& catalog, const std::string& old_name, const std::string& new_name,
                           const std::string& kept_as, const std::string& entered_by) {
    if (old_name == new_name) return Error{Code::usage, say("a medium is not replaced by itself")};
    return catalog.write([&](sqlite::Database&) -> Status {
        catalog::Media media(catalog);
        TRY_ASSIGN(const auto old_medium, media.find(old_name));
        TRY_ASSIGN(const auto new_medium, media.find(new_name));
        TRY(move_checked(
            media, old_medium,
            {MediumState::retired, old_medium.entry.place, old_medium.entry.custodian, entered_by, "-> " + new_name}));
        TRY(move_checked(media, new_medium,
                         {MediumState::in_use, old_medium.entry.place, old_medium.entry.custodian, entered_by, "<- " + kept_as}));
        TRY(media.rename(old_medium.key, kept_as));
        TRY(media.rename(new_medium.key, old_name));
        TRY(media.set_rotation(new_medium.key, old_medium.entry.rotation_set));
        return media.set_rotation(old_medium.key, std::nullopt);
    });
}

Result<std::vector<KnownMedium>> known_media(catalog::Catalog& catalog) {
    catalog::Media media(catalog);
    TRY_ASSIGN(const auto all, media.list());
    std::vector<KnownMedium> known;
    for (const auto& medium : all) {
        if (medium.entry.state == MediumState::erased) continue;
        const auto& facts = medium.entry.facts;
        known.push_back({medium.entry.name, facts.identity, facts.vault, facts.filesystem_uuid.value_or("")});
    }
    return known;
}

ExpectedMedium expected_medium(const std::string& name, const std::string& vault, const std::string& uuid,
                               const std::string& exception, const catalog::RegisteredMedium* registered) {
    ExpectedMedium expected{name, vault, uuid, std::nullopt, std::nullopt, exception};
    if (registered == nullptr) return expected;
    const auto& facts = registered->entry.facts;
    if (expected.file_system_uuid.empty()) expected.file_system_uuid = facts.filesystem_uuid.value_or("");
    expected.id = facts.identity;
    expected.vault_id = facts.vault;
    return expected;
}

}  // namespace custody
