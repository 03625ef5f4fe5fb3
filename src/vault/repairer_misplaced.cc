// Objects whose bytes lie under another name: two files swapped by hand or by a file system check, one named as another.
//
// What a file is, its hash says. A good copy is brought home before anything that bears its bytes is replaced: what stands in
// another's place and is wanted itself is set aside first, by a rename, so that at no moment its bytes have no name. A crash
// leaves it there, and the next repair looks there too.
#include "base/crypto.h"
#include "base/text.h"
#include "vault/object_check.h"
#include "vault/repair_parts.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kPieceSize = 1024 * 1024;

// Reads all of it; each piece goes to `writer` where there is one.
Result<ObjectId> hash_of(ObjectStore& store, const std::string& name, ObjectWriter* writer, const StopFlag& stop) {
    TRY_ASSIGN(const auto reader, store.open(name));
    const std::uint64_t size = reader->size();
    Sha256 hash;
    Bytes piece(std::min<std::uint64_t>(size, kPieceSize));
    for (std::uint64_t at = 0; at < size;) {
        TRY(stop.check());
        const MutableByteView into(piece.data(), std::min<std::uint64_t>(size - at, piece.size()));
        TRY(reader->read(at, into));
        hash.update(into);
        if (writer) TRY(writer->append(into));
        at += into.size();
    }
    return id_of<ObjectId>(hash.finish());
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
            const auto id = hash_of(store_, object.name, nullptr, repair_.stop);
            if (!id.ok() && !is_damage(id.error())) return id.error();
            const auto home = id.ok() ? homes_.find(*id) : homes_.end();
            if (home != homes_.end() && home->second != object.name) places_[*id].push_back(object.name);
        }
        return done();
    }

    Status bring_home(const ObjectId& id) {
        const std::string& home = homes_.at(id);
        TRY(make_room(home));
        for (const std::string& place : std::vector<std::string>(places_[id])) {
            TRY_ASSIGN(const std::unique_ptr<ObjectWriter> writer, store_.begin());
            const auto copied = hash_of(store_, place, writer.get(), repair_.stop);
            if (!copied.ok() && !is_damage(copied.error())) return copied.error();
            if (!copied.ok() || *copied != id) continue;
            TRY(writer->finish_over(home));
            TRY(store_.barrier());
            repair_.healed(home);
            is_home_.insert(id);
            return done();
        }
        return done();
    }

    // What lies there is another's only copy, perhaps.
    Status make_room(const std::string& home) {
        for (auto& [id, places] : places_) {
            const auto at = std::find(places.begin(), places.end(), home);
            if (at == places.end() || is_home_.contains(id)) continue;
            TRY_ASSIGN(*at, store_.set_aside(home));
            moved_.emplace_back(home, *at);
            return done();
        }
        return done();
    }

    // What was set aside on the way is of no use any more.
    Status drop_copies() {
        for (const auto& [object, to] : moved_) {
            const bool is_of_use = std::none_of(is_home_.begin(), is_home_.end(), [&, &at = to](const ObjectId& id) {
                return std::find(places_[id].begin(), places_[id].end(), at) != places_[id].end();
            });
            if (is_of_use) repair_.result.set_aside.push_back({object, to, say("its bytes are another object's")});
        }
        for (const ObjectId& id : is_home_) {
            for (const std::string& place : places_[id]) {
                if (place.starts_with("aside/")) TRY(store_.remove(place));
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
    std::vector<std::pair<std::string, std::string>> moved_;  // object, where it was set aside
};

}  // namespace

Status heal_misplaced(Repair& repair) { return Homecoming(repair).run(); }

}  // namespace custody
