#include "vault/lacking_keys.h"

#include "base/counts.h"
#include "vault/closed_labels.h"
#include "vault/packs/format.h"

#include <algorithm>

namespace custody {
namespace {

bool has_keys_of(const Repository& repository, const Snapshot& snapshot) {
    const auto keys = repository.keyring()->writer_keys(snapshot.clear.label);
    return keys != nullptr && keys->knows(snapshot.clear.key);
}

// Of a label that was not destroyed, and whose keys this keyring does not have.
bool is_of_unknown_label(const Repository& repository, const ObjectId& id) {
    const auto bytes = repository.store().get(snapshot_name(id), kMaxSnapshotSize);
    const auto clear = bytes.ok() ? decode_snapshot_clear(id, *bytes) : Result<SnapshotClear>(bytes.error());
    if (!clear.ok() || repository.keyring()->writer_keys(clear->label)) return false;
    return !closed_label(repository, clear->label).destroyed;
}

}  // namespace

void LackingKeys::look_at(const Snapshot& snapshot, const WriterKeys& keys) {
    if (keys.knows(snapshot.clear.key)) return;
    ++snapshots_[{keys.name, snapshot.clear.epoch}];
    if (snapshot.clear.epoch > keys.epoch) newer_[keys.name] = std::max(newer_[keys.name], snapshot.clear.epoch);
}

std::vector<std::string> LackingKeys::lines(bool is_custodian) const {
    std::vector<std::string> lines;
    if (!is_custodian) {
        for (const auto& [label, epoch] : newer_)
            lines.push_back(say("label {} is at epoch {} in this vault: {}", label, epoch, why_keys_lack(false)));
        return lines;
    }
    for (const auto& [key, count] : snapshots_) {
        lines.push_back(say_count(
            count,
            "{} snapshot was made with a key of label {}, epoch {}, that this keyring does not hold, and may not open here: {}",
            "{} snapshots were made with a key of label {}, epoch {}, that this keyring does not hold, and may not open here: {}",
            key.first, key.second, why_keys_lack(true)));
    }
    return lines;
}

Result<std::vector<std::string>> notes_on_keys(Repository& repository, const Repository::Listed& found) {
    std::vector<std::string> notes;
    if (repository.keyring() == nullptr) return notes;
    std::uint64_t newer = 0;
    for (const auto& [id, live] : repository.state().snapshots) {
        if (is_older(found.ledger, live) && is_of_unknown_label(repository, id)) ++newer;
    }
    if (newer != 0) {
        notes.push_back(say_count(newer, "note: {} newer snapshot is of a label whose keys are not here: its name is not known",
                                  "note: {} newer snapshots are of labels whose keys are not here: their names are not known"));
    }
    if (has_keys_of(repository, found.snapshot)) return notes;
    const Snapshot* other = nullptr;
    TRY_ASSIGN(const std::vector<Repository::Listed> listed, repository.snapshots());
    for (const Repository::Listed& each : listed) {
        const bool is_of_name =
            each.snapshot.clear.label == found.snapshot.clear.label && each.snapshot.summary.name == found.snapshot.summary.name;
        if (is_of_name && has_keys_of(repository, each.snapshot)) other = &each.snapshot;  // they come oldest first
    }
    notes.push_back(
        say("note: {} was made with a key of label {}, epoch {}, that this keyring does not hold, and may not open here",
            describe(found.snapshot), found.snapshot.summary.label, found.snapshot.clear.epoch));
    if (other != nullptr) {
        notes.push_back(say("note: the newest of that name that was made with keys of this keyring is {}", describe(*other)));
    }
    return notes;
}

}  // namespace custody
