#include "vault/repository.h"

#include "base/text.h"
#include "vault/closed_labels.h"
#include "vault/history/witness.h"
#include "vault/packs/format.h"
#include "vault/store/local_store.h"
#include "vault/store/session.h"
#include "vault/vault_identity.h"

#include <algorithm>
#include <tuple>

namespace custody {
namespace {

constexpr std::int64_t kClockTolerance = 5 * kMinute;
constexpr std::int64_t kClockFarAhead = 40 * kDay;

// A crash between header and ledger entry 1 leaves a header: it is taken up, so that two who begin at once agree on one.
Result<Bytes> establish_header(ObjectStore& store, const VaultHeader& fresh, const Secret& signing_seed) {
    TRY_ASSIGN(Bytes content, encode(fresh, signing_seed));
    const Status put = store.put_new(kHeaderObject, content);
    if (put.ok()) return content;
    if (put.error().code != Code::exists) return put.error();
    TRY_ASSIGN(Bytes present, store.get(kHeaderObject, kMaxHeaderBytes));
    const auto left_over = decode_vault_header(present);
    if (left_over.ok() && left_over->family == fresh.family) return present;
    TRY(store.replace(kHeaderObject, content));
    return content;
}

LedgerEntry init_entry(const Bytes& header, Time now) {
    LedgerEntry entry;
    entry.n = 1;
    entry.operation = Operation::init;
    entry.time = now;
    entry.added = {{kHeaderObject, header.size()}};
    // The text too: a damaged vault.json is made again from here.
    entry.details = {{"header", sha256(header).hex()}, {"header_text", std::string(as_text(header))}, {"witnessed", true}};
    return entry;
}

// vault.json as ledger entry 1 keeps it, or its witness.
Result<Bytes> header_from_ledger(ObjectStore& store, const VaultId& vault) {
    auto first = read_entry(store, ledger_name(1), vault, 1);
    if (!first.ok() && read_entry(store, witness_name(vault, 1), vault, 1).ok()) {
        first = read_entry(store, witness_name(vault, 1), vault, 1);
    }
    TRY(first);
    TRY_ASSIGN(const std::string text, json_text(first->entry.details, "header_text", "ledger entry 1"));
    const ByteView content = as_bytes(text);
    return Bytes(content.begin(), content.end());
}

}  // namespace

Result<Repository> Repository::create(FileSystem& files, const Clock& clock, const std::string& reference, Keyring& keyring) {
    TRY_ASSIGN(const std::string path, parse_vault_reference(reference));
    TRY_ASSIGN(std::unique_ptr<ObjectStore> store, create_local_store(files, path));
    return create_in(std::move(store), clock, keyring);
}

Result<Repository> Repository::create_in(std::unique_ptr<ObjectStore> store, const Clock& clock, Keyring& keyring) {
    VaultHeader fresh;
    fresh.format_version = kFormatVersion;
    fresh.vault = random_id<VaultId>();
    fresh.family = keyring.family();
    fresh.suite = keyring.suite();
    fresh.created = clock.now();
    fresh.signer = keyring.signer();
    const auto marks = store->info(kMarksObject);
    if (!marks.ok() && marks.error().code != Code::not_found) return marks.error();
    if (!marks.ok()) TRY(store->replace(kMarksObject, encode(Marks{})));
    TRY_ASSIGN(const Bytes content, establish_header(*store, fresh, keyring.signing_seed()));
    TRY_ASSIGN(const VaultHeader header, decode_vault_header(content));
    TRY_ASSIGN(const Bytes first, encode(init_entry(content, clock.now()), header.vault, keyring.signing_seed()));
    const Status begun = store->put_new(ledger_name(1), first);
    if (!begun.ok() && begun.error().code == Code::exists) {
        return Error{Code::refused, say("{} is a vault already", store->location())};
    }
    TRY(begun);
    const Status second = write_witness(*store, header.vault, 1, first);
    TRY_ASSIGN(Repository made, open_store(std::move(store), clock, &keyring));
    if (!second.ok()) {
        made.warnings_.push_back(
            say("ledger entry {} is written, its witness is not: {}; the next run writes it", 1, second.error().message));
    }
    return made;
}

Result<Repository> Repository::open(FileSystem& files, const Clock& clock, const std::string& reference, Keyring* keyring,
                                    OpenOptions options) {
    TRY_ASSIGN(const std::string path, parse_vault_reference(reference));
    auto store = open_local_store(files, path);
    if (!store.ok() && store.error().code == Code::corrupt && options.tolerate_damage) store = make_local_store(files, path);
    if (!store.ok()) return std::move(store).error();
    return open_store(std::move(*store), clock, keyring, options);
}

Result<Repository> Repository::open_store(std::unique_ptr<ObjectStore> store, const Clock& clock, Keyring* keyring,
                                          OpenOptions options) {
    Repository repository;
    repository.store_ = std::move(store);
    repository.clock_ = &clock;
    repository.keyring_ = keyring;
    repository.elsewhere_ = options.elsewhere;
    TRY(repository.read_header(options.tolerate_damage));
    TRY(repository.check_family());
    TRY(repository.read_ledger(options.tolerate_damage));
    return repository;
}

Status Repository::read_header(bool tolerate_damage) {
    const auto content = store_->get(kHeaderObject, kMaxHeaderBytes);
    auto header = content.ok() ? decode_vault_header(*content) : Result<VaultHeader>(content.error());
    if (tolerate_damage && header.ok()) {
        // Sound in itself, but another vault's?
        TRY_ASSIGN(const VaultId vault, identify_vault(*store_, {keyring_, elsewhere_}));
        if (vault != header->vault) return salvage_header(vault, say("it belongs to another vault"));
    }
    if (tolerate_damage && !header.ok() && (header.error().code == Code::corrupt || header.error().code == Code::not_found)) {
        TRY_ASSIGN(const VaultId vault, identify_vault(*store_, {keyring_, elsewhere_}));
        return salvage_header(vault, content.ok() ? header.error().message : say("it is missing"));
    }
    if (!header.ok() && header.error().code == Code::not_found) {
        return Error{Code::usage, say("{} is not a vault: vault.json is missing", store_->location())};
    }
    if (!header.ok()) return Error{header.error().code, say("vault {}: {}", store_->location(), header.error().message)};
    header_ = *header;
    header_digest_ = sha256(*content);
    return done();
}

Status Repository::salvage_header(const VaultId& vault, std::string problem) {
    const auto content = header_from_ledger(*store_, vault);
    const auto header = content.ok() ? decode_vault_header(*content) : Result<VaultHeader>(content.error());
    if (!header.ok()) {
        return Error{Code::corrupt,
                     say("vault {}: vault.json is damaged ({}), and so is ledger entry 1, which keeps its text: {}",
                         store_->location(), problem, header.error().message)};
    }
    ledger_damage_.push_back({kHeaderObject, std::move(problem)});
    header_ = *header;
    header_digest_ = sha256(*content);
    return done();
}

Result<bool> Repository::heal_header() {
    if (ledger_damage_.size() != 1 || ledger_damage_.front().object != kHeaderObject) return false;
    TRY_ASSIGN(const Bytes content, header_from_ledger(*store_, header_.vault));
    if (state().header != sha256(content)) {
        return Error{Code::corrupt, say("ledger entry 1 of {} does not keep the header that it names", store_->location())};
    }
    TRY(store_->replace(kHeaderObject, content));
    ledger_damage_.clear();
    header_digest_ = sha256(content);
    return true;
}

Status Repository::reload() {
    ledger_damage_.clear();
    lost_head_.reset();
    TRY(read_header(true));
    return read_ledger(true);
}

Error wrong_family(const std::string& location, const FamilyId& family, const Keyring& keyring) {
    return {Code::wrong_key,
            say("no key here opens vault {}: it needs the keyring of family {}, and the keyring {} is of family {}; "
                "name the right one with --keyring",
                printable(location), family.hex(), printable(keyring.folder()), keyring.family().hex())};
}

Status Repository::check_family() const {
    if (keyring_ == nullptr || keyring_->family() == header_.family) return done();
    return wrong_family(store_->location(), header_.family, *keyring_);
}

Status Repository::read_ledger(bool tolerate_damage) {
    std::optional<RememberedHead> expected;
    if (keyring_ != nullptr) {
        TRY_ASSIGN(expected, keyring_->remembered_head(header_.vault));
    }
    head_witnessed_ = expected.has_value();
    auto loaded = Ledger::load(*store_, header_.vault, expected);
    if (!loaded.ok() && loaded.error().code == Code::corrupt && tolerate_damage) {
        ledger_damage_.push_back({"ledger", loaded.error().message});
        return salvage_ledger(expected);
    }
    if (!loaded.ok()) return std::move(loaded).error();
    ledger_ = std::make_unique<Ledger>(std::move(*loaded));
    recognise_custodians();
    if (state().header != header_digest_) {
        const std::string problem = say("it is not the header that ledger entry 1 names");
        if (!tolerate_damage) return Error{Code::corrupt, say("{} of vault {}: {}", kHeaderObject, store_->location(), problem)};
        ledger_damage_.push_back({kHeaderObject, problem});
    }
    const bool moved = !expected || expected->n < state().n;
    if (keyring_ != nullptr && moved && ledger_damage_.empty()) remember_head();
    remember_destroyed_labels();
    return done();
}

Status Repository::salvage_ledger(const std::optional<RememberedHead>& expected) {
    auto without_memory =
        expected ? Ledger::load(*store_, header_.vault, std::nullopt) : Result<Ledger>(Error{Code::corrupt, ""});
    if (without_memory.ok()) {
        lost_head_ = expected;
        ledger_ = std::make_unique<Ledger>(std::move(*without_memory));
        recognise_custodians();
        return done();
    }
    TRY_ASSIGN(Ledger ledger, Ledger::salvage(*store_, header_.vault, ledger_damage_));
    ledger_ = std::make_unique<Ledger>(std::move(ledger));
    recognise_custodians();
    return done();
}

void Repository::remember_head() {
    const Status remembered = keyring_->remember_head(header_.vault, ledger_->head());
    if (!remembered.ok()) warnings_.push_back(say("the ledger's head could not be remembered: {}", remembered.error().message));
}

// Before anybody asks what was destroyed.
void Repository::recognise_custodians() {
    if (keyring_ != nullptr) ledger_->recognise(keyring_->custodians());
}

// Of those that the keyring still has keys of: another one destroyed them, or this one began to.
void Repository::remember_destroyed_labels() {
    if (keyring_ == nullptr) return;
    forget_unfounded_marks();
    for (const auto& [label, since] : state().destroyed_labels) {
        if (!keyring_->writer_keys(label)) continue;
        for (const auto& [signer, claim] : state().destruction_claims.at(label)) {
            if (!state().custodians->contains(signer)) continue;
            const Status remembered = keyring_->condemn({label, header_.vault, claim.n, claim.hash, signer, {}});
            if (!remembered.ok()) warnings_.push_back(remembered.error().message);
        }
    }
    warn_of_strangers();
    warn_of_released_holds();
}

// A mark is as good as the entry that it was made for: where this vault's sound ledger has it no more, as a person accepted, it
// goes.
void Repository::forget_unfounded_marks() {
    if (!ledger_damage_.empty()) return;
    const auto marks = keyring_->condemned();
    if (!marks.ok()) {
        warnings_.push_back(marks.error().message);
        return;
    }
    for (const Keyring::Condemned& mark : *marks) {
        if (mark.vault != header_.vault || ledger_->digest_of(mark.n) == mark.entry) continue;
        const Status removed = keyring_->absolve(mark);
        if (!removed.ok()) warnings_.push_back(removed.error().message);
    }
}

// Somebody who has no say in it signed that a label of this keyring was destroyed. One line for each label.
void Repository::warn_of_strangers() {
    for (const auto& [label, claims] : state().destruction_claims) {
        const auto keys = keyring_->writer_keys(label);
        if (!keys || state().destroyed_labels.contains(label)) continue;
        const auto& [signer, claim] = *claims.begin();
        warnings_.push_back(say(
            "entry {} of the ledger of {} says that label {} was destroyed, and its signer {} has no say in that: it is ignored, "
            "everything stays readable; look for who wrote to this vault, or, where it is your other keyring, take over its "
            "'custody key export --public' here with 'custody key import'",
            claim.n, printable(store_->location()), printable(keys->name), signer.hex()));
    }
}

// A snapshot that somebody else held, and that no custodian let go. One line for each that is still there to be held.
void Repository::warn_of_released_holds() {
    for (const auto& [id, release] : state().releases_by_others) {
        if (!state().snapshots.contains(id) || state().custodians->contains(release.signer)) continue;
        const std::string prefix = id.hex().substr(0, 12);
        warnings_.push_back(say(
            "entry {} of the ledger of {} ended the hold of snapshot {}, and its signer {}, who had not laid it, is no custodian "
            "that this keyring knows: lay it again with 'custody hold add {} --reason R', and look for who wrote to this vault",
            release.n, printable(store_->location()), prefix, release.signer.hex(), prefix));
    }
}

Status Repository::accept_rollback(std::uint64_t n) {
    const std::string where = printable(store_->location());
    if (!lost_head_ && !ledger_damage_.empty()) {
        return Error{Code::corrupt, say("{} of {} is damaged, nothing may be written: {}", ledger_damage_.front().object,
                                        store_->location(), ledger_damage_.front().problem)};
    }
    if (!lost_head_) {
        return Error{Code::usage, head_witnessed_ ? say("{} has nothing to accept: its ledger reaches the head that this keyring "
                                                        "remembers",
                                                        where)
                                                  : say("{} has nothing to accept: this keyring remembers no head of it", where)};
    }
    if (n != state().n) {
        return Error{Code::usage, say("{} ends at entry {}, not {}: name the number of the entry that it ends at, with "
                                      "'--accept-rollback {}'",
                                      where, state().n, n, state().n)};
    }
    if (ledger_damage_.size() != 1) {
        return Error{Code::corrupt, say("{} of {} is damaged, nothing may be written: {}", ledger_damage_.back().object,
                                        store_->location(), ledger_damage_.back().problem)};
    }
    LedgerEntry record;
    record.operation = Operation::repair;
    record.time = clock_->now();
    record.details = {{"accepted_rollback", {{"n", lost_head_->n}, {"hash", lost_head_->hash.hex()}}}};
    const auto unmoved = [&](const LedgerState& now, LedgerEntry&) -> Status {
        if (now.n == n) return done();
        return Error{Code::busy, say("{} was written to meanwhile: look at 'custody status' again", where)};
    };
    TRY(ledger_->publish(std::move(record), keyring_->signing_seed(), unmoved));  // first: never accepted without a trace
    TRY(keyring_->accept_head(header_.vault, ledger_->head()));
    ledger_damage_.clear();
    lost_head_.reset();
    return done();
}

ClockState Repository::clock_state() const {
    ClockState clock;
    clock.now = clock_->now();
    clock.floor = state().floor;
    clock.behind_floor = clock.now.ns < clock.floor.ns - kClockTolerance;
    clock.far_ahead = clock.now.ns - kClockFarAhead > clock.floor.ns;
    return clock;
}

Result<LedgerEntry> Repository::publish(LedgerEntry draft, const Ledger::Check& still_valid) {
    if (keyring_ == nullptr) return Error{Code::usage, say("writing to {} needs a keyring", store_->location())};
    if (lost_head_ && ledger_damage_.size() == 1) return Error{Code::corrupt, ledger_damage_.front().problem};
    if (!ledger_damage_.empty()) {
        return Error{Code::corrupt, say("{} of {} is damaged, nothing may be written: {}", ledger_damage_.front().object,
                                        store_->location(), ledger_damage_.front().problem)};
    }
    if (draft.time == Time{}) draft.time = clock_->now();
    TRY_ASSIGN(LedgerEntry published, ledger_->publish(std::move(draft), keyring_->signing_seed(), still_valid));
    if (std::string warning = ledger_->take_warning(); !warning.empty()) warnings_.push_back(std::move(warning));
    remember_head();
    return published;
}

Result<Snapshot> Repository::read_snapshot(const ObjectId& id) {
    if (!state().snapshots.contains(id)) {
        const bool forgotten = state().forgotten.contains(id);
        return Error{Code::not_found, forgotten ? say("snapshot {} was forgotten", id.hex()) : say("no snapshot {}", id.hex())};
    }
    const auto bytes = store_->get(snapshot_name(id), kMaxSnapshotSize);
    if (!bytes.ok() && bytes.error().code == Code::not_found) {
        return Error{Code::corrupt, say("snapshot {} is missing from {}", id.hex(), store_->location())};
    }
    if (!bytes.ok()) return bytes.error();
    const auto clear = decode_snapshot_clear(id, *bytes);
    if (!clear.ok()) return Error{clear.error().code, say("snapshot {}: {}", id.hex(), clear.error().message)};
    // A label that another keyring of the family destroyed is not read with keys that should be gone.
    const bool closed = keyring_ == nullptr || state().destroyed_labels.contains(clear->label);
    const auto keys = closed ? nullptr : keyring_->writer_keys(clear->label);
    if (!keys) return Error{Code::wrong_key, say("snapshot {}: {}", id.hex(), why_closed(closed_label(*this, clear->label)))};
    auto snapshot = decode_snapshot(id, *bytes, *keys);
    if (!snapshot.ok()) return Error{snapshot.error().code, say("snapshot {}: {}", id.hex(), snapshot.error().message)};
    return snapshot;
}

Result<std::vector<Repository::Listed>> Repository::snapshots(std::size_t* unreadable, std::vector<DamagedSnapshot>* damaged) {
    std::vector<Listed> listed;
    if (unreadable != nullptr) *unreadable = 0;
    for (const auto& [id, in_ledger] : state().snapshots) {
        auto snapshot = read_snapshot(id);
        if (snapshot.ok()) {
            listed.push_back({std::move(*snapshot), in_ledger});
        } else if (snapshot.error().code == Code::wrong_key) {
            if (unreadable != nullptr) ++*unreadable;
        } else if (snapshot.error().code == Code::corrupt && damaged != nullptr) {
            damaged->push_back({id, in_ledger, snapshot.error()});
        } else {
            return std::move(snapshot).error();
        }
    }
    // The ledger's snapshots come by id: so the order is total.
    std::stable_sort(listed.begin(), listed.end(), [](const Listed& a, const Listed& b) { return is_older(a.ledger, b.ledger); });
    return listed;
}

bool Repository::signer_trusted(const SignerId& signer) const {
    if (keyring_ == nullptr) return false;
    if (keyring_->signer() == signer) return true;
    const std::vector<SignerInfo> trusted = keyring_->trusted_signers();
    return std::any_of(trusted.begin(), trusted.end(), [&](const SignerInfo& info) { return info.id == signer; });
}

}  // namespace custody
