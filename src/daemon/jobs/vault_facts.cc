// What the vaults say, for a new catalogue.
#include "base/text.h"
#include "daemon/jobs/catalog_backup.h"
#include "daemon/jobs/own_folders.h"
#include "vault/store/medium_identity.h"

namespace custody {
namespace {

// One that is damaged tells what it can: the catalogue says where it comes from.
constexpr OpenOptions kTolerant{.tolerate_damage = true, .elsewhere = std::nullopt};

Status add_snapshots(Repository& repository, catalog::VaultFacts& facts) {
    std::vector<Repository::DamagedSnapshot> damaged;
    TRY_ASSIGN(const auto listed, repository.snapshots(nullptr, &damaged));
    for (const Repository::Listed& each : listed)
        facts.snapshots.push_back({record_of(each.snapshot), each.ledger.sequence, true});
    return done();
}

Result<catalog::VaultFacts> facts_of(Repository& repository, const MediumConfig& medium) {
    catalog::VaultFacts facts;
    facts.medium = medium.name;
    facts.facts.vault = repository.header().vault;
    facts.facts.kind = medium.removable ? "removable" : "disk";
    const auto identity = read_medium_identity(repository.store());
    if (identity.ok() && *identity) {
        const IdentityOnMedium& found = **identity;
        facts.facts.identity = found.medium;
        if (!found.place.serial.empty()) facts.facts.serial = found.place.serial;
        if (!found.place.file_system_uuid.empty()) facts.facts.filesystem_uuid = found.place.file_system_uuid;
    }
    TRY(add_snapshots(repository, facts));
    return facts;
}

}  // namespace

Result<VaultFactsFound> vault_facts(FileSystem& files, const Clock& clock, const Config& config) {
    TRY_ASSIGN(Keyring keyring, Keyring::open(files, clock, keyring_folder(config)));
    VaultFactsFound found;
    for (const MediumConfig& medium : config.media) {
        auto repository = Repository::open(files, clock, medium.vault, &keyring, kTolerant);
        auto facts = repository.ok() ? facts_of(*repository, medium) : Result<catalog::VaultFacts>(repository.error());
        if (facts.ok()) {
            found.facts.push_back(std::move(*facts));
        } else {
            found.lacking.push_back(say("{}: {}", printable(medium.name), facts.error().message));
        }
    }
    return found;
}

}  // namespace custody
