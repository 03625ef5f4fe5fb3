#include "restore/batch.h"

#include "base/text.h"
#include "vault/unreadable.h"

#include <algorithm>
#include <tuple>

namespace custody {

void LongFile::lose(const std::string& path, const Error& why) {
    const Error whole = with_way_out(say("{} is not restored: {}", printable(path), why.message), why.code);
    const std::lock_guard lock(mutex);
    if (!failure.empty()) return;
    damaged = whole.code == Code::corrupt;
    failure = whole.message;
}

std::uint32_t Batch::add_file(BatchFile&& file) {
    files.push_back(std::move(file));
    return static_cast<std::uint32_t>(files.size() - 1);
}

std::uint32_t Batch::pack_number(const ObjectId& pack) {
    const auto [found, is_new] = numbers_.try_emplace(pack, static_cast<std::uint32_t>(packs.size()));
    if (is_new) packs.push_back(pack);
    return found->second;
}

void Batch::add_need(std::uint32_t file, const TreeReader::ContentPiece& piece, const Location& at) {
    Need need;
    need.id = piece.chunk.id;
    need.file = file;
    need.first_range = static_cast<std::uint32_t>(ranges.size());
    need.ranges = static_cast<std::uint32_t>(piece.ranges.size());
    relocate(need, at);
    ranges.insert(ranges.end(), piece.ranges.begin(), piece.ranges.end());
    needs.push_back(need);
    ++files[file].needs;
    bytes += at.length;
    if (files[file].long_file != nullptr) files[file].long_file->outstanding.fetch_add(1, std::memory_order_relaxed);
}

void Batch::relocate(Need& need, const Location& at) {
    need.pack = pack_number(at.pack);
    need.segment_offset = at.segment_offset;
    need.block_offset = at.block_offset;
    need.block_size = at.block_size;
    need.offset = at.offset;
    need.length = at.length;
}

Location Batch::location_of(const Need& need) const {
    return {packs[need.pack], need.segment_offset, need.block_offset,   need.block_size,
            need.offset,      need.length,         SegmentKind::content};
}

void Batch::close_file(std::uint32_t file) {
    BatchFile& closing = files[file];
    if (closing.long_file != nullptr) return;
    const auto first = needs.end() - closing.needs;
    const bool one_block = std::all_of(first, needs.end(), [&](const Need& need) {
        return need.pack == first->pack && need.block_offset == first->block_offset;
    });
    if (!one_block) (void)make_long(file, false);
}

const std::shared_ptr<LongFile>& Batch::make_long(std::uint32_t file, bool more) {
    BatchFile& from = files[file];
    if (from.long_file != nullptr) return from.long_file;
    auto made = std::make_shared<LongFile>();
    made->folder = from.folder;
    made->entry = from.entry;
    made->replace = from.replace;
    made->flags_later = from.flags_later;
    made->outstanding = from.needs + (more ? 1u : 0u);
    from.long_file = std::move(made);
    return from.long_file;
}

void Batch::sort_needs() {
    std::sort(needs.begin(), needs.end(), [](const Need& a, const Need& b) {
        return std::tie(a.pack, a.block_offset, a.offset, a.file, a.first_range) <
               std::tie(b.pack, b.block_offset, b.offset, b.file, b.first_range);
    });
}

std::size_t Batch::end_of_block(std::size_t begin) const {
    std::size_t end = begin + 1;
    while (end < needs.size() && needs[end].pack == needs[begin].pack && needs[end].block_offset == needs[begin].block_offset) {
        ++end;
    }
    return end;
}

}  // namespace custody
