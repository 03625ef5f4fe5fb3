// A ledger entry: decoding is bounded; what decodes encodes to the same entry; and no entry, however made, makes a ledger that
// contradicts itself replay.
#include "tests/fuzz/signed_input.h"
#include "vault/history/ledger.h"
#include "vault/packs/format.h"

namespace {

using namespace custody;

constexpr std::string_view kPurpose = "custody ledger entry 1";

LedgerEntry seed_entry(Operation operation) {
    LedgerEntry entry;
    entry.n = operation == Operation::init ? 1 : 2;
    entry.operation = operation;
    entry.time = Time{1'793'671'200 * kSecond};
    entry.added = {{"packs/ab/abcd", 123}};
    if (operation == Operation::add) {
        entry.snapshots = {ObjectId{}};
        entry.details = {{"order", "2026-11-03T02:00:00.000000001Z"}};
        entry.added.push_back({snapshot_name(ObjectId{}), 500});
    }
    if (operation == Operation::hold) entry.details = {{"reason", "r"}, {"until", "2030-01-01T00:00:00Z"}};
    if (operation == Operation::destroy_label) {
        entry.details = {{"label", LabelId{}.hex()}};
        set_destruction_word(entry, 1, {SignerId{}});
    }
    if (operation == Operation::repair) entry.details = {{"damaged", {ObjectId{}.hex()}}, {"healed", {"packs/cd/cdef"}}};
    if (operation == Operation::prune) entry.removed = {"packs/cd/cdef"};
    return entry;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    if (!fuzz::wants_seeds()) return 0;
    for (const Operation operation : {Operation::init, Operation::add, Operation::repair, Operation::forget, Operation::prune,
                                      Operation::hold, Operation::release, Operation::destroy_label, Operation::checkpoint}) {
        const auto record = encode(seed_entry(operation), VaultId{}, fuzz::zero_seed());
        if (!record.ok()) std::abort();
        fuzz::write_signed_seeds(std::string(operation_name(operation)), *record, kPurpose);
    }
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes record = fuzz::signed_input(ByteView(data, size), kPurpose);
    const auto decoded = decode_ledger_entry(record);
    if (!decoded.ok()) return 0;
    const auto again = encode(decoded->entry, decoded->vault, fuzz::zero_seed());
    if (!again.ok()) std::abort();
    const auto twice = decode_ledger_entry(*again);
    if (!twice.ok() || twice->entry.n != decoded->entry.n || twice->entry.snapshots != decoded->entry.snapshots ||
        twice->entry.removed != decoded->entry.removed || twice->entry.details != decoded->entry.details) {
        std::abort();
    }
    LedgerState state;
    state.n = decoded->entry.n - 1;
    state.head = decoded->entry.previous;
    state.objects = {{"packs/cd/cdef", 1}, {pack_name(ObjectId{}), 1}, {snapshot_name(ObjectId{}), 500}};
    state.snapshots[ObjectId{}] = {1, Time{}, Time{}, 500, std::nullopt};
    if (contradiction(state, decoded->entry)) return 0;
    absorb(state, decoded->entry, Digest{});
    for (const auto& [id, snapshot] : state.snapshots) {
        if (state.forgotten.contains(id)) std::abort();
    }
    for (const auto& [pack, n] : state.damaged_packs) {
        if (!state.objects.contains(pack_name(pack)) || n != state.n || state.last_damage != n) std::abort();
    }
    return 0;
}
