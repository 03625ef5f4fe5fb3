// Reading what lies in the packs: all of it (full), or a random part (sample). Each pack is read once, in order, by one of the
// workers; what the index says about a pack is held in memory only while that pack's batch is read.
#include "base/counts.h"
#include "base/text.h"
#include "base/worker_pool.h"
#include "restore/pack_examiner.h"
#include "vault/object_check.h"

#include <algorithm>
#include <functional>

namespace custody {
namespace {

constexpr int kMaxVisits = 20;
constexpr std::uint64_t kBatchEntries = 400'000;  // of the index, about 110 bytes each

using Batches = std::vector<std::vector<ObjectId>>;

std::vector<ObjectId> packs_to_read(const Verification& run) {
    std::set<ObjectId> packs;
    for (const auto& [name, size] : run.state().objects) {
        const auto id = id_in_name(name);
        if (id && object_kind(name) == "pack") packs.insert(*id);
    }
    // A pack that an interrupted run left and a later one took over may not have its ledger entry yet.
    for (const auto& [id, label] : run.labels) {
        for (const PackRow& row : label.index->rows()) {
            if (run.listed.contains(pack_name(row.pack))) packs.insert(row.pack);
        }
    }
    if (!run.all_packs) std::erase_if(packs, [&](const ObjectId& pack) { return !run.packs_in_question.contains(pack); });
    // The largest first, so that no worker is left with one when the others have none.
    std::vector<std::pair<std::uint64_t, ObjectId>> by_size;
    for (const ObjectId& pack : packs) {
        const auto listed = run.state().objects.find(pack_name(pack));
        by_size.emplace_back(listed == run.state().objects.end() ? 0 : listed->second, pack);
    }
    std::sort(by_size.begin(), by_size.end(), std::greater<>());
    std::vector<ObjectId> ordered;
    for (const auto& [size, pack] : by_size) ordered.push_back(pack);
    return ordered;
}

// A prune that folds segments takes some away while they are visited; then everything is visited anew.
Status with_whole_index(Verification& run, const std::function<Status()>& visit_all) {
    for (int attempt = 1;; ++attempt) {
        const Status visited = visit_all();
        if (visited.ok() || visited.error().code != Code::busy || attempt == kMaxVisits) return visited;
        for (auto& [id, label] : run.labels) TRY(label.index->reload());
    }
}

// A damaged page ends the visit of its index; which segment it is was found by its hash already.
Status visit_entries(Verification& run,
                     const std::function<void(const LabelUnderCheck&, const IndexEntry&, std::size_t)>& visit) {
    for (const auto& [id, label] : run.labels) {
        const Status visited = label.index->for_each([&](const IndexEntry& entry, std::size_t segment) -> Status {
            visit(label, entry, segment);
            return done();
        });
        if (!visited.ok() && !is_damage(visited.error())) return visited.error();
        if (!visited.ok() && run.book.objects_of_kind("index").empty())
            run.book.report("index/" + id.hex(), visited.error().message);
    }
    return done();
}

Result<Batches> plan_batches(Verification& run, std::vector<ObjectId> packs) {
    std::uint64_t total = 0;
    for (const auto& [id, label] : run.labels) {
        for (const Index::SegmentInfo& segment : label.index->segments()) total += segment.entries;
    }
    if (total <= kBatchEntries) return Batches{std::move(packs)};
    std::map<ObjectId, std::uint64_t> counts;
    TRY(with_whole_index(run, [&] {
        counts.clear();
        return visit_entries(
            run, [&](const LabelUnderCheck&, const IndexEntry& entry, std::size_t) { ++counts[entry.location.pack]; });
    }));
    Batches batches;
    std::uint64_t in_batch = kBatchEntries;
    for (const ObjectId& pack : packs) {
        if (in_batch >= kBatchEntries) {
            batches.emplace_back();
            in_batch = 0;
        }
        batches.back().push_back(pack);
        in_batch += counts[pack];
    }
    return batches;
}

Result<ExpectedByPack> load_expected(Verification& run, const std::vector<ObjectId>& batch) {
    ExpectedByPack expected;
    TRY(with_whole_index(run, [&] {
        expected.clear();
        for (const ObjectId& pack : batch) expected.try_emplace(pack);
        return visit_entries(run, [&](const LabelUnderCheck& label, const IndexEntry& entry, std::size_t segment) {
            const auto pack = expected.find(entry.location.pack);
            if (pack == expected.end()) return;
            pack->second.push_back({entry.id, entry.location, &label, static_cast<std::uint32_t>(segment), false});
        });
    }));
    return expected;
}

void take_wrong_entries(Verification& run, const ExaminedPack& examined) {
    for (const ExpectedEntry& entry : examined.wrong) {
        const auto segments = entry.label->index->segments();
        const std::string object = entry.segment < segments.size()
                                       ? index_name(entry.label->keys->label, segments[entry.segment].id)
                                       : "index/" + entry.label->keys->label.hex();
        run.book.report(object, say("says that {} lies in {} at {}, and it does not", to_hex(entry.id), pack_name(examined.pack),
                                    entry.location.block_offset));
        run.wrong.insert({entry.id, examined.pack});
    }
}

struct Totals {
    std::uint64_t destroyed_packs = 0;
    ProgressState progress;
};

Status take_examined(Verification& run, Result<ExaminedPack>&& outcome, Totals& totals) {
    if (!outcome.ok()) return std::move(outcome).error();
    ExaminedPack& examined = *outcome;
    run.result.bytes_read += examined.bytes_read;
    totals.progress.bytes_done += examined.bytes_read;
    ++totals.progress.items_done;
    run.progress.update(totals.progress);
    take_wrong_entries(run, examined);
    if (!examined.missing_keys.empty()) ++run.result.locked_packs;
    run.result.missing_keys.merge(examined.missing_keys);
    const bool only_destroyed = examined.destroyed_blocks > 0 && examined.other_blocks == 0;
    if (only_destroyed) ++totals.destroyed_packs;
    if (!examined.problem) return done();
    const std::string name = pack_name(examined.pack);
    if (only_destroyed) {
        run.note(say("{} is damaged, but holds only data whose keys were destroyed", name));
        return done();
    }
    run.report(name, examined.unopened.value_or(Error{Code::corrupt, ""}), *examined.problem);
    if (examined.lost) {
        run.health.add_lost(examined.pack);
    } else if (run.options.level == VerifyLevel::full) {
        run.health.add_damaged(examined.pack, std::move(examined.sound_blocks));
    }
    for (const std::uint32_t block : examined.bad_blocks) run.health.add_bad_block(examined.pack, block);
    return done();
}

// All trees, and the given share of everything else, by a keyed choice that the printed seed repeats.
PackExaminer::IsChosen sample_of(Verification& run) {
    Bytes seed(8);
    fill_random(seed);
    run.note(say("sample of {} % of the blocks and all trees, seed {}", run.options.sample_percent, to_hex(seed)));
    const double share = std::clamp(run.options.sample_percent, 0.0, 100.0) / 100.0;
    return [seed, share](const ObjectId& pack, const Location& block) {
        if (block.kind == SegmentKind::tree) return true;
        Bytes message = seed;
        append(message, pack.view());
        ByteWriter(message).u32(block.block_offset);
        constexpr double kRange = 18446744073709551616.0;  // 2^64
        return static_cast<double>(checksum64(message)) < share * kRange;
    };
}

Status examine_batch(Verification& run, const std::vector<ObjectId>& batch, const PackExaminer::IsChosen& is_chosen,
                     WorkerPool& pool, Totals& totals) {
    TRY_ASSIGN(ExpectedByPack expected, load_expected(run, batch));
    OrderedPipeline<Result<ExaminedPack>> pipe(pool, pool.size() * std::size_t{2});
    // The workers read keys, ledger and store of the run; what they find is entered by this thread alone.
    for (const ObjectId& pack : batch) {
        TRY(run.stop.check());
        if (pipe.full()) TRY(take_examined(run, pipe.next(), totals));
        pipe.push([&run, &is_chosen, pack, entries = std::move(expected[pack])]() mutable -> Result<ExaminedPack> {
            PackExaminer examiner(run);
            if (is_chosen) return examiner.examine_some(pack, entries, is_chosen);
            return examiner.examine_whole(pack, std::move(entries));
        });
    }
    while (!pipe.empty()) TRY(take_examined(run, pipe.next(), totals));
    return done();
}

}  // namespace

Status check_packs(Verification& run) {
    const std::vector<ObjectId> packs = packs_to_read(run);
    Totals totals;
    totals.progress.phase = "verifying";
    totals.progress.items_total = packs.size();
    for (const ObjectId& pack : packs) {
        const auto size = run.listed.find(pack_name(pack));
        if (size != run.listed.end() && run.options.level == VerifyLevel::full) totals.progress.bytes_total += size->second;
    }
    PackExaminer::IsChosen is_chosen;
    if (run.options.level == VerifyLevel::sample) is_chosen = sample_of(run);
    WorkerPool pool(run.options.threads);
    TRY_ASSIGN(const Batches batches, plan_batches(run, packs));
    for (const auto& batch : batches) TRY(examine_batch(run, batch, is_chosen, pool, totals));
    if (totals.destroyed_packs > 0) {
        run.note(say_count(totals.destroyed_packs, "{} pack holds only data whose keys were destroyed; prune frees it",
                           "{} packs hold only data whose keys were destroyed; prune frees them"));
    }
    return done();
}

}  // namespace custody
