#include "restore/content_stream.h"

#include "vault/unreadable.h"

#include <utility>

namespace custody {
namespace {

constexpr std::size_t kMaxPiecesPerGroup = 4096;

}  // namespace

ContentStream::~ContentStream() {
    for (const auto& group : ahead_) {
        if (group->job.valid()) group->job.wait();
    }
}

Status ContentStream::add(std::uint64_t tag, const TreeReader::ContentPiece& piece) {
    const auto found = access_.trees().locate(piece.chunk.id.view());
    if (!found.ok()) {
        if (!is_unreadable(found.error())) return found.error();
        submit();
        auto nowhere = std::make_unique<Group>();
        nowhere->pieces.push_back({piece, {}});
        nowhere->tags.push_back(tag);
        nowhere->lost = found.error();
        ahead_.push_back(std::move(nowhere));
        return done();
    }
    const Location& at = *found;
    if (gathering_ != nullptr) {
        const Location& same = gathering_->pieces.front().at;
        const bool fits = same.pack == at.pack && same.block_offset == at.block_offset;
        if (!fits || gathering_->pieces.size() >= kMaxPiecesPerGroup) submit();
    }
    if (gathering_ == nullptr) gathering_ = std::make_unique<Group>();
    gathering_->pieces.push_back({piece, at});
    gathering_->tags.push_back(tag);
    // Enough ahead to keep every worker busy while the oldest is written out.
    const std::size_t depth = 2 * pool_.size() + 2;
    while (ahead_.size() > depth) TRY(take_oldest());
    return done();
}

void ContentStream::submit() {
    if (gathering_ == nullptr) return;
    ahead_.push_back(std::move(gathering_));
    Group* const group = ahead_.back().get();
    if (!spare_.empty()) {
        group->raw = std::move(spare_.back());
        spare_.pop_back();
    }
    group->job = pool_.submit([this, group] {
        std::vector<WantedChunk> wanted;
        wanted.reserve(group->pieces.size());
        for (const LocatedPiece& located : group->pieces) {
            wanted.push_back({located.piece.chunk.id, located.at.offset, located.at.length});
        }
        group->proof = prove_block(access_, group->pieces.front().at, wanted, group->raw);
    });
}

Status ContentStream::take_oldest() {
    const std::unique_ptr<Group> group = std::move(ahead_.front());
    ahead_.pop_front();
    if (group->lost) return sink_(group->tags.front(), group->pieces.front().piece, *group->lost);
    group->job.wait();
    for (std::size_t i = 0; i < group->pieces.size(); ++i) {
        const LocatedPiece& located = group->pieces[i];
        if (group->proof.holds(i)) {
            const ByteView bytes = ByteView(group->raw).subspan(located.at.offset, located.at.length);
            TRY(sink_(group->tags[i], located.piece, bytes));
            continue;
        }
        const auto elsewhere = chunk_from_elsewhere(access_, located, group->proof.why_not());
        TRY(sink_(group->tags[i], located.piece,
                  elsewhere.ok() ? Result<ByteView>(ByteView(*elsewhere)) : Result<ByteView>(elsewhere.error())));
    }
    spare_.push_back(std::move(group->raw));
    return done();
}

Status ContentStream::flush() {
    submit();
    while (!ahead_.empty()) TRY(take_oldest());
    return done();
}

Status stream_content(SnapshotAccess& access, WorkerPool& pool, const Content& content, const ContentStream::Sink& sink) {
    ContentStream stream(access, pool, sink);
    TRY(access.trees().content(content, [&](const TreeReader::ContentPiece& piece) { return stream.add(0, piece); }));
    return stream.flush();
}

}  // namespace custody
