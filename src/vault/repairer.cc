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
#include "vault/wrong_places.h"

#include <algorithm>

namespace custody {
namespace {

constexpr const char* kMarks = "gc/marks";
constexpr const char* kHeader = "vault.json";
constexpr int kMaxAttempts = 10;

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
    TRY(repair.make_way(kHeader));
    TRY_ASSIGN(const bool healed, repair.vault.heal_header());
    if (healed) repair.result.healed.emplace_back(kHeader);
    if (repair.vault.ledger_damage().empty()) return done();
    const LedgerDamage& first = repair.vault.ledger_damage().back();
    // Sound, only older: for a person to decide, in the words of every command.
    if (repair.vault.lost_head() && repair.vault.ledger_damage().size() == 1) {
        return Error{Code::corrupt, repair.other ? say("{}, then run repair again", first.problem)
                                                 : say("{}; a vault that it was copied to or from may have what is missing: try "
                                                       "'custody repair --from' that one first",
                                                       first.problem)};
    }
    return Error{
        Code::corrupt,
        say("the ledger of {} is damaged ({}: {}), and no witness of what it lacks is at hand: keep this one for restoring, make "
            "a new vault with `custody init` and back up into that",
            repair.store().location(), first.object, first.problem)};
}

// What may not be looked at is not damaged: nothing is concluded from it.
Error not_to_be_opened(const Repair& repair, const Error& why) {
    if (why.code == Code::denied) {
        return {Code::denied,
                say("{}: whether it is damaged cannot be told, and nothing was taken for damaged; give {} back to the "
                    "user who owns the vault, or run repair as a user who may read it",
                    why.message, printable(repair.store().location()))};
    }
    return {why.code,
            say("{}: it cannot even be opened, and nothing was taken for damaged; check the medium and its file system, or "
                "take that one file away by hand, then run repair again",
                why.message)};
}

// Nothing is deleted meanwhile: the prune lock is held.
Status heal_marks(Repair& repair) {
    const auto looked = fresh_marks(repair.store(), repair.state().n);
    if (!looked.ok() && looked.error().code == Code::denied) return not_to_be_opened(repair, looked.error());
    TRY(looked);
    if (!*looked) return done();
    TRY_ASSIGN(const std::unique_ptr<SessionLock> lock, repair.store().lock_prune());
    TRY_ASSIGN(const std::optional<Marks> fresh, fresh_marks(repair.store(), repair.state().n));
    if (!fresh) return done();
    TRY(repair.make_way(kMarks));
    TRY(repair.store().replace(kMarks, encode(*fresh)));
    repair.result.healed.emplace_back(kMarks);
    return done();
}

Status survey(Repair& repair) {
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
        if (check.unopened) return not_to_be_opened(repair, *check.unopened);
        if (!check.problem || object.name == kHeader) return done();
        repair.damaged.emplace(object.name, *check.problem);
        return done();
    };
    TRY(check_many(repair.store(), what, repair.stop));
    TRY(survey_records(repair));
    // Healed by other means than a repair: a person put the file back.
    for (const auto& [pack, n] : repair.state().damaged_packs) {
        if (!repair.damaged.contains(pack_name(pack))) repair.healed(pack_name(pack));
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

Status heal_reserve(Repair& repair) {
    const auto bytes = repair.store().get(kReserveObject, kReserveSize + 1);
    if (bytes.ok() && *bytes == reserve_content()) return done();
    if (!bytes.ok() && !is_damage(bytes.error())) return bytes.error();
    TRY(repair.make_way(kReserveObject));
    Status made = repair.store().replace(kReserveObject, reserve_content());
    const bool is_missing = !bytes.ok() && bytes.error().code == Code::not_found;
    if (!made.ok() && made.error().code == Code::no_space && !is_missing) {  // what lies there is of no use, and its room is
        const Status removed = repair.store().remove(kReserveObject);
        if (!removed.ok() && removed.error().code != Code::not_found) return removed;
        made = repair.store().replace(kReserveObject, reserve_content());
    }
    if (!made.ok() && made.error().code != Code::no_space) return made;
    if (made.ok()) repair.result.healed.emplace_back(kReserveObject);
    // A vault without it is whole, and the next prune or repair tries again.
    if (!made.ok()) repair.result.warnings = {say("no room to make the reserve again; the medium is still full")};
    return done();
}

Error moved_away(const Repair& repair) {
    return {Code::busy, say("{} was changed by others again and again while it was repaired; run repair again",
                            printable(repair.store().location()))};
}

// Whether the attempt's entry may follow on `now`, and what it then says. What it takes away must be there still; no index
// segment may lead to what a prune took meanwhile.
Status fill_in(Repair& repair, const LedgerState& now, LedgerEntry& draft) {
    const auto is_live = [&](const std::string& name) { return now.objects.contains(name); };
    if (!std::all_of(draft.removed.begin(), draft.removed.end(), is_live)) return moved_away(repair);
    for (const WrittenSegment& segment : repair.segments) {
        for (const ObjectId& pack : segment.packs) {
            if (!is_live(pack_name(pack))) return moved_away(repair);
        }
    }
    TRY_ASSIGN(const std::vector<ObjectInfo> made,
               repair.objects.to_enter(now, {}, [&](const ObjectId& id) { return repair.session->is_marked(id); }));
    const auto is_ended = [&](const ObjectInfo& added) {
        return object_kind(added.name) == "snapshot" && !now.snapshots.contains(*id_in_name(added.name));
    };
    if (std::any_of(repair.entry.added.begin(), repair.entry.added.end(), is_ended)) return moved_away(repair);
    draft.added = repair.entry.added;
    draft.added.insert(draft.added.end(), made.begin(), made.end());
    Json healed = Json::array();
    for (const std::string& name : repair.result.healed) {
        if (repair.healed_live.contains(name) && !is_live(name)) return moved_away(repair);
        healed.push_back(name);
    }
    draft.details = {{"healed", std::move(healed)}};
    return done();
}

Status publish(Repair& repair) {
    LedgerEntry& entry = repair.entry;
    if (repair.result.healed.empty() && entry.added.empty() && entry.removed.empty() && repair.made.empty()) return done();
    entry.operation = Operation::repair;
    entry.time = repair.vault.clock().now();
    TRY(repair.vault.publish(entry, [&](const LedgerState& now, LedgerEntry& draft) { return fill_in(repair, now, draft); }));
    repair.published = true;
    repair.healed_live.clear();  // entered: no longer to be taken back
    for (const std::string& name : repair.to_remove) {
        const Status removed = repair.store().remove(name);
        if (!removed.ok() && removed.error().code != Code::not_found) return removed;
    }
    return repair.store().barrier();
}

// Everything that goes by what the ledger names now; anew where it no longer does.
Status attempt(Repair& repair) {
    TRY(repair.catch_up());
    TRY(enter_damage(repair));
    TRY(repair.catch_up());
    repair.base_n = repair.state().n;
    TRY(repair.look_at_packs());
    TRY(open_labels(repair));
    TRY(enter_records(repair));
    TRY(rebuild_index(repair));
    TRY(rescue_blocks(repair));
    TRY(heal_reserve(repair));
    return publish(repair);
}

// An object that went below the attempt reads as damage.
Result<bool> has_moved(Repair& repair, const Error& error) {
    if (repair.published) return false;
    if (error.code == Code::busy) return true;
    if (!is_damage(error)) return false;
    TRY(repair.vault.ledger().refresh());
    return repair.state().n != repair.base_n;
}

// What an attempt wrote and did not enter stays in the store, named by no entry, until prune takes it.
Status heal_in_attempts(Repair& repair) {
    for (int count = 1;; ++count) {
        const auto damaged = repair.damaged;
        const RepairResult result = repair.result;
        const auto healed_live = repair.healed_live;
        repair.base_n = repair.state().n;
        const Status tried = attempt(repair);
        if (tried.ok()) return done();
        TRY_ASSIGN(const bool moved, has_moved(repair, tried.error()));
        if (repair.published) return tried;
        const auto set_aside = repair.result.set_aside;  // stays so, whatever comes of the attempt
        repair.result = result;
        repair.result.set_aside = set_aside;
        if (!moved || count == kMaxAttempts) return tried;
        repair.damaged = damaged;
        repair.healed_live = healed_live;
        repair.begin_attempt();
    }
}

// References of every snapshot, from sound places of this vault alone.
Result<std::vector<RepairResult::Lost>> find_losses(Repair& repair) {
    std::vector<RepairResult::Lost> lost;
    for (auto& [id, label] : repair.labels) {
        TRY(label.index->reload());
        const LocationFinder finder(*label.index, repair.health);
        Reachability reach(*label.blocks, [&](ByteView wanted, SegmentKind kind) { return finder.find(wanted, kind); });
        for (const Snapshot& snapshot : label.snapshots) {
            if (!repair.state().snapshots.contains(snapshot.id)) continue;
            TRY_ASSIGN(const bool sound, reach.is_sound(snapshot.summary.root, repair.stop));
            if (sound) continue;
            lost.push_back(
                {snapshot_name(snapshot.id), say("{}/{} of {}: part of it lies in damaged objects and in no other copy; `custody "
                                                 "verify --level full` names the paths",
                                                 printable(snapshot.summary.label), printable(snapshot.summary.name),
                                                 to_rfc3339_local(snapshot.summary.time))});
        }
    }
    return lost;
}

// The verification after the healing. A prune unlinks after its entry, segments before the packs that they list: who looks again
// after the same entry sees whole what that prune left.
Result<std::vector<RepairResult::Lost>> find_settled_losses(Repair& repair) {
    std::vector<RepairResult::Lost> lost;
    std::uint64_t seen = 0;
    for (int count = 1; count <= kMaxAttempts; ++count) {
        TRY(repair.catch_up());
        TRY(repair.look_at_packs());
        TRY_ASSIGN(lost, find_losses(repair));
        if (lost.empty() || repair.state().n == seen) break;
        seen = repair.state().n;
    }
    TRY(repair.catch_up());
    const auto is_forgotten = [&](const auto& each) {
        const auto id = id_in_name(each.object);
        return id && !repair.state().snapshots.contains(*id);
    };
    std::erase_if(lost, is_forgotten);
    return lost;
}

Status report_losses(Repair& repair) {
    TRY_ASSIGN(auto lost, find_settled_losses(repair));
    // No pack is damaged, and yet something is not to be had: an entry took a pack out of the ledger that snapshots need.
    if (!lost.empty() && !repair.rescued) {
        repair.rescue_all = true;
        repair.begin_attempt();
        TRY(heal_in_attempts(repair));
        TRY_ASSIGN(lost, find_settled_losses(repair));
    }
    for (const auto& [name, why] : repair.damaged) repair.result.lost.push_back({name, why});
    repair.result.lost.insert(repair.result.lost.end(), lost.begin(), lost.end());
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

void Repair::begin_attempt() {
    entry = LedgerEntry{};
    made.clear();
    objects.clear();
    segments.clear();
    to_remove.clear();
    labels.clear();
    unclear_labels.clear();
    record_missing = false;
    published = false;
}

void Repair::healed(const std::string& object) {
    damaged.erase(object);
    result.healed.push_back(object);
    if (state().objects.contains(object)) healed_live.insert(object);
}

void Repair::retire(const std::string& object) {
    if (!state().objects.contains(object)) return;
    entry.removed.push_back(object);
    to_remove.push_back(object);
}

Result<std::string> Repair::put_aside(const std::string& object, const std::string& why) {
    std::string to;
    TRY(with_reserve(store(), [&]() -> Status {
        TRY_ASSIGN(to, store().set_aside(object));
        return done();
    }));
    result.set_aside.push_back({object, to, why});
    return to;
}

Status Repair::make_way(const std::string& object) {
    const auto info = store().info(object);
    if (info.ok() || info.error().code != Code::corrupt) return done();
    TRY(put_aside(object, say("it was no file")));
    return done();
}

Status Repair::catch_up() {
    TRY(vault.ledger().refresh());
    const auto is_gone = [this](const std::string& name) {
        const auto id = id_in_name(name);
        const bool is_record = object_kind(name) == "snapshot";
        return id && !state().objects.contains(name) && !(is_record && state().snapshots.contains(*id));
    };
    std::erase_if(damaged, [&](const auto& each) { return is_gone(each.first); });
    std::erase_if(result.healed, [&](const std::string& name) { return healed_live.contains(name) && is_gone(name); });
    std::erase_if(healed_live, is_gone);
    return done();
}

Status Repair::look_at_packs() {
    health = PackHealth{};
    TRY_ASSIGN(const std::vector<ObjectInfo> packs, store().list("packs"));
    for (const ObjectInfo& pack : packs) {
        const auto id = id_in_name(pack.name);
        const auto named = state().objects.find(pack.name);
        // Others are neither relied on here nor kept for anybody.
        if (id && named != state().objects.end() && named->second == pack.size) health.add_present(*id);
    }
    for (const ObjectId& pack : damaged_packs()) health.add_lost(pack);
    return done();
}

Result<std::vector<WrittenSegment>> Repair::write_index(IndexBatch& batch) {
    TRY(store().barrier());
    return batch.write(store(), *vault.keyring());
}

namespace {

// First of all: without tmp/ nothing can be written, and what a file in a folder's place hides is missing.
Status clear_wrong_places(Repair& repair) {
    TRY_ASSIGN(const std::vector<WrongPlace> places, find_wrong_places(repair.store()));
    for (const WrongPlace& each : places) TRY(repair.put_aside(each.name, each.problem));
    return places.empty() || repair.vault.ledger_damage().empty() ? done() : repair.vault.reload();
}

Status heal_all(Repair& repair) {
    TRY(clear_wrong_places(repair));
    TRY(heal_ledger(repair));
    TRY(heal_header(repair));
    TRY(heal_marks(repair));
    TRY_ASSIGN(const Session session, Session::begin(repair.store()));
    repair.session = &session;
    // So that prune leaves alone what is read; a source that cannot be written is not being pruned.
    const auto reading = repair.other ? Session::begin(repair.other->store()) : Result<Session>(Error{Code::not_found, {}});
    TRY(repair.vault.ledger().refresh());
    TRY(heal_witnesses(repair));
    TRY(survey(repair));
    TRY(repair.catch_up());
    for (auto& [name, why] : repair.damaged) {
        const std::size_t before = repair.result.set_aside.size();
        TRY(repair.make_way(name));
        if (repair.result.set_aside.size() != before) why = say("is missing");
    }
    TRY(heal_misplaced(repair));
    TRY(heal_grown(repair));
    TRY(heal_snapshots(repair));
    TRY(heal_packs_by_name(repair));
    TRY(heal_in_attempts(repair));
    return report_losses(repair);
}

// A run that ends with an error has no result, and what it did stays done.
void tell_what_was_done(const Repair& repair) {
    for (const RepairResult::SetAside& one : repair.result.set_aside) {
        repair.progress.warn(say("set aside {} as {}: {}", printable(one.object), printable(one.to), printable(one.why)));
    }
    for (const std::string& object : repair.result.healed) repair.progress.warn(say("healed {}", object));
    for (const std::string& object : repair.result.removed) {
        repair.progress.warn(say("removed {}: it was damaged or missing, and nothing needs it any more", object));
    }
}

}  // namespace

Result<RepairResult> repair(Repository& damaged, Repository* from, Progress& progress, const StopFlag& stop,
                            const UnlockedKeyring* unlocked) {
    TRY(check_may_repair(damaged, from));
    Repair repair(damaged, from, unlocked, progress, stop);
    const Status healed = heal_all(repair);
    if (!healed.ok()) {
        tell_what_was_done(repair);
        return healed.error();
    }
    repair.result.objects_healed = repair.result.healed.size();
    return std::move(repair.result);
}

}  // namespace custody
