// Objects whose bytes lie under another name: two files swapped by hand or by a file system check, one named as another.
//
// What a file is, its hash says. Everything goes by renames, which need no room and copy nothing: what stands in a home is set
// aside first, then the good bytes, hashed once more, take the free name. So at no moment do any bytes have no name; a crash
// leaves them under aside/, and the next repair looks there too. What stood in the home and is nobody's good copy goes where
// the other came from, if it may be what is left of that object: there its sound blocks are found.
#include "base/text.h"
#include "vault/object_check.h"
#include "vault/repair_parts.h"
#include "vault/store/reserve.h"

#include <algorithm>

namespace custody {
namespace {

// Reads all of it.
Result<ObjectId> hash_of(ObjectStore& store, const std::string& name, const StopFlag& stop) {
    TRY_ASSIGN(const auto reader, store.open(name));
    return hash_first(*reader, reader->size(), [&](ByteView) { return stop.check(); });
}

class Homecoming {
public:
    explicit Homecoming(Repair& repair) : repair_(repair), store_(repair.store()) {
        for (const auto& [name, why] : repair.damaged) {
            const auto id = id_in_name(name);
            const auto named = repair.state().objects.find(name);
            if (!id || named == repair.state().objects.end()) continue;
            homes_.emplace(*id, name);
            sizes_.insert(named->second);
        }
    }

    Status run() {
        if (homes_.empty()) return done();
        for (const char* folder : {"packs", "index", "snapshots", "aside"}) TRY(look_in(folder));
        const auto found = places_;  // setting aside changes the places
        for (const auto& [id, places] : found) TRY(bring_home(id));
        return drop_copies();
    }

private:
    Status look_in(const std::string& folder) {
        TRY_ASSIGN(const std::vector<ObjectInfo> objects, store_.list(folder));
        for (const ObjectInfo& object : objects) {
            const bool is_sound = repair_.state().objects.contains(object.name) && !repair_.damaged.contains(object.name);
            if (is_sound || !sizes_.contains(object.size)) continue;
            const auto id = hash_of(store_, object.name, repair_.stop);
            if (!id.ok() && !is_damage(id.error())) return id.error();
            const auto home = id.ok() ? homes_.find(*id) : homes_.end();
            if (home != homes_.end() && home->second != object.name) places_[*id].push_back(object.name);
        }
        return done();
    }

    Status bring_home(const ObjectId& id) {
        const std::string& home = homes_.at(id);
        TRY_ASSIGN(bool is_there, find_at_home(id));  // by another repair, since everything was hashed
        if (is_there) return done();
        for (const std::string& place : std::vector<std::string>(places_[id])) {
            const auto hash = hash_of(store_, place, repair_.stop);
            if (!hash.ok() && !is_damage(hash.error())) return hash.error();
            if (!hash.ok() || *hash != id) continue;
            TRY_ASSIGN(const std::optional<std::string> aside, vacate(home));
            const Status moved = rename(place, home);
            if (!moved.ok() && (moved.error().code == Code::not_found || moved.error().code == Code::exists)) {
                TRY_ASSIGN(is_there, find_at_home(id));
                if (is_there) return done();
                continue;
            }
            TRY(moved);
            std::erase(places_[id], place);
            no_longer_aside(place);
            is_at_home(id);
            return aside ? give_back(*aside, place) : done();
        }
        return done();
    }

    Result<bool> find_at_home(const ObjectId& id) {
        const auto hash = hash_of(store_, homes_.at(id), repair_.stop);
        if (!hash.ok() && !is_damage(hash.error())) return hash.error();
        if (!hash.ok() || *hash != id) return false;
        is_at_home(id);
        return true;
    }

    void is_at_home(const ObjectId& id) {
        repair_.healed(homes_.at(id));
        is_home_.insert(id);
    }

    Status rename(const std::string& from, const std::string& to) {
        return with_reserve(store_, [&] { return store_.bring_back(from, to); });
    }

    // What lies there may be another's only copy. Where it was set aside, if anything was there.
    Result<std::optional<std::string>> vacate(const std::string& home) {
        const auto moved = repair_.put_aside(home, say("it is not what its name says"));
        if (!moved.ok() && moved.error().code == Code::not_found) return std::optional<std::string>();
        TRY(moved);
        for (auto& [id, places] : places_) std::replace(places.begin(), places.end(), home, *moved);
        return std::optional(*moved);
    }

    // `place` is free now, and the two stood in each other's place, it seems.
    Status give_back(const std::string& aside, const std::string& place) {
        const bool is_known = std::any_of(places_.begin(), places_.end(), [&](const auto& each) {
            return std::find(each.second.begin(), each.second.end(), aside) != each.second.end();
        });
        const auto named = repair_.state().objects.find(place);
        if (is_known || named == repair_.state().objects.end() || !repair_.damaged.contains(place)) return done();
        const auto left = store_.info(aside);
        if (!left.ok() || left->size != named->second) return done();
        TRY(rename(aside, place));
        no_longer_aside(aside);
        return done();
    }

    void no_longer_aside(const std::string& place) {
        std::erase_if(repair_.result.set_aside, [&](const RepairResult::SetAside& one) { return one.to == place; });
    }

    // A second copy below aside/ of what is home is of no use any more. Another repair may have taken it away by now.
    Status drop_copies() {
        for (const ObjectId& id : is_home_) {
            for (const std::string& place : places_[id]) {
                if (!place.starts_with("aside/")) continue;
                const Status removed = store_.remove(place);
                if (!removed.ok() && removed.error().code != Code::not_found) return removed;
                no_longer_aside(place);
            }
        }
        return store_.barrier();
    }

    Repair& repair_;
    ObjectStore& store_;
    std::map<ObjectId, std::string> homes_;  // of the damaged and missing
    std::set<std::uint64_t> sizes_;
    std::map<ObjectId, std::vector<std::string>> places_;  // where their bytes lie
    std::set<ObjectId> is_home_;
};

}  // namespace

Status heal_misplaced(Repair& repair) { return Homecoming(repair).run(); }

}  // namespace custody
