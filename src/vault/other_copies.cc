#include "vault/other_copies.h"

#include "vault/history/witness.h"
#include "vault/witnessing.h"

#include <map>

namespace custody {
namespace {

void follow(Repository& vault, const LedgerEntry& entry, std::set<ObjectId>& live) {
    if (entry.operation == Operation::forget) {
        for (const ObjectId& id : entry.snapshots) live.erase(id);
    }
    const bool adds = entry.operation == Operation::add || entry.operation == Operation::copy;
    if (adds && may_speak_for(vault, entry.signer)) live.insert(entry.snapshots.begin(), entry.snapshots.end());
}

}  // namespace

Result<Elsewhere> snapshots_elsewhere(Repository& vault) {
    std::map<VaultId, std::set<std::uint64_t>> numbers;
    TRY_ASSIGN(const std::vector<ObjectInfo> objects, vault.store().list("witness"));
    for (const ObjectInfo& object : objects) {
        const auto name = parse_witness_name(object.name);
        if (name && name->vault != vault.header().vault) numbers[name->vault].insert(name->n);
    }
    Elsewhere elsewhere;
    for (const auto& [other, entries] : numbers) {
        std::set<ObjectId> live;
        std::uint64_t expected = 1;
        for (const std::uint64_t n : entries) {
            const auto found = read_entry(vault.store(), witness_name(other, n), other, n);
            if (!found.ok() && found.error().code == Code::failed) return found.error();
            if (n != expected) live.clear();
            if (found.ok()) follow(vault, found->entry, live);
            if (!found.ok()) elsewhere.damaged.push_back(witness_name(other, n));
            expected = n + 1;
        }
        elsewhere.snapshots.merge(live);
    }
    return elsewhere;
}

}  // namespace custody
