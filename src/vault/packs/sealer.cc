#include "vault/packs/sealer.h"

#include "base/text.h"
#include "vault/keys/key_tag.h"

#include <algorithm>
#include <list>
#include <mutex>
#include <unordered_map>

namespace custody {

namespace {

constexpr std::size_t kSegmentKeyAadSize = 72;  // of the encoded segment header

Secret summary_key_of(const WriterKeys& keys, const SegmentId& segment) {
    return hkdf(keys.summary_key.view(), segment.view(), kSummaryKeyInfo);
}

// A block is named by what is public of it.
std::string block_words(const SegmentHeader& segment, std::uint32_t number) {
    return say("block {} of segment {}", number, segment.segment.hex());
}

Error corrupt_block(const SegmentHeader& segment, std::uint32_t number, std::string_view why) {
    return Error{Code::corrupt, say("{} {}", block_words(segment, number), why)};
}

// The parts of a block as stored, checked against its header and its segment's.
struct BlockParts {
    BlockHeader header;
    ByteView summary, data;
};

Status check_belongs(const SegmentHeader& segment, const BlockHeader& block) {
    if (block.segment != segment.segment) return corrupt_block(segment, block.number, say("belongs to another segment"));
    if (block.kind != segment.kind) return corrupt_block(segment, block.number, say("is of another kind than its segment"));
    return done();
}

Result<BlockParts> split_block(const SegmentHeader& segment, ByteView bytes) {
    if (bytes.size() < kBlockHeaderSize) return Error{Code::corrupt, say("a block is cut short")};
    TRY_ASSIGN(const BlockHeader header, decode_block_header(bytes.first(kBlockHeaderSize)));
    TRY(check_belongs(segment, header));
    if (header.total_size() != bytes.size()) return corrupt_block(segment, header.number, say("is cut short"));
    const ByteView parts = bytes.subspan(kBlockHeaderSize);
    return BlockParts{header, parts.first(header.summary_size), parts.subspan(header.summary_size)};
}

Status check_raw(const RawBlock& block) {
    std::uint64_t total = 0;
    for (const auto& entry : block.entries) total += entry.length;
    const bool agrees = !block.entries.empty() && block.entries.size() <= kMaxBlockEntries && total == block.raw.size() &&
                        block.raw.size() <= kMaxBlockRaw;
    if (agrees) return done();
    return Error{Code::failed, say("cannot seal a block of {} bytes in {} entries", block.raw.size(), block.entries.size())};
}

}  // namespace

BlockTools& thread_tools() {
    thread_local BlockTools tools;
    return tools;
}

namespace {

// What sealing needs of one segment; the AEAD contexts are made once a block and used for sealing and for the proof.
struct Sealing {
    const SegmentHeader& segment;
    Aead summary;
    Aead data;
};

// Fills `sealed` from `plain_summary` and the stored form of the content.
void seal_parts(Sealing& sealing, ByteView plain_summary, ByteView stored, SealedBlock& sealed) {
    const BlockHeader& header = sealed.header;
    sealed.bytes.resize(header.total_size());
    const auto head = encode(header);
    std::copy(head.begin(), head.end(), sealed.bytes.begin());
    const MutableByteView parts = MutableByteView(sealed.bytes).subspan(kBlockHeaderSize);
    sealing.summary.seal(header.number, block_aad(BlockPart::summary, sealing.segment, header), plain_summary,
                         parts.first(header.summary_size));
    sealing.data.seal(header.number, block_aad(BlockPart::data, sealing.segment, header), stored,
                      parts.subspan(header.summary_size));
}

// True when what was sealed opens to what was given. `raw_checksum` is older than every copy made since.
bool proves_itself(Sealing& sealing, ByteView plain_summary, const Checksum128& raw_checksum, const SealedBlock& sealed,
                   BlockTools& tools) {
    const BlockHeader& header = sealed.header;
    const ByteView parts = ByteView(sealed.bytes).subspan(kBlockHeaderSize);
    const MutableByteView summary = room_in(tools.check, header.summary_size - kTagSize);
    if (!sealing.summary.open(header.number, block_aad(BlockPart::summary, sealing.segment, header),
                              parts.first(header.summary_size), summary)) {
        return false;
    }
    if (!std::equal(plain_summary.begin(), plain_summary.end(), summary.begin(), summary.end())) return false;
    const MutableByteView opened = room_in(tools.opened, header.data_size - kTagSize);
    if (!sealing.data.open(header.number, block_aad(BlockPart::data, sealing.segment, header), parts.subspan(header.summary_size),
                           opened)) {
        return false;
    }
    if (header.compression == Compression::none) return checksum128(opened) == raw_checksum;
    const MutableByteView raw = room_in(tools.check, header.raw_size);
    if (!tools.decompressor.decompress(header.compression, opened, raw).ok()) return false;
    return checksum128(raw) == raw_checksum;
}

}  // namespace

Result<SegmentSeal> SegmentSeal::create(const WriterKeys& keys, SegmentKind kind) {
    SegmentSeal seal;
    SegmentHeader& header = seal.header_;
    header.suite = keys.suite;
    header.kind = kind;
    header.epoch = keys.epoch;
    header.family = keys.family;
    header.label = keys.label;
    header.segment = random_id<SegmentId>();
    header.key = key_tag(keys.epoch_public);
    seal.segment_key_ = Secret::random(kKeySize);
    seal.summary_key_ = summary_key_of(keys, header.segment);
    const Bytes aad = encode(header);
    TRY_ASSIGN(const Bytes sealed_key, seal_to(keys.suite, keys.epoch_public, as_bytes(kSegmentKeyInfo),
                                               ByteView(aad).first(kSegmentKeyAadSize), seal.segment_key_.view()));
    if (sealed_key.size() != kSealedKeySize) return Error{Code::failed, say("cannot seal a segment key")};
    std::copy(sealed_key.begin(), sealed_key.end(), header.sealed_key.begin());
    return seal;
}

Result<SealedBlock> SegmentSeal::seal_block(const RawBlock& block, std::uint32_t number, BlockTools& tools) const {
    TRY(check_raw(block));
    const Bytes plain_summary = encode_summary(block.entries, block.kind);
    if (block.kind != header_.kind || plain_summary.size() + kTagSize > kMaxBlockSummary) {
        return Error{Code::failed, say("cannot seal a block: its summary does not fit")};
    }
    Sealing sealing{header_, Aead(header_.suite, summary_key_.view()), Aead(header_.suite, segment_key_.view())};
    SealedBlock sealed;
    sealed.bytes = std::move(tools.sealed);
    // The second attempt uses the same nonce; what the first made never leaves this function.
    for (int attempt = 0; attempt < 2; ++attempt) {
        TRY_ASSIGN(const ByteView compressed, tools.compressor.compress(block.raw, tools.compressed));
        const Compression how = compressed.empty() ? Compression::none : Compression::zstd;
        const ByteView stored = compressed.empty() ? ByteView(block.raw) : compressed;
        sealed.header.number = number;
        sealed.header.raw_size = static_cast<std::uint32_t>(block.raw.size());
        sealed.header.summary_size = static_cast<std::uint32_t>(plain_summary.size() + kTagSize);
        sealed.header.data_size = static_cast<std::uint32_t>(stored.size() + kTagSize);
        sealed.header.compression = how;
        sealed.header.kind = block.kind;
        sealed.header.segment = header_.segment;
        seal_parts(sealing, plain_summary, stored, sealed);
        if (proves_itself(sealing, plain_summary, block.raw_checksum, sealed, tools)) return sealed;
    }
    return Error{Code::memory, say("content changed in memory while it was stored; suspect this machine's memory")};
}

Error key_not_here(std::string_view label, std::uint32_t epoch) {
    return {Code::wrong_key, say("this was sealed to a key of label {}, epoch {}, that is not in this keyring: {}", label, epoch,
                                 why_keys_lack(true))};
}

namespace {

// The opened keys of one segment.
struct SegmentKeys {
    SegmentHeader header;
    Secret summary;
    Secret data;  // empty: not opened yet
};
using SharedKeys = std::shared_ptr<const SegmentKeys>;

constexpr std::size_t kCachedSegments = 128;  // each holds two locked pages

}  // namespace

struct SegmentOpener::State {
    State(const WriterKeys& the_keys, const LabelSecrets* the_secrets) : keys(the_keys), secrets(the_secrets) {
        if (secrets == nullptr) return;
        for (const auto& [epoch, secret] : secrets->by_epoch) by_tag.emplace(key_tag(x25519_public(secret)), &secret);
    }

    const WriterKeys& keys;
    const LabelSecrets* secrets;
    std::map<KeyTag, const Secret*> by_tag;

    mutable std::mutex mutex;
    mutable std::list<SharedKeys> recent;  // newest first
    mutable std::unordered_map<SegmentId, std::list<SharedKeys>::iterator, IdHash> by_id;

    SharedKeys find(const SegmentHeader& segment) const;
    void remember(const SharedKeys& opened) const;
    Status check_owner(const SegmentHeader& segment) const;
    Result<Secret> open_data_key(const SegmentHeader& segment) const;
    // With the data key when `with_data`.
    Result<SharedKeys> keys_of(const SegmentHeader& segment, bool with_data) const;
};

// Found only when the whole header is the same: an id alone may have been copied onto another sealed key.
SharedKeys SegmentOpener::State::find(const SegmentHeader& segment) const {
    const std::lock_guard lock(mutex);
    const auto found = by_id.find(segment.segment);
    if (found == by_id.end() || !((*found->second)->header == segment)) return nullptr;
    recent.splice(recent.begin(), recent, found->second);
    return recent.front();
}

void SegmentOpener::State::remember(const SharedKeys& opened) const {
    const std::lock_guard lock(mutex);
    const auto found = by_id.find(opened->header.segment);
    if (found != by_id.end()) {
        recent.erase(found->second);
        by_id.erase(found);
    }
    recent.push_front(opened);
    by_id[opened->header.segment] = recent.begin();
    if (recent.size() <= kCachedSegments) return;
    by_id.erase(recent.back()->header.segment);
    recent.pop_back();
}

Status SegmentOpener::State::check_owner(const SegmentHeader& segment) const {
    if (segment.family == keys.family && segment.label == keys.label && segment.suite == keys.suite) return done();
    return Error{Code::corrupt, say("segment {} belongs to another family or label", segment.segment.hex())};
}

Result<Secret> SegmentOpener::State::open_data_key(const SegmentHeader& segment) const {
    if (secrets == nullptr) {
        return Error{Code::wrong_key, say("reading content of label {} needs its secret; only writer keys are here", keys.name)};
    }
    const auto secret = by_tag.find(segment.key);
    if (secret == by_tag.end()) return key_not_here(keys.name, segment.epoch);
    const Bytes aad = encode(segment);
    auto key = open_sealed(segment.suite, *secret->second, as_bytes(kSegmentKeyInfo), ByteView(aad).first(kSegmentKeyAadSize),
                           {segment.sealed_key.data(), segment.sealed_key.size()});
    if (!key.ok() || key->size() != kKeySize) {
        return Error{Code::corrupt, say("the sealed key of segment {} does not open", segment.segment.hex())};
    }
    return key;
}

Result<SharedKeys> SegmentOpener::State::keys_of(const SegmentHeader& segment, bool with_data) const {
    TRY(check_owner(segment));
    SharedKeys known = find(segment);
    if (known != nullptr && (!with_data || !known->data.empty())) return known;
    auto opened = std::make_shared<SegmentKeys>();
    opened->header = segment;
    opened->summary = summary_key_of(keys, segment.segment);
    if (with_data) {
        TRY_ASSIGN(opened->data, open_data_key(segment));
    }
    remember(opened);
    return SharedKeys(opened);
}

SegmentOpener::SegmentOpener(const WriterKeys& keys, const LabelSecrets* secrets)
    : state_(std::make_unique<State>(keys, secrets)) {}
SegmentOpener::~SegmentOpener() = default;

bool SegmentOpener::opens_data() const { return !state_->by_tag.empty(); }
bool SegmentOpener::has_key_of(const SegmentHeader& segment) const { return state_->by_tag.contains(segment.key); }

Result<std::vector<BlockEntry>> SegmentOpener::open_summary(const SegmentHeader& segment, ByteView block_bytes) const {
    TRY_ASSIGN(const BlockParts parts, split_block(segment, block_bytes));
    return open_summary(segment, parts.header, parts.summary);
}

Result<std::vector<BlockEntry>> SegmentOpener::open_summary(const SegmentHeader& segment, const BlockHeader& block,
                                                            ByteView sealed_summary) const {
    TRY_ASSIGN(const SharedKeys keys, state_->keys_of(segment, false));
    TRY(check_belongs(segment, block));
    if (sealed_summary.size() != block.summary_size || block.summary_size < kTagSize) {
        return corrupt_block(segment, block.number, say("is cut short"));
    }
    Bytes plain(sealed_summary.size() - kTagSize);
    Aead aead(segment.suite, keys->summary.view());
    if (!aead.open(block.number, block_aad(BlockPart::summary, segment, block), sealed_summary, plain)) {
        return corrupt_block(segment, block.number, say("has a summary that is not authentic"));
    }
    return decode_summary(plain, segment.kind, block.raw_size);
}

Status SegmentOpener::check_owner(const SegmentHeader& segment) const { return state_->check_owner(segment); }

Status SegmentOpener::open_data(const SegmentHeader& segment, ByteView block_bytes, BlockTools& tools, Bytes& raw) const {
    TRY_ASSIGN(const SharedKeys keys, state_->keys_of(segment, true));
    TRY_ASSIGN(const BlockParts parts, split_block(segment, block_bytes));
    const bool plain = parts.header.compression == Compression::none;
    const std::size_t size = parts.data.size() - kTagSize;
    if (plain) raw.resize(size);
    const MutableByteView opened = plain ? MutableByteView(raw) : room_in(tools.opened, size);
    Aead aead(segment.suite, keys->data.view());
    if (!aead.open(parts.header.number, block_aad(BlockPart::data, segment, parts.header), parts.data, opened)) {
        return corrupt_block(segment, parts.header.number, say("is not authentic"));
    }
    if (plain) return done();
    raw.resize(parts.header.raw_size);
    return tools.decompressor.decompress(parts.header.compression, opened, raw);
}

}  // namespace custody
