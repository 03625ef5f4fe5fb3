#include "vault/archiver_reconcile.h"

#include "base/file.h"
#include "base/text.h"

namespace custody {
namespace {

constexpr std::size_t kItemsPerJob = 1024;

using Records = std::vector<std::shared_ptr<const CachedPiece>>;

// As it was read: what a file that the kernel makes up says of its size is nothing to go by. Such a one never settles.
std::uint64_t bytes_of(const CachedItem& item) {
    const auto entry = item.racy ? item.entry() : std::nullopt;
    return entry ? entry->content.size : item.stamp.size;
}

void look_at(Source& source, const CachedPiece& record, Reconciliation& found) {
    std::vector<SeenItem> seen;
    std::vector<const CachedItem*> stored;
    seen.reserve(record.items().size());
    stored.reserve(record.items().size());
    for (const CachedItem& item : record.items()) {
        if (item.changed_while_read || item.attributes_only) continue;
        seen.push_back({item.name, item.type, item.stamp});
        stored.push_back(&item);
    }
    const auto answers = source.look_again(record.path(), seen);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        if (answers[i].empty()) {
            if (seen[i].type != EntryType::folder) ++found.files;
            if (seen[i].type == EntryType::file) found.bytes += bytes_of(*stored[i]);
            continue;
        }
        ++found.mismatches;
        if (found.differences.size() < kMaxDifferences)
            found.differences.push_back(
                say("{} {} since it was read", printable(join_path(record.path(), seen[i].name)), answers[i]));
    }
}

Reconciliation look_at_all(Source& source, const Records& records) {
    Reconciliation found;
    for (const auto& record : records) look_at(source, *record, found);
    return found;
}

void add(Reconciliation& sum, Reconciliation&& part) {
    sum.files += part.files;
    sum.bytes += part.bytes;
    sum.mismatches += part.mismatches;
    for (auto& difference : part.differences)
        if (sum.differences.size() < kMaxDifferences) sum.differences.push_back(std::move(difference));
}

}  // namespace

Result<Reconciliation> reconcile(Source& source, HostCacheWriter& records, WorkerPool& pool) {
    Reconciliation sum;
    if (!source.can_look_again()) return sum;
    OrderedPipeline<Reconciliation> jobs(pool, 2 * pool.size());
    Records group;
    std::size_t items = 0;
    const auto submit = [&] {
        if (jobs.full()) add(sum, jobs.next());
        jobs.push([&source, group = std::exchange(group, {})] { return look_at_all(source, group); });
        items = 0;
    };
    TRY(records.for_each([&](std::shared_ptr<const CachedPiece> record) -> Status {
        items += record->items().size();
        group.push_back(std::move(record));
        if (items >= kItemsPerJob) submit();
        return done();
    }));
    if (!group.empty()) submit();
    while (!jobs.empty()) add(sum, jobs.next());
    return sum;
}

}  // namespace custody
