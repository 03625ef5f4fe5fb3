// Whether every node and chunk of every snapshot can be had from a sound place; and whom the damage affects.
#include "base/text.h"
#include "restore/broken_places.h"
#include "restore/verification.h"
#include "vault/object_check.h"
#include "vault/presence.h"
#include "vault/reachability.h"
#include "vault/tree_reader.h"

#include <unordered_set>

namespace custody {
namespace {

constexpr int kMaxCatchUps = 12;
constexpr std::size_t kMaxAttributions = 100'000;  // attributions a snapshot

// Names what a broken snapshot loses: paths with the label's secret, the snapshot alone without.
class LossNamer {
public:
    LossNamer(Verification& run, LabelUnderCheck& label, const LocationFinder& finder, Reachability& reach)
        : run_(run),
          label_(label),
          finder_(finder),
          reach_(reach),
          blocks_(run.store(), *label.opener),
          trees_(*label.index, blocks_, *label.keys) {}

    Status name_losses(const Snapshot& snapshot) {
        snapshot_ = snapshot.id.hex();
        named_ = 0;
        if (!label_.secrets) return name_snapshot(snapshot.summary.root);
        const std::string top = is_tree_of_files(snapshot.summary.kind) ? "/" : "";
        return name_paths(snapshot.summary.root, top);
    }

private:
    Result<bool> can_be_had(ByteView id, SegmentKind kind) const {
        TRY_ASSIGN(const std::optional<Location> at, finder_.find(id, kind));
        return at.has_value();
    }

    // Everything that could have answered for the id, and does not, loses it: `why`, where it was asked. What this user may not
    // read loses nothing.
    Status blame(ByteView id, const std::string& path, const Error& why = {Code::corrupt, ""}) {
        if (++named_ > kMaxAttributions) return done();
        TRY_ASSIGN(const std::vector<ObjectId> packs, finder_.packs_named(id));
        bool blamed = false;
        std::optional<std::string> unnamed;
        for (const ObjectId& pack : packs) {
            const std::string name = pack_name(pack);
            // What no entry names is nobody's to lose; once the ledger stands still, it is the snapshot that lacks it.
            if (run_.is_steady && !run_.state().objects.contains(name)) {
                unnamed = name;
                continue;
            }
            const bool is_sound = run_.health.is_sound(pack) && !run_.book.names(name);
            if (is_sound && why.code == Code::denied) run_.report(name, why, "");
            if (run_.unopened.contains(name)) {
                blamed = true;
                continue;
            }
            if (is_sound) continue;
            run_.book.affect(name, snapshot_, path, run_.health.is_present(pack) ? say("cannot be read") : say("is missing"));
            blamed = true;
        }
        if (blamed) return done();
        if (unnamed) {
            run_.book.affect("snapshots/" + snapshot_, snapshot_, path,
                             say("needs {}, which the ledger does not name", *unnamed));
            return done();
        }
        for (const std::string& object : run_.book.objects_of_kind("index")) {
            const auto label = label_in_name(object);
            if (label && *label != label_.keys->label) continue;
            run_.book.affect(object, snapshot_, path, say("is damaged"));
            blamed = true;
        }
        if (!blamed) {
            const std::string object = "snapshots/" + snapshot_;
            run_.book.affect(object, snapshot_, path, say("refers to {}, which no index segment leads to", to_hex(id)));
        }
        return done();
    }

    Status name_snapshot(const TreeId& root) {
        std::vector<TreeId> stack{root};
        std::unordered_set<TreeId, IdHash> seen{root};
        while (!stack.empty() && named_ <= kMaxAttributions) {
            TRY(run_.stop.check());
            const TreeId node = stack.back();
            stack.pop_back();
            const auto refs = reach_.refs(node);
            if (!refs.ok()) {
                if (!is_damage(refs.error())) return refs.error();
                TRY(blame(node.view(), "", refs.error()));
                continue;
            }
            for (const ChunkId& chunk : refs->chunks) {
                TRY_ASSIGN(const bool had, can_be_had(chunk.view(), SegmentKind::content));
                if (!had) TRY(blame(chunk.view(), ""));
            }
            for (const TreeId& tree : refs->trees) {
                if (reach_.is_broken(tree) && seen.insert(tree).second) stack.push_back(tree);
            }
        }
        return done();
    }

    Status name_paths(const TreeId& root, const std::string& top) {
        const auto blame_if_lost = [this](const ContentChunk& chunk, const std::string& path) -> Status {
            TRY_ASSIGN(const bool had, can_be_had(chunk.id.view(), SegmentKind::content));
            return had ? done() : blame(chunk.id.view(), path);
        };
        std::vector<BrokenPlace> stack{{root, top}};
        while (!stack.empty() && named_ <= kMaxAttributions) {
            TRY(run_.stop.check());
            const BrokenPlace place = std::move(stack.back());
            stack.pop_back();
            TRY_ASSIGN(const bool had, can_be_had(place.node.view(), SegmentKind::tree));
            if (!had) {
                TRY(blame(place.node.view(), place.path));
                continue;
            }
            const auto node = trees_.node(place.node);
            if (!node.ok()) {
                if (node.error().code == Code::wrong_key) {
                    TRY(name_snapshot(place.node));  // nobody here can read the names
                    continue;
                }
                if (!is_damage(node.error())) return node.error();
                TRY(blame(place.node.view(), place.path, node.error()));
                continue;
            }
            TRY(look_below(**node, place.path, reach_, stack, blame_if_lost));
        }
        return done();
    }

    Verification& run_;
    LabelUnderCheck& label_;
    const LocationFinder& finder_;
    Reachability& reach_;
    BlockSource blocks_;
    TreeReader trees_;
    std::string snapshot_;
    std::size_t named_ = 0;
};

// False: something is not to be had, and it may be that the vault has moved on meanwhile.
Result<bool> check_label(Verification& run, LabelUnderCheck& label, bool name_losses) {
    const LocationFinder finder(*label.index, run.health, &run.wrong);
    const BlockSource blocks(run.store(), *label.opener);
    Reachability reach(blocks, [&](ByteView id, SegmentKind kind) { return finder.find(id, kind); });
    bool all_sound = true;
    ProgressState progress;
    progress.phase = "checking references";
    progress.items_total = label.snapshots.size();
    for (const Snapshot& snapshot : label.snapshots) {
        if (!run.state().snapshots.contains(snapshot.id)) continue;  // forgotten meanwhile
        TRY_ASSIGN(const bool sound, reach.is_sound(snapshot.summary.root, run.stop));
        run.progress.update(progress);
        ++progress.items_done;
        if (sound) continue;
        all_sound = false;
        if (!name_losses) continue;
        LossNamer namer(run, label, finder, reach);
        TRY(namer.name_losses(snapshot));
    }
    return all_sound;
}

}  // namespace

void Verification::remember_named() {
    for (const auto& [name, size] : state().objects) named.insert(name);
}

void Verification::add_present(const std::string& object) {
    const auto id = id_in_name(object);
    if (!id || object_kind(object) != "pack") return;
    if (!ledger_sound || state().objects.contains(object)) health.add_present(*id);
}

Status Verification::catch_up() {
    TRY(ledger->refresh());
    TRY_ASSIGN(const std::vector<ObjectInfo> packs, list_readable_packs(store(), unopened));
    remember_named();
    health.forget_present();
    for (const ObjectInfo& pack : packs) add_present(pack.name);
    for (auto& [id, label] : labels) TRY(label.index->reload());
    return done();
}

Status find_packs_in_question(Verification& run) {
    run.all_packs = run.options.snapshots.empty();
    if (run.all_packs) return done();
    for (auto& [id, label] : run.labels) {
        const LocationFinder finder(*label.index, run.health);
        const BlockSource blocks(run.store(), *label.opener);
        Reachability reach(blocks, [&](ByteView wanted, SegmentKind) -> Result<std::optional<Location>> {
            TRY_ASSIGN(const std::vector<ObjectId> named, finder.packs_named(wanted));
            if (named.empty()) return std::optional<Location>{};
            run.packs_in_question.insert(named.begin(), named.end());
            return finder.find_in(named.front(), wanted);
        });
        for (const Snapshot& snapshot : label.snapshots) TRY(reach.is_sound(snapshot.summary.root, run.stop));
    }
    return done();
}

// Something is called lost only by who looked twice while the ledger stood still: a prune unlinks after its entry, index segments
// before the packs that they list, so that the second look sees whole what it left.
Status check_reachability(Verification& run) {
    const DamageBook before = run.book;
    std::uint64_t seen = 0;
    for (int attempt = 0;; ++attempt) {
        const bool is_last = !run.ledger_sound || attempt == kMaxCatchUps;
        run.is_steady = run.ledger_sound && run.state().n == seen;
        const bool name_losses = is_last || run.is_steady;
        bool all_sound = true;
        for (auto& [id, label] : run.labels) {
            TRY_ASSIGN(const bool sound, check_label(run, label, name_losses));
            all_sound = all_sound && sound;
        }
        if (all_sound || is_last) return done();
        seen = run.state().n;
        TRY(run.catch_up());
        if (name_losses && run.state().n == seen) {
            run.losses_confirmed = true;
            return done();
        }
        run.book = before;
    }
}

}  // namespace custody
