// What can be checked without any key: the ledger, and that each object it names is there and is what its name says.
#include "base/counts.h"
#include "base/text.h"
#include "restore/verification.h"
#include "vault/history/witness.h"
#include "vault/marks_check.h"
#include "vault/object_check.h"
#include "vault/presence.h"
#include "vault/store/medium_identity.h"
#include "vault/store/reserve.h"
#include "vault/store/session.h"
#include "vault/store/vault_header.h"
#include "vault/wrong_places.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kOrphansNamed = 5;

bool is_named_by_layout(const std::string& name) {
    return name == "vault.json" || name == "gc/marks" || name == "reserve" || name == kMediumObject ||
           name.starts_with("ledger/") || name.starts_with("sessions/") || parse_witness_name(name);
}

Result<std::vector<ObjectInfo>> list_all(Verification& run) {
    auto all = run.store().list("");
    if (all.ok() || all.error().code != Code::denied) return all;
    TRY_ASSIGN(std::vector<ObjectInfo> objects, list_readable_packs(run.store(), run.unopened));
    for (const char* folder : {"index", "snapshots", "ledger", "witness", "gc"}) {
        TRY_ASSIGN(const std::vector<ObjectInfo> listed, run.store().list(folder));
        objects.insert(objects.end(), listed.begin(), listed.end());
    }
    return objects;
}

Status list_store(Verification& run) {
    TRY_ASSIGN(const std::vector<ObjectInfo> objects, list_all(run));
    for (const ObjectInfo& object : objects) {
        run.listed[object.name] = object.size;
        run.add_present(object.name);
    }
    return done();
}

void take_checked(Verification& run, const ObjectInfo& object, const ObjectCheck& check) {
    ++run.result.objects;
    run.result.bytes_read += check.bytes_read;
    if (!check.problem) return;
    const bool denied = check.unopened && check.unopened->code == Code::denied;
    run.report(object.name, denied ? *check.unopened : Error{Code::corrupt, ""}, *check.problem);
    const auto id = id_in_name(object.name);
    // A full reading finds out which blocks of it are sound; at the other levels none is relied on.
    if (id && object_kind(object.name) == "pack" && run.options.level != VerifyLevel::full) run.health.add_lost(*id);
}

Status check_live_objects(Verification& run) {
    ProgressState progress;
    progress.phase = "checking objects";
    progress.items_total = run.state().objects.size();
    CheckMany what;
    what.objects = &run.state().objects;
    what.threads = run.options.threads;
    const bool packs_whole = run.options.level == VerifyLevel::keyless;
    what.is_whole = [packs_whole](const std::string& name) { return packs_whole || object_kind(name) != "pack"; };
    what.take = [&](const ObjectInfo& object, const ObjectCheck& check) -> Status {
        ++progress.items_done;
        progress.bytes_done = run.result.bytes_read;
        run.progress.update(progress);
        take_checked(run, object, check);
        return done();
    };
    return check_many(run.store(), what, run.stop);
}

Status check_header(Verification& run) {
    const std::string name = "vault.json";
    if (!run.state().objects.contains(name)) ++run.result.objects;
    const auto bytes = run.store().get(name, kMaxHeaderBytes);
    if (!bytes.ok()) {
        if (!is_damage(bytes.error())) return bytes.error();
        run.report(name, bytes.error(), bytes.error().code == Code::not_found ? say("is missing") : bytes.error().message);
        return done();
    }
    run.result.bytes_read += bytes->size();
    const auto header = decode_vault_header(*bytes);
    if (!header.ok()) {
        run.book.report(name, header.error().message);
        return done();
    }
    const std::optional<Digest>& promised = run.state().header;
    if (header->vault != run.subject.vault) {
        run.book.report(name, say("belongs to another vault"));
    } else if (promised && *promised != sha256(*bytes)) {
        run.book.report(name, say("its bytes are not those that ledger entry 1 promises"));
    }
    run.saw_signer(header->signer, name);
    return done();
}

// Whether the folder lies where this says is asked by what uses the medium: a copy of a vault that is only read is no damage.
Status check_medium_identity(Verification& run) {
    auto identity = read_medium_identity(run.store());
    if (!identity.ok() && !is_damage(identity.error())) return identity.error();
    if (identity.ok() && !identity->has_value()) return done();  // no medium of a register
    ++run.result.objects;
    run.result.bytes_read += run.listed.contains(kMediumObject) ? run.listed.at(kMediumObject) : 0;
    if (!identity.ok()) {
        run.report(kMediumObject, identity.error(), identity.error().message);
        return done();
    }
    const bool is_strange = (*identity)->vault && *(*identity)->vault != run.subject.vault;
    if (is_strange) run.book.report(kMediumObject, say("belongs to another vault; `custody media register` writes it again"));
    return done();
}

Status check_marks(Verification& run) {
    const auto marks = read_marks(run.store());
    ++run.result.objects;
    if (!marks.ok() && !is_damage(marks.error())) return marks.error();
    if (!marks.ok()) {
        run.report("gc/marks", marks.error(), marks.error().message);
        return done();
    }
    // Every vault is made with marks, and they are replaced whole.
    const auto present = run.store().info("gc/marks");
    if (!present.ok() && present.error().code != Code::not_found) return present.error();
    if (!present.ok()) run.book.report("gc/marks", say("is missing"));
    TRY_ASSIGN(const std::uint64_t pruned, last_pruned_generation(run.store(), run.state().n));
    if (marks->generation < pruned) {
        run.book.report("gc/marks", say("lost or put back: of generation {}, and the ledger tells of a prune of generation {}",
                                        marks->generation, pruned));
    }
    return done();
}

Status check_reserve(Verification& run) {
    const auto bytes = run.store().get("reserve", kReserveSize + 1);
    if (!bytes.ok() && bytes.error().code == Code::not_found) {
        // Prune gives it up on a full medium and may not have had the room to make it again.
        run.note(say("reserve is missing; the next prune or repair makes it again"));
        return done();
    }
    ++run.result.objects;
    if (!bytes.ok()) {
        if (!is_damage(bytes.error())) return bytes.error();
        run.report("reserve", bytes.error(), bytes.error().message);
        return done();
    }
    run.result.bytes_read += bytes->size();
    if (*bytes != reserve_content())
        run.book.report("reserve", say("does not hold what it should; `custody repair` makes it again"));
    return done();
}

// Second copies of ledger entries, this vault's and others'. Small, so that every level reads them.
Status check_second_copies(Verification& run) {
    TRY_ASSIGN(const WitnessCheck check, check_witnesses(run.store(), run.subject.vault, *run.ledger));
    run.result.objects += check.objects;
    run.result.bytes_read += check.bytes_read;
    for (const WitnessCheck::Problem& each : check.problems) run.report(each.object, {each.code, each.problem}, each.problem);
    for (const WitnessCheck::Gap& gap : check.gaps) {
        run.note(
            gap.until == gap.from + 1
                ? say("this medium has no second copy of entry {} of the ledger of the vault {}: `custody copy`, or `custody "
                      "repair --from`, with that vault writes it again",
                      gap.from, gap.vault.hex())
                : say("this medium has no second copies of entries {} to {} of the ledger of the vault {}: `custody copy`, or "
                      "`custody repair --from`, with that vault writes them again",
                      gap.from, gap.until - 1, gap.vault.hex()));
    }
    if (check.newest_missing) {
        run.note(say("the newest ledger entry has no witness here; the next run or repair writes it"));
    }
    return done();
}

// Returns their names.
Result<std::set<std::string>> check_places(Verification& run) {
    std::set<std::string> names;
    TRY_ASSIGN(const std::vector<WrongPlace> places, find_wrong_places(run.store()));
    for (const WrongPlace& each : places) {
        names.insert(each.name);
        run.book.report(each.name, each.problem);
    }
    return names;
}

bool has_form_of_object(const std::string& name) {
    const auto id = id_in_name(name);
    const auto label = label_in_name(name);
    return id && (name == pack_name(*id) || name == snapshot_name(*id) || (label && name == index_name(*label, *id)));
}

// Some by name, and that there are more.
class Examples {
public:
    void add(const std::string& name) {
        if (++count_ <= kOrphansNamed) named_ += (named_.empty() ? "" : ", ") + printable(name);
    }
    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] std::string named() const { return count_ > kOrphansNamed ? named_ + ", ..." : named_; }

private:
    std::uint64_t count_ = 0;
    std::string named_;
};

void note_orphans(Verification& run, const std::set<std::string>& in_wrong_places) {
    Examples orphans, strangers;
    for (const auto& [name, size] : run.listed) {
        if (in_wrong_places.contains(name) || run.state().objects.contains(name) || is_named_by_layout(name)) continue;
        (has_form_of_object(name) ? orphans : strangers).add(name);
    }
    if (orphans.count() > 0) {
        run.note(say_count(
            orphans.count(), "{} object that no ledger entry names, of an interrupted or running backup; prune removes it: {}",
            "{} objects that no ledger entry names, of interrupted or running backups; prune removes them: {}", orphans.named()));
    }
    if (strangers.count() > 0) {
        run.note(
            say_count(strangers.count(),
                      "{} file that is no part of a vault; no command removes it, and where it lies in a folder that stands in "
                      "an object's place, `custody repair` sets that aside: {}",
                      "{} files that are no part of a vault; no command removes them, and where they lie in a folder that "
                      "stands in an object's place, `custody repair` sets that aside: {}",
                      strangers.named()));
    }
}

}  // namespace

Status check_ledger(Verification& run) {
    auto loaded = Ledger::load(run.store(), run.subject.vault, run.subject.head);
    if (!loaded.ok() && !is_damage(loaded.error())) return loaded.error();
    if (loaded.ok()) {
        run.ledger.emplace(std::move(*loaded));
    } else {
        run.ledger_sound = false;
        std::vector<LedgerDamage> damage;
        TRY_ASSIGN(Ledger salvaged, Ledger::salvage(run.store(), run.subject.vault, damage));
        run.ledger.emplace(std::move(salvaged));
        for (const LedgerDamage& each : damage) run.book.report(each.object, each.problem);
        // Sound in itself, and yet not the ledger that was seen before: the entry that was seen is what is damaged.
        const std::uint64_t seen = run.subject.head ? run.subject.head->n : 1;
        if (damage.empty()) run.book.report(ledger_name(std::max<std::uint64_t>(seen, 1)), loaded.error().message);
    }
    // Without either, nobody's word can be told from another's: then everybody's counts, and unknown signers are named.
    if (run.subject.keyring != nullptr) {
        run.ledger->recognise(run.subject.keyring->custodians());
    } else if (!run.options.signers.empty()) {
        run.ledger->recognise(run.options.signers);
    }
    if (!run.subject.head_witnessed) {
        run.note(
            say("head not witnessed: no head of this vault's ledger is remembered here, so a cut or rolled back ledger would "
                "not be noticed"));
    }
    run.remember_named();
    for (const auto& [signer, n] : run.ledger->signers()) run.saw_signer(signer, ledger_name(n));
    TRY_ASSIGN(const std::vector<ObjectInfo> entries, run.store().list("ledger"));
    run.result.objects += entries.size();
    for (const ObjectInfo& entry : entries) run.result.bytes_read += entry.size;
    return done();
}

Status check_objects(Verification& run) {
    TRY(list_store(run));
    TRY_ASSIGN(const std::set<std::string> in_wrong_places, check_places(run));
    TRY(check_header(run));
    TRY(check_medium_identity(run));
    TRY(check_marks(run));
    TRY(check_reserve(run));
    TRY(check_second_copies(run));
    TRY(check_live_objects(run));
    note_orphans(run, in_wrong_places);
    return done();
}

}  // namespace custody
