#include "vault/history/ledger.h"

#include "base/counts.h"
#include "base/text.h"
#include "vault/history/witness.h"
#include "vault/object_check.h"
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

// The one other vault whose every entry here is.
std::optional<VaultId> whose_ledger(ObjectStore& store, const VaultId& vault, const std::vector<std::uint64_t>& listed) {
    std::optional<VaultId> other;
    for (const std::uint64_t n : listed) {
        const auto bytes = store.get(ledger_name(n), kMaxLedgerEntrySize);
        const auto decoded = bytes.ok() ? decode_ledger_entry(*bytes) : Result<DecodedEntry>(bytes.error());
        if (!decoded.ok() || decoded->vault == vault || (other && decoded->vault != *other)) return std::nullopt;
        other = decoded->vault;
    }
    return other;
}

// Never written, whatever the writer believes; such an entry of others is borne, for what it took is told by verification.
std::optional<std::string> takes_live_record(const LedgerState& state, const LedgerEntry& entry) {
    const auto ends = [&](const ObjectId& id) {
        return entry.operation == Operation::forget &&
               std::find(entry.snapshots.begin(), entry.snapshots.end(), id) != entry.snapshots.end();
    };
    const auto is_added = [&](const std::string& name) {
        return std::any_of(entry.added.begin(), entry.added.end(), [&](const ObjectInfo& info) { return info.name == name; });
    };
    for (const std::string& name : entry.removed) {
        if (!name.starts_with("snapshots/")) continue;
        const auto id = id_in_name(name);
        if (!id || !state.snapshots.contains(*id) || ends(*id) || is_added(name)) continue;
        return say("takes away the record of snapshot {}, which is live", id->hex());
    }
    return std::nullopt;
}

// Every command says the same line of a vault that went back.
Error rolled_back(const ObjectStore& store, std::uint64_t have, const RememberedHead& expected) {
    const std::string where = printable(store.location());
    if (have < expected.n) {
        const std::string missing = say_count(expected.n - have, "{} entry is missing", "{} entries are missing");
        return {
            Code::corrupt,
            say("the vault {} was rolled back or cut: this keyring remembers entry {} of its ledger, it ends at entry {} here, "
                "{}; bring the newer vault back, or, when that is lost for good, accept the loss with 'custody verify "
                "--accept-rollback {}'",
                where, expected.n, have, missing, have)};
    }
    return {Code::corrupt,
            say("the vault {} was rolled back or cut, and written to again: entry {} of its ledger is not the one that this "
                "keyring remembers, it ends at entry {} here; bring the other vault back, or, when that is lost for good, accept "
                "the loss with 'custody verify --accept-rollback {}'",
                where, expected.n, have, have)};
}

}  // namespace

void Ledger::take(const LedgerEntry& entry, const Digest& hash) {
    absorb(state_, entry, hash);
    digests_[entry.n] = hash;
    signers_.try_emplace(entry.signer, entry.n);
}

void Ledger::recognise(std::set<SignerId> custodians) { recognise_custodians(state_, std::move(custodians)); }

Status Ledger::apply(const LedgerEntry& entry, const Digest& hash) {
    if (const auto why = contradiction(state_, entry)) return damaged(state_.n + 1, *why);
    take(entry, hash);
    return done();
}

// In place of an entry that cannot be read. False: there is none that follows on what came before.
bool Ledger::take_witness(std::uint64_t n) {
    const auto found = read_entry(*store_, witness_name(vault_, n), vault_, n);
    if (!found.ok() || contradiction(state_, found->entry)) return false;
    take(found->entry, found->hash);
    return true;
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

std::optional<Digest> Ledger::digest_of(std::uint64_t n) const {
    const auto found = digests_.find(n);
    return found == digests_.end() ? std::nullopt : std::optional(found->second);
}

// A witness of the vault's own is written after its entry is durable: one that is there without its entry tells of a cut tail.
Status Ledger::check_cut() {
    const std::uint64_t n = state_.n;
    const auto beyond = read_entry(*store_, witness_name(vault_, n + 1), vault_, n + 1);
    if (!beyond.ok() && beyond.error().code == Code::failed) return beyond.error();
    if (!beyond.ok()) return done();  // none, or a damaged one: verification tells
    TRY(refresh());
    if (state_.n > n) return done();
    return damaged(n + 1, say("is missing, and its witness is there: the ledger was cut or rolled back"));
}

Result<Ledger> Ledger::load(ObjectStore& store, const VaultId& vault, std::optional<RememberedHead> expected) {
    // Listed first: entries that appear meanwhile are read on top; one that is listed and cannot be reached is a gap.
    TRY_ASSIGN(const std::vector<std::uint64_t> listed, listed_entries(store));
    Ledger ledger(store, vault);
    TRY(ledger.refresh());
    if (!listed.empty() && listed.back() > ledger.state_.n) {
        return damaged(ledger.state_.n + 1, say("it is missing, and later entries are there"));
    }
    if (!listed.empty() && listed.front() == 0) return damaged(0, say("there is no such number"));
    TRY(ledger.check_cut());  // first: what a witness can heal is nobody's loss to accept
    if (expected && expected->n > 0 && ledger.digest_of(expected->n) != expected->hash) {
        return rolled_back(store, ledger.state_.n, *expected);
    }
    if (ledger.state_.n == 0) return Error{Code::corrupt, say("the ledger of {} is missing", store.location())};
    return ledger;
}

Result<Ledger> Ledger::salvage(ObjectStore& store, const VaultId& vault, std::vector<LedgerDamage>& damage) {
    TRY_ASSIGN(const std::vector<std::uint64_t> listed, listed_entries(store));
    Ledger ledger(store, vault);
    if (const auto other = whose_ledger(store, vault, listed)) {
        for (std::uint64_t n = 1; ledger.take_witness(n);) ++n;
        damage.push_back({"ledger", say("it is that of the vault {}, and this is the vault {}", other->hex(), vault.hex())});
        return ledger;
    }
    const std::uint64_t last = listed.empty() ? 0 : listed.back();
    std::uint64_t expected = 1;
    for (const std::uint64_t n : listed) {
        if (n > expected) damage.push_back({ledger_name(expected), say("entries {} to {} are missing", expected, n - 1)});
        while (expected < n && ledger.take_witness(expected)) ++expected;
        expected = n + 1;
        auto fetched = fetch(store, vault, n);
        if (!fetched.ok() && fetched.error().code == Code::failed) return fetched.error();  // not the entry's fault
        if (!fetched.ok() || !*fetched) {
            damage.push_back({ledger_name(n), fetched.ok() ? say("it is missing") : fetched.error().message});
            ledger.take_witness(n);
            continue;
        }
        // What follows on an entry that cannot be read is not damaged by that.
        if (n > 1 && (*fetched)->entry.n == n && !ledger.digests_.contains(n - 1)) {
            ledger.state_.n = n - 1;
            ledger.state_.head = (*fetched)->entry.previous;
        }
        // One of the two is wrong; here nothing tells which.
        const auto before = ledger.digest_of(n - 1);
        if (before && (*fetched)->entry.n == n && (*fetched)->entry.previous != *before) {
            damage.push_back({ledger_name(n - 1), say("is not the entry that the one after it follows on")});
        }
        if (const auto why = contradiction(ledger.state_, (*fetched)->entry)) {
            damage.push_back({ledger_name(n), *why});
            if ((*fetched)->entry.n != n) continue;  // an entry under another's name says nothing that is new
        }
        ledger.take((*fetched)->entry, (*fetched)->hash);
    }
    for (std::uint64_t n = last + 1; ledger.take_witness(n);) ++n;
    ledger.state_.n = last;
    if (last == 0) damage.push_back({ledger_name(1), say("the ledger is missing")});
    if (last > 0 && read_entry(store, witness_name(vault, last + 1), vault, last + 1).ok()) {
        damage.push_back({ledger_name(last + 1), say("is missing, and its witness is there: the ledger was cut or rolled back")});
    }
    return ledger;
}

// Before entry n+1: the witness of entry n is there and its name durable, whoever wrote it.
Status Ledger::settle_witness() {
    const auto present = store_->info(witness_name(vault_, state_.n));
    const bool is_lacking = !present.ok() && (present.error().code == Code::not_found || present.error().code == Code::corrupt);
    if (!present.ok() && !is_lacking) return present.error();
    if (present.ok()) {
        TRY(store_->settle(witness_folder(vault_)));
    } else {
        TRY_ASSIGN(const Bytes entry, store_->get(ledger_name(state_.n), kMaxLedgerEntrySize));
        if (sha256(entry) != state_.head) return damaged(state_.n, say("it changed while this ran"));
        TRY(write_witness(*store_, vault_, state_.n, entry));
    }
    return store_->barrier();
}

Result<LedgerEntry> Ledger::publish(LedgerEntry draft, const Secret& signing_seed, const Check& still_valid) {
    draft.signer = signer_id(signing_seed);
    for (int attempt = 0; attempt < kMaxLostRaces; ++attempt) {
        if (still_valid) TRY(still_valid(state_, draft));
        draft.n = state_.n + 1;
        draft.previous = state_.head;
        // An entry that would not replay must never be written: the vault would be damaged by its own program.
        auto why = contradiction(state_, draft);
        if (!why) why = takes_live_record(state_, draft);
        if (why) {
            return Error{Code::failed, say("cannot enter {} in the ledger: it {}", operation_name(draft.operation), *why)};
        }
        if (state_.n > 0) TRY(settle_witness());
        TRY_ASSIGN(const Bytes bytes, encode(draft, vault_, signing_seed));
        if (bytes.size() > kMaxLedgerEntrySize)
            return Error{Code::failed, say("a ledger entry of {} bytes is too large", bytes.size())};
        const Status put = store_->put_new(ledger_name(draft.n), bytes);
        if (put.ok()) {
            TRY(apply(draft, sha256(bytes)));
            const Status second = write_witness(*store_, vault_, draft.n, bytes);
            if (!second.ok()) {
                warning_ = say("ledger entry {} is written, its witness is not: {}; the next run writes it", draft.n,
                               second.error().message);
            }
            return draft;
        }
        if (put.error().code != Code::exists) return put.error();
        TRY(refresh());
    }
    return Error{Code::busy, say("the ledger of {} is written by others all the time; try again", store_->location())};
}

}  // namespace custody
