// The labels of a vault whose content the keyring at hand does not open: destroyed, or never given to it. For messages that
// name them. Threads: as the repository. Errors: io.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "vault/history/ledger.h"

#include <optional>
#include <string>
#include <vector>

namespace custody {

class Repository;

struct ClosedLabel {
    LabelId id;
    std::string name;                 // empty: not known here
    std::optional<Time> destroyed;    // none: the keys exist, elsewhere
    bool keys_are_here = false;       // destroyed elsewhere: they are not used, and should go
    std::vector<ObjectId> snapshots;  // the live ones of this vault; filled in by closed_labels()
    bool is_passed = false;           // destroyed, as a keyring here knows: no registered copy opens it any more
};

// Of one label without writer keys here.
[[nodiscard]] ClosedLabel closed_label(const Repository& repository, const LabelId& label);
// Those that have live snapshots, by id; snapshots that are damaged are left out.
[[nodiscard]] Result<std::vector<ClosedLabel>> closed_labels(const Repository& repository);

// refused: the vault's ledger says that the label was destroyed. Whoever still has its keys (a writer) is not to store under
// them.
[[nodiscard]] Status may_be_stored(const LedgerState& state, const LabelId& label, const std::string& name);

// "label log was destroyed on 2026-11-20: ..." or "no key of label 3f... (name not known here) is here: ...", which says what
// would open it.
[[nodiscard]] std::string why_closed(const ClosedLabel& label);
// The same with how many snapshots of it the vault has.
[[nodiscard]] std::string closed_line(const ClosedLabel& label);
// The label's name, or its id and that the name is not known here.
[[nodiscard]] std::string shown_name(const ClosedLabel& label);

}  // namespace custody
