// Healing a vault from another of its family, and from itself.
//
// Everything is hashed first: what is healed is what was seen to be damaged. New objects are durable before the ledger entry
// names them; what they replace is removed after it. A crash in between leaves damage that the next repair sees again.
#include "base/text.h"
#include "vault/marks_check.h"
#include "vault/object_check.h"
#include "vault/reachability.h"
#include "vault/repair_parts.h"
#include "vault/store/reserve.h"
#include "vault/store/session.h"

#include <algorithm>

namespace custody {
namespace {

constexpr const char* kMarks = "gc/marks";
constexpr const char* kHeader = "vault.json";

Status check_may_repair(Repository& damaged, Repository* from) {
    if (!damaged.keyring()) return Error{Code::wrong_key, say("repair needs the keyring with the labels' writer keys")};
    if (!from) return done();
    if (from->header().vault == damaged.header().vault) {
        return Error{Code::refused, say("{} and {} are one and the same vault, or one holds the other's vault.json: heal it from "
                                        "another vault of its family",
                                        from->store().location(), damaged.store().location())};
    }
    if (from->header().family != damaged.header().family) {
        return Error{Code::refused, say("{} and {} were made with different keyrings; a vault is healed within its family only",
                                        from->store().location(), damaged.store().location())};
    }
    return done();
}

Status heal_header(Repair& repair) {
    TRY_ASSIGN(const bool healed, repair.vault.heal_header());
    if (healed) repair.result.healed.emplace_back(kHeader);
    if (repair.vault.ledger_damage().empty()) return done();
    const LedgerDamage& first = repair.vault.ledger_damage().back();
    return Error{
        Code::corrupt,
        say("the ledger of {} is damaged ({}: {}), and no witness of what it lacks is at hand: keep this one for restoring, make "
            "a new vault with `custody init` and fill it with `custody copy`",
            repair.store().location(), first.object, first.problem)};
}

// Sessions compare generations, so a new file carries a later one than any that is alive. Nothing is deleted meanwhile: the
// prune lock is held.
Status heal_marks(Repair& repair) {
    const auto marks = read_marks(repair.store());
    if (!marks.ok() && !is_damage(marks.error())) return marks.error();
    const auto present = repair.store().info(kMarks);  // missing ones read as none
    if (!present.ok() && !is_damage(present.error())) return present.error();
    TRY_ASSIGN(const std::uint64_t pruned, last_pruned_generation(repair.store(), repair.state().n));
    if (present.ok() && marks.ok() && marks->generation >= pruned) return done();
    TRY_ASSIGN(const std::unique_ptr<SessionLock> lock, repair.store().lock_prune());
    TRY_ASSIGN(const std::vector<SessionInfo> sessions, repair.store().list_sessions());
    Marks fresh;
    fresh.generation = pruned;
    for (const SessionInfo& session : sessions) fresh.generation = std::max(fresh.generation, session.generation);
    ++fresh.generation;
    TRY(repair.store().replace(kMarks, encode(fresh)));
    repair.result.healed.emplace_back(kMarks);
    return done();
}

Status survey(Repair& repair) {
    TRY_ASSIGN(const std::vector<ObjectInfo> packs, repair.store().list("packs"));
    for (const ObjectInfo& pack : packs) {
        const auto id = id_in_name(pack.name);
        // Others are neither hashed here nor kept for anybody.
        if (id && repair.state().objects.contains(pack.name)) repair.health.add_present(*id);
    }
    ProgressState progress;
    progress.phase = "checking objects";
    progress.items_total = repair.state().objects.size();
    CheckMany what;
    what.objects = &repair.state().objects;
    what.is_whole = [](const std::string&) { return true; };
    what.take = [&](const ObjectInfo& object, const ObjectCheck& check) -> Status {
        ++progress.items_done;
        progress.bytes_done += check.bytes_read;
        repair.progress.update(progress);
        if (!check.problem || object.name == kHeader) return done();
        repair.damaged.emplace(object.name, *check.problem);
        const auto id = id_in_name(object.name);
        if (id && object_kind(object.name) == "pack") repair.health.add_lost(*id);
        return done();
    };
    TRY(check_many(repair.store(), what, repair.stop));
    // Healed by other means than a repair: a person put the file back.
    for (const auto& [pack, n] : repair.state().damaged_packs) {
        if (!repair.damaged.contains(pack_name(pack))) repair.result.healed.push_back(pack_name(pack));
    }
    return done();
}

Status heal_snapshots(Repair& repair) {
    for (const auto& [name, why] : std::map(repair.damaged)) {
        if (object_kind(name) != "snapshot" || !repair.other) continue;
        const auto bytes = repair.other->store().get(name, kMaxSnapshotSize);
        if (!bytes.ok() && !is_damage(bytes.error())) return bytes.error();
        if (!bytes.ok() || id_of<ObjectId>(sha256(*bytes)) != id_in_name(name)) continue;
        TRY(repair.store().replace(name, *bytes));
        repair.result.bytes_copied += bytes->size();
        repair.healed(name);
    }
    return done();
}

Status heal_packs_by_name(Repair& repair) {
    if (!repair.other) return done();
    for (const ObjectId& pack : repair.damaged_packs()) {
        const auto copied = copy_pack(repair.other->store(), repair.store(), pack, true, repair.stop);
        if (!copied.ok() && copied.error().code == Code::corrupt) continue;  // not there, or damaged there too
        if (!copied.ok()) return copied.error();
        repair.result.bytes_copied += *copied;
        repair.health.add_sound(pack);
        repair.healed(pack_name(pack));
    }
    return repair.store().barrier();
}

// From this entry on no writer relies on these packs, and what writers entered until then is among the snapshots that are read
// next: so none of them is missed when a pack goes. What a source still has of them its next backup stores anew.
Status enter_damage(Repair& repair) {
    const std::vector<ObjectId> damaged = repair.damaged_packs();
    const auto is_new = [](const LedgerState& now, const ObjectId& pack) {
        return now.objects.contains(pack_name(pack)) && !now.damaged_packs.contains(pack);
    };
    if (std::none_of(damaged.begin(), damaged.end(), [&](const ObjectId& pack) { return is_new(repair.state(), pack); })) {
        return done();
    }
    LedgerEntry entry;
    entry.operation = Operation::repair;
    entry.time = repair.vault.clock().now();
    const auto name_them = [&](const LedgerState& now, LedgerEntry& draft) -> Status {
        Json packs = Json::array();
        for (const ObjectId& pack : damaged) {
            if (is_new(now, pack)) packs.push_back(pack.hex());
        }
        draft.details = {{"damaged", std::move(packs)}};
        return done();
    };
    return with_reserve(repair.store(), [&]() -> Status {
        TRY(repair.vault.publish(entry, name_them));
        return done();
    });
}

// What writers entered while everything was hashed was written a moment ago: that it is there is enough.
Status take_in_new_packs(Repair& repair) {
    for (const auto& [name, size] : repair.state().objects) {
        const auto id = id_in_name(name);
        if (!id || object_kind(name) != "pack" || repair.health.is_present(*id) || repair.damaged.contains(name)) continue;
        TRY_ASSIGN(const ObjectCheck check, check_presence(repair.store(), {name, size}));
        if (check.problem) continue;
        repair.health.add_present(*id);
    }
    return done();
}

Status heal_reserve(Repair& repair) {
    const auto bytes = repair.store().get(kReserveObject, kReserveSize + 1);
    if (bytes.ok() && *bytes == reserve_content()) return done();
    if (!bytes.ok() && !is_damage(bytes.error())) return bytes.error();
    const Status made = repair.store().replace(kReserveObject, reserve_content());
    if (!made.ok() && made.error().code != Code::no_space) return made;
    if (made.ok()) repair.result.healed.emplace_back(kReserveObject);
    if (!made.ok()) repair.result.lost.push_back({kReserveObject, made.error().message});
    return done();
}

Status publish(Repair& repair) {
    if (repair.result.healed.empty() && repair.entry.added.empty() && repair.entry.removed.empty()) return done();
    repair.entry.operation = Operation::repair;
    repair.entry.time = repair.vault.clock().now();
    Json healed = Json::array();
    for (const std::string& name : repair.result.healed) healed.push_back(name);
    repair.entry.details = {{"healed", std::move(healed)}};
    TRY(repair.vault.publish(std::move(repair.entry), nullptr));
    for (const std::string& name : repair.to_remove) {
        const Status removed = repair.store().remove(name);
        if (!removed.ok() && removed.error().code != Code::not_found) return removed;
    }
    return repair.store().barrier();
}

// The verification after the healing: references of every snapshot, from sound places of this vault alone.
Status report_losses(Repair& repair) {
    for (const auto& [name, why] : repair.damaged) repair.result.lost.push_back({name, why});
    for (auto& [id, label] : repair.labels) {
        TRY(label.index->reload());
        const LocationFinder finder(*label.index, repair.health);
        Reachability reach(*label.blocks, [&](ByteView wanted, SegmentKind kind) { return finder.find(wanted, kind); });
        for (const Snapshot& snapshot : label.snapshots) {
            TRY_ASSIGN(const bool sound, reach.is_sound(snapshot.summary.root, repair.stop));
            if (sound) continue;
            repair.result.lost.push_back(
                {snapshot_name(snapshot.id), say("{}/{} of {}: part of it lies in damaged objects and in no other copy; `custody "
                                                 "verify --level full` names the paths",
                                                 printable(snapshot.summary.label), printable(snapshot.summary.name),
                                                 to_rfc3339_local(snapshot.summary.time))});
        }
    }
    return done();
}

}  // namespace

std::vector<ObjectId> Repair::damaged_packs() const {
    std::vector<ObjectId> packs;
    for (const auto& [name, why] : damaged) {
        const auto id = id_in_name(name);
        if (id && object_kind(name) == "pack") packs.push_back(*id);
    }
    return packs;
}

void Repair::healed(const std::string& object) {
    damaged.erase(object);
    result.healed.push_back(object);
}

void Repair::retire(const std::string& object) {
    const auto added =
        std::find_if(entry.added.begin(), entry.added.end(), [&](const ObjectInfo& info) { return info.name == object; });
    if (added != entry.added.end()) entry.added.erase(added);
    if (state().objects.contains(object)) entry.removed.push_back(object);
    to_remove.push_back(object);
}

Status Repair::write_index(IndexBatch& batch) {
    TRY(store().barrier());
    TRY_ASSIGN(const std::vector<WrittenSegment> segments, batch.write(store(), *vault.keyring()));
    for (const WrittenSegment& segment : segments) entry.added.push_back(segment.object);
    return done();
}

Result<RepairResult> repair(Repository& damaged, Repository* from, Progress& progress, const StopFlag& stop,
                            const UnlockedKeyring* unlocked) {
    TRY(check_may_repair(damaged, from));
    Repair repair(damaged, from, unlocked, progress, stop);
    TRY(heal_ledger(repair));
    TRY(heal_header(repair));
    TRY(heal_marks(repair));
    TRY_ASSIGN(const Session session, Session::begin(damaged.store()));
    TRY(damaged.ledger().refresh());
    TRY(heal_witnesses(repair));
    TRY(survey(repair));
    TRY(heal_snapshots(repair));
    TRY(heal_packs_by_name(repair));
    TRY(enter_damage(repair));
    TRY(take_in_new_packs(repair));
    TRY(open_labels(repair));
    TRY(rebuild_index(repair));
    TRY(rescue_blocks(repair));
    TRY(heal_reserve(repair));
    TRY(publish(repair));
    TRY(report_losses(repair));
    repair.result.objects_healed = repair.result.healed.size();
    return std::move(repair.result);
}

}  // namespace custody
