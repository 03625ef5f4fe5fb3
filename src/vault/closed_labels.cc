#include "vault/closed_labels.h"

#include "base/counts.h"
#include "base/text.h"
#include "vault/packs/format.h"
#include "vault/repository.h"

#include <map>

namespace custody {
namespace {

constexpr std::size_t kDateSize = 10;  // "2026-11-20"

}  // namespace

ClosedLabel closed_label(const Repository& repository, const LabelId& label) {
    ClosedLabel closed;
    closed.id = label;
    if (const auto in_ledger = repository.state().destroyed_labels.find(label);
        in_ledger != repository.state().destroyed_labels.end()) {
        closed.destroyed = in_ledger->second;
    }
    if (repository.keyring() == nullptr) return closed;
    // The keyring's own word comes first: a vault learns of it later.
    if (const auto destroyed = repository.keyring()->destroyed(label)) {
        closed.name = destroyed->name;
        closed.destroyed = destroyed->when;
        closed.is_passed = destroyed->outstanding_copies.empty();
    } else if (const auto keys = repository.keyring()->writer_keys(label)) {
        closed.name = keys->name;
        closed.keys_are_here = repository.keyring()->is_custodian();
    }
    return closed;
}

Result<std::vector<ClosedLabel>> closed_labels(const Repository& repository) {
    std::map<LabelId, ClosedLabel> found;
    for (const auto& [id, in_ledger] : repository.state().snapshots) {
        const auto bytes = repository.store().get(snapshot_name(id), kMaxSnapshotSize);
        if (!bytes.ok() && bytes.error().code != Code::not_found && bytes.error().code != Code::corrupt) return bytes.error();
        const auto clear = bytes.ok() ? decode_snapshot_clear(id, *bytes) : Result<SnapshotClear>(bytes.error());
        if (!clear.ok()) continue;
        const bool destroyed = repository.state().destroyed_labels.contains(clear->label);
        if (!destroyed && repository.keyring() != nullptr && repository.keyring()->writer_keys(clear->label)) continue;
        auto& label = found.try_emplace(clear->label, closed_label(repository, clear->label)).first->second;
        label.snapshots.push_back(id);
    }
    std::vector<ClosedLabel> labels;
    for (auto& [id, label] : found) labels.push_back(std::move(label));
    return labels;
}

Status may_be_stored(const LedgerState& state, const LabelId& label, const std::string& name) {
    const auto destroyed = state.destroyed_labels.find(label);
    if (destroyed == state.destroyed_labels.end()) return done();
    return Error{Code::refused, say("label {} was destroyed in this vault on {}; make another label", printable(name),
                                    to_rfc3339_local(destroyed->second).substr(0, kDateSize))};
}

std::string shown_name(const ClosedLabel& label) {
    return label.name.empty() ? say("{} (name not known here)", label.id.hex()) : printable(label.name);
}

std::string closed_line(const ClosedLabel& label) {
    return say_count(label.snapshots.size(), "{} snapshot cannot be read: {}", "{} snapshots cannot be read: {}",
                     why_closed(label));
}

std::string why_closed(const ClosedLabel& label) {
    if (label.destroyed && label.keys_are_here) {
        return say(
            "label {} was destroyed on {}, and its keys are still in this keyring: finish it with 'custody key destroy "
            "--label {}'",
            shown_name(label), to_rfc3339_local(*label.destroyed).substr(0, kDateSize), shown_name(label));
    }
    if (label.destroyed && !label.is_passed) {
        return say("label {} was destroyed on {}: no key of it is here any more", shown_name(label),
                   to_rfc3339_local(*label.destroyed).substr(0, kDateSize));
    }
    if (label.destroyed) {
        return say("label {} was destroyed on {}: nothing opens it any more", shown_name(label),
                   to_rfc3339_local(*label.destroyed).substr(0, kDateSize));
    }
    return say("no key of label {} is here: the custodian's keyring, or the recovery kit that holds it, opens it",
               shown_name(label));
}

}  // namespace custody
