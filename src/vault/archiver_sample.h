// Which content of a run is read from the source a second time (duty B8): chunks drawn at random, so that nobody knows which, of
// files of every size, and bounded however much there is.
//
// Each chunk of each file has the same chance: `percent` in a hundred at first; whenever more is drawn than the bounds allow,
// every other one drawn so far is dropped again by the toss of a coin, and the chance of those that follow is halved. A short
// file is one chunk. Of content longer than its entry can list (about a GiB), the chunks are drawn while it is read: at most
// kMaxLongPieces a file. Randomness is the library's (base/crypto).
//
// Threads: an object serves one. Memory: kMaxPieces pieces of some hundred bytes. Errors: none.
#pragma once

#include "vault/history/host_cache_record.h"
#include "vault/tree_reader.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace custody {

inline constexpr std::size_t kMaxPieces = 64 * 1024;
inline constexpr std::size_t kMaxLongPieces = 64;

// Chunks as they were stored, and where their bytes lie in the file.
using ContentPieces = std::vector<TreeReader::ContentPiece>;

struct FileToCheck {
    std::string folder, name;
    FileStamp stamp;
    std::uint64_t size = 0;     // of what was stored
    bool settled = false;       // that its stamp is the same tells that nobody wrote to it
    bool is_mismatch = false;   // the stamp was found to be another
    bool is_whole = false;      // it changed within the run: as stored means all of it, holes included
    ContentPieces pieces = {};  // none: there is no content, or it is not known here how it is listed
};
// Of all its content, as far as the record lists it; nothing is drawn yet.
[[nodiscard]] FileToCheck file_to_check(const std::string& folder, const CachedItem& item);

class Chance {
public:
    explicit Chance(unsigned percent);
    [[nodiscard]] bool draw();
    void halve() { ++halvings_; }
    // For what was drawn with the full chance already.
    [[nodiscard]] bool draw_again();
    [[nodiscard]] std::uint64_t number();

private:
    std::uint64_t limit_;  // a number up to it wins
    unsigned halvings_ = 0;
    std::array<std::uint64_t, 64> numbers_{};
    std::size_t left_ = 0;
};

// Of one long content, while it is read.
class LongSample {
public:
    explicit LongSample(unsigned percent) : chance_(percent) {}
    [[nodiscard]] bool draw() { return chance_.draw(); }
    void keep(TreeReader::ContentPiece&& piece);
    [[nodiscard]] ContentPieces take() { return std::move(pieces_); }

private:
    Chance chance_;
    ContentPieces pieces_;
};
// By path.
using LongSamples = std::map<std::string, ContentPieces>;

class ContentSample {
public:
    // `long_samples` outlives it.
    ContentSample(unsigned percent, std::uint64_t most_bytes, const LongSamples& long_samples);
    // A file's, of the record of `folder`.
    void offer(const std::string& folder, const CachedItem& item);
    // In the order in which they came, from a random one on, and round: whoever stops early leaves out others each time.
    [[nodiscard]] std::vector<FileToCheck> take();

private:
    void draw_from(FileToCheck&& file);
    void thin();
    Chance chance_;
    const std::uint64_t most_bytes_;
    const LongSamples& long_samples_;
    std::vector<FileToCheck> files_;
    std::uint64_t bytes_ = 0;
    std::size_t pieces_ = 0;
};

}  // namespace custody
