// What of the snapshots is whole and yet not to be opened here: it lies only in packs that were sealed to keys which this keyring
// does not hold. Named as damage is, by snapshot and path; a folder whose names are locked is named in place of what is below.
#include "base/text.h"
#include "restore/broken_places.h"
#include "restore/verification.h"
#include "vault/object_check.h"
#include "vault/reachability.h"
#include "vault/tree_reader.h"

namespace custody {
namespace {

constexpr std::size_t kMaxPaths = 100'000;  // a snapshot

class LockNamer {
public:
    LockNamer(Verification& run, LabelUnderCheck& label)
        : run_(run),
          label_(label),
          sound_(*label.index, run.health, &run.wrong),
          blocks_(run.store(), *label.opener),
          trees_(*label.index, blocks_, *label.keys),
          reach_(blocks_, [this](ByteView id, SegmentKind kind) { return find_open(id, kind); }) {}

    Status run() {
        for (const Snapshot& snapshot : label_.snapshots) {
            if (!run_.state().snapshots.contains(snapshot.id)) continue;
            TRY_ASSIGN(const bool opens, reach_.is_sound(snapshot.summary.root, run_.stop));
            if (opens) continue;
            TRY(name_in(snapshot));
            tell_if_spoilt(snapshot);
        }
        return done();
    }

private:
    // A sound place under a key that is here.
    Result<std::optional<Location>> find_open(ByteView id, SegmentKind kind) const {
        const Index::Usable usable = [&](const Location& at) {
            return run_.health.is_sound(at.pack, at.block_offset) && blocks_.may_open(at);
        };
        auto found = label_.index->lookup(id, &usable);
        if (!found.ok() && !is_damage(found.error())) return found;
        if (!found.ok() || !*found || (*found)->kind != kind) return std::optional<Location>{};
        return found;
    }

    // What cannot be had at all is damage, and named as such.
    Result<bool> is_locked(ByteView id, SegmentKind kind) const {
        TRY_ASSIGN(const std::optional<Location> open, find_open(id, kind));
        if (open) return false;
        TRY_ASSIGN(const std::optional<Location> sound, sound_.find(id, kind));
        return sound.has_value();
    }

    // Who makes a snapshot relies on nothing that its own key does not open, nor does a copy of it, but for early versions and
    // for what was lost since.
    void tell_if_spoilt(const Snapshot& snapshot) {
        if (named_ == 0 || !label_.keys->knows(snapshot.clear.key)) return;
        const std::string id = snapshot.id.hex().substr(0, 12);
        run_.result.notes.push_back(say(
            "snapshot {0} was made with a key that is here, and what is LOCKED of it lies in this vault only under keys that "
            "are not: an early version copied it so, or its own pack was lost. Where another vault has it and opens it whole, "
            "'custody forget {0}' here, then 'custody copy {0}' from there brings it as it was made",
            id));
    }

    void name(const std::string& path) {
        if (++named_ > kMaxPaths || path == last_) return;
        run_.result.locked.push_back({snapshot_, path});
        last_ = path;
    }

    Status name_in(const Snapshot& snapshot) {
        snapshot_ = snapshot.id.hex();
        named_ = 0;
        last_.reset();
        std::vector<BrokenPlace> stack{{snapshot.summary.root, is_tree_of_files(snapshot.summary.kind) ? "/" : ""}};
        const auto name_if_locked = [this](const ContentChunk& chunk, const std::string& path) -> Status {
            TRY_ASSIGN(const bool locked, is_locked(chunk.id.view(), SegmentKind::content));
            if (locked) name(path);
            return done();
        };
        while (!stack.empty() && named_ <= kMaxPaths) {
            TRY(run_.stop.check());
            const BrokenPlace place = std::move(stack.back());
            stack.pop_back();
            TRY_ASSIGN(const bool locked, is_locked(place.node.view(), SegmentKind::tree));
            if (locked) {
                name(place.path);
                continue;
            }
            const auto node = trees_.node(place.node);
            if (!node.ok() && !is_damage(node.error())) return node.error();
            if (node.ok()) TRY(look_below(**node, place.path, reach_, stack, name_if_locked));
        }
        return done();
    }

    Verification& run_;
    LabelUnderCheck& label_;
    LocationFinder sound_;
    BlockSource blocks_;
    TreeReader trees_;
    Reachability reach_;
    std::string snapshot_;
    std::size_t named_ = 0;
    std::optional<std::string> last_;  // several chunks of one file name it once
};

}  // namespace

Status name_locked(Verification& run) {
    for (auto& [id, label] : run.labels) {
        if (label.secrets) TRY(LockNamer(run, label).run());
    }
    return done();
}

}  // namespace custody
