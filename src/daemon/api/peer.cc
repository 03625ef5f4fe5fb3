#include "daemon/api/peer.h"

#include "base/file.h"
#include "base/text.h"

#include <grp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace custody {
namespace {

constexpr std::size_t kMaxGroups = 65'536;                    // NGROUPS_MAX of Linux
constexpr std::size_t kMaxGroupEntry = std::size_t{1} << 22;  // a group with very many members

Result<std::vector<gid_t>> supplementary_groups(int socket) {
    std::vector<gid_t> groups(32);
    for (;;) {
        auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
        if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
            groups.resize(size / sizeof(gid_t));
            return groups;
        }
        if (errno != ERANGE || groups.size() >= kMaxGroups)
            return system_error(errno, "ask for the groups of", translate("the client"));
        groups.resize(std::max<std::size_t>(size / sizeof(gid_t), groups.size() * 2));
    }
}

}  // namespace

Result<ApiPeer> peer_of(int socket, std::optional<gid_t> group) {
    ucred credentials = {};
    socklen_t size = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
        return system_error(errno, "ask for the user of", translate("the client"));
    }
    ApiPeer peer{credentials.uid, credentials.gid, credentials.pid, credentials.uid == 0, false};
    if (!group) return peer;
    TRY_ASSIGN(const auto groups, supplementary_groups(socket));
    peer.in_group = peer.gid == *group || std::find(groups.begin(), groups.end(), *group) != groups.end();
    return peer;
}

Result<std::optional<gid_t>> group_id(const std::string& name) {
    std::vector<char> buffer(4096);
    group entry = {};
    group* found = nullptr;
    for (;;) {
        const int failed = ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
        if (failed == ERANGE && buffer.size() < kMaxGroupEntry) {
            buffer.resize(buffer.size() * 2);
            continue;
        }
        // Which errors mean "no such group" differs between name services (getgrnam(3)).
        if (failed != 0 && failed != ENOENT && failed != ESRCH) return system_error(failed, "look for the group", name);
        return found == nullptr ? std::optional<gid_t>() : std::optional<gid_t>(found->gr_gid);
    }
}

}  // namespace custody
