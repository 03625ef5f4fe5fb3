// Snapshots that were made with keys which the keyring at hand does not hold, being older than the newest `key rotate`, or
// another one of the family that was rotated by itself. What they refer to may be sealed to keys that are not here. Threads: one.
#pragma once

#include "vault/history/snapshot.h"
#include "vault/repository.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace custody {

class LackingKeys {
public:
    void look_at(const Snapshot& snapshot, const WriterKeys& keys);
    // What a person is to know and to do. A writer opens nothing: it is only told to follow a rotation.
    [[nodiscard]] std::vector<std::string> lines(bool is_custodian) const;

private:
    std::map<std::pair<std::string, std::uint32_t>, std::uint64_t> snapshots_;  // by label's name and epoch
    std::map<std::string, std::uint32_t> newer_;  // labels whose newest epoch the keyring does not know
};

// What a person who named a snapshot by its age is to know, a line each: it may not open with the keys here, and which one of its
// name would; newer ones are of labels whose keys are not here. Reads every snapshot's record in the first case, those of the
// newer ones else.
[[nodiscard]] Result<std::vector<std::string>> notes_on_keys(Repository& repository, const Repository::Listed& found);

}  // namespace custody
