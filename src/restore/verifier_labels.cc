// What the writer keys open: snapshots and indexes, label by label; and whether the keys here are enough for the level asked for.
#include "base/counts.h"
#include "base/text.h"
#include "restore/verification.h"
#include "vault/lacking_keys.h"
#include "vault/object_check.h"

#include <algorithm>

namespace custody {
namespace {

bool is_asked_for(const Verification& run, const ObjectId& snapshot) {
    const auto& asked = run.options.snapshots;
    return asked.empty() || std::find(asked.begin(), asked.end(), snapshot) != asked.end();
}

// Entry in `labels`, made at first sight; null when the label's writer keys are not here.
Result<LabelUnderCheck*> label_under_check(Verification& run, const LabelId& id) {
    const auto found = run.labels.find(id);
    if (found != run.labels.end()) return &found->second;
    auto keys = run.subject.keyring ? run.subject.keyring->writer_keys(id) : nullptr;
    if (!keys) return static_cast<LabelUnderCheck*>(nullptr);
    LabelUnderCheck label;
    label.keys = std::move(keys);
    if (run.options.unlocked) {
        TRY_ASSIGN(label.secrets, run.options.unlocked->secrets(id));
    }
    label.opener = std::make_unique<SegmentOpener>(*label.keys, label.secrets.get());
    return &run.labels.emplace(id, std::move(label)).first->second;
}

struct Counts {
    std::map<LabelId, std::uint64_t> without_keys;  // snapshots
    LackingKeys lacking;
    std::uint64_t destroyed = 0;
};

void report_lost_record(Verification& run, const ObjectId& id, const std::string& problem) {
    run.book.affect(snapshot_name(id), id.hex(), "", problem);
    run.result.lost_records.push_back(id.hex());
}

Status check_snapshot(Verification& run, const ObjectId& id, Counts& counts) {
    const std::string name = snapshot_name(id);
    if (run.ledger_sound && !run.state().objects.contains(name)) {
        run.book.affect(name, id.hex(), "", say("the ledger no longer names it, and its snapshot is live"));
    }
    const auto bytes = run.store().get(name, kMaxSnapshotSize);
    if (!bytes.ok()) {
        if (!is_damage(bytes.error())) return bytes.error();
        if (bytes.error().code == Code::denied) {
            run.report(name, bytes.error(), "");
            return done();
        }
        report_lost_record(run, id, bytes.error().code == Code::not_found ? say("is missing") : bytes.error().message);
        return done();
    }
    const auto clear = decode_snapshot_clear(id, *bytes);
    if (!clear.ok()) {
        report_lost_record(run, id, clear.error().message);
        return done();
    }
    run.saw_signer(clear->signer, name);
    if (run.is_destroyed(clear->label)) {
        ++counts.destroyed;
        return done();
    }
    TRY_ASSIGN(LabelUnderCheck* const label, label_under_check(run, clear->label));
    if (!label) {
        ++counts.without_keys[clear->label];
        return done();
    }
    auto snapshot = decode_snapshot(id, *bytes, *label->keys);
    if (snapshot.ok()) {
        counts.lacking.look_at(*snapshot, *label->keys);
        label->snapshots.push_back(std::move(*snapshot));
    } else {
        report_lost_record(run, id, snapshot.error().message);
    }
    return done();
}

Status check_snapshots(Verification& run) {
    Counts counts;
    for (const auto& [id, live] : run.state().snapshots) {
        TRY(run.stop.check());
        if (is_asked_for(run, id)) TRY(check_snapshot(run, id, counts));
    }
    run.result.destroyed_snapshots = counts.destroyed;
    if (counts.destroyed > 0) {
        run.note(say_count(counts.destroyed,
                           "{} snapshot is of a label whose keys were destroyed: not damage, and not to be had again",
                           "{} snapshots are of labels whose keys were destroyed: not damage, and not to be had again"));
    }
    if (run.options.level == VerifyLevel::keyless) return done();
    const bool custodian = run.subject.keyring != nullptr && run.subject.keyring->is_custodian();
    for (std::string& line : counts.lacking.lines(custodian)) run.note(std::move(line));
    for (const auto& [label, snapshots] : counts.without_keys) {
        run.note(say_count(snapshots, "label {1}: its keys are not here, so its {0} snapshot was checked without keys only",
                           "label {1}: its keys are not here, so its {0} snapshots were checked without keys only", label.hex()));
    }
    return done();
}

Status open_index(Verification& run, LabelUnderCheck& label) {
    TRY_ASSIGN(label.index, Index::open(run.store(), *label.keys, IndexTrust{}));
    for (const Index::Damage& damage : label.index->damaged()) run.book.report(damage.object, damage.error.message);
    for (const Index::SegmentInfo& segment : label.index->segments()) {
        run.saw_signer(segment.signer, index_name(label.keys->label, segment.id));
    }
    return done();
}

// Labels that still have index segments but no snapshot asked for are opened too: their segments' signatures count.
Status open_labels_of_index(Verification& run) {
    for (const auto& [name, size] : run.state().objects) {
        const auto label = label_in_name(name);
        if (label && !run.is_destroyed(*label)) TRY(label_under_check(run, *label));
    }
    return done();
}

// Snapshots asked for by name must be checked at the level asked for; a label that cannot be is else only noted.
Status check_secrets_suffice(Verification& run) {
    bool any_with_secret = false, any_without = false;
    std::string names;
    for (const auto& [id, label] : run.labels) {
        if (label.snapshots.empty()) continue;
        (label.secrets ? any_with_secret : any_without) = true;
        if (!label.secrets) names += (names.empty() ? "" : ", ") + label.keys->name;
    }
    if (!any_without) return done();
    if (!any_with_secret || !run.options.snapshots.empty()) {
        return Error{Code::wrong_key, say("the secrets of {} are not in this keyring, and only they open content; use `--level "
                                          "structure` here, or verify where the custodian's keyring is",
                                          names)};
    }
    run.note(say("{}: the secrets are not here; packs were hashed whole, their content was not opened", names));
    return done();
}

void note_unknown_signers(Verification& run) {
    std::set<SignerId> known = run.options.signers;
    if (run.subject.keyring) {
        known.insert(run.subject.keyring->signer());
        for (const SignerInfo& signer : run.subject.keyring->trusted_signers()) known.insert(signer.id);
    }
    for (const auto& [signer, where] : run.signers) {
        if (known.contains(signer)) continue;
        run.note(say("unknown signer {} (first in {}): nothing here vouches for it; give `--signers FILE` of a public export",
                     signer.hex(), where));
    }
}

// The label stays what it was; no damage, for the entry took nothing away.
void note_destructions_that_do_not_count(Verification& run) {
    for (const auto& [label, claims] : run.state().destruction_claims) {
        if (run.is_destroyed(label)) continue;
        for (const auto& [signer, claim] : claims) {
            run.note(say("{} says that label {} was destroyed, and its signer {} has no say in that: it was ignored",
                         ledger_name(claim.n), label.hex(), signer.hex()));
        }
    }
}

}  // namespace

bool Verification::is_destroyed(const LabelId& label) const {
    return state().destroyed_labels.contains(label) || (subject.keyring && subject.keyring->destroyed(label));
}

Status check_keys_suffice(const Verification& run) {
    if (run.options.level != VerifyLevel::keyless && !run.subject.keyring) {
        return Error{Code::wrong_key, say("this level needs a keyring with the writer keys; `custody verify --keyless` works "
                                          "without any")};
    }
    if (run.reads_packs() && !run.options.unlocked) {
        return Error{Code::wrong_key,
                     say("this level opens content, which needs the keyring's passphrase; `--level structure` works "
                         "without it")};
    }
    return done();
}

Status check_labels(Verification& run) {
    TRY(check_snapshots(run));
    if (run.options.level != VerifyLevel::keyless) {
        if (run.reads_packs()) TRY(check_secrets_suffice(run));
        TRY(open_labels_of_index(run));
        for (auto& [id, label] : run.labels) TRY(open_index(run, label));
    }
    note_unknown_signers(run);
    note_destructions_that_do_not_count(run);
    return done();
}

}  // namespace custody
