// Under which names this service stored snapshots. The keyring names the host; a machine that was recovered under another name
// (`custody recover`) goes on with the old one's catalogue, and the old one's snapshots are its own: they are owed to media, and
// retention goes on over them. The catalogue's settings remember the names, so that they come back with it.
//
// Threads: safe. Errors: those of the catalogue. Durable on return.
#pragma once

#include "base/clock.h"
#include "catalog/database.h"
#include "vault/repository.h"

#include <string>
#include <vector>

namespace custody {

struct FormerHost {
    std::string name;
    Time until;  // when the name changed: what bears the old one and is younger is another machine's
};

// `host`: as the keyring names this one now. Where another one is remembered, that one is a former one from now on.
[[nodiscard]] Status remember_host(catalog::Catalog& catalog, const std::string& host);

// Newest last; a list that cannot be read counts as none, for it only widens what may end.
[[nodiscard]] Result<std::vector<FormerHost>> former_hosts(catalog::Catalog& catalog);
// The present one and the former ones; empty: none is remembered yet.
[[nodiscard]] Result<std::vector<std::string>> own_hosts(catalog::Catalog& catalog);

// Of the former hosts those that store nothing any more, as this vault shows: an old machine that goes on writing under its name
// (its records were recovered on a second one) is nobody's predecessor. `alive`: those that do.
struct Predecessors {
    std::vector<std::string> hosts, alive;
};
[[nodiscard]] Result<Predecessors> predecessors(catalog::Catalog& catalog, Repository& repository);

}  // namespace custody
