#include "daemon/jobs/former_hosts.h"

#include "base/records/canonical_json.h"
#include "base/text.h"
#include "catalog/settings.h"

#include <algorithm>
#include <utility>

namespace custody {
namespace {

constexpr std::string_view kFormerSetting = "former-hosts";
constexpr std::size_t kMostFormer = 32, kMaxFormerText = 64 * 1024;

Result<std::vector<FormerHost>> decode_former(std::string_view text) {
    TRY_ASSIGN(const Json list, parse_json(as_bytes(text), kMaxFormerText));
    std::vector<FormerHost> hosts;
    if (!list.is_array()) return Error{Code::corrupt, "former-hosts"};
    for (const Json& each : list) {
        FormerHost host;
        TRY_ASSIGN(host.name, json_text(each, "name", kFormerSetting));
        TRY_ASSIGN(const std::string until, json_text(each, "until", kFormerSetting));
        TRY_ASSIGN(host.until, parse_time(until));
        hosts.push_back(std::move(host));
    }
    return hosts;
}

Status store_former(catalog::Catalog& catalog, const std::vector<FormerHost>& hosts) {
    Json list = Json::array();
    for (const FormerHost& host : hosts) list.push_back({{"name", host.name}, {"until", to_rfc3339_utc(host.until)}});
    TRY_ASSIGN(const std::string text, to_canonical_json(list));
    return catalog::Settings(catalog).set(kFormerSetting, text);
}

bool is_same_host(std::string_view a, std::string_view b) { return to_nfc(a) == to_nfc(b); }

Status take_over_from(catalog::Catalog& catalog, const std::string& before, const std::string& host) {
    TRY_ASSIGN(std::vector<FormerHost> hosts, former_hosts(catalog));
    std::erase_if(hosts,
                  [&](const FormerHost& each) { return is_same_host(each.name, host) || is_same_host(each.name, before); });
    hosts.push_back({before, catalog.now()});
    if (hosts.size() > kMostFormer) hosts.erase(hosts.begin());
    return store_former(catalog, hosts);
}

}  // namespace

Status remember_host(catalog::Catalog& catalog, const std::string& host) {
    return catalog.write([&](sqlite::Database&) -> Status {
        catalog::Settings settings(catalog);
        TRY_ASSIGN(const auto remembered, settings.get(catalog::kHostSetting));
        if (remembered == host) return done();
        if (remembered && !is_same_host(*remembered, host)) TRY(take_over_from(catalog, *remembered, host));
        return settings.set(catalog::kHostSetting, host);
    });
}

Result<std::vector<FormerHost>> former_hosts(catalog::Catalog& catalog) {
    TRY_ASSIGN(const auto text, catalog::Settings(catalog).get(kFormerSetting));
    if (!text) return std::vector<FormerHost>();
    auto hosts = decode_former(*text);
    return hosts.ok() ? std::move(hosts) : std::vector<FormerHost>();
}

Result<std::vector<std::string>> own_hosts(catalog::Catalog& catalog) {
    std::vector<std::string> names;
    TRY_ASSIGN(const auto host, catalog::Settings(catalog).get(catalog::kHostSetting));
    if (!host) return names;
    names.push_back(*host);
    TRY_ASSIGN(const std::vector<FormerHost> hosts, former_hosts(catalog));
    for (const FormerHost& each : hosts) names.push_back(each.name);
    return names;
}

Result<Predecessors> predecessors(catalog::Catalog& catalog, Repository& repository) {
    Predecessors found;
    TRY_ASSIGN(const std::vector<FormerHost> hosts, former_hosts(catalog));
    if (hosts.empty()) return found;
    std::vector<Repository::DamagedSnapshot> damaged;  // says of no host that it lives
    TRY_ASSIGN(const auto all, repository.snapshots(nullptr, &damaged));
    for (const FormerHost& host : hosts) {
        const bool is_alive = std::any_of(all.begin(), all.end(), [&](const Repository::Listed& each) {
            const SnapshotSummary& summary = each.snapshot.summary;
            return is_same_host(summary.host, host.name) && summary.time > host.until;
        });
        (is_alive ? found.alive : found.hosts).push_back(host.name);
    }
    return found;
}

}  // namespace custody
