#include "vault/history/ledger.h"

#include "base/text.h"
#include "vault/packs/format.h"

#include <algorithm>

namespace custody {
namespace {

constexpr int kMaxLostRaces = 100;

Error damaged(std::uint64_t n, std::string_view why) {
    return {Code::corrupt, say("ledger entry {} is damaged or forged: {}; run `custody verify --keyless`", n, why)};
}

// The number in "ledger/0000000000000012"; nothing for another name.
std::optional<std::uint64_t> entry_number(std::string_view name) {
    constexpr std::string_view kFolder = "ledger/";
    if (!name.starts_with(kFolder) || name.size() != kFolder.size() + 16) return std::nullopt;
    std::uint64_t n = 0;
    for (const char digit : name.substr(kFolder.size())) {
        if (digit < '0' || digit > '9') return std::nullopt;
        n = n * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return n;
}

Result<std::vector<std::uint64_t>> listed_entries(ObjectStore& store) {
    TRY_ASSIGN(const std::vector<ObjectInfo> objects, store.list("ledger"));
    std::vector<std::uint64_t> numbers;
    for (const ObjectInfo& object : objects) {
        if (const auto n = entry_number(object.name)) numbers.push_back(*n);
    }
    return numbers;
}

struct Fetched {
    LedgerEntry entry;
    Digest hash;
};

// Nothing where there is no such entry.
Result<std::optional<Fetched>> fetch(ObjectStore& store, const VaultId& vault, std::uint64_t n) {
    const auto bytes = store.get(ledger_name(n), kMaxLedgerEntrySize);
    if (!bytes.ok() && bytes.error().code == Code::not_found) return std::optional<Fetched>{};
    if (!bytes.ok()) return bytes.error();
    auto decoded = decode_ledger_entry(*bytes);
    if (!decoded.ok() && decoded.error().code == Code::corrupt) return damaged(n, decoded.error().message);
    if (!decoded.ok()) return decoded.error();
    if (decoded->vault != vault) return damaged(n, say("it belongs to another vault"));
    return std::optional<Fetched>{Fetched{std::move(decoded->entry), sha256(*bytes)}};
}

Error rolled_back(std::uint64_t have, const RememberedHead& expected) {
    return {Code::corrupt, say("the ledger was rolled back or cut: entry {} was seen before, and this copy ends at {} or says "
                               "something else there; compare with another medium",
                               expected.n, have)};
}

}  // namespace

Status Ledger::apply(const LedgerEntry& entry, const Digest& hash) {
    if (const auto why = contradiction(state_, entry)) return damaged(state_.n + 1, *why);
    absorb(state_, entry, hash);
    signers_.try_emplace(entry.signer, entry.n);
    return done();
}

Result<bool> Ledger::read_next() {
    TRY_ASSIGN(const std::optional<Fetched> next, fetch(*store_, vault_, state_.n + 1));
    if (!next) return false;
    TRY(apply(next->entry, next->hash));
    return true;
}

Status Ledger::refresh() {
    while (true) {
        TRY_ASSIGN(const bool more, read_next());
        if (!more) return done();
    }
}

Result<Ledger> Ledger::load(ObjectStore& store, const VaultId& vault, std::optional<RememberedHead> expected) {
    // Listed first: entries that appear meanwhile are read on top; one that is listed and cannot be reached is a gap.
    TRY_ASSIGN(const std::vector<std::uint64_t> listed, listed_entries(store));
    Ledger ledger(store, vault);
    bool more = true;
    while (more && expected && ledger.state_.n < expected->n) {
        TRY_ASSIGN(more, ledger.read_next());
    }
    const RememberedHead reached = ledger.head();
    TRY(ledger.refresh());
    if (!listed.empty() && listed.back() > ledger.state_.n) {
        return damaged(ledger.state_.n + 1, say("it is missing, and later entries are there"));
    }
    if (!listed.empty() && listed.front() == 0) return damaged(0, say("there is no such number"));
    if (expected && expected->n > 0 && (reached.n < expected->n || reached.hash != expected->hash)) {
        return rolled_back(ledger.state_.n, *expected);
    }
    if (ledger.state_.n == 0) return Error{Code::corrupt, say("the ledger of {} is missing", store.location())};
    return ledger;
}

Result<Ledger> Ledger::salvage(ObjectStore& store, const VaultId& vault, std::vector<LedgerDamage>& damage) {
    TRY_ASSIGN(const std::vector<std::uint64_t> listed, listed_entries(store));
    Ledger ledger(store, vault);
    const std::uint64_t last = listed.empty() ? 0 : listed.back();
    std::uint64_t expected = 1;
    for (const std::uint64_t n : listed) {
        if (n >= expected + 1) damage.push_back({ledger_name(expected), say("entries {} to {} are missing", expected, n - 1)});
        expected = std::max(expected, n + 1);
        auto fetched = fetch(store, vault, n);
        if (!fetched.ok() || !*fetched) {
            damage.push_back({ledger_name(n), fetched.ok() ? say("it is missing") : fetched.error().message});
            continue;
        }
        if (const auto why = contradiction(ledger.state_, (*fetched)->entry)) {
            damage.push_back({ledger_name(n), *why});
            if ((*fetched)->entry.n != n) continue;  // an entry under another's name says nothing that is new
        }
        absorb(ledger.state_, (*fetched)->entry, (*fetched)->hash);
        ledger.signers_.try_emplace((*fetched)->entry.signer, n);
    }
    ledger.state_.n = last;
    if (last == 0) damage.push_back({ledger_name(1), say("the ledger is missing")});
    return ledger;
}

Result<LedgerEntry> Ledger::publish(LedgerEntry draft, const Secret& signing_seed, const Check& still_valid) {
    draft.signer = signer_id(signing_seed);
    for (int attempt = 0; attempt < kMaxLostRaces; ++attempt) {
        if (still_valid) TRY(still_valid(state_));
        draft.n = state_.n + 1;
        draft.previous = state_.head;
        // An entry that would not replay must never be written: the vault would be damaged by its own program.
        if (const auto why = contradiction(state_, draft)) {
            return Error{Code::failed, say("cannot enter {} in the ledger: it {}", operation_name(draft.operation), *why)};
        }
        TRY_ASSIGN(const Bytes bytes, encode(draft, vault_, signing_seed));
        if (bytes.size() > kMaxLedgerEntrySize)
            return Error{Code::failed, say("a ledger entry of {} bytes is too large", bytes.size())};
        const Status put = store_->put_new(ledger_name(draft.n), bytes);
        if (put.ok()) {
            TRY(apply(draft, sha256(bytes)));
            return draft;
        }
        if (put.error().code != Code::exists) return put.error();
        TRY(refresh());
    }
    return Error{Code::busy, say("the ledger of {} is written by others all the time; try again", store_->location())};
}

}  // namespace custody
