#include "vault/archiver_reader.h"

#include "base/text.h"

namespace custody {
namespace {

std::uint64_t data_bytes_of(const FileContent& content) {
    std::uint64_t bytes = content.size();
    for (const Hole& hole : content.holes()) bytes -= hole.length;
    return bytes;
}

class BatchReader {
public:
    BatchReader(Source& source, const Clock& clock, Bytes& raw) : source_(source), clock_(clock), raw_(raw) {}

    ReadOutcome read(const ReadRequest& request) {
        const std::size_t begin = used_;
        ReadOutcome outcome;
        bool changed = attempt(request, outcome);
        if (changed && !outcome.error && !outcome.too_large) {
            used_ = begin;
            outcome = {};
            changed = attempt(request, outcome);
        }
        if (outcome.error || outcome.too_large) used_ = begin;
        if (outcome.stored) outcome.stored->entry.changed_while_read = changed;
        return outcome;
    }
    // After the last: what was read is all of the buffer.
    void finish() { raw_.resize(used_); }

private:
    // True: the file changed meanwhile.
    bool attempt(const ReadRequest& request, ReadOutcome& outcome) {
        const Time now = clock_.now();
        auto opened = source_.open(*request.folder, *request.item);
        if (!opened.ok()) {
            outcome.error = std::move(opened).error();
            return false;
        }
        const std::unique_ptr<FileContent> content = std::move(opened->content);
        outcome.stored = to_store(std::move(*opened), now);
        if (!content) return false;
        const std::uint64_t expected = data_bytes_of(*content);
        outcome.too_large = content->size() == kUnknownSize || expected > kMaxSmallFile;
        if (outcome.too_large) return false;
        return take(*content, static_cast<std::size_t>(expected), outcome);
    }

    bool take(FileContent& content, std::size_t expected, ReadOutcome& outcome) {
        if (raw_.size() < used_ + expected) raw_.resize(used_ + expected);  // a buffer used before is not filled with zeros
        const auto got = content.read(MutableByteView(raw_).subspan(used_, expected));
        if (!got.ok()) {
            outcome.error = got.error();
            return false;
        }
        used_ += *got;
        const auto changed = content.changed_since_open();
        if (!changed.ok()) {
            outcome.error = changed.error();
            return false;
        }
        Content& listed = outcome.stored->entry.content;
        listed.size = content.size();
        listed.holes = content.holes();
        if (*got < expected) cut_short(listed, *got);
        outcome.holes = std::exchange(listed.holes, {});
        if (*got > 0) outcome.chunk = ContentChunk{{}, static_cast<std::uint32_t>(*got)};
        return *changed || *got < expected;
    }

    Source& source_;
    const Clock& clock_;
    Bytes& raw_;
    std::size_t used_ = 0;  // of it
};

}  // namespace

std::shared_ptr<StoredItem> to_store(OpenedItem&& opened, Time opened_at) {
    auto stored = std::make_shared<StoredItem>();
    stored->entry = std::move(opened.entry);
    stored->stamp = opened.stamp;
    const FileTime settled = to_file_time(Time{opened_at.ns - opened.settle_ns});
    stored->racy = opened.stamp.modified > settled || opened.stamp.changed > settled;
    return stored;
}

void cut_short(Content& content, std::uint64_t data_bytes) {
    std::uint64_t at = 0;
    for (std::size_t i = 0; i < content.holes.size(); ++i) {
        const Hole& hole = content.holes[i];
        const std::uint64_t before = hole.offset - at;
        if (data_bytes <= before && (data_bytes < before || hole.offset + hole.length >= content.size)) {
            content.holes.resize(i);
            break;
        }
        data_bytes -= before;
        at = hole.offset + hole.length;
    }
    content.size = at + data_bytes;
}

Error bad_memory() {
    return {Code::memory, say("bytes changed in memory while they were read: test this machine's memory, then back up again")};
}

namespace {

ReadBatch read_batch_once(Source& source, const std::vector<ReadRequest>& requests, const WriterKeys& keys, const Clock& clock,
                          const AfterFill& after_fill, Bytes buffer) {
    ReadBatch batch;
    batch.outcomes.reserve(requests.size());
    Bytes& raw = batch.block.raw;
    raw = std::move(buffer);
    raw.reserve(kBlockTarget + kMaxSmallFile);
    BatchReader reader(source, clock, raw);
    for (const ReadRequest& request : requests) batch.outcomes.push_back(reader.read(request));
    reader.finish();
    batch.block.raw_checksum = checksum128(raw);  // before anything else looks at the bytes
    if (after_fill) after_fill(raw);
    KeyedHash hash(keys.suite, keys.chunk_id_key);
    std::size_t at = 0;
    for (ReadOutcome& outcome : batch.outcomes) {
        if (!outcome.chunk) continue;
        outcome.chunk->id.bytes = hash.hash(kChunkDomain, ByteView(raw).subspan(at, outcome.chunk->length));
        at += outcome.chunk->length;
        batch.block.entries.push_back({outcome.chunk->id, outcome.chunk->length, {}});
    }
    batch.intact = checksum128(raw) == batch.block.raw_checksum;
    return batch;
}

}  // namespace

ReadBatch read_batch(Source& source, const std::vector<ReadRequest>& requests, const WriterKeys& keys, const Clock& clock,
                     const AfterFill& after_fill, Bytes buffer) {
    ReadBatch batch = read_batch_once(source, requests, keys, clock, after_fill, std::move(buffer));
    if (batch.intact) return batch;
    batch = read_batch_once(source, requests, keys, clock, after_fill, std::move(batch.block.raw));
    batch.read_again = true;
    return batch;
}

}  // namespace custody
