// What status says of second copies (duty B6). Threads: any. Times: UTC.
#pragma once

#include "base/clock.h"

#include <cstdint>
#include <string>
#include <vector>

namespace custody {

// The snapshots of one label, name and host, counted oldest first: how many lie in another vault too, and how many newer ones
// than the newest of those lie in this one alone.
struct CopyCount {
    std::uint64_t copied = 0, waiting = 0;
    Time waiting_since;  // when the oldest of those was made
    void count(bool is_copied, Time made);
};
struct CountedGroup {
    std::string what;  // label/name, with the host where there are several; printable
    CopyCount copies;
};
struct CopyLines {
    std::vector<std::string> needs;  // what a person has to do
    std::vector<std::string> notes;  // what the next copy does
};
// Whose copies are spoken of.
struct CopiedVault {
    std::string location;
    bool by_custodian = true;   // a host with writer keys is no place to see to copies: it needs nobody
    bool knows_others = false;  // there are other vaults, as the keyring knows
};
[[nodiscard]] CopyLines copy_lines(const CopiedVault& vault, const std::vector<CountedGroup>& groups, Time now);

}  // namespace custody
