#include "vault/lost_snapshot.h"

#include "base/counts.h"
#include "base/text.h"
#include "vault/history/lawful_term.h"
#include "vault/history/witness.h"
#include "vault/object_check.h"
#include "vault/packs/format.h"
#include "vault/sound_prefix.h"

namespace custody {
namespace {

constexpr std::size_t kShortId = 8;
constexpr std::size_t kShownAtOnce = 8;  // snapshots in a line

// Entries of early versions do not say. A backup that brought anything new came with an index segment, whose name carries the
// label; a copy enters segments of many labels with the first of its snapshots.
Result<std::optional<LabelId>> label_in_entry(Repository& repository, std::uint64_t n) {
    const VaultId& vault = repository.header().vault;
    auto read = read_entry(repository.store(), ledger_name(n), vault, n);
    if (!read.ok() && is_damage(read.error())) read = read_entry(repository.store(), witness_name(vault, n), vault, n);
    if (!read.ok() && is_damage(read.error())) return std::optional<LabelId>();
    TRY(read);
    if (read->entry.operation != Operation::add) return std::optional<LabelId>();
    std::optional<LabelId> found;
    for (const ObjectInfo& object : read->entry.added) {
        const auto label = label_in_name(object.name);
        if (!label) continue;
        if (found && *found != *label) return std::optional<LabelId>();
        found = label;
    }
    return found;
}

// Its summary, where bytes were only added to the file and the label's keys are here.
Result<std::optional<Snapshot>> read_before_grown(Repository& repository, const ObjectId& id, std::uint64_t size) {
    const ObjectInfo record{snapshot_name(id), size, {}};
    TRY_ASSIGN(const std::optional<Bytes> bytes, sound_prefix(repository.store(), record, kMaxSnapshotSize));
    if (!bytes) return std::optional<Snapshot>();
    const auto clear = decode_snapshot_clear(id, *bytes);
    const Keyring* keyring = repository.keyring();
    const auto keys = clear.ok() && keyring != nullptr ? keyring->writer_keys(clear->label) : nullptr;
    if (!keys) return std::optional<Snapshot>();
    auto snapshot = decode_snapshot(id, *bytes, *keys);
    return snapshot.ok() ? std::optional<Snapshot>(std::move(*snapshot)) : std::nullopt;
}

std::string held_text(const HoldState& hold) {
    if (!hold.until) return say("held until released ({})", printable(hold.reason));
    return say("held until {} ({})", to_rfc3339_local(*hold.until), printable(hold.reason));
}

// What a forget of it would be told, and what comes before it; empty: nothing stands against it.
std::string why_refused(LostRecord lost, Time now) {
    const std::string held = is_held(lost.ledger, now) ? held_text(*lost.ledger.hold) : std::string();
    lost.ledger.hold.reset();
    const std::string term = protection_of(lost, now);
    const std::string shown = lost.id.hex().substr(0, kShortId);
    if (!term.empty()) {
        return say("'custody forget {}' is refused as long as it is protected: {}", shown,
                   held.empty() ? term : held + "; " + term);
    }
    if (held.empty()) return {};
    return say(
        "'custody forget {}' is refused while it is {}: where no copy is left, 'custody hold release {} --reason R' comes first",
        shown, held, shown);
}

}  // namespace

Result<LostRecord> look_at_lost(Repository& repository, const ObjectId& id) {
    LostRecord lost;
    lost.id = id;
    lost.ledger = repository.state().snapshots.at(id);
    const auto info = repository.store().info(snapshot_name(id));
    if (!info.ok() && !is_damage(info.error())) return info.error();
    lost.missing = !info.ok() && info.error().code == Code::not_found;
    TRY_ASSIGN(lost.before_grown, read_before_grown(repository, id, lost.ledger.size));
    if (lost.before_grown) {
        lost.label = lost.before_grown->clear.label;
        lost.label_name = lost.before_grown->summary.label;
        return lost;
    }
    lost.label = lost.ledger.label;
    if (!lost.label) {
        TRY_ASSIGN(lost.label, label_in_entry(repository, lost.ledger.sequence));
    }
    lost.destroyed = lost.label && repository.state().destroyed_labels.contains(*lost.label);
    if (!lost.label || repository.keyring() == nullptr) return lost;
    if (const auto keys = repository.keyring()->writer_keys(*lost.label)) lost.label_name = keys->name;
    return lost;
}

std::string describe(const LostRecord& lost) {
    if (lost.before_grown) return describe(*lost.before_grown);
    const std::string made = to_rfc3339_local(lost.ledger.order);
    const std::string id = lost.id.hex().substr(0, kShortId);
    if (!lost.label_name.empty()) return say("label {}, made at the latest {} ({})", lost.label_name, made, id);
    return say("label not known, made at the latest {} ({})", made, id);
}

std::string why_lost(const LostRecord& lost) { return lost.missing ? say("its record was lost") : say("its record was damaged"); }

std::string way_out_of_lost(Repository& repository, const ObjectId& id, Time now) {
    LostRecord unknown;
    unknown.id = id;
    unknown.ledger = repository.state().snapshots.at(id);
    const auto looked = look_at_lost(repository, id);
    const LostRecord lost = looked.ok() ? *looked : unknown;  // what may not be looked at counts as protected for longest
    const std::string refused = why_refused(lost, now);
    if (!refused.empty()) return say("heal it with 'custody repair --from VAULT'") + "; " + refused;
    return say("heal it with 'custody repair --from VAULT', or, where no copy is left, end it with 'custody forget {}'",
               id.hex().substr(0, kShortId));
}

std::string way_to_end_broken(Repository& repository, const std::vector<ObjectId>& ids, Time now) {
    std::string free, refused;
    std::size_t count = 0, untold = 0;
    for (const ObjectId& id : ids) {
        const auto live = repository.state().snapshots.find(id);
        auto snapshot = live == repository.state().snapshots.end() ? Result<Snapshot>(Error{Code::not_found, {}})
                                                                   : repository.read_snapshot(id);
        if (!snapshot.ok()) continue;
        if (++count > kShownAtOnce) {
            ++untold;
            continue;
        }
        LostRecord broken;
        broken.id = id;
        broken.ledger = live->second;
        broken.label = snapshot->clear.label;
        broken.label_name = snapshot->summary.label;
        broken.before_grown = std::move(*snapshot);  // as it is read
        const std::string why = why_refused(std::move(broken), now);
        if (why.empty()) free += (free.empty() ? "" : " ") + id.hex().substr(0, kShortId);
        if (!why.empty()) refused += (refused.empty() ? "" : "; ") + why;
    }
    std::string text;
    if (!free.empty()) {
        text =
            say("where no copy is left, and the source is gone or has changed, restore what is left of it; then 'custody forget "
                "{}' ends it",
                free);
    }
    if (!refused.empty()) text += (text.empty() ? "" : "; ") + refused;
    if (untold != 0) text += say_count(untold, " (and {} more snapshot)", " (and {} more snapshots)");
    return text;
}

std::string way_out_of_broken(Repository& repository, const std::vector<ObjectId>& ids, Time now) {
    const std::string heal =
        say("heal it with 'custody repair --from VAULT', or back up the same sources again and then run 'custody repair'");
    const std::string end = way_to_end_broken(repository, ids, now);
    return end.empty() ? heal : heal + "; " + end;
}

std::string protection_of(const LostRecord& lost, Time now) {
    if (is_held(lost.ledger, now)) return say("held: {}", printable(lost.ledger.hold->reason));
    // Its run began at its order, or before where the clock was set back: the term may end earlier, never later.
    const Time time = lost.before_grown ? lost.before_grown->summary.time : lost.ledger.order;
    if (lost.before_grown && time > now) return say("dated after now");
    const bool known = !lost.label_name.empty();
    const LawfulTerm term = known ? lawful_term(lost.label_name) : longest_lawful_term();
    if (lost.destroyed || !is_within(term, time, now)) return {};
    const std::string until = end_of(term, time);
    if (known) return say("within the lawful term ({}) until {}", term.duty, until);
    return say(
        "its label is not known here, so that the longest lawful term ({}) counts, until {}; `custody repair --from VAULT` "
        "may bring its record back",
        term.duty, until);
}

}  // namespace custody
