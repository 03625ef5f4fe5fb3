// Consuming: what was read goes to the store and into the tree, in walk order.
#include "vault/archiver_walk.h"

#include "base/file.h"
#include "base/text.h"

#include <algorithm>
#include <chrono>

namespace custody {
namespace {

// Of content read ahead: enough for every thread, far below 150 MB in all.
constexpr std::size_t kLeastWeight = 2 * 1024 * 1024;
constexpr std::size_t kWeightOfThread = 3 * 1024 * 1024;
constexpr std::size_t kMaxWeight = 16 * 1024 * 1024;
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
        const bool too_much =
            weight_ > std::min(kMaxWeight, kLeastWeight + parts_.pool.size() * kWeightOfThread) || queue_.size() > kMaxQueue;
        if (!all && !too_much && !(is_ready(front.batch) && is_ready(front.hashed))) return done();
        TRY(consume(front));
        weight_ -= front.weight;
        queue_.pop_front();
        TRY(parts_.store.checkpoint_if_due());
    }
    return done();
}

Status BackupWalk::consume(Work& work) {
    if (work.batch.valid()) TRY(consume_batch(work));
    if (work.hashed.valid()) TRY(consume_window(work));
    for (Step& step : work.steps) TRY(take_step(step));
    return done();
}

// A window that changed in memory makes the whole file suspect; it is read again when its turn in the tree comes.
Status BackupWalk::consume_window(Work& work) {
    const auto chunks = work.hashed.get();
    LargeFile& large = *work.large;
    if (!chunks.ok()) {
        if (chunks.error().code != Code::memory || !large.repeatable) return chunks.error();
        large.suspect = true;
    }
    if (!large.suspect) TRY(store_window(*work.window, *chunks, large.content));
    windows_.give(std::move(work.window->data));
    return done();
}

Status BackupWalk::store_window(const Window& window, const std::vector<HashedChunk>& chunks, ContentBuilder& content) {
    ByteView rest = window.data;
    for (const HashedChunk& chunk : chunks) {
        parts_.report.result().bytes.read += chunk.length;
        TRY(content.add({chunk.id, chunk.length}));
        TRY(parts_.store.add({chunk.id, chunk.length, {}}, rest.first(chunk.length), chunk.checksum));
        rest = rest.subspan(chunk.length);
    }
    return done();
}

Status BackupWalk::consume_batch(Work& work) {
    ReadBatch batch = work.batch.get();
    if (!batch.intact || batch.read_again) {
        std::size_t first = 0;  // of those that have content: one of them it was
        while (first + 1 < batch.outcomes.size() && !batch.outcomes[first].chunk) ++first;
        if (!batch.intact) return bad_memory_again(work.targets[first]);
        note_bad_memory(work.targets[first]);
    }
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
    if (outcome.too_large) {  // it was small when its folder was listed
        TRY_ASSIGN(auto stored, read_now(target));
        if (stored) settle(target, std::move(stored));
        return done();
    }
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

// `unread`: why it could not be read, which does not end the run.
Status BackupWalk::read_content(const Target& target, FileContent& content, StoredItem& stored, std::optional<Error>& unread) {
    ContentBuilder builder(parts_.store, content.holes());
    if (parts_.sample_percent > 0) builder.draw(parts_.sample_percent);
    LargeReader reader(gear_, content, windows_);
    for (;;) {
        TRY(parts_.stop.check());
        auto window = reader.next();
        if (!window.ok()) {
            if (window.error().code == Code::memory || window.error().code == Code::interrupted) return window.error();
            unread = window.error();
            return done();
        }
        if (!*window) break;
        if (parts_.after_fill) parts_.after_fill((*window)->data);
        TRY_ASSIGN(const auto chunks, hash_window(**window, parts_.keys));
        TRY(store_window(**window, chunks, builder));
        windows_.give(std::move((*window)->data));
    }
    const auto changed = content.changed_since_open();
    const bool is_short = reader.ended_early();
    stored.entry.changed_while_read = !changed.ok() || *changed || is_short;
    TRY_ASSIGN(stored.entry.content, builder.finish(is_short ? 0 : content.size()));
    keep_drawn(target, stored.entry.content, builder);
    return done();
}

// Of content that lists its chunks itself they are drawn later, when every file has been met.
void BackupWalk::keep_drawn(const Target& target, const Content& content, ContentBuilder& builder) {
    if (!content.node) return;
    ContentPieces drawn = builder.take_drawn();
    if (!drawn.empty()) parts_.long_samples.insert_or_assign(path_of(target), std::move(drawn));
}

Result<std::shared_ptr<StoredItem>> BackupWalk::read_now_once(const Target& target) {
    const SourceItem& item = target.piece->items[target.item];
    const Time now = parts_.clock.now();
    auto opened = parts_.source.open(*target.piece->folder, item);
    std::optional<Error> unread;
    if (!opened.ok()) unread = opened.error();
    std::shared_ptr<StoredItem> stored;
    if (!unread) {
        const std::unique_ptr<FileContent> content = std::move(opened->content);
        stored = to_store(std::move(*opened), now);
        if (content) TRY(read_content(target, *content, *stored, unread));
    }
    if (!unread) return stored;
    fail(target, *unread);
    return std::shared_ptr<StoredItem>();
}

Result<std::shared_ptr<StoredItem>> BackupWalk::read_now(const Target& target) {
    auto read = read_now_once(target);
    if (read.ok() || read.error().code != Code::memory) return read;
    note_bad_memory(target);
    read = read_now_once(target);
    if (!read.ok() && read.error().code == Code::memory) return bad_memory_again(target);
    return read;
}

Status BackupWalk::finish_large(LargeFile& large) {
    if (!large.suspect) {
        TRY_ASSIGN(large.stored->entry.content, large.content.finish(large.size));
        keep_drawn(large.target, large.stored->entry.content, large.content);
        settle(large.target, std::move(large.stored));
        return done();
    }
    note_bad_memory(large.target);
    auto again = read_now_once(large.target);
    if (!again.ok() && again.error().code == Code::memory) return bad_memory_again(large.target);
    TRY(again);
    if (*again) settle(large.target, std::move(*again));
    return done();
}

// A further name of an inode: what its first name came to. Where that could not be read (it may have vanished), this name is.
Result<std::shared_ptr<StoredItem>> BackupWalk::another_name(const Target& target) {
    Piece::Item& fate = target.piece->fates[target.item];
    if (fate.link->stored) {
        count_read(target, *fate.link->stored);  // looked at under every name, as by the second look
        return fate.link->stored;
    }
    TRY_ASSIGN(auto stored, read_now(target));
    if (stored) settle(target, stored);
    return stored;
}

void BackupWalk::note_bad_memory(const Target& target) {
    parts_.report.warn(say("bytes changed in memory while {} was read, and were read again: test this machine's memory",
                           printable(path_of(target))));
}

Error BackupWalk::bad_memory_again(const Target& target) {
    return {Code::memory, say("bytes changed in memory each time {} was read: nothing more is stored; test this machine's "
                              "memory, then back up again",
                              printable(path_of(target)))};
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
            return finish_large(*step.large);
    }
    return done();
}

void BackupWalk::settle(const Target& target, std::shared_ptr<StoredItem> stored) {
    Piece::Item& fate = target.piece->fates[target.item];
    fate.fate = Fate::stored;
    if (fate.link && (stored->stamp.device != fate.link->device || stored->stamp.inode != fate.link->inode)) {
        fate.link.reset();  // another took its name meanwhile: what the other names hold is not this
        fate.hard_link = 0;
    }
    count_read(target, *stored);
    if (stored->entry.changed_while_read) parts_.report.changed_while_read(path_of(target));
    if (fate.link) fate.link->stored = stored;
    fate.stored = std::move(stored);
}

void BackupWalk::fail(const Target& target, const Error& error) {
    target.piece->fates[target.item].fate = Fate::failed;
    const bool is_gone =
        error.code == Code::not_found && parts_.source.is_gone(*target.piece->folder, target.piece->items[target.item]);
    if (is_gone && parts_.report.vanished(path_of(target))) return;
    parts_.report.fail(path_of(target), error);
}

}  // namespace custody
