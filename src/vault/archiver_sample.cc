#include "vault/archiver_sample.h"

#include "base/crypto.h"
#include "base/file.h"
#include "vault/archiver_reader.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace custody {
namespace {

constexpr unsigned kMostHalvings = 63;

}  // namespace

FileToCheck file_to_check(const std::string& folder, const CachedItem& item) {
    FileToCheck file{folder, std::string(item.name), item.stamp, item.stamp.size};
    file.settled = !item.racy && !item.changed_while_read;
    const auto entry = item.entry();
    if (entry) file.size = entry->content.size;
    if (!entry || entry->content.node) return file;
    const Status listed = visit_span(entry->content, 0, [&](const TreeReader::ContentPiece& piece) {
        file.pieces.push_back(piece);
        return done();
    });
    if (!listed.ok()) file.pieces.clear();
    return file;
}

Chance::Chance(unsigned percent)
    : limit_(percent >= 100 ? std::numeric_limits<std::uint64_t>::max()
                            : std::numeric_limits<std::uint64_t>::max() / 100 * percent) {}

std::uint64_t Chance::number() {
    if (left_ == 0) {
        fill_random({reinterpret_cast<Byte*>(numbers_.data()), sizeof numbers_});
        left_ = numbers_.size();
    }
    return numbers_[--left_];
}

bool Chance::draw() { return number() <= limit_ >> std::min(halvings_, kMostHalvings); }

bool Chance::draw_again() {
    return halvings_ == 0 || number() <= std::numeric_limits<std::uint64_t>::max() >> std::min(halvings_, kMostHalvings);
}

void LongSample::keep(TreeReader::ContentPiece&& piece) {
    pieces_.push_back(std::move(piece));
    if (pieces_.size() <= kMaxLongPieces) return;
    chance_.halve();
    std::erase_if(pieces_, [&](const auto&) { return (chance_.number() & 1) != 0; });
}

ContentSample::ContentSample(unsigned percent, std::uint64_t most_bytes, const LongSamples& long_samples)
    : chance_(percent), most_bytes_(most_bytes), long_samples_(long_samples) {}

void ContentSample::offer(const std::string& folder, const CachedItem& item) {
    if (item.type != EntryType::file || item.stamp.size == 0 || item.changed_while_read) return;
    if (item.stamp.size <= kMaxSmallFile) {  // one chunk: most are not drawn, and need not be looked into
        if (!chance_.draw()) return;
        FileToCheck file = file_to_check(folder, item);
        for (const auto& piece : file.pieces) bytes_ += piece.chunk.length;
        pieces_ += file.pieces.size();
        if (!file.pieces.empty()) files_.push_back(std::move(file));
    } else {
        draw_from(file_to_check(folder, item));
    }
    while (bytes_ > most_bytes_ || pieces_ > kMaxPieces) thin();
}

void ContentSample::draw_from(FileToCheck&& file) {
    const bool is_listed = !file.pieces.empty();
    if (!is_listed) {
        const auto drawn = long_samples_.find(join_path(file.folder, file.name));
        if (drawn == long_samples_.end()) return;
        file.pieces = drawn->second;
    }
    std::erase_if(file.pieces, [&](const auto&) { return is_listed ? !chance_.draw() : !chance_.draw_again(); });
    if (file.pieces.empty()) return;
    for (const auto& piece : file.pieces) bytes_ += piece.chunk.length;
    pieces_ += file.pieces.size();
    files_.push_back(std::move(file));
}

void ContentSample::thin() {
    chance_.halve();
    bytes_ = 0;
    pieces_ = 0;
    for (FileToCheck& file : files_) {
        std::erase_if(file.pieces, [&](const auto&) { return (chance_.number() & 1) != 0; });
        for (const auto& piece : file.pieces) bytes_ += piece.chunk.length;
        pieces_ += file.pieces.size();
    }
    std::erase_if(files_, [](const FileToCheck& file) { return file.pieces.empty(); });
}

std::vector<FileToCheck> ContentSample::take() {
    if (!files_.empty()) {
        const auto first = static_cast<std::ptrdiff_t>(chance_.number() % files_.size());
        std::rotate(files_.begin(), files_.begin() + first, files_.end());
    }
    return std::move(files_);
}

}  // namespace custody
