#include "vault/broken_snapshots.h"

#include "vault/object_check.h"
#include "vault/pack_health.h"
#include "vault/packs/pack_reader.h"
#include "vault/reachability.h"

#include <algorithm>
#include <map>

namespace custody {
namespace {

constexpr int kMaxLooks = 4;

bool is_loss(const Error& error) { return is_damage(error) && error.code != Code::denied; }

class LabelLook {
public:
    static Result<std::unique_ptr<LabelLook>> open(ObjectStore& store, std::shared_ptr<const WriterKeys> keys,
                                                   const PackHealth& health) {
        TRY_ASSIGN(auto index, Index::open(store, *keys, IndexTrust{}));
        return std::unique_ptr<LabelLook>(new LabelLook(store, std::move(keys), std::move(index), health));
    }

    Result<bool> is_sound(const Snapshot& snapshot, const StopFlag& stop) { return reach_.is_sound(snapshot.summary.root, stop); }

private:
    LabelLook(ObjectStore& store, std::shared_ptr<const WriterKeys> keys, std::unique_ptr<Index> index, const PackHealth& health)
        : keys_(std::move(keys)),
          opener_(*keys_, nullptr),
          blocks_(store, opener_),
          index_(std::move(index)),
          finder_(*index_, health, &refused_),
          reach_(blocks_, [this](ByteView id, SegmentKind kind) { return find(id, kind); }) {}

    // A tree in a pack that seems sound may not open there, and in another one it may.
    Result<std::optional<Location>> find(ByteView id, SegmentKind kind) {
        while (true) {
            TRY_ASSIGN(const std::optional<Location> at, finder_.find(id, kind));
            if (!at || kind != SegmentKind::tree) return at;
            const auto block = std::make_pair(at->pack, at->block_offset);
            if (opened_.contains(block)) return at;
            const auto read = blocks_.read_summary(*at);
            if (read.ok()) {
                opened_.insert(block);
                return at;
            }
            if (!is_loss(read.error())) return read.error();
            std::array<Byte, 32> refused{};
            std::copy(id.begin(), id.end(), refused.begin());
            refused_.insert({refused, at->pack});
        }
    }

    std::shared_ptr<const WriterKeys> keys_;
    SegmentOpener opener_;
    BlockSource blocks_;
    std::unique_ptr<Index> index_;
    WrongEntries refused_;
    std::set<std::pair<ObjectId, std::uint32_t>> opened_;
    LocationFinder finder_;
    Reachability reach_;
};

Result<PackHealth> look_at_packs(Repository& repository) {
    PackHealth health;
    TRY_ASSIGN(const std::vector<ObjectInfo> packs, repository.store().list("packs"));
    const LedgerState& state = repository.state();
    for (const ObjectInfo& pack : packs) {
        const auto id = id_in_name(pack.name);
        const auto named = state.objects.find(pack.name);
        if (id && named != state.objects.end() && named->second == pack.size) health.add_present(*id);
    }
    for (const ObjectId& pack : known_damaged(state)) health.add_lost(pack);
    return health;
}

Result<std::vector<Snapshot>> look(Repository& repository, const std::set<LabelId>* only, const StopFlag& stop) {
    std::vector<Snapshot> broken;
    std::vector<Repository::DamagedSnapshot> lost;
    std::size_t unreadable = 0;
    TRY_ASSIGN(const std::vector<Repository::Listed> snapshots, repository.snapshots(&unreadable, &lost));
    TRY_ASSIGN(const PackHealth health, look_at_packs(repository));
    std::map<LabelId, std::unique_ptr<LabelLook>> labels;
    for (const Repository::Listed& listed : snapshots) {
        const LabelId& label = listed.snapshot.clear.label;
        if (only != nullptr && !only->contains(label)) continue;
        auto keys = repository.keyring() == nullptr ? nullptr : repository.keyring()->writer_keys(label);
        if (!keys) continue;
        auto& looked = labels[label];
        if (!looked) {
            TRY_ASSIGN(looked, LabelLook::open(repository.store(), std::move(keys), health));
        }
        TRY_ASSIGN(const bool sound, looked->is_sound(listed.snapshot, stop));
        if (!sound) broken.push_back(listed.snapshot);
    }
    return broken;
}

}  // namespace

// A prune or repair beside this may move what is looked for: what looks broken counts when the ledger has stood still between two
// looks.
Result<std::vector<Snapshot>> find_broken_snapshots(Repository& repository, const std::set<LabelId>* only, const StopFlag& stop) {
    std::vector<Snapshot> broken;
    std::uint64_t seen = 0;
    for (int count = 0; count < kMaxLooks; ++count) {
        TRY(repository.ledger().refresh());
        if (repository.state().n == seen) break;
        seen = repository.state().n;
        TRY_ASSIGN(broken, look(repository, only, stop));
        if (broken.empty()) return broken;
    }
    std::erase_if(broken, [&](const Snapshot& each) { return !repository.state().snapshots.contains(each.id); });
    return broken;
}

}  // namespace custody
