// Consuming: what was read goes to the store and into the tree, in walk order.
#include "vault/archiver_walk.h"

#include "base/file.h"

#include <chrono>

namespace custody {
namespace {

constexpr std::size_t kMaxWeight = 16 * 1024 * 1024;  // of content read ahead: enough for every thread, far below 150 MB in all
constexpr std::size_t kMaxQueue = 64;

using Fate = Piece::Item::Fate;

template <class Output>
bool is_ready(const std::future<Output>& future) {
    return !future.valid() || future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

}  // namespace

Status BackupWalk::consume(bool all) {
    while (!queue_.empty()) {
        Work& front = *queue_.front();
        const bool too_much = weight_ > kMaxWeight || queue_.size() > kMaxQueue;
        if (!all && !too_much && !(is_ready(front.batch) && is_ready(front.window))) return done();
        TRY(consume(front));
        weight_ -= front.weight;
        queue_.pop_front();
        TRY(parts_.store.checkpoint_if_due());
    }
    return done();
}

Status BackupWalk::consume(Work& work) {
    if (work.batch.valid()) TRY(consume_batch(work));
    if (work.window.valid()) {
        TRY_ASSIGN(auto blocks, work.window.get());
        for (RawBlock& block : blocks) {
            parts_.report.result().bytes.read += block.raw.size();
            TRY(work.large->content.add({block.entries[0].id, block.entries[0].length}));
            TRY(parts_.store.add(std::move(block)));
        }
    }
    for (Step& step : work.steps) TRY(take_step(step));
    return done();
}

Status BackupWalk::consume_batch(Work& work) {
    ReadBatch batch = work.batch.get();
    parts_.report.result().bytes.read += batch.block.raw.size();
    if (!batch.block.entries.empty()) TRY(parts_.store.add(std::move(batch.block)));
    for (std::size_t i = 0; i < batch.outcomes.size(); ++i) TRY(store_small(work.targets[i], batch.outcomes[i]));
    return done();
}

Status BackupWalk::store_small(const Target& target, ReadOutcome& outcome) {
    if (outcome.error) {
        fail(target, *outcome.error);
        return done();
    }
    if (outcome.too_large) return read_grown(target);
    Content& content = outcome.stored->entry.content;
    if (outcome.chunk && outcome.holes.empty()) {
        content.chunks.push_back(*outcome.chunk);
    } else if (!outcome.holes.empty()) {
        ContentBuilder builder(parts_.store, outcome.holes);
        if (outcome.chunk) TRY(builder.add(*outcome.chunk));
        TRY_ASSIGN(content, builder.finish(content.size));
    }
    settle(target, std::move(outcome.stored));
    return done();
}

// A file that was small when its folder was listed: read here and now, since its place in the order is here.
Status BackupWalk::read_grown(const Target& target) {
    const SourceItem& item = target.piece->items[target.item];
    const Time now = parts_.clock.now();
    auto opened = parts_.source.open(*target.piece->folder, item);
    if (!opened.ok()) {
        fail(target, opened.error());
        return done();
    }
    const std::unique_ptr<FileContent> content = std::move(opened->content);
    auto stored = to_store(std::move(*opened), item, now);
    ContentBuilder builder(parts_.store, content->holes());
    LargeReader reader(gear_, *content);
    for (;;) {
        TRY(parts_.stop.check());
        auto window = reader.next();
        if (!window.ok()) {
            fail(target, window.error());
            return done();
        }
        if (!*window) break;
        TRY_ASSIGN(auto blocks, hash_window(**window, parts_.keys));
        for (RawBlock& block : blocks) {
            parts_.report.result().bytes.read += block.raw.size();
            TRY(builder.add({block.entries[0].id, block.entries[0].length}));
            TRY(parts_.store.add(std::move(block)));
        }
    }
    const auto changed = content->changed_since_open();
    const bool is_short = reader.ended_early();
    stored->entry.changed_while_read = !changed.ok() || *changed || is_short;
    TRY_ASSIGN(stored->entry.content, builder.finish(is_short ? 0 : content->size()));
    settle(target, std::move(stored));
    return done();
}

Status BackupWalk::take_step(Step& step) {
    switch (step.what) {
        case Step::What::enter:
            parts_.tree.enter(std::move(step.path), step.item, step.readable);
            return done();
        case Step::What::piece:
            return parts_.tree.begin_piece(std::move(step.piece));
        case Step::What::leave:
            return parts_.tree.leave();
        case Step::What::large_file:
            TRY_ASSIGN(step.large->stored->entry.content, step.large->content.finish(step.large->size));
            settle(step.large->target, std::move(step.large->stored));
            return done();
    }
    return done();
}

void BackupWalk::settle(const Target& target, std::shared_ptr<StoredItem> stored) {
    Piece::Item& fate = target.piece->fates[target.item];
    fate.fate = Fate::stored;
    count_read(target, *stored);
    if (stored->entry.changed_while_read) parts_.report.changed_while_read(path_of(target));
    if (fate.link) fate.link->stored = stored;
    fate.stored = std::move(stored);
}

void BackupWalk::fail(const Target& target, const Error& error) {
    target.piece->fates[target.item].fate = Fate::failed;
    parts_.report.fail(path_of(target), error);
}

}  // namespace custody
