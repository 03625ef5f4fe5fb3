// One pass over a pack: every byte is hashed once as it is read, and what decodes is handed out. After damage the next magic
// number is looked for; a header's own checksum makes a chance hit in sealed bytes harmless.
#include "base/text.h"
#include "vault/packs/pack_reader.h"

#include <algorithm>
#include <optional>

namespace custody {

namespace {

constexpr std::size_t kPiece = 1024 * 1024;
constexpr std::size_t kMagicSize = 8;
constexpr std::size_t kMaxDamageNotes = 100;  // a hostile pack may be all magic numbers

// A window on the object that moves forward only.
class Window {
public:
    explicit Window(ObjectReader& reader) : reader_(reader), size_(reader.size()) {}

    [[nodiscard]] std::uint64_t offset() const { return offset_; }
    [[nodiscard]] std::uint64_t remaining() const { return size_ - offset_; }
    [[nodiscard]] ByteView view() const { return ByteView(buffer_).subspan(begin_); }
    // Precondition: count <= remaining(). The view then has at least `count` bytes.
    Status need(std::size_t count) {
        if (buffer_.size() - begin_ >= count) return done();
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
        begin_ = 0;
        const std::size_t had = buffer_.size();
        const std::uint64_t left = size_ - read_;
        const auto more = static_cast<std::size_t>(std::min<std::uint64_t>(left, std::max(count - had, kPiece)));
        buffer_.resize(had + more);
        const MutableByteView fresh = MutableByteView(buffer_).subspan(had);
        TRY(reader_.read(read_, fresh));
        hash_.update(fresh);
        read_ += more;
        return done();
    }
    // Precondition: the view has that many.
    void skip(std::size_t count) {
        begin_ += count;
        offset_ += count;
    }
    // Reads and hashes the rest.
    Status run_out() {
        while (remaining() > 0) {
            TRY(need(static_cast<std::size_t>(std::min<std::uint64_t>(remaining(), kPiece))));
            skip(view().size());
        }
        return done();
    }
    [[nodiscard]] Digest digest() { return hash_.finish(); }

private:
    ObjectReader& reader_;
    const std::uint64_t size_;
    Sha256 hash_;
    Bytes buffer_;
    std::size_t begin_ = 0;     // of the view in the buffer
    std::uint64_t offset_ = 0;  // of the view in the object
    std::uint64_t read_ = 0;
};

bool starts_with(ByteView bytes, const std::array<Byte, kMagicSize>& magic) {
    return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

class Scanner {
public:
    Scanner(ObjectReader& reader, const OnBlock& on_block, PackScan& scan) : window_(reader), on_block_(on_block), scan_(scan) {}

    Status run() {
        TRY(take_pack_header());
        while (window_.remaining() > 0) {
            const std::size_t head = static_cast<std::size_t>(std::min<std::uint64_t>(window_.remaining(), kSegmentHeaderSize));
            TRY(window_.need(head));
            TRY_ASSIGN(const bool taken, starts_with(window_.view(), kSegmentMagic) ? take_segment() : take_block());
            if (!taken) TRY(resynchronise());
        }
        return done();
    }
    Window& window() { return window_; }

private:
    Status take_pack_header() {
        const Status sized = window_.remaining() < kPackHeaderSize ? Status(Error{Code::corrupt, say("the pack is cut short")})
                                                                   : window_.need(kPackHeaderSize);
        if (!sized.ok() && sized.error().code != Code::corrupt) return sized;
        const Status header = sized.ok() ? decode_pack_header(window_.view().first(kPackHeaderSize)) : sized;
        if (header.ok()) {
            window_.skip(kPackHeaderSize);
            return done();
        }
        if (header.error().code == Code::usage) return header;
        note(header.error().message);
        return resynchronise();
    }

    Result<bool> take_segment() {
        if (window_.remaining() < kSegmentHeaderSize) return fault(say("a segment header is cut short"));
        auto header = decode_segment_header(window_.view().first(kSegmentHeaderSize));
        if (!header.ok()) {
            if (header.error().code == Code::usage) return header.error();
            segment_.reset();
            return fault(header.error().message);
        }
        segment_ = std::move(*header);
        segment_offset_ = static_cast<std::uint32_t>(window_.offset());
        window_.skip(kSegmentHeaderSize);
        return true;
    }

    Result<bool> take_block() {
        if (window_.remaining() < kBlockHeaderSize) return fault(say("a block header is cut short"));
        const auto header = decode_block_header(window_.view().first(kBlockHeaderSize));
        if (!header.ok()) return fault(header.error().message);
        if (header->total_size() > window_.remaining()) return fault(say("block {} is cut short", header->number));
        const auto total = static_cast<std::size_t>(header->total_size());
        TRY(window_.need(total));
        if (!segment_ || segment_->segment != header->segment || segment_->kind != header->kind) {
            note(say("block {} stands without its segment's header", header->number));
        } else {
            TRY(on_block_(*segment_, segment_offset_, static_cast<std::uint32_t>(window_.offset()), *header,
                          window_.view().first(total)));
            ++scan_.blocks;
        }
        window_.skip(total);
        return true;
    }

    void note(std::string_view why) {
        if (scan_.damage.size() < kMaxDamageNotes) scan_.damage.push_back(say("at offset {}: {}", window_.offset(), why));
    }
    bool fault(std::string_view why) {
        note(why);
        return false;
    }

    // To the next segment or block magic behind the present offset, or to the end.
    Status resynchronise() {
        if (window_.remaining() == 0) return done();
        std::size_t skip = 1;
        for (;;) {
            TRY(window_.need(skip));
            window_.skip(skip);
            if (window_.remaining() < kMagicSize) return window_.run_out();
            TRY(window_.need(kMagicSize));
            const ByteView view = window_.view();
            const std::size_t last = view.size() - kMagicSize;
            for (std::size_t at = 0; at <= last; ++at) {
                const void* hit = std::memchr(view.data() + at, kBlockMagic[0], last + 1 - at);
                if (hit == nullptr) break;
                at = static_cast<std::size_t>(static_cast<const Byte*>(hit) - view.data());
                const ByteView here = view.subspan(at);
                if (starts_with(here, kBlockMagic) || starts_with(here, kSegmentMagic)) {
                    window_.skip(at);
                    return done();
                }
            }
            skip = last + 1;
        }
    }

    Window window_;
    const OnBlock& on_block_;
    PackScan& scan_;
    std::optional<SegmentHeader> segment_;
    std::uint32_t segment_offset_ = 0;
};

}  // namespace

Result<PackScan> scan_pack(ObjectStore& store, const ObjectId& id, const OnBlock* on_block) {
    auto reader = store.open(pack_name(id));
    if (!reader.ok() && reader.error().code == Code::not_found) {
        return Error{Code::corrupt, say("{} is missing", pack_name(id))};
    }
    if (!reader.ok()) return reader.error();
    PackScan scan;
    scan.size = (*reader)->size();
    const OnBlock ignore = [](const SegmentHeader&, std::uint32_t, std::uint32_t, const BlockHeader&, ByteView) {
        return done();
    };
    Scanner scanner(**reader, on_block == nullptr ? ignore : *on_block, scan);
    if (scan.size > kMaxPack) {
        scan.damage.push_back(say("the pack is larger than {} bytes", kMaxPack));
    } else if (on_block != nullptr) {
        TRY(scanner.run());
    }
    TRY(scanner.window().run_out());
    scan.digest = scanner.window().digest();
    return scan;
}

}  // namespace custody
