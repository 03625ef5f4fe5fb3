// Who is at the other end of a Unix socket, as the kernel knows it from the moment of connect(): nothing that a client says
// counts.
//
// Values. Threads: any.
#pragma once

#include "base/result.h"

#include <sys/types.h>

#include <optional>
#include <string>

namespace custody {

struct ApiPeer {
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    pid_t pid = 0;          // may be another program's by now: for records only, never for a decision
    bool is_root = false;   // uid 0
    bool in_group = false;  // the asked-for group is the process's own or one of its supplementary groups
    [[nodiscard]] bool may_ask() const { return is_root || in_group; }
};

// `group` empty: nobody is in it. io: the kernel does not say.
[[nodiscard]] Result<ApiPeer> peer_of(int socket, std::optional<gid_t> group);

// The number of a group; nothing when the system has none of that name.
[[nodiscard]] Result<std::optional<gid_t>> group_id(const std::string& name);

}  // namespace custody
