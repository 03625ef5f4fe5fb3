#include "vault/presence.h"

#include "base/text.h"
#include "vault/object_check.h"
#include "vault/store/local_store.h"
#include "vault/store/session.h"
#include "vault/wrong_places.h"

#include <fmt/format.h>

#include <utility>

namespace custody {
namespace {

constexpr const char* kMarks = "gc/marks";

Status list_into(ObjectStore& store, const char* folder, std::map<std::string, std::uint64_t>& listed) {
    TRY_ASSIGN(const std::vector<ObjectInfo> objects, store.list(folder));
    for (const ObjectInfo& object : objects) listed.emplace(object.name, object.size);
    return done();
}

Result<bool> is_there(ObjectStore& store, const std::string& name) {
    const auto info = store.info(name);
    if (!info.ok() && info.error().code != Code::not_found && !is_damage(info.error())) return info.error();
    return info.ok() || info.error().code != Code::not_found;
}

}  // namespace

Result<Presence> look_for_objects(ObjectStore& store, Ledger& ledger) {
    Presence presence;
    TRY_ASSIGN(presence.packs, store.list("packs"));
    std::map<std::string, std::uint64_t> listed;
    for (const ObjectInfo& pack : presence.packs) listed.emplace(pack.name, pack.size);
    TRY(list_into(store, "index", listed));
    TRY(list_into(store, "snapshots", listed));
    for (const auto& [name, size] : ledger.state().objects) {
        const auto found = listed.find(name);
        if (name == kHeaderObject || (found != listed.end() && found->second == size)) continue;
        TRY_ASSIGN(ObjectCheck check, check_presence(store, {name, size}));
        if (check.problem) presence.damaged.emplace(name, std::move(*check.problem));
    }
    if (presence.damaged.empty()) return presence;
    // A prune unlinks after its entry, which is there to be read by now. A ledger that is damaged itself stays as it was read.
    const Status fresh = ledger.refresh();
    if (!fresh.ok() && !is_damage(fresh.error())) return fresh.error();
    std::erase_if(presence.damaged, [&](const auto& each) { return !ledger.state().objects.contains(each.first); });
    return presence;
}

Result<std::vector<ObjectInfo>> list_readable_packs(ObjectStore& store, std::map<std::string, std::string>& unread) {
    auto all = store.list("packs");
    if (all.ok() || all.error().code != Code::denied) return all;
    std::vector<ObjectInfo> packs;
    for (int i = 0; i < 256; ++i) {
        const std::string folder = fmt::format("packs/{:02x}", i);
        const auto listed = store.list(folder);
        if (!listed.ok() && listed.error().code == Code::denied) {
            unread.emplace(folder, listed.error().message);
            continue;
        }
        TRY(listed);
        packs.insert(packs.end(), listed->begin(), listed->end());
    }
    return packs;
}

Status look_at_layout(ObjectStore& store, std::map<std::string, std::string>& damaged) {
    TRY_ASSIGN(const std::vector<WrongPlace> places, find_wrong_places(store));
    for (const WrongPlace& each : places) damaged.emplace(each.name, each.problem);
    const auto marks = read_marks(store);  // waits where they are being replaced
    if (!marks.ok() && !is_damage(marks.error())) return marks.error();
    if (!marks.ok()) damaged.emplace(kMarks, say("is damaged"));
    TRY_ASSIGN(const bool present, is_there(store, kMarks));
    if (!present) damaged.emplace(kMarks, say("is missing"));
    return done();
}

}  // namespace custody
