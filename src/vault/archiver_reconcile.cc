#include "vault/archiver_reconcile.h"

#include "base/file.h"
#include "base/text.h"

#include <algorithm>
#include <optional>

namespace custody {
namespace {

constexpr std::size_t kItemsPerJob = 1024;

using Records = std::vector<std::shared_ptr<const CachedPiece>>;

// As it was read: what a file that the kernel makes up says of its size is nothing to go by. Such a one never settles.
std::uint64_t bytes_of(const CachedItem& item) {
    const auto entry = item.racy ? item.entry() : std::nullopt;
    return entry ? entry->content.size : item.stamp.size;
}

std::uint64_t bytes_in(const ContentPieces& pieces) {
    std::uint64_t bytes = 0;
    for (const auto& piece : pieces) bytes += piece.chunk.length;
    return bytes;
}

void want_again(FileToCheck&& file, const ContentWanted& content, Reconciliation& found) {
    file.is_whole = true;
    if (file.pieces.empty() && content.long_samples != nullptr) {
        const auto drawn = content.long_samples->find(join_path(file.folder, file.name));
        if (drawn != content.long_samples->end()) file.pieces = drawn->second;
    }
    const std::uint64_t bytes = bytes_in(file.pieces);
    if (found.changed_bytes + bytes > content.most_bytes || found.changed.size() >= kMaxPieces) {
        ++found.not_listed;
        if (found.not_listed_paths.size() < kMaxPieces) found.not_listed_paths.push_back(join_path(file.folder, file.name));
        return;
    }
    found.changed_bytes += bytes;
    found.changed.push_back(std::move(file));
}

void look_at(Source& source, const CachedPiece& record, const ContentWanted& content, Reconciliation& found) {
    std::vector<SeenItem> seen;
    std::vector<const CachedItem*> stored;
    seen.reserve(record.items().size());
    stored.reserve(record.items().size());
    for (const CachedItem& item : record.items()) {
        const bool is_torn = item.changed_while_read && item.type == EntryType::file;
        if (is_torn && content.sample_percent > 0) want_again(file_to_check(record.path(), item), content, found);
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
        if (content.sample_percent > 0 && seen[i].type == EntryType::file) {
            FileToCheck file = file_to_check(record.path(), *stored[i]);
            file.is_mismatch = true;
            want_again(std::move(file), content, found);
        }
        if (found.differences.size() < kMaxDifferences)
            found.differences.push_back(
                say("{} {} since it was read", printable(join_path(record.path(), seen[i].name)), answers[i]));
    }
}

Reconciliation look_at_all(Source& source, const Records& records, const ContentWanted& content) {
    Reconciliation found;
    for (const auto& record : records) look_at(source, *record, content, found);
    return found;
}

void add(Reconciliation& sum, Reconciliation&& part, const ContentWanted& content) {
    sum.files += part.files;
    sum.bytes += part.bytes;
    sum.mismatches += part.mismatches;
    for (auto& difference : part.differences)
        if (sum.differences.size() < kMaxDifferences) sum.differences.push_back(std::move(difference));
    sum.not_listed += part.not_listed;
    for (std::string& path : part.not_listed_paths)
        if (sum.not_listed_paths.size() < kMaxPieces) sum.not_listed_paths.push_back(std::move(path));
    for (FileToCheck& file : part.changed) want_again(std::move(file), content, sum);
}

bool is_believed(const CachedItem& before, const FileStamp& now) {
    return before.type == EntryType::file && !before.racy && !before.changed_while_read && same_stamp(before.stamp, now);
}

// The last run's items of the records, read along in the same order.
class LastRun {
public:
    explicit LastRun(HostCacheReader* old) : old_(old) {}
    void come_to(const CachedPiece& record) {
        if (old_ == nullptr) return;
        piece_ = old_->piece(record.path(), record.number());
        at_ = 0;
    }
    // By ascending names.
    [[nodiscard]] bool had(const CachedItem& item) {
        if (!piece_) return false;
        const auto& items = piece_->items();
        while (at_ < items.size() && items[at_].name < item.name) ++at_;
        return at_ < items.size() && items[at_].name == item.name && is_believed(items[at_], item.stamp);
    }

private:
    HostCacheReader* old_;
    std::shared_ptr<const CachedPiece> piece_;
    std::size_t at_ = 0;
};

// Of what this run read and of what it took over each has its half, however little it is of all.
class Samples {
public:
    explicit Samples(const ContentWanted& content) : is_wanted_(content.sample_percent > 0), last_run_(content.old) {
        if (!is_wanted_) return;
        const std::uint64_t half = content.old != nullptr ? content.most_bytes / 2 : content.most_bytes;
        read_.emplace(content.sample_percent, half, *content.long_samples);
        taken_over_.emplace(content.sample_percent, half, *content.long_samples);
    }
    void offer(const CachedPiece& record) {
        if (!is_wanted_) return;
        last_run_.come_to(record);
        for (const CachedItem& item : record.items()) (last_run_.had(item) ? taken_over_ : read_)->offer(record.path(), item);
    }
    [[nodiscard]] std::vector<FileToCheck> take() {
        if (!is_wanted_) return {};
        // By turns, so that who runs out of time has seen of both.
        std::vector<FileToCheck> read = read_->take(), taken_over = taken_over_->take(), all;
        for (std::size_t i = 0; i < std::max(read.size(), taken_over.size()); ++i) {
            if (i < read.size()) all.push_back(std::move(read[i]));
            if (i < taken_over.size()) all.push_back(std::move(taken_over[i]));
        }
        return all;
    }

private:
    const bool is_wanted_;
    LastRun last_run_;
    std::optional<ContentSample> read_, taken_over_;
};

}  // namespace

bool was_taken_over(HostCacheReader* old, const FileToCheck& file) {
    if (old == nullptr) return false;
    for (std::uint64_t number = 0; const auto piece = old->piece(file.folder, number); ++number) {
        for (const CachedItem& item : piece->items())
            if (item.name == file.name) return is_believed(item, file.stamp);
    }
    return false;
}

Result<Reconciliation> reconcile(Source& source, HostCacheWriter& records, WorkerPool& pool, const ContentWanted& content) {
    Reconciliation sum;
    if (!source.can_look_again()) return sum;
    OrderedPipeline<Reconciliation> jobs(pool, 2 * pool.size());
    Samples samples(content);
    Records group;
    std::size_t items = 0;
    const auto submit = [&] {
        if (jobs.full()) add(sum, jobs.next(), content);
        jobs.push([&source, &content, group = std::exchange(group, {})] { return look_at_all(source, group, content); });
        items = 0;
    };
    TRY(records.for_each([&](std::shared_ptr<const CachedPiece> record) -> Status {
        items += record->items().size();
        samples.offer(*record);
        group.push_back(std::move(record));
        if (items >= kItemsPerJob) submit();
        return done();
    }));
    if (!group.empty()) submit();
    while (!jobs.empty()) add(sum, jobs.next(), content);
    sum.sample = samples.take();
    return sum;
}

}  // namespace custody
