#include "vault/archiver_store.h"

#include "base/counts.h"
#include "base/text.h"
#include "vault/object_check.h"

#include <algorithm>
#include <map>

namespace custody {
namespace {

constexpr std::size_t kMaxReferences = 64 * 1024;  // of the nodes in one tree block: bounds its summary
constexpr std::size_t kMaxUnindexed = 256 * 1024;  // chunks: a checkpoint is due, whatever their size
constexpr unsigned kManyCheckpoints = 16;

Error changed_in_memory() {
    return {Code::memory, say("bytes changed in memory before they were stored: test this machine's memory, then back up again")};
}

}  // namespace

bool BlockBuffer::full() const {
    return block_.raw.size() >= kBlockTarget || references_ >= kMaxReferences || block_.entries.size() >= kMaxBlockEntries / 2;
}

void BlockBuffer::add(BlockEntry entry, ByteView content, Checksum128 checksum) {
    references_ += entry.refs.trees.size() + entry.refs.chunks.size();
    append(block_.raw, content);
    block_.entries.push_back(std::move(entry));
    checksums_.push_back(checksum);
}

Result<RawBlock> BlockBuffer::take() {
    RawBlock block = std::exchange(block_, RawBlock{block_.kind, {}, {}, {}});
    const auto checksums = std::exchange(checksums_, {});
    references_ = 0;
    block.raw_checksum = checksum128(block.raw);
    ByteView rest = block.raw;
    for (std::size_t i = 0; i < checksums.size(); ++i) {
        if (checksum128(rest.first(block.entries[i].length)) != checksums[i]) return changed_in_memory();
        rest = rest.subspan(block.entries[i].length);
    }
    return block;
}

ChunkStore::ChunkStore(Repository& repository, const WriterKeys& keys, const Marks& marks, WorkerPool& pool,
                       const BackupOptions& options)
    : repository_(repository),
      keys_(keys),
      marks_(marks),
      options_(options),
      hash_(keys.suite, keys.chunk_id_key),
      is_usable_([this](const Location& at) { return usable(at); }),
      is_usable_and_listed_(
          [this](const Location& at) { return repository_.state().objects.contains(pack_name(at.pack)) && usable(at); }),
      objects_(repository.store()) {
    checkpoint_at_ns_ = repository.clock().monotonic_ns() + options.checkpoint_ns;
    if (options.dry_run) return;
    const auto on_pack = [this](FinishedPack&& pack) { return take_pack(std::move(pack)); };
    content_ = std::make_unique<PackWriter>(repository.store(), keys, pool, SegmentKind::content, on_pack);
    trees_ = std::make_unique<PackWriter>(repository.store(), keys, pool, SegmentKind::tree, on_pack);
}

ChunkStore::~ChunkStore() = default;

Status ChunkStore::open_index() {
    if (index_) return done();
    // Others' segments are not believed: a stolen writer key must not be able to pass off content (docs/THREATS.md).
    const IndexTrust own{false, repository_.keyring()->signer()};
    TRY_ASSIGN(index_, Index::open(repository_.store(), keys_, own));
    return open_foreign();
}

// Others' segments, with the label's secret to prove each chunk by; without it they are passed over, which is said where nothing
// else is known: on a new host everything is then stored anew.
Status ChunkStore::open_foreign() {
    TRY_ASSIGN(const auto objects, repository_.store().list("index/" + keys_.label.hex()));
    const bool has_own = !index_->segments().empty();
    if (objects.size() <= index_->segments().size() + index_->damaged().size()) return done();
    std::string why = repository_.keyring()->is_custodian() ? say("the passphrase of the keyring was not given")
                                                            : say("this keyring holds writer keys only");
    if (options_.unlock) {
        auto opened = ForeignSegments::open(repository_.store(), keys_, options_.unlock);
        if (opened.ok()) {
            foreign_ = std::move(*opened);
            return done();
        }
        if (opened.error().code == Code::interrupted) return std::move(opened).error();
        why = opened.error().message;
    }
    if (has_own && !options_.unlock) return done();  // as in every run of a host beside others
    const std::string hosts = foreign_hosts(repository_, keys_);
    if (hosts.empty()) return done();
    warnings_.push_back(
        say("index segments of {} are not used and what they name is stored again, because {}; with the label's "
            "secret unlocked (CUSTODY_PASSPHRASE_FILE) they would be",
            hosts, why));
    return done();
}

Result<bool> ChunkStore::known_elsewhere(const BlockEntry& entry) {
    if (!foreign_) return false;
    TRY_ASSIGN(const auto pack, foreign_->find(entry, is_usable_and_listed_));
    if (!pack) return false;
    objects_.add_pack(*pack, repository_.state());
    return true;
}

bool ChunkStore::is_usable_pack(const ObjectId& pack) {
    const auto [found, is_new] = usable_.try_emplace(pack, false);
    if (!is_new) return found->second;
    const LedgerState& state = repository_.state();
    if (marks_.packs.contains(pack) || state.damaged_packs.contains(pack)) return false;
    const auto info = repository_.store().info(pack_name(pack));
    const auto in_ledger = state.objects.find(pack_name(pack));
    found->second = info.ok() && (in_ledger == state.objects.end() || in_ledger->second == info->size);
    return found->second;
}

bool ChunkStore::usable(const Location& at) {
    if (!is_usable_pack(at.pack)) return false;
    const auto [found, is_new] = segments_with_key_.try_emplace({at.pack, at.segment_offset}, false);
    if (is_new) found->second = has_key_of(at);
    if (!found->second) passed_over_.insert(at.pack);
    return found->second;
}

void ChunkStore::note_passed_over(bool found_elsewhere) {
    if (!found_elsewhere) without_key_.insert(passed_over_.begin(), passed_over_.end());
    passed_over_.clear();
}

// What was sealed to a key that is not here could never be restored with this keyring. Nor could what has a damaged header.
bool ChunkStore::has_key_of(const Location& at) const {
    std::array<Byte, kSegmentHeaderSize> bytes{};
    const auto reader = repository_.store().open(pack_name(at.pack));
    if (!reader.ok() || !(*reader)->read(at.segment_offset, bytes).ok()) return false;
    const auto segment = decode_segment_header(bytes);
    return segment.ok() && keys_.knows(segment->key);
}

std::vector<std::string> ChunkStore::take_warnings() {
    if (!without_key_.empty()) {
        warnings_.push_back(say_count(std::exchange(without_key_, {}).size(),
                                      "{0} pack is not relied on and what it holds is stored again, for this keyring lacks the "
                                      "key of label {1} that it was sealed to: {2}",
                                      "{0} packs are not relied on and what they hold is stored again, for this keyring lacks "
                                      "the key of label {1} that they were sealed to: {2}",
                                      keys_.name, why_keys_lack(repository_.keyring()->is_custodian())));
    }
    return std::exchange(warnings_, {});
}

Result<bool> ChunkStore::known(ByteView id32) {
    if (fresh_.contains(ChunkId::from(id32))) return true;
    TRY(open_index());
    auto found = index_->lookup(id32, &is_usable_);
    if (!found.ok() && found.error().code == Code::corrupt) return false;  // stored anew, which heals
    if (!found.ok()) return std::move(found).error();
    if (!*found) return false;
    objects_.add_pack((*found)->pack, repository_.state());
    return true;
}

// From now on it is stored, or on its way.
Result<bool> ChunkStore::is_new(const BlockEntry& entry) {
    TRY_ASSIGN(bool is_known, known(entry.id.view()));
    if (!is_known) {
        TRY_ASSIGN(is_known, known_elsewhere(entry));
    }
    note_passed_over(is_known);
    if (is_known) return false;
    fresh_.insert(entry.id);
    added_bytes_ += entry.length;
    return true;
}

Status ChunkStore::add(const BlockEntry& entry, ByteView content, Checksum128 checksum) {
    TRY_ASSIGN(const bool wanted, is_new(entry));
    if (!wanted || options_.dry_run) return done();
    if (content.size() < kBlockTarget) return add_chunk(entry, content, checksum);
    RawBlock block;
    block.raw = spare_raw();
    block.raw.assign(content.begin(), content.end());
    block.raw_checksum = checksum;
    block.entries.push_back(entry);
    return content_->add(std::move(block));
}

Status ChunkStore::add(RawBlock&& block) {
    std::vector<bool> wanted;
    std::size_t count = 0;
    for (const BlockEntry& entry : block.entries) {
        TRY_ASSIGN(const bool is_wanted, is_new(entry));
        wanted.push_back(is_wanted);
        count += is_wanted ? 1 : 0;
    }
    if (options_.dry_run) return done();
    if (count == 0) {
        content_->give_raw(std::move(block.raw));
        return done();
    }
    if (count == block.entries.size() && block.raw.size() >= kBlockTarget) return content_->add(std::move(block));
    std::vector<Checksum128> checksums;
    ByteView rest = block.raw;
    for (const BlockEntry& entry : block.entries) {
        checksums.push_back(checksum128(rest.first(entry.length)));
        rest = rest.subspan(entry.length);
    }
    if (checksum128(block.raw) != block.raw_checksum) return changed_in_memory();  // else the parts' checksums are good
    rest = block.raw;
    for (std::size_t i = 0; i < block.entries.size(); ++i) {
        const ByteView content = rest.first(block.entries[i].length);
        rest = rest.subspan(content.size());
        if (wanted[i]) TRY(add_chunk(block.entries[i], content, checksums[i]));
    }
    content_->give_raw(std::move(block.raw));
    return done();
}

Status ChunkStore::add_chunk(const BlockEntry& entry, ByteView content, Checksum128 checksum) {
    content_block_.add(entry, content, checksum);
    return content_block_.full() ? emit(content_block_, *content_) : done();
}

Result<TreeId> ChunkStore::add_node(const Node& node) {
    EncodedNode encoded = encode_node(node, hash_);
    const TreeId id = encoded.id;
    TRY_ASSIGN(const bool is_known, known(id.view()));
    note_passed_over(is_known);
    if (is_known) return id;
    fresh_.insert(ChunkId::from(id.view()));
    if (options_.dry_run) return id;
    const Checksum128 checksum = checksum128(encoded.body);
    tree_block_.add({ChunkId::from(id.view()), static_cast<std::uint32_t>(encoded.body.size()), std::move(encoded.refs)},
                    encoded.body, checksum);
    if (tree_block_.full()) TRY(emit(tree_block_, *trees_));
    return id;
}

Status ChunkStore::emit(BlockBuffer& buffer, PackWriter& writer) {
    if (buffer.empty()) return done();
    TRY_ASSIGN(RawBlock block, buffer.take());
    return writer.add(std::move(block));
}

Status ChunkStore::take_pack(FinishedPack&& pack) {
    TRY(read_back({pack_name(pack.id), pack.size}));
    stored_bytes_ += pack.size;
    objects_.add_pack(pack.id, repository_.state());
    entries_.insert(entries_.end(), pack.entries.begin(), pack.entries.end());
    rows_.insert(rows_.end(), pack.rows.begin(), pack.rows.end());
    return done();
}

// The key of a closed segment is gone, so content cannot be opened here; but each block was opened before it was written, and
// the name is the digest of what was meant to be written.
Status ChunkStore::read_back(const ObjectInfo& written) {
    if (!options_.read_back) return done();
    TRY(prove_written(repository_.store(), written));
    read_back_.add(written);
    return done();
}

Status ChunkStore::flush() {
    TRY(emit(content_block_, *content_));
    TRY(emit(tree_block_, *trees_));
    TRY(content_->flush());
    return trees_->flush();
}

Status ChunkStore::write_index() {
    if (entries_.empty()) return done();
    TRY(repository_.store().barrier());  // packs before the index that names them
    std::vector<ObjectId> packs = packs_of(rows_);
    TRY_ASSIGN(const auto segment, write_index_segment(repository_.store(), keys_, repository_.keyring()->signing_seed(),
                                                       std::exchange(entries_, {}), std::exchange(rows_, {})));
    const ObjectInfo written{index_name(keys_.label, segment.id), segment.size};
    TRY(read_back(written));
    objects_.add_segment({written, std::move(packs)});
    stored_bytes_ += segment.size;
    return done();
}

bool ChunkStore::due() const {
    if (fresh_.size() >= kMaxUnindexed) return true;
    const unsigned doublings = std::min(checkpoints_ / kManyCheckpoints, 20u);
    const std::uint64_t stored = content_->stored_bytes() + trees_->stored_bytes() - at_checkpoint_bytes_;
    if (stored >= options_.checkpoint_bytes << doublings) return true;
    return stored > 0 && repository_.clock().monotonic_ns() >= checkpoint_at_ns_;
}

Status ChunkStore::checkpoint_if_due() {
    if (options_.dry_run || !due()) return done();
    TRY(finish());
    TRY(repository_.store().barrier());
    TRY(open_index());
    TRY(index_->reload());
    fresh_.clear();
    ++checkpoints_;
    at_checkpoint_bytes_ = content_->stored_bytes() + trees_->stored_bytes();
    const unsigned doublings = std::min(checkpoints_ / kManyCheckpoints, 20u);
    checkpoint_at_ns_ = repository_.clock().monotonic_ns() + (options_.checkpoint_ns << doublings);
    return done();
}

Status ChunkStore::finish() {
    if (options_.dry_run) return done();
    TRY(flush());
    return write_index();
}

Result<std::vector<ObjectInfo>> ChunkStore::objects_to_list(const LedgerState& now) {
    std::vector<EntryObjects::LabelIndex> indexes;
    if (index_) indexes.push_back({keys_.label, index_.get()});
    return objects_.to_enter(now, indexes, [this](const ObjectId& id) { return marks_.packs.contains(id); });
}

}  // namespace custody
