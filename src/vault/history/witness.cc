#include "vault/history/witness.h"

#include "base/text.h"
#include "vault/packs/format.h"

#include <algorithm>
#include <map>

namespace custody {
namespace {

constexpr std::string_view kTop = "witness/";
constexpr std::size_t kDigits = 16;

// Wrong content, as opposed to a failing machine or an order to stop.
bool is_bad_object(const Error& error) {
    return error.code == Code::corrupt || error.code == Code::io || error.code == Code::not_found || error.code == Code::denied;
}

// Size by number, of one vault or (by name) of all.
using Listed = std::map<VaultId, std::map<std::uint64_t, std::uint64_t>>;
Result<Listed> list_witnesses(ObjectStore& store, const std::string& folder) {
    TRY_ASSIGN(const std::vector<ObjectInfo> objects, store.list(folder));
    Listed listed;
    for (const ObjectInfo& object : objects) {
        if (const auto name = parse_witness_name(object.name)) listed[name->vault][name->n] = object.size;
    }
    return listed;
}

class Checker {
public:
    Checker(ObjectStore& store, const Ledger& ledger, WitnessCheck& check) : store_(store), ledger_(ledger), check_(check) {}

    Status check_own(const VaultId& own, const std::map<std::uint64_t, std::uint64_t>& listed) {
        const LedgerState& state = ledger_.state();
        std::uint64_t expected = 1;
        for (const auto& [n, size] : listed) {
            if (state.witnessed) TRY(check_gap(own, expected, n));
            expected = n + 1;
            TRY(n > state.n ? check_beyond(own, n) : check_own_entry(own, n));
        }
        if (expected < state.n && state.witnessed) TRY(check_gap(own, expected, state.n));
        TRY_ASSIGN(const bool blocked, check_no_file(own, std::max(expected, state.n)));
        check_.newest_missing = state.n > 0 && !listed.contains(state.n) && !blocked;
        return done();
    }

    Status check_foreign(const VaultId& vault, const std::map<std::uint64_t, std::uint64_t>& listed) {
        std::optional<EntryFile> before;
        std::uint64_t expected = 1;
        for (const auto& [n, size] : listed) {
            TRY(note_gap(vault, expected, n));
            if (n != expected) before.reset();
            expected = n + 1;
            TRY_ASSIGN(std::optional<EntryFile> found, read(vault, n));
            // What comes later says what went before.
            if (found && before && found->entry.previous != before->hash) {
                report(witness_name(vault, n - 1), say("is not the entry that the witness after it follows on"));
            }
            if (found) found->bytes.clear();
            before = std::move(found);
        }
        TRY(check_no_file(vault, expected));
        return done();
    }

private:
    // What is no file is in no list: it may bear the name of the newest, or of the next.
    Result<bool> check_no_file(const VaultId& vault, std::uint64_t n) {
        const auto info = store_.info(witness_name(vault, n));
        if (info.ok() || info.error().code == Code::not_found) return false;
        if (!is_bad_object(info.error())) return info.error();
        report(witness_name(vault, n), info.error().message, info.error().code);
        return true;
    }

    void report(std::string object, std::string problem, Code code = Code::corrupt) {
        check_.problems.push_back({std::move(object), std::move(problem), code});
    }

    // Listed while others write: what is not in the list may be there all the same.
    Status check_gap(const VaultId& vault, std::uint64_t from, std::uint64_t until) {
        if (from >= until) return done();
        const auto info = store_.info(witness_name(vault, from));
        if (info.ok()) return done();
        if (!is_bad_object(info.error())) return info.error();
        report(witness_name(vault, from),
               until == from + 1 ? say("is missing") : say("entries {} to {} are missing", from, until - 1));
        return done();
    }

    Status note_gap(const VaultId& vault, std::uint64_t from, std::uint64_t until) {
        if (from >= until) return done();
        const auto info = store_.info(witness_name(vault, from));
        if (!info.ok() && info.error().code != Code::not_found && !is_bad_object(info.error())) return info.error();
        if (!info.ok() && info.error().code == Code::not_found) check_.gaps.push_back({vault, from, until});
        if (!info.ok() && info.error().code != Code::not_found) report(witness_name(vault, from), info.error().message);
        return done();
    }

    Result<std::optional<EntryFile>> read(const VaultId& vault, std::uint64_t n) {
        ++check_.objects;
        auto found = read_entry(store_, witness_name(vault, n), vault, n);
        if (!found.ok() && !is_bad_object(found.error())) return found.error();
        if (!found.ok()) {
            report(witness_name(vault, n), found.error().message, found.error().code);
            return std::optional<EntryFile>{};
        }
        check_.bytes_read += found->bytes.size();
        return std::optional<EntryFile>{std::move(*found)};
    }

    Status check_own_entry(const VaultId& own, std::uint64_t n) {
        TRY_ASSIGN(const std::optional<EntryFile> found, read(own, n));
        const std::optional<Digest> entry = ledger_.digest_of(n);
        if (found && entry && found->hash != *entry) {
            report(witness_name(own, n), say("is not the entry that the ledger holds"));
        }
        return done();
    }

    // Published since the ledger was read, or what a cut ledger has lost.
    Status check_beyond(const VaultId& own, std::uint64_t n) {
        const auto entry = store_.info(ledger_name(n));
        if (entry.ok()) return done();
        if (!is_bad_object(entry.error())) return entry.error();
        TRY_ASSIGN(const std::optional<EntryFile> found, read(own, n));
        if (found) report(ledger_name(n), say("is missing, and its witness is there: the ledger was cut or rolled back"));
        return done();
    }

    ObjectStore& store_;
    const Ledger& ledger_;
    WitnessCheck& check_;
};

}  // namespace

std::string witness_folder(const VaultId& vault) { return std::string(kTop) + vault.hex(); }

std::string witness_name(const VaultId& vault, std::uint64_t n) {
    const std::string entry = ledger_name(n);
    return witness_folder(vault) + entry.substr(entry.find('/'));
}

std::optional<WitnessName> parse_witness_name(std::string_view name) {
    constexpr std::size_t kIdDigits = 2 * VaultId::size;
    if (name.size() != kTop.size() + kIdDigits + 1 + kDigits || !name.starts_with(kTop)) return std::nullopt;
    name.remove_prefix(kTop.size());
    const auto vault = VaultId::from_hex(name.substr(0, kIdDigits));
    if (!vault || vault->hex() != name.substr(0, kIdDigits) || name[kIdDigits] != '/') return std::nullopt;  // no capitals
    std::uint64_t n = 0;
    for (const char digit : name.substr(kIdDigits + 1)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        n = n * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    if (n == 0) return std::nullopt;
    return WitnessName{*vault, n};
}

Result<EntryFile> read_entry(ObjectStore& store, const std::string& name, const VaultId& vault, std::uint64_t n) {
    auto bytes = store.get(name, kMaxLedgerEntrySize);
    if (!bytes.ok() && bytes.error().code == Code::not_found) return Error{Code::not_found, say("is missing")};
    if (!bytes.ok()) return std::move(bytes).error();
    TRY_ASSIGN(DecodedEntry decoded, decode_ledger_entry(*bytes));
    if (decoded.vault != vault) return Error{Code::corrupt, say("it belongs to another vault")};
    if (decoded.entry.n != n) return Error{Code::corrupt, say("carries the number {}", decoded.entry.n)};
    const Digest hash = sha256(*bytes);
    return EntryFile{std::move(decoded.entry), hash, std::move(*bytes)};
}

Status write_witness(ObjectStore& store, const VaultId& vault, std::uint64_t n, ByteView entry) {
    const auto present = store.info(witness_name(vault, n));
    if (!present.ok() && present.error().code == Code::corrupt) TRY(store.set_aside(witness_name(vault, n)));
    TRY_ASSIGN(const auto writer, store.begin());
    TRY(writer->append(entry));
    return writer->finish(witness_name(vault, n));
}

namespace {

// A person accepted that the vault lost its newest entries, and it went on: what other media remember of those is void. From the
// end, so that no gap comes up.
Status remove_void_witnesses(const VaultId& vault, const Ledger& ledger, ObjectStore& at, std::uint64_t until,
                             std::map<std::uint64_t, std::uint64_t>& listed) {
    for (auto last = listed.upper_bound(until); last != listed.begin();) {
        --last;
        const std::string name = witness_name(vault, last->first);
        const auto found = read_entry(at, name, vault, last->first);
        if (found.ok() && found->hash == ledger.digest_of(last->first)) return done();
        TRY(at.remove(name));
        TRY(at.barrier());
        last = listed.erase(last);
    }
    return done();
}

}  // namespace

Result<std::uint64_t> write_missing_witnesses(ObjectStore& of, const VaultId& vault, const Ledger& ledger, ObjectStore& at,
                                              std::uint64_t void_until) {
    TRY_ASSIGN(Listed all, list_witnesses(at, witness_folder(vault)));
    std::map<std::uint64_t, std::uint64_t>& listed = all[vault];
    if (void_until > 0) TRY(remove_void_witnesses(vault, ledger, at, void_until, listed));
    std::uint64_t written = 0;
    for (std::uint64_t n = 1; n <= ledger.state().n; ++n) {
        TRY_ASSIGN(const ObjectInfo entry, of.info(ledger_name(n)));
        const auto present = listed.find(n);
        if (present != listed.end() && present->second == entry.size) continue;
        TRY_ASSIGN(const EntryFile found, read_entry(of, ledger_name(n), vault, n));
        if (found.hash != ledger.digest_of(n)) {
            return Error{Code::corrupt, say("{} of {} changed while it was read", ledger_name(n), of.location())};
        }
        // The names of those that somebody else wrote last may not be durable yet.
        if (written == 0) TRY(at.settle(witness_folder(vault)));
        TRY(at.barrier());
        TRY(write_witness(at, vault, n, found.bytes));
        ++written;
    }
    TRY(at.barrier());
    return written;
}

Result<std::optional<RememberedHead>> witnessed_head(ObjectStore& store, const VaultId& vault, const TrustSigner& trusted) {
    TRY_ASSIGN(Listed all, list_witnesses(store, witness_folder(vault)));
    const std::map<std::uint64_t, std::uint64_t>& listed = all[vault];
    for (auto next = listed.rbegin(); next != listed.rend(); ++next) {
        const auto found = read_entry(store, witness_name(vault, next->first), vault, next->first);
        if (!found.ok() && !is_bad_object(found.error())) return found.error();
        if (found.ok() && trusted(found->entry.signer)) return std::optional(RememberedHead{next->first, found->hash});
    }
    return std::optional<RememberedHead>{};
}

Result<WitnessCheck> check_witnesses(ObjectStore& store, const VaultId& own, const Ledger& ledger) {
    TRY_ASSIGN(Listed all, list_witnesses(store, "witness"));
    WitnessCheck check;
    Checker checker(store, ledger, check);
    TRY(checker.check_own(own, all[own]));
    for (const auto& [vault, listed] : all) {
        if (vault != own) TRY(checker.check_foreign(vault, listed));
    }
    return check;
}

}  // namespace custody
