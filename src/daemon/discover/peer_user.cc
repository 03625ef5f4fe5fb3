#include "daemon/discover/peer_user.h"

#include "base/process.h"
#include "vault/sources/postgresql_session.h"

namespace custody {

std::string peer_user_of(const std::string& conninfo) {
    const auto parsed = parse_conninfo(conninfo);
    if (!parsed.ok()) return "";
    const auto value = [&](const char* keyword) {
        const auto found = parsed->find(keyword);
        return found == parsed->end() ? std::string() : found->second;
    };
    const std::string host = value("host"), role = value("user");
    const bool is_local = value("hostaddr").empty() && (host.empty() || host.front() == '/' || host.front() == '@');
    if (!is_local || role.empty() || !value("service").empty() || !value("passfile").empty()) return "";
    const auto user = user_to_become(role);
    return user.ok() && user->has_value() ? role : "";
}

}  // namespace custody
