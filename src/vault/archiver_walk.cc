// Producing: from the source's steps to work for the pool.
#include "vault/archiver_walk.h"

#include "base/file.h"
#include "base/text.h"

#include <algorithm>

namespace custody {
namespace {

constexpr std::size_t kMaxRequests = 256;  // of a batch
constexpr std::size_t kMaxSteps = 256;
constexpr std::size_t kRequestWeight = 4096;  // what a request costs beside its content
constexpr std::int64_t kProgressEvery_ns = 100 * 1000 * 1000;

using Fate = Piece::Item::Fate;

bool same_content(const Content& a, const Content& b) {
    return a.size == b.size && a.node == b.node && a.chunks == b.chunks && a.holes == b.holes;
}

bool is_as_before(const Entry& now, std::uint64_t hard_link, const CachedItem& cached) {
    if (now.changed_while_read || cached.type != now.type) return false;
    const auto before = cached.entry();
    return before && !before->changed_while_read && before->hard_link == hard_link && before->device == now.device &&
           before->target == now.target && before->attributes == now.attributes && same_content(before->content, now.content);
}

}  // namespace

BackupWalk::BackupWalk(const Parts& parts) : parts_(parts), gear_(parts.keys.gear_key) {
    parts_.tree.resolve_links_with([this](const std::shared_ptr<Piece>& piece, std::size_t item) {
        return another_name({piece, item});
    });
}

BackupWalk::~BackupWalk() {
    for (const auto& work : queue_) {  // jobs refer to what is about to go
        if (work->batch.valid()) work->batch.wait();
        if (work->hashed.valid()) work->hashed.wait();
    }
}

Status BackupWalk::run() {
    for (SourceStep step;;) {
        TRY(parts_.stop.check());
        TRY(parts_.source.next(step));
        if (step.what == SourceStep::What::end) break;
        TRY(take(step));
    }
    TRY(submit());
    return consume(true);
}

Status BackupWalk::take(SourceStep& step) {
    switch (step.what) {
        case SourceStep::What::enter: {
            Level level;
            level.path = step.folder->path();
            if (step.error && !(step.is_gone && parts_.report.vanished(level.path))) parts_.report.fail(level.path, *step.error);
            plan_step({Step::What::enter, level.path, step.item, !step.error, nullptr, nullptr});
            levels_.push_back(std::move(level));
            break;
        }
        case SourceStep::What::piece:
            TRY(take_piece(step));
            break;
        case SourceStep::What::leave:
            if (step.error) parts_.report.fail(levels_.back().path, *step.error);
            plan_step({Step::What::leave, {}, 0, true, nullptr, nullptr});
            levels_.pop_back();
            break;
        case SourceStep::What::end:
            break;
    }
    if (open_->steps.size() >= kMaxSteps) TRY(submit());
    return done();
}

void BackupWalk::plan_step(Step&& step) { open_->steps.push_back(std::move(step)); }

Status BackupWalk::take_piece(SourceStep& step) {
    Level& level = levels_.back();
    auto piece = std::make_shared<Piece>();
    piece->folder = step.folder;
    piece->number = level.pieces++;
    piece->items = std::move(step.items);
    items_ += piece->items.size();
    show_progress(level.path);
    plan_step({Step::What::piece, {}, 0, true, piece, nullptr});
    if (is_same(*piece, level)) {
        piece->same = true;
        for (const SourceItem& item : piece->items) count_unchanged(item);
        return done();
    }
    piece->cached.clear();
    piece->fates.resize(piece->items.size());
    for (std::size_t i = 0; i < piece->items.size(); ++i) {
        const SourceItem& item = piece->items[i];
        Piece::Item& fate = piece->fates[i];
        if (item.error) {
            fail({piece, i}, *item.error);
            continue;
        }
        fate.hard_link = links_.id_of(item);
        fate.cached = recall(level, item.name, *piece);
        if (fate.cached && is_unchanged(item, *fate.cached, fate.hard_link)) {
            fate.fate = Fate::unchanged;
            count_unchanged(item);
            continue;
        }
        TRY(dispatch(piece, i));
    }
    return done();
}

// Exactly what the last run stored as this piece: its node need not even be looked into.
bool BackupWalk::is_same(Piece& piece, const Level& level) {
    if (!parts_.old) return false;
    auto cached = parts_.old->piece(level.path, piece.number);
    if (!cached || !cached->tree() || cached->items().size() != piece.items.size()) return false;
    for (std::size_t i = 0; i < piece.items.size(); ++i) {
        const SourceItem& item = piece.items[i];
        const CachedItem& before = cached->items()[i];
        if (item.error || before.name != item.name) return false;
        if (is_unchanged(item, before, links_.id_of(item))) continue;
        if (!item.attributes_only || !differs_in_time_alone(*piece.folder, item, before)) return false;
    }
    piece.cached = {std::move(cached)};
    return true;
}

// A parent of a named path: files beside that path come and go and touch the folder's time, which alone must not make a run store
// anything. Should something below have changed, the new time is stored with it.
bool BackupWalk::differs_in_time_alone(const SourceFolder& folder, const SourceItem& item, const CachedItem& cached) const {
    if (!cached.attributes_only || cached.type != item.type) return false;
    const auto before = cached.entry();
    auto now = parts_.source.open(folder, item);
    if (!before || !now.ok()) return false;
    now->entry.attributes.modified = before->attributes.modified;
    return now->entry.attributes == before->attributes;
}

bool BackupWalk::is_unchanged(const SourceItem& item, const CachedItem& cached, std::uint64_t link) const {
    if (cached.type != item.type || cached.racy || cached.changed_while_read) return false;
    if (cached.attributes_only != item.attributes_only || !same_stamp(item.stamp, cached.stamp)) return false;
    if (link == 0) return true;
    const auto entry = cached.entry();
    return entry && entry->hard_link == link;
}

const CachedItem* BackupWalk::recall(Level& level, std::string_view name, Piece& piece) {
    while (parts_.old) {
        if (!level.cached) {
            level.cached = parts_.old->piece(level.path, level.cached_next++);
            level.cached_at = 0;
            if (!level.cached) return nullptr;
        }
        const auto& items = level.cached->items();
        while (level.cached_at < items.size() && items[level.cached_at].name < name) ++level.cached_at;
        if (level.cached_at < items.size()) {
            if (items[level.cached_at].name != name) return nullptr;
            if (piece.cached.empty() || piece.cached.back() != level.cached) piece.cached.push_back(level.cached);
            return &items[level.cached_at];
        }
        level.cached.reset();
    }
    return nullptr;
}

// Has the item read, or notes why not.
Status BackupWalk::dispatch(const std::shared_ptr<Piece>& piece, std::size_t index) {
    const SourceItem& item = piece->items[index];
    Piece::Item& fate = piece->fates[index];
    if (fate.hard_link != 0) {
        auto [link, first] = links_.claim(fate.hard_link, item);
        if (!link) fate.hard_link = 0;
        fate.link = std::move(link);
        if (!first) {
            fate.fate = Fate::linked;
            return done();
        }
    }
    if (item.type == EntryType::file && item.stamp.size > kMaxSmallFile) return read_large({piece, index});
    open_->requests.push_back({piece->folder, &item});
    open_->targets.push_back({piece, index});
    open_->weight += kRequestWeight + (item.type == EntryType::file ? static_cast<std::size_t>(item.stamp.size) : 0);
    const std::size_t content = open_->weight - open_->requests.size() * kRequestWeight;
    if (content >= kBlockTarget || open_->requests.size() >= kMaxRequests) return submit();
    return done();
}

void BackupWalk::count_unchanged(const SourceItem& item) {
    if (item.type == EntryType::folder) return;
    ++parts_.report.result().files.unchanged;
    if (item.type == EntryType::file) parts_.report.result().bytes.scanned += item.stamp.size;
}

void BackupWalk::count_read(const Target& target, const StoredItem& stored) {
    if (target.piece->items[target.item].type == EntryType::folder) return;
    count_name(target, stored.entry);
    parts_.report.result().bytes.scanned += stored.entry.content.size;
}

// What was read again only because it was too young to be believed, and is as it was, is unchanged.
void BackupWalk::count_name(const Target& target, const Entry& entry) {
    auto& files = parts_.report.result().files;
    const Piece::Item& fate = target.piece->fates[target.item];
    if (!fate.cached) {
        ++files.added;
    } else {
        ++(is_as_before(entry, fate.hard_link, *fate.cached) ? files.unchanged : files.changed);
    }
}

// Closes the work that grows and has it read.
Status BackupWalk::submit() {
    if (open_->requests.empty() && open_->steps.empty()) return done();
    Work& work = *open_;
    if (!work.requests.empty()) {
        work.batch = parts_.pool.submit([this, &work] {
            return read_batch(parts_.source, work.requests, parts_.keys, parts_.clock, parts_.after_fill,
                              parts_.store.spare_raw());
        });
    }
    weight_ += work.weight;
    queue_.push_back(std::exchange(open_, std::make_unique<Work>()));
    return consume(false);
}

Status BackupWalk::read_large(const Target& target) {
    TRY(submit());
    TRY_ASSIGN(const bool changed, read_large_once(target, false));
    if (!changed) return done();
    TRY_ASSIGN(const bool again, read_large_once(target, true));
    (void)again;  // it is marked
    return done();
}

// True: it changed meanwhile, and what was read does not count.
Result<bool> BackupWalk::read_large_once(const Target& target, bool last_try) {
    const SourceItem& item = target.piece->items[target.item];
    const Time now = parts_.clock.now();
    auto opened = parts_.source.open(*target.piece->folder, item);
    if (!opened.ok()) {
        if (parts_.source.is_worthless_in_part()) return opened.error();
        fail(target, opened.error());
        return false;
    }
    const std::unique_ptr<FileContent> content = std::move(opened->content);
    auto large = std::make_shared<LargeFile>(parts_.store, content->holes());
    if (parts_.sample_percent > 0) large->content.draw(parts_.sample_percent);
    large->stored = to_store(std::move(*opened), now);
    large->target = target;
    large->repeatable = content->repeatable();
    LargeReader reader(gear_, *content, windows_);
    for (;;) {
        auto window = reader.next();
        if (!window.ok()) {
            if (window.error().code == Code::memory && large->repeatable) {
                large->suspect = true;
                break;
            }
            if (window.error().code == Code::memory || window.error().code == Code::interrupted) return window.error();
            if (parts_.source.is_worthless_in_part()) return window.error();
            fail(target, window.error());
            return false;
        }
        if (!*window) break;
        TRY(push_window(large, std::move(**window)));
        show_progress(target.piece->items[target.item].name);
    }
    auto changed = content->changed_since_open();
    if (!changed.ok()) {
        fail(target, changed.error());
        return false;
    }
    const bool is_short = reader.ended_early();
    if ((*changed || is_short) && !last_try && !large->suspect && large->repeatable) return true;
    large->stored->entry.changed_while_read = *changed || is_short;
    large->size = is_short ? 0 : content->size();
    plan_step({Step::What::large_file, {}, 0, true, nullptr, large});
    TRY(submit());
    return false;
}

Status BackupWalk::push_window(const std::shared_ptr<LargeFile>& large, Window&& window) {
    TRY(parts_.stop.check());
    TRY(submit());
    if (parts_.after_fill) parts_.after_fill(window.data);
    open_->weight = window.data.size();
    open_->large = large;
    open_->window = std::make_shared<Window>(std::move(window));
    open_->hashed = parts_.pool.submit([this, shared = open_->window] { return hash_window(*shared, parts_.keys); });
    weight_ += open_->weight;
    queue_.push_back(std::exchange(open_, std::make_unique<Work>()));
    return consume(false);
}

std::string BackupWalk::path_of(const Target& target) {
    return join_path(target.piece->folder->path(), target.piece->items[target.item].name);
}

void BackupWalk::show_progress(std::string_view current) {
    const std::int64_t now = parts_.clock.monotonic_ns();
    if (now - shown_at_ns_ < kProgressEvery_ns) return;
    shown_at_ns_ = now;
    const BackupResult& result = parts_.report.result();
    const std::uint64_t done_bytes = std::max(result.bytes.read, result.bytes.scanned);
    const std::uint64_t expected = parts_.expected_bytes != 0 ? parts_.expected_bytes : parts_.source.expected_bytes();
    // What there was last time is an estimate: once it is passed nothing is known any more.
    parts_.progress.update({"backing up", items_, 0, done_bytes, done_bytes > expected ? 0 : expected, current});
}

}  // namespace custody
