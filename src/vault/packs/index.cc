#include "vault/packs/index.h"

#include "base/lru_cache.h"
#include "base/text.h"
#include "vault/packs/index_segment.h"

#include <algorithm>
#include <array>
#include <queue>
#include <set>
#include <shared_mutex>
#include <unordered_map>

namespace custody {

namespace {

constexpr std::size_t kCacheShards = 16;
constexpr std::uint32_t kPagesAhead = 32;  // read at once when walking through a segment
constexpr std::size_t kManySegments = 32;  // above this a merge reads singly, to keep its memory bounded
constexpr int kReloadsWhileLooking = 3;

using SharedSegment = std::shared_ptr<IndexSegment>;

// A page is named by its segment's address, which the cached value keeps alive.
struct PageName {
    const IndexSegment* segment = nullptr;
    std::uint32_t page = 0;
    bool operator==(const PageName&) const = default;
};
struct PageNameHash {
    std::size_t operator()(const PageName& name) const {
        return std::hash<const void*>{}(name.segment) ^ (name.page * std::size_t{0x9E3779B97F4A7C15});
    }
};
struct CachedPage {
    SharedSegment segment;
    IndexPage page;
};

class PageCache {
public:
    explicit PageCache(std::size_t bytes) {
        for (auto& shard : shards_) shard = std::make_unique<Shard>(bytes / kFullPageSize / kCacheShards);
    }
    Result<IndexPage> page(const SharedSegment& segment, std::uint32_t number) {
        const PageName name{segment.get(), number};
        Shard& shard = *shards_[PageNameHash{}(name) / 64 % kCacheShards];
        if (auto known = shard.find(name)) return known->page;
        TRY_ASSIGN(IndexPage fresh, segment->read_page(number));
        shard.insert(name, {segment, fresh});
        return fresh;
    }
    void clear() {
        for (auto& shard : shards_) shard->clear();
    }

private:
    using Shard = LruCache<PageName, CachedPage, PageNameHash>;
    std::array<std::unique_ptr<Shard>, kCacheShards> shards_;
};

struct IdBytesHash {
    std::size_t operator()(const IdBytes& id) const { return load_le<std::size_t>(id.data()); }
};

// Walks through one segment in id order.
class Cursor {
public:
    Cursor(SharedSegment segment, std::uint32_t pages_ahead) : segment_(std::move(segment)), ahead_(pages_ahead) {}
    // False at the end. Call before the first entry() and after each.
    Result<bool> next() {
        at_ += kIndexEntrySize;
        if (at_ < plain_.size()) return true;
        const std::uint32_t pages = segment_->table().pages();
        if (page_ == pages) return false;
        const std::uint32_t count = std::min(ahead_, pages - page_);
        TRY(segment_->read_pages(page_, count, plain_));
        page_ += count;
        at_ = 0;
        return true;
    }
    [[nodiscard]] const Byte* id() const { return plain_.data() + at_; }
    [[nodiscard]] IndexEntry entry() const { return segment_->entry_at(plain_.data() + at_); }

private:
    SharedSegment segment_;
    std::uint32_t ahead_;
    std::uint32_t page_ = 0;
    Bytes plain_;
    std::size_t at_ = 0;
};

bool is_unreadable(const Error& error) { return error.code == Code::corrupt || error.code == Code::io; }

Error gone_while_read(const Error& error) {
    if (error.code != Code::not_found) return error;
    return Error{Code::busy, say("the index changed while it was read; run the command again")};
}

class OpenIndex final : public Index {
public:
    OpenIndex(ObjectStore& store, const WriterKeys& keys, IndexTrust trust, std::size_t cache_bytes)
        : store_(store), keys_(keys), trust_(trust), cache_(cache_bytes) {}

    Result<std::optional<Location>> lookup(ByteView id32, const Usable* usable) const override;
    void ask_last(std::set<ObjectId> packs) override { last_ = std::move(packs); }
    Status reload() override;
    void add_pending(const IndexEntry& entry) override;
    Status for_each(const Visit& visit) const override;
    Status for_each_in_order(const Visit& visit) const override;
    std::vector<SegmentInfo> segments() const override;
    std::vector<PackRow> rows() const override;
    Status for_each_segment(const VisitSegment& visit) const override;
    const std::vector<Damage>& damaged() const override { return damaged_; }

private:
    using Segments = std::vector<SharedSegment>;

    Status load() const;
    Status open_new(const ObjectInfo& object, Segments& known) const;
    Result<std::optional<Location>> look(ByteView id32, const Usable* usable) const;
    void drop_published(const Segments& fresh) const;
    Segments snapshot() const;

    ObjectStore& store_;
    const WriterKeys& keys_;
    const IndexTrust trust_;
    std::set<ObjectId> last_;
    mutable PageCache cache_;

    // A lookup that finds a segment gone reloads by itself, so these change under const.
    mutable std::shared_mutex mutex_;
    mutable Segments segments_;
    mutable std::set<std::string> passed_over_;  // other hosts' segments, not opened again
    mutable std::vector<Damage> damaged_;
    mutable std::unordered_multimap<IdBytes, Location, IdBytesHash> pending_;
};

Status OpenIndex::open_new(const ObjectInfo& object, Segments& known) const {
    auto segment = IndexSegment::open(store_, keys_, object);
    if (!segment.ok()) {
        if (segment.error().code == Code::not_found) return done();  // a prune was faster
        if (!is_unreadable(segment.error())) return segment.error();
        damaged_.push_back({object.name, segment.error()});
        return done();
    }
    if (trust_.everyone || (*segment)->info().signer == trust_.only) {
        known.push_back(std::move(*segment));
    } else {
        passed_over_.insert(object.name);
    }
    return done();
}

// Under the exclusive lock.
Status OpenIndex::load() const {
    TRY_ASSIGN(const auto objects, store_.list("index/" + keys_.label.hex()));
    std::unordered_map<std::string, SharedSegment> before;
    for (const auto& segment : segments_) before.emplace(segment->name(), segment);
    Segments now, fresh;
    damaged_.clear();  // tried again: a repair may have put it back under its name
    for (const auto& object : objects) {
        const auto known = before.find(object.name);
        if (known != before.end()) {
            now.push_back(known->second);
        } else if (!passed_over_.contains(object.name)) {
            TRY(open_new(object, fresh));
        }
    }
    drop_published(fresh);
    now.insert(now.end(), fresh.begin(), fresh.end());
    if (now.size() != segments_.size() + fresh.size()) cache_.clear();
    segments_ = std::move(now);
    return done();
}

// A pack that a segment lists now is no longer pending: the memory of a long run stays bounded.
void OpenIndex::drop_published(const Segments& fresh) const {
    if (fresh.empty() || pending_.empty()) return;
    std::unordered_map<ObjectId, bool, IdHash> published;
    for (const auto& segment : fresh) {
        for (const auto& row : segment->table().rows()) published.emplace(row.pack, true);
    }
    std::erase_if(pending_, [&](const auto& item) { return published.contains(item.second.pack); });
}

Status OpenIndex::reload() {
    const std::unique_lock lock(mutex_);
    return load();
}

void OpenIndex::add_pending(const IndexEntry& entry) {
    const std::unique_lock lock(mutex_);
    pending_.emplace(entry.id, entry.location);
}

// Under a shared lock. A page that cannot be read is no answer: another segment may have one. not_found: a segment is gone.
Result<std::optional<Location>> OpenIndex::look(ByteView id32, const Usable* usable) const {
    const auto accepted = [&](const Location& at) { return usable == nullptr || (*usable)(at); };
    IdBytes id;
    std::copy(id32.begin(), id32.end(), id.begin());
    const auto [first, last] = pending_.equal_range(id);
    std::optional<Location> last_resort;
    // Whether it is the answer.
    const auto answers = [&](const Location& at) {
        if (!accepted(at)) return false;
        if (last_.empty() || !last_.contains(at.pack)) return true;
        if (!last_resort) last_resort = at;
        return false;
    };
    for (auto item = first; item != last; ++item) {
        if (answers(item->second)) return std::optional<Location>(item->second);
    }
    std::optional<Error> unread;
    for (const auto& segment : segments_) {
        if (!segment->table().may_hold(id32.data())) continue;
        const std::uint32_t page = segment->table().page_of(id32);
        if (page == segment->table().pages()) continue;
        const auto entries = cache_.page(segment, page);
        if (!entries.ok()) {
            if (entries.error().code == Code::not_found) return entries.error();
            if (!unread) unread = entries.error();
            continue;
        }
        const auto found = segment->find_in(**entries, id32);
        if (found && answers(found->location)) return std::optional<Location>(found->location);
    }
    if (!last_resort && unread) return *unread;
    return last_resort;
}

Result<std::optional<Location>> OpenIndex::lookup(ByteView id32, const Usable* usable) const {
    if (id32.size() != sizeof(IdBytes)) return Error{Code::failed, say("an id of {} bytes was looked up", id32.size())};
    for (int attempt = 0;; ++attempt) {
        {
            const std::shared_lock lock(mutex_);
            auto found = look(id32, usable);
            if (found.ok() || found.error().code != Code::not_found) return found;
            if (attempt == kReloadsWhileLooking) return gone_while_read(found.error());
        }
        const std::unique_lock lock(mutex_);
        TRY(load());
    }
}

OpenIndex::Segments OpenIndex::snapshot() const {
    const std::shared_lock lock(mutex_);
    return segments_;
}

Status OpenIndex::for_each(const Visit& visit) const {
    const Segments segments = snapshot();
    for (std::size_t i = 0; i < segments.size(); ++i) {
        Cursor cursor(segments[i], kPagesAhead);
        for (;;) {
            const auto more = cursor.next();
            if (!more.ok()) return gone_while_read(more.error());
            if (!*more) break;
            TRY(visit(cursor.entry(), i));
        }
    }
    return done();
}

Status OpenIndex::for_each_in_order(const Visit& visit) const {
    const Segments segments = snapshot();
    std::vector<Cursor> cursors;
    cursors.reserve(segments.size());
    const auto later = [&](std::size_t a, std::size_t b) {
        const int order = std::memcmp(cursors[a].id(), cursors[b].id(), sizeof(IdBytes));
        return order != 0 ? order > 0 : a > b;
    };
    std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> heads(later);
    const auto advance = [&](std::size_t i) -> Status {
        const auto more = cursors[i].next();
        if (!more.ok()) return gone_while_read(more.error());
        if (*more) heads.push(i);
        return done();
    };
    for (std::size_t i = 0; i < segments.size(); ++i) {
        cursors.emplace_back(segments[i], segments.size() > kManySegments ? 1 : kPagesAhead);
        TRY(advance(i));
    }
    while (!heads.empty()) {
        const std::size_t i = heads.top();
        heads.pop();
        TRY(visit(cursors[i].entry(), i));
        TRY(advance(i));
    }
    return done();
}

std::vector<Index::SegmentInfo> OpenIndex::segments() const {
    std::vector<SegmentInfo> out;
    for (const auto& segment : snapshot()) out.push_back(segment->info());
    return out;
}

Status OpenIndex::for_each_segment(const VisitSegment& visit) const {
    for (const auto& segment : snapshot()) TRY(visit(segment->info(), segment->table().rows()));
    return done();
}

std::vector<PackRow> OpenIndex::rows() const {
    std::vector<PackRow> out;
    for (const auto& segment : snapshot()) {
        const auto& rows = segment->table().rows();
        out.insert(out.end(), rows.begin(), rows.end());
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

}  // namespace

Result<std::unique_ptr<Index>> Index::open(ObjectStore& store, const WriterKeys& keys, IndexTrust trust,
                                           std::size_t cache_bytes) {
    std::unique_ptr<Index> index = std::make_unique<OpenIndex>(store, keys, trust, cache_bytes);
    TRY(index->reload());
    return index;
}

}  // namespace custody
