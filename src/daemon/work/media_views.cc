#include "daemon/work/media_views.h"

#include "base/records/optional_json.h"
#include "base/text.h"
#include "catalog/media.h"
#include "catalog/overview.h"

#include <algorithm>
#include <map>

namespace custody {
namespace {

// What is known besides the register.
struct Beside {
    std::shared_ptr<const Config> config;
    std::map<std::string, MediumSight> sights;
    std::map<std::string, Time> owed_since;
    std::map<catalog::MediumKey, Time> verified;
};

Result<Beside> look_beside(ServiceControl& control) {
    Beside beside;
    beside.config = control.config();
    for (auto& sight : control.media().sights()) beside.sights.emplace(sight.name, std::move(sight));
    catalog::Overview overview(control.catalog());
    TRY_ASSIGN(const auto debts, overview.debts());
    for (const auto& debt : debts) beside.owed_since[debt.name] = debt.oldest_since;
    TRY_ASSIGN(const auto verifications, overview.verifications());
    for (const auto& one : verifications) {
        Time& last = beside.verified[one.medium];
        last = std::max(last, one.ended_at);
    }
    return beside;
}

void add_sight(const std::string& name, const Beside& beside, Json& json) {
    const auto found = beside.sights.find(name);
    const MediumSight sight = found == beside.sights.end() ? MediumSight{} : found->second;
    json["present"] = sight.present;
    json["why_not"] = text_or_null(sight.why_not);
    json["may_be_removed"] = sight.may_be_removed;
    json["mounted_by_service"] = sight.mounted_by_service;
    json["jobs"] = sight.holds;
    json["free_bytes"] = or_null(sight.free_bytes);
    json["size_bytes"] = or_null(sight.size_bytes);
    json["looked_at"] = or_null(sight.looked_at);
    const MediumConfig* medium = beside.config->find_medium(name);
    json["configured"] = medium != nullptr;
    json["vault"] = medium == nullptr ? Json(nullptr) : Json(medium->vault);
    json["removable"] = medium == nullptr ? Json(nullptr) : Json(medium->removable);
}

Json view_of(const catalog::RegisteredMedium& medium, const Beside& beside) {
    const auto& entry = medium.entry;
    const auto& facts = entry.facts;
    const auto since = beside.owed_since.find(entry.name);
    const auto verified = beside.verified.find(medium.key);
    Json json = {{"name", entry.name},
                 {"place", entry.place},
                 {"custodian", entry.custodian},
                 {"state", catalog::word_of(entry.state)},
                 {"registered", to_rfc3339_local(medium.registered_at)},
                 {"kind", facts.kind},
                 {"identity", facts.identity ? Json(facts.identity->hex()) : Json(nullptr)},
                 {"vault_id", facts.vault ? Json(facts.vault->hex()) : Json(nullptr)},
                 {"serial", text_or_null(facts.serial.value_or(""))},
                 {"file_system_uuid", text_or_null(facts.filesystem_uuid.value_or(""))},
                 {"rotation", text_or_null(entry.rotation_set.value_or(""))},
                 {"first_use", or_null(medium.first_used_at)},
                 {"last_use", or_null(medium.last_used_at)},
                 {"copies", medium.copies_present},
                 {"owed_snapshots", medium.copies_owed},
                 {"owed_since", since == beside.owed_since.end() ? Json(nullptr) : or_null(since->second)},
                 {"last_verified", verified == beside.verified.end() ? Json(nullptr) : or_null(verified->second)}};
    add_sight(entry.name, beside, json);
    return json;
}

// Named by the configuration and never seen.
Json view_of(const MediumConfig& medium, const Beside& beside) {
    Json json = {{"name", medium.name},
                 {"place", medium.place},
                 {"custodian", medium.custodian},
                 {"state", nullptr},
                 {"registered", nullptr},
                 {"kind", medium.removable ? Json("removable") : Json(nullptr)},
                 {"identity", nullptr},
                 {"vault_id", nullptr},
                 {"serial", nullptr},
                 {"file_system_uuid", text_or_null(medium.uuid)},
                 {"rotation", text_or_null(medium.rotation)},
                 {"first_use", nullptr},
                 {"last_use", nullptr},
                 {"copies", 0},
                 {"owed_snapshots", 0},
                 {"owed_since", nullptr},
                 {"last_verified", nullptr}};
    add_sight(medium.name, beside, json);
    return json;
}

Json view_of(const catalog::MediumMoved& moved) {
    return {{"time", to_rfc3339_local(moved.moved_at)},
            {"state_before", catalog::word_of(moved.state_before)},
            {"state", catalog::word_of(moved.after.state)},
            {"place_before", moved.place_before},
            {"place", moved.after.place},
            {"custodian_before", moved.custodian_before},
            {"custodian", moved.after.custodian},
            {"entered_by", moved.after.entered_by},
            {"note", moved.after.note}};
}

}  // namespace

Result<Json> media_list(ServiceControl& control) {
    TRY_ASSIGN(const Beside beside, look_beside(control));
    TRY_ASSIGN(const auto registered, catalog::Media(control.catalog()).list());
    Json media = Json::array();
    std::set<std::string> known;
    for (const auto& medium : registered) {
        known.insert(medium.entry.name);
        media.push_back(view_of(medium, beside));
    }
    for (const MediumConfig& medium : beside.config->media) {
        if (!known.contains(medium.name)) media.push_back(view_of(medium, beside));
    }
    return Json{{"media", std::move(media)}};
}

Result<Json> medium_view(ServiceControl& control, const std::string& name) {
    TRY_ASSIGN(const Beside beside, look_beside(control));
    catalog::Media media(control.catalog());
    const auto found = media.find(name);
    if (!found.ok()) {
        const MediumConfig* medium = beside.config->find_medium(name);
        if (found.error().code != Code::not_found || medium == nullptr) return found.error();
        Json json = view_of(*medium, beside);
        json["moves"] = Json::array();
        return json;
    }
    Json json = view_of(*found, beside);
    TRY_ASSIGN(const auto moves, media.moves(found->key));
    json["moves"] = Json::array();
    for (const auto& moved : moves) json["moves"].push_back(view_of(moved));
    return json;
}

}  // namespace custody
