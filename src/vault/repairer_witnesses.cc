// Second copies of ledger entries: this vault's own from its ledger, another vault's from that one, or from what a third keeps.
//
// Another vault's witnesses are hints: copies of what is that vault's, and what this medium remembers of its end. One that is
// damaged and that nobody at hand can write again is set aside, it alone: each of the others may be the last good copy of an
// entry of a vault that needs it. `copy` fills the gap as soon as the two meet.
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
    return repair.make_way(witness_name(id, repair.state().n + 1));  // the next one's
}

// Numbers of which the other has something: its own entries, or its witnesses of a third's.
Result<std::vector<std::uint64_t>> numbers_at_other(Repair& repair, const VaultId& vault) {
    const bool is_others = repair.other->header().vault == vault;
    TRY_ASSIGN(const std::vector<ObjectInfo> all, repair.other->store().list(is_others ? "ledger" : witness_folder(vault)));
    std::vector<std::uint64_t> numbers;
    for (const ObjectInfo& object : all) {
        const std::string as_witness = witness_folder(vault) + object.name.substr(object.name.rfind('/'));
        if (const auto name = parse_witness_name(as_witness)) numbers.push_back(name->n);
    }
    return numbers;
}

Status fill_gaps(Repair& repair, const std::vector<WitnessCheck::Gap>& gaps) {
    if (!repair.other) return done();
    for (const WitnessCheck::Gap& gap : gaps) {
        TRY_ASSIGN(const std::vector<std::uint64_t> numbers, numbers_at_other(repair, gap.vault));
        for (const std::uint64_t n : numbers) {
            if (n < gap.from || n >= gap.until) continue;
            TRY_ASSIGN(const bool healed, heal_foreign_witness(repair, {gap.vault, n}));
            if (healed) repair.result.healed.push_back(witness_name(gap.vault, n));
        }
    }
    return done();
}

// What is damaged still. Of a vault that is at hand and contradicts it, it may be the witness that is right: it stays.
Status settle_rest(Repair& repair, const std::optional<VaultId>& disputed) {
    TRY_ASSIGN(const WitnessCheck check, check_witnesses(repair.store(), repair.vault.header().vault, repair.vault.ledger()));
    std::set<std::string> settled;  // one may have two things wrong
    for (const WitnessCheck::Problem& each : check.problems) {
        const auto name = parse_witness_name(each.object);
        const bool is_hint = name && name->vault != repair.vault.header().vault && name->vault != disputed;
        if (!is_hint) {
            repair.result.lost.push_back({each.object, each.problem});
        } else if (settled.insert(each.object).second) {
            const auto moved = repair.put_aside(
                each.object,
                say("{}; this medium has no second copy of entry {} of the vault {} until `custody copy`, or `custody "
                    "repair --from`, brings the two together again",
                    each.problem, name->n, name->vault.hex()));
            if (!moved.ok() && moved.error().code != Code::not_found) return moved.error();
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
    TRY(fill_gaps(repair, check.gaps));
    std::optional<VaultId> disputed;
    // A damaged ledger tells of no more than its single entries prove.
    if (repair.other && repair.other->ledger_damage().empty()) {
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
