// What one entry may say after those before it, and what it changes.
#include "base/text.h"
#include "vault/history/ledger.h"
#include "vault/packs/format.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace custody {
namespace {

std::optional<std::string> objects_contradict(const LedgerState& state, const LedgerEntry& entry) {
    for (const ObjectInfo& info : entry.added) {
        const auto live = state.objects.find(info.name);
        // Two runs may both adopt what a third stored before it crashed; the same object twice is no contradiction.
        if (live != state.objects.end() && live->second != info.size) {
            return say("adds {} with another size than before", printable(info.name));
        }
    }
    std::set<std::string_view> gone;
    for (const std::string& name : entry.removed) {
        if (!state.objects.contains(name)) return say("removes {}, which was never added", printable(name));
        if (!gone.insert(name).second) return say("removes {} twice", printable(name));
    }
    return std::nullopt;
}

bool adds(const LedgerEntry& entry, const std::string& name) {
    for (const ObjectInfo& info : entry.added) {
        if (info.name == name) return true;
    }
    return false;
}

// An id that a forget, hold or release names must be there; a held one must not be forgotten.
std::optional<std::string> snapshots_contradict(const LedgerState& state, const LedgerEntry& entry) {
    for (const ObjectId& id : entry.snapshots) {
        const auto live = state.snapshots.find(id);
        switch (entry.operation) {
            case Operation::add:
            case Operation::copy:
                if (!adds(entry, snapshot_name(id)) && !state.objects.contains(snapshot_name(id))) {
                    return say("adds snapshot {} without its object", id.hex());
                }
                break;
            case Operation::forget:
                if (live != state.snapshots.end() && is_held(live->second, entry.time)) {
                    return say("forgets snapshot {}, which is held", id.hex());
                }
                [[fallthrough]];
            case Operation::hold:
            case Operation::release:
                if (live == state.snapshots.end()) return say("names snapshot {}, which is not there", id.hex());
                break;
            default:
                return say("operation {} names snapshots", operation_name(entry.operation));
        }
    }
    return std::nullopt;
}

// Where it does not say, the order is that of the entries.
Result<Time> order_of(const LedgerEntry& entry) {
    if (!entry.details.contains("order")) return entry.time;
    TRY_ASSIGN(const std::string text, json_text(entry.details, "order", "ledger entry"));
    return parse_time(text);
}

// Of the snapshot that an entry adds; none where it does not say.
Result<std::optional<LabelId>> label_of(const LedgerEntry& entry) {
    if (!entry.details.contains("label")) return std::optional<LabelId>();
    TRY_ASSIGN(const LabelId label, json_id<LabelId>(entry.details, "label", ""));
    return std::optional<LabelId>(label);
}

// Packs that a repair names; none where it does not say.
Result<std::vector<ObjectId>> damaged_of(const LedgerEntry& entry) {
    std::vector<ObjectId> packs;
    const auto list = entry.details.find("damaged");
    if (entry.operation != Operation::repair || list == entry.details.end()) return packs;
    const Error malformed{Code::corrupt, say("names damaged packs by what is no list of ids")};
    if (!list->is_array()) return malformed;
    for (const Json& item : *list) {
        const auto id = item.is_string() ? ObjectId::from_hex(item.get<std::string>()) : std::nullopt;
        if (!id) return malformed;
        packs.push_back(*id);
    }
    return packs;
}

struct ForgottenAsLost {
    ObjectId snapshot;
    std::optional<LabelId> label;
};

// Records that a forget calls lost; none where it does not say.
Result<std::vector<ForgottenAsLost>> lost_of(const LedgerEntry& entry) {
    std::vector<ForgottenAsLost> lost;
    const auto list = entry.details.find("lost");
    if (entry.operation != Operation::forget || list == entry.details.end()) return lost;
    const Error malformed{Code::corrupt, say("names lost records by what is no list of them")};
    if (!list->is_array()) return malformed;
    for (const Json& item : *list) {
        const auto id = json_id<ObjectId>(item, "snapshot", "");
        if (!id.ok() || std::find(entry.snapshots.begin(), entry.snapshots.end(), *id) == entry.snapshots.end()) return malformed;
        ForgottenAsLost record{*id, std::nullopt};
        if (item.contains("label")) {
            const auto label = json_id<LabelId>(item, "label", "");
            if (!label.ok()) return malformed;
            record.label = *label;
        }
        lost.push_back(record);
    }
    return lost;
}

bool adds_snapshots(const LedgerEntry& entry) { return entry.operation == Operation::add || entry.operation == Operation::copy; }

std::optional<std::string> details_contradict(const LedgerEntry& entry) {
    if (adds_snapshots(entry) && !order_of(entry).ok()) return say("gives its snapshot an order that is no time");
    if (adds_snapshots(entry) && !label_of(entry).ok()) return say("gives its snapshot a label that is no id");
    if (entry.operation == Operation::hold && !hold_of(entry).ok()) return say("a hold without reason, or with a bad time");
    if (entry.operation == Operation::destroy_label && !json_id<LabelId>(entry.details, "label", "").ok()) {
        return say("destroys a label without naming it");
    }
    if (const auto damaged = damaged_of(entry); !damaged.ok()) return damaged.error().message;
    if (const auto lost = lost_of(entry); !lost.ok()) return lost.error().message;
    // Reserved by DESIGN.md's folding of old entries; this version writes none and may not skip one.
    if (entry.operation == Operation::checkpoint) return say("a checkpoint needs a newer Custody");
    return std::nullopt;
}

constexpr std::string_view kBetweenReasons = "; ";

// Whatever lays a second hold, knowingly or not, may not end the first: the later end counts, none being the latest, and every
// reason stays to be read. One that was over by then is past.
HoldState joined(const HoldState& before, HoldState now) {
    if (before.until && *before.until <= now.since) return now;
    HoldState all = before;
    all.by.insert(now.by.begin(), now.by.end());
    const std::string between(kBetweenReasons);
    const bool known = (between + all.reason + between).find(between + now.reason + between) != std::string::npos;
    if (!known) all.reason += between + now.reason;
    if (!now.until || !all.until) {
        all.until.reset();
    } else {
        all.until = std::max(*all.until, *now.until);
    }
    return all;
}

void lay_hold(LedgerSnapshot& snapshot, HoldState hold) {
    snapshot.hold = snapshot.hold ? joined(*snapshot.hold, std::move(hold)) : std::move(hold);
}

void absorb_release(LedgerState& state, const LedgerEntry& entry, const ObjectId& id) {
    LedgerSnapshot& snapshot = state.snapshots[id];
    if (is_held(snapshot, entry.time) && !snapshot.hold->by.contains(entry.signer)) {
        state.releases_by_others[id] = {entry.n, entry.signer};
    }
    snapshot.hold.reset();
}

void absorb_snapshot(LedgerState& state, const LedgerEntry& entry, const ObjectId& id) {
    switch (entry.operation) {
        case Operation::add:
        case Operation::copy: {
            state.forgotten.erase(id);
            state.lost.erase(id);
            const auto object = state.objects.find(snapshot_name(id));
            const std::uint64_t size = object == state.objects.end() ? 0 : object->second;
            const auto order = order_of(entry);
            const auto label = label_of(entry);
            const LedgerSnapshot made{entry.n, entry.time,   order.ok() ? *order : entry.time,
                                      size,    std::nullopt, label.ok() ? *label : std::nullopt};
            state.snapshots.try_emplace(id, made);
            state.latest_order = std::max(state.latest_order, made.order);
            break;
        }
        case Operation::forget:
            state.snapshots.erase(id);
            state.forgotten.insert(id);
            break;
        case Operation::hold:
            if (auto hold = hold_of(entry); hold.ok()) lay_hold(state.snapshots[id], std::move(*hold));
            state.releases_by_others.erase(id);
            break;
        case Operation::release:
            absorb_release(state, entry, id);
            break;
        default:
            break;
    }
}

// Before the snapshots go: what they were is kept.
void absorb_lost(LedgerState& state, const LedgerEntry& entry) {
    const auto lost = lost_of(entry);
    if (!lost.ok()) return;
    for (const ForgottenAsLost& record : *lost) {
        const auto live = state.snapshots.find(record.snapshot);
        const LedgerSnapshot was = live == state.snapshots.end() ? LedgerSnapshot{} : live->second;
        state.lost[record.snapshot] = {entry.n, entry.time, was, record.label};
    }
}

// A pack that went is damaged no longer; one that is named again by the same entry as both is damaged.
void absorb_damage(LedgerState& state, const LedgerEntry& entry) {
    std::set<std::string_view> sound(entry.removed.begin(), entry.removed.end());
    if (const auto healed = entry.details.find("healed"); entry.operation == Operation::repair && healed != entry.details.end()) {
        for (const Json& name : *healed) {
            if (name.is_string()) sound.insert(name.get_ref<const std::string&>());
        }
    }
    std::erase_if(state.damaged_packs, [&](const auto& each) { return sound.contains(pack_name(each.first)); });
    const auto damaged = damaged_of(entry);
    if (!damaged.ok() || damaged->empty()) return;
    state.last_damage = entry.n;
    for (const ObjectId& pack : *damaged) {
        if (state.objects.contains(pack_name(pack))) state.damaged_packs.try_emplace(pack, entry.n);
    }
}

void count_claim(LedgerState& state, const LabelId& label, const SignerId& signer, Time time) {
    if (!state.custodians || state.custodians->contains(signer)) state.destroyed_labels.try_emplace(label, time);
}

// "begun": the keys of who says so are still there.
bool is_begun_only(const LedgerEntry& entry) {
    const auto begun = json_bool(entry.details, "begun", "");
    return begun.ok() && *begun;
}

// What is no such word says nothing: what is not told to be settled is not.
DestructionWord word_of(const LedgerEntry& entry) {
    DestructionWord word{entry.time, std::nullopt, {}};
    const auto outstanding = entry.details.find("outstanding");
    if (outstanding == entry.details.end() || !outstanding->is_object()) return word;
    const auto copies = json_number(*outstanding, "copies", "");
    const auto keyrings = outstanding->find("keyrings");
    if (!copies.ok() || keyrings == outstanding->end() || !keyrings->is_array()) return word;
    for (const Json& item : *keyrings) {
        const auto signer = item.is_string() ? SignerId::from_hex(item.get<std::string>()) : std::nullopt;
        if (!signer) return word;
        word.keyrings.insert(*signer);
    }
    word.copies = *copies;
    return word;
}

void absorb_destruction(LedgerState& state, const LedgerEntry& entry, const Digest& hash) {
    const auto label = json_id<LabelId>(entry.details, "label", "");
    if (!label.ok()) return;
    state.destruction_claims[*label].try_emplace(entry.signer, DestructionClaim{entry.n, hash, entry.time});
    count_claim(state, *label, entry.signer, entry.time);
    if (!is_begun_only(entry)) state.label_destroyers[*label].insert_or_assign(entry.signer, word_of(entry));
}

}  // namespace

void set_destruction_word(LedgerEntry& entry, std::uint64_t copies, const std::set<SignerId>& keyrings) {
    Json signers = Json::array();
    for (const SignerId& signer : keyrings) signers.push_back(signer.hex());
    entry.details["outstanding"] = {{"copies", copies}, {"keyrings", std::move(signers)}};
}

void recognise_custodians(LedgerState& state, std::set<SignerId> custodians) {
    state.custodians = std::move(custodians);
    state.destroyed_labels.clear();
    for (const auto& [label, claims] : state.destruction_claims) {
        for (const auto& [signer, claim] : claims) {
            if (!state.custodians->contains(signer)) continue;
            Time& since = state.destroyed_labels.try_emplace(label, claim.time).first->second;
            since = std::min(since, claim.time);
        }
    }
}

Result<HoldState> hold_of(const LedgerEntry& entry) {
    HoldState hold;
    hold.since = entry.time;
    hold.by = {entry.signer};
    TRY_ASSIGN(hold.reason, json_text(entry.details, "reason", "hold"));
    if (entry.details.contains("until")) {
        TRY_ASSIGN(const std::string text, json_text(entry.details, "until", "hold"));
        TRY_ASSIGN(hold.until, parse_time(text));
    }
    return hold;
}

std::set<ObjectId> known_damaged(const LedgerState& state) {
    std::set<ObjectId> packs;
    for (const auto& [pack, n] : state.damaged_packs) packs.insert(pack);
    return packs;
}

bool is_held(const LedgerSnapshot& snapshot, Time at) {
    return snapshot.hold && (!snapshot.hold->until || at < *snapshot.hold->until);
}

Time next_order(const LedgerState& state, Time began) {
    const Time last = std::max(state.latest, state.latest_order);
    constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
    return began > last ? began : Time{last.ns == kEnd ? kEnd : last.ns + 1};
}

bool is_older(const LedgerSnapshot& a, const LedgerSnapshot& b) {
    return std::tuple(a.order, a.sequence) < std::tuple(b.order, b.sequence);
}

std::optional<std::string> contradiction(const LedgerState& state, const LedgerEntry& entry) {
    if (entry.n != state.n + 1) return say("carries the number {}", entry.n);
    if (entry.previous != state.head) return say("does not follow on the entry before it");
    if ((entry.operation == Operation::init) != (entry.n == 1)) return say("only entry 1 begins a vault");
    if (auto found = details_contradict(entry)) return found;
    if (auto found = objects_contradict(state, entry)) return found;
    return snapshots_contradict(state, entry);
}

void absorb(LedgerState& state, const LedgerEntry& entry, const Digest& hash) {
    for (const std::string& name : entry.removed) state.objects.erase(name);
    for (const ObjectInfo& info : entry.added) state.objects[info.name] = info.size;
    absorb_lost(state, entry);
    for (const ObjectId& id : entry.snapshots) absorb_snapshot(state, entry, id);
    absorb_damage(state, entry);
    if (entry.operation == Operation::destroy_label) absorb_destruction(state, entry, hash);
    if (entry.operation == Operation::init) {
        if (const auto header = json_id<Digest>(entry.details, "header", ""); header.ok()) state.header = *header;
        if (const auto promised = json_bool(entry.details, "witnessed", ""); promised.ok()) state.witnessed = *promised;
    }
    if (entry.operation == Operation::repair && entry.details.contains("accepted_rollback")) {
        const auto lost = json_number(entry.details["accepted_rollback"], "n", "");
        if (lost.ok()) {
            std::uint64_t& until = state.accepted_rollbacks[entry.signer];
            until = std::max(until, *lost);
        }
    }
    state.n = entry.n;
    state.head = hash;
    state.latest = std::max(state.latest, entry.time);
    const auto clock = entry.details.find("clock");
    const bool vouched = entry.operation == Operation::forget && clock != entry.details.end() && *clock == "right";
    state.floor = vouched ? entry.time : std::max(state.floor, entry.time);
}

}  // namespace custody
