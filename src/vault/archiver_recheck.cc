#include "vault/archiver_recheck.h"

#include "base/file.h"
#include "base/text.h"

#include <utility>

namespace custody {
namespace {

constexpr std::size_t kMaxLines = 1000;
constexpr int kFurtherReadings = 2;

enum class Found { as_stored, changed, unproven, unreadable, unsteady, damaged, not_read };

struct Reading {
    Found found = Found::not_read;  // damaged: other content, and nobody wrote to it
    std::string why;
    std::uint64_t bytes = 0;
};

Reading unreadable(const Error& error, std::uint64_t bytes) {
    if (error.code == Code::not_found) return {Found::changed, {}, bytes};
    return {Found::unreadable, error.message, bytes};
}

// A chunk, put together from its places in the file. Fewer bytes: the file ends before them.
Result<std::size_t> read_piece(FileContent& content, const TreeReader::ContentPiece& piece, Bytes& buffer) {
    buffer.resize(piece.chunk.length);
    std::size_t filled = 0;
    for (const Hole& range : piece.ranges) {
        if (range.length > buffer.size() - filled) return filled;
        const auto into = MutableByteView(buffer).subspan(filled, static_cast<std::size_t>(range.length));
        TRY_ASSIGN(const std::size_t got, content.read_at(range.offset, into));
        filled += got;
        if (got < range.length) return filled;
    }
    return filled;
}

bool covers_all(const FileToCheck& file) {
    std::uint64_t bytes = 0;
    for (const auto& piece : file.pieces) bytes += piece.chunk.length;
    return bytes == file.size;
}

Reading read_once(const Recheck& with, const FileToCheck& file) {
    const auto opened = with.source.open_again(file.folder, file.name);
    if (!opened.ok()) return unreadable(opened.error(), 0);
    if (!opened->content) return {};
    FileContent& content = *opened->content;
    KeyedHash hash(with.keys.suite, with.keys.chunk_id_key);
    Bytes buffer;
    Reading reading{Found::as_stored, {}, 0};
    for (const auto& piece : file.pieces) {
        if (with.stop.requested()) return {};
        const auto got = read_piece(content, piece, buffer);
        if (!got.ok()) return unreadable(got.error(), reading.bytes);
        reading.bytes += *got;
        if (with.after_fill) with.after_fill(buffer);
        if (*got == piece.chunk.length && hash.hash(kChunkDomain, buffer) == piece.chunk.id.bytes) continue;
        reading.found = Found::damaged;
        break;
    }
    const auto changed = content.changed_since_open();
    if (!changed.ok()) return unreadable(changed.error(), reading.bytes);
    const bool has_other_size = opened->stamp.size != file.size;
    if (reading.found == Found::as_stored && file.is_whole && (has_other_size || !covers_all(file)))
        return {Found::changed, {}, reading.bytes};
    if (reading.found == Found::as_stored) return reading;
    if (*changed || !same_stamp(opened->stamp, file.stamp)) return {Found::changed, {}, reading.bytes};
    reading.why = content.unseen_writer(file.settled);
    if (!reading.why.empty()) reading.found = Found::unproven;
    return reading;
}

Reading judge(const Recheck& with, const FileToCheck& file) {
    if (file.pieces.empty() && file.size > 0) return {file.is_whole ? Found::changed : Found::not_read, {}, 0};
    Reading first = read_once(with, file);
    if (first.found != Found::damaged) return first;
    int as_stored = 0;
    for (int i = 0; i < kFurtherReadings; ++i) {
        Reading again = read_once(with, file);
        first.bytes += again.bytes;
        if (again.found == Found::as_stored) {
            ++as_stored;
        } else if (again.found != Found::damaged) {
            again.bytes = first.bytes;
            return again;
        }
    }
    if (as_stored == kFurtherReadings) first.found = Found::unsteady;
    return first;
}

class Count {
public:
    void add(const FileToCheck& file, Reading&& reading) {
        if (reading.found == Found::not_read) return;
        ++sum.files;
        sum.bytes += reading.bytes;
        const std::string path = printable(join_path(file.folder, file.name));
        switch (reading.found) {
            case Found::as_stored:
            case Found::not_read:
                return;
            case Found::changed:
                ++sum.changed;
                if (!file.is_whole) warn(say("{} {} since it was read", path, translate("was written to")));
                return;
            case Found::unproven:
                ++sum.changed;
                return warn(say("{} reads differently than it was stored, and its times are the same: {}", path, reading.why));
            case Found::unreadable:
                ++sum.unreadable;
                return warn(say("{} could not be read a second time; what was stored of it stands: {}", path, reading.why));
            case Found::unsteady:
                return warn(
                    say("{} once read differently than it was stored, then twice the same: test this machine's disk and "
                        "memory",
                        path));
            case Found::damaged:
                sum.damaged.push_back(file);
                return;
        }
    }
    Rechecked sum;

private:
    void warn(std::string line) {
        if (sum.warnings.size() < kMaxLines) sum.warnings.push_back(std::move(line));
    }
};

}  // namespace

Result<Rechecked> recheck(const Recheck& with, const std::vector<FileToCheck>& files) {
    Count count;
    std::size_t begun = 0, counted = 0;
    OrderedPipeline<Reading> jobs(with.pool, 2 * with.pool.size());
    const auto take_next = [&] { count.add(files[counted++], jobs.next()); };
    const std::int64_t end_ns = with.clock.monotonic_ns() + with.most_ns;
    for (; begun < files.size(); ++begun) {
        if (jobs.full()) take_next();
        if (with.stop.requested() || with.clock.monotonic_ns() > end_ns) break;
        with.progress.update({"reconciling", counted, files.size(), count.sum.bytes, 0, files[begun].name});
        jobs.push([&with, &file = files[begun]] { return judge(with, file); });
    }
    while (!jobs.empty()) take_next();
    TRY(with.stop.check());
    count.sum.not_reached = files.size() - begun;
    return std::move(count.sum);
}

}  // namespace custody
