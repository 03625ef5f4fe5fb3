// Second copies of ledger entries: this vault's own from its ledger, another vault's from that one, or from what a third keeps.
//
// Another vault's witnesses are hints: copies of what is that vault's, and what this medium remembers of its end. One that is
// damaged and that nobody at hand can write again is set aside, with those after it, so that what stays runs from 1 without gap;
// `copy` writes them again as soon as the two meet.
#include "base/counts.h"
#include "base/text.h"
#include "vault/history/witness.h"
#include "vault/object_check.h"
#include "vault/repair_parts.h"
#include "vault/witnessing.h"

namespace custody {
namespace {

// Where a witness of another vault can be had: that vault's ledger, or the other's witness of a third.
Result<bool> heal_foreign_witness(Repair& repair, const WitnessName& name) {
    if (!repair.other) return false;
    const bool is_others = repair.other->header().vault == name.vault;
    const std::string source = is_others ? ledger_name(name.n) : witness_name(name.vault, name.n);
    const auto found = read_entry(repair.other->store(), source, name.vault, name.n);
    if (!found.ok() && !is_damage(found.error())) return found.error();
    if (!found.ok()) return false;
    const auto before = name.n > 1 ? read_entry(repair.store(), witness_name(name.vault, name.n - 1), name.vault, name.n - 1)
                                   : Result<EntryFile>(Error{Code::not_found, {}});
    const auto after = read_entry(repair.store(), witness_name(name.vault, name.n + 1), name.vault, name.n + 1);
    // A vault that went back and on again must not overwrite what is remembered of it.
    const bool fits =
        (!before.ok() || before->hash == found->entry.previous) && (!after.ok() || after->entry.previous == found->hash);
    if (!fits) return false;
    TRY(repair.make_way(witness_name(name.vault, name.n)));
    TRY(repair.store().replace(witness_name(name.vault, name.n), found->bytes));
    repair.result.bytes_copied += found->bytes.size();
    return true;
}

Status heal_own_witnesses(Repair& repair, std::set<std::string>& open) {
    const VaultId& id = repair.vault.header().vault;
    for (std::uint64_t n = 1; n <= repair.state().n; ++n) {
        const std::string name = witness_name(id, n);
        const bool damaged = open.contains(name);
        const auto present = repair.store().info(name);
        if (!present.ok() && !is_damage(present.error())) return present.error();
        if (present.ok() && !damaged) continue;
        TRY_ASSIGN(const EntryFile entry, read_entry(repair.store(), ledger_name(n), id, n));
        TRY(repair.make_way(name));
        TRY(repair.store().replace(name, entry.bytes));
        open.erase(name);
        // The newest may be missing after a crash, and a vault of an early version has none: that was no damage.
        if (damaged || (repair.state().witnessed && n < repair.state().n)) repair.result.healed.push_back(name);
    }
    return done();
}

// From the end, so that a crash leaves no gap.
Status set_aside_from(Repair& repair, const WitnessName& first, const std::string& problem) {
    TRY_ASSIGN(const std::vector<ObjectInfo> all, repair.store().list(witness_folder(first.vault)));
    const std::string name = witness_name(first.vault, first.n);
    std::string to = say("nowhere: it is missing");
    std::uint64_t later = 0;
    for (auto object = all.rbegin(); object != all.rend(); ++object) {
        const auto parsed = parse_witness_name(object->name);
        if (!parsed || parsed->n <= first.n) continue;
        TRY(repair.store().set_aside(object->name));
        ++later;
    }
    auto moved = repair.store().set_aside(name);
    if (!moved.ok() && moved.error().code != Code::not_found) return std::move(moved).error();
    if (moved.ok()) to = *moved;
    repair.result.set_aside.push_back(
        {name, to,
         say_count(later,
                   "{1}; what this medium remembers of the vault {2} now ends at entry {3} ({0} later one was set aside with it) "
                   "until `custody copy` brings the two together again",
                   "{1}; what this medium remembers of the vault {2} now ends at entry {3} ({0} later ones were set aside with "
                   "it) until `custody copy` brings the two together again",
                   problem, first.vault.hex(), first.n - 1)});
    return done();
}

// What is damaged still. Of a vault that is at hand and contradicts it, it may be the witness that is right: it stays.
Status settle_rest(Repair& repair, const std::optional<VaultId>& disputed) {
    std::set<VaultId> settled;
    TRY_ASSIGN(const WitnessCheck check, check_witnesses(repair.store(), repair.vault.header().vault, repair.vault.ledger()));
    for (const WitnessCheck::Problem& each : check.problems) {
        const auto name = parse_witness_name(each.object);
        const bool is_hint = name && name->vault != repair.vault.header().vault && name->vault != disputed;
        if (!is_hint) {
            repair.result.lost.push_back({each.object, each.problem});
        } else if (settled.insert(name->vault).second) {
            TRY(set_aside_from(repair, *name, each.problem));
        }
    }
    return done();
}

}  // namespace

Status heal_witnesses(Repair& repair) {
    TRY_ASSIGN(const WitnessCheck check, check_witnesses(repair.store(), repair.vault.header().vault, repair.vault.ledger()));
    std::set<std::string> open;
    for (const WitnessCheck::Problem& each : check.problems) open.insert(each.object);
    TRY(heal_own_witnesses(repair, open));
    for (const std::string& object : open) {
        const auto name = parse_witness_name(object);
        if (!name) continue;
        TRY_ASSIGN(const bool healed, heal_foreign_witness(repair, *name));
        if (healed) repair.result.healed.push_back(object);
    }
    std::optional<VaultId> disputed;
    if (repair.other) {
        // What the other's ledger tells of is the whole of it, gaps and end too.
        const Status remembered = check_remembered_by(repair.vault, *repair.other);
        if (remembered.ok()) TRY(leave_witnesses(*repair.other, repair.vault));
        if (!remembered.ok() && remembered.error().code != Code::corrupt) return remembered;
        if (!remembered.ok()) {
            disputed = repair.other->header().vault;
            repair.result.lost.push_back({printable(repair.other->store().location()), remembered.error().message});
        }
    }
    return settle_rest(repair, disputed);
}

}  // namespace custody
