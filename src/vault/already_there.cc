#include "vault/already_there.h"

#include "base/text.h"
#include "vault/object_check.h"

#include <utility>

namespace custody {

Status AlreadyThere::look() {
    labels_.clear();
    packs_.clear();
    health_ = PackHealth{};
    TRY_ASSIGN(Presence presence, look_for_objects(vault_->store(), vault_->ledger()));
    damaged_ = std::move(presence.damaged);
    for (const ObjectInfo& pack : presence.packs) {
        const auto id = id_in_name(pack.name);
        if (!id || damaged_.contains(pack.name)) continue;
        packs_.insert(*id);
        health_.add_present(*id);
    }
    for (const auto& [pack, n] : vault_->state().damaged_packs) health_.add_lost(pack);
    return done();
}

// Of a pack or an index segment: a record concerns its own snapshot alone.
std::string AlreadyThere::first_loss() const {
    for (const auto& [name, problem] : damaged_) {
        if (object_kind(name) != "snapshot") return name + " " + problem;
    }
    const auto& known = vault_->state().damaged_packs;
    return known.empty() ? std::string() : pack_name(known.begin()->first) + " " + say("is damaged");
}

bool AlreadyThere::is_destroyed(const ObjectId& snapshot) const {
    const auto live = vault_->state().snapshots.find(snapshot);
    if (live == vault_->state().snapshots.end() || !live->second.label) return false;
    return vault_->state().destroyed_labels.contains(*live->second.label);
}

Result<AlreadyThere::Label*> AlreadyThere::label_of(const Snapshot& snapshot) {
    const auto known = labels_.find(snapshot.clear.label);
    if (known != labels_.end()) return &known->second;
    auto keys = vault_->keyring()->writer_keys(snapshot.clear.label);
    if (!keys) return Error{Code::wrong_key, say("the writer keys of label {} are not here", snapshot.clear.label.hex())};
    Label& label = labels_[snapshot.clear.label];
    label.keys = std::move(keys);
    label.opener = std::make_unique<SegmentOpener>(*label.keys, nullptr);
    label.blocks = std::make_unique<BlockSource>(vault_->store(), *label.opener);
    TRY_ASSIGN(label.index, Index::open(vault_->store(), *label.keys, IndexTrust{}));
    const LocationFinder finder(*label.index, health_);
    label.reach =
        std::make_unique<Reachability>(*label.blocks, [finder](ByteView id, SegmentKind kind) { return finder.find(id, kind); });
    return &label;
}

Result<std::optional<std::string>> AlreadyThere::problem_of(const ObjectId& id, const StopFlag& stop) {
    using Problem = std::optional<std::string>;
    if (is_clean()) return Problem();
    const std::string record = snapshot_name(id);
    if (const auto lost = damaged_.find(record); lost != damaged_.end()) return Problem(record + " " + lost->second);
    const std::string loss = first_loss();
    if (loss.empty()) return Problem();
    const auto snapshot = vault_->read_snapshot(id);
    if (!snapshot.ok()) {
        const Error& why = snapshot.error();
        if (why.code == Code::not_found) return Problem();                      // forgotten meanwhile
        if (why.code == Code::wrong_key && is_destroyed(id)) return Problem();  // nobody misses it
        if (why.code == Code::wrong_key) return Problem(say("{}, and whether it needs that no key here can tell", loss));
        if (is_damage(why)) return Problem(why.message);
        return why;
    }
    TRY_ASSIGN(Label* const label, label_of(*snapshot));
    TRY_ASSIGN(const bool sound, label->reach->is_sound(snapshot->summary.root, stop));
    if (sound) return Problem();
    return Problem(say("part of it lies in what is missing or damaged there ({})", loss));
}

}  // namespace custody
