// The ledger's entries, healed from their witnesses: this vault's own, and those that the other vault keeps of it.
//
// The hash chain says what may be written. The newest entry that can be had is the top; from it down, each entry names the hash
// of the one before, so that for every number one content only fits. An entry here that is sound in itself and is not that one is
// a fork: this vault was rolled back and written to again. Nothing is merged then; that is for a person to decide. What is
// written is replayed first, as a whole: no repair leaves a ledger that contradicts itself.
//
// Entries of another vault are set aside, not overwritten: they may be the last there are of that one. Where none here is this
// vault's own, the witnesses must reach what this keyring remembers before anything is touched.
//
// What stands beyond the end and is no entry is set aside where nothing tells of an entry there: no head that this keyring
// remembers, no witness at hand, sound or damaged, and not its own bytes. Else it is a newest entry that is damaged, and stays.
#include "base/text.h"
#include "vault/history/witness.h"
#include "vault/object_check.h"
#include "vault/repair_parts.h"
#include "vault/witnessing.h"

#include <fmt/format.h>

#include <algorithm>

namespace custody {
namespace {

struct Candidate {
    ObjectStore* store = nullptr;
    std::string name;
    Digest hash, previous;
    SignerId signer;
    bool is_entry = false;  // of the ledger itself, not a witness
};

class LedgerHealer {
public:
    explicit LedgerHealer(Repair& repair) : repair_(repair), id_(repair.vault.header().vault) {}

    // False: nothing was written.
    Result<bool> run() {
        TRY(gather("ledger", repair_.store()));
        for (const auto& [n, found] : candidates_) {
            for (const Candidate& each : found) known_signers_.insert(each.signer);
        }
        TRY(gather(witness_folder(id_), repair_.store()));
        if (repair_.other) TRY(gather(witness_folder(id_), repair_.other->store()));
        if (candidates_.empty() && is_all_foreign()) return nothing_of_its_own();
        if (candidates_.empty()) return false;
        TRY_ASSIGN(remembered_, repair_.vault.keyring()->remembered_head(id_));
        TRY(choose_chain());
        TRY(check_replay());
        TRY(check_reach());
        TRY(clear_foreign());
        TRY(clear_beyond());
        TRY_ASSIGN(const bool wrote, write());
        return wrote || moved_;
    }

private:
    Status gather(const std::string& folder, ObjectStore& store) {
        TRY_ASSIGN(const std::vector<ObjectInfo> objects, store.list(folder));
        for (const ObjectInfo& object : objects) {
            const bool is_entry = object.name.starts_with("ledger/");
            const auto n = number_of(object.name);
            if (!n) continue;
            if (is_entry) listed_.insert(*n);
            const auto found = read_entry(store, object.name, id_, *n);
            if (!found.ok() && !is_damage(found.error())) return found.error();
            if (!found.ok() && is_entry) TRY(note_foreign(store, *n));
            if (!found.ok() && !is_entry) last_told_of_ = std::max(last_told_of_, *n);
            if (!found.ok()) continue;
            has_own_entry_ = has_own_entry_ || is_entry;
            // A stranger's signature under a witness says nothing; below a trusted entry its hash would.
            candidates_[*n].push_back({&store, object.name, found->hash, found->entry.previous, found->entry.signer, is_entry});
        }
        return done();
    }

    Status note_foreign(ObjectStore& store, std::uint64_t n) {
        const auto bytes = store.get(ledger_name(n), kMaxLedgerEntrySize);
        if (!bytes.ok()) return is_damage(bytes.error()) ? done() : Status(bytes.error());
        const auto decoded = decode_ledger_entry(*bytes);
        if (decoded.ok() && decoded->vault != id_) foreign_.emplace(n, decoded->vault);
        return done();
    }

    [[nodiscard]] std::optional<std::uint64_t> number_of(const std::string& name) const {
        const bool is_entry = name.starts_with("ledger/");
        const auto parsed = parse_witness_name(is_entry ? witness_folder(id_) + name.substr(name.find('/')) : name);
        return parsed ? std::optional(parsed->n) : std::nullopt;
    }

    [[nodiscard]] bool is_trusted(const Candidate& candidate) const {
        return candidate.is_entry || known_signers_.contains(candidate.signer) || repair_.vault.signer_trusted(candidate.signer);
    }

    [[nodiscard]] bool is_remembered(std::uint64_t n, const Digest& hash) const {
        return remembered_ && remembered_->n == n && remembered_->hash == hash;
    }

    // The newest entry that counts. At one number there must be one only, unless this keyring remembers which.
    Result<Candidate> find_top(std::uint64_t& n) const {
        for (auto at = candidates_.rbegin(); at != candidates_.rend(); ++at) {
            const Candidate* top = nullptr;
            bool conflict = false;
            for (const Candidate& each : at->second) {
                if (!is_trusted(each)) continue;
                if (top == nullptr || (top->hash != each.hash && is_remembered(at->first, each.hash))) {
                    top = &each;
                }
            }
            for (const Candidate& each : at->second) conflict = conflict || (is_trusted(each) && top->hash != each.hash);
            n = at->first;
            if (conflict && !is_remembered(n, top->hash)) return forked(n);
            if (top) return *top;
        }
        return Error{Code::corrupt, say("no entry of the ledger of {}, nor any witness of one, can be read", where())};
    }

    // `proven`: an entry above, of this very ledger or remembered here, leads down to this one; what else stands in its place is
    // wrong, and no other history.
    Status choose_chain() {
        std::uint64_t n = 0;
        TRY_ASSIGN(Candidate at, find_top(n));
        bool proven = false;
        while (true) {
            chain_.emplace(n, at);
            proven = proven || at.is_entry || is_remembered(n, at.hash);
            if (n == 1) return at.previous.is_zero() ? done() : Status(unhealable(1));
            TRY_ASSIGN(at, find_below(n - 1, at.previous, proven));
            --n;
        }
    }

    Result<Candidate> find_below(std::uint64_t n, const Digest& wanted, bool proven) const {
        const auto found = candidates_.find(n);
        if (found == candidates_.end()) return unhealable(n);
        const Candidate* fits = nullptr;
        for (const Candidate& each : found->second) {
            if (each.hash == wanted) {
                if (fits == nullptr) fits = &each;
            } else if (each.is_entry && !proven && repair_.vault.signer_trusted(each.signer)) {
                return forked(n);
            }
        }
        if (fits == nullptr) return unhealable(n);
        return *fits;
    }

    Status check_replay() const {
        LedgerState state;
        for (const auto& [n, candidate] : chain_) {
            TRY(repair_.stop.check());
            TRY_ASSIGN(const EntryFile found, read_entry(*candidate.store, candidate.name, id_, n));
            if (found.hash != candidate.hash) return Error{Code::corrupt, say("{} changed while it was read", candidate.name)};
            if (const auto why = contradiction(state, found.entry)) {
                return Error{Code::corrupt, say("{} of {} cannot be healed: entry {} {}", ledger_name(n), where(), n, *why)};
            }
            absorb(state, found.entry, found.hash);
        }
        return done();
    }

    // Nothing in the ledger's folder can be read as this vault's own.
    [[nodiscard]] bool is_all_foreign() const { return !foreign_.empty() && !has_own_entry_; }
    [[nodiscard]] bool reaches_memory() const {
        if (!remembered_) return false;
        const auto reached = chain_.find(remembered_->n);
        return reached != chain_.end() && reached->second.hash == remembered_->hash;
    }

    // The whole ledger is another vault's: what nobody has of the own one must not be given up in passing.
    Status check_reach() const {
        if (!is_all_foreign() || !remembered_ || reaches_memory()) return done();
        return Error{
            Code::corrupt,
            say("the ledger of {} is that of the vault {}; this is the vault {}, of which this keyring remembers entry {}, and "
                "the witnesses at hand reach entry {}: bring its own ledger folder back, or name another vault that was copied "
                "to or from it with --from; without either, make a new vault with `custody init` and back up into that",
                where(), foreign_.begin()->second.hex(), id_.hex(), remembered_->n, chain_.rbegin()->first)};
    }

    [[nodiscard]] Error nothing_of_its_own() const {
        return {Code::corrupt,
                say("the ledger of {} is that of the vault {}; this is the vault {}, and no witness of its entries is at hand: "
                    "bring its own ledger folder back, or name another vault that was copied to or from it with --from; without "
                    "either, make a new vault with `custody init` and back up into that",
                    where(), foreign_.begin()->second.hex(), id_.hex())};
    }

    Status clear_foreign() {
        if (foreign_.empty()) return done();
        if (is_all_foreign()) {
            TRY(repair_.put_aside("ledger", say("it is that of the vault {}", foreign_.begin()->second.hex())));
            listed_.clear();
            moved_ = true;
            return done();
        }
        for (const auto& [n, vault] : foreign_) {
            if (n > end()) continue;  // in the place of an entry that is lost, it is what tells of the loss
            TRY(repair_.put_aside(ledger_name(n), say("it is that of the vault {}", vault.hex())));
            listed_.erase(n);
            moved_ = true;
        }
        return done();
    }

    Status clear_beyond() {
        if (last_told_of_ > end() || (remembered_ && !reaches_memory())) return done();
        TRY_ASSIGN(const std::vector<std::uint64_t> beyond, find_beyond());
        for (const std::uint64_t n : beyond) {
            TRY(repair_.put_aside(
                ledger_name(n),
                remembered_ ? say("it is no entry of this ledger, which ends at entry {}", end())
                            : say("it is no entry of this ledger, which ends at entry {} as far as is known: this keyring "
                                  "remembered no head of the vault, so that whether an entry was there cannot be told; where a "
                                  "newer copy of the vault exists, use that one",
                                  end())));
            listed_.erase(n);
            moved_ = true;
        }
        return done();
    }

    // Nothing where one of them may be an entry.
    Result<std::vector<std::uint64_t>> find_beyond() const {
        std::set<std::uint64_t> beyond(listed_.upper_bound(end()), listed_.end());
        const auto next = repair_.store().info(ledger_name(end() + 1));
        if (!next.ok() && next.error().code == Code::corrupt) beyond.insert(end() + 1);  // no file
        for (const std::uint64_t n : beyond) {
            const auto bytes = repair_.store().get(ledger_name(n), kMaxLedgerEntrySize);
            if (!bytes.ok() && bytes.error().code == Code::corrupt) continue;  // no file, or larger than any entry
            TRY(bytes);
            if (is_own_by_its_text(*bytes, n)) return std::vector<std::uint64_t>{};
        }
        return std::vector<std::uint64_t>(beyond.begin(), beyond.end());
    }

    // What is left of a damaged entry tells of it: its beginning or its number, as canonical JSON has them.
    static bool is_own_by_its_text(ByteView bytes, std::uint64_t n) {
        if (decode_ledger_entry(bytes).ok()) return false;  // sound, and of another number or vault
        const std::string_view text = as_text(bytes);
        return text.starts_with("{\"body\":{\"added\":") ||
               text.find(fmt::format("\"n\":{},\"operation\"", n)) != std::string_view::npos;
    }

    [[nodiscard]] std::uint64_t end() const { return chain_.rbegin()->first; }

    Result<bool> write() {
        bool any = false;
        for (const auto& [n, candidate] : chain_) {
            if (candidate.is_entry) continue;
            TRY_ASSIGN(const EntryFile found, read_entry(*candidate.store, candidate.name, id_, n));
            const std::string name = ledger_name(n);
            // A number that was free when this began may be taken by now.
            TRY(repair_.make_way(name));
            const Status put =
                listed_.contains(n) ? repair_.store().replace(name, found.bytes) : repair_.store().put_new(name, found.bytes);
            if (!put.ok() && put.error().code == Code::exists) {
                return Error{Code::busy, say("{} was written to meanwhile; run repair again", where())};
            }
            TRY(put);
            if (candidate.store != &repair_.store()) repair_.result.bytes_copied += found.bytes.size();
            repair_.result.healed.push_back(name);
            any = true;
        }
        return any;
    }

    [[nodiscard]] std::string where() const { return printable(repair_.store().location()); }
    [[nodiscard]] Error forked(std::uint64_t n) const {
        const Repository& vault = repair_.vault;
        // Sound in itself: the keyring that remembers the other history may accept this one.
        if (vault.lost_head() && vault.ledger_damage().size() == 1) return {Code::corrupt, vault.ledger_damage().front().problem};
        if (vault.ledger_damage().empty()) {
            return {Code::corrupt,
                    say("the ledger of {} was rolled back and written to again: its entry {} is not the one that witnesses "
                        "or later entries tell of; keep the vault for restoring, make a new one with `custody init` and "
                        "fill it with `custody copy`",
                        where(), n)};
        }
        return {Code::corrupt,
                say("the ledger of {} is damaged, and was rolled back and written to again: its entry {} is not the one that "
                    "witnesses or later entries tell of; keep the vault for restoring, make a new one with `custody init` and "
                    "back up into that",
                    where(), n)};
    }
    [[nodiscard]] Error unhealable(std::uint64_t n) const {
        return {Code::corrupt,
                say("entry {} of the ledger of {} is damaged, and no witness of it is at hand: name the vault that was "
                    "copied to or from it with --from, or keep this one for restoring, make a new vault with "
                    "`custody init` and back up into that",
                    n, where())};
    }

    Repair& repair_;
    const VaultId id_;
    std::map<std::uint64_t, std::vector<Candidate>> candidates_;
    std::set<std::uint64_t> listed_;            // entries that are there, sound or not
    bool has_own_entry_ = false;                // a sound one among them
    bool moved_ = false;                        // something of them was set aside
    std::uint64_t last_told_of_ = 0;            // by a witness that cannot be read
    std::map<std::uint64_t, VaultId> foreign_;  // those of them that are another vault's, and sound
    std::set<SignerId> known_signers_;
    std::optional<RememberedHead> remembered_;
    std::map<std::uint64_t, Candidate> chain_;
};

}  // namespace

Status heal_ledger(Repair& repair) {
    if (repair.vault.ledger_damage().empty() && repair.other) {
        const Status remembered = check_remembered_by(*repair.other, repair.vault);
        if (remembered.ok()) return done();
        if (remembered.error().code != Code::corrupt) return remembered;
    } else if (repair.vault.ledger_damage().empty()) {
        return done();
    }
    LedgerHealer healer(repair);
    TRY_ASSIGN(const bool healed, healer.run());
    if (healed) TRY(repair.vault.reload());
    // A history that this keyring knows, and the other medium knows otherwise.
    return repair.other && repair.vault.ledger_damage().empty() ? check_remembered_by(*repair.other, repair.vault) : done();
}

}  // namespace custody
