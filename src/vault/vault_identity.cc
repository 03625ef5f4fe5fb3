#include "vault/vault_identity.h"

#include "base/text.h"
#include "vault/history/ledger.h"
#include "vault/history/witness.h"
#include "vault/packs/format.h"
#include "vault/store/local_store.h"
#include "vault/store/vault_header.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace custody {
namespace {

std::optional<VaultId> vault_of_entry(ObjectStore& store, const std::string& name) {
    const auto bytes = store.get(name, kMaxLedgerEntrySize);
    if (!bytes.ok()) return std::nullopt;
    const auto decoded = decode_ledger_entry(*bytes);
    return decoded.ok() ? std::optional<VaultId>(decoded->vault) : std::nullopt;
}

// What speaks for the store being one of the two vaults that its header and its ledger name.
struct Claim {
    VaultId vault;
    std::set<std::string> segments;         // live ones of its index, as far as its entries or their witnesses can be read here
    std::uint64_t witnessed = 0;            // the last entry of it that has a witness here
    std::uint64_t known = 0;                // how far it came, for all that is known
    std::optional<RememberedHead> keyring;  // what the keyring knows of it
    std::size_t here = 0, missing = 0;      // of those segments
};

Result<Claim> read_claim(ObjectStore& store, const VaultId& vault, const Keyring* keyring) {
    Claim claim;
    claim.vault = vault;
    std::set<std::uint64_t> numbers;
    TRY_ASSIGN(const std::vector<ObjectInfo> witnesses, store.list(witness_folder(vault)));
    TRY_ASSIGN(const std::vector<ObjectInfo> entries, store.list("ledger"));
    for (const std::vector<ObjectInfo>* objects : {&witnesses, &entries}) {
        for (const ObjectInfo& object : *objects) {
            const auto name = parse_witness_name(witness_folder(vault) + object.name.substr(object.name.rfind('/')));
            if (name) numbers.insert(name->n);
        }
    }
    for (const std::uint64_t n : numbers) {
        const auto entry = read_entry(store, ledger_name(n), vault, n);
        const auto witness = read_entry(store, witness_name(vault, n), vault, n);
        for (const auto* read : {&entry, &witness}) {
            if (!read->ok() && read->error().code == Code::failed) return read->error();  // says nothing about either vault
        }
        if (entry.ok()) claim.known = n;
        if (witness.ok()) claim.witnessed = n;
        if (!entry.ok() && !witness.ok()) continue;  // what one says that cannot be read counts for nobody
        const LedgerEntry& said = entry.ok() ? entry->entry : witness->entry;
        for (const ObjectInfo& added : said.added) {
            if (added.name.starts_with("index/")) claim.segments.insert(added.name);
        }
        for (const std::string& removed : said.removed) claim.segments.erase(removed);
    }
    if (keyring == nullptr) return claim;
    const auto head = keyring->remembered_head(vault);
    if (head.ok()) claim.keyring = *head;  // a damaged one says nothing; opening the vault tells of it
    if (claim.keyring) claim.known = std::max(claim.known, claim.keyring->n);
    return claim;
}

// A copy has its packs and snapshots under the same names; index segments each vault makes for itself.
Status look_for_segments(ObjectStore& store, Claim& a, Claim& b) {
    std::set<std::string> present;
    TRY_ASSIGN(const std::vector<ObjectInfo> objects, store.list("index"));
    for (const ObjectInfo& object : objects) present.insert(object.name);
    for (Claim* claim : {&a, &b}) {
        for (const std::string& name : claim->segments) ++(present.contains(name) ? claim->here : claim->missing);
    }
    return done();
}

// Of its own entries a vault has a witness of each but perhaps the newest; of another's, of those that the last copy found.
bool is_witnessed_as_own(const Claim& claim) { return claim.witnessed > 0 && claim.witnessed + 1 >= claim.known; }
bool is_refuted(const Claim& claim) { return claim.here == 0 && claim.missing > 0; }

Result<VaultId> settle_dispute(ObjectStore& store, const VaultId& by_header, const VaultId& by_ledger,
                               const IdentityHints& hints) {
    if (hints.elsewhere == by_ledger) return by_header;
    if (hints.elsewhere == by_header) return by_ledger;
    TRY_ASSIGN(Claim header, read_claim(store, by_header, hints.keyring));
    TRY_ASSIGN(Claim ledger, read_claim(store, by_ledger, hints.keyring));
    TRY(look_for_segments(store, header, ledger));
    if ((header.here > 0) != (ledger.here > 0)) return header.here > 0 ? by_header : by_ledger;
    if (is_refuted(header) != is_refuted(ledger)) return is_refuted(ledger) ? by_header : by_ledger;
    if (is_witnessed_as_own(header) != is_witnessed_as_own(ledger)) {
        return is_witnessed_as_own(header) ? by_header : by_ledger;
    }
    if (header.witnessed == 0 && !header.keyring) return by_ledger;
    return Error{
        Code::corrupt,
        say("{}: vault.json is that of the vault {}, the ledger that of the vault {}, and nothing here tells which of the "
            "two this is: put back what was replaced, or run `custody repair --from` with the other of the two",
            printable(store.location()), by_header.hex(), by_ledger.hex())};
}

// Without a header: another vault's whose objects lie here, where none of the ledger's own do.
Result<VaultId> settle_without_header(ObjectStore& store, const VaultId& by_ledger, const IdentityHints& hints) {
    TRY_ASSIGN(const std::vector<ObjectInfo> witnesses, store.list("witness"));
    std::set<VaultId> rivals;
    for (const ObjectInfo& object : witnesses) {
        if (const auto name = parse_witness_name(object.name)) rivals.insert(name->vault);
    }
    rivals.erase(by_ledger);
    if (rivals.empty()) return by_ledger;
    TRY_ASSIGN(const Claim of_ledger, read_claim(store, by_ledger, hints.keyring));
    for (const VaultId& vault : rivals) {
        TRY_ASSIGN(Claim rival, read_claim(store, vault, hints.keyring));
        Claim ledger = of_ledger;
        TRY(look_for_segments(store, rival, ledger));
        if (rival.here > 0 && ledger.here == 0) return vault;
    }
    return by_ledger;
}

}  // namespace

Result<VaultId> identify_vault(ObjectStore& store, const IdentityHints& hints) {
    std::optional<VaultId> by_header;
    const auto bytes = store.get(kHeaderObject, kMaxHeaderBytes);
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
    if (most != votes.end() && by_header && most->first != *by_header) {
        return settle_dispute(store, *by_header, most->first, hints);
    }
    if (most != votes.end()) return by_header ? Result<VaultId>(*by_header) : settle_without_header(store, most->first, hints);
    if (by_header) return *by_header;
    return Error{Code::corrupt,
                 say("{}: neither the header nor any ledger entry can be read; nothing here tells which vault this was",
                     store.location())};
}

}  // namespace custody
