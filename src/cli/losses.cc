#include "cli/losses.h"

#include "base/counts.h"
#include "base/text.h"
#include "vault/broken_snapshots.h"
#include "vault/lost_snapshot.h"
#include "vault/object_check.h"

#include <algorithm>
#include <set>

namespace custody {
namespace {

// `is_pack_hit`: where it is not known whose.
void print_end(Output& output, Repository& repository, const std::set<ObjectId>& snapshots, bool is_pack_hit) {
    if (snapshots.empty() && !is_pack_hit) return;
    if (snapshots.empty()) {  // no key is used, or none is hit
        output.line(
            say("where no copy is left, and the source is gone or has changed: 'custody verify' with the keyring names the "
                "snapshots that are hit, and 'custody forget ID' ends one"));
        return;
    }
    const std::string end = way_to_end_broken(repository, {snapshots.begin(), snapshots.end()}, repository.clock().now());
    if (!end.empty()) output.line(end);
}

}  // namespace

void print_way_out_of_lost_records(Output& output, Repository& repository, const VerifyResult& result) {
    for (const std::string& hex : result.lost_records) {
        const std::string record = "snapshots/" + hex;
        const bool is_damaged = std::any_of(result.damaged.begin(), result.damaged.end(),
                                            [&](const VerifyResult::Damage& each) { return each.object == record; });
        const auto id = ObjectId::from_hex(hex);
        if (!is_damaged || !id || !repository.state().snapshots.contains(*id)) continue;
        output.line(say("snapshot {}: {}", hex.substr(0, 8), way_out_of_lost(repository, *id, repository.clock().now())));
    }
}

void print_way_to_end_broken(Output& output, Repository& repository, const VerifyResult& result) {
    std::set<ObjectId> snapshots;
    bool is_pack_hit = false;
    for (const VerifyResult::Damage& damage : result.damaged) {
        is_pack_hit = is_pack_hit || object_kind(damage.object) == "pack";
        for (const VerifyResult::Affected& affected : damage.affects) {
            if (const auto id = ObjectId::from_hex(affected.snapshot)) snapshots.insert(*id);
        }
    }
    print_end(output, repository, snapshots, is_pack_hit);
}

void print_way_to_end_broken(Output& output, Repository& repository, const RepairResult& result) {
    std::set<ObjectId> snapshots;
    for (const RepairResult::Lost& one : result.lost) {
        const auto id = object_kind(one.object) == "snapshot" ? id_in_name(one.object) : std::nullopt;
        if (id) snapshots.insert(*id);
    }
    print_end(output, repository, snapshots, true);
}

Status name_broken(Context& context, Repository& repository, std::vector<std::string>& needs, std::vector<std::string>& ids) {
    const auto broken = find_broken_snapshots(repository, nullptr, context.stop());
    if (!broken.ok() && broken.error().code == Code::interrupted) return broken.error();
    if (!broken.ok()) {
        needs.push_back(broken.error().message);
        return done();
    }
    std::vector<ObjectId> found;
    for (const Snapshot& snapshot : *broken) {
        found.push_back(snapshot.id);
        ids.push_back(snapshot.id.hex());
    }
    if (found.empty()) return done();
    needs.push_back(say_count(found.size(), "{0} snapshot lacks what only damaged packs had ({1}): {2}",
                              "{0} snapshots lack what only damaged packs had (the first: {1}): {2}", describe(broken->front()),
                              way_out_of_broken(repository, found, repository.clock().now())));
    return done();
}

}  // namespace custody
