// What stands in a place of the vault's own and cannot serve there: a file, a pipe or a link that leads nowhere where the layout
// has a folder, a folder or a pipe where it has a file, and what lies in tmp/ and no writer can have made. No object is looked at
// here but the lock of prune: what is wrong with those, the checks of objects say.
//
// Threads: one. Errors: those of the store.
#pragma once

#include "vault/store/object_store.h"

#include <string>
#include <vector>

namespace custody {

struct WrongPlace {
    std::string name;  // as ObjectStore::set_aside takes it
    std::string problem;
};

[[nodiscard]] Result<std::vector<WrongPlace>> find_wrong_places(ObjectStore& store);

}  // namespace custody
