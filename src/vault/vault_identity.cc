#include "vault/vault_identity.h"

#include "base/text.h"
#include "vault/history/ledger.h"
#include "vault/store/local_store.h"
#include "vault/store/vault_header.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

namespace custody {
namespace {

constexpr std::uint64_t kMaxHeaderSize = 64 * 1024;

std::optional<VaultId> vault_of_entry(ObjectStore& store, const std::string& name) {
    const auto bytes = store.get(name, kMaxLedgerEntrySize);
    if (!bytes.ok()) return std::nullopt;
    const auto decoded = decode_ledger_entry(*bytes);
    return decoded.ok() ? std::optional<VaultId>(decoded->vault) : std::nullopt;
}

}  // namespace

Result<VaultId> identify_vault(ObjectStore& store) {
    std::optional<VaultId> by_header;
    const auto bytes = store.get(kHeaderObject, kMaxHeaderSize);
    if (bytes.ok()) {
        const auto header = decode_vault_header(*bytes);
        if (!header.ok() && header.error().code != Code::corrupt) return header.error();
        if (header.ok()) by_header = header->vault;
    }
    TRY_ASSIGN(const std::vector<ObjectInfo> entries, store.list("ledger"));
    if (by_header && !entries.empty()) {
        if (vault_of_entry(store, entries.front().name) == by_header) return *by_header;
        if (vault_of_entry(store, entries.back().name) == by_header) return *by_header;
    }
    std::map<VaultId, std::size_t> votes;
    for (const ObjectInfo& entry : entries) {
        if (const auto vault = vault_of_entry(store, entry.name)) ++votes[*vault];
    }
    const auto most =
        std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most != votes.end()) return most->first;
    if (by_header) return *by_header;
    return Error{Code::corrupt,
                 say("{}: neither the header nor any ledger entry can be read; nothing here tells which vault this was",
                     store.location())};
}

}  // namespace custody
